/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No lamp is left on by accident: restarts, shelves that go and come back, and what is in
 * the state file at the wrong moment.
 */
#include <check.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake.h"

#define BLINK MAINTENANCE_BLINK_LIGHT
#define SLOT(n) (&world.slots[n].object)
#define EID "5000c500a1b2c3d4"

static char directory[64];

static bool lit(unsigned slot)
{
	return (world.slots[slot].indicators & IDENT) != 0;
}

static int verb(enum maintenance_verb v, unsigned slot, uint32_t argument)
{
	return do_verb(SLOT(slot), v, BLINK, argument);
}

static uint32_t operation(unsigned slot)
{
	return running(SLOT(slot), BLINK).operation;
}

static void begin(void)
{
	strcpy(directory, "/tmp/vdsd-test-record-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	world_begin(directory);
	clock_freeze();
}

static void end(void)
{
	char command[128];

	world_end();
	(void) snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static struct json_object *kept(const char *key)
{
	struct json_object *section = store_section(world.store, "lamps"), *chassis, *record;

	if (!json_object_object_get_ex(section, EID, &chassis) ||
	    !json_object_object_get_ex(chassis, key, &record))
		return NULL;
	return record;
}

static const char *kind(const char *key)
{
	struct json_object *lamp, *text;

	if (!json_object_object_get_ex(kept(key), "light", &lamp) ||
	    !json_object_object_get_ex(lamp, "kind", &text))
		return "nothing";
	return json_object_get_string(text);
}

/* ---- the daemon dies and starts -------------------------------------------------------- */

START_TEST(a_pulse_is_put_out_at_the_next_start)
{
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 0, 5), OUTCOME_S_OK);
	world_restart();
	ck_assert(lit(0));
	settle();
	ck_assert(!lit(0));
	ck_assert_uint_eq(operation(0), 0);
	ck_assert_ptr_null(kept("23.0.1"));
	half();
	half();
	ck_assert(!lit(0));
}
END_TEST

START_TEST(a_timed_run_goes_on_over_a_restart)
{
	uint64_t ends;

	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 0, 10), OUTCOME_S_OK);
	ends = running(SLOT(0), BLINK).end;
	clock_advance(3 * USEC_PER_SEC);
	world_restart();
	settle();
	ck_assert(lit(0));
	ck_assert_uint_eq(running(SLOT(0), BLINK).end, ends);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
	clock_advance(6 * USEC_PER_SEC);
	ck_assert(lit(0));
	clock_advance(USEC_PER_SEC);
	ck_assert(!lit(0));
	ck_assert_uint_eq(operation(0), 0);
}
END_TEST

START_TEST(a_timed_run_whose_time_has_passed_ends_at_once)
{
	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 0, 10), OUTCOME_S_OK);
	world.advanced += 11 * USEC_PER_SEC;
	world_restart();
	settle();
	ck_assert(!lit(0));
	ck_assert_uint_eq(operation(0), 0);
	ck_assert_ptr_null(kept("23.0.1"));
}
END_TEST

START_TEST(a_run_is_known_again_if_the_page_shows_it)
{
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_int_eq(verb(MAINTENANCE_START, 1, 0), OUTCOME_S_OK);
	world.slots[1].indicators = 0; /* stopped while nobody looked */
	world_restart();
	settle();
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
	ck_assert_uint_eq(world.slots[0].asked, IDENT);
	ck_assert_uint_eq(operation(1), 0);
	ck_assert_uint_eq(world.slots[1].asked, 0);
	ck_assert(!lit(1));
	ck_assert_ptr_null(kept("23.1.2"));
	/* And it may be stopped. */
	ck_assert_int_eq(verb(MAINTENANCE_STOP, 0, 0), OUTCOME_S_OK);
	ck_assert_ptr_null(kept("23.0.1"));
}
END_TEST

START_TEST(indicators_are_known_again_if_the_page_shows_them)
{
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_FAULT, true), OUTCOME_S_OK);
	ck_assert_int_eq(set_indicator(&world.slots[1], INDICATOR_FAULT, true), OUTCOME_S_OK);
	world.slots[1].indicators = 0;
	world_restart();
	settle();
	ck_assert_uint_eq(world.slots[0].asked, FAULT);
	ck_assert_uint_eq(world.slots[1].asked, 0);
	ck_assert_uint_eq(world.slots[1].indicators, 0);
	/* So that a reset brings back the one, and not the other. */
	world.slots[0].indicators = 0;
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert_uint_eq(world.slots[0].indicators, FAULT);
	ck_assert_uint_eq(world.slots[1].indicators, 0);
}
END_TEST

START_TEST(a_page_not_read_yet_is_waited_for)
{
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	world.slots[0].known = false;
	world.slots[0].indicators = 0;
	world_restart();
	settle();
	ck_assert_str_eq(kind("23.0.1"), "continuous");
	world.slots[0].known = true;
	poll_finds(&world.slots[0], IDENT);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
}
END_TEST

START_TEST(what_could_not_be_put_out_is_put_out_at_the_next_start)
{
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 0, 1), OUTCOME_S_OK);
	world.fails = &world.slots[0];
	world.failure = -EHOSTDOWN;
	world.n_fails = UINT32_MAX;
	for (unsigned i = 0; i < 100; i++)
		clock_advance(USEC_PER_SEC);
	ck_assert(lit(0));
	ck_assert_str_eq(kind("23.0.1"), "pulse");
	world.n_fails = 0;
	world_restart();
	settle();
	ck_assert(!lit(0));
}
END_TEST

/* ---- what is on the disk, and when --------------------------------------------------------- */

static unsigned checked;
static const char *expected_kind;

static void record_is_on_the_disk(struct request *request)
{
	char path[128], text[4096] = "";
	FILE *file;

	if ((request->set & IDENT) == 0)
		return;
	(void) snprintf(path, sizeof(path), "%s/state.json", directory);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, file), 0);
	(void) fclose(file);
	ck_assert_ptr_nonnull(strstr(text, expected_kind));
	checked++;
}

START_TEST(pulses_and_timed_runs_are_remembered_before_they_are_lit)
{
	world.on_submit = record_is_on_the_disk;
	checked = 0;
	expected_kind = _i == 0 ? "\"pulse\"" : "\"timed\"";
	ck_assert_int_eq(verb(_i == 0 ? MAINTENANCE_PULSE : MAINTENANCE_START_FOR, 0, 2),
			 OUTCOME_S_OK);
	ck_assert_uint_eq(checked, 1);
}
END_TEST

START_TEST(a_state_file_that_cannot_be_written_keeps_no_lamp_dark)
{
	char command[128];

	(void) snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 0, 1), OUTCOME_S_OK);
	ck_assert(lit(0));
	half();
	ck_assert(!lit(0));
}
END_TEST

START_TEST(the_record_follows_the_run)
{
	ck_assert_str_eq(kind("23.0.1"), "nothing");
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_str_eq(kind("23.0.1"), "continuous");
	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 0, 9), OUTCOME_S_OK);
	ck_assert_str_eq(kind("23.0.1"), "timed");
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 0, 1), OUTCOME_S_OK);
	ck_assert_str_eq(kind("23.0.1"), "pulse");
	half();
	ck_assert_ptr_null(kept("23.0.1"));
}
END_TEST

/* A pulse on the way may be lit already: its record stays until the answer. */
START_TEST(the_record_counts_what_is_under_way)
{
	struct answer a[2];

	world.held = true;
	begin_verb(&a[0], SLOT(0), MAINTENANCE_PULSE, BLINK, 2, 1);
	begin_verb(&a[1], SLOT(0), MAINTENANCE_STOP, BLINK, 0, 1);
	RUN_UNTIL(world.waiting.next->next != &world.waiting && !list_empty(&world.waiting));
	ck_assert_str_eq(kind("23.0.1"), "pulse");
	release();
	ck_assert_ptr_null(kept("23.0.1"));
}
END_TEST

START_TEST(nonsense_in_the_file_lights_nothing)
{
	static const char *const texts[] = {
		"{\"" EID "\": 7}",
		"{\"" EID "\": {\"23.0.1\": []}}",
		"{\"" EID "\": {\"23.0.1\": {\"light\": 3, \"asked\": {}}}}",
		"{\"" EID "\": {\"23.0.1\": {\"light\": {\"kind\": \"forever\"}}}}",
		"{\"" EID "\": {\"23.0.1\": {\"light\": {\"kind\": 1}, \"asked\": [1, null]}}}",
		"{\"" EID "\": {\"23.0.1\": {\"asked\": [\"tone-critical\", \"no such\"]}}}",
		"{\"" EID "\": {\"23.0.1\": {\"tone\": {\"kind\": \"timed\", \"end\": 9e99}}}}",
		"{\"" EID "\": {\"23.0.9\": {\"light\": {\"kind\": \"timed\", \"end\": 1}}}}",
		"{\"" EID "\": {\"23.0.1\": {\"light\": {\"kind\": \"timed\", \"end\": -5}}}}",
	};
	struct json_object *section = store_section(world.store, "lamps");
	struct json_object *text = json_tokener_parse(texts[_i]);

	ck_assert_ptr_nonnull(text);
	json_object_object_foreach(text, key, value)
		ck_assert_int_eq(json_object_object_add(section, key, json_object_get(value)), 0);
	(void) json_object_put(text);
	store_dirty(world.store);
	world_restart();
	settle();
	for (unsigned i = 0; i < SLOTS; i++) {
		ck_assert_uint_eq(world.slots[i].indicators, 0);
		ck_assert_uint_eq(operation(i), 0);
		ck_assert_uint_eq(world.slots[i].asked, 0);
	}
	/* It is in nobody's way. */
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_str_eq(kind("23.0.1"), "continuous");
}
END_TEST

/* ---- the shelf goes and comes back ----------------------------------------------------------- */

START_TEST(what_was_asked_is_asked_again_when_the_shelf_returns)
{
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 1, 30), OUTCOME_S_OK);
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 2, 9), OUTCOME_S_OK);
	ck_assert_int_eq(set_indicator(&world.slots[3], INDICATOR_FAULT, true), OUTCOME_S_OK);
	world_chassis_goes();
	settle();
	world.advanced += 10 * USEC_PER_SEC;
	world_chassis_comes();
	settle();
	ck_assert(lit(0));
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
	ck_assert(lit(1));
	ck_assert(!lit(2));
	ck_assert_uint_eq(operation(2), 0);
	ck_assert_uint_eq(world.slots[3].indicators, FAULT);
	ck_assert_uint_eq(world.slots[3].asked, FAULT);
	clock_advance(20 * USEC_PER_SEC);
	ck_assert(!lit(1));
	ck_assert(lit(0));
}
END_TEST

START_TEST(a_timed_run_that_ended_meanwhile_stays_dark)
{
	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 1, 30), OUTCOME_S_OK);
	world_chassis_goes();
	world.advanced += 31 * USEC_PER_SEC;
	world_chassis_comes();
	settle();
	ck_assert(!lit(1));
	ck_assert_uint_eq(operation(1), 0);
	ck_assert_ptr_null(kept("23.1.2"));
}
END_TEST

/* The cable was pulled, and the shelf kept its lamp. */
START_TEST(a_pulse_left_lit_on_a_shelf_that_was_away_is_put_out)
{
	ck_assert_int_eq(verb(MAINTENANCE_PULSE, 0, 9), OUTCOME_S_OK);
	world_chassis_goes();
	world.slots[0].indicators = IDENT;
	world_chassis_comes();
	settle();
	ck_assert(!lit(0));
	ck_assert_uint_eq(operation(0), 0);
}
END_TEST

START_TEST(what_was_stopped_before_is_not_asked_again)
{
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_int_eq(verb(MAINTENANCE_STOP, 0, 0), OUTCOME_S_OK);
	world_chassis_goes();
	world_chassis_comes();
	settle();
	ck_assert(!lit(0));
}
END_TEST

/* ---- the enclosure counts otherwise
 * --------------------------------------------------------------- */

START_TEST(a_bay_that_moves_takes_its_record_along)
{
	void *u = world.listener.userdata;

	/* Their indexes are all that tells them apart, and those are exchanged. */
	world.slots[0].reported = world.slots[1].reported = -1;
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	ck_assert_int_eq(verb(MAINTENANCE_START_FOR, 1, 60), OUTCOME_S_OK);
	for (unsigned i = 0; i < 2; i++)
		world.listener.moving(u, SLOT(i));
	world.slots[0].index = 1;
	world.slots[1].index = 0;
	for (unsigned i = 0; i < 2; i++)
		world.listener.moved(u, SLOT(i));
	settle();
	ck_assert_str_eq(kind("23.1.-1"), "continuous");
	ck_assert_str_eq(kind("23.0.-1"), "timed");
	ck_assert(lit(0));
	ck_assert(lit(1));
}
END_TEST

START_TEST(a_bay_that_is_called_otherwise_takes_its_record_along)
{
	ck_assert_int_eq(verb(MAINTENANCE_START, 0, 0), OUTCOME_S_OK);
	world.slots[0].reported = 40;
	poll_finds(&world.slots[0], IDENT);
	ck_assert_ptr_null(kept("23.0.1"));
	ck_assert_str_eq(kind("23.0.40"), "continuous");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/record");
	TCase *tc = tcase_create("record");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_pulse_is_put_out_at_the_next_start);
	tcase_add_test(tc, a_timed_run_goes_on_over_a_restart);
	tcase_add_test(tc, a_timed_run_whose_time_has_passed_ends_at_once);
	tcase_add_test(tc, a_run_is_known_again_if_the_page_shows_it);
	tcase_add_test(tc, indicators_are_known_again_if_the_page_shows_them);
	tcase_add_test(tc, a_page_not_read_yet_is_waited_for);
	tcase_add_test(tc, what_could_not_be_put_out_is_put_out_at_the_next_start);
	tcase_add_loop_test(tc, pulses_and_timed_runs_are_remembered_before_they_are_lit, 0, 2);
	tcase_add_test(tc, a_state_file_that_cannot_be_written_keeps_no_lamp_dark);
	tcase_add_test(tc, the_record_follows_the_run);
	tcase_add_test(tc, the_record_counts_what_is_under_way);
	tcase_add_loop_test(tc, nonsense_in_the_file_lights_nothing, 0, 9);
	tcase_add_test(tc, what_was_asked_is_asked_again_when_the_shelf_returns);
	tcase_add_test(tc, a_timed_run_that_ended_meanwhile_stays_dark);
	tcase_add_test(tc, a_pulse_left_lit_on_a_shelf_that_was_away_is_put_out);
	tcase_add_test(tc, what_was_stopped_before_is_not_asked_again);
	tcase_add_test(tc, a_bay_that_moves_takes_its_record_along);
	tcase_add_test(tc, a_bay_that_is_called_otherwise_takes_its_record_along);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
