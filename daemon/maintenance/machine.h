/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one lamp of ours is doing, as a machine: state and event in, state and
 * effects out (style.md 7.4).  No pointers, no clock, no I/O; any thread.
 *
 * Only what the enclosure's page cannot say is a state.  A lamp that another program lit is
 * IDLE here, and the page says that it runs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum machine_state {
	MACHINE_IDLE,	   /* nothing of ours */
	MACHINE_RUNNING,   /* asked for through us until stopped */
	MACHINE_TIMED,	   /* the same, until a time */
	MACHINE_PULSE_ON,  /* pulsing, lit */
	MACHINE_PULSE_OFF, /* pulsing, dark */
	MACHINE_ENDING,	   /* to be dark, and a try at that failed */
	_MACHINE_STATE_MAX,
};

enum machine_event {
	/* A user's verb was carried out. */
	MACHINE_STARTED,
	MACHINE_STARTED_FOR,
	MACHINE_PULSED,	 /* the first pulse is on */
	MACHINE_STOPPED, /* it had been lit */
	MACHINE_STOPPED_DARK,
	/* A pulse or a timed run could not be begun, and may have lit the lamp nevertheless. */
	MACHINE_MISFIRED,
	/* The time of machine_timer() has come. */
	MACHINE_DUE,
	/* The switching that DUE asked for. */
	MACHINE_SWITCHED,
	MACHINE_NOT_SWITCHED,
	/* The page stopped showing it though nobody asked us. */
	MACHINE_VANISHED,
	_MACHINE_EVENT_MAX,
};

enum machine_effect {
	MACHINE_TURN_ON = 1,
	MACHINE_TURN_OFF = 2,
	MACHINE_NOTHING_DONE = 4, /* Stop of what does not run: S_FALSE */
	MACHINE_GIVE_UP = 8,	  /* could not be switched off, and is no longer tried */
};

/* What the state waits for. */
enum machine_timer {
	MACHINE_TIMER_NONE,
	MACHINE_TIMER_END,  /* of a timed run */
	MACHINE_TIMER_HALF, /* of a pulse */
	MACHINE_TIMER_SOON,
	MACHINE_TIMER_POLL, /* as often as the enclosure is polled */
};

/* Tries at switching off, one a poll: ten minutes with the default settings. */
#define MACHINE_TRIES_MAX 60U

struct machine {
	enum machine_state state;
	uint32_t left; /* PULSE_*: pulses, the present one counted; ENDING: tries */
};

struct machine_step {
	struct machine machine;
	unsigned effects; /* enum machine_effect */
};

/* count: of MACHINE_PULSED, not 0; else ignored. */
struct machine_step machine_next(struct machine machine, enum machine_event event, uint32_t count);

enum machine_timer machine_timer(struct machine machine);

/* A run that goes on whatever the page shows: a pulse or a timed one. */
bool machine_under_way(struct machine machine);

const char *machine_state_name(enum machine_state state);
