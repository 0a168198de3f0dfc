/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SpinDown, SpinUp and Ping.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fake.h"

#define DOWN MAINTENANCE_SPIN_DOWN
#define UP MAINTENANCE_SPIN_UP
#define PING MAINTENANCE_PING
#define DRIVE (&world.drives[0].object)
#define SECOND USEC_PER_SEC

static void begin(void)
{
	world_begin(NULL);
	clock_freeze();
}

/* ---- spinning ----------------------------------------------------------------------- */

START_TEST(spin_down_is_answered_when_it_is_down)
{
	struct answer answer;

	begin_verb(&answer, DRIVE, MAINTENANCE_START, DOWN, 0, 7);
	settle();
	ck_assert_uint_eq(answer.n, 0);
	ck_assert_ptr_nonnull(world.spin);
	spin_end(0);
	settle();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_int_eq(answer.outcome.result, OUTCOME_S_OK);
	ck_assert_uint_eq(running(DRIVE, DOWN).operation, DOWN);
	ck_assert_uint_eq(running(DRIVE, DOWN).uid, 7);
	ck_assert_uint_eq(running(&world.units[1].object, DOWN).uid, 7);
	ck_assert_uint_eq(running(&world.drives[1].object, DOWN).operation, 0);
	ck_assert_uint_eq(told(DRIVE), 1);
	ck_assert_uint_eq(told(&world.units[0].object), 1);
}
END_TEST

START_TEST(a_spin_that_is_over_at_once_is_answered_later)
{
	world.spin_ends_at_once = true;
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, DOWN, 0), OUTCOME_S_OK);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, UP, 0), OUTCOME_S_OK);
}
END_TEST

START_TEST(a_spin_that_fails_is_the_calls_error)
{
	struct answer answer;

	begin_verb(&answer, DRIVE, MAINTENANCE_START, DOWN, 0, 7);
	spin_end(-ETXTBSY);
	settle();
	ck_assert_int_eq(answer.outcome.result, -ETXTBSY);
	ck_assert_uint_eq(running(DRIVE, DOWN).operation, 0);
	/* Stopped by another program later: not by that caller. */
	world.spun_down[0] = world.spun_down[1] = true;
	world.listener.changed(world.listener.userdata, DRIVE);
	settle();
	ck_assert_uint_eq(running(DRIVE, DOWN).uid, MAINTENANCE_UID_OTHER);
}
END_TEST

START_TEST(two_at_once_is_busy)
{
	struct answer answer;

	begin_verb(&answer, DRIVE, MAINTENANCE_START, DOWN, 0, 7);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, UP, 0), -EBUSY);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_STOP, DOWN, 0), -EBUSY);
	spin_end(0);
	settle();
	ck_assert_uint_eq(answer.n, 1);
}
END_TEST

START_TEST(stop_spins_up)
{
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_STOP, DOWN, 0), OUTCOME_S_FALSE);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_STOP, UP, 0), OUTCOME_S_FALSE);
	world.spin_ends_at_once = true;
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, DOWN, 0), OUTCOME_S_OK);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_STOP, UP, 0), OUTCOME_S_FALSE);
	ck_assert_uint_eq(running(DRIVE, DOWN).operation, DOWN);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_STOP, DOWN, 0), OUTCOME_S_OK);
	ck_assert(!world.spun_down[0]);
	ck_assert_uint_eq(running(DRIVE, DOWN).operation, 0);
	ck_assert_uint_eq(running(DRIVE, UP).operation, 0);
	ck_assert_uint_eq(told(DRIVE), 2);
}
END_TEST

START_TEST(who_stopped_it_is_forgotten_when_it_spins)
{
	world.spin_ends_at_once = true;
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, DOWN, 0), OUTCOME_S_OK);
	ck_assert_uint_eq(running(DRIVE, DOWN).uid, 1000);
	for (int i = 0; i < 2; i++) {
		world.spun_down[0] = world.spun_down[1] = i == 1;
		world.listener.changed(world.listener.userdata, DRIVE);
		settle();
	}
	ck_assert_uint_eq(running(DRIVE, DOWN).uid, MAINTENANCE_UID_OTHER);
}
END_TEST

START_TEST(async_returns_the_operation)
{
	struct outcome error = { .result = 0 };
	struct operation *operation;

	ck_assert_ptr_null(maintenance_call_async(world.maintenance, DRIVE, 1, 3, &error));
	ck_assert_int_eq(error.result, -EOPNOTSUPP);
	ck_assert_ptr_null(maintenance_call_async(world.maintenance, DRIVE, 6, 3, &error));
	ck_assert_int_eq(error.result, -EINVAL);
	ck_assert_ptr_null(
		maintenance_call_async(world.maintenance, &world.slots[0].object, DOWN, 3, &error));
	ck_assert_int_eq(error.result, -EOPNOTSUPP);
	operation = maintenance_call_async(world.maintenance, DRIVE, DOWN, 3, &error);
	ck_assert_ptr_nonnull(operation);
	ck_assert_uint_eq(operation->uid, 3);
	ck_assert_ptr_null(maintenance_call_async(world.maintenance, DRIVE, UP, 3, &error));
	ck_assert_int_eq(error.result, -EBUSY);
	spin_end(0);
	settle();
	ck_assert_uint_eq(running(DRIVE, DOWN).uid, 3);
}
END_TEST

START_TEST(the_daemon_may_end_during_a_spin)
{
	struct answer answer;

	begin_verb(&answer, DRIVE, MAINTENANCE_START, DOWN, 0, 7);
	settle();
	world_restart();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_int_eq(answer.outcome.result, -ECANCELED);
	spin_end(0);
	settle();
	ck_assert_uint_eq(answer.n, 1);
}
END_TEST

/* ---- ping --------------------------------------------------------------------------------- */

/* Time of pings passes for real: the timer is what brings them. */
START_TEST(pings_now_and_every_second)
{
	struct object *objects[] = { DRIVE, &world.units[3].object, &world.chassis.object,
				     &world.way.object };
	uint64_t began;

	world.frozen_at = 0;
	ck_assert_int_eq(do_verb(objects[_i], MAINTENANCE_START, PING, 0), OUTCOME_S_OK);
	ck_assert_ptr_eq(world.ping.object, objects[_i]);
	ck_assert_uint_eq(world.pings, 1);
	ck_assert_uint_eq(running(objects[_i], PING).operation, PING);
	ck_assert_uint_eq(running(objects[_i], PING).end, 0);
	ck_assert_uint_eq(running(objects[_i], PING).uid, 1000);
	began = world_real_time();
	RUN_UNTIL(world.pings == 3);
	ck_assert_uint_ge(world_real_time() - began, 2 * SECOND - 100000);
	ck_assert_int_eq(do_verb(objects[_i], MAINTENANCE_STOP, PING, 0), OUTCOME_S_OK);
	ck_assert_int_eq(do_verb(objects[_i], MAINTENANCE_STOP, PING, 0), OUTCOME_S_FALSE);
	ck_assert_uint_eq(running(objects[_i], PING).operation, 0);
	ck_assert_uint_eq(told(objects[_i]), 2);
}
END_TEST

START_TEST(an_unanswered_first_ping_is_the_calls_error)
{
	uint64_t time;
	uint32_t hresult;

	maintenance_last_ping(world.maintenance, &world.chassis.object, &time, &hresult);
	ck_assert_uint_eq(time, 0);
	ck_assert_uint_eq(hresult, 0);
	world.ping_outcome.result = -EHOSTDOWN;
	ck_assert_int_eq(do_verb(&world.chassis.object, MAINTENANCE_START, PING, 0), -EHOSTDOWN);
	ck_assert_uint_eq(running(&world.chassis.object, PING).operation, 0);
	maintenance_last_ping(world.maintenance, &world.chassis.object, &time, &hresult);
	ck_assert_uint_eq(time, clock_realtime());
	ck_assert_uint_eq(hresult, 0x80042431);
	maintenance_last_ping(world.maintenance, &world.way.object, &time, &hresult);
	ck_assert_uint_eq(time, 0);
}
END_TEST

START_TEST(a_later_unanswered_ping_ends_nothing)
{
	ck_assert_int_eq(do_verb(&world.way.object, MAINTENANCE_PULSE, PING, 3), OUTCOME_S_OK);
	ck_assert_uint_eq(running(&world.way.object, PING).pulses, 2);
	world.ping_outcome.result = -ETIMEDOUT;
	world.frozen_at = 0;
	RUN_UNTIL(world.pings == 2 && world.ping.done == NULL);
	ck_assert_uint_eq(running(&world.way.object, PING).pulses, 1);
	RUN_UNTIL(world.pings == 3 && world.ping.done == NULL);
	ck_assert_uint_eq(running(&world.way.object, PING).operation, 0);
}
END_TEST

START_TEST(one_pulse_is_one_ping)
{
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_PULSE, PING, 1), OUTCOME_S_OK);
	ck_assert_uint_eq(running(DRIVE, PING).operation, 0);
	ck_assert_uint_eq(told(DRIVE), 0);
}
END_TEST

START_TEST(a_timed_ping_ends)
{
	uint64_t end = clock_realtime() + SECOND;

	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START_FOR, PING, 1), OUTCOME_S_OK);
	ck_assert_uint_eq(running(DRIVE, PING).end, end);
	world.frozen_at = 0;
	RUN_UNTIL(running(DRIVE, PING).operation == 0);
	ck_assert_uint_le(world.pings, 2);
}
END_TEST

START_TEST(an_hour_is_the_longest)
{
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START_FOR, PING, 7200), OUTCOME_S_OK);
	ck_assert_uint_eq(running(DRIVE, PING).end, clock_realtime() + 3600 * SECOND);
	ck_assert_int_eq(do_verb(DRIVE, MAINTENANCE_START, PING, 0), OUTCOME_S_OK);
	world.frozen_at = 0;
	world.advanced = 3601 * SECOND;
	RUN_UNTIL(running(DRIVE, PING).operation == 0);
	ck_assert_uint_le(world.pings, 3);
}
END_TEST

START_TEST(verbs_wait_for_the_ping_before)
{
	struct answer a[3];

	world.ping_held = true;
	begin_verb(&a[0], DRIVE, MAINTENANCE_START, PING, 0, 1);
	begin_verb(&a[1], DRIVE, MAINTENANCE_STOP, PING, 0, 1);
	begin_verb(&a[2], DRIVE, MAINTENANCE_PULSE, PING, 2, 2);
	settle();
	ck_assert_uint_eq(a[0].n + a[1].n + a[2].n, 0);
	ping_answer();
	settle();
	ck_assert_uint_eq(a[0].n, 1);
	ck_assert_uint_eq(a[1].n, 1);
	ck_assert_int_eq(a[1].outcome.result, OUTCOME_S_OK);
	ck_assert_uint_eq(a[2].n, 0);
	ping_answer();
	settle();
	ck_assert_uint_eq(a[2].n, 1);
	ck_assert_uint_eq(running(DRIVE, PING).uid, 2);
	ck_assert_uint_eq(world.pings, 2);
}
END_TEST

START_TEST(what_is_pinged_may_go)
{
	struct answer a[2];

	world.ping_held = true;
	begin_verb(&a[0], &world.way.object, MAINTENANCE_START, PING, 0, 1);
	begin_verb(&a[1], &world.way.object, MAINTENANCE_STOP, PING, 0, 1);
	world_chassis_goes();
	settle();
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(a[i].n, 1);
		ck_assert_int_eq(a[i].outcome.result, -ENODEV);
	}
	ping_answer();
	settle();
	ck_assert_uint_eq(a[0].n, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/disk");
	TCase *tc = tcase_create("disk");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, begin, world_end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, spin_down_is_answered_when_it_is_down);
	tcase_add_test(tc, a_spin_that_is_over_at_once_is_answered_later);
	tcase_add_test(tc, a_spin_that_fails_is_the_calls_error);
	tcase_add_test(tc, two_at_once_is_busy);
	tcase_add_test(tc, stop_spins_up);
	tcase_add_test(tc, who_stopped_it_is_forgotten_when_it_spins);
	tcase_add_test(tc, async_returns_the_operation);
	tcase_add_test(tc, the_daemon_may_end_during_a_spin);
	tcase_add_loop_test(tc, pings_now_and_every_second, 0, 4);
	tcase_add_test(tc, an_unanswered_first_ping_is_the_calls_error);
	tcase_add_test(tc, a_later_unanswered_ping_ends_nothing);
	tcase_add_test(tc, one_pulse_is_one_ping);
	tcase_add_test(tc, a_timed_ping_ends);
	tcase_add_test(tc, an_hour_is_the_longest);
	tcase_add_test(tc, verbs_wait_for_the_ping_before);
	tcase_add_test(tc, what_is_pinged_may_go);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
