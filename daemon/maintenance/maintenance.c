/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The face of the layer: checks, sends each operation to who does it, and keeps the one timer.
 */
#include <errno.h>
#include <inttypes.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "maintenance/private.h"

#define TIMER_ACCURACY_USEC 1000U

/* ---- the timer -------------------------------------------------------------------- */

static void earliest(uint64_t *at, uint64_t t)
{
	if (t != 0 && (*at == 0 || t < *at))
		*at = t;
}

void maintenance_rearm(struct maintenance *m)
{
	uint64_t at = 0, now;
	struct fixture *f;
	int r;

	if (m->in_timer)
		return;
	LIST_FOREACH (f, &m->armed, of_armed)
		earliest(&at, f->wake);
	for (struct list *l = m->pings.next; l != &m->pings; l = l->next)
		earliest(&at, ping_wake(ping_of_link(l)));

	if (at == 0) {
		(void) sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
		return;
	}
	now = clock_monotonic();
	r = sd_event_source_set_time_relative(m->timer, at > now ? at - now : 0);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("Cannot set the timer of the lamps: %m");
}

static int on_timer(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata)
{
	struct maintenance *m = userdata;
	uint64_t now = clock_monotonic();
	struct fixture *f;
	struct list *l, *next;

	m->in_timer = true;
	LIST_FOREACH (f, &m->armed, of_armed)
		if (f->wake <= now)
			fixture_pump(f);
	for (l = m->pings.next; l != &m->pings; l = next) {
		next = l->next;
		if (ping_wake(ping_of_link(l)) <= now)
			ping_due(ping_of_link(l));
	}
	m->in_timer = false;
	maintenance_rearm(m);
	return 0;
}

static int on_later(sd_event_source *source _unused_, void *userdata)
{
	struct maintenance *m = userdata;

	model_look(m);
	subjects_tell(m);
	errands_answer(m);
	return 0;
}

/* ---- life ---------------------------------------------------------------------------- */

int maintenance_new(const struct maintenance_parameters *parameters, struct maintenance **ret)
{
	struct maintenance *m = calloc(1, sizeof(*m));
	struct model_listener listener;
	int r;

	if (m == NULL)
		return -ENOMEM;
	m->p = *parameters;
	list_init(&m->errands);
	list_init(&m->answers);
	list_init(&m->fixtures);
	list_init(&m->looks);
	list_init(&m->armed);
	list_init(&m->pings);
	list_init(&m->spins);
	list_init(&m->subjects);
	list_init(&m->stale);
	list_init(&m->unsynced);
	list_init(&m->tickets);
	records_count(m);

	r = sd_event_add_time_relative(m->p.event, &m->timer, CLOCK_MONOTONIC, 0,
				       TIMER_ACCURACY_USEC, on_timer, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(m->p.event, &m->later, on_later, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->later, SD_EVENT_OFF);
	listener = model_listener(m);
	if (r >= 0)
		r = inventory_listen(m->p.inventory, &listener);
	if (r < 0) {
		(void) maintenance_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

struct maintenance *maintenance_free(struct maintenance *m)
{
	if (m == NULL)
		return NULL;
	m->in_timer = true; /* no timer any more */
	errands_answer(m);
	spins_forget(m);
	while (!list_empty(&m->fixtures))
		fixture_detach(container_of(m->fixtures.next, struct fixture, link), -ECANCELED);
	while (!list_empty(&m->subjects))
		subject_free(container_of(m->subjects.next, struct subject, link), -ECANCELED);
	errands_answer(m);
	record_forget_tickets(m);
	sd_event_source_disable_unref(m->timer);
	sd_event_source_disable_unref(m->later);
	free(m);
	return NULL;
}

void maintenance_listen(struct maintenance *m, const struct maintenance_listener *listener)
{
	m->listener = *listener;
}

/* ---- what can be done -------------------------------------------------------------- */

static bool has_lamp(struct object *object, enum lamp_index index)
{
	return target_next(object, index, NULL) != NULL;
}

static bool is_disk(const struct object *object)
{
	return object->kind == OBJECT_DRIVE || object->kind == OBJECT_LUN;
}

static bool can(struct maintenance *m, struct object *object, enum maintenance_operation operation)
{
	switch (operation) {
	case MAINTENANCE_BLINK_LIGHT:
		return has_lamp(object, LAMP_LIGHT);
	case MAINTENANCE_BEEP_ALARM:
		return has_lamp(object, LAMP_TONE);
	case MAINTENANCE_SPIN_DOWN:
	case MAINTENANCE_SPIN_UP:
		return is_disk(object) && m->p.drives != NULL;
	case MAINTENANCE_PING:
		if (object->kind == OBJECT_SUBSYSTEM || object->kind == OBJECT_CONTROLLER)
			return true;
		return is_disk(object) && m->p.drives != NULL;
	case _MAINTENANCE_MAX:
		break;
	}
	return false;
}

static int check_arguments(enum maintenance_verb verb, uint32_t operation, uint32_t argument,
			   struct outcome *ret)
{
	if (operation == 0 || operation >= _MAINTENANCE_MAX)
		return outcome_set(ret, -EINVAL,
				   "There is no operation %" PRIu32 ": BlinkLight is 1, BeepAlarm"
				   " 2, SpinDown 3, SpinUp 4, Ping 5",
				   operation);
	if (verb == MAINTENANCE_PULSE && (argument == 0 || argument > MAINTENANCE_PULSES_MAX))
		return outcome_set(ret, -EINVAL,
				   "Cannot pulse %" PRIu32 " times: 1 to %u can be asked", argument,
				   MAINTENANCE_PULSES_MAX);
	if (verb == MAINTENANCE_START_FOR && (argument == 0 || argument > MAINTENANCE_SECONDS_MAX))
		return outcome_set(ret, -EINVAL,
				   "Cannot run for %" PRIu32
				   " seconds: 1 to %u (30 days) can be asked",
				   argument, MAINTENANCE_SECONDS_MAX);
	return 0;
}

static int refuse(struct object *object, enum maintenance_operation operation, struct outcome *ret)
{
	const struct drive *drive = target_drive(object);

	switch (operation) {
	case MAINTENANCE_BLINK_LIGHT:
		if (!is_disk(object))
			return outcome_set(ret, -EOPNOTSUPP,
					   "It has no light that can be asked for");
		if (drive == NULL)
			return outcome_set(ret, -EOPNOTSUPP,
					   "It is no physical drive, so it sits in"
					   " no bay");
		if (drive->slot == NULL)
			return outcome_set(ret, -EOPNOTSUPP, "It sits in no bay that is known");
		return outcome_set(ret, -EOPNOTSUPP, "%s has no light that can be asked for",
				   drive->slot->label);
	case MAINTENANCE_BEEP_ALARM:
		return outcome_set(ret, -EOPNOTSUPP, "It has no audible alarm");
	case MAINTENANCE_SPIN_DOWN:
	case MAINTENANCE_SPIN_UP:
		return outcome_set(ret, -EOPNOTSUPP, "Only drives and logical units spin");
	case MAINTENANCE_PING:
		return outcome_set(ret, -EOPNOTSUPP,
				   "Only what answers commands of its own can be"
				   " pinged: a drive, logical unit, controller or"
				   " subsystem");
	case _MAINTENANCE_MAX:
		break;
	}
	return outcome_set(ret, -EOPNOTSUPP, "%s", "");
}

int maintenance_check(struct maintenance *m, struct object *object, enum maintenance_verb verb,
		      uint32_t operation, uint32_t argument, bool arguments_only,
		      struct outcome *ret)
{
	int r = check_arguments(verb, operation, argument, ret);

	if (r < 0 || arguments_only)
		return r;
	if (!can(m, object, operation))
		return refuse(object, operation, ret);
	if ((operation == MAINTENANCE_SPIN_DOWN || operation == MAINTENANCE_SPIN_UP) &&
	    (verb == MAINTENANCE_PULSE || verb == MAINTENANCE_START_FOR))
		return outcome_set(ret, -EOPNOTSUPP, "Spinning can be started and stopped only");
	return 0;
}

unsigned maintenance_supported(struct maintenance *m, struct object *object, uint32_t ret[static 5])
{
	unsigned n = 0;

	for (uint32_t i = MAINTENANCE_BLINK_LIGHT; i < _MAINTENANCE_MAX; i++)
		if (can(m, object, i))
			ret[n++] = i;
	return n;
}

/* ---- doing it -------------------------------------------------------------------------- */

static void lamps_verb(struct maintenance *m, struct object *object, enum lamp_index index,
		       enum maintenance_verb verb, uint32_t argument, uint32_t uid,
		       struct errand *errand)
{
	struct component *c;

	TARGET_FOREACH(c, object, index)
	lamp_verb(m, c, index, verb, argument, uid, errand_add(errand));
}

static void dispatch(struct maintenance *m, struct object *object, enum maintenance_verb verb,
		     uint32_t operation, uint32_t argument, uint32_t uid, struct errand *errand)
{
	switch ((enum maintenance_operation) operation) {
	case MAINTENANCE_BLINK_LIGHT:
		lamps_verb(m, object, LAMP_LIGHT, verb, argument, uid, errand);
		break;
	case MAINTENANCE_BEEP_ALARM:
		lamps_verb(m, object, LAMP_TONE, verb, argument, uid, errand);
		break;
	case MAINTENANCE_SPIN_DOWN:
	case MAINTENANCE_SPIN_UP:
		spin_verb(m, object, operation == MAINTENANCE_SPIN_UP, verb, uid,
			  errand_add(errand));
		break;
	case MAINTENANCE_PING:
		ping_verb(m, object, verb, argument, uid, errand_add(errand));
		break;
	case _MAINTENANCE_MAX:
		break;
	}
}

void maintenance_call(struct maintenance *m, struct object *object, enum maintenance_verb verb,
		      uint32_t operation, uint32_t argument, uint32_t uid, maintenance_done done,
		      void *userdata)
{
	struct errand *errand = errand_new(m, done, userdata);
	struct outcome outcome = { .result = 0 };

	if (errand == NULL)
		return;
	if (maintenance_check(m, object, verb, operation, argument, false, &outcome) < 0)
		errand_result(errand_add(errand), &outcome);
	else
		dispatch(m, object, verb, operation, argument, uid, errand);
	errand_made(errand);
}

struct operation *maintenance_call_async(struct maintenance *m, struct object *object,
					 uint32_t operation, uint32_t uid, struct outcome *error)
{
	if (maintenance_check(m, object, MAINTENANCE_START, operation, 0, false, error) < 0)
		return NULL;
	if (operation != MAINTENANCE_SPIN_DOWN && operation != MAINTENANCE_SPIN_UP) {
		outcome_set(error, -EOPNOTSUPP,
			    "Only SpinDown and SpinUp take long enough for that");
		return NULL;
	}
	return spin_begin(m, object, operation == MAINTENANCE_SPIN_UP, uid, NULL, error);
}

void maintenance_set_indicator(struct maintenance *m, struct component *component,
			       enum indicator indicator, bool on, uint32_t uid,
			       maintenance_done done, void *userdata)
{
	struct errand *errand = errand_new(m, done, userdata);
	struct outcome outcome = { .result = 0 };

	if (errand == NULL)
		return;
	errand->plain = true;
	if (indicator >= _INDICATOR_PUBLIC_MAX) {
		outcome_set(&outcome, -EINVAL, "There is no such indicator");
		errand_result(errand_add(errand), &outcome);
	} else if ((component->supported & INDICATOR_BIT(indicator)) == 0) {
		outcome_set(&outcome, -EOPNOTSUPP, "%s has no indicator %s", component->label,
			    indicator_name(indicator));
		errand_result(errand_add(errand), &outcome);
	} else if (indicator == INDICATOR_IDENT) {
		lamp_verb(m, component, LAMP_LIGHT, on ? MAINTENANCE_START : MAINTENANCE_STOP, 0,
			  uid, errand_add(errand));
	} else {
		lamp_plain(m, component, indicator, on, errand_add(errand));
	}
	errand_made(errand);
}

/* ---- what runs --------------------------------------------------------------------------- */

static bool lamps_run(struct object *object, enum lamp_index index, struct maintenance_run *ret)
{
	struct component *c;

	TARGET_FOREACH(c, object, index)
	if (lamp_run(c, index, ret))
		return true;
	return false;
}

static uint32_t spin_uid(struct object *object)
{
	const struct drive *drive = target_drive(object);
	const struct subject *of_drive = drive != NULL ? drive->object.subject : NULL;
	const struct subject *own = object->subject;

	if (own != NULL && own->spin_ours)
		return own->spin_uid;
	if (of_drive != NULL && of_drive->spin_ours)
		return of_drive->spin_uid;
	return MAINTENANCE_UID_OTHER;
}

unsigned maintenance_running(struct maintenance *m, struct object *object,
			     struct maintenance_run ret[static MAINTENANCE_RUNS_MAX])
{
	const struct subject *subject = object->subject;
	unsigned n = 0;

	if (lamps_run(object, LAMP_LIGHT, &ret[n]))
		n++;
	if (lamps_run(object, LAMP_TONE, &ret[n]))
		n++;
	if (can(m, object, MAINTENANCE_SPIN_DOWN) && drive_spun_down(object))
		ret[n++] = (struct maintenance_run){ .operation = MAINTENANCE_SPIN_DOWN,
						     .uid = spin_uid(object) };
	if (subject != NULL && ping_run(subject->ping, &ret[n]))
		n++;
	return n;
}

void maintenance_last_ping(struct maintenance *m _unused_, struct object *object,
			   uint64_t *ret_time, uint32_t *ret_hresult)
{
	const struct subject *subject = object->subject;

	if (object->kind == OBJECT_DRIVE) {
		*ret_time = object_drive(object)->last_ping;
		*ret_hresult = object_drive(object)->last_ping_result;
	} else if (object->kind == OBJECT_LUN) {
		*ret_time = object_unit(object)->last_ping;
		*ret_hresult = object_unit(object)->last_ping_result;
	} else {
		ping_last(subject != NULL ? subject->ping : NULL, ret_time, ret_hresult);
	}
}
