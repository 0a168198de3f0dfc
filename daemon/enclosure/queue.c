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
 *
 * Each component's requests are carried out in order, one a round.  A call is
 * answered within REQUEST_LIMIT_SECONDS though the hardware hangs; the worker's
 * answer then finds nobody waiting.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "enclosure/private.h"

#define GATHER_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50)
#define GATHER_LIMIT_US 5000ULL	       /* a flood on the bus does not hold a round up for longer */
#define GATHER_QUIET_US 3000ULL	       /* between requests that keep coming ... */
#define GATHER_QUIET_LIMIT_US 15000ULL /* ... at most so long in all */
#define MOVES_MAX 5U		       /* rounds in a row undone by a new configuration */
#define ROUND_ITEMS_MAX 1024U
#define STUCK_SECONDS 5U /* a round that lasts longer when a call's time is up hangs */

enum round {
	ROUND_IDLE,
	ROUND_READING,
	ROUND_GATHERING,
	ROUND_WRITING,
};

struct queue {
	struct chassis *chassis;
	struct strand *strand;
	struct list waiting; /* struct request, in the order they came */
	struct list refused; /* beyond REQUESTS_PER_CHASSIS_MAX */
	unsigned n_waiting;
	enum round round;
	bool chained; /* this round follows another at once */
	bool stuck;   /* a call ran out of time while the worker was away: others fail at once */
	unsigned moves;
	uint64_t gather_until;
	uint64_t began;	       /* the job under way, clock_monotonic() */
	struct outcome failed; /* why the ways asked so far could not be read, 0 = none */
	sd_event_source *gather, *gather_limit, *deadline, *fail;
	struct round_job *job; /* under way, NULL = none */
	char first_node[64];   /* of the way whose page was read */
};

struct round_job {
	struct job job;
	struct queue *queue; /* NULL: the chassis went */
	struct change change;
	struct way *ways[CHASSIS_WAYS_MAX]; /* NULL: that way went meanwhile */
	struct request **requests;	    /* by item; NULL: nobody waits any more */
	bool reading;
	unsigned first; /* READING: the way that is read */
};

static struct queue *queue_of(const struct chassis *chassis)
{
	return chassis->queue;
}

struct strand *queue_strand(struct chassis *chassis)
{
	return queue_of(chassis)->strand;
}

bool queue_busy(const struct chassis *chassis)
{
	const struct queue *q = chassis->queue;

	return q->round != ROUND_IDLE || !list_empty(&q->waiting);
}

static void next_round(struct queue *q);
static void round_write(struct queue *q);
static void watch_deadline(struct queue *q, uint64_t deadline);
static void fail_soon(struct queue *q);
static int begin_reading(struct queue *q, struct way *first);
static struct way *first_way(struct queue *q);

/* ---- answering ------------------------------------------------------------------ */

static void complete(struct queue *q, struct request *request, const struct outcome *outcome,
		     uint32_t before)
{
	list_unlink(&request->waiting);
	list_unlink(&request->of_component);
	q->n_waiting--;
	request->in_flight = false;
	request->done(request, outcome, before | request->before);
}

static void complete_all(struct queue *q, int r, const char *text)
{
	struct outcome outcome;

	(void) outcome_set(&outcome, r, "%s", text);
	/* Those that wait now: an answer may bring the next request. */
	for (unsigned n = q->n_waiting; n > 0 && !list_empty(&q->waiting); n--)
		complete(q, container_of(q->waiting.next, struct request, waiting), &outcome, 0);
}

/* Nobody waits for this item any more. */
static void abandon(struct queue *q, struct request *request)
{
	struct round_job *job = q->job;

	if (!request->in_flight || !job || job->reading)
		return;
	for (unsigned i = 0; i < job->change.n_items; i++)
		if (job->requests[i] == request) {
			job->requests[i] = NULL;
			atomic_store(&job->change.items[i].abandoned, true);
		}
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct queue *q = userdata;
	uint64_t now = clock_monotonic();
	struct outcome outcome;
	struct request *request;
	struct way *way;

	(void) s;
	(void) usec;
	while (!list_empty(&q->waiting)) {
		request = container_of(q->waiting.next, struct request, waiting);
		if (request->deadline > now)
			break;
		abandon(q, request);
		(void) outcome_set(&outcome, -ETIMEDOUT, "the enclosure did not answer within %u s",
				   REQUEST_LIMIT_SECONDS);
		if (q->job && !q->stuck && now > q->began + STUCK_SECONDS * USEC_PER_SEC) {
			q->stuck = true;
			LIST_FOREACH (way, &q->chassis->ways, link)
				if (way_usable(way))
					way_set_failure(way, -ETIMEDOUT, "a command does not end");
			chassis_join(q->chassis);
		}
		complete(q, request, &outcome, 0);
	}
	if (!list_empty(&q->waiting)) {
		request = container_of(q->waiting.next, struct request, waiting);
		watch_deadline(q, request->deadline);
	}
	return 0;
}

static void refuse_all(struct queue *q)
{
	struct outcome outcome;

	(void) outcome_set(&outcome, -ENOMEM, "%u requests wait for enclosure %s already",
			   REQUESTS_PER_CHASSIS_MAX, q->chassis->eid);
	while (!list_empty(&q->refused)) {
		struct request *request = container_of(q->refused.next, struct request, waiting);

		list_unlink(&request->waiting);
		request->done(request, &outcome, 0);
	}
}

static void failure_text(const struct chassis *chassis, char *text, size_t size)
{
	const struct way *way;
	size_t n;

	(void) snprintf(text, size, "enclosure %s cannot be reached", chassis->eid);
	LIST_FOREACH (way, &chassis->ways, link) {
		n = strlen(text);
		(void) snprintf(text + n, size - n, "; %s: %s",
				way->device->sg_node ? way->device->sg_node : way->key,
				way->disabled	       ? "taken out of use"
				: way->failure_text[0] ? way->failure_text
						       : "failed");
	}
}

/* What a chassis is that no way leads to: gone, not understood, or failed. */
static int unreachable(const struct chassis *chassis)
{
	const struct way *way;
	bool gone = true, stale = false;

	LIST_FOREACH (way, &chassis->ways, link) {
		gone = gone && way->failure == -ENODEV;
		stale = stale || way->failure == -ESTALE || way->failure == -EBADMSG;
	}
	return gone ? -ENODEV : stale ? -ESTALE : -EHOSTDOWN;
}

/* No way can be used, or the worker hangs: an error at once, but not before submit returned. */
static int on_fail(sd_event_source *s, void *userdata)
{
	struct queue *q = userdata;
	char text[240];

	(void) s;
	refuse_all(q);
	if (q->stuck || !chassis_active_way(q->chassis)) {
		failure_text(q->chassis, text, sizeof(text));
		complete_all(q, unreachable(q->chassis), text);
	} else if (q->round == ROUND_IDLE && !list_empty(&q->waiting) &&
		   begin_reading(q, first_way(q)) < 0) {
		complete_all(q, -ENOMEM, "out of memory");
	}
	next_round(q);
	return 0;
}

/* ---- a round --------------------------------------------------------------------- */

static struct request *first_of(const struct component *component)
{
	return container_of(component->requests.next, struct request, of_component);
}

/*
 * The best way for the first request, which decides whose page is read; another one if that
 * could not be read just now.  NULL: there is none, or none is left.
 */
static struct way *first_way(struct queue *q)
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

static struct round_job *job_new(struct queue *q, struct way *first)
{
	const struct inventory_parameters *p = &q->chassis->inventory->p;
	const struct quirk *quirk = &first->snapshot->quirk;
	struct round_job *job;
	struct way *way;
	unsigned w = 0, k = 0;

	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->queue = q;
	job->change.transport = p->transport;
	job->change.quirks = p->quirks;
	job->change.timeout_s = p->settings->command_timeout_s;
	job->change.settle_ms = quirk->settle_ms ? quirk->settle_ms : p->settings->settle_ms;
	job->change.deadline = clock_monotonic() + (REQUEST_LIMIT_SECONDS - 1) * USEC_PER_SEC;
	job->first = way_position(first);
	job->change.order[k++] = job->first;
	LIST_FOREACH (way, &q->chassis->ways, link) {
		struct change_way *c = &job->change.ways[w];
		const char *node = way->device->sg_node ? way->device->sg_node : "";

		job->ways[w] = way;
		(void) snprintf(c->node, sizeof(c->node), "%s", node);
		(void) snprintf(c->name, sizeof(c->name), "%s", node);
		c->usable = way_usable(way) && c->node[0] != '\0';
		c->snapshot = snapshot_ref(way->snapshot);
		if (w != job->first)
			job->change.order[k++] = w;
		w++;
	}
	job->change.n_ways = w;
	return job;
}

static void job_free(struct round_job *job)
{
	change_clear(&job->change);
	free(job->requests);
	free(job);
}

/* READING, on the worker. */
static int read_run(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);
	struct change_way *way = &job->change.ways[job->first];
	struct session session;
	int r;

	r = session_open(&session, job->change.transport, way->node, job->change.timeout_s,
			 job->change.deadline);
	if (r == 0)
		r = snapshot_read_status(&session, way->snapshot, &way->new_page);
	if (r == -ESTALE || r == -EBADMSG)
		r = snapshot_read(&session, job->change.quirks, &way->new_snapshot, &way->new_page);
	(void) snprintf(way->text, sizeof(way->text), "%s", session.text);
	way->failure = session.broken ? r : 0;
	way->reset_seen = session.reset_seen;
	way->changed_seen = session.changed_seen;
	session_close(&session);
	return r;
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

static int on_gather_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void) s;
	(void) usec;
	round_write(userdata);
	return 0;
}

static void gather_end(struct queue *q)
{
	q->gather = sd_event_source_disable_unref(q->gather);
	q->gather_limit = sd_event_source_disable_unref(q->gather_limit);
}

static void gather(struct queue *q)
{
	sd_event *event = q->chassis->inventory->p.event;
	uint64_t now = clock_monotonic();
	int r;

	q->round = ROUND_GATHERING;
	q->gather_until = now + GATHER_QUIET_LIMIT_US;
	if (q->chained) {
		r = sd_event_add_time(event, &q->gather_limit, CLOCK_MONOTONIC,
				      now + GATHER_QUIET_US, 1, on_gather_limit, q);
	} else {
		r = sd_event_add_defer(event, &q->gather, on_gathered, q);
		if (r >= 0)
			r = sd_event_source_set_priority(q->gather, GATHER_PRIORITY);
		if (r >= 0)
			r = sd_event_add_time(event, &q->gather_limit, CLOCK_MONOTONIC,
					      now + GATHER_LIMIT_US, 1, on_gather_limit, q);
	}
	if (r < 0)
		round_write(q);
}

/* Another request while gathering in a row of rounds: a little longer. */
static void gather_more(struct queue *q)
{
	uint64_t until = clock_monotonic() + GATHER_QUIET_US;

	if (q->round != ROUND_GATHERING || !q->chained || !q->gather_limit)
		return;
	(void) sd_event_source_set_time(q->gather_limit,
					until < q->gather_until ? until : q->gather_until);
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
	if (!hopeless && !list_empty(&q->waiting) && first_way(q))
		return;
	if (q->failed.result == -ENODEV)
		q->failed.result = unreachable(q->chassis);
	r = q->failed.result;
	complete_all(q, r, q->failed.text);
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
		job_free(job);
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
	job_free(job);
	if (reset)
		tell_reset(q->chassis);
	if (r == 0) {
		forget_failures(q);
		gather(q);
		return;
	}
	q->round = ROUND_IDLE;
	round_failed(q, way, r, text);
	next_round(q);
}

static int begin_reading(struct queue *q, struct way *first)
{
	struct round_job *job;

	job = job_new(q, first);
	if (!job)
		return -ENOMEM;
	job->reading = true;
	job->job.run = read_run;
	job->job.finish = read_finish;
	q->job = job;
	q->began = clock_monotonic();
	q->round = ROUND_READING;
	strand_submit(q->strand, &job->job);
	return 0;
}

static void next_round(struct queue *q)
{
	struct way *first;

	if (q->round != ROUND_IDLE)
		return;
	if (q->chassis->inventory->ending) {
		complete_all(q, -ECANCELED, "the daemon is ending");
		return;
	}
	if (list_empty(&q->waiting)) {
		q->chained = false;
		q->moves = 0;
		forget_failures(q);
		poller_resume(q->chassis);
		return;
	}
	first = q->stuck ? NULL : first_way(q);
	if (!first || begin_reading(q, first) < 0)
		fail_soon(q);
}

/* ---- writing ----------------------------------------------------------------------- */

static unsigned eligible(struct queue *q, struct request **ret)
{
	struct request *request;
	unsigned n = 0;

	LIST_FOREACH (request, &q->waiting, waiting)
		if (first_of(request->component) == request && n < ROUND_ITEMS_MAX) {
			if (ret)
				ret[n] = request;
			n++;
		}
	return n;
}

static void fill_item(struct change_item *item, const struct request *request,
		      const struct chassis *chassis)
{
	const struct component *component = request->component;
	const struct way *way;
	unsigned w = 0;

	memcpy(item->element_of, component->element_of, sizeof(item->element_of));
	item->type = component->type;
	item->set = request->set;
	item->clear = request->clear;
	item->wished = component->asked;
	item->every_way = request->every_way;
	LIST_FOREACH (way, &chassis->ways, link) {
		const struct quirk *quirk = &way->snapshot->quirk;
		const struct ses_config *config = way->snapshot->config;
		uint8_t process = config->n_subenclosures ? config->subenclosures[0].process : 0;
		bool mine = false, named = false;

		for (unsigned i = 0; component->slot && i < quirk->n_owners; i++)
			if (component->index >= quirk->owners[i].first &&
			    component->index <= quirk->owners[i].last) {
				named = true;
				mine = mine || quirk->owners[i].process == process;
			}
		if (!named || mine)
			item->owners |= UINT32_C(1) << w;
		w++;
	}
}

static int write_run(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);

	change_run(&job->change);
	return 0;
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
			complete(q, request, &outcome, 0);
		} else {
			complete(q, request, &item->outcome, item->before);
		}
	}
}

static void write_finish(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);
	struct queue *q = job->queue;
	bool reset, moved = false;

	if (!q) {
		job_free(job);
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
	job_free(job);
	q->round = ROUND_IDLE;
	q->chained = true;
	if (reset)
		tell_reset(q->chassis);
	next_round(q);
}

/* The model goes on showing its own meanwhile.  NULL: there is none; then it is read. */
static struct ses_status *copy_page(const struct way *way)
{
	struct ses_status *copy = NULL;

	if (way->page && way->page->page &&
	    ses_status_decode(way->page->page, way->page->page_length, way->snapshot->config,
			      &copy) < 0)
		return NULL;
	return copy;
}

static void round_write(struct queue *q)
{
	unsigned n = eligible(q, NULL), w = 0;
	struct round_job *job = NULL;
	struct way *way, *first = NULL;

	gather_end(q);
	q->round = ROUND_IDLE;
	LIST_FOREACH (way, &q->chassis->ways, link)
		if (way->device->sg_node && strcmp(way->device->sg_node, q->first_node) == 0)
			first = way;
	if (n == 0 || !first || !way_usable(first)) {
		next_round(q);
		return;
	}
	job = job_new(q, first);
	if (job) {
		job->requests = calloc(n, sizeof(struct request *));
		job->change.items = calloc(n, sizeof(*job->change.items));
	}
	if (!job || !job->requests || !job->change.items) {
		if (job)
			job_free(job);
		complete_all(q, -ENOMEM, "out of memory");
		next_round(q);
		return;
	}
	job->change.n_items = eligible(q, job->requests);
	for (unsigned i = 0; i < job->change.n_items; i++) {
		atomic_init(&job->change.items[i].abandoned, false);
		fill_item(&job->change.items[i], job->requests[i], q->chassis);
		job->requests[i]->in_flight = true;
	}
	LIST_FOREACH (way, &q->chassis->ways, link) {
		job->change.ways[w].page = copy_page(way);
		job->change.ways[w++].fresh = way == first;
	}
	job->job.run = write_run;
	job->job.finish = write_finish;
	q->job = job;
	q->began = clock_monotonic();
	q->round = ROUND_WRITING;
	strand_submit(q->strand, &job->job);
}

/* ---- the outside --------------------------------------------------------------------- */

static void fail_soon(struct queue *q)
{
	int r;

	if (q->fail)
		r = sd_event_source_set_enabled(q->fail, SD_EVENT_ONESHOT);
	else
		r = sd_event_add_defer(q->chassis->inventory->p.event, &q->fail, on_fail, q);
	if (r < 0)
		log_error("Requests for enclosure %s cannot be answered: %s", q->chassis->eid,
			  strerror(-r));
}

static void watch_deadline(struct queue *q, uint64_t deadline)
{
	int r;

	r = sd_event_source_set_time(q->deadline, deadline);
	if (r >= 0)
		r = sd_event_source_set_enabled(q->deadline, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("Cannot set a timer: %s", strerror(-r));
}

void request_submit(struct request *request)
{
	struct queue *q = queue_of(request->component->chassis);

	request->deadline = clock_monotonic() + REQUEST_LIMIT_SECONDS * USEC_PER_SEC;
	request->in_flight = false;
	request->before = 0;
	list_init(&request->of_component);
	if (q->n_waiting >= REQUESTS_PER_CHASSIS_MAX) {
		list_append(&q->refused, &request->waiting);
		fail_soon(q);
		return;
	}
	list_append(&q->waiting, &request->waiting);
	list_append(&request->component->requests, &request->of_component);
	if (q->n_waiting++ == 0)
		watch_deadline(q, request->deadline);
	if (q->stuck)
		fail_soon(q);
	gather_more(q);
	next_round(q);
}

void queue_forget_way(struct way *way)
{
	struct round_job *job = queue_of(way->chassis)->job;

	for (unsigned w = 0; job && w < CHASSIS_WAYS_MAX; w++)
		if (job->ways[w] == way)
			job->ways[w] = NULL;
}

void queue_forget(struct component *component)
{
	struct queue *q = queue_of(component->chassis);
	struct request *request;
	struct outcome outcome;

	(void) outcome_set(&outcome, -ENODEV, "%s %u of enclosure %s is gone",
			   component->slot ? "bay" : ses_type_name(component->type),
			   component->index, component->chassis->eid);
	while (!list_empty(&component->requests)) {
		request = first_of(component);
		abandon(q, request);
		complete(q, request, &outcome, 0);
	}
	LIST_FOREACH (request, &q->refused, waiting)
		if (request->component == component) {
			list_unlink(&request->waiting);
			request->done(request, &outcome, 0);
		}
}

void queue_resume(struct chassis *chassis)
{
	next_round(queue_of(chassis));
}

int queue_new(struct chassis *chassis)
{
	struct poller *poller = NULL;
	struct queue *q;
	int r;

	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->chassis = chassis;
	list_init(&q->waiting);
	list_init(&q->refused);
	q->strand = strand_new(chassis->inventory->p.pool);
	chassis->queue = q;
	r = q->strand ? 0 : -ENOMEM;
	if (r == 0)
		r = sd_event_add_time(chassis->inventory->p.event, &q->deadline, CLOCK_MONOTONIC, 0,
				      0, on_deadline, q);
	if (r >= 0)
		r = sd_event_source_set_enabled(q->deadline, SD_EVENT_OFF);
	if (r >= 0)
		r = poller_new(chassis, &poller);
	chassis->poller = poller;
	if (r < 0)
		queue_free(chassis);
	return r < 0 ? r : 0;
}

void queue_free(struct chassis *chassis)
{
	struct queue *q = chassis->queue;

	if (!q)
		return;
	chassis->poller = poller_free(chassis->poller);
	refuse_all(q);
	complete_all(q, -ENODEV, "the enclosure is gone");
	if (q->job)
		q->job->queue = NULL;
	gather_end(q);
	sd_event_source_disable_unref(q->deadline);
	sd_event_source_disable_unref(q->fail);
	strand_free(q->strand);
	free(q);
	chassis->queue = NULL;
}
