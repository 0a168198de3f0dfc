/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is, what it says of itself, and how it comes and goes
 * (dbus-api.md sections 2, 3, 5 and 6).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/harness.h"

static const char quiet[] = "[vdsd]\nPollSeconds=0\n";

enum { SUB_SYSTEM_TYPE = 30, CONTROLLER_TYPE, DRIVE_TYPE, LUN_TYPE };

/* Objects with that interface, as GetManagedObjects has them. */
static unsigned managed(const char *wanted)
{
	sd_bus_message *m =
		call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
	const char *path, *interface;
	unsigned n = 0;

	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}"), 0);
	while (sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}") > 0) {
		ck_assert_int_gt(sd_bus_message_read(m, "o", &path), 0);
		ck_assert_int_eq(strncmp(path, ROOT "/", strlen(ROOT "/")), 0);
		ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "{sa{sv}}"), 0);
		while (sd_bus_message_enter_container(m, 'e', "sa{sv}") > 0) {
			ck_assert_int_gt(sd_bus_message_read(m, "s", &interface), 0);
			n += strcmp(interface, wanted) == 0;
			ck_assert_int_gt(sd_bus_message_skip(m, "a{sv}"), 0);
			ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
		}
		ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
		ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
	}
	return n;
}

static unsigned listed(const char *path, const char *interface, const char *method)
{
	const char *const *paths = query(path, interface, method);
	unsigned n = 0;

	while (paths[n])
		n++;
	return n;
}

START_TEST(everything_is_managed)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(managed(SUBSYSTEM), 1);
	ck_assert_uint_eq(managed(CONTROLLER), 1);
	ck_assert_uint_eq(managed(SLOT), 24);
	ck_assert_uint_eq(managed(DRIVE), 20);
	ck_assert_uint_eq(managed(LUN), 20);
	ck_assert_uint_gt(managed(ELEMENT), 5);
	ck_assert_uint_eq(managed(ASYNC), 0);
	ck_assert_uint_ge(managed(MAINTENANCE), 1 + 1 + 24 + 20 + 20);
	ck_assert_uint_eq(listed(ROOT, PROVIDER, "QuerySubSystems"), 1);
	ck_assert_uint_eq(listed(subsystem(), SUBSYSTEM, "QueryControllers"), 1);
	ck_assert_uint_eq(listed(subsystem(), SUBSYSTEM, "QueryDrives"), 20);
	ck_assert_uint_eq(listed(subsystem(), SUBSYSTEM, "QueryLuns"), 20);
}
END_TEST

START_TEST(two_ways_are_one_enclosure)
{
	harness_start("shelf-60.conf", quiet);
	ck_assert_uint_eq(managed(SUBSYSTEM), 1);
	ck_assert_uint_eq(managed(CONTROLLER), 2);
	ck_assert_uint_eq(managed(SLOT), 60);
	ck_assert_uint_eq(managed(DRIVE), 60);
	ck_assert_uint_eq(managed(LUN), 60);
	ck_assert_int_eq(get_i16(subsystem(), SUBSYSTEM, "MaxNumberOfControllers"), 2);
}
END_TEST

START_TEST(subsystem_says)
{
	const char *id;

	harness_start("2u-24.conf", quiet);
	id = get_string(subsystem(), SUBSYSTEM, "Id");
	ck_assert_str_eq(strrchr(subsystem(), '/') + 1, id);
	ck_assert_uint_eq(strlen(id), 16);
	ck_assert_str_eq(get_string(subsystem(), SUBSYSTEM, "LogicalId"), id);
	ck_assert_str_eq(get_string(subsystem(), SUBSYSTEM, "FriendlyName"), "SIM 2U24");
	ck_assert_str_eq(get_string(subsystem(), SUBSYSTEM, "Vendor"), "SIM");
	ck_assert_str_eq(get_string(subsystem(), SUBSYSTEM, "Revision"), "0104");
	ck_assert_uint_eq(get_u32(subsystem(), SUBSYSTEM, "Status"), 1);
	ck_assert_uint_eq(get_u32(subsystem(), SUBSYSTEM, "Health"), 1);
	ck_assert_int_eq(get_i16(subsystem(), SUBSYSTEM, "NumberOfInternalBuses"), 1);
	ck_assert_int_eq(get_i16(subsystem(), SUBSYSTEM, "MaxNumberOfSlotsEachBus"), 24);
	ck_assert_int_eq(get_i16(subsystem(), SUBSYSTEM, "MaxNumberOfControllers"), 1);
	ck_assert_uint_ne(get_u64(subsystem(), SUBSYSTEM, "LastRefresh"), 0);
}
END_TEST

START_TEST(slot_and_drive_agree)
{
	const char *drive, *lun;

	harness_start("2u-24.conf", quiet);
	drive = get_path(slot(7), SLOT, "Drive");
	ck_assert_str_eq(get_path(slot(7), SLOT, "SubSystem"), subsystem());
	ck_assert_uint_eq(get_u32(slot(7), SLOT, "Index"), 7);
	ck_assert_int_eq(get_i16(slot(7), SLOT, "ReportedNumber"), 7);
	ck_assert_str_eq(get_string(slot(7), SLOT, "Label"), "Slot 08");
	ck_assert_str_eq(get_string(slot(7), SLOT, "StatusCode"), "ok");
	ck_assert(get_bool(slot(7), SLOT, "Occupied"));
	ck_assert_uint_eq(get_u32(slot(7), SLOT, "Row"), 0);

	ck_assert_str_eq(get_path(drive, DRIVE, "Slot"), slot(7));
	ck_assert_str_eq(get_path(drive, DRIVE, "SubSystem"), subsystem());
	ck_assert_int_eq(get_i16(drive, DRIVE, "SlotNumber"), 7);
	ck_assert_int_eq(get_i16(drive, DRIVE, "InternalBusNumber"), 0);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "EnclosureNumber"), 0);
	ck_assert_str_eq(get_string(drive, DRIVE, "Id"), strrchr(drive, '/') + 1);
	ck_assert_str_eq(get_string(drive, DRIVE, "Identification"),
			 get_string(drive, DRIVE, "SerialNumber"));
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), 1);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "BusType"), 10);
	ck_assert_str_eq(get_path(drive, DRIVE, "Operation"), "/");
	ck_assert(contains(get_strings(slot(7), SLOT, "SasAddresses"),
			   get_strings(drive, DRIVE, "SasAddresses")[0]));

	lun = get_strings(drive, DRIVE, "Luns")[0];
	ck_assert_ptr_nonnull(lun);
	ck_assert_str_eq(get_strings(lun, LUN, "Drives")[0], drive);
	ck_assert_str_eq(get_path(lun, LUN, "SubSystem"), subsystem());
	ck_assert_uint_eq(get_u64(lun, LUN, "Size"), get_u64(drive, DRIVE, "Size"));
	ck_assert_uint_eq(get_u32(lun, LUN, "Type"), 10);
	ck_assert_uint_eq(get_u32(lun, LUN, "TransitionState"), 1);
}
END_TEST

START_TEST(get_drive_by_bay)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_str_eq(call_path(subsystem(), SUBSYSTEM, "GetDrive", "nn", 0, 7),
			 get_path(slot(7), SLOT, "Drive"));
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "GetDrive", "nn", 0, 22),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "GetDrive", "nn", 0, 24),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "GetDrive", "nn", 1, 7),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
}
END_TEST

START_TEST(disk_without_bay)
{
	const char *drive;

	harness_start_text("[disk system]\nbus = ahci\n", quiet);
	ck_assert_uint_eq(managed(SUBSYSTEM), 0);
	ck_assert_uint_eq(managed(DRIVE), 1);
	drive = resolve("/dev/sda", NULL);
	ck_assert_ptr_nonnull(drive);
	ck_assert_str_eq(get_path(drive, DRIVE, "Slot"), "/");
	ck_assert_int_eq(get_i16(drive, DRIVE, "SlotNumber"), -1);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "EnclosureNumber"), 0xFFFFFFFFU);
	ck_assert_str_eq(call_error(drive, DRIVE, "GetSubSystem", NULL),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
	ck_assert_str_eq(call_error(drive, MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT),
			 ERROR("VDS_E_NOT_SUPPORTED"));
}
END_TEST

START_TEST(disk_goes_and_comes)
{
	const char *drive, *lun;

	harness_start("2u-24.conf", "[vdsd]\nPollSeconds=1\n");
	drive = get_path(slot(7), SLOT, "Drive");
	lun = get_strings(drive, DRIVE, "Luns")[0];

	signals_forget();
	(void) simctl("pull 7");
	wait_removed(drive);
	wait_removed(lun);
	wait_notify(DRIVE_TYPE, 106, drive);
	wait_notify(LUN_TYPE, 109, lun);
	wait_changed(slot(7), SLOT, "Drive");
	ck_assert_str_eq(get_path(slot(7), SLOT, "Drive"), "/");
	WAIT_UNTIL(!get_bool(slot(7), SLOT, "Occupied"));
	ck_assert_uint_eq(managed(DRIVE), 19);

	signals_forget();
	(void) simctl("insert 7");
	wait_added(drive);
	wait_added(lun);
	wait_notify(DRIVE_TYPE, 105, drive);
	wait_notify(LUN_TYPE, 108, lun);
	WAIT_UNTIL(strcmp(get_path(slot(7), SLOT, "Drive"), drive) == 0);
	ck_assert_str_eq(get_path(drive, DRIVE, "Slot"), slot(7));
	ck_assert_uint_eq(managed(DRIVE), 20);
}
END_TEST

START_TEST(enclosure_goes_and_comes)
{
	const char *enclosure, *bay;

	harness_start("2u-24.conf", quiet);
	enclosure = subsystem();
	bay = slot(7);
	signals_forget();
	(void) simctl("power 0 off");
	wait_removed(enclosure);
	wait_removed(bay);
	wait_notify(SUB_SYSTEM_TYPE, 102, enclosure);
	ck_assert_str_eq(call_error(bay, MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT),
			 ERROR("VDS_E_OBJECT_DELETED"));
	signals_forget();
	(void) simctl("power 0 on");
	wait_added(enclosure);
	wait_added(bay);
	wait_notify(SUB_SYSTEM_TYPE, 101, enclosure);
	ck_assert_uint_eq(managed(SLOT), 24);
	ck_assert_uint_eq(maintain("Start", bay, BLINK_LIGHT), S_OK);
}
END_TEST

START_TEST(only_changes_are_signalled)
{
	const char *temperature;

	harness_start("2u-24.conf", quiet);
	temperature = below("element/ts_0");
	signals_forget();
	for (unsigned i = 0; i < 3; i++)
		call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(count_changed(subsystem(), SUBSYSTEM, NULL), 0);
	ck_assert_uint_eq(count_changed(slot(3), SLOT, NULL), 0);

	/* 25 degrees more: the value is there, the signal is not. */
	(void) simctl("elem 04:0 01003200");
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(count_changed(temperature, ELEMENT, "Value"), 0);
	ck_assert_uint_eq(count_changed(temperature, ELEMENT, "StatusCode"), 0);
	(void) simctl("elem 04:0 02003200");
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(count_changed(temperature, ELEMENT, "StatusCode"), 1);
	ck_assert_str_eq(get_string(temperature, ELEMENT, "StatusCode"), "critical");
	ck_assert_uint_ge(count_notify(SUB_SYSTEM_TYPE, 151, subsystem()), 1);
}
END_TEST

START_TEST(many_changes_are_one_notification)
{
	harness_start("2u-24.conf", quiet);
	for (unsigned i = 0; i < 8; i++)
		(void) simctl("elem 17:%u 01000200", i);
	signals_forget();
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(count_changed(NULL, SLOT, "Identify"), 8);
	ck_assert_uint_eq(count_notify(SUB_SYSTEM_TYPE, 151, subsystem()), 1);
}
END_TEST

START_TEST(rescans_show_an_operation)
{
	struct pending pending;
	const char *path;

	harness_start("2u-24.conf", quiet);
	(void) simctl("delay 100");
	call_later(client(), &pending, ROOT, PROVIDER, "Reenumerate", NULL);
	WAIT_UNTIL(strcmp(path = get_path(ROOT, PROVIDER, "Operation"), "/") != 0);
	ck_assert_str_eq(get_string(path, ASYNC, "Kind"), "reenumerate");
	ck_assert_str_eq(get_path(path, ASYNC, "Object"), ROOT);
	ck_assert_uint_eq(get_u32(path, ASYNC, "Result"), 0x80042409U);
	ck_assert_str_eq(call_error(path, ASYNC, "Cancel", NULL), ERROR("VDS_E_NOT_SUPPORTED"));
	await(&pending, 1);
	ck_assert_str_eq(pending.error, "");
	ck_assert_str_eq(get_path(ROOT, PROVIDER, "Operation"), "/");
	ck_assert_uint_eq(get_u32(path, ASYNC, "Result"), S_OK);
	ck_assert_uint_eq(get_u32(path, ASYNC, "Percent"), 100);
	ck_assert_str_eq(call_error(path, ASYNC, "Cancel", NULL), ERROR("VDS_E_CANCEL_TOO_LATE"));
}
END_TEST

/* Page 0Ah lists the occupied bays only, and does not say which these are. */
START_TEST(no_bay_rather_than_the_wrong_one)
{
	static const char *const texts[] = { "eip=no", "element-index=zero" };

	for (unsigned i = 0; i < 2; i++) {
		char text[100];

		(void) snprintf(text, sizeof(text),
				"[enclosure box]\nslots=8\ndisks=2-4\nempty-bays=sparse\n%s\n",
				texts[i]);
		harness_start_text(text, quiet);
		for (unsigned k = 0; k < 8; k++)
			ck_assert_str_eq(get_path(slot(k), SLOT, "Drive"), "/");
		ck_assert_uint_eq(maintain("Start", slot(3), BLINK_LIGHT), S_OK);
		ck_assert(shown("17:3", "ident=1"));
		harness_stop();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/objects");
	TCase *tc = harness_case("objects");

	tcase_add_test(tc, everything_is_managed);
	tcase_add_test(tc, two_ways_are_one_enclosure);
	tcase_add_test(tc, subsystem_says);
	tcase_add_test(tc, slot_and_drive_agree);
	tcase_add_test(tc, get_drive_by_bay);
	tcase_add_test(tc, disk_without_bay);
	tcase_add_test(tc, disk_goes_and_comes);
	tcase_add_test(tc, enclosure_goes_and_comes);
	tcase_add_test(tc, only_changes_are_signalled);
	tcase_add_test(tc, many_changes_are_one_notification);
	tcase_add_test(tc, rescans_show_an_operation);
	tcase_add_test(tc, no_bay_rather_than_the_wrong_one);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
