/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which elements an object's operations mean, what it supports, what is refused; plain
 * indicators and the alarm.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fake.h"

#define BLINK MAINTENANCE_BLINK_LIGHT
#define BEEP MAINTENANCE_BEEP_ALARM
#define SLOT(n) (&world.slots[n].object)

static int start(struct object *o)
{
	return do_verb(o, MAINTENANCE_START, BLINK, 0);
}

static int stop(struct object *o)
{
	return do_verb(o, MAINTENANCE_STOP, BLINK, 0);
}

static void begin(void)
{
	world_begin(NULL);
	clock_freeze();
}

/* ---- targets ---------------------------------------------------------------------- */

START_TEST(slot_drive_and_units_steer_one_lamp)
{
	struct object *objects[] = { SLOT(0), &world.drives[0].object, &world.units[0].object,
				     &world.units[1].object };

	for (unsigned i = 0; i < 4; i++) {
		world.n_changed = 0;
		ck_assert_int_eq(start(objects[i]), OUTCOME_S_OK);
		ck_assert_uint_eq(world.slots[0].indicators, IDENT);
		for (unsigned j = 0; j < 4; j++) {
			ck_assert_uint_eq(running(objects[j], BLINK).uid, 1000);
			ck_assert_uint_eq(told(objects[j]), 1);
		}
		ck_assert_uint_eq(running(SLOT(1), BLINK).operation, 0);
		ck_assert_int_eq(stop(objects[(i + 1) % 4]), OUTCOME_S_OK);
		ck_assert_int_eq(stop(objects[i]), OUTCOME_S_FALSE);
		for (unsigned j = 0; j < 4; j++)
			ck_assert_uint_eq(told(objects[j]), 2);
	}
}
END_TEST

START_TEST(subsystem_is_its_enclosure_element)
{
	world.has_enclosure = true;
	ck_assert_int_eq(start(&world.chassis.object), OUTCOME_S_OK);
	ck_assert_uint_eq(world.n_log, 1);
	ck_assert_ptr_eq(world.log[0].component, &world.enclosure);
	ck_assert_uint_eq(running(&world.chassis.object, BLINK).uid, 1000);
	ck_assert_uint_eq(told(&world.chassis.object), 1);
	ck_assert_int_eq(stop(&world.enclosure.object), OUTCOME_S_OK);
	ck_assert_uint_eq(told(&world.chassis.object), 2);
	/* A bay's lamp is none of its business. */
	ck_assert_int_eq(start(SLOT(0)), OUTCOME_S_OK);
	ck_assert_uint_eq(running(&world.chassis.object, BLINK).operation, 0);
}
END_TEST

START_TEST(subsystem_without_enclosure_element_is_every_bay)
{
	ck_assert_int_eq(stop(&world.chassis.object), OUTCOME_S_FALSE);
	ck_assert_int_eq(start(SLOT(3)), OUTCOME_S_OK);
	ck_assert_uint_eq(running(&world.chassis.object, BLINK).operation, BLINK);
	ck_assert_uint_eq(told(&world.chassis.object), 1);
	ck_assert_int_eq(start(&world.chassis.object), OUTCOME_S_OK);
	for (unsigned i = 0; i < SLOTS; i++)
		ck_assert_uint_eq(world.slots[i].indicators, IDENT);
	ck_assert_int_eq(stop(SLOT(0)), OUTCOME_S_OK);
	ck_assert_int_eq(stop(SLOT(1)), OUTCOME_S_OK);
	ck_assert_int_eq(stop(SLOT(2)), OUTCOME_S_OK);
	ck_assert_uint_eq(running(&world.chassis.object, BLINK).operation, BLINK);
	/* One of four ran: that is not S_FALSE. */
	ck_assert_int_eq(stop(&world.chassis.object), OUTCOME_S_OK);
	ck_assert_int_eq(stop(&world.chassis.object), OUTCOME_S_FALSE);
}
END_TEST

START_TEST(one_bay_that_fails_is_the_answer_of_all)
{
	world.fails = &world.slots[2];
	world.failure = -EOPNOTSUPP;
	world.n_fails = 1;
	ck_assert_int_eq(start(&world.chassis.object), -EOPNOTSUPP);
	ck_assert_uint_eq(world.slots[1].indicators, IDENT);
	ck_assert_uint_eq(world.slots[3].indicators, IDENT);
	ck_assert_uint_eq(world.slots[2].indicators, 0);
}
END_TEST

START_TEST(controller_is_its_electronics)
{
	ck_assert_int_eq(start(&world.way.object), OUTCOME_S_OK);
	ck_assert_uint_eq(world.electronics.indicators, IDENT);
	ck_assert_uint_eq(world.n_log, 1);
	ck_assert_uint_eq(told(&world.way.object), 1);
	ck_assert_int_eq(stop(&world.electronics.object), OUTCOME_S_OK);
	ck_assert_uint_eq(told(&world.way.object), 2);
}
END_TEST

START_TEST(a_disk_in_no_bay_has_no_light)
{
	world.drives[1].slot = NULL;
	world.slots[1].drive = NULL;
	ck_assert_int_eq(start(&world.drives[1].object), -EOPNOTSUPP);
	ck_assert_int_eq(start(&world.units[2].object), -EOPNOTSUPP);
	ck_assert_int_eq(start(&world.units[3].object), -EOPNOTSUPP);
	world.slots[0].supported &= ~IDENT;
	ck_assert_int_eq(start(&world.drives[0].object), -EOPNOTSUPP);
	ck_assert_int_eq(start(SLOT(0)), -EOPNOTSUPP);
	ck_assert_uint_eq(world.n_log, 0);
}
END_TEST

/* ---- what is supported, what is refused ------------------------------------------- */

static void supports(struct object *object, const char *expected)
{
	uint32_t operations[5];
	char text[8] = "";
	unsigned n = maintenance_supported(world.maintenance, object, operations);

	for (unsigned i = 0; i < n; i++)
		text[i] = (char) ('0' + operations[i]);
	ck_assert_str_eq(text, expected);
}

START_TEST(each_object_says_what_it_can_do)
{
	supports(&world.chassis.object, "125");
	supports(&world.way.object, "15");
	supports(SLOT(0), "1");
	supports(&world.enclosure.object, "1");
	supports(&world.alarm.object, "12");
	supports(&world.drives[0].object, "1345");
	supports(&world.units[2].object, "1345");
	supports(&world.units[3].object, "345");
}
END_TEST

START_TEST(without_the_drive_layer_disks_have_lamps_only)
{
	world.no_drives = true;
	world_restart();
	supports(&world.chassis.object, "125");
	supports(&world.drives[0].object, "1");
	supports(&world.units[3].object, "");
	ck_assert_int_eq(do_verb(&world.drives[0].object, MAINTENANCE_START, MAINTENANCE_PING, 0),
			 -EOPNOTSUPP);
	ck_assert_int_eq(start(&world.units[0].object), OUTCOME_S_OK);
}
END_TEST

START_TEST(refuses_in_the_order_of_the_contract)
{
	static const struct {
		enum maintenance_verb verb;
		uint32_t operation, argument;
		int arguments, all; /* results */
	} rows[] = {
		{ MAINTENANCE_START, 0, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_START, 6, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_START, UINT32_MAX, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_START, BLINK, 0, 0, 0 },
		{ MAINTENANCE_STOP, BLINK, 0, 0, 0 },
		{ MAINTENANCE_PULSE, BLINK, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_PULSE, BLINK, 1, 0, 0 },
		{ MAINTENANCE_PULSE, BLINK, 3600, 0, 0 },
		{ MAINTENANCE_PULSE, BLINK, 3601, -EINVAL, -EINVAL },
		{ MAINTENANCE_START_FOR, BLINK, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_START_FOR, BLINK, 30 * 24 * 3600, 0, 0 },
		{ MAINTENANCE_START_FOR, BLINK, 30 * 24 * 3600 + 1, -EINVAL, -EINVAL },
		{ MAINTENANCE_PULSE, MAINTENANCE_SPIN_DOWN, 0, -EINVAL, -EINVAL },
		{ MAINTENANCE_PULSE, MAINTENANCE_SPIN_DOWN, 1, 0, -EOPNOTSUPP },
		{ MAINTENANCE_PULSE, MAINTENANCE_SPIN_UP, 1, 0, -EOPNOTSUPP },
		{ MAINTENANCE_START_FOR, MAINTENANCE_SPIN_DOWN, 1, 0, -EOPNOTSUPP },
		{ MAINTENANCE_START_FOR, MAINTENANCE_SPIN_UP, 1, 0, -EOPNOTSUPP },
		{ MAINTENANCE_START, MAINTENANCE_SPIN_DOWN, 0, 0, 0 },
		{ MAINTENANCE_START, BEEP, 0, 0, -EOPNOTSUPP },
		{ MAINTENANCE_PULSE, BEEP, 0, -EINVAL, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct outcome outcome = { .result = 0 };

		ck_assert_int_eq(maintenance_check(world.maintenance, &world.drives[0].object,
						   rows[i].verb, rows[i].operation,
						   rows[i].argument, true, &outcome),
				 rows[i].arguments);
		ck_assert_int_eq(maintenance_check(world.maintenance, &world.drives[0].object,
						   rows[i].verb, rows[i].operation,
						   rows[i].argument, false, &outcome),
				 rows[i].all);
		ck_assert_int_eq(outcome.text[0] != '\0', rows[i].all != 0);
	}
}
END_TEST

START_TEST(a_refused_call_is_answered_once_and_later)
{
	ck_assert_int_eq(do_verb(SLOT(0), MAINTENANCE_START, 9, 0), -EINVAL);
	ck_assert_int_eq(do_verb(SLOT(0), MAINTENANCE_PULSE, BLINK, 0), -EINVAL);
	ck_assert_int_eq(do_verb(SLOT(0), MAINTENANCE_START, BEEP, 0), -EOPNOTSUPP);
	ck_assert_int_eq(do_verb(SLOT(0), MAINTENANCE_START, MAINTENANCE_PING, 0), -EOPNOTSUPP);
	ck_assert_uint_eq(world.n_log, 0);
}
END_TEST

/* ---- indicators ---------------------------------------------------------------------- */

START_TEST(indicators_are_switched_alone)
{
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_FAULT, true), OUTCOME_S_OK);
	ck_assert_uint_eq(world.log[0].set, FAULT);
	ck_assert_uint_eq(world.log[0].clear, 0);
	ck_assert(!world.log[0].every_way);
	ck_assert_uint_eq(world.slots[0].asked, FAULT);
	ck_assert_int_eq(start(SLOT(0)), OUTCOME_S_OK);
	ck_assert_uint_eq(world.slots[0].asked, FAULT | IDENT);
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_FAULT, false), OUTCOME_S_OK);
	ck_assert_uint_eq(world.slots[0].asked, IDENT);
	ck_assert_uint_eq(world.slots[0].indicators, IDENT);
}
END_TEST

START_TEST(ident_is_blink_light)
{
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_IDENT, true), OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).uid, 1000);
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_IDENT, false), OUTCOME_S_OK);
	ck_assert_uint_eq(running(SLOT(0), BLINK).operation, 0);
	/* Off of what is off is fine: SetIndicator has no S_FALSE. */
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_IDENT, false), OUTCOME_S_OK);
}
END_TEST

START_TEST(an_indicator_that_the_element_lacks_is_refused)
{
	ck_assert_int_eq(set_indicator(&world.alarm, INDICATOR_HOT_SPARE, true), -EOPNOTSUPP);
	ck_assert_int_eq(set_indicator(&world.alarm, INDICATOR_TONE_CRITICAL, true), -EINVAL);
	ck_assert_uint_eq(world.n_log, 0);
}
END_TEST

START_TEST(device_off_follows_the_in_use_rule)
{
	struct answer answer = { .n = 0 };

	world.user = "/dev/sdc2 is mounted on /srv";
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_DEVICE_OFF, true,
				  1000, answered, &answer);
	settle();
	ck_assert_int_eq(answer.outcome.result, -ETXTBSY);
	ck_assert_str_eq(answer.outcome.text, world.user);
	ck_assert_uint_eq(world.n_log, 0);
	/* An empty bay has no users, and off is always allowed. */
	ck_assert_int_eq(set_indicator(&world.slots[3], INDICATOR_DEVICE_OFF, true), OUTCOME_S_OK);
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_DEVICE_OFF, false), OUTCOME_S_OK);
	world.user = NULL;
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_DEVICE_OFF, true), OUTCOME_S_OK);
	ck_assert_uint_eq(world.n_log, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(world.log[i].every_way);
}
END_TEST

START_TEST(what_follows_device_off_does_not_overtake_it)
{
	struct answer a[2] = { { .n = 0 } };

	world.users_held = true;
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_DEVICE_OFF, true,
				  1000, answered, &a[0]);
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_DEVICE_OFF, false,
				  1000, answered, &a[1]);
	settle();
	ck_assert_uint_eq(world.n_log, 0);
	users_answer();
	settle();
	ck_assert_uint_eq(a[0].n + a[1].n, 2);
	ck_assert_uint_eq(world.log[0].set, DEVICE_OFF);
	ck_assert_uint_eq(world.log[1].clear, DEVICE_OFF);
	ck_assert_uint_eq(world.slots[0].indicators, 0);
}
END_TEST

START_TEST(a_bay_that_goes_while_its_users_are_looked_for)
{
	struct answer answer = { .n = 0 };

	world.users_held = true;
	maintenance_set_indicator(world.maintenance, &world.slots[0], INDICATOR_DEVICE_OFF, true,
				  1000, answered, &answer);
	world_chassis_goes();
	settle();
	ck_assert_int_eq(answer.outcome.result, -ENODEV);
	users_answer();
	settle();
	ck_assert_uint_eq(answer.n, 1);
	ck_assert_uint_eq(world.n_log, 0);
}
END_TEST

/* The reset gave the disk its power back; somebody may have mounted it since. */
START_TEST(a_reset_does_not_switch_off_a_disk_in_use)
{
	ck_assert_int_eq(set_indicator(&world.slots[0], INDICATOR_DEVICE_OFF, true), OUTCOME_S_OK);
	world.user = "mounted";
	page_changes(&world.slots[0], 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert_uint_eq(world.slots[0].indicators, 0);
	ck_assert_int_eq(set_indicator(&world.slots[1], INDICATOR_DEVICE_OFF, true), -ETXTBSY);
	world.user = NULL;
	ck_assert_int_eq(set_indicator(&world.slots[1], INDICATOR_DEVICE_OFF, true), OUTCOME_S_OK);
	page_changes(&world.slots[1], 0);
	world.listener.reset(world.listener.userdata, &world.chassis);
	settle();
	ck_assert_uint_eq(world.slots[1].indicators, DEVICE_OFF);
}
END_TEST

/* ---- the alarm ------------------------------------------------------------------------ */

static int beep(enum maintenance_verb verb, struct object *object, uint32_t argument)
{
	return do_verb(object, verb, BEEP, argument);
}

START_TEST(the_alarm_sounds_and_is_muted)
{
	world.alarm.indicators = MUTE;
	ck_assert_int_eq(beep(MAINTENANCE_START, &world.chassis.object, 0), OUTCOME_S_OK);
	ck_assert_uint_eq(world.alarm.indicators, TONE);
	ck_assert_uint_eq(running(&world.chassis.object, BEEP).uid, 1000);
	ck_assert_uint_eq(running(&world.alarm.object, BEEP).uid, 1000);
	ck_assert_uint_eq(running(&world.alarm.object, BLINK).operation, 0);
	ck_assert_int_eq(beep(MAINTENANCE_STOP, &world.alarm.object, 0), OUTCOME_S_OK);
	ck_assert_uint_eq(world.alarm.indicators, MUTE);
	ck_assert_uint_eq(told(&world.chassis.object), 2);
}
END_TEST

START_TEST(a_silent_alarm_is_not_muted)
{
	ck_assert_int_eq(beep(MAINTENANCE_STOP, &world.alarm.object, 0), OUTCOME_S_FALSE);
	ck_assert_uint_eq(world.alarm.indicators, 0);
}
END_TEST

START_TEST(the_alarm_pulses_without_muting)
{
	ck_assert_int_eq(beep(MAINTENANCE_PULSE, &world.alarm.object, 2), OUTCOME_S_OK);
	ck_assert_uint_eq(world.alarm.indicators, TONE);
	half();
	ck_assert_uint_eq(world.alarm.indicators, 0);
	half();
	ck_assert_uint_eq(world.alarm.indicators, TONE);
	half();
	ck_assert_uint_eq(world.alarm.indicators, 0);
	ck_assert_uint_eq(running(&world.alarm.object, BEEP).operation, 0);
}
END_TEST

START_TEST(light_and_tone_of_one_element_are_two_runs)
{
	ck_assert_int_eq(do_verb(&world.alarm.object, MAINTENANCE_PULSE, BLINK, 3), OUTCOME_S_OK);
	ck_assert_int_eq(beep(MAINTENANCE_START_FOR, &world.alarm.object, 5), OUTCOME_S_OK);
	ck_assert_uint_eq(running(&world.alarm.object, BLINK).pulses, 3);
	ck_assert_uint_ne(running(&world.alarm.object, BEEP).end, 0);
	for (int i = 0; i < 5; i++)
		half();
	ck_assert_uint_eq(world.alarm.indicators, TONE);
	clock_advance(5 * USEC_PER_SEC);
	ck_assert_uint_eq(world.alarm.indicators & TONE, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maintenance/object");
	TCase *tc = tcase_create("object");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, begin, world_end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, slot_drive_and_units_steer_one_lamp);
	tcase_add_test(tc, subsystem_is_its_enclosure_element);
	tcase_add_test(tc, subsystem_without_enclosure_element_is_every_bay);
	tcase_add_test(tc, one_bay_that_fails_is_the_answer_of_all);
	tcase_add_test(tc, controller_is_its_electronics);
	tcase_add_test(tc, a_disk_in_no_bay_has_no_light);
	tcase_add_test(tc, each_object_says_what_it_can_do);
	tcase_add_test(tc, without_the_drive_layer_disks_have_lamps_only);
	tcase_add_test(tc, refuses_in_the_order_of_the_contract);
	tcase_add_test(tc, a_refused_call_is_answered_once_and_later);
	tcase_add_test(tc, indicators_are_switched_alone);
	tcase_add_test(tc, ident_is_blink_light);
	tcase_add_test(tc, an_indicator_that_the_element_lacks_is_refused);
	tcase_add_test(tc, device_off_follows_the_in_use_rule);
	tcase_add_test(tc, what_follows_device_off_does_not_overtake_it);
	tcase_add_test(tc, a_bay_that_goes_while_its_users_are_looked_for);
	tcase_add_test(tc, a_reset_does_not_switch_off_a_disk_in_use);
	tcase_add_test(tc, the_alarm_sounds_and_is_muted);
	tcase_add_test(tc, a_silent_alarm_is_not_muted);
	tcase_add_test(tc, the_alarm_pulses_without_muting);
	tcase_add_test(tc, light_and_tone_of_one_element_are_two_runs);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
