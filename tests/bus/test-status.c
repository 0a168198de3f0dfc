/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the setters of status, the long operations and the flags promise on the
 * bus (dbus-api.md sections 5 to 7); what they do to disks is tested in tests/drive.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bus/harness.h"

enum { ONLINE = 1, NOT_READY = 2, OFFLINE = 4, FAILED = 5, REMOVED = 8 };

#define PENDING 0x80042409U
#define CANCELED 0x8004240DU
#define INVALID ERROR("E_INVALIDARG")

static const char quiet[] = "[vdsd]\nPollSeconds=0\nReadyCheckSeconds=0\n";

static const char *drive_of(unsigned bay)
{
	return get_path(slot(bay), SLOT, "Drive");
}

static const char *begin(const char *path, const char *interface, uint32_t status)
{
	return call_path(path, interface, "SetStatusAsync", "u", status);
}

static uint32_t ended(const char *operation)
{
	const char *expected = get_path(operation, ASYNC, "Object"), *object;
	uint32_t h, type;

	ck_assert_int_gt(sd_bus_message_read(call(operation, ASYNC, "Wait", NULL), "uuo", &h, &type,
					     &object),
			 0);
	ck_assert_uint_eq(type, 0);
	ck_assert_str_eq(object, expected);
	return h;
}

START_TEST(arguments)
{
	static const uint32_t none[] = { 0, 3, 6, 7, 9, 0xFFFFFFFF };
	const char *drive, *lun;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	lun = get_strings(drive, DRIVE, "Luns")[0];
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_str_eq(call_error(drive, DRIVE, "SetStatus", "u", none[i]), INVALID);
		ck_assert_str_eq(call_error(drive, DRIVE, "SetStatusAsync", "u", none[i]), INVALID);
		ck_assert_str_eq(call_error(lun, LUN, "SetStatus", "u", none[i]), INVALID);
	}
	ck_assert_str_eq(call_error(lun, LUN, "SetStatus", "u", REMOVED), INVALID);
	ck_assert_str_eq(call_error(drive, DRIVE, "SetFlags", "u", 0), INVALID);
	ck_assert_str_eq(call_error(drive, DRIVE, "SetFlags", "u", 2), INVALID);
	ck_assert_str_eq(call_error(drive, DRIVE, "ClearFlags", "u", 3), INVALID);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), ONLINE);
}
END_TEST

START_TEST(offline_and_back)
{
	const char *drive;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	signals_forget();
	call(drive, DRIVE, "SetStatus", "u", OFFLINE);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), OFFLINE);
	ck_assert_uint_eq(count_changed(drive, DRIVE, "Status"), 1);
	ck_assert_uint_ge(count_notify(32, 107, drive), 1);
	ck_assert_uint_eq(count_notify(32, 354, drive), 1);
	ck_assert_str_eq(get_path(drive, DRIVE, "Operation"), "/");
	call(drive, DRIVE, "SetStatus", "u", OFFLINE);
	call(drive, DRIVE, "SetStatus", "u", ONLINE);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), ONLINE);
	ck_assert_uint_eq(count_notify(32, 354, drive), 1);
}
END_TEST

START_TEST(removed_keeps_the_drive)
{
	const char *drive, *lun;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	lun = get_strings(drive, DRIVE, "Luns")[0];
	signals_forget();
	call(drive, DRIVE, "SetStatus", "u", REMOVED);
	wait_removed(lun);
	wait_notify(33, 109, lun);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), REMOVED);
	ck_assert_ptr_null(get_strings(drive, DRIVE, "Luns")[0]);
	ck_assert_str_eq(call_error(lun, LUN, "QueryUsers", NULL), ERROR("VDS_E_OBJECT_DELETED"));
	call(drive, DRIVE, "SetStatus", "u", ONLINE);
	wait_added(lun);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), ONLINE);
	ck_assert_str_eq(get_strings(drive, DRIVE, "Luns")[0], lun);
}
END_TEST

START_TEST(in_use)
{
	const char *drive, *lun, *path;
	uint64_t bytes;
	int used;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	lun = get_strings(drive, DRIVE, "Luns")[0];
	(void) simctl("use 3 /dev/sdc2 is mounted on /srv");
	ck_assert_str_eq(call_error(drive, DRIVE, "SetStatus", "u", OFFLINE),
			 ERROR("VDS_E_DEVICE_IN_USE"));
	ck_assert_ptr_nonnull(strstr(last_error(), "(0x80042413)"));
	ck_assert_ptr_nonnull(strstr(last_error(), "mounted on /srv"));
	ck_assert(contains(query(drive, DRIVE, "QueryUsers"), "/dev/sdc2 is mounted on /srv"));
	ck_assert(contains(query(lun, LUN, "QueryUsers"), "/dev/sdc2 is mounted on /srv"));
	ck_assert_int_gt(sd_bus_message_read(call(drive, DRIVE, "QueryExtents", NULL), "a(otb)", 1,
					     &path, &bytes, &used),
			 0);
	ck_assert_str_eq(path, lun);
	ck_assert(used);
	(void) simctl("unuse 3");
	call(drive, DRIVE, "SetStatus", "u", OFFLINE);
}
END_TEST

START_TEST(operation_is_shown)
{
	const char *drive, *operation;
	uint32_t h, percent;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	call(drive, DRIVE, "SetStatus", "u", NOT_READY);
	(void) simctl("spin 1500");
	operation = begin(drive, DRIVE, ONLINE);
	ck_assert_str_eq(get_path(drive, DRIVE, "Operation"), operation);
	ck_assert_str_eq(get_path(operation, ASYNC, "Object"), drive);
	ck_assert_str_eq(get_string(operation, ASYNC, "Kind"), "set-status");
	ck_assert_uint_eq(get_u32(operation, ASYNC, "Uid"), getuid());
	ck_assert_int_gt(sd_bus_message_read(call(operation, ASYNC, "QueryStatus", NULL), "uu", &h,
					     &percent),
			 0);
	ck_assert_uint_eq(h, PENDING);
	ck_assert_uint_lt(percent, 100);
	ck_assert_str_eq(call_error(drive, DRIVE, "SetStatus", "u", OFFLINE),
			 ERROR("VDS_E_ANOTHER_CALL_IN_PROGRESS"));
	/* Reading does not wait. */
	ck_assert_uint_ne(get_u64(drive, DRIVE, "Size"), 0);

	ck_assert_uint_eq(ended(operation), S_OK);
	wait_changed(operation, ASYNC, "Result");
	ck_assert_uint_eq(get_u32(operation, ASYNC, "Percent"), 100);
	ck_assert_str_eq(get_path(drive, DRIVE, "Operation"), "/");
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), ONLINE);
	ck_assert_str_eq(call_error(operation, ASYNC, "Cancel", NULL),
			 ERROR("VDS_E_CANCEL_TOO_LATE"));
}
END_TEST

START_TEST(cancel)
{
	const char *drive, *operation;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	call(drive, DRIVE, "SetStatus", "u", NOT_READY);
	(void) simctl("spin 10000");
	operation = begin(drive, DRIVE, ONLINE);
	call(operation, ASYNC, "Cancel", NULL);
	ck_assert_str_eq(call_error(operation, ASYNC, "Cancel", NULL),
			 ERROR("VDS_E_OPERATION_CANCELED"));
	ck_assert_uint_eq(ended(operation), CANCELED);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), NOT_READY);
}
END_TEST

START_TEST(many_wait)
{
	struct pending pending[10];
	const char *operation;

	harness_start("2u-24.conf", quiet);
	call(drive_of(3), DRIVE, "SetStatus", "u", NOT_READY);
	(void) simctl("spin 500");
	operation = begin(drive_of(3), DRIVE, ONLINE);
	for (unsigned i = 0; i < 10; i++)
		call_later(client(), &pending[i], operation, ASYNC, "Wait", NULL);
	await(pending, 10);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_str_eq(pending[i].error, "");
}
END_TEST

START_TEST(spinning)
{
	const char *drive, *operation;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	ck_assert_uint_eq(maintain("Start", drive, SPIN_DOWN), S_OK);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), NOT_READY);
	ck_assert(runs(drive, SPIN_DOWN, NULL));
	ck_assert_str_eq(call_error(drive, MAINTENANCE, "StartMaintenanceAsync", "u", BLINK_LIGHT),
			 ERROR("VDS_E_NOT_SUPPORTED"));
	ck_assert_str_eq(call_error(drive, MAINTENANCE, "StartMaintenanceAsync", "u", 9), INVALID);
	operation = call_path(drive, MAINTENANCE, "StartMaintenanceAsync", "u", SPIN_UP);
	ck_assert_str_eq(get_string(operation, ASYNC, "Kind"), "spin-up");
	ck_assert_uint_eq(ended(operation), S_OK);
	ck_assert(!runs(drive, SPIN_DOWN, NULL));
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Status"), ONLINE);
}
END_TEST

START_TEST(hot_spare)
{
	const char *drive;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	signals_forget();
	call(drive, DRIVE, "SetFlags", "u", 1);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Flags") & 1, 1);
	ck_assert(contains(get_strings(slot(3), SLOT, "Indicators"), "hot-spare"));
	ck_assert_uint_eq(count_changed(drive, DRIVE, "Flags"), 1);
	call(drive, DRIVE, "ClearFlags", "u", 1);
	ck_assert_uint_eq(get_u32(drive, DRIVE, "Flags") & 1, 0);
	ck_assert(!contains(get_strings(slot(3), SLOT, "Indicators"), "hot-spare"));
}
END_TEST

START_TEST(pings)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(maintain("Start", drive_of(3), PING), S_OK);
	ck_assert(runs(drive_of(3), PING, NULL));
	wait_changed(drive_of(3), MAINTENANCE, "LastPing");
	ck_assert_uint_eq(maintain("Stop", drive_of(3), PING), S_OK);
	ck_assert_uint_eq(maintain("Start", subsystem(), PING), S_OK);
	wait_changed(subsystem(), MAINTENANCE, "LastPing");
}
END_TEST

START_TEST(controllers_out_of_use)
{
	const char *a, *b;

	harness_start("shelf-60.conf", quiet);
	a = controllers()[0];
	b = controllers()[1];
	ck_assert_ptr_nonnull(b);
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 1, a, 0),
			 INVALID);
	ck_assert_str_eq(
		call_error(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 1, a, 2, a, b),
		INVALID);
	ck_assert_str_eq(
		call_error(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 1, a, 1, slot(0)),
		INVALID);
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 1, a, 1,
				    ROOT "/nothing"),
			 ERROR("VDS_E_OBJECT_NOT_FOUND"));
	ck_assert_str_eq(
		call_error(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 0, 2, a, b),
		ERROR("VDS_E_OPERATION_DENIED"));
	ck_assert_uint_eq(get_u32(a, CONTROLLER, "Status"), ONLINE);
	ck_assert_uint_eq(get_u32(b, CONTROLLER, "Status"), ONLINE);

	signals_forget();
	call(subsystem(), SUBSYSTEM, "SetControllerStatus", "aoao", 1, b, 1, a);
	ck_assert_uint_eq(get_u32(a, CONTROLLER, "Status"), OFFLINE);
	ck_assert_uint_eq(count_notify(31, 351, a), 1);
	ck_assert(get_bool(b, CONTROLLER, "Active"));
	ck_assert(!get_bool(a, CONTROLLER, "Active"));
	(void) simctl("log clear");
	ck_assert_uint_eq(maintain("Start", slot(5), BLINK_LIGHT), S_OK);
	ck_assert_str_eq(call_error(b, CONTROLLER, "SetStatus", "u", OFFLINE),
			 ERROR("VDS_E_OPERATION_DENIED"));
	ck_assert_str_eq(call_error(b, CONTROLLER, "SetStatus", "u", FAILED),
			 ERROR("VDS_E_NOT_SUPPORTED"));
	ck_assert_str_eq(call_error(b, CONTROLLER, "SetStatus", "u", 0), INVALID);
	call(a, CONTROLLER, "SetStatus", "u", ONLINE);
	ck_assert_uint_eq(get_u32(a, CONTROLLER, "Status"), ONLINE);
}
END_TEST

START_TEST(subsystem_status_and_nickname)
{
	harness_start("2u-24.conf", quiet);
	call(subsystem(), SUBSYSTEM, "SetStatus", "u", ONLINE);
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetStatus", "u", OFFLINE),
			 ERROR("VDS_E_NOT_SUPPORTED"));
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetStatus", "u", 0), INVALID);
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetStatus", "u", 8), INVALID);

	signals_forget();
	call(subsystem(), SUBSYSTEM, "SetNickname", "s", "left, lower");
	ck_assert_str_eq(get_string(subsystem(), SUBSYSTEM, "Nickname"), "left, lower");
	ck_assert_uint_eq(count_changed(subsystem(), SUBSYSTEM, "Nickname"), 1);
	ck_assert_ptr_nonnull(strstr(simctl("state 0"), "nickname=\"left, lower\""));
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetNickname", "s",
				    "123456789012345678901234567890123"),
			 INVALID);
	/* what could not be read back as it was is not written */
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetNickname", "s", "two\nlines"),
			 INVALID);
	ck_assert_str_eq(call_error(subsystem(), SUBSYSTEM, "SetNickname", "s", "blank "), INVALID);
	ck_assert_ptr_nonnull(strstr(simctl("state 0"), "nickname=\"left, lower\""));
}
END_TEST

START_TEST(identification)
{
	const char *drive, *lun, *vendor, *product, *revision, *serial;
	uint32_t bus, code_set, type;
	uint8_t device;
	sd_bus_message *m;
	int queueing, naa = 0;

	harness_start("2u-24.conf", quiet);
	drive = drive_of(3);
	lun = get_strings(drive, DRIVE, "Luns")[0];
	serial = get_string(drive, DRIVE, "SerialNumber");
	m = call(lun, LUN, "GetIdentificationData", NULL);
	ck_assert_int_gt(sd_bus_message_read(m, "ybussss", &device, &queueing, &bus, &vendor,
					     &product, &revision, &drive),
			 0);
	ck_assert_uint_eq(device, 0);
	ck_assert_uint_eq(bus, 10);
	ck_assert_str_eq(drive, serial);
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "(uuay)"), 0);
	while (sd_bus_message_enter_container(m, 'r', "uuay") > 0) {
		const void *bytes;
		size_t n;

		ck_assert_int_gt(sd_bus_message_read(m, "uu", &code_set, &type), 0);
		ck_assert_int_ge(sd_bus_message_read_array(m, 'y', &bytes, &n), 0);
		naa += code_set == 1 && type == 3 && n == 8;
		ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
	}
	ck_assert_int_ge(naa, 1);
}
END_TEST

/* Who still waits when the daemon ends is told so. */
START_TEST(the_end_is_an_answer)
{
	struct pending pending;

	harness_start("2u-24.conf", quiet);
	call(drive_of(3), DRIVE, "SetStatus", "u", NOT_READY);
	(void) simctl("spin 60000");
	call_later(client(), &pending, drive_of(3), DRIVE, "SetStatus", "u", ONLINE);
	WAIT_UNTIL(strcmp(get_path(drive_of(3), DRIVE, "Operation"), "/") != 0);
	harness_end();
	await(&pending, 1);
	ck_assert_str_eq(pending.error, ERROR("VDS_E_OPERATION_CANCELED"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/status");
	TCase *tc = harness_case("status");

	tcase_add_test(tc, arguments);
	tcase_add_test(tc, offline_and_back);
	tcase_add_test(tc, removed_keeps_the_drive);
	tcase_add_test(tc, in_use);
	tcase_add_test(tc, operation_is_shown);
	tcase_add_test(tc, cancel);
	tcase_add_test(tc, many_wait);
	tcase_add_test(tc, spinning);
	tcase_add_test(tc, hot_spare);
	tcase_add_test(tc, pings);
	tcase_add_test(tc, controllers_out_of_use);
	tcase_add_test(tc, subsystem_status_and_nickname);
	tcase_add_test(tc, identification);
	tcase_add_test(tc, the_end_is_an_answer);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
