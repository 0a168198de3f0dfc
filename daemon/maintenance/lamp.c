/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users' verbs on one element.
 *
 * A verb is handed to the request queue at once if it can be, for the queue's limit of
 * time begins there and the requests of all bays that wait together become
 * one control page.  It waits here only for those before it, for its record to be on
 * the disk (pulses and timed runs: what is lit must be known to be switched off) and
 * for the answer whether the disk is in use (device-off).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "maintenance/private.h"

#define GONE_PAUSE_USEC USEC_PER_SEC

/* ---- the fixture ------------------------------------------------------------ */

struct fixture *fixture_get(struct maintenance *m, struct component *component)
{
	struct fixture *f = component->lamp;

	if (f != NULL)
		return f;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->m = m;
	f->component = component;
	f->last_shown = component->indicators;
	list_append(&m->fixtures, &f->link);
	list_init(&f->of_armed);
	list_init(&f->of_unsynced);
	list_init(&f->of_looks);
	list_init(&f->verbs);
	component->lamp = f;
	return f;
}

static void verb_free(struct verb *verb)
{
	list_unlink(&verb->link);
	free(verb);
}

void fixture_release(struct fixture *f)
{
	if (f->m == NULL && list_empty(&f->verbs) && f->own_kind == OWN_NONE)
		free(f);
}

void fixture_detach(struct fixture *f, int result)
{
	struct outcome outcome = { .result = result };
	struct verb *verb;

	if (result == -ENODEV)
		outcome_set(&outcome, result, "%s is gone", f->component->label);

	f->component->lamp = NULL;
	f->component = NULL;
	f->m = NULL;
	list_unlink(&f->link);
	list_unlink(&f->of_armed);
	list_unlink(&f->of_unsynced);
	list_unlink(&f->of_looks);

	LIST_FOREACH (verb, &f->verbs, link) {
		struct errand *errand = verb->errand;

		verb->errand = NULL;
		if (!verb->handed_over && !verb->asking_users)
			verb_free(verb);
		errand_result(errand, &outcome);
	}
	fixture_release(f);
}

/* Whatever has changed is also what is asked, what is kept and what is told. */
void fixture_settled(struct fixture *f, bool again)
{
	struct component *c = f->component;
	struct record record;

	for (int i = 0; i < _LAMP_MAX; i++) {
		enum machine_state state = f->lamps[i].machine.state;
		uint32_t bit = INDICATOR_BIT(lamp_indicator(i));

		if (state == MACHINE_RUNNING || state == MACHINE_TIMED)
			c->asked |= bit;
		else
			c->asked &= ~bit;
	}
	fixture_record(f, &record);
	record_write(f, &record);
	subject_refresh_component(f->m, c, again);
}

static bool waits_for_disk(const struct verb *verb)
{
	return verb->mark > verb->fixture->m->synced && clock_monotonic() < verb->patience;
}

/* True if no verb is left that waits here. */
static bool hand_over(struct fixture *f)
{
	struct verb *verb;

	LIST_FOREACH (verb, &f->verbs, link) {
		if (verb->handed_over)
			continue;
		if (verb->asking_users)
			return false; /* its answer pumps again */
		if (waits_for_disk(verb)) {
			f->wake = verb->patience;
			return false;
		}
		verb->handed_over = true;
		verb->shown = f->component->indicators;
		request_submit(&verb->request);
	}
	return true;
}

static void arm(struct fixture *f)
{
	if (f->wake == 0)
		list_unlink(&f->of_armed);
	else if (list_empty(&f->of_armed))
		list_append(&f->m->armed, &f->of_armed);
	maintenance_rearm(f->m);
}

void fixture_pump(struct fixture *f)
{
	if (f->m == NULL)
		return;
	f->wake = 0;
	if (hand_over(f))
		list_unlink(&f->of_unsynced);
	if (list_empty(&f->verbs))
		fixture_go_on(f);
	else
		fixture_stand_still(f);

	arm(f);
}

/*
 * An element that goes gets all its requests back with -ENODEV, one after another,
 * before we are told; a request submitted meanwhile would come back at once, for ever.
 */
void fixture_pump_after(struct fixture *f, int result)
{
	if (result != -ENODEV) {
		fixture_pump(f);
		return;
	}
	fixture_stand_still(f);
	f->wake = clock_monotonic() + GONE_PAUSE_USEC;
	arm(f);
}

/* ---- the end of a verb -------------------------------------------------------- */

/*
 * After these the enclosure may have done what it was told, or not.  The others
 * mean that nothing was sent, or that it was taken back (request.h).
 */
static bool doubtful(int result)
{
	return result == -ETIMEDOUT || result == -EIO || result == -EHOSTDOWN ||
	       result == -EBADMSG || result == -ENODEV;
}

static void lamp_refused(struct fixture *f, const struct verb *verb, int result)
{
	struct lamp *lamp = &f->lamps[verb->lamp];
	bool ours = verb->verb == MAINTENANCE_PULSE || verb->verb == MAINTENANCE_START_FOR;
	bool lit = (verb->shown & INDICATOR_BIT(lamp_indicator(verb->lamp))) != 0;

	if (!ours || lit || !doubtful(result))
		return;
	if (lamp->machine.state == MACHINE_IDLE)
		lamp->uid = verb->uid;
	(void) lamp_step(f, verb->lamp, MACHINE_MISFIRED, 0);
}

static void lamp_done(struct fixture *f, const struct verb *verb, uint32_t before,
		      struct outcome *outcome)
{
	struct lamp *lamp = &f->lamps[verb->lamp];
	uint32_t bit = INDICATOR_BIT(lamp_indicator(verb->lamp));
	unsigned effects = 0;

	lamp->owed = false;
	lamp->due = 0;
	lamp->last_due = 0;
	switch (verb->verb) {
	case MAINTENANCE_START:
		effects = lamp_step(f, verb->lamp, MACHINE_STARTED, 0);
		break;
	case MAINTENANCE_START_FOR:
		lamp->end = verb->end;
		lamp->deadline = verb->deadline;
		effects = lamp_step(f, verb->lamp, MACHINE_STARTED_FOR, 0);
		break;
	case MAINTENANCE_PULSE:
		effects = lamp_step(f, verb->lamp, MACHINE_PULSED, verb->argument);
		break;
	case MAINTENANCE_STOP:
		effects =
			lamp_step(f, verb->lamp,
				  (before & bit) != 0 ? MACHINE_STOPPED : MACHINE_STOPPED_DARK, 0);
		break;
	}
	if (verb->verb != MAINTENANCE_STOP)
		lamp->uid = verb->uid;
	if ((effects & MACHINE_NOTHING_DONE) != 0)
		outcome_set(outcome, OUTCOME_S_FALSE, "Not running");
}

static void verb_done(struct request *request, const struct outcome *outcome, uint32_t before)
{
	struct verb *verb = container_of(request, struct verb, request);
	struct fixture *f = verb->fixture;
	struct errand *errand = verb->errand;
	uint32_t touched = request->set | request->clear;
	struct outcome told = *outcome;
	bool pulse = verb->lamp != LAMP_NONE && verb->verb == MAINTENANCE_PULSE;

	list_unlink(&verb->link);
	if (f->m != NULL) {
		if (told.result < 0) {
			if (verb->lamp != LAMP_NONE)
				lamp_refused(f, verb, told.result);
		} else if (verb->lamp != LAMP_NONE) {
			lamp_done(f, verb, before, &told);
		} else {
			f->component->asked |= request->set;
			f->component->asked &= ~request->clear;
		}
		if (told.result >= 0) /* from here on vanishing is measured */
			f->last_shown =
				(f->last_shown & ~touched) | (f->component->indicators & touched);
		fixture_settled(f, pulse && told.result >= 0);
		fixture_pump_after(f, told.result);
	}
	free(verb);
	fixture_release(f);
	errand_result(errand, &told);
}

/* ---- the beginning of a verb ---------------------------------------------------- */

static struct verb *verb_new(struct maintenance *m, struct component *component,
			     struct errand *errand)
{
	struct fixture *f = fixture_get(m, component);
	struct verb *verb = f != NULL ? calloc(1, sizeof(*verb)) : NULL;

	if (verb == NULL) {
		struct outcome outcome = { .result = -ENOMEM };

		errand_result(errand, &outcome);
		return NULL;
	}
	if (!f->judged)
		fixture_judge(f);
	verb->fixture = f;
	verb->errand = errand;
	verb->lamp = LAMP_NONE;
	verb->request.component = component;
	verb->request.done = verb_done;
	list_append(&f->verbs, &verb->link);
	return verb;
}

static void light_request(struct verb *verb)
{
	uint32_t ident = INDICATOR_BIT(INDICATOR_IDENT);

	if (verb->verb == MAINTENANCE_STOP)
		verb->request.clear = ident;
	else
		verb->request.set = ident;
}

/* Stop also mutes what the enclosure sounds by itself, but not one that is silent. */
static void tone_request(struct verb *verb)
{
	const struct fixture *f = verb->fixture;
	uint32_t tone = INDICATOR_BIT(INDICATOR_TONE_CRITICAL);
	uint32_t mute = INDICATOR_BIT(INDICATOR_MUTE);
	bool sounds = (f->component->indicators & tone) != 0 ||
		      f->lamps[LAMP_TONE].machine.state != MACHINE_IDLE ||
		      f->verbs.next != &verb->link;

	if (verb->verb == MAINTENANCE_STOP) {
		verb->request.clear = tone;
		verb->request.set = sounds ? mute : 0;
	} else {
		verb->request.set = tone;
		verb->request.clear = mute;
	}
	verb->request.set &= f->component->supported;
	verb->request.clear &= f->component->supported;
}

void lamp_verb(struct maintenance *m, struct component *component, enum lamp_index index,
	       enum maintenance_verb operation, uint32_t argument, uint32_t uid,
	       struct errand *errand)
{
	struct verb *verb = verb_new(m, component, errand);
	struct record record;

	if (verb == NULL)
		return;
	verb->lamp = index;
	verb->verb = operation;
	verb->argument = argument;
	verb->uid = uid;
	if (operation == MAINTENANCE_START_FOR) {
		verb->end = clock_realtime() + argument * USEC_PER_SEC;
		verb->deadline = clock_monotonic() + argument * USEC_PER_SEC;
	}
	if (index == LAMP_TONE)
		tone_request(verb);
	else
		light_request(verb);

	if (operation == MAINTENANCE_PULSE || operation == MAINTENANCE_START_FOR) {
		fixture_record(verb->fixture, &record);
		record_write(verb->fixture, &record);
		verb->mark = record_sync(m);
		verb->patience = clock_monotonic() + RECORD_PATIENCE_USEC;
		if (waits_for_disk(verb) && list_empty(&verb->fixture->of_unsynced))
			list_append(&m->unsynced, &verb->fixture->of_unsynced);
	}
	fixture_pump(verb->fixture);
}

static void users_known(void *userdata, const struct outcome *outcome,
			const struct kernel_users *users)
{
	struct verb *verb = userdata;
	struct fixture *f = verb->fixture;
	struct errand *errand = verb->errand;
	struct outcome told = *outcome;

	verb->asking_users = false;
	if (told.result >= 0 && users != NULL && users->n > 0)
		outcome_set(&told, -ETXTBSY, "%s", users->texts[0]);
	if (told.result >= 0 && f->m != NULL) {
		fixture_pump(f);
		return;
	}
	verb_free(verb);
	fixture_pump(f);
	fixture_release(f);
	errand_result(errand, &told);
}

void lamp_plain(struct maintenance *m, struct component *component, enum indicator indicator,
		bool on, struct errand *errand)
{
	struct verb *verb = verb_new(m, component, errand);
	struct fixture *f;

	if (verb == NULL)
		return;
	f = verb->fixture;
	if (on)
		verb->request.set = INDICATOR_BIT(indicator);
	else
		verb->request.clear = INDICATOR_BIT(indicator);
	verb->request.every_way = indicator == INDICATOR_DEVICE_OFF;

	if (indicator == INDICATOR_DEVICE_OFF && on && component->drive != NULL &&
	    m->p.drives != NULL) {
		verb->asking_users = true;
		drive_query_users(m->p.drives, &component->drive->object, users_known, verb);
	}
	fixture_pump(f);
}

/* ---- what runs -------------------------------------------------------------------- */

bool lamp_run(const struct component *c, enum lamp_index index, struct maintenance_run *ret)
{
	static const struct lamp nothing = { .machine = { MACHINE_IDLE, 0 } };
	const struct fixture *f = c->lamp;
	const struct lamp *lamp = f != NULL ? &f->lamps[index] : &nothing;
	bool shown = (c->indicators & INDICATOR_BIT(lamp_indicator(index))) != 0;
	struct maintenance_run run = {
		.operation = index == LAMP_TONE ? MAINTENANCE_BEEP_ALARM : MAINTENANCE_BLINK_LIGHT,
		.uid = lamp->uid,
	};

	switch (lamp->machine.state) {
	case MACHINE_IDLE:
	case _MACHINE_STATE_MAX:
		if (!shown)
			return false;
		run.uid = MAINTENANCE_UID_OTHER;
		break;
	case MACHINE_RUNNING:
	case MACHINE_ENDING:
		if (!shown)
			return false;
		break;
	case MACHINE_TIMED:
		run.end = lamp->end;
		break;
	case MACHINE_PULSE_ON:
	case MACHINE_PULSE_OFF:
		run.pulses = lamp->machine.left;
		break;
	}
	*ret = run;
	return true;
}
