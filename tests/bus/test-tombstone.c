/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A path that was there and is gone says so, to whatever it is asked
 * (dbus-api.md section 2).
 */
#include <string.h>

#include "tests/bus/harness.h"

#define DELETED ERROR("VDS_E_OBJECT_DELETED")
#define PROPERTIES "org.freedesktop.DBus.Properties"

static void says_deleted(const char *path, const char *interface, const char *property)
{
	ck_assert_str_eq(call_error(path, MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT),
			 DELETED);
	ck_assert_str_eq(call_error(path, MAINTENANCE, "StartMaintenance", "s", "wrong"), DELETED);
	ck_assert_str_eq(call_error(path, "org.example.Other", "Frobnicate", NULL), DELETED);
	/* arguments before existence */
	ck_assert_str_eq(call_error(path, MAINTENANCE, "StopMaintenance", "u", 6),
			 ERROR("E_INVALIDARG"));
	ck_assert_str_eq(call_error(path, MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 0),
			 ERROR("E_INVALIDARG"));
	ck_assert_str_eq(call_error(path, PROPERTIES, "Get", "ss", interface, property), DELETED);
	ck_assert_str_eq(call_error(path, PROPERTIES, "Get", "ss", interface, "Nonsense"), DELETED);
	ck_assert_str_eq(call_error(path, PROPERTIES, "GetAll", "s", interface), DELETED);
	call(path, "org.freedesktop.DBus.Peer", "Ping", NULL);
}

START_TEST(pulled_disk)
{
	const char *drive, *lun;

	harness_start("2u-24.conf", NULL);
	drive = get_path(slot(7), SLOT, "Drive");
	lun = get_strings(drive, DRIVE, "Luns")[0];
	(void) simctl("pull 7");
	wait_removed(drive);
	wait_removed(lun);
	says_deleted(drive, DRIVE, "Size");
	says_deleted(lun, LUN, "Size");

	(void) simctl("insert 7");
	wait_added(drive);
	wait_added(lun);
	ck_assert_uint_ne(get_u64(drive, DRIVE, "Size"), 0);
	ck_assert_uint_ne(get_u64(lun, LUN, "Size"), 0);
}
END_TEST

START_TEST(enclosure_that_left)
{
	const char *paths[4];

	harness_start("2u-24.conf", NULL);
	paths[0] = slot(7);
	paths[1] = below("element/ps_0");
	paths[2] = get_path(slot(7), SLOT, "Drive");
	(void) simctl("power 0 off");
	wait_removed(subsystem());
	wait_removed(paths[0]);
	wait_removed(paths[1]);
	wait_removed(paths[2]);
	says_deleted(subsystem(), SUBSYSTEM, "Id");
	says_deleted(paths[0], SLOT, "Label");
	says_deleted(paths[1], ELEMENT, "Label");
	says_deleted(paths[2], DRIVE, "Size");
	(void) simctl("power 0 on");
	wait_added(paths[0]);
	ck_assert_str_eq(get_string(paths[0], SLOT, "Label"), "Slot 08");
}
END_TEST

START_TEST(what_never_was_is_unknown)
{
	harness_start("2u-24.conf", NULL);
	ck_assert_str_eq(call_error(slot(24), SLOT, "SetIndicator", "sb", "ident", true),
			 "org.freedesktop.DBus.Error.UnknownObject");
	ck_assert_str_eq(call_error(ROOT "/drive/nothing", DRIVE, "GetSubSystem", NULL),
			 "org.freedesktop.DBus.Error.UnknownObject");
	ck_assert_str_eq(call_error(ROOT "/async/1", ASYNC, "Wait", NULL),
			 "org.freedesktop.DBus.Error.UnknownObject");
	ck_assert_str_eq(call_error(slot(7), SLOT, "Frobnicate", NULL),
			 "org.freedesktop.DBus.Error.UnknownMethod");
	ck_assert_str_eq(call_error(slot(7), PROPERTIES, "Get", "ss", SLOT, "Nonsense"),
			 "org.freedesktop.DBus.Error.UnknownProperty");
}
END_TEST

/* The path of an operation answers after its end. */
START_TEST(ended_operation_stays_a_while)
{
	const char *operation = ROOT "/async/1";
	uint32_t h, type;
	const char *object;

	harness_start("2u-24.conf", NULL);
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_int_gt(sd_bus_message_read(call(operation, ASYNC, "Wait", NULL), "uuo", &h, &type,
					     &object),
			 0);
	ck_assert_uint_eq(h, S_OK);
	ck_assert_uint_eq(type, 0);
	ck_assert_str_eq(object, ROOT);
	ck_assert_str_eq(get_string(operation, ASYNC, "Kind"), "refresh");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/tombstone");
	TCase *tc = harness_case("tombstone");

	tcase_add_test(tc, pulled_disk);
	tcase_add_test(tc, enclosure_that_left);
	tcase_add_test(tc, what_never_was_is_unknown);
	tcase_add_test(tc, ended_operation_stays_a_while);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
