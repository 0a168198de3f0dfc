/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses a disk, said in sentences: each kind of user alone, stacked, and over two paths.
 */
#include "tests/drive/users.h"

START_TEST(nobody)
{
	two_paths();
	put_partition("sdzz", "sdzz1", "65:1\n");
	put("/var/lib/image\n", "sys/class/block/loop3/loop/backing_file");
	put_process(20, "cat\n", "mnt:[1]", ROOT);
	put_descriptor(20, 1, "/dev/null", "0100002");
	put_descriptor(20, 2, "socket:[123]", "02");
	EXPECT_NOBODY();
	ck_assert_uint_eq(n_opened, 2);
}
END_TEST

START_TEST(a_mounted_partition)
{
	one_disk();
	put_partition("sdzz", "sdzz2", "65:2\n");
	put(ROOT "30 25 65:2 / /srv/my\\040data rw shared:1 - ext4 /dev/whatever rw\n",
	    "proc/1/mountinfo");
	EXPECT("/dev/sdzz2 is mounted on /srv/my data");
}
END_TEST

START_TEST(several_mounts_of_one_file_system)
{
	one_disk();
	put(ROOT "30 25 65:0 / /a rw - ext4 /dev/sdzz rw\n"
		 "31 25 65:0 /sub /b rw - ext4 /dev/sdzz rw\n"
		 "32 25 65:0 / /a rw - ext4 /dev/sdzz rw\n",
	    "proc/1/mountinfo");
	EXPECT("/dev/sdzz is mounted on /a", "/dev/sdzz is mounted on /b");
}
END_TEST

START_TEST(a_mount_in_another_namespace)
{
	one_disk();
	put_process(77, "container\n", "mnt:[2]", "40 1 65:0 / /hidden rw - ext4 /dev/sdzz rw\n");
	put_process(78, "container\n", "mnt:[2]", "40 1 65:0 / /not-read rw - ext4 /dev/sdzz rw\n");
	ask();
	ck_assert_uint_eq(found.n, 1);
	/* whichever of the two was read first */
	ck_assert_msg(
		strcmp(found.texts[0], "/dev/sdzz is mounted on /hidden for container (pid 77)") ==
				0 ||
			strcmp(found.texts[0],
			       "/dev/sdzz is mounted on /not-read for container (pid 78)") == 0,
		"%s", found.texts[0]);
}
END_TEST

START_TEST(a_copy_in_another_namespace_is_not_repeated)
{
	one_disk();
	put(ROOT "30 25 65:0 / /srv rw - ext4 /dev/sdzz rw\n", "proc/1/mountinfo");
	put_process(77, "service\n", "mnt:[2]",
		    "30 25 65:0 / /run/root/srv rw - ext4 /dev/sdzz rw\n");
	EXPECT("/dev/sdzz is mounted on /srv");
}
END_TEST

static const char *const damaged[] = {
	"",
	"\n",
	"30\n",
	"30 25 65:0\n",
	"30 25 65:0 / /srv rw\n",
	"30 25 65:0 / /srv rw -\n",
	"30 25 65:0 / /srv rw - \n",
	"30 25 65:0 / /srv rw - ext4\n",
	"30 25 65 / /srv rw - ext4 /dev/x rw\n",
	"30 25 x:y / /srv rw - ext4 /dev/x rw\n",
	" - - - - \n",
	"30 25 0:99 / /srv rw - fuse ::: rw\n",
	"30 25 0:99 / /srv rw - fuse /: rw\n",
};

START_TEST(damaged_lines_are_passed_over)
{
	one_disk();
	put(damaged[_i], "proc/1/mountinfo");
	EXPECT_NOBODY();
}
END_TEST

START_TEST(text_of_others_is_cleaned)
{
	one_disk();
	put("30 25 65:0 / /bad\\377\\012name rw - ext4 /dev/sdzz rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz is mounted on /bad??name");
}
END_TEST

START_TEST(swap)
{
	one_disk();
	put_partition("sdzz", "sdzz3", "65:3\n");
	put("Filename\tType\tSize\tUsed\tPriority\n"
	    "/dev/sdzz3                              partition\t1000\t0\t-2\n"
	    "/swapfile                               file\t1000\t0\t-3\n",
	    "proc/swaps");
	EXPECT("/dev/sdzz3 is in use as swap");
}
END_TEST

START_TEST(an_idle_array)
{
	one_disk();
	put_block("md0", "9:0\n");
	put_holder("sdzz", "md0");
	EXPECT("/dev/sdzz is part of md0");
}
END_TEST

START_TEST(a_mounted_array)
{
	one_disk();
	put_block("md0", "9:0\n");
	put_holder("sdzz", "md0");
	put(ROOT "30 25 9:0 / /data rw - xfs /dev/md0 rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz is part of md0, which is mounted on /data");
}
END_TEST

START_TEST(a_partitioned_array)
{
	one_disk();
	put_block("md0", "9:0\n");
	put_holder("sdzz", "md0");
	put_partition("md0", "md0p1", "259:0\n");
	EXPECT("/dev/sdzz is part of md0");
	put(ROOT "30 25 259:0 / /data rw - xfs /dev/md0p1 rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz is part of md0p1, which is mounted on /data");
}
END_TEST

START_TEST(volumes_have_the_names_people_gave_them)
{
	one_disk();
	put_partition("sdzz", "sdzz1", "65:1\n");
	put_mapped("dm-90", "253:90\n", "vg0-data\n", "LVM-aaaa\n");
	put_mapped("dm-91", "253:91\n", "my--vg-my--lv\n", "LVM-bbbb\n");
	put_mapped("dm-92", "253:92\n", "luks-home\n", "CRYPT-LUKS2-cccc\n");
	put_holder("sdzz1", "dm-90");
	put_holder("sdzz1", "dm-91");
	put_holder("dm-91", "dm-92");
	put(ROOT "30 25 253:92 / /home rw - ext4 /dev/mapper/luks-home rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz1 is part of vg0/data",
	       "/dev/sdzz1 is part of my-vg/my-lv, which is part of luks-home, which is mounted on "
	       "/home");
}
END_TEST

START_TEST(what_a_volume_is_made_of_is_left_out)
{
	one_disk();
	put_block("md7", "9:7\n");
	put_mapped("dm-90", "253:90\n", "vg0-pool_tdata\n", "LVM-aaaa-tdata\n");
	put_mapped("dm-91", "253:91\n", "vg0-pool-tpool\n", "LVM-aaaa-tpool\n");
	put_mapped("dm-92", "253:92\n", "vg0-thin\n", "LVM-bbbb\n");
	put_holder("sdzz", "md7");
	put_holder("md7", "dm-90");
	put_holder("dm-90", "dm-91");
	put_holder("dm-91", "dm-92");
	put("/dev/dm-92\tpartition 1 0 -2\n", "proc/swaps");
	EXPECT("/dev/sdzz is part of md7, which is part of vg0/thin, which is in use as swap");
}
END_TEST

START_TEST(an_array_over_both_paths_is_named_once)
{
	two_paths();
	put_block("md0", "9:0\n");
	put_holder("sdzz", "md0");
	put_holder("sdzy", "md0");
	EXPECT("/dev/sdzz is part of md0");
}
END_TEST

START_TEST(the_second_path_counts)
{
	two_paths();
	put_partition("sdzy", "sdzy1", "65:17\n");
	put(ROOT "30 25 65:17 / /mnt rw - ext4 /dev/sdzy1 rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzy1 is mounted on /mnt");
}
END_TEST

START_TEST(loop_devices)
{
	one_disk();
	put_partition("sdzz", "sdzz1", "65:1\n");
	put_block("loop90", "7:90\n");
	put("/dev/sdzz1\n", "sys/class/block/loop90/loop/backing_file");
	put_block("loop91", "7:91\n");
	put("/dev/loop90\n", "sys/class/block/loop91/loop/backing_file");
	put("/dev/sdzz (deleted)\n", "sys/class/block/loop92/loop/backing_file");
	EXPECT("/dev/sdzz1 is behind /dev/loop90, which is behind /dev/loop91");
	put(ROOT "30 25 7:90 / /img rw - ext4 /dev/loop90 rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz1 is behind /dev/loop90, which is mounted on /img",
	       "/dev/sdzz1 is behind /dev/loop90, which is behind /dev/loop91");
}
END_TEST

START_TEST(a_process_that_writes)
{
	one_disk();
	put_partition("sdzz", "sdzz1", "65:1\n");
	put_process(1234, "qemu-system-x86\n", "mnt:[1]", ROOT);
	put_descriptor(1234, 10, "/dev/sdzz", "02100002");
	put_descriptor(1234, 11, "/dev/sdzz", "02100002");
	put_process(1235, "dd\n", "mnt:[1]", ROOT);
	put_descriptor(1235, 1, "/dev/sdzz1", "0100001");
	put_process(1236, "reader\n", "mnt:[1]", ROOT);
	put_descriptor(1236, 1, "/dev/sdzz", "0100000");
	EXPECT("/dev/sdzz is open for writing by qemu-system-x86 (pid 1234)",
	       "/dev/sdzz1 is open for writing by dd (pid 1235)");
}
END_TEST

START_TEST(a_descriptor_on_a_disk_that_went_does_not_count)
{
	one_disk();
	put_process(1234, "qemu\n", "mnt:[1]", ROOT);
	put_descriptor(1234, 10, "/dev/sdzz (deleted)", "02100002");
	EXPECT_NOBODY();
}
END_TEST

START_TEST(processes_that_leave_are_passed_over)
{
	one_disk();
	put("gone\n", "proc/50/comm");
	put("gone\n", "proc/51/comm");
	put("", "proc/51/fd/none");
	put_link("/dev/sdzz", "proc/51/fd/3"); /* its fdinfo is gone already */
	put("", "proc/52/fd/none");
	EXPECT_NOBODY();
}
END_TEST

START_TEST(btrfs_over_several_devices)
{
	one_disk();
	put_link("x", "sys/fs/btrfs/1111-2222/devices/sdzz");
	put_link("x", "sys/fs/btrfs/1111-2222/devices/dm-95");
	put("vg-other\n", "sys/class/block/dm-95/dm/name");
	put("", "sys/fs/btrfs/features/x");
	EXPECT("/dev/sdzz is part of a mounted btrfs file system");
	put(ROOT "30 25 0:45 / /pool rw - btrfs /dev/mapper/vg-other rw\n"
		 "31 25 0:46 / /else rw - btrfs /dev/mapper/vg-else rw\n",
	    "proc/1/mountinfo");
	EXPECT("/dev/sdzz is mounted on /pool");
}
END_TEST

START_TEST(a_source_of_several_nodes)
{
	one_disk();
	put(ROOT "30 25 0:45 / /pool rw - bcachefs /dev/sdq:/dev/sdzz rw\n", "proc/1/mountinfo");
	EXPECT("/dev/sdzz is mounted on /pool");
}
END_TEST

START_TEST(a_hidden_claim)
{
	two_paths();
	claimed[0] = "sdzy";
	EXPECT("/dev/sdzy is held open exclusively by something that /proc does not show");
}
END_TEST

START_TEST(a_claim_of_one_who_only_reads)
{
	two_paths();
	claimed[0] = "sdzy";
	put_process(55, "fsck\n", "mnt:[1]", ROOT);
	put_descriptor(55, 3, "/dev/sdzy", "0100000");
	EXPECT("/dev/sdzy is held open exclusively, perhaps by fsck (pid 55)");
}
END_TEST

START_TEST(a_claim_with_a_name_needs_no_more_words)
{
	one_disk();
	claimed[0] = "sdzz";
	put_block("md0", "9:0\n");
	put_holder("sdzz", "md0");
	EXPECT("/dev/sdzz is part of md0");
}
END_TEST

START_TEST(an_offline_disk_is_nobodys)
{
	one_disk();
	open_error = -ENXIO;
	EXPECT_NOBODY();
}
END_TEST

START_TEST(an_error_is_not_nobody)
{
	one_disk();
	open_error = -EMFILE;
	ck_assert_int_eq(kernel_under_test.kernel.users(&kernel_under_test.kernel,
							(const char *const *) paths, n_paths,
							&found),
			 -EIO);
	ck_assert_uint_eq(found.n, 0);
}
END_TEST

START_TEST(no_block_node)
{
	paths[n_paths++] = strdup("/nonexistent/7:0:9:0");
	put_process(1, "systemd\n", "mnt:[1]", ROOT);
	EXPECT_NOBODY();
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, forget);
	tcase_add_test(tc, nobody);
	tcase_add_test(tc, a_mounted_partition);
	tcase_add_test(tc, several_mounts_of_one_file_system);
	tcase_add_test(tc, a_mount_in_another_namespace);
	tcase_add_test(tc, a_copy_in_another_namespace_is_not_repeated);
	tcase_add_loop_test(tc, damaged_lines_are_passed_over, 0, ARRAY_SIZE(damaged));
	tcase_add_test(tc, text_of_others_is_cleaned);
	tcase_add_test(tc, swap);
	tcase_add_test(tc, an_idle_array);
	tcase_add_test(tc, a_mounted_array);
	tcase_add_test(tc, a_partitioned_array);
	tcase_add_test(tc, volumes_have_the_names_people_gave_them);
	tcase_add_test(tc, what_a_volume_is_made_of_is_left_out);
	tcase_add_test(tc, an_array_over_both_paths_is_named_once);
	tcase_add_test(tc, the_second_path_counts);
	tcase_add_test(tc, loop_devices);
	tcase_add_test(tc, a_process_that_writes);
	tcase_add_test(tc, a_descriptor_on_a_disk_that_went_does_not_count);
	tcase_add_test(tc, processes_that_leave_are_passed_over);
	tcase_add_test(tc, btrfs_over_several_devices);
	tcase_add_test(tc, a_source_of_several_nodes);
	tcase_add_test(tc, a_hidden_claim);
	tcase_add_test(tc, a_claim_of_one_who_only_reads);
	tcase_add_test(tc, a_claim_with_a_name_needs_no_more_words);
	tcase_add_test(tc, an_offline_disk_is_nobodys);
	tcase_add_test(tc, an_error_is_not_nobody);
	tcase_add_test(tc, no_block_node);
}

int main(void)
{
	return tree_run("linux-users", add_tests);
}
