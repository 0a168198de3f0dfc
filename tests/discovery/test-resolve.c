/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the names of nodes to scsi_devices.
 */
#include "tests/discovery/bed.h"

static void resolves(const char *name, const char *first, const char *second)
{
	char **paths = discovery->resolve_node(discovery, name);

	if (!first) {
		ck_assert_msg(!paths, "%s", name);
		return;
	}
	ck_assert_msg(paths, "%s", name);
	ck_assert_str_eq(paths[0], first);
	if (second)
		ck_assert_str_eq(paths[1], second);
	ck_assert_ptr_null(paths[second ? 2 : 1]);
	for (char **p = paths; *p; p++)
		free(*p);
	free(paths);
}

START_TEST(a_name_leads_to_its_disk)
{
	static const char *const names[] = { "sdzza",
					     "/dev/sdzza",
					     "/dev/sdzza1",
					     "sdzza1",
					     "/dev/disk/by-id/wwn-0x50a1",
					     "disk/by-path/pci-a-lun-0",
					     "/dev/sg92" };

	add_disk();
	add("P: " DISK "/block/sdzza/sdzza1\nN: sdzza1\nE: SUBSYSTEM=block\nE: DEVTYPE=partition\n"
	    "E: DEVNAME=/dev/sdzza1\n\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		resolves(names[i], "/sys" DISK, NULL);
}
END_TEST

START_TEST(other_names_lead_nowhere)
{
	static const char *const names[] = {
		"",
		"/dev/",
		"/dev/sdzzb",
		"/dev/disk/by-id/wwn-0x50a",
		"/dev/disk/by-path/pci-a-lun-0x",
		"/dev/../dev/sdzza",
		"../sdzza",
		"/sys/block/sdzza",
		"/dev/disk/by-id/wwn-0x50a1 /dev/disk/by-path/pci-a-lun-0"
	};
	char *endless = malloc(100001);

	add_disk();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		resolves(names[i], NULL, NULL);
	memset(endless, 'a', 100000);
	endless[100000] = '\0';
	resolves(endless, NULL, NULL);
	free(endless);
}
END_TEST

START_TEST(a_multipath_map_stands_for_its_paths)
{
	static const char other[] = "/devices/pci0000:00/host8/target8:0:1/8:0:1:0";

	add_disk();
	add_scsi(other, "0", "");
	add_block(other, "sdzzb", "");
	add_map("dm-93", "mpath-350a1", "E: DEVLINKS=/dev/mapper/mpatha\n");
	add_slave("dm-93", "sdzza");
	add_slave("dm-93", "sdzzb");
	add_map("dm-94", "part1-mpath-350a1", "");
	add_slave("dm-94", "dm-93");
	add_map("dm-95", "LVM-abc", "");
	add_slave("dm-95", "sdzza");

	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = { "/dev/dm-93", "/dev/mapper/mpatha", "dm-94" };
		char **paths = discovery->resolve_node(discovery, names[i]);
		bool in_order;

		ck_assert_msg(paths && paths[0] && paths[1] && !paths[2], "%s", names[i]);
		in_order = strcmp(paths[0], "/sys" DISK) == 0;
		ck_assert_str_eq(paths[in_order ? 0 : 1], "/sys" DISK);
		ck_assert_str_eq(paths[in_order ? 1 : 0] + 4, other);
		free(paths[0]);
		free(paths[1]);
		free(paths);
	}
	resolves("dm-95", NULL, NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_name_leads_to_its_disk);
	tcase_add_test(tc, other_names_lead_nowhere);
	tcase_add_test(tc, a_multipath_map_stands_for_its_paths);
}

int main(void)
{
	return bed_run("resolve", add_tests);
}
