/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HwProvider.Resolve: whatever a person has in hand (dbus-api.md section 3).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/harness.h"

static const char *bay(const char *name)
{
	char full[256];

	(void) snprintf(full, sizeof(full), "%s:%s", get_string(subsystem(), SUBSYSTEM, "Id"),
			name);
	return resolve(full, NULL);
}

/* The label, then the reported number, then the index. */
START_TEST(bays_by_label_number_index)
{
	harness_start_text("[enclosure a]\nslots = 6\nslot-numbers = from 1\n"
			   "slot-names = B{n+3}\n",
			   NULL);
	ck_assert_str_eq(bay("B3"), slot(0));
	ck_assert_str_eq(bay("1"), slot(0));
	ck_assert_str_eq(bay("6"), slot(5));
	ck_assert_str_eq(bay("0"), slot(0)); /* no bay reports 0 */
	ck_assert_ptr_null(bay("7"));
	ck_assert_ptr_null(bay("b3"));
	ck_assert_ptr_null(bay(""));
	ck_assert_ptr_null(bay("-1"));
}
END_TEST

START_TEST(a_label_that_is_a_number_wins)
{
	harness_start_text("[enclosure a]\nslots = 6\nslot-numbers = from 0\nslot-names = {n+2}\n",
			   NULL);
	ck_assert_str_eq(bay("2"), slot(0));
	ck_assert_str_eq(bay("7"), slot(5));
	ck_assert_str_eq(bay("1"), slot(1));
}
END_TEST

START_TEST(without_numbers_the_index)
{
	harness_start("desktop-4.conf", NULL);
	ck_assert_str_eq(bay("2"), slot(2));
	ck_assert_str_eq(bay("Bay 3"), slot(2));
	ck_assert_ptr_null(bay("4"));
}
END_TEST

START_TEST(a_number_may_be_of_several_bays)
{
	unsigned n;
	char name[64];

	harness_start_text(
		"[enclosure a]\nslots = 6\nsubenclosures = 2\nslot-numbers = restart 0\n", NULL);
	(void) snprintf(name, sizeof(name), "%s:1", get_string(subsystem(), SUBSYSTEM, "Id"));
	ck_assert_str_eq(resolve(name, &n), slot(1));
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(enclosures_by_nickname)
{
	harness_start_text("[enclosure a]\nslots = 4\nnickname = left: lower\n", NULL);
	ck_assert_str_eq(resolve("left: lower:3", NULL), slot(3));
	ck_assert_str_eq(resolve("left: lower", NULL), subsystem());
	ck_assert_ptr_null(resolve("left:3", NULL));
	ck_assert_ptr_null(resolve(":3", NULL));
}
END_TEST

START_TEST(disks_by_all_their_names)
{
	const char *drive, *wwn, *serial, *port, *node, *lun;
	char name[128];

	harness_start("2u-24.conf", NULL);
	drive = get_path(slot(7), SLOT, "Drive");
	lun = get_strings(drive, DRIVE, "Luns")[0];
	wwn = get_string(drive, DRIVE, "Wwn");
	serial = get_string(drive, DRIVE, "SerialNumber");
	port = get_strings(drive, DRIVE, "SasAddresses")[0];
	node = get_strings(drive, DRIVE, "Nodes")[0];

	ck_assert_str_eq(resolve(wwn, NULL), drive);
	(void) snprintf(name, sizeof(name), "0x%s", wwn);
	ck_assert_str_eq(resolve(name, NULL), drive);
	(void) snprintf(name, sizeof(name), "naa.%s", wwn);
	ck_assert_str_eq(resolve(name, NULL), drive);
	for (char *c = name; *c; c++)
		*c = (char) (*c >= 'a' && *c <= 'f' && c > name + 3 ? *c - 32 : *c);
	ck_assert_str_eq(resolve(name, NULL), drive);
	ck_assert_str_eq(resolve(get_string(lun, LUN, "Id"), NULL), drive);
	ck_assert_str_eq(resolve(port, NULL), drive);
	ck_assert_str_eq(resolve(serial, NULL), drive);
	ck_assert_str_eq(resolve(node, NULL), drive);
	ck_assert_str_eq(resolve(node + strlen("/dev/"), NULL), drive);
	ck_assert_str_eq(resolve(drive, NULL), drive);
	ck_assert_str_eq(resolve(lun, NULL), lun);
	ck_assert_str_eq(resolve(slot(7), NULL), slot(7));
}
END_TEST

START_TEST(two_paths_are_one_drive)
{
	const char *drive;
	unsigned n;

	harness_start("shelf-60.conf", NULL);
	drive = get_path(slot(7), SLOT, "Drive");
	ck_assert_uint_eq(get_strings(drive, DRIVE, "Nodes")[2] == NULL, true);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_str_eq(resolve(get_strings(drive, DRIVE, "Nodes")[i], &n), drive);
		ck_assert_uint_eq(n, 1);
		ck_assert_str_eq(resolve(get_strings(drive, DRIVE, "SasAddresses")[i], &n), drive);
		ck_assert_uint_eq(n, 1);
	}
}
END_TEST

START_TEST(scsi_addresses)
{
	const char *at, *drive;
	char address[64];

	harness_start("2u-24.conf", NULL);
	drive = get_path(slot(7), SLOT, "Drive");
	at = strstr(simctl("lus"), "\ne0s07a ");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(strstr(at, "hctl="), "hctl=%63s", address), 1);
	ck_assert_str_eq(resolve(address, NULL), drive);
	ck_assert_ptr_null(resolve("99:0:0:0", NULL));
}
END_TEST

START_TEST(disk_that_is_gone)
{
	const char *drive, *serial, *wwn;

	harness_start("2u-24.conf", NULL);
	drive = get_path(slot(7), SLOT, "Drive");
	serial = get_string(drive, DRIVE, "SerialNumber");
	wwn = get_string(drive, DRIVE, "Wwn");
	(void) simctl("pull 7");
	wait_removed(drive);
	ck_assert_str_eq(resolve(serial, NULL), slot(7));
	ck_assert_str_eq(resolve(wwn, NULL), slot(7));
	ck_assert_ptr_null(resolve(drive, NULL));
	/* It turns up elsewhere. */
	(void) simctl("insert 22 from=7");
	wait_added(drive);
	WAIT_UNTIL(strcmp(get_path(drive, DRIVE, "Slot"), slot(22)) == 0);
	ck_assert_str_eq(resolve(serial, NULL), drive);
	(void) simctl("pull 22");
	wait_removed(drive);
	WAIT_UNTIL(strcmp(resolve(serial, NULL), slot(22)) == 0);
}
END_TEST

START_TEST(gone_while_the_daemon_was)
{
	const char *serial;

	harness_start_text("[enclosure a]\nslots = 4\n", NULL);
	serial = get_string(get_path(slot(2), SLOT, "Drive"), DRIVE, "SerialNumber");
	harness_restart_text("[enclosure a]\nslots = 4\ndisks = 0,1,3\n");
	ck_assert_str_eq(get_path(slot(2), SLOT, "Drive"), "/");
	ck_assert_str_eq(resolve(serial, NULL), slot(2));
}
END_TEST

START_TEST(nothing_fits)
{
	char name[2048];

	harness_start("desktop-4.conf", NULL);
	ck_assert_str_eq(call_error(ROOT, PROVIDER, "Resolve", "s", "/dev/nothing"),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
	ck_assert_ptr_nonnull(strstr(last_error(), "/dev/nothing"));
	ck_assert_str_eq(call_error(ROOT, PROVIDER, "Resolve", "s", ""), ERROR("E_INVALIDARG"));
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_str_eq(call_error(ROOT, PROVIDER, "Resolve", "s", name), ERROR("E_INVALIDARG"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/resolve");
	TCase *tc = harness_case("resolve");

	tcase_add_test(tc, bays_by_label_number_index);
	tcase_add_test(tc, a_label_that_is_a_number_wins);
	tcase_add_test(tc, without_numbers_the_index);
	tcase_add_test(tc, a_number_may_be_of_several_bays);
	tcase_add_test(tc, enclosures_by_nickname);
	tcase_add_test(tc, disks_by_all_their_names);
	tcase_add_test(tc, two_paths_are_one_drive);
	tcase_add_test(tc, scsi_addresses);
	tcase_add_test(tc, disk_that_is_gone);
	tcase_add_test(tc, gone_while_the_daemon_was);
	tcase_add_test(tc, nothing_fits);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
