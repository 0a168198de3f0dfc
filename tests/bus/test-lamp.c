/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main job: the right lamp, verified, and nothing else (dbus-api.md section 4).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bus/harness.h"

#define UID_OTHER 0xFFFFFFFFU
#define INVALID ERROR("E_INVALIDARG")
#define NOT_SUPPORTED ERROR("VDS_E_NOT_SUPPORTED")

/* No poll comes between. */
static const char quiet[] = "[vdsd]\nPollSeconds=0\n";

/* `simctl state` without the line of one element. */
static char *all_but(const char *element)
{
	char prefix[32], *text = strdup(simctl("state")), *at, *end;

	ck_assert_ptr_nonnull(text);
	(void) snprintf(prefix, sizeof(prefix), "\ne0 %s ", element);
	at = strstr(text, prefix);
	ck_assert_ptr_nonnull(at);
	end = strchr(at + 1, '\n');
	ck_assert_ptr_nonnull(end);
	memmove(at, end, strlen(end) + 1);
	return text;
}

START_TEST(starts_and_stops)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	ck_assert(!get_bool(slot(7), SLOT, "Identify"));
	signals_forget();
	ck_assert_uint_eq(maintain("Start", slot(7), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:7", "ident=1"));
	/* Who has the answer has the signals. */
	ck_assert_uint_eq(count_changed(slot(7), SLOT, "Identify"), 1);
	ck_assert(get_bool(slot(7), SLOT, "Identify"));
	ck_assert(contains(get_strings(slot(7), SLOT, "Indicators"), "ident"));
	ck_assert(runs(slot(7), BLINK_LIGHT, &run));
	ck_assert_uint_eq(run.pulses, 0);
	ck_assert_uint_eq(run.end, 0);
	ck_assert_uint_eq(run.uid, getuid());

	ck_assert_uint_eq(maintain("Start", slot(7), BLINK_LIGHT), S_OK);
	ck_assert_uint_eq(maintain("Stop", slot(7), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:7", "ident=0"));
	ck_assert(!get_bool(slot(7), SLOT, "Identify"));
	ck_assert(!runs(slot(7), BLINK_LIGHT, NULL));
	ck_assert_uint_eq(maintain("Stop", slot(7), BLINK_LIGHT), S_FALSE);
}
END_TEST

START_TEST(disturbs_nothing_else)
{
	char *before, *after;

	harness_start("2u-24.conf", quiet);
	call(slot(3), SLOT, "SetIndicator", "sb", "fault", true);
	call(slot(7), SLOT, "SetIndicator", "sb", "rebuild", true);
	ck_assert_uint_eq(maintain("Start", slot(6), BLINK_LIGHT), S_OK);
	before = all_but("17:7");
	ck_assert_uint_eq(maintain("Start", slot(7), BLINK_LIGHT), S_OK);
	after = all_but("17:7");
	ck_assert_str_eq(before, after);
	ck_assert(get_bool(slot(3), SLOT, "Fault"));
	ck_assert(contains(get_strings(slot(7), SLOT, "Indicators"), "rebuild"));
	ck_assert(get_bool(slot(7), SLOT, "Identify"));
	free(before);
	free(after);
}
END_TEST

START_TEST(drive_and_unit_light_their_bay)
{
	const char *drive, *lun;

	harness_start("2u-24.conf", quiet);
	drive = get_path(slot(7), SLOT, "Drive");
	lun = get_strings(drive, DRIVE, "Luns")[0];
	ck_assert_uint_eq(maintain("Start", drive, BLINK_LIGHT), S_OK);
	ck_assert(shown("17:7", "ident=1"));
	ck_assert(runs(drive, BLINK_LIGHT, NULL));
	ck_assert(runs(lun, BLINK_LIGHT, NULL));
	ck_assert_uint_eq(maintain("Stop", lun, BLINK_LIGHT), S_OK);
	ck_assert(shown("17:7", "ident=0"));
	ck_assert_uint_eq(maintain("Stop", drive, BLINK_LIGHT), S_FALSE);
}
END_TEST

START_TEST(empty_bay_lights)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_str_eq(get_path(slot(22), SLOT, "Drive"), "/");
	ck_assert_uint_eq(maintain("Start", slot(22), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:22", "ident=1"));
}
END_TEST

START_TEST(bay_whose_disk_is_gone_stays_lit)
{
	const char *drive;

	harness_start("2u-24.conf", quiet);
	drive = get_path(slot(7), SLOT, "Drive");
	ck_assert_uint_eq(maintain("Start", drive, BLINK_LIGHT), S_OK);
	(void) simctl("pull 7");
	wait_removed(drive);
	ck_assert(shown("17:7", "ident=1"));
	ck_assert_uint_eq(maintain("Stop", slot(7), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:7", "ident=0"));
}
END_TEST

START_TEST(subsystem_controller_and_supply_have_lamps)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(maintain("Start", subsystem(), BLINK_LIGHT), S_OK);
	ck_assert(shown("0e:0", "ident=1"));
	ck_assert(shown("17:0", "ident=0"));
	ck_assert_uint_eq(maintain("Start", controllers()[0], BLINK_LIGHT), S_OK);
	ck_assert(shown("07:0", "ident=1"));
	ck_assert_uint_eq(maintain("Start", below("element/ps_1"), BLINK_LIGHT), S_OK);
	ck_assert(shown("02:1", "ident=1"));
	ck_assert(shown("02:1", "on=1"));
	ck_assert(shown("02:0", "ident=0"));
	ck_assert_uint_eq(maintain("Stop", subsystem(), BLINK_LIGHT), S_OK);
	ck_assert(shown("0e:0", "ident=0"));
	ck_assert(shown("02:1", "ident=1"));
}
END_TEST

START_TEST(page_is_the_truth)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	signals_forget();
	/* Another program lights bay 4. */
	(void) simctl("elem 17:4 01000200");
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(count_changed(slot(4), SLOT, "Identify"), 1);
	ck_assert(get_bool(slot(4), SLOT, "Identify"));
	ck_assert(runs(slot(4), BLINK_LIGHT, &run));
	ck_assert_uint_eq(run.uid, UID_OTHER);
	ck_assert_uint_eq(maintain("Stop", slot(4), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:4", "ident=0"));
}
END_TEST

START_TEST(stop_asks_the_page_first)
{
	harness_start("2u-24.conf", quiet);
	/* Nobody has told the daemon, and it does not poll. */
	(void) simctl("elem 17:4 01000200");
	ck_assert_uint_eq(maintain("Stop", slot(4), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:4", "ident=0"));
}
END_TEST

START_TEST(pulses_and_stops)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	signals_forget();
	ck_assert_uint_eq(call_h(slot(2), MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 3),
			  S_OK);
	ck_assert(runs(slot(2), BLINK_LIGHT, &run));
	ck_assert_uint_eq(run.pulses, 3);
	WAIT_UNTIL(!runs(slot(2), BLINK_LIGHT, NULL));
	ck_assert(shown("17:2", "ident=0"));
	/* At the start and at the end, not per pulse; the lamp itself goes on and off. */
	ck_assert_uint_eq(count_changed(slot(2), MAINTENANCE, "RunningOperations"), 2);
	ck_assert_uint_eq(count_changed(slot(2), SLOT, "Identify"), 6);
}
END_TEST

START_TEST(pulse_ends_a_run)
{
	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(maintain("Start", slot(2), BLINK_LIGHT), S_OK);
	ck_assert_uint_eq(call_h(slot(2), MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 1),
			  S_OK);
	WAIT_UNTIL(!runs(slot(2), BLINK_LIGHT, NULL));
	ck_assert(shown("17:2", "ident=0"));
	ck_assert_uint_eq(maintain("Stop", slot(2), BLINK_LIGHT), S_FALSE);
}
END_TEST

START_TEST(start_ends_pulsing)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(call_h(slot(2), MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 3600),
			  S_OK);
	ck_assert_uint_eq(maintain("Start", slot(2), BLINK_LIGHT), S_OK);
	ck_assert(runs(slot(2), BLINK_LIGHT, &run));
	ck_assert_uint_eq(run.pulses, 0);
	ck_assert(shown("17:2", "ident=1"));
	ck_assert_uint_eq(maintain("Stop", slot(2), BLINK_LIGHT), S_OK);
	ck_assert(shown("17:2", "ident=0"));
}
END_TEST

START_TEST(timed_run_ends_by_itself)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(call_h(slot(2), MAINTENANCE, "StartMaintenanceFor", "uu", BLINK_LIGHT, 1),
			  S_OK);
	ck_assert(runs(slot(2), BLINK_LIGHT, &run));
	ck_assert_uint_ne(run.end, 0);
	ck_assert_uint_eq(run.pulses, 0);
	WAIT_UNTIL(!runs(slot(2), BLINK_LIGHT, NULL));
	ck_assert(shown("17:2", "ident=0"));
}
END_TEST

START_TEST(start_makes_a_timed_run_endless)
{
	struct run run;

	harness_start("2u-24.conf", quiet);
	ck_assert_uint_eq(
		call_h(slot(2), MAINTENANCE, "StartMaintenanceFor", "uu", BLINK_LIGHT, 3600), S_OK);
	ck_assert_uint_eq(maintain("Start", slot(2), BLINK_LIGHT), S_OK);
	ck_assert(runs(slot(2), BLINK_LIGHT, &run));
	ck_assert_uint_eq(run.end, 0);
}
END_TEST

START_TEST(arguments_come_first)
{
	static const uint32_t none[] = { 0, 6, 0xFFFFFFFF };
	const char *drive;

	harness_start("2u-24.conf", quiet);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StartMaintenance", "u", none[i]),
				 INVALID);
		ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StopMaintenance", "u", none[i]),
				 INVALID);
	}
	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 0),
			 INVALID);
	ck_assert_str_eq(
		call_error(slot(0), MAINTENANCE, "PulseMaintenance", "uu", BLINK_LIGHT, 3601),
		INVALID);
	ck_assert_str_eq(
		call_error(slot(0), MAINTENANCE, "StartMaintenanceFor", "uu", BLINK_LIGHT, 0),
		INVALID);
	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StartMaintenanceFor", "uu", BLINK_LIGHT,
				    30 * 24 * 3600 + 1),
			 INVALID);
	/* Also of an operation that the object cannot do. */
	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "PulseMaintenance", "uu", BEEP_ALARM, 0),
			 INVALID);

	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StartMaintenance", "u", BEEP_ALARM),
			 NOT_SUPPORTED);
	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StartMaintenance", "u", SPIN_DOWN),
			 NOT_SUPPORTED);
	drive = get_path(slot(0), SLOT, "Drive");
	ck_assert_str_eq(call_error(drive, MAINTENANCE, "PulseMaintenance", "uu", SPIN_DOWN, 3),
			 NOT_SUPPORTED);
	ck_assert_str_eq(call_error(drive, MAINTENANCE, "StartMaintenanceFor", "uu", SPIN_UP, 3),
			 NOT_SUPPORTED);
	ck_assert_str_eq(call_error(slot(0), MAINTENANCE, "StartMaintenance", "s", "BlinkLight"),
			 "org.freedesktop.DBus.Error.InvalidArgs");
	ck_assert(shown("17:0", "ident=0"));
}
END_TEST

START_TEST(dead_bay_is_said)
{
	harness_start("2u-24.conf", quiet);
	(void) simctl("dead 8");
	ck_assert_str_eq(call_error(slot(8), MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT),
			 NOT_SUPPORTED);
	ck_assert(!get_bool(slot(8), SLOT, "Identify"));
	ck_assert(!runs(slot(8), BLINK_LIGHT, NULL));
	ck_assert_uint_eq(maintain("Start", slot(9), BLINK_LIGHT), S_OK);
}
END_TEST

/* Right before the control page, each bay becomes another element; page 01h looks as before. */
START_TEST(bays_exchanged_before_the_write)
{
	static const char *const replies[] = { "sense", "invop", "silent" };

	for (unsigned i = 0; i < 3; i++) {
		char text[80];
		const char *drive;

		(void) snprintf(text, sizeof(text), "[enclosure box]\nslots=12\nstale-control=%s\n",
				replies[i]);
		harness_start_text(text, quiet);
		drive = get_path(slot(3), SLOT, "Drive");
		(void) simctl("gen-at 1 0 shape=reverse");
		ck_assert_uint_eq(maintain("Start", drive, BLINK_LIGHT), S_OK);
		ck_assert(shown("17:8", "name=\"Slot 03\""));
		ck_assert(shown("17:8", "ident=1"));
		ck_assert(shown("17:3", "ident=0"));
		WAIT_UNTIL(strcmp(get_path(drive, DRIVE, "Slot"), slot(8)) == 0);
		ck_assert(runs(drive, BLINK_LIGHT, NULL));
		ck_assert_uint_eq(maintain("Stop", drive, BLINK_LIGHT), S_OK);
		harness_stop();
	}
}
END_TEST

START_TEST(unreachable_enclosure_is_said)
{
	harness_start("2u-24.conf", quiet);
	(void) simctl("fail -1 op=any transport lu=e0a");
	ck_assert_str_eq(call_error(slot(8), MAINTENANCE, "StartMaintenance", "u", BLINK_LIGHT),
			 ERROR("VDS_E_OBJECT_STATUS_FAILED"));
	(void) simctl("ok");
	call(ROOT, PROVIDER, "Refresh", NULL);
	ck_assert_uint_eq(maintain("Start", slot(8), BLINK_LIGHT), S_OK);
}
END_TEST

START_TEST(indicators)
{
	harness_start("2u-24.conf", quiet);
	signals_forget();
	call(slot(1), SLOT, "SetIndicator", "sb", "fault", true);
	ck_assert(shown("17:1", "fault=1"));
	ck_assert_uint_eq(count_changed(slot(1), SLOT, "Fault"), 1);
	ck_assert(get_bool(slot(1), SLOT, "Fault"));
	call(slot(1), SLOT, "SetIndicator", "sb", "ident", true);
	ck_assert(runs(slot(1), BLINK_LIGHT, NULL));
	call(slot(1), SLOT, "SetIndicator", "sb", "fault", false);
	ck_assert(shown("17:1", "fault=0"));
	ck_assert(shown("17:1", "ident=1"));

	call(below("element/ps_0"), ELEMENT, "SetIndicator", "sb", "ident", true);
	ck_assert(shown("02:0", "ident=1"));
	ck_assert(get_bool(below("element/ps_0"), ELEMENT, "Identify"));

	ck_assert_str_eq(call_error(slot(1), SLOT, "SetIndicator", "sb", "disco", true), INVALID);
	ck_assert_str_eq(call_error(slot(1), SLOT, "SetIndicator", "sb", "tone-critical", true),
			 INVALID);
	ck_assert_str_eq(
		call_error(below("element/ps_0"), ELEMENT, "SetIndicator", "sb", "rebuild", true),
		NOT_SUPPORTED);
}
END_TEST

START_TEST(alarm_beeps)
{
	harness_start("2u-24.conf", quiet);
	ck_assert(shown("06:0", "tone=0"));
	ck_assert_uint_eq(maintain("Start", below("element/aa_0"), BEEP_ALARM), S_OK);
	ck_assert(!shown("06:0", "tone=0"));
	ck_assert(runs(subsystem(), BEEP_ALARM, NULL));
	ck_assert_uint_eq(maintain("Stop", subsystem(), BEEP_ALARM), S_OK);
	ck_assert(shown("06:0", "muted=1") || shown("06:0", "tone=0"));
	ck_assert(!runs(subsystem(), BEEP_ALARM, NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/lamp");
	TCase *tc = harness_case("lamp");

	tcase_add_test(tc, starts_and_stops);
	tcase_add_test(tc, disturbs_nothing_else);
	tcase_add_test(tc, drive_and_unit_light_their_bay);
	tcase_add_test(tc, empty_bay_lights);
	tcase_add_test(tc, bay_whose_disk_is_gone_stays_lit);
	tcase_add_test(tc, subsystem_controller_and_supply_have_lamps);
	tcase_add_test(tc, page_is_the_truth);
	tcase_add_test(tc, stop_asks_the_page_first);
	tcase_add_test(tc, pulses_and_stops);
	tcase_add_test(tc, pulse_ends_a_run);
	tcase_add_test(tc, start_ends_pulsing);
	tcase_add_test(tc, timed_run_ends_by_itself);
	tcase_add_test(tc, start_makes_a_timed_run_endless);
	tcase_add_test(tc, arguments_come_first);
	tcase_add_test(tc, dead_bay_is_said);
	tcase_add_test(tc, bays_exchanged_before_the_write);
	tcase_add_test(tc, unreachable_enclosure_is_said);
	tcase_add_test(tc, indicators);
	tcase_add_test(tc, alarm_beeps);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
