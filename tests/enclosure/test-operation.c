/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What IVdsAsync promises (dbus-api.md section 7), without a bus: the order of
 * refusals of Cancel, waiters that come and go, and how long an ended operation stays.
 *
 * The minute it stays is not waited for: sd_event_source_set_time() of this file is
 * called in place of libsystemd's, notes what was asked for and makes the timer due now.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "enclosure/operation.h"

static sd_event *event;
static struct operations *operations;
static unsigned n_added, n_changed, n_removing, n_cancels, n_ended;

static uint64_t timer_set_to;

int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	int (*real)(sd_event_source *, uint64_t);

	*(void **) &real = dlsym(RTLD_NEXT, "sd_event_source_set_time");
	timer_set_to = usec;
	return real(source, 0);
}

static void on_added(_unused_ void *userdata, _unused_ struct operation *operation)
{
	n_added++;
}

static void on_changed(_unused_ void *userdata, _unused_ struct operation *operation)
{
	n_changed++;
}

static void on_removing(_unused_ void *userdata, struct operation *operation)
{
	ck_assert(operation->ended);
	n_removing++;
}

static void setup(void)
{
	static const struct operations_listener listener = {
		.added = on_added,
		.changed = on_changed,
		.removing = on_removing,
	};

	n_added = n_changed = n_removing = n_cancels = n_ended = 0;
	ck_assert_int_eq(sd_event_new(&event), 0);
	ck_assert_int_eq(operations_new(event, &operations), 0);
	operations_listen(operations, &listener);
}

static void teardown(void)
{
	ck_assert_ptr_null(operations_free(operations));
	(void) sd_event_unref(event);
}

static void on_cancel(_unused_ struct operation *operation)
{
	n_cancels++;
}

static void on_ended(_unused_ struct operation_waiter *waiter, struct operation *operation)
{
	ck_assert(operation->ended);
	n_ended++;
}

static struct operation *begin(void)
{
	struct operation *operation = operation_begin(operations, "set-status", NULL, 42);

	ck_assert_ptr_nonnull(operation);
	return operation;
}

static void end(struct operation *operation, int result)
{
	struct outcome outcome;

	outcome_set(&outcome, result, "because");
	operation_end(operation, &outcome);
}

START_TEST(progress_only_goes_up)
{
	struct operation *operation = begin();

	operation_progress(operation, 10);
	operation_progress(operation, 5);
	ck_assert_uint_eq(operation->percent, 10);
	operation_progress(operation, 10);
	ck_assert_uint_eq(n_changed, 1);
	operation_progress(operation, 100);
	ck_assert_uint_eq(operation->percent, 99);
	end(operation, 0);
	ck_assert_uint_eq(operation->percent, 100);
	operation_progress(operation, 50);
	ck_assert_uint_eq(operation->percent, 100);
	ck_assert_uint_eq(n_changed, 3);
}
END_TEST

START_TEST(cancel_is_refused_in_order)
{
	struct operation *operation = begin();

	ck_assert_int_eq(operation_cancel(operation), -EOPNOTSUPP);
	operation->cancel = on_cancel;
	ck_assert_int_eq(operation_cancel(operation), 0);
	ck_assert_int_eq(operation_cancel(operation), -EALREADY);
	ck_assert_uint_eq(n_cancels, 1);
	end(operation, -ECANCELED);
	ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
	ck_assert_uint_eq(n_cancels, 1);
}
END_TEST

START_TEST(cancel_comes_too_late)
{
	struct operation *operation = begin();

	operation->cancel = on_cancel;
	operation_point_of_no_return(operation);
	ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
	ck_assert(!operation->cancel_requested);
	ck_assert_uint_eq(n_cancels, 0);
}
END_TEST

/* Takes the other waiter away: a client that leaves in the middle. */
static struct operation_waiter first, second;

static void on_ended_unwait_other(struct operation_waiter *waiter,
				  _unused_ struct operation *operation)
{
	n_ended++;
	operation_unwait(waiter == &first ? &second : &first);
}

START_TEST(waiters_are_told_once)
{
	struct operation_waiter waiters[3] = { { .ended = on_ended },
					       { .ended = on_ended },
					       { .ended = on_ended } };
	struct operation *operation = begin();

	for (unsigned i = 0; i < 3; i++)
		operation_wait(operation, &waiters[i]);
	operation_unwait(&waiters[1]);
	end(operation, 0);
	ck_assert_uint_eq(n_ended, 2);
	end(operation, -EIO);
	ck_assert_uint_eq(n_ended, 2);
	ck_assert_int_eq(operation->outcome.result, 0);

	operation_wait(operation, &waiters[1]);
	ck_assert_uint_eq(n_ended, 3);
}
END_TEST

START_TEST(a_waiter_may_take_another_away)
{
	struct operation *operation = begin();

	first.ended = second.ended = on_ended_unwait_other;
	operation_wait(operation, &first);
	operation_wait(operation, &second);
	end(operation, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

START_TEST(a_target_is_forgotten)
{
	struct object target = { .kind = OBJECT_DRIVE };
	struct operation *one = operation_begin(operations, "spin-up", &target, 0);
	struct operation *two = begin();

	ck_assert_ptr_eq(one->target, &target);
	operations_forget(operations, &target);
	ck_assert_ptr_null(one->target);
	ck_assert_ptr_eq(operations_find(operations, one->number), one);
	ck_assert_ptr_null(operations_find(operations, two->number + 1));
}
END_TEST

START_TEST(ended_ones_make_room_and_running_ones_do_not)
{
	struct operation *oldest = begin();
	uint32_t number = oldest->number;

	for (unsigned i = 1; i < OPERATIONS_MAX; i++)
		(void) begin();
	ck_assert_ptr_null(operation_begin(operations, "set-status", NULL, 0));
	end(oldest, 0);
	(void) begin();
	ck_assert_ptr_null(operations_find(operations, number));
	ck_assert_uint_eq(n_removing, 1);
	ck_assert_ptr_null(operation_begin(operations, "set-status", NULL, 0));
}
END_TEST

START_TEST(it_stays_a_minute)
{
	struct operation *operation = begin(), *running = begin();
	uint32_t number = operation->number;
	uint64_t now;

	ck_assert_int_ge(sd_event_now(event, CLOCK_MONOTONIC, &now), 0);
	end(operation, 0);
	ck_assert_uint_ge(timer_set_to, now + OPERATION_KEEP_SECONDS * 1000000ULL);
	ck_assert_uint_le(timer_set_to, now + (OPERATION_KEEP_SECONDS + 5) * 1000000ULL);
	ck_assert_ptr_eq(operations_find(operations, number), operation);
	ck_assert_uint_eq(n_removing, 0);

	ck_assert_int_gt(sd_event_run(event, UINT64_MAX), 0);
	ck_assert_ptr_null(operations_find(operations, number));
	ck_assert_uint_eq(n_removing, 1);
	ck_assert_ptr_eq(operations_find(operations, running->number), running);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("operation");
	TCase *tcase = tcase_create("operation");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, progress_only_goes_up);
	tcase_add_test(tcase, cancel_is_refused_in_order);
	tcase_add_test(tcase, cancel_comes_too_late);
	tcase_add_test(tcase, waiters_are_told_once);
	tcase_add_test(tcase, a_waiter_may_take_another_away);
	tcase_add_test(tcase, a_target_is_forgotten);
	tcase_add_test(tcase, ended_ones_make_room_and_running_ones_do_not);
	tcase_add_test(tcase, it_stays_a_minute);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
