/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading from enclosures in all moods (ses.md 2.12, peers.md C.2, C.3, C.6).
 */
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "tests/capture/bed.h"

#define ONE "[enclosure a]\nslots=6\nelements=ps=2 coo=1 esc=ioms\n"

static uint8_t generation(const struct bed *bed, unsigned page)
{
	ck_assert_ptr_nonnull(bed->capture.pages[page].bytes);
	return bed->capture.pages[page].bytes[7];
}

START_TEST(all_listed_pages)
{
	static const uint8_t expected[] = { 0x00, 0x01, 0x02, 0x05, 0x07, 0x0a, 0x0f };
	struct bed *bed = bed_new(ONE);

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const uint8_t *bytes = bed->capture.pages[expected[i]].bytes;
		size_t n = bed->capture.pages[expected[i]].n;

		ck_assert_msg(bytes && n >= 4, "page %02xh", expected[i]);
		ck_assert_uint_eq(bytes[0], expected[i]);
		ck_assert_uint_eq(n, 4U + (bytes[2] << 8 | bytes[3]));
	}
	ck_assert_uint_eq(bed->capture.inquiry.type, 0x0d);
	ck_assert_uint_gt(bed->capture.n_vpd83, 4);
	ck_assert_str_eq(bed->capture.notes, "");
	(void) bed_free(bed);
}
END_TEST

/* 3Fh of the Areca is not for us; the transport would fail the test. */
START_TEST(no_vendor_pages)
{
	struct bed *bed = bed_file("tests/fixtures/areca-8028.hex");

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_gt(bed->pages_asked[0x04], 0);
	ck_assert_uint_gt(bed->pages_asked[0x0e], 0);
	(void) bed_free(bed);
}
END_TEST

/* 08h and 09h are answers, not pages of an enclosure; here they are listed for 05h and 07h. */
START_TEST(no_substitutes)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "patch 0 00 7 0809");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_eq(bed->pages_asked[8], 0);
	ck_assert_uint_eq(bed->pages_asked[9], 0);
	ck_assert_uint_eq(bed->pages_asked[5], 0);
	ck_assert_ptr_nonnull(bed->capture.pages[0x0a].bytes);
	(void) bed_free(bed);
}
END_TEST

START_TEST(without_page_00)
{
	struct bed *bed = bed_new(ONE "missing-pages=05\n");

	bed_order(bed, "fail -1 page=00");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_ptr_null(bed->capture.pages[0].bytes);
	ck_assert_ptr_nonnull(bed->capture.pages[1].bytes);
	ck_assert_ptr_nonnull(bed->capture.pages[0x0a].bytes);
	ck_assert_ptr_null(bed->capture.pages[5].bytes);
	ck_assert_ptr_nonnull(strstr(bed->capture.notes, "page 05h: 05/24/00"));
	ck_assert_uint_eq(bed->pages_asked[3], 0);
	(void) bed_free(bed);
}
END_TEST

START_TEST(one_change_is_read_over)
{
	for (unsigned at = 3; at <= 8; at++) {
		struct bed *bed = bed_new(ONE);

		/* Eight commands are an attempt; the change after this one does not come. */
		bed->n_commands = 20 - at;
		bed->every = 20;
		bed->order = "gen";
		ck_assert_int_eq(bed_read(bed, "e0a"), 0);
		ck_assert_uint_gt(bed->pages_asked[1], 2);
		for (unsigned page = 1; page < CAPTURE_PAGES; page++)
			if (bed->capture.pages[page].bytes)
				ck_assert_uint_eq(generation(bed, page), generation(bed, 1));
		ck_assert_str_eq(bed->capture.notes, "");
		(void) bed_free(bed);
	}
}
END_TEST

START_TEST(change_without_end)
{
	struct bed *bed = bed_new(ONE);

	bed->every = 3;
	bed->order = "gen";
	ck_assert_int_eq(bed_read(bed, "e0a"), -ESTALE);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "keeps changing"));
	ck_assert_uint_le(bed->pages_asked[1], 2 * 3);
	(void) bed_free(bed);
}
END_TEST

/* Page 0Ah of another code each time is how this enclosure is, and worth a report. */
START_TEST(page_that_never_fits)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "patch 0 0a 4 ffffffff");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_eq(generation(bed, 0x0a), 0xff);
	ck_assert_str_eq(bed->capture.notes, "page 0ah is of another generation than page 01h\n");
	(void) bed_free(bed);
}
END_TEST

/* Once only, and page 01h says nothing of it: all is read again. */
START_TEST(page_of_another_generation)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "patch 0 0a 4 ffffffff");
	bed->every = 9;
	bed->order = "unpatch 0";
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_eq(generation(bed, 0x0a), generation(bed, 1));
	ck_assert_uint_eq(bed->pages_asked[0x0a], 2);
	ck_assert_str_eq(bed->capture.notes, "");
	(void) bed_free(bed);
}
END_TEST

START_TEST(busy_for_a_while)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "busy 2");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	bed_order(bed, "ua 29/00 lu=e0a n=2");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	bed_order(bed, "fail 2 op=1c status=08");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_str_eq(bed->capture.notes, "");
	bed_order(bed, "busy 1000");
	ck_assert_int_eq(bed_read(bed, "e0a"), -EBUSY);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "busy"));
	(void) bed_free(bed);
}
END_TEST

START_TEST(device_stays_busy)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "fail -1 op=1c status=08");
	ck_assert_int_eq(bed_read(bed, "e0a"), -EBUSY);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "BUSY"));
	ck_assert_uint_le(bed->n_commands, 3);
	(void) bed_free(bed);
}
END_TEST

START_TEST(not_an_enclosure)
{
	struct bed *bed = bed_new(ONE);

	ck_assert_int_eq(bed_read(bed, "e0s00a"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "not a SES device"));
	bed_order(bed, "fail -1 page=01");
	ck_assert_int_eq(bed_read(bed, "e0a"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "not a SES device: no page 01h"));
	bed_order(bed, "ok");
	bed_order(bed, "page 0 01 as 02");
	ck_assert_int_eq(bed_read(bed, "e0a"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "something else came"));
	(void) bed_free(bed);
}
END_TEST

START_TEST(short_status_only)
{
	struct bed *bed = bed_new(ONE "short-status-only=yes\n");

	ck_assert_int_eq(bed_read(bed, "e0a"), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "short status, page 08h"));
	(void) bed_free(bed);
}
END_TEST

START_TEST(pages_that_lie)
{
	struct bed *bed = bed_new(ONE);
	size_t n;

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	n = bed->capture.pages[2].n;
	bed_order(bed, "lie 0 02 4000");
	bed_order(bed, "lie 0 0a 20");
	bed_order(bed, "page 0 07 as 02");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_eq(bed->capture.pages[2].n, n);
	ck_assert_uint_eq(bed->capture.pages[0x0a].n, 24);
	ck_assert_ptr_null(bed->capture.pages[7].bytes);
	ck_assert_ptr_nonnull(strstr(bed->capture.notes, "page 02h: PAGE LENGTH promises 4004"));
	ck_assert_ptr_nonnull(strstr(bed->capture.notes, "not zero beyond its PAGE LENGTH"));
	ck_assert_ptr_nonnull(strstr(bed->capture.notes, "page 07h: page 02h came instead"));
	(void) bed_free(bed);
}
END_TEST

START_TEST(way_that_fails)
{
	struct bed *bed = bed_new(ONE);

	bed_order(bed, "fail -1 op=1c transport");
	ck_assert_int_eq(bed_read(bed, "e0a"), -EHOSTDOWN);
	ck_assert_ptr_nonnull(strstr(bed->outcome.text, "/dev/sg"));
	(void) bed_free(bed);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		all_listed_pages,	 no_vendor_pages,
		no_substitutes,		 without_page_00,
		one_change_is_read_over, change_without_end,
		page_that_never_fits,	 page_of_another_generation,
		busy_for_a_while,	 device_stays_busy,
		not_an_enclosure,	 short_status_only,
		pages_that_lie,		 way_that_fails,
	};

	return bed_main("capture/read", tests, ARRAY_SIZE(tests));
}
