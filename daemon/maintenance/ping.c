/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ping: one harmless command now, whose answer is the call's, and then one every
 * second (dbus-api.md section 4).  A verb waits for the one before it and for a ping that is
 * out.  Nothing is kept over a restart: a ping leaves no trace in hardware.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "maintenance/private.h"

/* An hour of pulses may take a little longer, but not thirty if none is answered. */
#define PULSES_SLACK_SECONDS 60U

struct ping_verb {
	struct list link; /* ping->verbs */
	struct errand *errand;
	enum maintenance_verb verb;
	uint32_t argument, uid;
};

struct ping {
	struct list link; /* m->pings if it waits for a time */
	struct maintenance *m;
	struct object *object; /* NULL: detached, waits only for the answer */
	struct list verbs;
	bool out;      /* a ping is under way */
	bool for_verb; /* it is the first verb's */
	bool running;
	uint32_t left;	/* pulses, 0 = not pulsing */
	uint64_t end;	/* CLOCK_REALTIME us, 0 = until stopped */
	uint64_t until; /* clock_monotonic() */
	uint64_t due;	/* clock_monotonic() */
	uint64_t sent;	/* clock_monotonic(), the last one */
	uint32_t uid;
	uint64_t last_time; /* CLOCK_REALTIME us; of drives and units the drive layer knows it */
	uint32_t last_hresult;
};

static void pump(struct ping *ping);

static struct ping *ping_get(struct maintenance *m, struct object *object)
{
	struct subject *subject = subject_get(m, object);
	struct ping *ping;

	if (subject == NULL || subject->ping != NULL)
		return subject != NULL ? subject->ping : NULL;
	ping = calloc(1, sizeof(*ping));
	if (ping == NULL)
		return NULL;
	ping->m = m;
	ping->object = object;
	list_init(&ping->link);
	list_init(&ping->verbs);
	subject->ping = ping;
	return ping;
}

static void wait_until(struct ping *ping, uint64_t due)
{
	ping->due = due;
	if (due == 0)
		list_unlink(&ping->link);
	else if (list_empty(&ping->link))
		list_append(&ping->m->pings, &ping->link);
	maintenance_rearm(ping->m);
}

/* ---- one ping ---------------------------------------------------------------------- */

static void answered(void *userdata, const struct outcome *outcome);

static void send(struct ping *ping, bool for_verb)
{
	struct maintenance *m = ping->m;
	struct object *o = ping->object;

	ping->out = true;
	ping->for_verb = for_verb;
	ping->sent = clock_monotonic();
	if (o->kind == OBJECT_SUBSYSTEM)
		chassis_ping(object_chassis(o), NULL, answered, ping);
	else if (o->kind == OBJECT_CONTROLLER)
		chassis_ping(object_way(o)->chassis, object_way(o), answered, ping);
	else
		drive_ping(m->p.drives, o, answered, ping);
}

static void end_run(struct ping *ping)
{
	ping->running = false;
	ping->left = 0;
	ping->end = 0;
}

static void begin_run(struct ping *ping, const struct ping_verb *verb)
{
	uint32_t seconds = PING_LONGEST_SECONDS;

	end_run(ping);
	ping->uid = verb->uid;
	ping->running = true;
	switch (verb->verb) {
	case MAINTENANCE_START:
		break;
	case MAINTENANCE_START_FOR:
		if (verb->argument < seconds)
			seconds = verb->argument;
		ping->end = clock_realtime() + seconds * USEC_PER_SEC;
		break;
	case MAINTENANCE_PULSE:
		ping->left = verb->argument - 1;
		ping->running = ping->left > 0;
		seconds += PULSES_SLACK_SECONDS;
		break;
	case MAINTENANCE_STOP:
		break;
	}
	ping->until = clock_monotonic() + seconds * USEC_PER_SEC;
}

static void verb_ends(struct ping *ping, const struct outcome *outcome)
{
	struct ping_verb *verb = container_of(ping->verbs.next, struct ping_verb, link);
	struct errand *errand = verb->errand;

	list_unlink(&verb->link);
	free(verb);
	errand_result(errand, outcome);
}

static void answered(void *userdata, const struct outcome *outcome)
{
	struct ping *ping = userdata;
	struct object *object = ping->object;
	struct maintenance *m = ping->m;

	ping->out = false;
	if (object == NULL) {
		free(ping);
		return;
	}
	ping->last_time = clock_realtime();
	ping->last_hresult = outcome_hresult(outcome->result);

	if (ping->for_verb) {
		if (outcome->result >= 0)
			begin_run(ping, container_of(ping->verbs.next, struct ping_verb, link));
		subject_refresh(m, object, false);
		verb_ends(ping, outcome);
	} else if (ping->running && ping->left > 0 && --ping->left == 0) {
		end_run(ping);
		subject_refresh(m, object, false);
	}
	pump(ping);
}

/* ---- what is next ------------------------------------------------------------------ */

static bool over(const struct ping *ping, uint64_t now)
{
	return now >= ping->until || (ping->end != 0 && clock_realtime() >= ping->end);
}

static void run_goes_on(struct ping *ping)
{
	uint64_t now = clock_monotonic(), due;

	if (ping->running && over(ping, now)) {
		end_run(ping);
		subject_refresh(ping->m, ping->object, false);
	}
	if (!ping->running) {
		wait_until(ping, 0);
		return;
	}
	due = ping->sent + PING_INTERVAL_USEC;
	if (due <= now) {
		wait_until(ping, 0);
		send(ping, false);
		return;
	}
	if (ping->until < due)
		due = ping->until;
	wait_until(ping, due);
}

static void pump(struct ping *ping)
{
	struct outcome outcome = { .result = OUTCOME_S_OK };

	while (!ping->out && !list_empty(&ping->verbs)) {
		struct ping_verb *verb = container_of(ping->verbs.next, struct ping_verb, link);

		if (verb->verb != MAINTENANCE_STOP) {
			wait_until(ping, 0);
			send(ping, true);
			return;
		}
		outcome.result = ping->running ? OUTCOME_S_OK : OUTCOME_S_FALSE;
		end_run(ping);
		subject_refresh(ping->m, ping->object, false);
		verb_ends(ping, &outcome);
	}
	if (!ping->out)
		run_goes_on(ping);
}

void ping_verb(struct maintenance *m, struct object *object, enum maintenance_verb verb,
	       uint32_t argument, uint32_t uid, struct errand *errand)
{
	struct ping *ping = ping_get(m, object);
	struct ping_verb *v = ping != NULL ? calloc(1, sizeof(*v)) : NULL;

	if (v == NULL) {
		struct outcome outcome = { .result = -ENOMEM };

		errand_result(errand, &outcome);
		return;
	}
	v->errand = errand;
	v->verb = verb;
	v->argument = argument;
	v->uid = uid;
	list_append(&ping->verbs, &v->link);
	pump(ping);
}

void ping_due(struct ping *ping)
{
	pump(ping);
}

uint64_t ping_wake(const struct ping *ping)
{
	return ping->due;
}

struct ping *ping_of_link(struct list *link)
{
	return container_of(link, struct ping, link);
}

bool ping_run(const struct ping *ping, struct maintenance_run *ret)
{
	if (ping == NULL || !ping->running)
		return false;
	*ret = (struct maintenance_run){
		.operation = MAINTENANCE_PING,
		.pulses = ping->left,
		.end = ping->end,
		.uid = ping->uid,
	};
	return true;
}

void ping_last(const struct ping *ping, uint64_t *ret_time, uint32_t *ret_hresult)
{
	*ret_time = ping != NULL ? ping->last_time : 0;
	*ret_hresult = ping != NULL ? ping->last_hresult : 0;
}

void ping_detach(struct ping *ping, int result)
{
	struct outcome outcome = { .result = result };

	if (ping == NULL)
		return;
	ping->object = NULL;
	list_unlink(&ping->link);
	while (!list_empty(&ping->verbs))
		verb_ends(ping, &outcome);
	if (!ping->out)
		free(ping);
}
