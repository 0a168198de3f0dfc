/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dbus/org.vdsd1.conf: everybody may read, only root may call what changes
 * anything.  Each method of dbus/org.vdsd1.xml is one or the other, here by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bus/harness.h"

#define NOBODY 65534U
#define DENIED "org.freedesktop.DBus.Error.AccessDenied"

static const char *const reading[] = {
	"QuerySubSystems",
	"Resolve",
	"QueryControllers",
	"QueryDrives",
	"QueryLuns",
	"GetDrive",
	"GetSubSystem",
	"GetIdentificationData",
	"QueryUsers",
	"QueryExtents",
	"Wait",
	"QueryStatus",
	NULL,
};

static const char *const changing[] = {
	"Reenumerate",
	"Refresh",
	"SetControllerStatus",
	"SetStatus",
	"SetStatusAsync",
	"SetNickname",
	"SetIndicator",
	"SetFlags",
	"ClearFlags",
	"StartMaintenance",
	"StopMaintenance",
	"PulseMaintenance",
	"StartMaintenanceFor",
	"StartMaintenanceAsync",
	"Cancel",
	NULL,
};

/* A client of another user: who it is, is asked of the kernel as it connects. */
static sd_bus *nobody(void)
{
	sd_bus *bus;

	ck_assert_int_eq(seteuid(NOBODY), 0);
	bus = client_new();
	ck_assert_int_eq(seteuid(0), 0);
	return bus;
}

/* The error's name, "" = none. */
static const char *try(sd_bus *bus, const char *path, const char *interface, const char *member,
		       const char *argument)
{
	static char name[128];
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;

	(void) sd_bus_call_method(bus, "org.vdsd1", path, interface, member, &error, &reply,
				  argument ? "s" : NULL, argument);
	(void) snprintf(name, sizeof(name), "%s", error.name ? error.name : "");
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return name;
}

static void each_method(sd_bus *bus)
{
	char line[512], interface[128] = "", method[128];
	FILE *f = fopen("dbus/org.vdsd1.xml", "r");
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		(void) sscanf(line, " <interface name=\"%127[^\"]", interface);
		if (sscanf(line, " <method name=\"%127[^\"]", method) != 1)
			continue;
		n++;
		if (contains(changing, method)) {
			ck_assert_str_eq(try(bus, ROOT, interface, method, NULL), DENIED);
		} else {
			ck_assert_msg(contains(reading, method), "%s is in no list", method);
			ck_assert_str_ne(try(bus, ROOT, interface, method, NULL), DENIED);
		}
	}
	ck_assert_uint_gt(n, 20);
	(void) fclose(f);
}

START_TEST(everybody_may_read_only)
{
	sd_bus *bus;

	harness_start_installed("desktop-4.conf");
	bus = nobody();
	each_method(bus);
	ck_assert_str_eq(
		try(bus, ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL),
		"");
	ck_assert_str_eq(try(bus, ROOT, "org.freedesktop.DBus.Introspectable", "Introspect", NULL),
			 "");
	ck_assert_str_eq(try(bus, ROOT, "org.freedesktop.DBus.Properties", "GetAll", PROVIDER), "");
	ck_assert_str_eq(try(bus, ROOT, "org.freedesktop.DBus.Peer", "Ping", NULL), "");
	ck_assert_str_eq(try(bus, ROOT, PROVIDER, "Resolve", "/dev/sda"), "");
	/* A call without an interface is whatever has that name. */
	ck_assert_str_eq(try(bus, slot(0), NULL, "StartMaintenance", NULL), DENIED);
	sd_bus_close_unref(bus);
}
END_TEST

START_TEST(root_may)
{
	harness_start_installed("desktop-4.conf");
	ck_assert_uint_eq(maintain("Start", slot(1), BLINK_LIGHT), S_OK);
	call(ROOT, PROVIDER, "Refresh", NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/policy");
	TCase *tc = harness_case("policy");

	suite_add_tcase(s, tc);
	if (geteuid() != 0) {
		(void) puts("bus/policy: left out, only root can be two users");
		srunner_free(srunner_create(s));
		return 0;
	}
	tcase_add_test(tc, everybody_may_read_only);
	tcase_add_test(tc, root_may);
	return harness_main(s);
}
