/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a lamp does without a user: the machine's effects carried out, the times it waits
 * for, and what the page says without having been asked.
 *
 * Bays that pulse together shall share control pages, so times are put on a
 * beat common to all lamps: quarters of half a period.  A pulse is thus an eighth
 * longer or shorter at its beginning, and at most four pages a half
 * period go out, however many bays pulse and whenever each of them began.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "maintenance/private.h"

#define BEATS_PER_HALF 4U
/* A timed run looks at the clock that people set at least this often. */
#define CLOCK_CHECK_USEC (60 * USEC_PER_SEC)
#define POLL_DEFAULT_SECONDS 10U

unsigned lamp_step(struct fixture *f, enum lamp_index index, enum machine_event event,
		   uint32_t count)
{
	struct lamp *lamp = &f->lamps[index];
	enum machine_state old = lamp->machine.state;
	struct machine_step step = machine_next(lamp->machine, event, count);

	lamp->machine = step.machine;
	if (old != step.machine.state) {
		lamp->due = 0;
		log_debug("%s, %s: %s -> %s", f->component->label,
			  indicator_name(lamp_indicator(index)), machine_state_name(old),
			  machine_state_name(step.machine.state));
	}
	return step.effects;
}

/* ---- requests of our own ------------------------------------------------------- */

static void own_done(struct request *request, const struct outcome *outcome, uint32_t before);

static void own_submit(struct fixture *f, enum own_kind kind, uint32_t set, uint32_t clear)
{
	f->own = (struct request){
		.component = f->component,
		.set = set & f->component->supported,
		.clear = clear & f->component->supported,
		.done = own_done,
	};
	f->own_kind = kind;
	request_submit(&f->own);
}

static void own_switch(struct fixture *f, enum lamp_index index, bool on)
{
	uint32_t bit = INDICATOR_BIT(lamp_indicator(index));
	uint32_t mute = index == LAMP_TONE ? INDICATOR_BIT(INDICATOR_MUTE) : 0;

	f->own_lamp = index;
	own_submit(f, OWN_SWITCH, on ? bit : 0, on ? mute : bit);
}

static void switch_done(struct fixture *f, const struct outcome *outcome)
{
	struct lamp *lamp = &f->lamps[f->own_lamp];
	enum machine_state old = lamp->machine.state;
	uint32_t bit = INDICATOR_BIT(lamp_indicator(f->own_lamp));
	unsigned effects;

	lamp->due = 0;
	if (outcome->result == -ECANCELED)
		return;
	effects = lamp_step(f, f->own_lamp,
			    outcome->result < 0 ? MACHINE_NOT_SWITCHED : MACHINE_SWITCHED, 0);
	if (outcome->result >= 0)
		f->last_shown = (f->last_shown & ~bit) | (f->component->indicators & bit);
	else if (old != MACHINE_ENDING)
		log_warning("%s of %s: a run could not be switched (%s); it ends, and switching off"
			    " is tried again",
			    f->component->label, f->component->chassis->eid, outcome->text);
	if ((effects & MACHINE_GIVE_UP) != 0) {
		lamp->owed = true;
		log_warning("%s of %s: could not be switched off (%s); not tried again until the"
			    " next start",
			    f->component->label, f->component->chassis->eid, outcome->text);
	}
	fixture_settled(f, false);
}

static void own_done(struct request *request, const struct outcome *outcome,
		     uint32_t before _unused_)
{
	struct fixture *f = container_of(request, struct fixture, own);
	enum own_kind kind = f->own_kind;

	f->own_kind = OWN_NONE;
	if (f->m == NULL) {
		fixture_release(f);
		return;
	}
	switch (kind) {
	case OWN_NONE:
		break;
	case OWN_SWITCH:
		switch_done(f, outcome);
		break;
	case OWN_ASK_AGAIN:
		if (outcome->result < 0 && outcome->result != -ECANCELED)
			log_warning(
				"%s of %s: what was lost in a reset could not be asked again: %s",
				f->component->label, f->component->chassis->eid, outcome->text);
		f->last_shown = f->component->indicators;
		fixture_settled(f, false);
		break;
	}
	fixture_pump_after(f, outcome->result);
}

static bool timed_over(const struct lamp *lamp, uint64_t now)
{
	return now >= lamp->deadline || clock_realtime() >= lamp->end;
}

/* True if a request went out. */
static bool ask_again(struct fixture *f)
{
	struct component *c = f->component;
	uint32_t off = INDICATOR_BIT(INDICATOR_DEVICE_OFF);
	uint32_t set = c->asked & ~LAMP_BITS & ~off;

	f->ask_again = false;
	for (int i = 0; i < _LAMP_MAX; i++) {
		const struct lamp *lamp = &f->lamps[i];

		if (lamp->machine.state == MACHINE_RUNNING ||
		    (lamp->machine.state == MACHINE_TIMED && !timed_over(lamp, clock_monotonic())))
			set |= INDICATOR_BIT(lamp_indicator(i));
	}
	set &= c->supported;
	if (set != 0)
		own_submit(f, OWN_ASK_AGAIN, set,
			   (set & INDICATOR_BIT(INDICATOR_TONE_CRITICAL)) != 0
				   ? INDICATOR_BIT(INDICATOR_MUTE)
				   : 0);
	/* The reset brought the disk back; it may be in use by now, which that verb asks. */
	if ((c->asked & off) != 0) {
		c->asked &= ~off;
		lamp_plain(f->m, c, INDICATOR_DEVICE_OFF, true, NULL);
	}
	return set != 0;
}

/* ---- times ------------------------------------------------------------------------- */

static uint64_t half_period(const struct fixture *f)
{
	unsigned ms = f->m->p.settings->pulse_half_period_ms;

	return (ms > 0 ? ms : 1) * USEC_PER_MSEC;
}

static uint64_t on_the_beat(uint64_t t, uint64_t half)
{
	uint64_t beat = half / BEATS_PER_HALF;

	return (t + beat / 2) / beat * beat;
}

static uint64_t next_due(const struct fixture *f, const struct lamp *lamp, uint64_t now)
{
	uint64_t half = half_period(f), due, least;
	unsigned poll = f->m->p.settings->poll_seconds;

	switch (machine_timer(lamp->machine)) {
	case MACHINE_TIMER_NONE:
		return 0;
	case MACHINE_TIMER_END:
		due = now + CLOCK_CHECK_USEC;
		return lamp->deadline < due ? lamp->deadline : due;
	case MACHINE_TIMER_HALF:
		if (lamp->last_due == 0)
			return on_the_beat(now + half, half);
		/* A slow enclosure makes pulses longer; it does not swallow them. */
		due = lamp->last_due + half;
		least = on_the_beat(now + half / 2, half);
		return due > least ? due : least;
	case MACHINE_TIMER_SOON:
		return now + half;
	case MACHINE_TIMER_POLL:
		return now + (poll > 0 ? poll : POLL_DEFAULT_SECONDS) * USEC_PER_SEC;
	}
	return 0;
}

/* True if a request went out. */
static bool fire(struct fixture *f, enum lamp_index index, uint64_t now)
{
	struct lamp *lamp = &f->lamps[index];
	unsigned effects;

	if (lamp->machine.state == MACHINE_TIMED && !timed_over(lamp, now)) {
		lamp->due = next_due(f, lamp, now);
		return false;
	}
	lamp->last_due = lamp->due;
	lamp->due = 0;
	effects = lamp_step(f, index, MACHINE_DUE, 0);
	if ((effects & (MACHINE_TURN_ON | MACHINE_TURN_OFF)) == 0)
		return false;
	own_switch(f, index, (effects & MACHINE_TURN_ON) != 0);
	return true;
}

void fixture_stand_still(struct fixture *f)
{
	/* Beats are counted anew; other times stay, and what is overdue then goes at once. */
	for (int i = 0; i < _LAMP_MAX; i++)
		if (machine_timer(f->lamps[i].machine) == MACHINE_TIMER_HALF)
			f->lamps[i].due = 0;
}

void fixture_go_on(struct fixture *f)
{
	uint64_t now = clock_monotonic();

	if (f->own_kind != OWN_NONE || (f->ask_again && ask_again(f)) || !list_empty(&f->verbs)) {
		fixture_stand_still(f);
		return;
	}
	for (int i = 0; i < _LAMP_MAX; i++) {
		struct lamp *lamp = &f->lamps[i];

		if (lamp->due == 0)
			lamp->due = next_due(f, lamp, now);
		if (lamp->due != 0 && lamp->due <= now && fire(f, i, now)) {
			fixture_stand_still(f);
			return;
		}
	}
	for (int i = 0; i < _LAMP_MAX; i++)
		if (f->lamps[i].due != 0 && (f->wake == 0 || f->lamps[i].due < f->wake))
			f->wake = f->lamps[i].due;
}

/* ---- what the page says unasked -------------------------------------------------------- */

static uint32_t in_question(const struct fixture *f)
{
	const struct verb *verb;
	uint32_t bits = 0;

	LIST_FOREACH (verb, &f->verbs, link)
		bits |= verb->request.set | verb->request.clear;
	if (f->own_kind != OWN_NONE)
		bits |= f->own.set | f->own.clear;
	return bits;
}

void fixture_look(struct fixture *f)
{
	struct component *c = f->component;
	uint32_t settled = ~in_question(f);
	uint32_t gone = f->last_shown & ~c->indicators & settled;

	/* What a reset took is about to be asked again. */
	if (!c->known || f->ask_again)
		return;
	f->last_shown = (f->last_shown & ~settled) | (c->indicators & settled);
	if (gone == 0)
		return;
	for (int i = 0; i < _LAMP_MAX; i++)
		if ((gone & INDICATOR_BIT(lamp_indicator(i))) != 0)
			(void) lamp_step(f, i, MACHINE_VANISHED, 0);
	/* Somebody took it back: no reset shall bring it again. */
	c->asked &= ~(gone & ~LAMP_BITS);
	fixture_settled(f, false);
	fixture_pump(f);
}

static void judge_lamp(struct fixture *f, enum lamp_index index, const struct record *record)
{
	const struct component *c = f->component;
	struct lamp *lamp = &f->lamps[index];
	bool shown = (c->indicators & INDICATOR_BIT(lamp_indicator(index))) != 0;
	uint64_t now = clock_realtime(), left;

	if ((c->supported & INDICATOR_BIT(lamp_indicator(index))) == 0)
		return;
	lamp->uid = record->lamps[index].uid;
	switch (record->lamps[index].kind) {
	case RECORD_NONE:
		break;
	case RECORD_PULSE: /* dark at once */
		lamp->machine = (struct machine){ MACHINE_ENDING, MACHINE_TRIES_MAX };
		lamp->due = clock_monotonic();
		break;
	case RECORD_TIMED:
		left = record->lamps[index].end > now ? record->lamps[index].end - now : 0;
		if (left > MAINTENANCE_SECONDS_MAX * USEC_PER_SEC)
			left = MAINTENANCE_SECONDS_MAX * USEC_PER_SEC;
		lamp->machine = (struct machine){ MACHINE_TIMED, 0 };
		lamp->end = now + left;
		lamp->deadline = clock_monotonic() + left;
		f->ask_again = f->ask_again || !shown;
		break;
	case RECORD_CONTINUOUS:
		if (!shown && !c->chassis->returned)
			break;
		lamp->machine = (struct machine){ MACHINE_RUNNING, 0 };
		f->ask_again = f->ask_again || !shown;
		break;
	}
}

void fixture_judge(struct fixture *f)
{
	struct component *c = f->component;
	struct record record;
	uint32_t kept;

	f->judged = true;
	if (!record_read(f->m, c, &record))
		return;
	for (int i = 0; i < _LAMP_MAX; i++)
		judge_lamp(f, i, &record);
	kept = record.asked & ~LAMP_BITS & (c->chassis->returned ? c->supported : c->indicators);
	c->asked |= kept;
	if ((kept & ~c->indicators) != 0)
		f->ask_again = true;
	fixture_settled(f, false);
}

/* ---- what is kept -------------------------------------------------------------------- */

/* A verb under way counts as done: what may become lit must be known already. */
static const struct verb *last_to_end(const struct fixture *f, enum lamp_index index)
{
	const struct verb *verb, *last = NULL;

	LIST_FOREACH (verb, &f->verbs, link)
		if (verb->lamp == index &&
		    (verb->verb == MAINTENANCE_PULSE || verb->verb == MAINTENANCE_START_FOR))
			last = verb;
	return last;
}

static void record_lamp(const struct fixture *f, enum lamp_index index, struct record *ret)
{
	const struct verb *verb = last_to_end(f, index);
	const struct lamp *lamp = &f->lamps[index];

	if (verb != NULL) {
		ret->lamps[index].kind =
			verb->verb == MAINTENANCE_PULSE ? RECORD_PULSE : RECORD_TIMED;
		ret->lamps[index].end = verb->end;
		ret->lamps[index].uid = verb->uid;
		return;
	}
	ret->lamps[index].uid = lamp->uid;
	switch (lamp->machine.state) {
	case MACHINE_IDLE:
	case _MACHINE_STATE_MAX:
		ret->lamps[index].kind = lamp->owed ? RECORD_PULSE : RECORD_NONE;
		break;
	case MACHINE_RUNNING:
		ret->lamps[index].kind = RECORD_CONTINUOUS;
		break;
	case MACHINE_TIMED:
		ret->lamps[index].kind = RECORD_TIMED;
		ret->lamps[index].end = lamp->end;
		break;
	case MACHINE_PULSE_ON:
	case MACHINE_PULSE_OFF:
	case MACHINE_ENDING:
		ret->lamps[index].kind = RECORD_PULSE;
		break;
	}
}

void fixture_record(const struct fixture *f, struct record *ret)
{
	*ret = (struct record){ .asked = f->component->asked & ~LAMP_BITS };
	for (int i = 0; i < _LAMP_MAX; i++)
		record_lamp(f, i, ret);
}
