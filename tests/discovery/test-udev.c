/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the listener is told, and when.
 */
#include "tests/discovery/bed.h"

START_TEST(an_event_of_a_child_reads_its_device_again)
{
	add_scsi(DISK, "0", "");
	start();
	ck_assert_str_eq(story, "+");
	ck_assert_ptr_null(present[0]->block_node);
	forget();

	add_block(DISK, "sdzza", "A: size=2048\\n\n");
	run();
	ck_assert_uint_ge(n_present, 1);
	ck_assert_uint_eq(n_gone, 0);
	ck_assert_str_eq(present[n_present - 1]->block_node, "/dev/sdzza");
	ck_assert_uint_eq(present[n_present - 1]->size, 1 << 20);
}
END_TEST

START_TEST(a_device_that_comes_later_is_reported)
{
	start();
	ck_assert_uint_eq(n_present, 0);
	add_scsi(SHELF, "13", "");
	run();
	ck_assert_str_eq(story, "+");
	ck_assert_uint_eq(present[0]->type, 13);
}
END_TEST

START_TEST(a_burst_is_one_report)
{
	add_disk();
	start();
	forget();
	uevent(DISK, "change");
	uevent(DISK "/block/sdzza", "change");
	uevent(DISK "/scsi_generic/sg92", "change");
	uevent(DISK "/block/sdzza", "change");
	run();
	ck_assert_str_eq(story, "+");
	ck_assert_str_eq(present[0]->syspath, "/sys" DISK);
}
END_TEST

START_TEST(a_removed_device_is_gone_once)
{
	add_scsi(DISK, "0", "");
	start();
	forget();
	remove_tree(DISK);
	run();
	ck_assert_str_eq(story, "-");
	ck_assert_str_eq(gone_path, "/sys" DISK);
	ck_assert_int_eq(discovery->enumerate(discovery), 0);
	ck_assert_str_eq(story, "-");
}
END_TEST

START_TEST(gone_and_back_in_one_turn_is_told_as_two)
{
	add_scsi(DISK, "0", "");
	start();
	forget();
	/* what a delete and a scan look like when the loop was busy meanwhile */
	uevent(DISK, "remove");
	uevent(DISK, "add");
	run();
	ck_assert_str_eq(story, "-+");
}
END_TEST

START_TEST(the_removal_of_an_unknown_device_is_no_news)
{
	start();
	add_scsi(DISK, "0", "");
	remove_tree(DISK);
	run();
	ck_assert_str_eq(story, "");
}
END_TEST

START_TEST(enumerating_finds_what_no_event_told)
{
	add_scsi(DISK, "0", "");
	add_scsi(SHELF, "13", "");
	start();
	ck_assert_str_eq(story, "++");
	forget();

	ck_assert_int_eq(unlink(mocked("/bus/scsi/devices/7:0:1:0")), 0);
	ck_assert_int_eq(unlink(mocked(DISK "/uevent")), 0);
	ck_assert_int_eq(discovery->enumerate(discovery), 0);
	ck_assert_uint_eq(n_gone, 1);
	ck_assert_str_eq(gone_path, "/sys" DISK);
	ck_assert_uint_eq(n_present, 1);
	ck_assert_str_eq(present[0]->syspath, "/sys" SHELF);
}
END_TEST

START_TEST(looking_reads_one_device_anew)
{
	struct device *d;

	add_scsi(DISK, "0", "");
	start();
	umockdev_testbed_set_attribute(bed, "/sys" DISK, "state", "offline\n");
	d = discovery->look(discovery, "/sys" DISK);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->state, "offline");
	device_free(d);
	ck_assert_ptr_null(discovery->look(discovery, "/sys" SHELF));
	ck_assert_ptr_null(discovery->look(discovery, "/etc/passwd"));
	ck_assert_ptr_null(discovery->look(discovery, ""));
	ck_assert_uint_eq(n_present, 1);
}
END_TEST

START_TEST(starting_twice_is_refused)
{
	const struct discovery_listener listener = { on_present, on_gone, story };

	start();
	ck_assert_int_eq(discovery->start(discovery, event, &listener), -EALREADY);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, an_event_of_a_child_reads_its_device_again);
	tcase_add_test(tc, a_device_that_comes_later_is_reported);
	tcase_add_test(tc, a_burst_is_one_report);
	tcase_add_test(tc, a_removed_device_is_gone_once);
	tcase_add_test(tc, gone_and_back_in_one_turn_is_told_as_two);
	tcase_add_test(tc, the_removal_of_an_unknown_device_is_no_news);
	tcase_add_test(tc, enumerating_finds_what_no_event_told);
	tcase_add_test(tc, looking_reads_one_device_anew);
	tcase_add_test(tc, starting_twice_is_refused);
}

int main(void)
{
	return bed_run("udev", add_tests);
}
