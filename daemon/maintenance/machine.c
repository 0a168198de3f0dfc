/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A user's verb leads to the same state from every other: start over pulse,
 * pulse over start, a timed run replaced by either (dbus-api.md section 4).  So
 * those are decided first, and a state need only say how its own run goes on.
 *
 * A pulse run that fails in the middle ends, dark: its owner cannot tell
 * whether the lamp was lit, and a lamp left on by accident sends somebody to
 * pull the wrong disk.
 */
#include "maintenance/machine.h"

static struct machine_step step(enum machine_state state, uint32_t left, unsigned effects)
{
	return (struct machine_step){ .machine = { state, left }, .effects = effects };
}

static struct machine_step stay(struct machine m, unsigned effects)
{
	return (struct machine_step){ .machine = m, .effects = effects };
}

static struct machine_step ending(void)
{
	return step(MACHINE_ENDING, MACHINE_TRIES_MAX, 0);
}

static struct machine_step due(struct machine m)
{
	switch (m.state) {
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case _MACHINE_STATE_MAX:
		return stay(m, 0);
	case MACHINE_PULSE_OFF:
		return stay(m, MACHINE_TURN_ON);
	case MACHINE_TIMED:
	case MACHINE_PULSE_ON:
	case MACHINE_ENDING:
		return stay(m, MACHINE_TURN_OFF);
	}
	return stay(m, 0);
}

static struct machine_step switched(struct machine m)
{
	switch (m.state) {
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case _MACHINE_STATE_MAX:
		return stay(m, 0);
	case MACHINE_PULSE_OFF:
		return step(MACHINE_PULSE_ON, m.left, 0);
	case MACHINE_PULSE_ON:
		if (m.left > 1)
			return step(MACHINE_PULSE_OFF, m.left - 1, 0);
		return step(MACHINE_IDLE, 0, 0);
	case MACHINE_TIMED:
	case MACHINE_ENDING:
		return step(MACHINE_IDLE, 0, 0);
	}
	return stay(m, 0);
}

static struct machine_step not_switched(struct machine m)
{
	switch (m.state) {
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case _MACHINE_STATE_MAX:
		return stay(m, 0);
	case MACHINE_TIMED:
	case MACHINE_PULSE_ON:
	case MACHINE_PULSE_OFF:
		return ending();
	case MACHINE_ENDING:
		if (m.left > 1)
			return step(MACHINE_ENDING, m.left - 1, 0);
		return step(MACHINE_IDLE, 0, MACHINE_GIVE_UP);
	}
	return stay(m, 0);
}

static struct machine_step vanished(struct machine m)
{
	switch (m.state) {
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case MACHINE_TIMED:
	case MACHINE_ENDING: /* dark, as it was to be */
	case _MACHINE_STATE_MAX:
		return step(MACHINE_IDLE, 0, 0);
	case MACHINE_PULSE_ON: /* a page read at the wrong moment */
	case MACHINE_PULSE_OFF:
		return stay(m, 0);
	}
	return stay(m, 0);
}

struct machine_step machine_next(struct machine m, enum machine_event event, uint32_t count)
{
	switch (event) {
	case MACHINE_STARTED:
		return step(MACHINE_RUNNING, 0, 0);
	case MACHINE_STARTED_FOR:
		return step(MACHINE_TIMED, 0, 0);
	case MACHINE_PULSED:
		return step(MACHINE_PULSE_ON, count, 0);
	case MACHINE_STOPPED:
		return step(MACHINE_IDLE, 0, 0);
	case MACHINE_STOPPED_DARK:
		return step(MACHINE_IDLE, 0, machine_under_way(m) ? 0 : MACHINE_NOTHING_DONE);
	case MACHINE_MISFIRED: /* a run that was there before goes on and ends by itself */
		return m.state == MACHINE_IDLE ? ending() : stay(m, 0);
	case MACHINE_DUE:
		return due(m);
	case MACHINE_SWITCHED:
		return switched(m);
	case MACHINE_NOT_SWITCHED:
		return not_switched(m);
	case MACHINE_VANISHED:
		return vanished(m);
	case _MACHINE_EVENT_MAX:
		break;
	}
	return stay(m, 0);
}

enum machine_timer machine_timer(struct machine m)
{
	switch (m.state) {
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case _MACHINE_STATE_MAX:
		return MACHINE_TIMER_NONE;
	case MACHINE_TIMED:
		return MACHINE_TIMER_END;
	case MACHINE_PULSE_ON:
	case MACHINE_PULSE_OFF:
		return MACHINE_TIMER_HALF;
	case MACHINE_ENDING:
		return m.left == MACHINE_TRIES_MAX ? MACHINE_TIMER_SOON : MACHINE_TIMER_POLL;
	}
	return MACHINE_TIMER_NONE;
}

bool machine_under_way(struct machine m)
{
	switch (m.state) {
	case MACHINE_TIMED:
	case MACHINE_PULSE_ON:
	case MACHINE_PULSE_OFF:
		return true;
	case MACHINE_IDLE:
	case MACHINE_RUNNING:
	case MACHINE_ENDING:
	case _MACHINE_STATE_MAX:
		break;
	}
	return false;
}

const char *machine_state_name(enum machine_state state)
{
	switch (state) {
	case MACHINE_IDLE:
		return "idle";
	case MACHINE_RUNNING:
		return "running";
	case MACHINE_TIMED:
		return "timed";
	case MACHINE_PULSE_ON:
		return "pulse on";
	case MACHINE_PULSE_OFF:
		return "pulse off";
	case MACHINE_ENDING:
		return "ending";
	case _MACHINE_STATE_MAX:
		break;
	}
	return "?";
}
