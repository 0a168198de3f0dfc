/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single errands to an enclosure that are no lamps: a nickname written and read
 * back (page 0Fh), and one page 02h to see whether anybody is there.  They stand
 * in the chassis's one stream of commands like everything else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "enclosure/private.h"
#include "ses/control.h"

struct errand {
	struct job job;
	struct transport *transport;
	unsigned timeout_s;
	uint64_t deadline; /* from when it was asked for: it may wait behind others */
	char node[64];
	struct snapshot *snapshot;
	char name[SES_NICKNAME_MAX + 1]; /* nickname_run() */
	char shown[33 * 3];
	sd_event_source *timer; /* the strand may hang: an answer comes all the same */
	struct outcome outcome;
	struct inventory *inventory;
	char eid[64]; /* the chassis is looked up again: it may have gone */
	void (*done)(void *userdata, const struct outcome *outcome);
	void *userdata;
};

static struct errand *errand_new(struct chassis *chassis, const struct way *way,
				 void (*done)(void *userdata, const struct outcome *outcome),
				 void *userdata)
{
	const struct inventory_parameters *p = &chassis->inventory->p;
	struct errand *errand;

	errand = calloc(1, sizeof(*errand));
	if (!errand)
		return NULL;
	errand->transport = p->transport;
	errand->timeout_s = p->settings->command_timeout_s;
	errand->deadline = clock_monotonic() + (REQUEST_LIMIT_SECONDS - 1) * USEC_PER_SEC;
	(void) snprintf(errand->node, sizeof(errand->node), "%s",
			way->device->sg_node ? way->device->sg_node : "");
	errand->snapshot = snapshot_ref(way->snapshot);
	errand->inventory = chassis->inventory;
	(void) snprintf(errand->eid, sizeof(errand->eid), "%s", chassis->eid);
	errand->done = done;
	errand->userdata = userdata;
	return errand;
}

static void errand_end(struct errand *errand)
{
	sd_event_source_disable_unref(errand->timer);
	snapshot_unref(errand->snapshot);
	free(errand);
}

/* Not even a job can be made, or there is no way: the answer comes from the loop all the same. */
static int no_run(struct job *job)
{
	(void) job;
	return 0;
}

static void plain_finish(struct job *job)
{
	struct errand *errand = container_of(job, struct errand, job);

	if (job->result == -ECANCELED)
		(void) outcome_set(&errand->outcome, -ECANCELED, "the daemon is ending");
	else if (job->result < 0)
		(void) outcome_set(&errand->outcome, -ENOMEM, "no thread can be started");
	if (errand->done)
		errand->done(errand->userdata, &errand->outcome);
	errand_end(errand);
}

static int on_late(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata)
{
	struct errand *errand = userdata;
	struct outcome outcome;

	(void) outcome_set(&outcome, -ETIMEDOUT, "%s did not answer within %u s", errand->node,
			   REQUEST_LIMIT_SECONDS);
	errand->done(errand->userdata, &outcome);
	errand->done = NULL;
	return 0;
}

static void errand_submit(struct chassis *chassis, struct errand *errand, int (*run)(struct job *),
			  void (*finish)(struct job *))
{
	int r;

	errand->job.run = run;
	errand->job.finish = finish;
	r = sd_event_add_time(chassis->inventory->p.event, &errand->timer, CLOCK_MONOTONIC,
			      errand->deadline + USEC_PER_SEC, 1, on_late, errand);
	if (r < 0)
		log_error("Cannot set a timer: %s", strerror(-r));
	strand_submit(queue_strand(chassis), &errand->job);
}

/* ---- ping -------------------------------------------------------------------------- */

static int ping_run(struct job *job)
{
	struct errand *errand = container_of(job, struct errand, job);
	struct ses_status *page = NULL;
	struct session session;
	int r;

	r = session_open(&session, errand->transport, errand->node, errand->timeout_s,
			 errand->deadline);
	if (r == 0)
		r = snapshot_read_status(&session, errand->snapshot, &page);
	/* A page of another generation is an answer. */
	if (r == -ESTALE)
		r = 0;
	(void) outcome_set(&errand->outcome, r, "%s: %s", errand->node,
			   session.text[0] ? session.text : "no answer");
	ses_status_free(page);
	session_close(&session);
	return 0;
}

void chassis_ping(struct chassis *chassis, struct way *way,
		  void (*done)(void *userdata, const struct outcome *outcome), void *userdata)
{
	struct outcome outcome;
	struct errand *errand;

	if (!way)
		way = chassis_active_way(chassis);
	/* One that failed is asked all the same: that is what a ping is for. */
	if (!way)
		way = container_of(chassis->ways.next, struct way, link);
	errand = way->device->sg_node ? errand_new(chassis, way, done, userdata) : NULL;
	if (!errand) {
		(void) outcome_set(&outcome, way->device->sg_node ? -ENOMEM : -EHOSTDOWN,
				   "enclosure %s cannot be asked", chassis->eid);
		done(userdata, &outcome);
		return;
	}
	errand_submit(chassis, errand, ping_run, plain_finish);
}

/* ---- nickname ------------------------------------------------------------------------ */

/* Once.  -ESTALE: of another generation, or refused as not fitting; *generation is what it named.
 */
static int nickname_write(struct session *session, const struct errand *errand,
			  uint32_t *generation, char read_back[static 33 * 3])
{
	const struct ses_config *config = errand->snapshot->config;
	uint8_t subenclosure = config->n_subenclosures ? config->subenclosures[0].id : 0;
	uint8_t page[SES_NICKNAME_CONTROL];
	struct ses_config *now = NULL;
	size_t n;
	int r;

	/* The generation it must name is the one of now. */
	r = session_receive(session, SES_PAGE_CONFIGURATION, &n);
	if (r == 0)
		r = ses_config_decode(session->buffer, n, &now);
	if (r != 0)
		return r;
	*generation = now->generation;
	ses_config_free(now);
	r = ses_nickname_control(subenclosure, *generation, errand->name, page);
	if (r == 0)
		r = session_send(session, page, sizeof(page));
	if (r == 0)
		r = session_receive(session, SES_PAGE_NICKNAME, &n);
	if (r == 0)
		r = ses_nickname_decode(session->buffer, n, *generation, subenclosure, read_back);
	return r;
}

static int nickname_run(struct job *job)
{
	struct errand *errand = container_of(job, struct errand, job);
	char read_back[33 * 3] = "", wanted[33 * 3];
	uint32_t generation = 0, before = 0;
	struct session session;
	int r;

	r = session_open(&session, errand->transport, errand->node, errand->timeout_s,
			 errand->deadline);
	for (unsigned tries = 0; r == 0 && tries < SNAPSHOT_TRIES_MAX; tries++) {
		r = nickname_write(&session, errand, &generation, read_back);
		if (r != -ESTALE)
			break;
		/* Not for the sake of a configuration that changes. */
		if (tries > 0 && generation == before)
			r = -EOPNOTSUPP;
		else if (tries + 1 < SNAPSHOT_TRIES_MAX)
			r = 0;
		before = generation;
	}
	(void) text_clean(wanted, sizeof(wanted), errand->name, strlen(errand->name));
	if (r == 0 && strcmp(read_back, wanted) != 0)
		(void) outcome_set(&errand->outcome, -EOPNOTSUPP,
				   "%s accepted the nickname, but page 0Fh shows \"%s\"",
				   errand->node, read_back);
	else
		(void) outcome_set(&errand->outcome, r, "%s: %s", errand->node,
				   session.text[0] ? session.text : "the nickname was not taken");
	(void) snprintf(errand->shown, sizeof(errand->shown), "%s", read_back);
	session_close(&session);
	return 0;
}

static void nickname_finish(struct job *job)
{
	struct errand *errand = container_of(job, struct errand, job);
	struct chassis *chassis =
		job->result < 0 ? NULL : inventory_find_chassis(errand->inventory, errand->eid);

	if (chassis && errand->outcome.result == 0) {
		(void) snprintf(chassis->nickname, sizeof(chassis->nickname), "%s", errand->shown);
		tell_changed(errand->inventory, &chassis->object);
	}
	plain_finish(job);
}

void chassis_set_nickname(struct chassis *chassis, const char *name,
			  void (*done)(void *userdata, const struct outcome *outcome),
			  void *userdata)
{
	struct way *way = chassis_active_way(chassis);
	struct outcome outcome;
	struct errand *errand;

	errand = errand_new(chassis, way ? way : container_of(chassis->ways.next, struct way, link),
			    done, userdata);
	if (!errand) {
		(void) outcome_set(&outcome, -ENOMEM, "out of memory");
		done(userdata, &outcome);
		return;
	}
	(void) snprintf(errand->name, sizeof(errand->name), "%s", name);
	if (strlen(name) > SES_NICKNAME_MAX)
		(void) outcome_set(&errand->outcome, -EINVAL, "a nickname has at most %u bytes",
				   SES_NICKNAME_MAX);
	else if (!chassis->has_nickname)
		(void) outcome_set(&errand->outcome, -EOPNOTSUPP, "enclosure %s has no page 0Fh",
				   chassis->eid);
	else if (!way)
		(void) outcome_set(&errand->outcome, -EHOSTDOWN, "enclosure %s cannot be reached",
				   chassis->eid);
	if (errand->outcome.result < 0)
		errand_submit(chassis, errand, no_run, plain_finish);
	else
		errand_submit(chassis, errand, nickname_run, nickname_finish);
}
