/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text as enclosures have been seen to send it (peers.md C.4), and what sd-bus
 * would close the connection for.
 */
#include <check.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *src;
	size_t n;
	const char *expected;
} texts[] = {
	{ BYTES("slot00       "), "slot00" },
	{ BYTES("slot00\0\0\0\0"), "slot00" },
	{ BYTES("slot00 \0garbage"), "slot00" },
	{ BYTES("\0hidden"), "" },
	{ BYTES(""), "" },
	{ BYTES("      "), "" },
	{ BYTES(" \t\r\n"), "" },
	{ BYTES("running\n"), "running" },
	{ BYTES("   SLOT 039,3GJ9Y2UE  "), "SLOT 039,3GJ9Y2UE" },
	{ BYTES("<empty>"), "<empty>" },
	{ BYTES("Disk #00"), "Disk #00" },
	{ BYTES("Drive Slot #0_0000000000000000"), "Drive Slot #0_0000000000000000" },
	{ BYTES("a\tb\x01"
		"c\x7f"),
	  "a?b?c?" },
	{ BYTES("\xff\xff\xff\xff"), "????" },
	{ BYTES("Gr\xfc\xdf"
		"e"),
	  "Gr??e" },
	{ BYTES("Gr\xc3\xbc\xc3\x9f"
		"e"),
	  "Gr\xc3\xbc\xc3\x9f"
	  "e" },
	{ BYTES("\xe2\x82\xac \xf0\x9f\x92\xa1"), "\xe2\x82\xac \xf0\x9f\x92\xa1" },
	{ BYTES("cut \xe2\x82"), "cut ??" },
	{ BYTES("\xc0\xaf"), "??" },	       /* overlong */
	{ BYTES("\xe0\x80\xaf"), "???" },      /* overlong */
	{ BYTES("\xf0\x80\x80\xaf"), "????" }, /* overlong */
	{ BYTES("\xed\xa0\x80"), "???" },      /* surrogate */
	{ BYTES("\xf4\x90\x80\x80"), "????" }, /* over 10FFFF */
	{ BYTES("\xef\xb7\x90"), "???" },      /* FDD0: UTF-8, but not for sd-bus */
	{ BYTES("\xef\xbf\xbf"), "???" },      /* FFFF */
	{ BYTES("\xef\xbf\xbd"), "\xef\xbf\xbd" },
	{ BYTES("a\xc2\x85z"), "a?z" }, /* C1 control: one character, one mark */
	{ BYTES("\x80\xbf"), "??" },
};

START_TEST(cleans)
{
	char dst[64];

	ck_assert_ptr_eq(text_clean(dst, sizeof(dst), texts[_i].src, texts[_i].n), dst);
	ck_assert_str_eq(dst, texts[_i].expected);
	ck_assert(text_valid_utf8(dst));
}
END_TEST

START_TEST(never_cuts_a_character)
{
	static const char src[] = "a\xc3\xbc \xe2\x82\xac\xf0\x9f\x92\xa1z";
	static const char *const at[] = {
		NULL,
		"",
		"a",
		"a",
		"a\xc3\xbc",
		"a\xc3\xbc",
		"a\xc3\xbc",
		"a\xc3\xbc",
		"a\xc3\xbc \xe2\x82\xac",
		"a\xc3\xbc \xe2\x82\xac",
	};
	char *dst = malloc((size_t) _i + 1);

	dst[_i] = 'X';
	if (_i == 0)
		dst[0] = 'X';
	(void) text_clean(dst, (size_t) _i, src, sizeof(src) - 1);
	ck_assert_int_eq(dst[_i], 'X');
	if (at[_i] != NULL)
		ck_assert_str_eq(dst, at[_i]);
	free(dst);
}
END_TEST

/* Every two bytes and every lead with every follower: always valid, never longer. */
START_TEST(makes_anything_valid)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			uint8_t src[6] = { 'x', (uint8_t) a, (uint8_t) b, 0x80, 0xbf, 'y' };
			char dst[7];

			(void) text_clean(dst, sizeof(dst), src, sizeof(src));
			ck_assert(text_valid_utf8(dst));
			ck_assert_uint_le(strlen(dst), sizeof(src));
			ck_assert_int_eq(dst[0], 'x');
		}
}
END_TEST

START_TEST(validates)
{
	ck_assert(text_valid_utf8(""));
	ck_assert(text_valid_utf8("Gr\xc3\xbc\xc3\x9f"));
	ck_assert(!text_valid_utf8("Gr\xfc\xdf"));
	ck_assert(!text_valid_utf8("\xe2\x82"));
	ck_assert(!text_valid_utf8("\xed\xa0\x80"));
	ck_assert(!text_valid_utf8("\xef\xbf\xbe"));
}
END_TEST

START_TEST(writes_hex)
{
	static const uint8_t bytes[] = { 0x00, 0x0f, 0xa5, 0xff };
	char dst[17];

	ck_assert_str_eq(text_hex64(dst, 0x500605b000abcdefULL), "500605b000abcdef");
	ck_assert_str_eq(text_hex64(dst, 1), "0000000000000001");
	ck_assert_str_eq(text_hex(dst, sizeof(dst), bytes, sizeof(bytes)), "000fa5ff");
	ck_assert_str_eq(text_hex(dst, 6, bytes, sizeof(bytes)), "000f");
	ck_assert_str_eq(text_hex(dst, sizeof(dst), bytes, 0), "");
}
END_TEST

static const struct {
	const char *s;
	bool ok;
	uint64_t value;
} numbers[] = {
	{ "500605b000abcdef", true, 0x500605b000abcdefULL },
	{ "0x500605B000ABCDEF", true, 0x500605b000abcdefULL },
	{ "naa.500605b000abcdef", true, 0x500605b000abcdefULL },
	{ "0xffffffffffffffff", true, UINT64_MAX },
	{ "0", true, 0 },
	{ "0x0", true, 0 },
	{ "", false, 0 },
	{ "0x", false, 0 },
	{ "naa.", false, 0 },
	{ "0x0x1", false, 0 },
	{ " 1", false, 0 },
	{ "1\n", false, 0 },
	{ "-1", false, 0 },
	{ "5g", false, 0 },
	{ "10000000000000000", false, 0 },
	{ "naa.600605b000abcdef0011223344556677", false, 0 },
	{ NULL, false, 0 },
};

START_TEST(reads_hex)
{
	uint64_t value = 42;

	ck_assert_int_eq(text_parse_hex64(numbers[_i].s, &value), numbers[_i].ok);
	ck_assert_uint_eq(value, numbers[_i].ok ? numbers[_i].value : 42);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/text");
	TCase *tc = tcase_create("text");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, cleans, 0, ARRAY_SIZE(texts));
	tcase_add_loop_test(tc, never_cuts_a_character, 0, 10);
	tcase_add_test(tc, makes_anything_valid);
	tcase_add_test(tc, validates);
	tcase_add_test(tc, writes_hex);
	tcase_add_loop_test(tc, reads_hex, 0, ARRAY_SIZE(numbers));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
