/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lamps as a client sees them, on an enclosure whose page and clock the test owns.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fake.h"

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

/* ---- start and stop ------------------------------------------------------------- */

START_TEST(start_lights_one_bay_and_nothing_else)
{
	struct maintenance_run run;

	ck_assert_int_eq(START(SLOT(1)), OUTCOME_S_OK);
	ck_assert_uint_eq(world.n_log, 1);
	ck_assert_ptr_eq(world.log[0].component, &world.slots[1]);
	ck_assert_uint_eq(world.log[0].set, IDENT);
	ck_assert_uint_eq(world.log[0].clear, 0);
	run = running(SLOT(1), BLINK);
	ck_assert_uint_eq(run.operation, BLINK);
	ck_assert_uint_eq(run.pulses, 0);
	ck_assert_uint_eq(run.end, 0);
	ck_assert_uint_eq(run.uid, 1000);
	ck_assert_uint_eq(world.slots[1].asked, IDENT);
	ck_assert(!runs(SLOT(0)));
	ck_assert_uint_eq(told(SLOT(1)), 1);
	ck_assert_uint_eq(told(SLOT(0)), 0);
}
END_TEST

START_TEST(start_of_what_runs_is_fine)
{
	struct answer answer;

	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	begin_verb(&answer, SLOT(0), MAINTENANCE_START, BLINK, 0, 42);
	settle();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_int_eq(answer.outcome.result, OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 42);
}
END_TEST

START_TEST(stop_says_whether_it_ran)
{
	ck_assert_int_eq(STOP(SLOT(0)), OUTCOME_S_FALSE);
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	ck_assert_int_eq(STOP(SLOT(0)), OUTCOME_S_OK);
	ck_assert(!lit(0));
	ck_assert_uint_eq(world.slots[0].asked, 0);
	ck_assert_int_eq(STOP(SLOT(0)), OUTCOME_S_FALSE);
}
END_TEST

START_TEST(stop_ends_what_another_program_lit)
{
	poll_finds(&world.slots[2], IDENT | FAULT);
	ck_assert_uint_eq(running(SLOT(2), BLINK).uid, MAINTENANCE_UID_OTHER);
	ck_assert_uint_eq(told(SLOT(2)), 1);
	ck_assert_int_eq(STOP(SLOT(2)), OUTCOME_S_OK);
	ck_assert_uint_eq(world.slots[2].indicators, FAULT);
}
END_TEST

START_TEST(an_error_is_the_calls_answer)
{
	world.fails = &world.slots[0];
	world.failure = -EHOSTDOWN;
	world.n_fails = 1;
	ck_assert_int_eq(START(SLOT(0)), -EHOSTDOWN);
	ck_assert(!runs(SLOT(0)));
	ck_assert_uint_eq(world.slots[0].asked, 0);
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
}
END_TEST

/* ---- pulses ----------------------------------------------------------------------- */

START_TEST(pulses_by_the_timer)
{
	unsigned n = 3;

	world.frozen_at = 0;
	ck_assert_int_eq(PULSE(SLOT(0), n), OUTCOME_S_OK);
	ck_assert(lit(0)); /* answered when the first is on */
	RUN_UNTIL(!runs(SLOT(0)));
	settle();
	ck_assert(!lit(0));
	ck_assert_uint_eq(world.n_log, 2 * n);
	for (unsigned i = 0; i < 2 * n; i++) {
		ck_assert_uint_eq(world.log[i].set, i % 2 == 0 ? IDENT : 0);
		ck_assert_uint_eq(world.log[i].clear, i % 2 == 0 ? 0 : IDENT);
		if (i > 0)
			ck_assert_uint_ge(world.log[i].at - world.log[i - 1].at,
					  world.settings.pulse_half_period_ms * 1000 / 2);
	}
	ck_assert_uint_eq(told(SLOT(0)), 2); /* start and end */
}
END_TEST

START_TEST(pulses_left_count_the_present_one)
{
	ck_assert_int_eq(PULSE(SLOT(0), 3), OUTCOME_S_OK);
	for (uint32_t left = 3; left > 0; left--) {
		ck_assert(lit(0));
		ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, left);
		half();
		ck_assert(!lit(0));
		if (left > 1) {
			ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, left - 1);
			half();
		}
	}
	ck_assert(!runs(SLOT(0)));
	half();
	ck_assert(!lit(0));
	ck_assert_uint_eq(world.slots[0].asked, 0);
}
END_TEST

START_TEST(pulse_ends_a_continuous_run)
{
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	ck_assert_int_eq(PULSE(SLOT(0), 1), OUTCOME_S_OK);
	ck_assert(lit(0));
	half();
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(start_turns_pulses_into_a_run)
{
	/* From the lit and from the dark half. */
	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	for (int i = 0; i < _i; i++)
		half();
	ck_assert_int_eq(lit(0), _i == 0);
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	for (int i = 0; i < 12; i++) {
		ck_assert(lit(0));
		ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, 0);
		half();
	}
}
END_TEST

START_TEST(stop_in_the_dark_half_is_a_stop)
{
	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	half();
	ck_assert(!lit(0));
	ck_assert_int_eq(STOP(SLOT(0)), OUTCOME_S_OK);
	for (int i = 0; i < 4; i++) {
		half();
		ck_assert(!lit(0));
	}
	ck_assert_int_eq(STOP(SLOT(0)), OUTCOME_S_FALSE);
}
END_TEST

START_TEST(pulse_over_pulse_counts_anew)
{
	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	half();
	ck_assert_int_eq(PULSE(SLOT(0), 2), OUTCOME_S_OK);
	ck_assert(lit(0));
	ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, 2);
	ck_assert_uint_eq(told(SLOT(0)), 2); /* that is another run */
	for (int i = 0; i < 3; i++)
		half();
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(bays_that_pulse_together_share_pages)
{
	unsigned n = 4, first;

	world.frozen_at = 0;
	world.settings.pulse_half_period_ms = 100;
	for (unsigned i = 0; i < SLOTS; i++)
		ck_assert_int_eq(PULSE(SLOT(i), n), OUTCOME_S_OK);
	first = world.pages;
	RUN_UNTIL(!runs(SLOT(0)) && !runs(SLOT(1)) && !runs(SLOT(2)) && !runs(SLOT(3)));
	ck_assert_uint_eq(world.n_log, SLOTS * 2 * n);
	/* One group, or two if they began on both sides of a beat: never a page for each. */
	ck_assert_uint_le(world.pages - first, 2 * (2 * n - 1));
}
END_TEST

/* ---- timed runs ---------------------------------------------------------------------- */

START_TEST(a_timed_run_ends_by_itself)
{
	uint64_t end = clock_realtime() + 5 * USEC_PER_SEC;

	ck_assert_int_eq(START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).end, end);
	ck_assert_uint_eq(running(SLOT(0), BLINK).pulses, 0);
	clock_advance(4 * USEC_PER_SEC);
	ck_assert(lit(0));
	clock_advance(USEC_PER_SEC);
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
	ck_assert_uint_eq(told(SLOT(0)), 2);
}
END_TEST

START_TEST(a_timed_run_ends_by_the_timer)
{
	world.frozen_at = 0;
	ck_assert_int_eq(START_FOR(SLOT(0), 1), OUTCOME_S_OK);
	RUN_UNTIL(!lit(0));
	ck_assert_uint_ge(world.log[1].at - world.log[0].at, USEC_PER_SEC - 100000);
}
END_TEST

/* Somebody sets the clock: the end is a time of day. */
START_TEST(a_timed_run_follows_the_clock_of_people)
{
	ck_assert_int_eq(START_FOR(SLOT(0), 3600), OUTCOME_S_OK);
	world.frozen_realtime += 3600 * USEC_PER_SEC;
	clock_advance(60 * USEC_PER_SEC);
	ck_assert(!lit(0));
}
END_TEST

START_TEST(start_and_pulse_replace_a_timed_run)
{
	ck_assert_int_eq(START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	ck_assert_int_eq(START(SLOT(0)), OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).end, 0);
	clock_advance(10 * USEC_PER_SEC);
	ck_assert(lit(0));
	ck_assert_int_eq(START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	ck_assert_int_eq(PULSE(SLOT(0), 1), OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).end, 0);
	half();
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(a_timed_run_may_be_longer_or_shorter_than_before)
{
	ck_assert_int_eq(START_FOR(SLOT(0), 5), OUTCOME_S_OK);
	ck_assert_int_eq(START_FOR(SLOT(0), 20), OUTCOME_S_OK);
	clock_advance(6 * USEC_PER_SEC);
	ck_assert(lit(0));
	ck_assert_int_eq(START_FOR(SLOT(0), 2), OUTCOME_S_OK);
	clock_advance(2 * USEC_PER_SEC);
	ck_assert(!lit(0));
}
END_TEST

/* ---- order --------------------------------------------------------------------------- */

START_TEST(verbs_on_one_bay_are_done_in_order_whoever_sends_them)
{
	static const uint32_t set[] = { IDENT, 0, IDENT, FAULT, IDENT, 0 };
	struct answer a[6] = { { .n = 0 } };

	world.held = true;
	begin_verb(&a[0], SLOT(0), MAINTENANCE_START, BLINK, 0, 1);
	begin_verb(&a[1], &world.drives[0].object, MAINTENANCE_STOP, BLINK, 0, 2);
	begin_verb(&a[2], &world.units[1].object, MAINTENANCE_PULSE, BLINK, 3, 3);
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_FAULT, true, 1,
				  answered, &a[3]);
	begin_verb(&a[4], SLOT(0), MAINTENANCE_START_FOR, BLINK, 9, 4);
	begin_verb(&a[5], &world.units[0].object, MAINTENANCE_STOP, BLINK, 0, 5);
	settle();
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(a[i].n, 0);
	release();
	ck_assert_uint_eq(world.n_log, 6);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_uint_eq(world.log[i].set, set[i]);
		ck_assert_uint_eq(a[i].n, 1);
		ck_assert_int_eq(a[i].outcome.result, OUTCOME_S_OK);
	}
	ck_assert_uint_eq(world.slots[0].indicators, FAULT);
	half();
	ck_assert_uint_eq(world.n_log, 6); /* none of the runs is left */
}
END_TEST

START_TEST(a_waiting_verb_stops_the_pulses)
{
	struct answer answer;

	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	world.held = true;
	begin_verb(&answer, SLOT(0), MAINTENANCE_START, BLINK, 0, 1);
	for (int i = 0; i < 6; i++)
		half();
	release();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_uint_eq(world.n_log, 2);
	ck_assert_uint_eq(world.log[1].set, IDENT);
	ck_assert(lit(0));
}
END_TEST

/* Stop comes while the pulse's own switching is out: the stop is last. */
START_TEST(a_verb_behind_a_switching_is_the_last_word)
{
	struct answer answer;

	ck_assert_int_eq(PULSE(SLOT(0), 5), OUTCOME_S_OK);
	half();
	world.held = true;
	half(); /* on, not carried out yet */
	begin_verb(&answer, SLOT(0), MAINTENANCE_STOP, BLINK, 0, 1);
	release();
	ck_assert_int_eq(answer.outcome.result, OUTCOME_S_OK);
	ck_assert(!lit(0));
	half();
	half();
	ck_assert(!lit(0));
	ck_assert(!runs(SLOT(0)));
}
END_TEST

START_TEST(other_bays_go_on_meanwhile)
{
	struct answer a[SLOTS];

	world.held = true;
	for (unsigned i = 0; i < SLOTS; i++)
		begin_verb(&a[i], SLOT(i), MAINTENANCE_START, BLINK, 0, 1);
	release();
	ck_assert_uint_eq(world.pages, 1);
	for (unsigned i = 0; i < SLOTS; i++)
		ck_assert(lit(i));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/lamp");
	TCase *tc = tcase_create("lamp");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, begin, world_end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, start_lights_one_bay_and_nothing_else);
	tcase_add_test(tc, start_of_what_runs_is_fine);
	tcase_add_test(tc, stop_says_whether_it_ran);
	tcase_add_test(tc, stop_ends_what_another_program_lit);
	tcase_add_test(tc, an_error_is_the_calls_answer);
	tcase_add_test(tc, pulses_by_the_timer);
	tcase_add_test(tc, pulses_left_count_the_present_one);
	tcase_add_test(tc, pulse_ends_a_continuous_run);
	tcase_add_loop_test(tc, start_turns_pulses_into_a_run, 0, 2);
	tcase_add_test(tc, stop_in_the_dark_half_is_a_stop);
	tcase_add_test(tc, pulse_over_pulse_counts_anew);
	tcase_add_test(tc, bays_that_pulse_together_share_pages);
	tcase_add_test(tc, a_timed_run_ends_by_itself);
	tcase_add_test(tc, a_timed_run_ends_by_the_timer);
	tcase_add_test(tc, a_timed_run_follows_the_clock_of_people);
	tcase_add_test(tc, start_and_pulse_replace_a_timed_run);
	tcase_add_test(tc, a_timed_run_may_be_longer_or_shorter_than_before);
	tcase_add_test(tc, verbs_on_one_bay_are_done_in_order_whoever_sends_them);
	tcase_add_test(tc, a_waiting_verb_stops_the_pulses);
	tcase_add_test(tc, a_verb_behind_a_switching_is_the_last_word);
	tcase_add_test(tc, other_bays_go_on_meanwhile);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
