/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of one chassis, in rounds.  A round reads page 02h on a worker
 * (READING), gathers on the loop all requests that have come by then
 * (GATHERING), and has them carried out as one change (WRITING): three SCSI
 * commands for any number of bays.
 *
 * Gathering uses no timer that a single call would wait for: it ends as soon as
 * the loop has nothing more urgent to do, that is, when the bus has been read
 * empty.  Only when requests keep coming, in a round right after another, does it wait
 * for a moment of quiet.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "enclosure/queue-private.h"

#define GATHER_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50)
#define GATHER_LIMIT_US 5000ULL	       /* a flood on the bus does not hold a round up for longer */
#define GATHER_QUIET_US 3000ULL	       /* the least pause that says that no more are coming, */
#define GATHER_QUIET_GAPS 3ULL	       /* or so many times the pause between the last ones ... */
#define GATHER_QUIET_MAX_US 20000ULL   /* ... which is not a pause of people */
#define GATHER_QUIET_LIMIT_US 60000ULL /* a row of rounds gathers at most so long */
#define MOVES_MAX 5U		       /* rounds in a row undone by a new configuration */
#define ROUND_ITEMS_MAX 1024U

static void round_write(struct queue *q);

/* ---- a round --------------------------------------------------------------------- */

/*
 * The best way for the first request, which decides whose page is read; another one if that
 * could not be read just now.  NULL: there is none, or none is left.
 */
struct way *round_first_way(struct queue *q)
{
	struct request *request = container_of(q->waiting.next, struct request, waiting);
	struct way *way = component_way(request->component);

	if (way && !way->passed_over)
		return way;
	LIST_FOREACH (way, &q->chassis->ways, link)
		if (way_usable(way) && !way->passed_over)
			return way;
	return NULL;
}

static void forget_failures(struct queue *q)
{
	struct way *way;

	q->failed.result = 0;
	LIST_FOREACH (way, &q->chassis->ways, link)
		way->passed_over = false;
}

/* Gives the model what a job brought; true if a reset was seen. */
static bool install(struct queue *q, struct round_job *job)
{
	bool reset = false, changed = false;

	for (unsigned w = 0; w < job->change.n_ways; w++) {
		struct change_way *c = &job->change.ways[w];
		struct way *way = job->ways[w];

		reset = reset || c->reset_seen;
		changed = changed || c->changed_seen;
		if (!way)
			continue;
		if (c->new_page) {
			way_install_page(way, c->new_page);
			c->new_page = NULL;
		}
		if (c->new_snapshot) {
			way_install_snapshot(way, c->new_snapshot);
			c->new_snapshot = NULL;
		}
		if (c->failure)
			way_set_failure(way, c->failure, c->text);
	}
	chassis_join(q->chassis);
	/* Names and addresses may be others now, and a reset may hide new firmware. */
	if (reset || changed)
		poller_visit(q->chassis, VISIT_FULL, NULL, NULL);
	return reset;
}

static int on_gathered(sd_event_source *s, void *userdata)
{
	(void) s;
	round_write(userdata);
	return 0;
}

/* When the loop has nothing more urgent to do: the bus has been read empty. */
static int write_when_idle(struct queue *q)
{
	int r;

	r = sd_event_add_defer(q->chassis->inventory->p.event, &q->gather, on_gathered, q);
	return r < 0 ? r : sd_event_source_set_priority(q->gather, GATHER_PRIORITY);
}

static int on_gather_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct queue *q = userdata;

	(void) usec;
	/* Quiet on the clock may be a loop that was busy: what is on the bus still counts. */
	if (!q->chained || q->gather || clock_monotonic() >= q->gather_until ||
	    write_when_idle(q) < 0) {
		round_write(q);
		return 0;
	}
	(void) sd_event_source_set_time(s, q->gather_until);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void round_gather_end(struct queue *q)
{
	q->gather = sd_event_source_disable_unref(q->gather);
	q->gather_limit = sd_event_source_disable_unref(q->gather_limit);
}

static uint64_t quiet_until(const struct queue *q)
{
	uint64_t quiet = q->request_gap * GATHER_QUIET_GAPS, until;

	if (quiet < GATHER_QUIET_US)
		quiet = GATHER_QUIET_US;
	if (quiet > GATHER_QUIET_MAX_US)
		quiet = GATHER_QUIET_MAX_US;
	until = clock_monotonic() + quiet;
	return until < q->gather_until ? until : q->gather_until;
}

static void gather(struct queue *q)
{
	uint64_t now = clock_monotonic();
	int r = 0;

	q->round = ROUND_GATHERING;
	q->gather_until = now + GATHER_QUIET_LIMIT_US;
	if (!q->chained)
		r = write_when_idle(q);
	if (r >= 0)
		r = sd_event_add_time(
			q->chassis->inventory->p.event, &q->gather_limit, CLOCK_MONOTONIC,
			q->chained ? quiet_until(q) : now + GATHER_LIMIT_US, 1, on_gather_limit, q);
	if (r < 0)
		round_write(q);
}

/* Another request.  While a row of rounds gathers, that means a little longer. */
void round_gather_more(struct queue *q)
{
	uint64_t now = clock_monotonic(), gap = now - q->last_request;

	q->last_request = now;
	if (gap <= GATHER_QUIET_MAX_US)
		q->request_gap = gap > q->request_gap ? gap : (q->request_gap * 3 + gap) / 4;
	else
		q->request_gap = 0;
	if (q->round != ROUND_GATHERING || !q->chained || !q->gather_limit)
		return;
	q->gather = sd_event_source_disable_unref(q->gather);
	(void) sd_event_source_set_time(q->gather_limit, quiet_until(q));
}

/*
 * That way could not be read: if another is left it is tried, else all that wait are answered.
 * That a way broke or is busy says more than that its device is gone.
 */
static void round_failed(struct queue *q, struct way *way, int r, const char *text)
{
	bool hopeless = r == -ENOMEM || r == -ECANCELED || r == -EAGAIN;

	if (q->failed.result == 0 || q->failed.result == -ENODEV || hopeless)
		(void) outcome_set(&q->failed, r == -EAGAIN ? -ENOMEM : r, "enclosure %s: %s",
				   q->chassis->eid, text[0] ? text : strerror(-r));
	if (way)
		way->passed_over = true;
	if (!hopeless && !list_empty(&q->waiting) && round_first_way(q))
		return;
	if (q->failed.result == -ENODEV)
		q->failed.result = queue_unreachable(q->chassis);
	r = q->failed.result;
	queue_complete_all(q, r, q->failed.text);
	forget_failures(q);
}

static void read_finish(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);
	struct queue *q = job->queue;
	char text[160];
	struct way *way;
	bool reset;
	int r = job->job.result;

	if (!q) {
		round_job_free(job);
		return;
	}
	q->job = NULL;
	q->stuck = false;
	way = job->ways[job->first];
	(void) snprintf(text, sizeof(text), "%s", job->change.ways[job->first].text);
	(void) snprintf(q->first_node, sizeof(q->first_node), "%s",
			job->change.ways[job->first].node);
	q->round = ROUND_GATHERING; /* a join may submit */
	reset = install(q, job);
	round_job_free(job);
	if (reset)
		tell_reset(q->chassis);
	if (r == 0) {
		forget_failures(q);
		gather(q);
		return;
	}
	q->round = ROUND_IDLE;
	round_failed(q, way, r, text);
	round_next(q);
}

int round_begin(struct queue *q, struct way *first)
{
	struct round_job *job;

	job = round_job_new(q, first);
	if (!job)
		return -ENOMEM;
	job->reading = true;
	job->job.run = round_job_read;
	job->job.finish = read_finish;
	q->job = job;
	q->began = clock_monotonic();
	q->round = ROUND_READING;
	strand_submit(q->strand, &job->job);
	return 0;
}

void round_next(struct queue *q)
{
	struct way *first;

	if (q->round != ROUND_IDLE)
		return;
	if (q->chassis->inventory->ending) {
		queue_complete_all(q, -ECANCELED, "the daemon is ending");
		return;
	}
	if (list_empty(&q->waiting)) {
		q->chained = false;
		q->moves = 0;
		forget_failures(q);
		poller_resume(q->chassis);
		return;
	}
	first = q->stuck ? NULL : round_first_way(q);
	if (!first || round_begin(q, first) < 0)
		queue_fail_soon(q);
}

/* ---- writing ----------------------------------------------------------------------- */

static unsigned eligible(struct queue *q, struct request **ret)
{
	struct request *request;
	unsigned n = 0;

	LIST_FOREACH (request, &q->waiting, waiting)
		if (request_first_of(request->component) == request && n < ROUND_ITEMS_MAX) {
			if (ret)
				ret[n] = request;
			n++;
		}
	return n;
}

static void answer(struct queue *q, struct round_job *job)
{
	struct outcome outcome;

	for (unsigned i = 0; i < job->change.n_items; i++) {
		const struct change_item *item = &job->change.items[i];
		struct request *request = job->requests[i];

		if (!request)
			continue;
		request->in_flight = false;
		if (item->moved && q->moves < MOVES_MAX) {
			/* It waits on, for the next round and the new indexes. */
			request->before |= item->before;
			continue;
		}
		if (item->moved) {
			(void) outcome_set(&outcome, -ESTALE,
					   "the configuration of enclosure %s keeps changing",
					   q->chassis->eid);
			queue_complete(q, request, &outcome, 0);
		} else {
			queue_complete(q, request, &item->outcome, item->before);
		}
	}
}

static void write_finish(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);
	struct queue *q = job->queue;
	bool reset, moved = false;

	if (!q) {
		round_job_free(job);
		return;
	}
	q->stuck = false;
	for (unsigned i = 0; i < job->change.n_items; i++)
		moved = moved || job->change.items[i].moved;
	q->moves = moved ? q->moves + 1 : 0;
	/* It was never run. */
	if (job->job.result < 0)
		for (unsigned i = 0; i < job->change.n_items; i++)
			(void) outcome_set(
				&job->change.items[i].outcome,
				job->job.result == -ECANCELED ? -ECANCELED : -ENOMEM, "%s",
				job->job.result == -ECANCELED ? "the daemon is ending"
							      : "no thread can be started");
	reset = install(q, job);
	answer(q, job);
	q->job = NULL;
	round_job_free(job);
	q->round = ROUND_IDLE;
	q->chained = true;
	if (reset)
		tell_reset(q->chassis);
	round_next(q);
}

static void round_write(struct queue *q)
{
	unsigned n = eligible(q, NULL), w = 0;
	struct round_job *job = NULL;
	struct way *way, *first = NULL;

	round_gather_end(q);
	q->round = ROUND_IDLE;
	LIST_FOREACH (way, &q->chassis->ways, link)
		if (way->device->sg_node && strcmp(way->device->sg_node, q->first_node) == 0)
			first = way;
	if (n == 0 || !first || !way_usable(first)) {
		round_next(q);
		return;
	}
	job = round_job_new(q, first);
	if (job) {
		job->requests = calloc(n, sizeof(struct request *));
		job->change.items = calloc(n, sizeof(*job->change.items));
	}
	if (!job || !job->requests || !job->change.items) {
		if (job)
			round_job_free(job);
		queue_complete_all(q, -ENOMEM, "out of memory");
		round_next(q);
		return;
	}
	job->change.n_items = eligible(q, job->requests);
	for (unsigned i = 0; i < job->change.n_items; i++) {
		atomic_init(&job->change.items[i].abandoned, false);
		round_job_fill(&job->change.items[i], job->requests[i], q->chassis);
		job->requests[i]->in_flight = true;
	}
	LIST_FOREACH (way, &q->chassis->ways, link) {
		job->change.ways[w].page = round_copy_page(way);
		job->change.ways[w++].fresh = way == first;
	}
	job->job.run = round_job_write;
	job->job.finish = write_finish;
	q->job = job;
	q->began = clock_monotonic();
	q->round = ROUND_WRITING;
	strand_submit(q->strand, &job->job);
}
