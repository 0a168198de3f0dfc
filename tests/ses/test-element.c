/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The four bytes of an element: requests, readings, conditions, names.  What is
 * kept from status to control is in test-copy.c.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ses/element.h"

static bool is_powered(uint8_t type)
{
	return type == 0x02 || type == 0x03;
}

/* Where a request is, written down a second time from ses.md section 3. */
static const struct {
	uint8_t type;
	enum indicator indicator;
	uint8_t byte, bit;
	bool in_status_too; /* alone in its place: the others are ambiguous */
} places[] = {
	{ 0x01, INDICATOR_IDENT, 2, 1, true },
	{ 0x01, INDICATOR_FAULT, 3, 5, true },
	{ 0x01, INDICATOR_OK_TO_REMOVE, 2, 2, true },
	{ 0x01, INDICATOR_DO_NOT_REMOVE, 2, 6, true },
	{ 0x01, INDICATOR_INSERT, 2, 3, true },
	{ 0x01, INDICATOR_DEVICE_OFF, 3, 4, true },
	{ 0x01, INDICATOR_PREDICTED_FAILURE, 0, 6, true },
	{ 0x17, INDICATOR_IDENT, 2, 1, true },
	{ 0x17, INDICATOR_FAULT, 3, 5, true },
	{ 0x17, INDICATOR_OK_TO_REMOVE, 2, 2, true },
	{ 0x17, INDICATOR_DO_NOT_REMOVE, 2, 6, true },
	{ 0x17, INDICATOR_INSERT, 2, 3, true },
	{ 0x17, INDICATOR_DEVICE_OFF, 3, 4, true },
	{ 0x17, INDICATOR_PREDICTED_FAILURE, 0, 6, true },
	{ 0x17, INDICATOR_OK, 1, 7, true },
	{ 0x17, INDICATOR_RESERVED, 1, 6, true },
	{ 0x17, INDICATOR_HOT_SPARE, 1, 5, true },
	{ 0x17, INDICATOR_CONSISTENCY_CHECK, 1, 4, true },
	{ 0x17, INDICATOR_IN_CRITICAL_ARRAY, 1, 3, true },
	{ 0x17, INDICATOR_IN_FAILED_ARRAY, 1, 2, true },
	{ 0x17, INDICATOR_REBUILD, 1, 1, true },
	{ 0x17, INDICATOR_REBUILD_ABORT, 1, 0, true },
	{ 0x02, INDICATOR_IDENT, 1, 7, true },
	{ 0x02, INDICATOR_DO_NOT_REMOVE, 1, 6, true },
	{ 0x02, INDICATOR_FAULT, 3, 6, false },
	{ 0x03, INDICATOR_IDENT, 1, 7, true },
	{ 0x03, INDICATOR_DO_NOT_REMOVE, 1, 6, true },
	{ 0x03, INDICATOR_FAULT, 3, 6, false },
	{ 0x04, INDICATOR_IDENT, 1, 7, true },
	{ 0x04, INDICATOR_FAULT, 1, 6, false },
	{ 0x05, INDICATOR_IDENT, 1, 7, true },
	{ 0x05, INDICATOR_FAULT, 1, 6, false },
	{ 0x06, INDICATOR_IDENT, 1, 7, true },
	{ 0x06, INDICATOR_FAULT, 1, 6, false },
	{ 0x06, INDICATOR_TONE_CRITICAL, 3, 1, true },
	{ 0x06, INDICATOR_MUTE, 3, 6, true },
	{ 0x07, INDICATOR_IDENT, 1, 7, true },
	{ 0x07, INDICATOR_FAULT, 1, 6, false },
	{ 0x07, INDICATOR_DO_NOT_REMOVE, 1, 5, true },
	{ 0x07, INDICATOR_OK_TO_REMOVE, 1, 4, true },
	{ 0x08, INDICATOR_IDENT, 1, 7, true },
	{ 0x09, INDICATOR_FAULT, 1, 6, false },
	{ 0x0b, INDICATOR_IDENT, 3, 7, true },
	{ 0x0b, INDICATOR_FAULT, 3, 6, false },
	{ 0x0c, INDICATOR_IDENT, 1, 7, true },
	{ 0x0c, INDICATOR_FAULT, 1, 6, false },
	{ 0x0d, INDICATOR_FAULT, 1, 6, false },
	{ 0x0e, INDICATOR_IDENT, 1, 7, true },
	{ 0x0e, INDICATOR_FAULT, 3, 1, true },
	{ 0x0f, INDICATOR_IDENT, 1, 7, true },
	{ 0x0f, INDICATOR_FAULT, 1, 6, false },
	{ 0x10, INDICATOR_IDENT, 1, 7, true },
	{ 0x11, INDICATOR_FAULT, 1, 6, false },
	{ 0x12, INDICATOR_IDENT, 1, 7, true },
	{ 0x12, INDICATOR_FAULT, 1, 6, false },
	{ 0x13, INDICATOR_FAULT, 1, 6, false },
	{ 0x14, INDICATOR_IDENT, 1, 7, true },
	{ 0x14, INDICATOR_FAULT, 1, 6, false },
	{ 0x15, INDICATOR_FAULT, 1, 6, false },
	{ 0x16, INDICATOR_IDENT, 1, 7, true },
	{ 0x18, INDICATOR_IDENT, 1, 7, true },
	{ 0x18, INDICATOR_FAULT, 1, 6, false },
	{ 0x19, INDICATOR_IDENT, 1, 7, true },
	{ 0x19, INDICATOR_FAULT, 3, 6, false },
};

START_TEST(sets_and_clears_one_indicator)
{
	uint8_t type = places[_i].type;
	uint32_t bit = INDICATOR_BIT(places[_i].indicator);
	uint8_t mask = (uint8_t) (1U << places[_i].bit);
	uint8_t status[4] = { 0x01, 0, 0, is_powered(type) ? 0x20 : 0x00 };
	uint8_t expected[4] = { 0x80, 0, 0, status[3] }, control[4];

	ck_assert_uint_eq(ses_indicators_supported(type) & bit, bit);
	ck_assert_uint_eq(ses_indicators_shown(type, status), 0);

	expected[places[_i].byte] |= mask;
	ck_assert_int_eq(ses_element_control(type, status, 0, bit, 0, control), 0);
	ck_assert_mem_eq(control, expected, 4);

	/* Its echo shows it, and asking again to clear it does. */
	status[places[_i].byte] |= mask;
	ck_assert_uint_eq(ses_indicators_shown(type, status), bit);
	ck_assert_int_eq(ses_element_control(type, status, 0, 0, 0, control), 0);
	if (!places[_i].in_status_too)
		expected[places[_i].byte] &= (uint8_t) ~mask;
	ck_assert_mem_eq(control, expected, 4);
	expected[places[_i].byte] &= (uint8_t) ~mask;
	ck_assert_int_eq(ses_element_control(type, status, bit, 0, bit, control), 0);
	ck_assert_mem_eq(control, expected, 4);
}
END_TEST

/* A finding is not made a request; a request of ours is not forgotten. */
START_TEST(takes_an_ambiguous_fault_from_what_was_wished)
{
	uint32_t fault = INDICATOR_BIT(INDICATOR_FAULT);

	for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
		uint8_t mask = (uint8_t) (1U << places[i].bit);
		uint8_t status[4] = { 0x01, 0, 0, is_powered(places[i].type) ? 0x20 : 0x00 };
		uint8_t control[4];

		if (places[i].indicator != INDICATOR_FAULT || places[i].in_status_too)
			continue;
		/* wished, not shown: asked for again, with whatever else is wanted */
		ck_assert_int_eq(ses_element_control(places[i].type, status, fault,
						     INDICATOR_BIT(INDICATOR_IDENT), 0, control),
				 0);
		ck_assert_uint_eq(control[places[i].byte] & mask, mask);
		/* shown, not wished: not asked for */
		status[places[i].byte] |= mask;
		ck_assert_int_eq(ses_element_control(places[i].type, status, 0,
						     INDICATOR_BIT(INDICATOR_IDENT), 0, control),
				 0);
		ck_assert_uint_eq(control[places[i].byte] & mask, 0);
	}

	/* A slot's request has an echo, which counts and not what we remember. */
	uint8_t status[4] = { 0x01, 0, 0, 0x00 }, control[4];

	ck_assert_int_eq(ses_element_control(0x17, status, fault, 0, 0, control), 0);
	ck_assert_uint_eq(control[3], 0x00);
}
END_TEST

START_TEST(unmutes_an_alarm_that_is_to_sound)
{
	static const uint8_t muted[4] = { 0x01, 0, 0, 0x50 };
	uint8_t control[4];

	ck_assert_int_eq(ses_element_control(0x06, muted, 0, INDICATOR_BIT(INDICATOR_TONE_CRITICAL),
					     0, control),
			 0);
	ck_assert_mem_eq(control, "\x80\x00\x00\x12", 4);
	ck_assert_int_eq(ses_element_control(0x06, muted, 0,
					     INDICATOR_BIT(INDICATOR_TONE_CRITICAL) |
						     INDICATOR_BIT(INDICATOR_MUTE),
					     0, control),
			 0);
	ck_assert_mem_eq(control, "\x80\x00\x00\x52", 4);
	/* Anything else leaves it muted. */
	ck_assert_int_eq(
		ses_element_control(0x06, muted, 0, INDICATOR_BIT(INDICATOR_IDENT), 0, control), 0);
	ck_assert_mem_eq(control, "\x80\x80\x00\x50", 4);
}
END_TEST

START_TEST(refuses_what_a_type_lacks)
{
	static const uint8_t status[4] = { 0x01, 0, 0, 0x20 };

	for (unsigned type = 0; type < 256; type++) {
		uint32_t supported = ses_indicators_supported((uint8_t) type);

		for (unsigned i = 0; i < _INDICATOR_MAX; i++) {
			int r = supported & INDICATOR_BIT(i) ? 0 : -EOPNOTSUPP;
			uint8_t control[4];

			ck_assert_int_eq(ses_element_control((uint8_t) type, status, 0,
							     INDICATOR_BIT(i), 0, control),
					 r);
			ck_assert_int_eq(ses_element_control((uint8_t) type, status, 0, 0,
							     INDICATOR_BIT(i), control),
					 r);
		}
	}
	/* No list of elements knows these. */
	ck_assert_uint_eq(ses_indicators_supported(0x00), 0);
	ck_assert_uint_eq(ses_indicators_supported(0x0a), 0);
	ck_assert_uint_eq(ses_indicators_supported(0x1a), 0);
	ck_assert_uint_eq(ses_indicators_supported(0xff), 0);
	/* Array lamps are the array slot's alone. */
	ck_assert_uint_eq(ses_indicators_supported(0x17) & ~ses_indicators_supported(0x01),
			  0x7fU << INDICATOR_HOT_SPARE | INDICATOR_BIT(INDICATOR_RESERVED));
}
END_TEST

START_TEST(names_indicators_as_the_contract)
{
	static const char *const names[] = {
		"ident",
		"fault",
		"ok-to-remove",
		"do-not-remove",
		"insert",
		"hot-spare",
		"ok",
		"rebuild",
		"rebuild-abort",
		"in-critical-array",
		"in-failed-array",
		"consistency-check",
		"reserved",
		"predicted-failure",
		"device-off",
	};

	ck_assert_uint_eq(ARRAY_SIZE(names), _INDICATOR_PUBLIC_MAX);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		ck_assert_str_eq(indicator_name((enum indicator) i), names[i]);
		ck_assert_int_eq(indicator_from_name(names[i]), (int) i);
	}
	ck_assert_str_eq(indicator_name(INDICATOR_MUTE), "mute");
	ck_assert_int_eq(indicator_from_name("mute"), -EINVAL);
	ck_assert_int_eq(indicator_from_name("tone-critical"), -EINVAL);
	ck_assert_int_eq(indicator_from_name(""), -EINVAL);
	ck_assert_int_eq(indicator_from_name("Ident"), -EINVAL);
}
END_TEST

START_TEST(names_types_as_sg_ses)
{
	static const struct {
		uint8_t type;
		const char *abbreviation;
	} cases[] = { { 0x00, "un" },  { 0x01, "dev" }, { 0x02, "ps" },	 { 0x07, "esc" },
		      { 0x0e, "enc" }, { 0x17, "arr" }, { 0x18, "sse" }, { 0x19, "ssc" },
		      { 0x1a, "r1a" }, { 0x7f, "r7f" }, { 0x80, "v80" }, { 0xff, "vff" } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(ses_type_abbreviation(cases[i].type), cases[i].abbreviation);
	/* They end up in object paths, so they are all different. */
	for (unsigned i = 0; i < 256; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(ses_type_abbreviation((uint8_t) i),
					 ses_type_abbreviation((uint8_t) k));
	ck_assert_str_eq(ses_type_name(0x02), "power supply");
	ck_assert_str_eq(ses_type_name(0x1a), "reserved");
	ck_assert_str_eq(ses_type_name(0xff), "vendor specific");
}
END_TEST

START_TEST(names_codes_as_the_contract)
{
	static const char *const names[16] = {
		"unsupported",	 "ok",	    "critical",	     "noncritical", "unrecoverable",
		"not-installed", "unknown", "not-available", "no-access",   "unknown",
		"unknown",	 "unknown", "unknown",	     "unknown",	    "unknown",
		"unknown",
	};

	for (unsigned i = 0; i < 16; i++)
		ck_assert_str_eq(ses_code_name((uint8_t) i), names[i]);
	ck_assert_str_eq(ses_code_name(0xff), "unknown");
}
END_TEST

static const struct {
	uint8_t type, status[4];
	const char *unit; /* NULL: no value */
	double value;
} readings[] = {
	{ 0x04, { 0x01, 0x00, 0x2f, 0x00 }, "C", 27 },
	{ 0x04, { 0x03, 0x00, 0x4b, 0x04 }, "C", 55 },
	{ 0x04, { 0x01, 0x3f, 0x01, 0x00 }, "C", -19 },
	{ 0x04, { 0x02, 0x00, 0xff, 0x08 }, "C", 235 },
	{ 0x04, { 0x01, 0x00, 0x00, 0x00 }, NULL, 0 },
	{ 0x04, { 0x00, 0x00, 0x2f, 0x00 }, "C", 27 },
	{ 0x04, { 0x05, 0x00, 0x2f, 0x00 }, NULL, 0 },
	{ 0x04, { 0x06, 0x00, 0x2f, 0x00 }, NULL, 0 },
	{ 0x04, { 0x07, 0x00, 0x2f, 0x00 }, NULL, 0 },
	{ 0x04, { 0x08, 0x00, 0x2f, 0x00 }, NULL, 0 },
	{ 0x04, { 0x0f, 0x00, 0x2f, 0x00 }, NULL, 0 },
	{ 0x03, { 0x01, 0x01, 0xa4, 0xa3 }, "rpm", 4200 },
	{ 0x03, { 0x01, 0x04, 0x4c, 0xa7 }, "rpm", 11000 },
	{ 0x03, { 0x01, 0x0f, 0xff, 0xa7 }, "rpm", 40950 },
	{ 0x03, { 0x01, 0x10, 0x64, 0xa7 }, "rpm", 10000 },
	{ 0x03, { 0x01, 0x18, 0x64, 0xa7 }, NULL, 0 },
	{ 0x03, { 0x02, 0x00, 0x00, 0xe0 }, "rpm", 0 },
	{ 0x03, { 0x01, 0x00, 0x00, 0xa3 }, NULL, 0 },
	{ 0x03, { 0x01, 0x00, 0x00, 0xb3 }, "rpm", 0 },
	{ 0x03, { 0x00, 0x00, 0x00, 0x00 }, NULL, 0 },
	{ 0x12, { 0x01, 0x00, 0x00, 0x5e }, "V", 0.94 },
	{ 0x12, { 0x01, 0x00, 0xfb, 0x50 }, "V", -12.00 },
	{ 0x12, { 0x01, 0x00, 0x80, 0x00 }, "V", -327.68 },
	{ 0x12, { 0x00, 0x00, 0x00, 0x00 }, NULL, 0 },
	{ 0x13, { 0x01, 0x00, 0x00, 0x00 }, "A", 0 },
	{ 0x13, { 0x03, 0x08, 0x04, 0xd2 }, "A", 12.34 },
	{ 0x02, { 0x01, 0xff, 0xff, 0xff }, NULL, 0 },
	{ 0x17, { 0x01, 0xff, 0xff, 0xff }, NULL, 0 },
	{ 0xff, { 0x01, 0xff, 0xff, 0xff }, NULL, 0 },
};

START_TEST(reads_a_value)
{
	struct ses_reading reading = { .value = 4711, .unit = "untouched" };
	bool there = ses_element_reading(readings[_i].type, readings[_i].status, &reading);

	ck_assert(there == (readings[_i].unit != NULL));
	ck_assert_str_eq(reading.unit, there ? readings[_i].unit : "untouched");
	ck_assert_double_eq_tol(reading.value, there ? readings[_i].value : 4711, 1e-9);
}
END_TEST

static const struct {
	uint8_t type, status[4];
	const char *flags;
} conditions[] = {
	{ 0x02, { 0x02, 0x00, 0x00, 0xe2 }, "hot-swap fail requested-on ac-fail " },
	{ 0x02,
	  { 0x01, 0x00, 0x0e, 0x1d },
	  "dc-over-voltage dc-under-voltage dc-over-current off over-temperature-failure "
	  "over-temperature-warning dc-fail " },
	{ 0x03, { 0x31, 0xff, 0xff, 0x17 }, "disabled swap off " },
	{ 0x04, { 0x43, 0x00, 0x4b, 0x04 }, "predicted-failure over-temperature-warning " },
	{ 0x04,
	  { 0x02, 0x7f, 0x4b, 0x0b },
	  "fail over-temperature-failure under-temperature-failure under-temperature-warning " },
	{ 0x05, { 0x01, 0x00, 0x00, 0x03 }, "open unlocked " },
	{ 0x06, { 0x01, 0x00, 0x00, 0x42 }, "muted tone-critical " },
	{ 0x07, { 0x01, 0x00, 0x01, 0x80 }, "report hot-swap " },
	{ 0x0b, { 0x01, 0x40, 0x90, 0x42 }, "ac-low ac-fail fail battery-fail " },
	{ 0x0e, { 0x01, 0x80, 0xfe, 0xfd }, "failure-indication warning-requested " },
	{ 0x12, { 0x01, 0x4a, 0xff, 0xff }, "fail over-voltage-warning over-voltage-critical " },
	{ 0x13, { 0x01, 0x05, 0xff, 0xff }, "" },
	{ 0x17, { 0x53, 0x02, 0x41, 0x60 }, "predicted-failure swap report fault-sensed " },
	{ 0x01, { 0x01, 0xff, 0x00, 0x10 }, "off " },
	{ 0x19, { 0x01, 0x7f, 0xff, 0x20 }, "over-current " },
	{ 0xff, { 0x21, 0xff, 0xff, 0xff }, "disabled " },
};

START_TEST(names_conditions)
{
	const char *flags[SES_FLAGS_MAX];
	unsigned n = ses_element_flags(conditions[_i].type, conditions[_i].status, flags);
	char all[512] = "";

	for (unsigned i = 0; i < n; i++) {
		(void) strcat(all, flags[i]);
		(void) strcat(all, " ");
	}
	ck_assert_str_eq(all, conditions[_i].flags);
}
END_TEST

START_TEST(never_names_too_many_conditions)
{
	static const uint8_t all[4] = { 0xff, 0xff, 0xff, 0xff };
	const char *flags[SES_FLAGS_MAX];

	for (unsigned type = 0; type < 256; type++) {
		unsigned n = ses_element_flags((uint8_t) type, all, flags);

		ck_assert_uint_ge(n, 3);
		ck_assert_uint_lt(n, SES_FLAGS_MAX);
		for (unsigned i = 0; i < n; i++)
			for (unsigned k = 0; k < i; k++)
				ck_assert_str_ne(flags[i], flags[k]);
	}
}
END_TEST

START_TEST(tells_a_finding_from_a_request)
{
	static const struct {
		uint8_t type, status[4];
		bool sensed, report;
	} cases[] = {
		{ 0x17, { 1, 0, 0, 0x40 }, true, false },
		{ 0x17, { 1, 0, 0, 0x20 }, false, false },
		{ 0x01, { 1, 0, 1, 0x60 }, true, true },
		{ 0x02, { 1, 0, 1, 0x40 }, true, false },
		{ 0x04, { 1, 0x40, 0, 0 }, true, false },
		{ 0x0e, { 1, 0, 0x02, 0 }, true, false },
		{ 0x0e, { 1, 0, 0x00, 0x02 }, false, false },
		{ 0x07, { 1, 0, 1, 0 }, false, true },
		{ 0x0f, { 1, 0x40, 1, 0 }, true, true },
		{ 0x14, { 1, 0, 1, 0 }, false, true },
		{ 0x12, { 1, 0, 1, 0x40 }, false, false },
		{ 0xff, { 1, 0xff, 0xff, 0xff }, false, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_msg(ses_element_fault_sensed(cases[i].type, cases[i].status) ==
				      cases[i].sensed,
			      "case %u", i);
		ck_assert_msg(ses_element_report(cases[i].type, cases[i].status) == cases[i].report,
			      "case %u", i);
	}
	ck_assert(ses_element_predicted_failure((uint8_t[]){ 0x41, 0, 0, 0 }));
	ck_assert(!ses_element_predicted_failure((uint8_t[]){ 0xb1, 0, 0, 0 }));
	ck_assert(ses_element_swapped((uint8_t[]){ 0x11, 0, 0, 0 }));
	ck_assert(!ses_element_swapped((uint8_t[]){ 0xe1, 0, 0, 0 }));
	ck_assert_uint_eq(ses_element_code((uint8_t[]){ 0xf5, 0, 0, 0 }), 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/element");
	TCase *tc = tcase_create("element");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, sets_and_clears_one_indicator, 0, (int) ARRAY_SIZE(places));
	tcase_add_test(tc, takes_an_ambiguous_fault_from_what_was_wished);
	tcase_add_test(tc, unmutes_an_alarm_that_is_to_sound);
	tcase_add_test(tc, refuses_what_a_type_lacks);
	tcase_add_test(tc, names_indicators_as_the_contract);
	tcase_add_test(tc, names_types_as_sg_ses);
	tcase_add_test(tc, names_codes_as_the_contract);
	tcase_add_loop_test(tc, reads_a_value, 0, (int) ARRAY_SIZE(readings));
	tcase_add_loop_test(tc, names_conditions, 0, (int) ARRAY_SIZE(conditions));
	tcase_add_test(tc, never_names_too_many_conditions);
	tcase_add_test(tc, tells_a_finding_from_a_request);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
