/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From status to control.  What table 4.2 of ses.md keeps is written down here a
 * second time, bit by bit and in the words of section 3, and a one is walked
 * through all 32 bits of every type.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ses/element.h"

/*
 * "byte:bit" comes back where it was; "byte:bit>byte:bit" in another place.
 * 0:6 and 0:5 (PRDFAIL, DISABLE) come back for every type.
 */
static const struct {
	uint8_t type;
	const char *kept;
} copies[] = {
	/* DNR, insert, remove, ident; fault requested, device off; the host's bypasses */
	{ 0x01, "2:6 2:3 2:2 2:1 3:5 3:4 2:7>3:3 3:7>3:2" },
	/* and ok, reserved, spare, check, critical, failed, rebuild, abort */
	{ 0x17, "1:7 1:6 1:5 1:4 1:3 1:2 1:1 1:0 2:6 2:3 2:2 2:1 3:5 3:4 2:7>3:3 3:7>3:2" },
	/* ident, DNR; RQST ON has a test of its own */
	{ 0x02, "1:7 1:6" },
	{ 0x03, "1:7 1:6" },
	/* ident and the offset, 1:5 to 1:0 */
	{ 0x04, "1:7 1:5 1:4 1:3 1:2 1:1 1:0" },
	/* ident, unlocked */
	{ 0x05, "1:7 3:0" },
	/* ident; muted, remind, the four tones */
	{ 0x06, "1:7 3:6 3:4 3:3 3:2 3:1 3:0" },
	/* ident, DNR, remove; neither the resets nor SELECT ELEMENT */
	{ 0x07, "1:7 1:5 1:4" },
	{ 0x08, "1:7" },
	{ 0x09, "1:7" },
	{ 0x0b, "3:7" },
	/* ident, mode; two bytes of character */
	{ 0x0c, "1:7 1:1 1:0 2:7 2:6 2:5 2:4 2:3 2:2 2:1 2:0 3:7 3:6 3:5 3:4 3:3 3:2 3:1 3:0" },
	{ 0x0d, "1:7" },
	/* ident; failure and warning requested; no byte 2: it would be a power cycle */
	{ 0x0e, "1:7 3:1 3:0" },
	{ 0x0f, "1:7 3:4" },
	/* ident; two letters of language */
	{ 0x10, "1:7 2:7 2:6 2:5 2:4 2:3 2:2 2:1 2:0 3:7 3:6 3:5 3:4 3:3 3:2 3:1 3:0" },
	{ 0x11, "1:7 3:0" },
	{ 0x12, "1:7" },
	{ 0x13, "1:7" },
	{ 0x14, "1:7 3:0" },
	{ 0x15, "1:7 3:0" },
	{ 0x16, "1:7" },
	{ 0x18, "1:7" },
	{ 0x19, "1:7" },
};

/* Sets in expected what one status bit brings about. */
static void keep(const char *kept, unsigned byte, unsigned bit, uint8_t expected[static 4])
{
	char list[160], *rest = NULL;

	if (byte == 0) {
		expected[0] |= (uint8_t) (1U << bit & 0x60U);
		return;
	}
	(void) snprintf(list, sizeof(list), "%s", kept);
	for (char *s = strtok_r(list, " ", &rest); s; s = strtok_r(NULL, " ", &rest)) {
		const char *to = s[3] == '>' ? s + 4 : s;

		if ((unsigned) (s[0] - '0') == byte && (unsigned) (s[2] - '0') == bit)
			expected[to[0] - '0'] |= (uint8_t) (1U << (to[2] - '0'));
	}
}

static bool is_powered(uint8_t type)
{
	return type == 0x02 || type == 0x03;
}

/* Of the 32 bits a type may report, exactly these come back in its control element. */
START_TEST(hands_back_one_status_bit)
{
	uint8_t type = copies[_i / 32].type;
	unsigned byte = (unsigned) _i % 32 / 8, bit = (unsigned) _i % 8;
	uint8_t status[4] = { 0x01, 0, 0, 0 }, expected[4] = { 0x80, 0, 0, 0 }, control[4] = { 0 };
	int r;

	status[byte] |= (uint8_t) (1U << bit);
	keep(copies[_i / 32].kept, byte, bit, expected);
	/* Running, so kept running; OFF, and nobody asked it to run: left so. */
	if (is_powered(type) && !(status[3] & 0x10))
		expected[3] |= 0x20;

	r = ses_element_control(type, status, 0, 0, 0, control);
	if (is_powered(type) && byte == 0 && (bit == 2 || bit == 3)) {
		ck_assert_int_eq(r, -EHOSTDOWN);
		return;
	}
	ck_assert_int_eq(r, 0);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_msg(control[i] == expected[i],
			      "type %02xh %u:%u: byte %u is %02x not %02x", type, byte, bit, i,
			      control[i], expected[i]);
}
END_TEST

START_TEST(leaves_the_bay_of_no_drive_powered)
{
	static const uint8_t empty[4] = { 0x05, 0, 0, 0x10 };
	uint8_t control[4];

	for (uint8_t type = 0x01; type <= 0x17; type += 0x16) {
		ck_assert_int_eq(ses_element_control(type, empty, 0, INDICATOR_BIT(INDICATOR_IDENT),
						     0, control),
				 0);
		ck_assert_mem_eq(control, ((uint8_t[]){ 0x80, 0, 0x02, 0 }), 4);
		/* Unless that is what is wanted. */
		ck_assert_int_eq(ses_element_control(type, empty, 0,
						     INDICATOR_BIT(INDICATOR_DEVICE_OFF), 0,
						     control),
				 0);
		ck_assert_mem_eq(control, ((uint8_t[]){ 0x80, 0, 0, 0x10 }), 4);
	}
}
END_TEST

START_TEST(refuses_to_switch_a_supply_off)
{
	for (unsigned code = 0; code < 16; code++) {
		uint8_t status[4] = { (uint8_t) code, 0, 0, 0xa0 };
		uint8_t control[4] = { 9, 9, 9, 9 };
		bool fine = code == 1 || code == 3;

		for (uint8_t type = 0x02; type <= 0x03; type++) {
			memset(control, 9, sizeof(control));
			ck_assert_int_eq(ses_element_control(type, status, 0,
							     INDICATOR_BIT(INDICATOR_IDENT), 0,
							     control),
					 fine ? 0 : -EHOSTDOWN);
			ck_assert_mem_eq(control, fine ? "\x80\x80\x00\x20" : "\x09\x09\x09\x09",
					 4);
		}
		/* Other types have no such bit. */
		ck_assert_int_eq(ses_element_control(0x04, status, 0,
						     INDICATOR_BIT(INDICATOR_IDENT), 0, control),
				 0);
	}
}
END_TEST

/* ses.md 4.2: "20h if installed and not OFF, else s3 & 20h" */
START_TEST(keeps_a_supply_as_it_runs)
{
	static const struct {
		uint8_t status, control;
	} cases[] = { { 0x00, 0x20 }, { 0x20, 0x20 }, { 0x10, 0x00 }, { 0x30, 0x20 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t status[4] = { 0x01, 0x00, 0x00, cases[i].status };
		uint8_t control[4];

		ck_assert_int_eq(ses_element_control(0x02, status, 0, 0, 0, control), 0);
		ck_assert_uint_eq(control[3], cases[i].control);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/copy");
	TCase *tc = tcase_create("copy");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, hands_back_one_status_bit, 0, (int) ARRAY_SIZE(copies) * 32);
	tcase_add_test(tc, leaves_the_bay_of_no_drive_powered);
	tcase_add_test(tc, refuses_to_switch_a_supply_off);
	tcase_add_test(tc, keeps_a_supply_as_it_runs);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
