/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SetStatus on disks that behave (fake-disk.h): what reached them and in which order, and what is
 * refused with nothing done.
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

/* ---- the order ------------------------------------------------------------------------ */

static const struct {
	enum status from, to;
	const char *log;
} orders[] = {
	{ STATUS_ONLINE, STATUS_ONLINE, "" },
	{ STATUS_ONLINE, STATUS_NOT_READY, "0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_ONLINE, STATUS_OFFLINE, "0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_ONLINE, STATUS_FAILED, "0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_ONLINE, STATUS_REMOVED,
	  "0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release 0.0:delete 0.1:delete" },

	{ STATUS_NOT_READY, STATUS_ONLINE, "0:START" },
	{ STATUS_NOT_READY, STATUS_NOT_READY, "" },
	{ STATUS_NOT_READY, STATUS_OFFLINE, "0:claim 0.0:offline 0.1:offline 0:release" },
	{ STATUS_NOT_READY, STATUS_FAILED, "0:claim 0.0:offline 0.1:offline 0:release" },
	{ STATUS_NOT_READY, STATUS_REMOVED,
	  "0:claim 0.0:offline 0.1:offline 0:release 0.0:delete 0.1:delete" },

	{ STATUS_OFFLINE, STATUS_ONLINE, "0.0:running 0.1:running" },
	{ STATUS_OFFLINE, STATUS_NOT_READY,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_OFFLINE, STATUS_OFFLINE, "" },
	{ STATUS_OFFLINE, STATUS_FAILED, "" },
	{ STATUS_OFFLINE, STATUS_REMOVED,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release "
	  "0.0:delete 0.1:delete" },

	{ STATUS_FAILED, STATUS_ONLINE, "0.0:running 0.1:running" },
	{ STATUS_FAILED, STATUS_NOT_READY,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_FAILED, STATUS_OFFLINE, "" },
	{ STATUS_FAILED, STATUS_FAILED, "" },
	{ STATUS_FAILED, STATUS_REMOVED,
	  "0.0:running 0.1:running 0:claim 0:FLUSH10 0:STOP 0.0:offline 0.1:offline 0:release "
	  "0.0:delete 0.1:delete" },

	{ STATUS_REMOVED, STATUS_ONLINE, "0.0:scan 0.1:scan" },
	{ STATUS_REMOVED, STATUS_NOT_READY,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0:STOP 0:release" },
	{ STATUS_REMOVED, STATUS_OFFLINE,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_REMOVED, STATUS_FAILED,
	  "0.0:scan 0.1:scan 0:claim 0:FLUSH10 0.0:offline 0.1:offline 0:release" },
	{ STATUS_REMOVED, STATUS_REMOVED, "" },
};

START_TEST(the_order_of_what_a_disk_sees)
{
	begin(1, 2);
	ck_assert_int_eq(bed_set_status(&bed, orders[_i].from), 0);
	ck_assert_int_eq(status(), orders[_i].from);
	bed_settle(&bed);
	fake_clear_log();

	ck_assert_int_eq(bed_set_status(&bed, orders[_i].to), 0);
	ck_assert_int_eq(status(), orders[_i].to);
	ck_assert_str_eq(fake_log(), orders[_i].log);
	ck_assert_int_eq(bed_drive(&bed)->health, orders[_i].to == STATUS_FAILED ? HEALTH_FAILED
						  : orders[_i].to == STATUS_REMOVED
							  ? HEALTH_UNKNOWN
							  : HEALTH_HEALTHY);
	end();
}
END_TEST

START_TEST(both_units_of_a_drive_in_step)
{
	begin(2, 1);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), 0);
	ck_assert_str_eq(fake_log(),
			 "0:claim 1:claim 0:FLUSH10 1:FLUSH10 0:STOP 1:STOP 0.0:offline "
			 "1.0:offline 0:release 1:release 0.0:delete 1.0:delete");
	ck_assert_uint_eq(bed_drive(&bed)->size, 2ULL << 40);
	fake_clear_log();
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "0.0:scan 1.0:scan");
	ck_assert_uint_eq(bed_drive(&bed)->n_units, 2);
	ck_assert(!bed_drive(&bed)->detached);
	end();
}
END_TEST

START_TEST(a_units_status_is_its_own)
{
	begin(2, 1);
	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_OFFLINE), 0);
	ck_assert_str_eq(fake_log(), "1:claim 1:FLUSH10 1.0:offline 1:release");
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_ONLINE);
	ck_assert_int_eq(bed_unit(&bed, 1)->status, STATUS_OFFLINE);
	ck_assert_int_eq(status(), STATUS_NOT_READY);
	ck_assert_str_eq(list_empty(&bed_unit(&bed, 1)->paths)
				 ? ""
				 : container_of(bed_unit(&bed, 1)->paths.next, struct path, link)
					   ->device->state,
			 "offline");

	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_REMOVED), -EINVAL);
	ck_assert_int_eq(bed_set_unit_status(&bed, 1, STATUS_FAILED), 0);
	ck_assert_int_eq(bed_unit(&bed, 0)->status, STATUS_ONLINE);
	ck_assert_int_eq(status(), STATUS_FAILED);

	/* The drive's covers both, and mends the one that differs. */
	fake_clear_log();
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "1.0:running");
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

START_TEST(one_path_that_differs_is_mended)
{
	begin(1, 2);
	fake->units[0].paths[1].offline = true;
	bed_settle(&bed);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	ck_assert_str_eq(fake_log(), "0.1:running");
	end();
}
END_TEST

START_TEST(the_long_flush_where_the_short_one_is_refused)
{
	begin(1, 1);
	fake_at_name("FLUSH10", FAKE_REFUSE);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_NOT_READY), 0);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:FLUSH16 0:STOP 0:release");
	end();
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------- */

START_TEST(statuses_that_cannot_be_set)
{
	static const uint32_t bad[] = { 0, 3, 6, 7, 9, 42, UINT32_MAX };

	begin(1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(bed_set_status(&bed, bad[i]), -EINVAL);
	ck_assert_uint_eq(list_empty(operations_list(bed.operations)), true);
	end();
}
END_TEST

START_TEST(a_disk_in_use_is_left_alone)
{
	static const enum status wanted[] = { STATUS_NOT_READY, STATUS_OFFLINE, STATUS_FAILED,
					      STATUS_REMOVED };
	struct outcome error;
	struct operation *operation;

	begin(1, 2);
	strcpy(fake->user, "/dev/sdx2 is mounted on /srv");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		operation = drive_set_status(bed.drives, &bed_drive(&bed)->object, wanted[i], 0,
					     &error);
		ck_assert_int_eq(bed_wait(&bed, operation), -ETXTBSY);
		ck_assert_str_eq(operation->outcome.text, fake->user);
	}
	fake->user[0] = 0;
	fake->units[0].claimed_by_other = true;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		ck_assert_int_eq(bed_set_status(&bed, wanted[i]), -ETXTBSY);
	ck_assert_uint_eq(fake_count("FLUSH"), 0);
	ck_assert_uint_eq(fake_count("offline"), 0);
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

/* Somebody opens it for writing while it is being flushed. */
START_TEST(use_is_checked_again_at_the_point_of_no_return)
{
	struct outcome error;
	struct operation *operation;

	begin(1, 2);
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation =
		drive_set_status(bed.drives, &bed_drive(&bed)->object, STATUS_OFFLINE, 0, &error);
	while (!fake_was_hit())
		(void) sd_event_run(bed.event, 1000);
	strcpy(fake->user, "/dev/sdx is open for writing by qemu (pid 42)");
	fake_release();
	ck_assert_int_eq(bed_wait(&bed, operation), -ETXTBSY);
	ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0:release");
	ck_assert_int_eq(status(), STATUS_ONLINE);
	end();
}
END_TEST

START_TEST(one_operation_at_a_time)
{
	struct operation *operation;
	struct object *object;
	struct outcome error;

	begin(2, 1);
	object = &bed_drive(&bed)->object;
	fake_at_name("FLUSH10", FAKE_WAIT);
	operation = drive_set_status(bed.drives, object, STATUS_NOT_READY, 7, &error);
	ck_assert_ptr_eq(bed_drive(&bed)->operation, operation);
	ck_assert_ptr_eq(bed_unit(&bed, 1)->operation, operation);
	ck_assert_uint_eq(operation->uid, 7);

	ck_assert_ptr_null(drive_set_status(bed.drives, object, STATUS_ONLINE, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);
	ck_assert_ptr_null(
		drive_set_status(bed.drives, &bed_unit(&bed, 1)->object, STATUS_ONLINE, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);
	ck_assert_ptr_null(drive_spin(bed.drives, object, true, 0, &error));
	ck_assert_int_eq(error.result, -EBUSY);

	fake_release();
	ck_assert_int_eq(bed_wait(&bed, operation), 0);
	ck_assert_ptr_null(bed_drive(&bed)->operation);
	ck_assert_ptr_null(bed_unit(&bed, 1)->operation);
	ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), 0);
	end();
}
END_TEST

START_TEST(a_drive_that_reports_itself_failed)
{
	static const uint8_t senses[][3] = { { 4, 0x44, 0 }, { 2, 4, 3 } };

	for (size_t i = 0; i < ARRAY_SIZE(senses); i++) {
		begin(1, 1);
		memcpy(fake->units[0].sense, senses[i], 3);
		/* not read yet: found by the operation itself */
		ck_assert_int_eq(bed_set_status(&bed, STATUS_OFFLINE), -EHOSTDOWN);
		bed_settle(&bed);
		ck_assert_int_eq(status(), STATUS_FAILED);
		ck_assert_int_eq(bed_drive(&bed)->health, HEALTH_FAILED);
		ck_assert_int_eq(bed_set_status(&bed, STATUS_ONLINE), -EHOSTDOWN);
		ck_assert_int_eq(bed_set_status(&bed, STATUS_REMOVED), -EHOSTDOWN);
		ck_assert_str_eq(fake_log(), "");
		/* but it can be marked so, and is out of use then */
		ck_assert_int_eq(bed_set_status(&bed, STATUS_FAILED), 0);
		ck_assert_str_eq(fake_log(), "0:claim 0:FLUSH10 0.0:offline 0:release");
		end();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("work");
	TCase *tcase = tcase_create("work");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_order_of_what_a_disk_sees, 0, (int) ARRAY_SIZE(orders));
	tcase_add_test(tcase, both_units_of_a_drive_in_step);
	tcase_add_test(tcase, a_units_status_is_its_own);
	tcase_add_test(tcase, one_path_that_differs_is_mended);
	tcase_add_test(tcase, the_long_flush_where_the_short_one_is_refused);
	tcase_add_test(tcase, statuses_that_cannot_be_set);
	tcase_add_test(tcase, a_disk_in_use_is_left_alone);
	tcase_add_test(tcase, use_is_checked_again_at_the_point_of_no_return);
	tcase_add_test(tcase, one_operation_at_a_time);
	tcase_add_test(tcase, a_drive_that_reports_itself_failed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
