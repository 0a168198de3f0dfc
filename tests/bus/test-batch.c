/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests for many bays that arrive together go out as few pages (issue: one
 * lamp), and a single one does not wait for company.
 */
#include <stdlib.h>

#include "tests/bus/harness.h"

#define BAYS 60U
#define COMMANDS_MAX 6U

/* Commands to the shelf are only those of the calls. */
static const char quiet[] = "[vdsd]\nPollSeconds=0\nReadyCheckSeconds=0\n";

static void all_bays(sd_bus *bus, const char *method, struct pending pending[static BAYS])
{
	for (unsigned i = 0; i < BAYS; i++)
		call_later(bus, &pending[i], slot(i), MAINTENANCE, method, "u", BLINK_LIGHT);
	await(pending, BAYS);
	for (unsigned i = 0; i < BAYS; i++) {
		ck_assert_str_eq(pending[i].error, "");
		ck_assert_uint_eq(pending[i].h, S_OK);
	}
}

START_TEST(sixty_lamps)
{
	struct pending pending[BAYS];
	unsigned before;

	harness_start("shelf-60.conf", quiet);
	(void) slot(0);
	(void) simctl("delay 1");
	before = enclosure_commands();
	all_bays(client(), "StartMaintenance", pending);
	ck_assert_uint_le(enclosure_commands() - before, COMMANDS_MAX);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert(get_bool(slot(i), SLOT, "Identify"));

	before = enclosure_commands();
	all_bays(client(), "StopMaintenance", pending);
	ck_assert_uint_le(enclosure_commands() - before, COMMANDS_MAX);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert(!get_bool(slot(i), SLOT, "Identify"));
}
END_TEST

/* The uid of a new client is not known yet when its calls come. */
START_TEST(sixty_lamps_of_a_new_client)
{
	struct pending pending[BAYS];
	unsigned before;
	sd_bus *bus;

	harness_start("shelf-60.conf", quiet);
	(void) slot(0);
	(void) simctl("delay 1");
	bus = client_new();
	before = enclosure_commands();
	all_bays(bus, "StartMaintenance", pending);
	ck_assert_uint_le(enclosure_commands() - before, COMMANDS_MAX);
	sd_bus_close_unref(bus);
}
END_TEST

START_TEST(one_lamp_costs_one_round)
{
	unsigned before;

	harness_start("2u-24.conf", quiet);
	before = enclosure_commands();
	ck_assert_uint_eq(maintain("Start", slot(7), BLINK_LIGHT), S_OK);
	/* read, write, read back */
	ck_assert_uint_le(enclosure_commands() - before, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/batch");
	TCase *tc = harness_case("batch");

	tcase_add_test(tc, sixty_lamps);
	tcase_add_test(tc, sixty_lamps_of_a_new_client);
	tcase_add_test(tc, one_lamp_costs_one_round);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
