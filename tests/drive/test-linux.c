/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is written to sysfs, and where; claims; what a failure means.
 */
#include "tests/drive/tree.h"

static struct kernel *k = &kernel_under_test.kernel;
static char *disk;

static void put_all(void)
{
	disk = put_disk(1, "sdzz", "65:0\n");
	put("", "sys/class/scsi_host/host7/scan");
}

static void forget(void)
{
	free(disk);
	disk = NULL;
}

static void holds(const char *name, const char *text)
{
	char *now = content(name);

	ck_assert_str_eq(now, text);
	free(now);
}

START_TEST(state_is_the_kernels_word)
{
	char state[KERNEL_STATE_MAX] = "";

	ck_assert_int_eq(k->state(k, disk, state), 0);
	ck_assert_str_eq(state, "running");
	put("a state of more than twenty-four bytes\n", "sys/devices/host7/7:0:1:0/state");
	ck_assert_int_eq(k->state(k, disk, state), 0);
	ck_assert_uint_lt(strlen(state), KERNEL_STATE_MAX);
}
END_TEST

START_TEST(only_two_states_can_be_set)
{
	put("", "sys/devices/host7/7:0:1:0/state");
	ck_assert_int_eq(k->set_state(k, disk, "offline"), 0);
	holds("sys/devices/host7/7:0:1:0/state", "offline\n");
	put("", "sys/devices/host7/7:0:1:0/state");
	ck_assert_int_eq(k->set_state(k, disk, "running"), 0);
	holds("sys/devices/host7/7:0:1:0/state", "running\n");
	ck_assert_int_eq(k->set_state(k, disk, "blocked"), -EINVAL);
	ck_assert_int_eq(k->set_state(k, disk, ""), -EINVAL);
	holds("sys/devices/host7/7:0:1:0/state", "running\n");
}
END_TEST

START_TEST(detaching_is_one_write)
{
	ck_assert_int_eq(k->detach(k, disk), 0);
	holds("sys/devices/host7/7:0:1:0/delete", "1");
}
END_TEST

START_TEST(what_is_gone)
{
	char gone[200], state[KERNEL_STATE_MAX] = "kept";

	(void) snprintf(gone, sizeof(gone), "%s/devices/host7/7:0:9:0", tree_sys);
	ck_assert_int_eq(k->state(k, gone, state), -ENODEV);
	ck_assert_str_eq(state, "kept");
	ck_assert_int_eq(k->set_state(k, gone, "offline"), -ENODEV);
	ck_assert_int_eq(k->detach(k, gone), 0);
	ck_assert_int_eq(k->attach(k, 8, 0, 1, 0), -ENODEV);
}
END_TEST

START_TEST(nothing_is_written_outside_of_devices)
{
	static const char *const bad[] = { "",
					   "/",
					   "sys/devices/host7/7:0:1:0",
					   "%s/class/block/sdzz",
					   "%s/devices/../class/scsi_host",
					   "%s/devicesx" };
	char path[200];

	put("", "sys/class/block/sdzz/delete");
	put("", "sys/class/scsi_host/delete");
	put("", "sys/devicesx/delete");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (strncmp(bad[i], "%s", 2) == 0)
			(void) snprintf(path, sizeof(path), "%s%s", tree_sys, bad[i] + 2);
		else
			(void) snprintf(path, sizeof(path), "%s", bad[i]);
		ck_assert_int_eq(k->set_state(k, path, "offline"), -ENODEV);
		(void) k->detach(k, path);
	}
	holds("sys/class/block/sdzz/delete", "");
	holds("sys/class/scsi_host/delete", "");
	holds("sys/devicesx/delete", "");
}
END_TEST

START_TEST(attaching_names_exactly_one_address)
{
	ck_assert_int_eq(k->attach(k, 7, 0, 12, 1), 0);
	holds("sys/class/scsi_host/host7/scan", "0 12 1");
	ck_assert_int_eq(k->attach(k, 7, 0, 12, 0x4001000000000000), -EOPNOTSUPP);
	holds("sys/class/scsi_host/host7/scan", "0 12 1");
}
END_TEST

START_TEST(finding_by_address)
{
	char *path = NULL;

	put_link("../../../devices/host7/7:0:1:0", "sys/bus/scsi/devices/7:0:1:0");
	ck_assert_int_eq(k->find(k, 7, 0, 1, 0, &path), 0);
	ck_assert_str_eq(path, disk);
	free(path);
	path = NULL;
	ck_assert_int_eq(k->find(k, 7, 0, 2, 0, &path), -ENOENT);
	ck_assert_ptr_null(path);
}
END_TEST

START_TEST(udev_is_busy_while_it_has_a_queue)
{
	char path[] = "/tmp/vdsd-test-XXXXXX";
	struct linux_kernel mine;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	linux_kernel_init(&mine, "/sys", "/proc", "/dev");
	ck_assert_str_eq(mine.udev_queue, "/run/udev/queue");
	mine.udev_queue = path;
	ck_assert(!mine.kernel.udev_idle(&mine.kernel));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(mine.kernel.udev_idle(&mine.kernel));
}
END_TEST

START_TEST(targets_of_the_transport_class_and_of_drivers)
{
	put("0x50a1ab0000100001\n", "sys/class/sas_device/end_device-7:0:1/sas_address");
	put("0x50a1ab0000100099\n", "sys/class/sas_device/expander-7:0/sas_address");
	put("0x5000c50012345678\n", "sys/bus/scsi/devices/7:0:1:0/sas_address");
	ck_assert(k->target_present(k, 0x50a1ab0000100001));
	ck_assert(k->target_present(k, 0x5000c50012345678));
	ck_assert(!k->target_present(k, 0x50a1ab0000100099));
	ck_assert(!k->target_present(k, 0x50a1ab0000100002));
	ck_assert(!k->target_present(k, 0));
}
END_TEST

/* ---- claims -------------------------------------------------------------------- */

START_TEST(a_claim_holds_every_path)
{
	char *other = put_disk(2, "sdzy", "65:16\n");
	const char *const both[] = { disk, other };
	void *claim = NULL;

	ck_assert_int_eq(k->claim(k, both, 2, &claim), 0);
	ck_assert_uint_eq(n_opened, 2);
	ck_assert_ptr_nonnull(claim);
	k->release(k, claim);
	k->release(k, NULL);

	claimed[0] = "sdzy";
	claim = NULL;
	ck_assert_int_eq(k->claim(k, both, 2, &claim), -EBUSY);
	ck_assert_ptr_null(claim);
	free(other);
}
END_TEST

START_TEST(an_offline_path_beside_a_good_one)
{
	const char *const both[] = { disk, "/nonexistent/7:0:2:0" };
	void *claim = NULL;

	ck_assert_int_eq(k->claim(k, both, 2, &claim), 0);
	k->release(k, claim);
	claim = NULL;
	ck_assert_int_eq(k->claim(k, both + 1, 1, &claim), -ENXIO);
	open_error = -ENXIO;
	ck_assert_int_eq(k->claim(k, both, 2, &claim), -ENXIO);
	open_error = -EACCES;
	ck_assert_int_eq(k->claim(k, both, 2, &claim), -EIO);
	ck_assert_ptr_null(claim);
}
END_TEST

START_TEST(a_plain_file_is_no_node)
{
	const char *const one[] = { disk };
	void *claim = NULL;

	linux_kernel_init(&kernel_under_test, tree_sys, tree_proc, tree_dev);
	put("", "dev/sdzz");
	ck_assert_int_eq(k->claim(k, one, 1, &claim), -ENXIO);
	ck_assert_ptr_null(claim);
}
END_TEST

START_TEST(a_folder_of_the_node_is_a_slash_in_its_name)
{
	char path[64];

	ck_assert_str_eq(linux_block_path("/dev", "cciss!c0d0", path, sizeof(path)),
			 "/dev/cciss/c0d0");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, put_all, forget);
	tcase_add_test(tc, state_is_the_kernels_word);
	tcase_add_test(tc, only_two_states_can_be_set);
	tcase_add_test(tc, detaching_is_one_write);
	tcase_add_test(tc, what_is_gone);
	tcase_add_test(tc, nothing_is_written_outside_of_devices);
	tcase_add_test(tc, attaching_names_exactly_one_address);
	tcase_add_test(tc, finding_by_address);
	tcase_add_test(tc, udev_is_busy_while_it_has_a_queue);
	tcase_add_test(tc, targets_of_the_transport_class_and_of_drivers);
	tcase_add_test(tc, a_claim_holds_every_path);
	tcase_add_test(tc, an_offline_path_beside_a_good_one);
	tcase_add_test(tc, a_plain_file_is_no_node);
	tcase_add_test(tc, a_folder_of_the_node_is_a_slash_in_its_name);
}

int main(void)
{
	return tree_run("linux", add_tests);
}
