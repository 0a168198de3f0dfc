/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages 02h both ways: status as received, control byte for byte as the
 * worked examples of ses.md have it.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "ses/control.h"
#include "ses/element.h"
#include "ses/status.h"
#include "tests/lib/guard.h"
#include "tests/ses/fixture.h"
#include "tests/ses/pages.h"

#define IDENT INDICATOR_BIT(INDICATOR_IDENT)
#define FAULT INDICATOR_BIT(INDICATOR_FAULT)

static struct fixture *fixture;
static struct ses_config *config;
static struct ses_status *status;

static void load(const char *name)
{
	const struct fixture_page *page;

	fixture = fixture_load(name);
	page = fixture_page(fixture, 0x01);
	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
	page = fixture_page(fixture, 0x02);
	ck_assert_int_eq(ses_status_decode(guarded(page->bytes, page->n), page->n, config, &status),
			 0);
}

static void unload(void)
{
	status = ses_status_free(status);
	config = ses_config_free(config);
	free(fixture);
	fixture = NULL;
}

START_TEST(decodes_status)
{
	load("example-b.hex");
	ck_assert_uint_eq(status->generation, 450);
	ck_assert_uint_eq(status->flags, SES_STATUS_NONCRITICAL | SES_STATUS_CRITICAL);
	ck_assert_uint_eq(status->known, 17);
	ck_assert_uint_eq(status->n_elements, 17);
	ck_assert_uint_eq(status->page_length, 76);
	ck_assert_mem_eq(status->elements[2], "\x02\x00\x00\xe2", 4);
	ck_assert_mem_eq(status->elements[16], "\x01\x00\x00\x10", 4);
	unload();

	load("areca-8028.hex");
	ck_assert_uint_eq(status->known, 50);
	ck_assert_mem_eq(status->elements[34], "\x01\x02\xee\x07", 4);
	ck_assert_mem_eq(status->elements[49], "\x01\x00\x00\x00", 4);
	unload();
	ck_assert_ptr_null(ses_status_free(NULL));
}
END_TEST

/* peers.md C.2: what is missing is not known, the rest is. */
START_TEST(degrades_a_short_page)
{
	load("example-a.hex");
	for (size_t n = 8; n < status->page_length; n++) {
		struct ses_status *cut = NULL;
		struct ses_control control;

		ck_assert_int_eq(ses_status_decode(guarded(status->page, n), n, config, &cut), 0);
		ck_assert_uint_eq(cut->known, (n - 8) / 4);
		ck_assert_uint_eq(cut->n_elements, 17);
		ck_assert_mem_eq(cut->elements, status->elements, 4 * (size_t) cut->known);
		for (unsigned i = cut->known; i < cut->n_elements; i++)
			ck_assert_mem_eq(cut->elements[i], "\0\0\0\0", 4);

		/* A control page of it has its length, and no room for the others. */
		ck_assert_int_eq(ses_control_begin(cut, &control), 0);
		ck_assert_uint_eq(control.length, n);
		ck_assert_uint_eq(control.page[2] << 8 | control.page[3], n - 4);
		ck_assert_int_eq(ses_control_select(&control, config, cut, 4, 0, IDENT, 0),
				 cut->known > 4 ? 0 : -ERANGE);
		ses_control_end(&control);
		(void) ses_status_free(cut);
	}
	unload();
}
END_TEST

START_TEST(tells_padding_from_elements)
{
	static uint8_t padded[65535];
	struct ses_status *other = NULL;

	load("example-a.hex");
	memcpy(padded, status->page, status->page_length);
	padded[1] = 0xff;
	padded[2] = 0xff;
	padded[3] = 0xfb;
	ck_assert_int_eq(ses_status_decode(padded, sizeof(padded), config, &other), 0);
	ck_assert_uint_eq(other->known, 17);
	ck_assert_uint_eq(other->flags, 0x1f);
	other = ses_status_free(other);
	/* One element that page 01h does not know. */
	padded[status->page_length + 4] = 0x05;
	ck_assert_int_eq(ses_status_decode(padded, sizeof(padded), config, &other), -ESTALE);
	ck_assert_ptr_null(other);
	unload();
}
END_TEST

START_TEST(makes_the_control_page_of_an_example)
{
	static const struct {
		const char *name, *expected;
		unsigned global;
	} examples[] = { { "example-a.hex", "example-a-control.hex", 3 },
			 { "example-b.hex", "example-b-control.hex", 15 } };
	struct fixture *f = fixture_load(examples[_i].expected);
	const struct fixture_page *expected = fixture_page(f, 0x02);
	struct ses_control control;

	load(examples[_i].name);
	ck_assert_int_eq(ses_control_begin(status, &control), 0);
	ck_assert_uint_eq(control.n_selected, 0);
	ck_assert_int_eq(
		ses_control_select(&control, config, status, examples[_i].global, 0, IDENT, 0), 0);
	ck_assert_uint_eq(control.n_selected, 1);
	ck_assert_uint_eq(control.length, expected->n);
	ck_assert_mem_eq(control.page, expected->bytes, expected->n);
	ses_control_end(&control);
	ck_assert_ptr_null(control.page);
	unload();
	free(f);
}
END_TEST

/* Whatever status holds, nothing is in control but what was selected. */
START_TEST(selects_nothing_by_itself)
{
	struct ses_control control;

	load("areca-8028.hex");
	status->page[1] = 0x1f;
	ck_assert_int_eq(ses_control_begin(status, &control), 0);
	ck_assert_mem_eq(control.page, "\x02\x00\x00\xcc\x00\x00\x00\x00", 8);
	for (size_t i = 8; i < control.length; i++)
		ck_assert_uint_eq(control.page[i], 0);
	ses_control_end(&control);
	unload();
}
END_TEST

START_TEST(selects_only_individual_elements_that_are_known)
{
	struct ses_control control;

	load("example-b.hex");
	ck_assert_int_eq(ses_control_begin(status, &control), 0);
	/* the overall element of the slots; behind the last; another type's limits */
	ck_assert_int_eq(ses_control_select(&control, config, status, 12, 0, IDENT, 0), -ERANGE);
	ck_assert_int_eq(ses_control_select(&control, config, status, 17, 0, IDENT, 0), -ERANGE);
	ck_assert_int_eq(ses_control_select(&control, config, status, 0xffffffff, 0, IDENT, 0),
			 -ERANGE);
	ck_assert_int_eq(
		ses_control_select(&control, config, status, 1, 0, INDICATOR_BIT(INDICATOR_OK), 0),
		-EOPNOTSUPP);
	/* ps 1 is critical */
	ck_assert_int_eq(ses_control_select(&control, config, status, 2, 0, IDENT, 0), -EHOSTDOWN);
	ck_assert_uint_eq(control.n_selected, 0);
	for (size_t i = 8; i < control.length; i++)
		ck_assert_uint_eq(control.page[i], 0);
	ses_control_end(&control);
	unload();
}
END_TEST

START_TEST(adds_to_what_is_selected)
{
	struct ses_control control;

	load("example-b.hex");
	ck_assert_int_eq(ses_control_begin(status, &control), 0);
	ck_assert_int_eq(ses_control_select(&control, config, status, 15, 0, IDENT, 0), 0);
	ck_assert_int_eq(ses_control_select(&control, config, status, 15, 0,
					    INDICATOR_BIT(INDICATOR_HOT_SPARE), FAULT),
			 0);
	ck_assert_mem_eq(control.page + 8 + 4 * 15, "\xc0\x22\x42\x00", 4);
	ck_assert_int_eq(ses_control_select(&control, config, status, 13, 0, FAULT, 0), 0);
	ck_assert_mem_eq(control.page + 8 + 4 * 13, "\x80\x20\x00\x20", 4);
	ck_assert_uint_eq(control.n_selected, 2);
	/* The neighbour is nobody's business. */
	ck_assert_mem_eq(control.page + 8 + 4 * 14, "\0\0\0\0", 4);
	/* a later one may take back what an earlier one asked for */
	ck_assert_int_eq(ses_control_select(&control, config, status, 15, 0, 0, IDENT), 0);
	ck_assert_mem_eq(control.page + 8 + 4 * 15, "\xc0\x22\x40\x00", 4);
	ck_assert_int_eq(ses_control_select(&control, config, status, 15, 0,
					    INDICATOR_BIT(INDICATOR_MUTE), 0),
			 -EOPNOTSUPP);
	ck_assert_mem_eq(control.page + 8 + 4 * 15, "\xc0\x22\x40\x00", 4);
	ck_assert_uint_eq(control.n_selected, 2);
	ses_control_end(&control);
	unload();
}
END_TEST

START_TEST(writes_a_nickname)
{
	static const char longest[] = "0123456789abcdef0123456789abcdef";
	uint8_t page[SES_NICKNAME_CONTROL],
		expected[40] = { 0x0f, 3, 0, 0x24, 0x12, 0x34, 0x56, 0x78, 'r', 'a', 'c', 'k' };

	memset(page, 0xee, sizeof(page));
	ck_assert_int_eq(ses_nickname_control(3, 0x12345678, "rack", page), 0);
	ck_assert_mem_eq(page, expected, sizeof(expected));
	ck_assert_int_eq(ses_nickname_control(0, 0, longest, page), 0);
	ck_assert_mem_eq(page + 8, longest, 32);
	ck_assert_int_eq(ses_nickname_control(0, 0, "0123456789abcdef0123456789abcdefg", page),
			 -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/control");
	TCase *tc = tcase_create("control");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, decodes_status);
	tcase_add_test(tc, degrades_a_short_page);
	tcase_add_test(tc, tells_padding_from_elements);
	tcase_add_loop_test(tc, makes_the_control_page_of_an_example, 0, 2);
	tcase_add_test(tc, selects_nothing_by_itself);
	tcase_add_test(tc, selects_only_individual_elements_that_are_known);
	tcase_add_test(tc, adds_to_what_is_selected);
	tcase_add_test(tc, writes_a_nickname);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
