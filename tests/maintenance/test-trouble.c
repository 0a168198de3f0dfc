/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lamps when something fails in the middle, when others switch them, when hardware
 * goes and when the daemon ends.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fake.h"
#include "maintenance/machine.h"

#define BLINK MAINTENANCE_BLINK_LIGHT
#define SLOT(n) (&world.slots[n].object)
#define START(o) do_verb((o), MAINTENANCE_START, BLINK, 0)
#define STOP(o) do_verb((o), MAINTENANCE_STOP, BLINK, 0)
#define PULSE(o, n) do_verb((o), MAINTENANCE_PULSE, BLINK, (n))
#define START_FOR(o, s) do_verb((o), MAINTENANCE_START_FOR, BLINK, (s))

static bool lit(unsigned slot)
{
	return (world.slots[slot].indicators & IDENT) != 0;
}

static bool runs(struct object *object)
{
	return running(object, BLINK).operation != 0;
}

static void begin(void)
{
	world_begin(NULL);
	clock_freeze();
}

/* ---- failures -------------------------------------------------------------------------- */

static void let_fail(unsigned slot, int result, unsigned times, bool lights_anyway)
{
	world.fails = &world.slots[slot];
	world.failure = result;
	world.n_fails = times;
	world.lights_anyway = lights_anyway;
}

START_TEST(the_former_run_goes_on_when_a_verb_fails)
{
	ck_assert_int_eq(PULSE(SLOT(0), 3), OUTCOME_S_OK);
	for (int i = 0; i < _i; i++)
		half();
	let_fail(0, -EBUSY, 1, false);
	ck_assert_int_eq(START(SLOT(0)), -EBUSY);
	ck_assert_uint_ne(running(SLOT(0), BLINK).pulses, 0);
	for (int i = 0; i < 8; i++)
		half();
	ck_assert(!runs(SLOT(0)));
	ck_assert(!lit(0));
	ck_assert_uint_eq(world.n_log, 6 + 1);
}
END_TEST

START_TEST(a_stop_that_fails_leaves_the_run)
{
	ck_assert_int_eq(START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	let_fail(0, -EIO, 1, false);
	ck_assert_int_eq(STOP(SLOT(0)), -EIO);
	ck_assert_uint_ne(running(SLOT(0), BLINK).end, 0);
	clock_advance(5 * USEC_PER_SEC);
	ck_assert(!lit(0));
}
END_TEST

START_TEST(a_switch_off_that_fails_is_tried_again)
{
	ck_assert_int_eq(PULSE(SLOT(0), 1), OUTCOME_S_OK);
	let_fail(0, -EHOSTDOWN, 4, false);
	half();
	ck_assert(lit(0));
	ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, 0); /* lit, but no longer a pulse */
	for (int i = 0; i < 4; i++) {
		ck_assert(lit(0));
		clock_advance(world.settings.poll_seconds * USEC_PER_SEC);
	}
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(a_timed_run_that_cannot_end_is_tried_again)
{
	ck_assert_int_eq(START_FOR(SLOT(0), 2), OUTCOME_S_OK);
	let_fail(0, -EHOSTDOWN, 2, false);
	clock_advance(2 * USEC_PER_SEC);
	ck_assert(lit(0));
	clock_advance(USEC_PER_SEC);
	clock_advance(USEC_PER_SEC);
	ck_assert(!lit(0));
}
END_TEST

START_TEST(tries_are_bounded)
{
	ck_assert_int_eq(PULSE(SLOT(0), 1), OUTCOME_S_OK);
	let_fail(0, -EOPNOTSUPP, UINT32_MAX, false);
	for (int i = 0; i < 200; i++)
		clock_advance(world.settings.poll_seconds * USEC_PER_SEC);
	ck_assert_uint_eq(world.n_log, 2 + MACHINE_TRIES_MAX);
}
END_TEST

START_TEST(pulses_that_fail_in_the_middle_end_dark)
{
	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	half();
	let_fail(0, -ETIMEDOUT, 1, true); /* lights, and nobody can say so */
	half();
	ck_assert(lit(0));
	let_fail(0, 0, 0, false);
	half();
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
	for (int i = 0; i < 6; i++) {
		half();
		ck_assert(!lit(0));
	}
}
END_TEST

START_TEST(a_pulse_that_failed_but_lit_is_put_out)
{
	let_fail(0, -ETIMEDOUT, 1, true);
	ck_assert_int_eq(PULSE(SLOT(0), 2), -ETIMEDOUT);
	ck_assert(lit(0));
	half();
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(a_pulse_that_failed_leaves_another_programs_lamp)
{
	page_changes(&world.slots[0], IDENT);
	let_fail(0, -ETIMEDOUT, 1, false);
	ck_assert_int_eq(PULSE(SLOT(0), 2), -ETIMEDOUT);
	for (int i = 0; i < 4; i++)
		half();
	ck_assert(lit(0));
}
END_TEST

START_TEST(what_was_refused_is_not_touched_again)
{
	let_fail(0, -EOPNOTSUPP, 1, false);
	ck_assert_int_eq(PULSE(SLOT(0), 2), -EOPNOTSUPP);
	for (int i = 0; i < 4; i++)
		half();
	ck_assert_uint_eq(world.n_log, 1);
}
END_TEST

/* ---- the page is the truth ------------------------------------------------------------------ */

START_TEST(a_bit_that_vanishes_was_stopped_by_somebody)
{
	ck_assert_int_eq(_i == 0 ? START(SLOT(0)) : START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	poll_finds(&world.slots[0], 0);
	ck_assert(!runs(SLOT(0)));
	ck_assert_uint_eq(world.slots[0].asked, 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert(!lit(0));
	/* Lit again by another program: not ours, and no end of ours comes. */
	page_changes(&world.slots[0], IDENT);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, MAINTENANCE_UID_OTHER);
	clock_advance(10 * USEC_PER_SEC);
	ck_assert(lit(0));
}
END_TEST

START_TEST(what_a_reset_took_is_asked_again)
{
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	ck_assert_int_eq(START_FOR(SLOT(1), 9), OUTCOME_S_OK);
	ck_assert_int_eq(set_indicator(&world.slots[2], INDICATOR_FAULT, true), OUTCOME_S_OK);
	page_changes(&world.slots[3], IDENT); /* not ours */
	settle();
	/* The page is told of first, or the reset is. */
	if (_i == 1)
		world.listener.reset(world.listener.userdata, &world.chassis);
	for (unsigned i = 0; i < SLOTS; i++)
		page_changes(&world.slots[i], 0);
	if (_i == 0)
		world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert(lit(0));
	ck_assert(lit(1));
	ck_assert_uint_eq(world.slots[2].indicators, FAULT);
	ck_assert_uint_eq(world.slots[3].indicators, 0);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
	clock_advance(9 * USEC_PER_SEC);
	ck_assert(!lit(1));
	ck_assert(lit(0));
}
END_TEST

START_TEST(asking_again_does_not_overtake_a_stop)
{
	struct answer answer;

	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	world.held = true;
	begin_verb(&answer, SLOT(0), MAINTENANCE_STOP, BLINK, 0, 1);
	page_changes(&world.slots[0], 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	release();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

/* The verb that waits is about another indicator: the run is not taken for stopped meanwhile. */
START_TEST(what_a_reset_took_waits_for_the_verbs_before)
{
	struct answer answer = { .n = 0 };

	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	world.held = true;
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_FAULT, true, 1,
				  answered, &answer);
	page_changes(&world.slots[0], 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	release();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_uint_eq(world.slots[0].indicators, IDENT | FAULT);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
}
END_TEST

START_TEST(what_somebody_took_back_is_not_asked_again)
{
	ck_assert_int_eq(set_indicator(&world.slots[2], INDICATOR_FAULT, true), OUTCOME_S_OK);
	poll_finds(&world.slots[2], 0);
	ck_assert_uint_eq(world.slots[2].asked, 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert_uint_eq(world.slots[2].indicators, 0);
}
END_TEST

/* ---- the end ----------------------------------------------------------------------------------
 */

START_TEST(waiting_calls_are_answered_when_the_bay_goes)
{
	struct answer a[3];

	world.held = true;
	begin_verb(&a[0], SLOT(0), MAINTENANCE_START, BLINK, 0, 1);
	begin_verb(&a[1], SLOT(0), MAINTENANCE_PULSE, BLINK, 2, 1);
	begin_verb(&a[2], &world.chassis.object, MAINTENANCE_STOP, BLINK, 0, 1);
	world_chassis_goes();
	settle();
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(a[i].n, 1);
		ck_assert_int_eq(a[i].outcome.result, -ENODEV);
	}
	ck_assert_ptr_null(world.slots[0].lamp);
}
END_TEST

START_TEST(waiting_calls_are_answered_when_the_daemon_ends)
{
	struct answer a[2];

	world.held = true;
	begin_verb(&a[0], SLOT(0), MAINTENANCE_START, BLINK, 0, 1);
	world.users_held = true;
	a[1].n = 0;
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_DEVICE_OFF, true, 1,
				  answered, &a[1]);
	world_restart();
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(a[i].n, 1);
		ck_assert_int_eq(a[i].outcome.result, -ECANCELED);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/trouble");
	TCase *tc = tcase_create("trouble");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, begin, world_end);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, the_former_run_goes_on_when_a_verb_fails, 0, 2);
	tcase_add_test(tc, a_stop_that_fails_leaves_the_run);
	tcase_add_test(tc, a_switch_off_that_fails_is_tried_again);
	tcase_add_test(tc, a_timed_run_that_cannot_end_is_tried_again);
	tcase_add_test(tc, tries_are_bounded);
	tcase_add_test(tc, pulses_that_fail_in_the_middle_end_dark);
	tcase_add_test(tc, a_pulse_that_failed_but_lit_is_put_out);
	tcase_add_test(tc, a_pulse_that_failed_leaves_another_programs_lamp);
	tcase_add_test(tc, what_was_refused_is_not_touched_again);
	tcase_add_loop_test(tc, a_bit_that_vanishes_was_stopped_by_somebody, 0, 2);
	tcase_add_loop_test(tc, what_a_reset_took_is_asked_again, 0, 2);
	tcase_add_test(tc, asking_again_does_not_overtake_a_stop);
	tcase_add_test(tc, what_a_reset_took_waits_for_the_verbs_before);
	tcase_add_test(tc, what_somebody_took_back_is_not_asked_again);
	tcase_add_test(tc, waiting_calls_are_answered_when_the_bay_goes);
	tcase_add_test(tc, waiting_calls_are_answered_when_the_daemon_ends);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
