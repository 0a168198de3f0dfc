/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SetStatus that does not get through: what is left when a step fails, hangs or is cancelled, or
 * the disk is pulled.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "drive/status.h"
#include "fake-disk.h"

static struct bed bed;

static void begin(unsigned n_units, unsigned n_paths)
{
	fake_new(n_units, n_paths);
	bed_up(&bed, NULL);
	fake_clear_log();
}

static void end(void)
{
	bed_down(&bed);
	fake_free();
}

static enum status status(void)
{
	ck_assert_ptr_nonnull(bed_drive(&bed));
	return bed_drive(&bed)->status;
}

/* ---- what goes wrong --------------------------------------------------------------------- */

struct state {
	bool attached[FAKE_UNITS][FAKE_PATHS], offline[FAKE_UNITS][FAKE_PATHS];
	bool stopped[FAKE_UNITS];
};

static struct state state_now(void)
{
	struct state s = { 0 };

	for (unsigned u = 0; u < fake->n_units; u++) {
		s.stopped[u] = fake->units[u].stopped;
		for (unsigned p = 0; p < fake->n_paths; p++) {
			s.attached[u][p] = fake->units[u].paths[p].attached;
			s.offline[u][p] = s.attached[u][p] && fake->units[u].paths[p].offline;
		}
	}
	return s;
}

static bool out_of_reach(const struct state *s)
{
	return !s->attached[0][0] || s->offline[0][0];
}

/* As before; what was out of reach may have been started (dbus-api.md section 6). */
static void check_back(const struct state *was, unsigned n)
{
	struct state is = state_now();

	if (out_of_reach(was))
		memcpy(is.stopped, was->stopped, sizeof(is.stopped));
	ck_assert_msg(memcmp(&is, was, sizeof(is)) == 0, "event %u: not as before: %s", n,
		      fake_log());
	for (unsigned u = 0; u < fake->n_units; u++)
		ck_assert(!fake->units[u].claimed);
}

static const enum status statuses[] = { STATUS_ONLINE, STATUS_NOT_READY, STATUS_OFFLINE,
					STATUS_FAILED, STATUS_REMOVED };
#define N_PAIRS (5 * 5)

/* Each event of the way from one status to another fails once. */
START_TEST(whatever_fails_is_put_back)
{
	enum status from = statuses[_i / 5], to = statuses[_i % 5];

	for (unsigned n = 0;; n++) {
		struct state was;
		bool hit;
		int r;

		begin(1, 2);
		ck_assert_int_eq(bed_set_status(&bed, from), 0);
		was = state_now();
		fake_clear_log();
		fake_at(n, FAKE_FAIL);
		r = bed_set_status(&bed, to);
		hit = fake_was_hit();
		fake_at(0, FAKE_NOTHING);
		if (r == 0) {
			ck_assert_int_eq(status(), to);
		} else {
			ck_assert(hit);
			check_back(&was, n);
			ck_assert_int_eq(status(), from);
		}
		bed_settle(&bed);
		ck_assert_int_eq(status(), r == 0 ? to : from);
		end();
		if (!hit)
			break;
	}
}
END_TEST

START_TEST(a_flush_that_fails)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	fake_at_name("FLUSH10", FAKE_FAIL);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_OFFLINE, 0, &error);
	ck_assert_int_eq(bed_wait(&bed, operation), -EIO);
	ck_assert_ptr_nonnull(strstr(operation->outcome.text, "flushing the cache"));
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");

	/* FAILED goes on all the same, and says so. */
	fake_at_name("FLUSH10", FAKE_FAIL);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_FAILED, 0, &error);
	ck_assert_int_eq(bed_wait(&bed, operation), 0);
	ck_assert_int_eq(status(), STATUS_FAILED);
	end();
}
END_TEST

START_TEST(what_hangs_ends_in_a_time_out_and_is_not_detached)
{
	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");
	fake_clear_log();
	fake_at_name("STOP", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_uint_eq(fake_count("delete"), 0);
	ck_assert_uint_eq(fake_count("offline"), 0);

	/* Even one that is FAILED, where a flush may fail. */
	ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
	fake_clear_log();
	fake_at_name("FLUSH10", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -ETIMEDOUT);
	ck_assert_uint_eq(fake_count("delete"), 0);
	ck_assert_int_eq(status(), STATUS_FAILED);
	end();
}
END_TEST

START_TEST(failed_of_a_disk_that_hangs)
{
	begin(1, 1);
	fake_at_name("TUR", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), -ETIMEDOUT);
	ck_assert_str_eq(fake_log(), "");
	bed_settle(&bed);
	fake_at_name("TUR", FAKE_TIMEOUT);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0.0:offline 0:release");
	end();
}
END_TEST

static bool nothing_is_claimed(_unused_ void *userdata)
{
	return fake_count(":claim") == fake_count(":release");
}

START_TEST(a_disk_that_is_pulled_in_the_middle)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_NOT_READY, 0, &error);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	fake_unplug();
	ck_assert_int_eq(bed_wait(&bed, operation), -ENODEV);
	ck_assert_ptr_null(bed_drive(&bed));
	ck_assert_ptr_null(operation->target);
	ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
	fake_release();
	bed_until(&bed, nothing_is_claimed, NULL);
	ck_assert_uint_eq(fake_count("STOP"), 0);
	end();
}
END_TEST

static bool time_has_passed(void *userdata)
{
	return clock_monotonic() > *(uint64_t *) userdata;
}

/* Its commands fail before the kernel has taken it out: what is told is that it is gone. */
START_TEST(a_disk_that_is_pulled_and_fails_first)
{
	static const enum status wanted[] = { STATUS_NOT_READY, STATUS_REMOVED };
	struct operation *operation;
	struct outcome error;
	uint64_t until;

	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, wanted[_i], 0, &error);
	ck_assert_ptr_nonnull(operation);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	fake_unplug_unnoticed();
	fake_release();
	until = clock_monotonic() + USEC_PER_SEC / 2;
	bed_until(&bed, time_has_passed, &until);
	ck_assert(!operation->ended);
	fake_unplug();
	ck_assert_int_eq(bed_wait(&bed, operation), -ENODEV);
	ck_assert_ptr_null(bed_drive(&bed));
	end();
}
END_TEST

/* ---- Cancel ------------------------------------------------------------------------------ */

/* Cancelled at each event: before the point of no return all is put back, after it nothing is. */
START_TEST(cancel_at_every_stage)
{
	static const char *const no_return[] = { [STATUS_NOT_READY] = ":STOP",
						 [STATUS_OFFLINE] = ":offline",
						 [STATUS_FAILED] = ":offline",
						 [STATUS_REMOVED] = ":delete" };
	enum status from = statuses[_i / 5], to = statuses[_i % 5];
	struct operation *operation;
	struct outcome error;

	for (unsigned n = 0;; n++) {
		struct state was;
		bool passed;
		int r;

		begin(1, 2);
		ck_assert_int_eq(bed_set_status(&bed, from), 0);
		was = state_now();
		fake_clear_log();
		fake_at(n, FAKE_WAIT);
		operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, to, 0, &error);
		ck_assert_ptr_nonnull(operation);
		while (!fake_was_hit() && !operation->ended)
			(void) sd_event_run(bed.event, 1000);
		if (operation->ended) {
			ck_assert_int_eq(operation->outcome.result, 0);
			end();
			break;
		}
		passed = to != STATUS_ONLINE && fake_count(no_return[to]) > 0;
		r = operation_cancel(operation);
		ck_assert_int_eq(r, passed ? -ENOTRECOVERABLE : 0);
		if (!passed)
			ck_assert_int_eq(operation_cancel(operation), -EALREADY);
		fake_release();
		ck_assert_int_eq(bed_wait(&bed, operation), passed ? 0 : -ECANCELED);
		if (!passed)
			check_back(&was, n);
		ck_assert_int_eq(status(), passed ? to : from);
		ck_assert_int_eq(operation_cancel(operation), -ENOTRECOVERABLE);
		end();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("undo");
	TCase *tcase = tcase_create("undo");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, whatever_fails_is_put_back, 0, N_PAIRS);
	tcase_add_test(tcase, a_flush_that_fails);
	tcase_add_test(tcase, what_hangs_ends_in_a_time_out_and_is_not_detached);
	tcase_add_test(tcase, failed_of_a_disk_that_hangs);
	tcase_add_test(tcase, a_disk_that_is_pulled_in_the_middle);
	tcase_add_loop_test(tcase, a_disk_that_is_pulled_and_fails_first, 0, 2);
	tcase_add_loop_test(tcase, cancel_at_every_stage, 0, N_PAIRS);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
