/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lamp calls on one bay are carried out in order, whoever sends them through
 * whichever object, and are never refused for being many (dbus-api.md section 4).
 */
#include <stdio.h>
#include <string.h>

#include "tests/bus/harness.h"

#define CALLS 40U

static const char quiet[] = "[vdsd]\nPollSeconds=0\n";

static void check(const struct pending *pending, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		ck_assert_str_eq(pending[i].error, "");
		/* Each Stop found the lamp that the Start before it had lit. */
		ck_assert_msg(pending[i].h == S_OK, "call %u answered S_FALSE", i);
		ck_assert_uint_eq(pending[i].order, i);
	}
}

static const char *verb(unsigned i)
{
	return i % 2 ? "StopMaintenance" : "StartMaintenance";
}

START_TEST(one_client_one_bay)
{
	struct pending pending[CALLS];

	harness_start("2u-24.conf", quiet);
	for (unsigned i = 0; i < CALLS; i++)
		call_later(client(), &pending[i], slot(7), MAINTENANCE, verb(i), "u", BLINK_LIGHT);
	await(pending, CALLS);
	check(pending, CALLS);
	ck_assert(shown("17:7", "ident=0"));
}
END_TEST

START_TEST(a_new_client_keeps_its_order)
{
	struct pending pending[CALLS];
	const char *path;
	sd_bus *bus;

	harness_start("2u-24.conf", quiet);
	path = slot(7);
	bus = client_new();
	for (unsigned i = 0; i < CALLS; i++)
		call_later(bus, &pending[i], path, MAINTENANCE, verb(i), "u", BLINK_LIGHT);
	await(pending, CALLS);
	check(pending, CALLS);
	sd_bus_close_unref(bus);
}
END_TEST

START_TEST(through_whichever_object)
{
	struct pending pending[CALLS];
	const char *paths[3];

	harness_start("2u-24.conf", quiet);
	paths[0] = slot(7);
	paths[1] = get_path(slot(7), SLOT, "Drive");
	paths[2] = get_strings(paths[1], DRIVE, "Luns")[0];
	for (unsigned i = 0; i < CALLS; i++)
		call_later(client(), &pending[i], paths[i % 3], MAINTENANCE, verb(i), "u",
			   BLINK_LIGHT);
	await(pending, CALLS);
	check(pending, CALLS);
	ck_assert(shown("17:7", "ident=0"));
}
END_TEST

/* Whatever order the bus brings them in: each is answered, and the last word holds. */
START_TEST(many_clients_one_bay)
{
	struct pending pending[8][8];
	const char *path;
	sd_bus *bus[8];

	harness_start("2u-24.conf", quiet);
	path = slot(7);
	for (unsigned c = 0; c < 8; c++) {
		bus[c] = client_new();
		for (unsigned i = 0; i < 8; i++)
			call_later(bus[c], &pending[c][i], path, MAINTENANCE, verb(i), "u",
				   BLINK_LIGHT);
	}
	for (unsigned c = 0; c < 8; c++) {
		await(pending[c], 8);
		for (unsigned i = 0; i < 8; i++)
			ck_assert_str_eq(pending[c][i].error, "");
		sd_bus_close_unref(bus[c]);
	}
	ck_assert_uint_le(maintain("Stop", path, BLINK_LIGHT), S_FALSE);
	ck_assert(shown("17:7", "ident=0"));
}
END_TEST

/* A caller that leaves ends nothing. */
START_TEST(a_client_that_leaves)
{
	struct pending pending;
	const char *path;
	sd_bus *bus;

	harness_start("2u-24.conf", quiet);
	path = slot(7);
	(void) simctl("delay 50");
	bus = client_new();
	call_later(bus, &pending, slot(8), MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT);
	await(&pending, 1);
	call_later(bus, &pending, path, MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT);
	ck_assert_int_ge(sd_bus_flush(bus), 0);
	sd_bus_slot_unref(pending.slot);
	sd_bus_close_unref(bus);
	WAIT_UNTIL(shown("17:7", "ident=1"));
	WAIT_UNTIL(get_bool(path, SLOT, "Identify"));
}
END_TEST

/* What one client may have under way is limited, and is no limit for others. */
START_TEST(a_greedy_client)
{
	static struct pending pending[2100];
	const char *drive, *operation;
	unsigned refused = 0;
	sd_bus *bus;

	harness_start("2u-24.conf", quiet);
	drive = get_path(slot(3), SLOT, "Drive");
	call(drive, DRIVE, "SetStatus", "u", 2);
	(void) simctl("spin 60000");
	operation = call_path(drive, DRIVE, "SetStatusAsync", "u", 1);
	bus = client_new();
	for (unsigned i = 0; i < 2100; i++)
		call_later(bus, &pending[i], operation, ASYNC, "Wait", NULL);
	ck_assert_int_ge(sd_bus_flush(bus), 0);
	await(&pending[2099], 1);
	ck_assert_str_eq(pending[2099].error, "org.freedesktop.DBus.Error.LimitsExceeded");
	ck_assert_uint_eq(maintain("Start", slot(7), BLINK_LIGHT), S_OK);
	call(operation, ASYNC, "Cancel", NULL);
	await(pending, 2099);
	for (unsigned i = 0; i < 2100; i++)
		refused += pending[i].error[0] != '\0';
	ck_assert_uint_eq(refused, 2100 - 2048);
	sd_bus_close_unref(bus);
}
END_TEST

/* Another chassis, and reading, do not wait for a shelf that hangs. */
START_TEST(others_go_on)
{
	const char *const *all;
	struct pending pending;
	char first[256], second[256];

	harness_start_text("[enclosure a]\nslots = 4\n[enclosure b]\nslots = 4\n", quiet);
	all = query(ROOT, PROVIDER, "QuerySubSystems");
	ck_assert_ptr_nonnull(all[1]);
	(void) snprintf(first, sizeof(first), "%s/slot/0", all[0]);
	(void) snprintf(second, sizeof(second), "%s/slot/0", all[1]);
	/* Which of them is 0 to the simulator is told by its identifier. */
	if (!strstr(simctl("state 0"), strrchr(all[0], '/') + 1)) {
		(void) snprintf(second, sizeof(second), "%s/slot/0", all[0]);
		(void) snprintf(first, sizeof(first), "%s/slot/0", all[1]);
	}
	(void) simctl("hang -1 op=any lu=e0a");
	call_later(client(), &pending, first, MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT);
	ck_assert(!get_bool(first, SLOT, "Identify"));
	ck_assert_uint_eq(maintain("Start", second, BLINK_LIGHT), S_OK);
	ck_assert(!pending.done);
	(void) simctl("unhang");
	await(&pending, 1);
	ck_assert_str_eq(pending.error, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/order");
	TCase *tc = harness_case("order");

	tcase_add_test(tc, one_client_one_bay);
	tcase_add_test(tc, a_new_client_keeps_its_order);
	tcase_add_test(tc, through_whichever_object);
	tcase_add_test(tc, many_clients_one_bay);
	tcase_add_test(tc, a_client_that_leaves);
	tcase_add_test(tc, a_greedy_client);
	tcase_add_test(tc, others_go_on);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
