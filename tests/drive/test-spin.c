/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Spinning down and up, by us and by others.
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

/* ---- spins ------------------------------------------------------------------------------- */

static int spin(bool up)
{
	struct outcome error;
	struct operation *operation =
		drive_spin(bed.drives, &bed_drive(&bed)->object, up, 0, &error);

	return operation == NULL ? error.result : bed_wait(&bed, operation);
}

START_TEST(spins_down_and_up)
{
	begin(1, 2);
	ck_assert(!drive_spun_down(&bed_drive(&bed)->object));
	ck_assert_int_eq(spin(true), 0);
	ck_assert_str_eq(fake_log(), "");
	ck_assert_int_eq(spin(false), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:STOP 0:release");
	ck_assert(drive_spun_down(&bed_drive(&bed)->object));
	ck_assert_int_eq(status(), STATUS_NOT_READY);
	fake_clear_log();
	ck_assert_int_eq(spin(false), 0);
	ck_assert_int_eq(spin(true), 0);
	ck_assert_str_eq(fake_log(), "0:START");
	ck_assert(!drive_spun_down(&bed_drive(&bed)->object));

	strcpy(fake->user, "/dev/sdx2 is mounted on /srv");
	ck_assert_int_eq(spin(false), -ETXTBSY);
	fake->user[0] = 0;
	ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), 0);
	ck_assert_int_eq(spin(true), -EOPNOTSUPP);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_int_eq(spin(false), -EOPNOTSUPP);
	end();
}
END_TEST

START_TEST(a_slow_spin_up_can_be_cancelled_until_it_is_ready)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	ck_assert_int_eq(spin(false), 0);
	fake->units[0].polls = 1000;
	fake_clear_log();
	operation = drive_spin(bed.drives, &bed_drive(&bed)->object, true, 0, &error);
	while (fake_count("START") == 0 || fake_count("TUR") < 3)
		(void) sd_event_run(bed.event, 1000);
	ck_assert(!operation->ended);
	ck_assert_int_eq(operation_cancel(operation), 0);
	ck_assert_int_eq(bed_wait(&bed, operation), -ECANCELED);
	ck_assert_str_eq(fake_log(), "0:START 0:STOP");
	ck_assert(fake->units[0].stopped);

	/* And when nobody cancels it takes its time. */
	fake->units[0].polls = 1;
	ck_assert_int_eq(spin(true), 0);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

/* What the daemon had no time to read is not what was asked for. */
START_TEST(the_end_before_the_beginning)
{
	struct operation *operation;
	struct outcome error;

	begin(1, 1);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
	bed.pool = pool_free(bed.pool, USEC_PER_SEC);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_ONLINE, 0, &error);
	ck_assert_ptr_nonnull(operation);
	ck_assert_int_eq(bed_wait(&bed, operation), -ECANCELED);
	ck_assert(fake->units[0].stopped);
	end();
}
END_TEST

/* Stopped by another program: shown as it is, and not woken by our asking. */
START_TEST(a_disk_stopped_by_another_program)
{
	for (unsigned ata = 0; ata < 2; ata++) {
		fake_new(1, 1);
		fake->units[0].ata = ata;
		bed_up(&bed, NULL);
		fake_clear_log();
		fake->units[0].stopped = true;
		bed_settle(&bed);
		ck_assert_int_eq(status(), STATUS_NOT_READY);
		ck_assert(drive_spun_down(&bed_drive(&bed)->object));
		ck_assert(fake->units[0].stopped);
		ck_assert_str_eq(fake_log(), "");
		ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
		ck_assert_str_eq(fake_log(), "0:START");
		ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
		end();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spin");
	TCase *tcase = tcase_create("spin");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, spins_down_and_up);
	tcase_add_test(tcase, a_slow_spin_up_can_be_cancelled_until_it_is_ready);
	tcase_add_test(tcase, a_disk_stopped_by_another_program);
	tcase_add_test(tcase, the_end_before_the_beginning);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
