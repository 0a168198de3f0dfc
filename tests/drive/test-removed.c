/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must outlive something: marks over a restart, a detached drive until it is pulled or
 * attached, and the truth over a death of the daemon at any moment.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "drive/marks.h"
#include "fake-disk.h"

static struct bed bed;
static char directory[] = "/tmp/vdsd-test-XXXXXX";

static void setup(void)
{
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
	char path[sizeof(directory) + 16];

	(void) snprintf(path, sizeof(path), "%s/state.json", directory);
	(void) unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void restart(void)
{
	bed_down(&bed);
	bed_up(&bed, directory);
}

static enum status status(void)
{
	ck_assert_ptr_nonnull(bed_drive(&bed));
	return bed_drive(&bed)->status;
}

static bool drive_is_gone(_unused_ void *userdata)
{
	return bed_drive(&bed) == NULL;
}

static bool drive_is_online(_unused_ void *userdata)
{
	return bed_drive(&bed) != NULL && bed_drive(&bed)->status == STATUS_ONLINE;
}

/* ---- a drive that was detached --------------------------------------------------------- */

START_TEST(removed_survives_a_restart)
{
	fake_new(2, 2);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_ptr_null(bed_unit(&bed, 0));
	restart();
	ck_assert_int_eq(status(), STATUS_REMOVED);
	ck_assert_str_eq(bed_drive(&bed)->serial, "FAKE01");
	ck_assert_str_eq(bed_drive(&bed)->vendor, "FAKE");
	ck_assert_str_eq(bed_drive(&bed)->product, "DISK");
	ck_assert_str_eq(bed_drive(&bed)->wwn, "5000c50000000003");
	ck_assert_uint_eq(bed_drive(&bed)->size, 2ULL << 40);
	ck_assert_uint_eq(bed_drive(&bed)->n_addresses, 1);
	ck_assert_uint_eq(bed_drive(&bed)->addresses[0], 0x5000c50000000001ULL);

	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_uint_eq(bed_unit(&bed, 1)->n_paths, 2);
	restart();
	ck_assert_int_eq(status(), STATUS_ONLINE);
	bed_down(&bed);
	fake_free();
}
END_TEST

START_TEST(removed_then_pulled_then_inserted)
{
	fake_new(1, 2);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_uint_eq(bed.n_removed, 0);
	fake_unplug();
	bed_until(&bed, drive_is_gone, NULL);
	ck_assert_uint_eq(bed.n_removed, 1);
	restart();
	ck_assert_ptr_null(bed_drive(&bed));
	fake_plug();
	bed_until(&bed, drive_is_online, NULL);
	ck_assert(!bed_drive(&bed)->detached);
	bed_down(&bed);
	fake_free();
}
END_TEST

static bool unit_is_there(_unused_ void *userdata)
{
	return bed_unit(&bed, 0) != NULL;
}

static bool time_has_passed(void *userdata)
{
	return clock_monotonic() > *(uint64_t *) userdata;
}

/* A STOP before udev has read the new block node would be undone by that reading. */
START_TEST(stopped_when_udev_has_looked_at_it)
{
	static const enum status statuses[] = { STATUS_NOT_READY, STATUS_OFFLINE, STATUS_FAILED };
	struct operation *operation;
	struct outcome error;
	uint64_t until;

	fake_new(1, 2);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	fake->probed = fake->queued = true;
	operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, statuses[_i], 0, &error);
	ck_assert_ptr_nonnull(operation);
	bed_until(&bed, unit_is_there, NULL);
	fake_clear_log();
	for (unsigned queued = 2; queued-- > 0;) {
		until = clock_monotonic() + USEC_PER_SEC / 2;
		bed_until(&bed, time_has_passed, &until);
		ck_assert(!operation->ended);
		ck_assert_uint_eq(fake_count("STOP") + fake_count("offline"), 0);
		fake_probed(queued);
	}
	ck_assert_int_eq(bed_wait(&bed, operation), 0);
	ck_assert_int_eq(status(), statuses[_i]);
	bed_down(&bed);
	fake_free();
}
END_TEST

START_TEST(attached_by_somebody_else)
{
	for (unsigned while_down = 0; while_down < 2; while_down++) {
		fake_new(1, 1);
		bed_up(&bed, directory);
		ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
		if (while_down)
			bed_down(&bed);
		fake_plug();
		if (while_down)
			bed_up(&bed, directory);
		bed_until(&bed, drive_is_online, NULL);
		ck_assert(!bed_drive(&bed)->detached);
		restart();
		ck_assert_int_eq(status(), STATUS_ONLINE);
		bed_down(&bed);
		fake_free();
	}
}
END_TEST

START_TEST(nothing_comes_back)
{
	fake_new(1, 1);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	/* Its place is still there, but nothing answers at the address. */
	fake_at_name("scan", FAKE_FAIL);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), -ENODEV);
	ck_assert_int_eq(status(), STATUS_REMOVED);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	bed_down(&bed);
	fake_free();
}
END_TEST

/* ---- marks ------------------------------------------------------------------------------- */

START_TEST(failed_survives_a_restart_and_a_move)
{
	fake_new(2, 1);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_FAILED), 0);
	restart();
	ck_assert_int_eq(status(), STATUS_FAILED);
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_ONLINE);
	ck_assert_int_eq(bed_unit(&bed, 1)->status, STATUS_FAILED);

	/* In another bay the kernel has it running again; it is FAILED all the same. */
	fake_unplug();
	bed_until(&bed, drive_is_gone, NULL);
	fake_plug();
	restart();
	ck_assert_int_eq(status(), STATUS_FAILED);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	restart();
	ck_assert_int_eq(status(), STATUS_ONLINE);
	bed_down(&bed);
	fake_free();
}
END_TEST

START_TEST(failed_stays_with_a_drive_that_is_removed)
{
	fake_new(1, 1);
	bed_up(&bed, directory);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_int_eq(status(), STATUS_REMOVED);
	fake_plug(); /* pulled, and put in again */
	restart();
	ck_assert_int_eq(status(), STATUS_FAILED);
	bed_down(&bed);
	fake_free();
}
END_TEST

static void on_flags(void *userdata, const struct outcome *outcome)
{
	*(int *) userdata = outcome->result;
}

static bool is_answered(void *userdata)
{
	return *(int *) userdata != INT32_MAX;
}

static int set_flags(uint32_t flags, bool set)
{
	int result = INT32_MAX;

	drive_set_flags(bed.drives, bed_drive(&bed), flags, set, 0, on_flags, &result);
	bed_until(&bed, is_answered, &result);
	return result;
}

START_TEST(hot_spares)
{
	fake_new(1, 1);
	bed_up(&bed, directory);
	ck_assert_int_eq(set_flags(2, true), -EINVAL);
	ck_assert_int_eq(set_flags(0, true), -EINVAL);
	ck_assert_int_eq(set_flags(3, false), -EINVAL);
	ck_assert_int_eq(set_flags(DRIVE_FLAG_HOTSPARE, true), 0);
	ck_assert_uint_eq(bed_drive(&bed)->flags, DRIVE_FLAG_HOTSPARE);
	restart();
	ck_assert_uint_eq(bed_drive(&bed)->flags, DRIVE_FLAG_HOTSPARE);
	ck_assert_int_eq(set_flags(DRIVE_FLAG_HOTSPARE, false), 0);
	ck_assert_uint_eq(bed_drive(&bed)->flags, 0);
	restart();
	ck_assert_uint_eq(bed_drive(&bed)->flags, 0);
	bed_down(&bed);
	fake_free();
}
END_TEST

/* ---- killed ------------------------------------------------------------------------------ */

static const enum status statuses[] = { STATUS_ONLINE, STATUS_NOT_READY, STATUS_OFFLINE,
					STATUS_FAILED, STATUS_REMOVED };

/*
 * Both in processes of their own, so that neither is forked off a process with threads.
 * false: it came through.
 */
static int in_child(void (*run)(enum status from, enum status to, unsigned n, bool after),
		    enum status from, enum status to, unsigned n, bool after)
{
	int exit_status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		run(from, to, n, after);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &exit_status, 0), pid);
	ck_assert(WIFEXITED(exit_status));
	return WEXITSTATUS(exit_status);
}

/* Dies in the fake, with 0, at event n. */
static void die(enum status from, enum status to, unsigned n, bool after)
{
	bed_up(&bed, directory);
	if (bed_set_status(&bed, from) != 0)
		_exit(2);
	fake_at(n, after ? FAKE_DIE_AFTER : FAKE_DIE);
	if (bed_set_status(&bed, to) != 0)
		_exit(2);
}

static unsigned count_attached(unsigned *ret_running)
{
	unsigned n = 0;

	*ret_running = 0;
	for (unsigned p = 0; p < fake->n_paths; p++) {
		const struct fake_path *path = &fake->units[0].paths[p];

		n += path->attached;
		*ret_running += path->attached && !path->offline;
	}
	return n;
}

/* What the next start shows is what kernel and drive are, with FAILED if it was to be that. */
static void check_truth(enum status from, enum status to)
{
	unsigned running, attached = count_attached(&running);
	enum status truth = attached == 0	     ? STATUS_REMOVED
			    : running == 0	     ? STATUS_OFFLINE
			    : fake->units[0].stopped ? STATUS_NOT_READY
						     : STATUS_ONLINE;
	bool marked = from == STATUS_FAILED || to == STATUS_FAILED;

	ck_assert_msg(status() == truth || (marked && attached > 0 && status() == STATUS_FAILED),
		      "%d to %d: %u attached, %u running, %s: shown as %d", from, to, attached,
		      running, fake->units[0].stopped ? "stopped" : "started", status());
	if (attached > 0)
		ck_assert_uint_eq(bed_unit(&bed, 0)->n_paths, attached);
}

static void look(enum status from, enum status to, _unused_ unsigned n, _unused_ bool after)
{
	unsigned running;

	bed_up(&bed, directory);
	check_truth(from, to);
	/* And from there all of it comes back. */
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_uint_eq(count_attached(&running), 2);
	ck_assert_uint_eq(running, 2);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	ck_assert_uint_eq(bed_unit(&bed, 0)->n_paths, 2);
	bed_down(&bed);
	_exit(0);
}

START_TEST(killed_at_every_stage)
{
	enum status from = statuses[_i / 5], to = statuses[_i % 5];
	bool died = true;

	for (unsigned n = 0; died; n++)
		for (unsigned after = 0; after < 2; after++) {
			int ended;

			fake_new(1, 2);
			ended = in_child(die, from, to, n, after);
			ck_assert(ended == 0 || ended == 1);
			died = died && ended == 0;
			/* the kernel closes what a process had open */
			for (unsigned u = 0; u < fake->n_units; u++)
				fake->units[u].claimed = false;
			ck_assert_int_eq(in_child(look, from, to, n, after), 0);
			fake_free();
			teardown();
			setup();
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("removed");
	TCase *tcase = tcase_create("removed");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, removed_survives_a_restart);
	tcase_add_test(tcase, removed_then_pulled_then_inserted);
	tcase_add_loop_test(tcase, stopped_when_udev_has_looked_at_it, 0, 3);
	tcase_add_test(tcase, attached_by_somebody_else);
	tcase_add_test(tcase, nothing_comes_back);
	tcase_add_test(tcase, failed_survives_a_restart_and_a_move);
	tcase_add_test(tcase, failed_stays_with_a_drive_that_is_removed);
	tcase_add_test(tcase, hot_spares);
	tcase_add_loop_test(tcase, killed_at_every_stage, 0, 5 * 5);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
