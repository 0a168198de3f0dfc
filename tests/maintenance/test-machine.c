/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every pair of state and event, written out: the table is the specification
 * (dbus-api.md section 4), the machine is checked against it.
 */
#include <check.h>
#include <stdlib.h>

#include "base/macro.h"
#include "maintenance/machine.h"

#define LEFT 7U	 /* pulses or tries in hand */
#define COUNT 5U /* of the verb */

#define IDLE MACHINE_IDLE
#define RUN MACHINE_RUNNING
#define TIMED MACHINE_TIMED
#define ON MACHINE_PULSE_ON
#define OFF MACHINE_PULSE_OFF
#define END MACHINE_ENDING
#define TRIES MACHINE_TRIES_MAX
#define FALSE MACHINE_NOTHING_DONE

struct expected {
	enum machine_state state;
	uint32_t left;
	unsigned effects;
};

static const struct expected table[_MACHINE_STATE_MAX][_MACHINE_EVENT_MAX] = {
	[MACHINE_IDLE] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 }, /* another program's lamp */
		[MACHINE_STOPPED_DARK] = { IDLE, 0, FALSE },
		[MACHINE_MISFIRED] = { END, TRIES, 0 },
		[MACHINE_DUE] = { IDLE, 0, 0 },
		[MACHINE_SWITCHED] = { IDLE, 0, 0 },
		[MACHINE_NOT_SWITCHED] = { IDLE, 0, 0 },
		[MACHINE_VANISHED] = { IDLE, 0, 0 },
	},
	[MACHINE_RUNNING] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 },
		[MACHINE_STOPPED_DARK] = { IDLE, 0, FALSE }, /* somebody was faster */
		[MACHINE_MISFIRED] = { RUN, 0, 0 },
		[MACHINE_DUE] = { RUN, 0, 0 },
		[MACHINE_SWITCHED] = { RUN, 0, 0 },
		[MACHINE_NOT_SWITCHED] = { RUN, 0, 0 },
		[MACHINE_VANISHED] = { IDLE, 0, 0 },
	},
	[MACHINE_TIMED] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 },
		[MACHINE_STOPPED_DARK] = { IDLE, 0, 0 },
		[MACHINE_MISFIRED] = { TIMED, 0, 0 },
		[MACHINE_DUE] = { TIMED, 0, MACHINE_TURN_OFF },
		[MACHINE_SWITCHED] = { IDLE, 0, 0 },
		[MACHINE_NOT_SWITCHED] = { END, TRIES, 0 },
		[MACHINE_VANISHED] = { IDLE, 0, 0 },
	},
	[MACHINE_PULSE_ON] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 },
		[MACHINE_STOPPED_DARK] = { IDLE, 0, 0 },
		[MACHINE_MISFIRED] = { ON, LEFT, 0 },
		[MACHINE_DUE] = { ON, LEFT, MACHINE_TURN_OFF },
		[MACHINE_SWITCHED] = { OFF, LEFT - 1, 0 },
		[MACHINE_NOT_SWITCHED] = { END, TRIES, 0 },
		[MACHINE_VANISHED] = { ON, LEFT, 0 },
	},
	[MACHINE_PULSE_OFF] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 },
		[MACHINE_STOPPED_DARK] = { IDLE, 0, 0 },
		[MACHINE_MISFIRED] = { OFF, LEFT, 0 },
		[MACHINE_DUE] = { OFF, LEFT, MACHINE_TURN_ON },
		[MACHINE_SWITCHED] = { ON, LEFT, 0 },
		[MACHINE_NOT_SWITCHED] = { END, TRIES, 0 },
		[MACHINE_VANISHED] = { OFF, LEFT, 0 },
	},
	[MACHINE_ENDING] = {
		[MACHINE_STARTED] = { RUN, 0, 0 },
		[MACHINE_STARTED_FOR] = { TIMED, 0, 0 },
		[MACHINE_PULSED] = { ON, COUNT, 0 },
		[MACHINE_STOPPED] = { IDLE, 0, 0 },
		[MACHINE_STOPPED_DARK] = { IDLE, 0, FALSE },
		[MACHINE_MISFIRED] = { END, LEFT, 0 },
		[MACHINE_DUE] = { END, LEFT, MACHINE_TURN_OFF },
		[MACHINE_SWITCHED] = { IDLE, 0, 0 },
		[MACHINE_NOT_SWITCHED] = { END, LEFT - 1, 0 },
		[MACHINE_VANISHED] = { IDLE, 0, 0 },
	},
};

static struct machine machine(enum machine_state state)
{
	bool counts = state == ON || state == OFF || state == END;

	return (struct machine){ state, counts ? LEFT : 0 };
}

START_TEST(does_what_the_table_says)
{
	enum machine_state state = (enum machine_state)(_i / _MACHINE_EVENT_MAX);
	enum machine_event event = (enum machine_event)(_i % _MACHINE_EVENT_MAX);
	const struct expected *e = &table[state][event];
	struct machine_step step = machine_next(machine(state), event, COUNT);

	ck_assert_str_eq(machine_state_name(step.machine.state), machine_state_name(e->state));
	ck_assert_uint_eq(step.machine.left, e->left);
	ck_assert_uint_eq(step.effects, e->effects);
}
END_TEST

/* Three pulses are three times on and three times off, and the last off is the end. */
START_TEST(counts_pulses)
{
	struct machine m = machine_next(machine(IDLE), MACHINE_PULSED, 3).machine;
	unsigned on = 1, off = 0;

	for (int i = 0; i < 100 && m.state != IDLE; i++) {
		struct machine_step step = machine_next(m, MACHINE_DUE, 0);

		on += step.effects == MACHINE_TURN_ON;
		off += step.effects == MACHINE_TURN_OFF;
		m = machine_next(step.machine, MACHINE_SWITCHED, 0).machine;
	}
	ck_assert_int_eq(m.state, IDLE);
	ck_assert_uint_eq(on, 3);
	ck_assert_uint_eq(off, 3);
}
END_TEST

START_TEST(gives_up_after_all_tries)
{
	struct machine_step step = machine_next(machine(ON), MACHINE_NOT_SWITCHED, 0);
	unsigned tries = 0;

	while (step.machine.state == END) {
		ck_assert_uint_eq(step.effects, 0);
		ck_assert_uint_lt(tries++, MACHINE_TRIES_MAX);
		step = machine_next(step.machine, MACHINE_NOT_SWITCHED, 0);
	}
	ck_assert_uint_eq(tries, MACHINE_TRIES_MAX);
	ck_assert_uint_eq(step.effects, MACHINE_GIVE_UP);
}
END_TEST

START_TEST(waits_for_the_right_time)
{
	static const enum machine_timer timers[] = {
		[MACHINE_IDLE] = MACHINE_TIMER_NONE,	  [MACHINE_RUNNING] = MACHINE_TIMER_NONE,
		[MACHINE_TIMED] = MACHINE_TIMER_END,	  [MACHINE_PULSE_ON] = MACHINE_TIMER_HALF,
		[MACHINE_PULSE_OFF] = MACHINE_TIMER_HALF, [MACHINE_ENDING] = MACHINE_TIMER_POLL,
	};
	struct machine first = { END, TRIES };

	ck_assert_int_eq(machine_timer(machine((enum machine_state) _i)), timers[_i]);
	ck_assert_int_eq(machine_timer(first), MACHINE_TIMER_SOON);
}
END_TEST

START_TEST(a_pulse_or_timed_run_is_under_way)
{
	enum machine_state state = (enum machine_state) _i;

	ck_assert_int_eq(machine_under_way(machine(state)),
			 state == TIMED || state == ON || state == OFF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/machine");
	TCase *tc = tcase_create("machine");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, does_what_the_table_says, 0,
			    _MACHINE_STATE_MAX * _MACHINE_EVENT_MAX);
	tcase_add_test(tc, counts_pulses);
	tcase_add_test(tc, gives_up_after_all_tries);
	tcase_add_loop_test(tc, waits_for_the_right_time, 0, _MACHINE_STATE_MAX);
	tcase_add_loop_test(tc, a_pulse_or_timed_run_is_under_way, 0, _MACHINE_STATE_MAX);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
