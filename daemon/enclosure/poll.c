/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages read again: page 02h of every way each poll_seconds, one command per
 * way and round; page 0Ah when a bay changed, and again a little later,
 * since an expander shows an address seconds after the disk (peers.md C.1); everything
 * when the configuration is another one, or somebody asked.
 *
 * A visit goes over all ways of the chassis on its strand.  It never runs beside a
 * round of requests: whichever comes second waits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "enclosure/private.h"

#define VISIT_BUDGET_S 30U	/* per way */
#define FAILED_PAUSE_FIRST_S 1U /* a way that failed is asked again sooner than polls come, ... */
#define FAILED_PAUSE_LAST_S 60U /* ... and also if there are none */

/* Seconds from an event to the readings of page 0Ah that follow it. */
static const unsigned address_pauses[] = { 0, 1, 2, 4, 8 };
#define ADDRESS_PAUSE_S 1U /* between such readings, though a bay flickers with every one */

struct visit_waiter {
	struct list link;
	inventory_done done;
	void *userdata;
};

struct poller {
	struct chassis *chassis;
	sd_event_source *timer, *address_timer;
	struct visit_job *job;
	bool due;
	enum visit_kind kind; /* of what is due */
	struct list waiting;  /* for what is due */
	struct list served;   /* by the job under way */
	unsigned failed_pause_s;
	unsigned address_step;
	uint64_t address_read; /* the last reading of those, clock_monotonic() */
};

struct visit_way {
	struct way *way; /* NULL: it went meanwhile */
	char node[64];
	bool skip; /* taken out of use */
	struct snapshot *snapshot;
	struct snapshot *new_snapshot;
	struct ses_status *page;
	struct ses_additionals *additionals;
	bool reset_seen, broken;
	int result;
	char text[160];
};

struct visit_job {
	struct job job;
	struct poller *poller; /* NULL: the chassis went */
	struct transport *transport;
	const struct quirks *quirks;
	unsigned timeout_s;
	enum visit_kind kind;
	unsigned n_ways;
	struct visit_way ways[CHASSIS_WAYS_MAX];
};

static void visit_soon(struct poller *poller);

/* ---- on the worker -------------------------------------------------------------- */

static void visit_one(struct visit_job *job, struct visit_way *v)
{
	struct session session;
	int r;

	r = session_open(&session, job->transport, v->node, job->timeout_s,
			 clock_monotonic() + VISIT_BUDGET_S * USEC_PER_SEC);
	if (r == 0 && job->kind != VISIT_FULL)
		r = snapshot_read_status(&session, v->snapshot, &v->page);
	if (r == 0 && job->kind == VISIT_ADDITIONAL) {
		int a = snapshot_read_additional(&session, v->snapshot, v->page, &v->additionals);

		/* Without it disks are not tied to bays; the bays are there all the same. */
		r = a == -ESTALE ? a : session.broken ? a : 0;
	}
	/* Another generation, a page that does not fit, a reset that may hide new firmware. */
	if (r == -ESTALE || r == -EBADMSG || (r == 0 && job->kind == VISIT_FULL) ||
	    (r == 0 && (session.changed_seen || session.reset_seen))) {
		v->page = ses_status_free(v->page);
		v->additionals = ses_additionals_free(v->additionals);
		r = snapshot_read(&session, job->quirks, &v->new_snapshot, &v->page);
	}
	v->result = r;
	v->reset_seen = session.reset_seen;
	(void) snprintf(v->text, sizeof(v->text), "%s", session.text);
	session_close(&session);
}

static int visit_run(struct job *j)
{
	struct visit_job *job = container_of(j, struct visit_job, job);

	for (unsigned w = 0; w < job->n_ways; w++)
		if (!job->ways[w].skip)
			visit_one(job, &job->ways[w]);
	return 0;
}

/* ---- back on the loop ------------------------------------------------------------- */

static void visit_free(struct visit_job *job)
{
	for (unsigned w = 0; w < job->n_ways; w++) {
		snapshot_unref(job->ways[w].snapshot);
		snapshot_unref(job->ways[w].new_snapshot);
		ses_status_free(job->ways[w].page);
		ses_additionals_free(job->ways[w].additionals);
	}
	free(job);
}

static void answer_all(struct list *head, int r)
{
	while (!list_empty(head)) {
		struct visit_waiter *waiter = container_of(head->next, struct visit_waiter, link);

		list_unlink(&waiter->link);
		waiter->done(waiter->userdata, r);
		free(waiter);
	}
}

/* Everything that one way brought; returns its result. */
static void install_way(struct visit_way *v)
{
	if (!v->way)
		return;
	if (v->page) {
		way_install_page(v->way, v->page);
		v->page = NULL;
	}
	if (v->new_snapshot) {
		way_install_snapshot(v->way, v->new_snapshot);
		v->new_snapshot = NULL;
	} else if (v->additionals) {
		way_install_additionals(v->way, v->additionals);
		v->additionals = NULL;
	}
	/* Busy is not broken: the shelf is there. */
	if (v->result != -EBUSY && v->result != -ECANCELED)
		way_set_failure(v->way, v->result, v->text);
}

static void set_timer(struct poller *poller, unsigned seconds)
{
	int r;

	if (poller->chassis->inventory->ending)
		return;
	r = sd_event_source_set_time_relative(poller->timer, seconds * USEC_PER_SEC);
	if (r >= 0)
		r = sd_event_source_set_enabled(poller->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("Cannot set the timer of enclosure %s: %s", poller->chassis->eid,
			  strerror(-r));
}

static void plan_next(struct poller *poller, bool failed)
{
	unsigned seconds = poller->chassis->inventory->p.settings->poll_seconds;
	unsigned last = seconds ? seconds : FAILED_PAUSE_LAST_S;

	if (failed) {
		set_timer(poller, poller->failed_pause_s < last ? poller->failed_pause_s : last);
		if (poller->failed_pause_s < last)
			poller->failed_pause_s *= 2;
		return;
	}
	poller->failed_pause_s = FAILED_PAUSE_FIRST_S;
	if (seconds)
		set_timer(poller, seconds);
}

void poller_retry(struct chassis *chassis)
{
	struct poller *poller = chassis->poller;

	/* One that is under way plans for itself. */
	if (poller && !poller->job)
		set_timer(poller, poller->failed_pause_s);
}

static void visit_finish(struct job *j)
{
	struct visit_job *job = container_of(j, struct visit_job, job);
	struct poller *poller = job->poller;
	bool reset = false, failed = false;
	struct chassis *chassis;
	int r = job->job.result;

	if (!poller) {
		visit_free(job);
		return;
	}
	chassis = poller->chassis;
	for (unsigned w = 0; w < job->n_ways; w++) {
		struct visit_way *v = &job->ways[w];

		/* Nothing was read: that is nobody's failure but ours. */
		if (v->skip || job->job.result < 0)
			continue;
		reset = reset || v->reset_seen || (v->way && v->way->failure && v->result == 0);
		failed = failed || (v->way && v->result < 0);
		r = v->way && v->result < 0 ? v->result : r;
		install_way(v);
	}
	poller->job = NULL;
	visit_free(job);
	chassis_join(chassis);
	if (reset)
		tell_reset(chassis);
	plan_next(poller, failed || r == -EAGAIN);
	answer_all(&poller->served, r);
	queue_resume(chassis);
	visit_soon(poller);
}

static void visit_begin(struct poller *poller)
{
	struct chassis *chassis = poller->chassis;
	const struct inventory_parameters *p = &chassis->inventory->p;
	struct visit_job *job;
	struct way *way;

	job = calloc(1, sizeof(*job));
	if (!job) {
		answer_all(&poller->waiting, -ENOMEM);
		plan_next(poller, true);
		return;
	}
	job->job.run = visit_run;
	job->job.finish = visit_finish;
	job->poller = poller;
	job->transport = p->transport;
	job->quirks = p->quirks;
	job->timeout_s = p->settings->command_timeout_s;
	job->kind = poller->kind;
	LIST_FOREACH (way, &chassis->ways, link) {
		struct visit_way *v = &job->ways[job->n_ways++];

		v->way = way;
		v->skip = way->disabled || !way->device->sg_node;
		(void) snprintf(v->node, sizeof(v->node), "%s",
				way->device->sg_node ? way->device->sg_node : "");
		v->snapshot = snapshot_ref(way->snapshot);
	}
	poller->due = false;
	poller->kind = VISIT_STATUS;
	while (!list_empty(&poller->waiting)) {
		struct list *l = poller->waiting.next;

		list_unlink(l);
		list_append(&poller->served, l);
	}
	poller->job = job;
	strand_submit(queue_strand(chassis), &job->job);
}

static void visit_soon(struct poller *poller)
{
	if (poller->due && !poller->job && !queue_busy(poller->chassis) &&
	    !poller->chassis->inventory->ending)
		visit_begin(poller);
}

void poller_resume(struct chassis *chassis)
{
	if (chassis->poller)
		visit_soon(chassis->poller);
}

void poller_visit(struct chassis *chassis, enum visit_kind kind, inventory_done done,
		  void *userdata)
{
	struct poller *poller = chassis->poller;
	struct visit_waiter *waiter;

	if (done) {
		waiter = calloc(1, sizeof(*waiter));
		if (!waiter) {
			done(userdata, -ENOMEM);
			return;
		}
		*waiter = (struct visit_waiter){ .done = done, .userdata = userdata };
		list_append(&poller->waiting, &waiter->link);
	}
	if (!poller->due || kind > poller->kind)
		poller->kind = kind;
	poller->due = true;
	visit_soon(poller);
}

void chassis_poll_soon(struct chassis *chassis)
{
	poller_visit(chassis, VISIT_STATUS, NULL, NULL);
}

/* ---- addresses that come late ------------------------------------------------------ */

static int on_address_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct poller *poller = userdata;
	unsigned pause;

	(void) usec;
	poller->address_read = clock_monotonic();
	poller_visit(poller->chassis, VISIT_ADDITIONAL, NULL, NULL);
	if (++poller->address_step >= ARRAY_SIZE(address_pauses))
		return 0;
	pause = address_pauses[poller->address_step] - address_pauses[poller->address_step - 1];
	(void) sd_event_source_set_time_relative(s, pause * USEC_PER_SEC);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

void poller_expect_address(struct chassis *chassis)
{
	struct poller *poller = chassis->poller;
	int r;

	if (!chassis->object.announced || !poller || chassis->inventory->ending)
		return;
	poller->address_step = 0;
	/* The past is now. */
	r = sd_event_source_set_time(poller->address_timer,
				     poller->address_read + ADDRESS_PAUSE_S * USEC_PER_SEC);
	if (r >= 0)
		r = sd_event_source_set_enabled(poller->address_timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("Cannot set the timer of enclosure %s: %s", chassis->eid, strerror(-r));
}

/* ---- life ------------------------------------------------------------------------- */

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct poller *poller = userdata;

	(void) s;
	(void) usec;
	poller_visit(poller->chassis,
		     match_lacks_address(poller->chassis) ? VISIT_ADDITIONAL : VISIT_STATUS, NULL,
		     NULL);
	return 0;
}

void poller_forget_way(struct way *way)
{
	struct poller *poller = way->chassis->poller;

	for (unsigned w = 0; poller && poller->job && w < poller->job->n_ways; w++)
		if (poller->job->ways[w].way == way)
			poller->job->ways[w].way = NULL;
}

int poller_new(struct chassis *chassis, struct poller **ret)
{
	sd_event *event = chassis->inventory->p.event;
	unsigned seconds = chassis->inventory->p.settings->poll_seconds;
	struct poller *poller;
	int r;

	poller = calloc(1, sizeof(*poller));
	if (!poller)
		return -ENOMEM;
	poller->chassis = chassis;
	poller->failed_pause_s = FAILED_PAUSE_FIRST_S;
	list_init(&poller->waiting);
	list_init(&poller->served);
	/* An accuracy of a second lets the polls of many shelves share a wake-up. */
	r = sd_event_add_time_relative(event, &poller->timer, CLOCK_MONOTONIC,
				       (seconds ? seconds : 1) * USEC_PER_SEC, USEC_PER_SEC,
				       on_timer, poller);
	if (r >= 0 && seconds == 0)
		r = sd_event_source_set_enabled(poller->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &poller->address_timer, CLOCK_MONOTONIC, 0, 0,
					       on_address_timer, poller);
	if (r >= 0)
		r = sd_event_source_set_enabled(poller->address_timer, SD_EVENT_OFF);
	if (r < 0) {
		poller_free(poller);
		return r;
	}
	*ret = poller;
	return 0;
}

struct poller *poller_free(struct poller *poller)
{
	if (!poller)
		return NULL;
	if (poller->job)
		poller->job->poller = NULL;
	answer_all(&poller->waiting, -ENODEV);
	answer_all(&poller->served, -ENODEV);
	sd_event_source_disable_unref(poller->timer);
	sd_event_source_disable_unref(poller->address_timer);
	free(poller);
	return NULL;
}
