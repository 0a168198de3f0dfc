/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which maps stand for the unit itself, and what stacks too high or in circles.
 */
#include "tests/drive/users.h"

static void put_map(void)
{
	two_paths();
	put_mapped("dm-90", "253:90\n", "mpatha\n", "mpath-350a1\n");
	put_holder("sdzz", "dm-90");
	put_holder("sdzy", "dm-90");
	claimed[0] = "sdzz";
	claimed[1] = "sdzy";
}

START_TEST(an_idle_map_is_looked_through)
{
	put_map();
	EXPECT_NOBODY();
	ck_assert_uint_eq(n_opened, 1);
}
END_TEST

START_TEST(idle_partitions_of_a_map_are_looked_through)
{
	put_map();
	claimed[2] = "dm-90";
	put_mapped("dm-91", "253:91\n", "mpatha-part1\n", "part1-mpath-350a1\n");
	put_holder("dm-90", "dm-91");
	EXPECT_NOBODY();
	ck_assert_uint_eq(n_opened, 1);
	put(ROOT "30 25 253:91 / /data rw - xfs /dev/mapper/mpatha-part1 rw\n", "proc/1/mountinfo");
	EXPECT("/dev/mapper/mpatha-part1 is mounted on /data");
}
END_TEST

START_TEST(the_users_of_a_map_count)
{
	put_map();
	put_mapped("dm-92", "253:92\n", "vg0-data\n", "LVM-aaaa\n");
	put_holder("dm-90", "dm-92");
	EXPECT("/dev/mapper/mpatha is part of vg0/data");
}
END_TEST

START_TEST(a_hidden_claim_on_a_map)
{
	put_map();
	claimed[2] = "dm-90";
	EXPECT("/dev/mapper/mpatha is held open exclusively by something that /proc does not show");
}
END_TEST

START_TEST(a_map_with_anothers_path_is_a_user)
{
	put_map();
	put_block("sdzx", "65:32\n");
	put_holder("sdzx", "dm-90");
	EXPECT("/dev/sdzz is part of mpatha");
}
END_TEST

START_TEST(a_map_of_another_kind_is_a_user)
{
	two_paths();
	put_mapped("dm-90", "253:90\n", "mpathological\n", "CRYPT-mpath-350a1\n");
	put_holder("sdzz", "dm-90");
	EXPECT("/dev/sdzz is part of mpathological");
}
END_TEST

START_TEST(more_users_than_there_is_room_for)
{
	char line[128], *all = calloc(1, 20000);

	one_disk();
	for (unsigned i = 0; i < KERNEL_USERS_MAX + 20; i++) {
		(void) snprintf(line, sizeof(line), "30 25 65:0 / /m%u rw - ext4 /dev/sdzz rw\n",
				i);
		strcat(all, line);
	}
	put(all, "proc/1/mountinfo");
	free(all);
	ask();
	ck_assert_uint_eq(found.n, KERNEL_USERS_MAX);
	ck_assert_str_eq(found.texts[KERNEL_USERS_MAX - 1], "/dev/sdzz is mounted on /m63");
}
END_TEST

START_TEST(holders_in_a_circle_end)
{
	one_disk();
	put_block("md0", "9:0\n");
	put_block("md1", "9:1\n");
	put_holder("sdzz", "md0");
	put_holder("md0", "md1");
	put_holder("md1", "md0");
	EXPECT("/dev/sdzz is part of md0, which is part of md1");
}
END_TEST

START_TEST(a_tower_of_long_names_is_cut)
{
	char name[16], last[16] = "sdzz", mapped[201];

	memset(mapped, 'a', 200);
	mapped[200] = '\0';
	one_disk();
	for (unsigned i = 0; i < 40; i++) {
		(void) snprintf(name, sizeof(name), "dm-%u", 100 + i);
		put_mapped(name, "", mapped, "CRYPT-x");
		put_holder(last, name);
		(void) snprintf(last, sizeof(last), "%s", name);
	}
	ask();
	ck_assert_uint_eq(found.n, 1);
	ck_assert_uint_gt(strlen(found.texts[0]), 900);
	ck_assert_uint_lt(strlen(found.texts[0]), 1100);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, forget);
	tcase_add_test(tc, an_idle_map_is_looked_through);
	tcase_add_test(tc, idle_partitions_of_a_map_are_looked_through);
	tcase_add_test(tc, the_users_of_a_map_count);
	tcase_add_test(tc, a_hidden_claim_on_a_map);
	tcase_add_test(tc, a_map_with_anothers_path_is_a_user);
	tcase_add_test(tc, a_map_of_another_kind_is_a_user);
	tcase_add_test(tc, more_users_than_there_is_room_for);
	tcase_add_test(tc, holders_in_a_circle_end);
	tcase_add_test(tc, a_tower_of_long_names_is_cut);
}

int main(void)
{
	return tree_run("linux-multipath", add_tests);
}
