/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of one chassis come in and are answered; round.c carries them out.
 *
 * Each component's requests go in order, one a round.  A call is answered within
 * REQUEST_LIMIT_SECONDS though the hardware hangs; the worker's answer then
 * finds nobody waiting.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "enclosure/queue-private.h"

#define STUCK_SECONDS 5U /* a round that lasts longer when a call's time is up hangs */

struct strand *queue_strand(struct chassis *chassis)
{
	return queue_of(chassis)->strand;
}

bool queue_busy(const struct chassis *chassis)
{
	const struct queue *q = chassis->queue;

	return q->round != ROUND_IDLE || !list_empty(&q->waiting);
}

static void watch_deadline(struct queue *q, uint64_t deadline);

/* ---- answering ------------------------------------------------------------------ */

/* The worker may have its item still: nobody waits for it any more. */
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

void queue_complete(struct queue *q, struct request *request, const struct outcome *outcome,
		    uint32_t before)
{
	abandon(q, request);
	list_unlink(&request->waiting);
	list_unlink(&request->of_component);
	q->n_waiting--;
	request->in_flight = false;
	request->done(request, outcome, before | request->before);
}

void queue_complete_all(struct queue *q, int r, const char *text)
{
	struct outcome outcome;

	(void) outcome_set(&outcome, r, "%s", text);
	/* Those that wait now: an answer may bring the next request. */
	for (unsigned n = q->n_waiting; n > 0 && !list_empty(&q->waiting); n--)
		queue_complete(q, container_of(q->waiting.next, struct request, waiting), &outcome,
			       0);
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
		(void) outcome_set(&outcome, -ETIMEDOUT, "the enclosure did not answer within %u s",
				   REQUEST_LIMIT_SECONDS);
		if (q->job && !q->stuck && now > q->began + STUCK_SECONDS * USEC_PER_SEC) {
			q->stuck = true;
			LIST_FOREACH (way, &q->chassis->ways, link)
				if (way_usable(way))
					way_set_failure(way, -ETIMEDOUT, "a command does not end");
			chassis_join(q->chassis);
		}
		queue_complete(q, request, &outcome, 0);
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
int queue_unreachable(const struct chassis *chassis)
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
	struct way *first;
	char text[240];

	(void) s;
	refuse_all(q);
	if (q->chassis->inventory->ending) {
		queue_complete_all(q, -ECANCELED, "the daemon is ending");
		return 0;
	}
	first = list_empty(&q->waiting) ? NULL : round_first_way(q);
	if (q->stuck || !first) {
		failure_text(q->chassis, text, sizeof(text));
		queue_complete_all(q, queue_unreachable(q->chassis), text);
	} else if (q->round == ROUND_IDLE && round_begin(q, first) < 0) {
		queue_complete_all(q, -ENOMEM, "out of memory");
	}
	round_next(q);
	return 0;
}

/* ---- the outside --------------------------------------------------------------------- */

void queue_fail_soon(struct queue *q)
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
		queue_fail_soon(q);
		return;
	}
	list_append(&q->waiting, &request->waiting);
	list_append(&request->component->requests, &request->of_component);
	if (q->n_waiting++ == 0)
		watch_deadline(q, request->deadline);
	if (q->stuck || q->chassis->inventory->ending) {
		queue_fail_soon(q);
		return;
	}
	round_gather_more(q);
	round_next(q);
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
		request = request_first_of(component);
		queue_complete(q, request, &outcome, 0);
	}
	LIST_FOREACH (request, &q->refused, waiting)
		if (request->component == component) {
			list_unlink(&request->waiting);
			request->done(request, &outcome, 0);
		}
}

void queue_resume(struct chassis *chassis)
{
	round_next(queue_of(chassis));
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
	if (chassis->inventory->ending)
		queue_complete_all(q, -ECANCELED, "the daemon is ending");
	else
		queue_complete_all(q, -ENODEV, "the enclosure is gone");
	if (q->job)
		q->job->queue = NULL;
	round_gather_end(q);
	sd_event_source_disable_unref(q->deadline);
	sd_event_source_disable_unref(q->fail);
	strand_free(q->strand);
	free(q);
	chassis->queue = NULL;
}
