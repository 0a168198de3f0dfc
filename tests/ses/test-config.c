/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 01h, and 00h/0Dh: the examples of ses.md section 8, the Areca dump, and
 * the odd shapes of peers.md C.2.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "ses/header.h"
#include "ses/page.h"
#include "tests/lib/guard.h"
#include "tests/ses/fixture.h"
#include "tests/ses/pages.h"

static struct ses_config *config_of(const char *name)
{
	struct fixture *f = fixture_load(name);
	const struct fixture_page *page = fixture_page(f, 0x01);
	struct ses_config *config = NULL;

	ck_assert_int_eq(ses_config_decode(guarded(page->bytes, page->n), page->n, &config), 0);
	free(f);
	return config;
}

START_TEST(decodes_example_a)
{
	struct ses_config *config = config_of("example-a.hex");

	ck_assert_uint_eq(config->generation, 7);
	ck_assert_uint_eq(config->n_subenclosures, 1);
	ck_assert_uint_eq(config->subenclosures[0].id, 0);
	ck_assert_uint_eq(config->subenclosures[0].process, 1);
	ck_assert_uint_eq(config->subenclosures[0].n_processes, 1);
	ck_assert_uint_eq(config->subenclosures[0].logical_id, 0x50ace0a500000100);
	ck_assert_str_eq(config->subenclosures[0].vendor, "ACME");
	ck_assert_str_eq(config->subenclosures[0].product, "SMALLBOX-4");
	ck_assert_str_eq(config->subenclosures[0].revision, "0101");
	ck_assert_uint_eq(config->n_types, 6);
	ck_assert_uint_eq(config->n_elements, 17);
	ck_assert_uint_eq(config->n_individual, 11);
	ck_assert_uint_eq(config->types[0].type, SES_ARRAY_SLOT);
	ck_assert_uint_eq(config->types[0].count, 4);
	ck_assert_str_eq(config->types[0].text, "Drive Slots");
	ck_assert_uint_eq(config->types[4].type, SES_ES_ELECTRONICS);
	ck_assert_uint_eq(config->types[4].overall, 13);
	ck_assert_uint_eq(config->types[4].first_sub, 9);
	ck_assert_str_eq(config->types[5].text, "Alarm");
	(void) ses_config_free(config);
}
END_TEST

START_TEST(decodes_example_b)
{
	struct ses_config *config = config_of("example-b.hex");

	ck_assert_uint_eq(config->generation, 450);
	ck_assert_uint_eq(config->n_subenclosures, 2);
	ck_assert_uint_eq(config->subenclosures[0].n_processes, 2);
	ck_assert_uint_eq(config->subenclosures[1].id, 1);
	ck_assert_uint_eq(config->subenclosures[1].logical_id, 0x50ace0a500000201);
	ck_assert_str_eq(config->subenclosures[1].product, "TWINBOX-BAYS");
	ck_assert_uint_eq(config->n_types, 6);
	ck_assert_uint_eq(config->types[5].type, SES_ARRAY_SLOT);
	ck_assert_uint_eq(config->types[5].subenclosure, 1);
	ck_assert_uint_eq(config->types[5].overall, 12);
	ck_assert_uint_eq(config->types[5].first_sub, 7);
	ck_assert_str_eq(config->types[5].text, "Bays");
	(void) ses_config_free(config);
}
END_TEST

START_TEST(honours_the_length_of_a_descriptor)
{
	struct ses_config *config = config_of("areca-8028.hex");

	ck_assert_uint_eq(config->n_types, 9);
	ck_assert_uint_eq(config->subenclosures[0].logical_id, 0xd5b401503fc0ec16);
	ck_assert_str_eq(config->subenclosures[0].vendor, "Areca");
	ck_assert_str_eq(config->subenclosures[0].product, "ARC-802801.33.63");
	ck_assert_str_eq(config->subenclosures[0].revision, "0133");
	ck_assert_uint_eq(config->types[2].type, SES_SAS_EXPANDER);
	ck_assert_uint_eq(config->types[2].first_sub, 25);
	ck_assert_str_eq(config->types[8].text, "AudibleAlarmInSubEnclsr0");
	(void) ses_config_free(config);
}
END_TEST

START_TEST(numbers_elements_both_ways)
{
	struct ses_config *config = config_of("example-b.hex");
	struct ses_element_id id;
	unsigned global = 0, individual = 0;

	for (unsigned t = 0; t < config->n_types; t++) {
		ck_assert_uint_eq(config->types[t].overall, global);
		ck_assert_uint_eq(config->types[t].first_sub, individual);
		for (int i = -1; i < config->types[t].count; i++, global++) {
			ck_assert(ses_config_element(config, global, &id));
			ck_assert_uint_eq(id.header, t);
			ck_assert_int_eq(id.individual, i);
		}
		individual += config->types[t].count;
	}
	ck_assert_uint_eq(global, config->n_elements);
	ck_assert(!ses_config_element(config, global, &id));
	(void) ses_config_free(config);
}
END_TEST

/* A type without elements still has its overall one. */
START_TEST(accepts_types_without_elements)
{
	struct ses_config *config = made_config(
		(struct made_type[]){ { 0x17, 0, 0 }, { 0x00, 1, 0 }, { 0x02, 0, 0 } }, 3);
	struct ses_element_id id;

	ck_assert_uint_eq(config->n_elements, 4);
	ck_assert_uint_eq(config->n_individual, 1);
	ck_assert(ses_config_element(config, 2, &id));
	ck_assert_uint_eq(id.header, 1);
	ck_assert_int_eq(id.individual, 0);
	ck_assert(ses_config_element(config, 3, &id));
	ck_assert_uint_eq(id.header, 2);
	ck_assert_int_eq(id.individual, -1);
	(void) ses_config_free(config);
}
END_TEST

START_TEST(accepts_an_enclosure_without_types)
{
	struct ses_config *config = made_config(NULL, 0);
	struct ses_element_id id;

	ck_assert_uint_eq(config->n_types, 0);
	ck_assert_uint_eq(config->n_elements, 0);
	ck_assert(!ses_config_element(config, 0, &id));
	(void) ses_config_free(config);
}
END_TEST

/* peers.md C.2: enclosure descriptors of less than 36 bytes. */
START_TEST(accepts_short_enclosure_descriptors)
{
	static struct made m;

	for (unsigned length = 0; length < 36; length++) {
		struct ses_config *config = NULL;

		made_begin(&m, 0x01, 0, 5);
		made_add(&m, (uint8_t[]){ 0x11, 0, 1, (uint8_t) length }, 4);
		made_add(&m,
			 "\x50\0\0\0\0\0\0\x01"
			 "VENDOR__"
			 "PRODUCT_________"
			 "REV_",
			 length);
		made_add(&m, (uint8_t[]){ 0x17, 3, 0, 0 }, 4);
		made_end(&m);
		ck_assert_int_eq(ses_config_decode(guarded(m.bytes, m.n), m.n, &config), 0);
		ck_assert_uint_eq(config->n_elements, 4);
		ck_assert_uint_eq(config->subenclosures[0].logical_id,
				  length < 8 ? 0 : 0x5000000000000001);
		ck_assert_uint_eq(strlen(config->subenclosures[0].vendor), length < 8 ? 0
									   : length < 16
										   ? length - 8
										   : 8);
		ck_assert_uint_eq(strlen(config->subenclosures[0].revision),
				  length < 32 ? 0 : length - 32);
		(void) ses_config_free(config);
	}
}
END_TEST

START_TEST(refuses_what_is_over_a_limit)
{
	static struct made m;
	struct ses_config *config = NULL;

	/* 65 headers of 255 elements are 16,640. */
	made_begin(&m, 0x01, 0, 0);
	made_add(&m, (uint8_t[]){ 0x11, 0, 65, 0 }, 4);
	for (unsigned i = 0; i < 65; i++)
		made_add(&m, (uint8_t[]){ 0x04, 255, 0, 0 }, 4);
	made_end(&m);
	ck_assert_int_eq(ses_config_decode(m.bytes, m.n, &config), -E2BIG);

	/* 5 subenclosures of 255 headers each. */
	made_begin(&m, 0x01, 4, 0);
	for (unsigned i = 0; i < 5; i++)
		made_add(&m, (uint8_t[]){ 0x11, (uint8_t) i, 255, 0 }, 4);
	for (unsigned i = 0; i < 5 * 255; i++)
		made_add(&m, (uint8_t[]){ 0x04, 0, 0, 0 }, 4);
	made_end(&m);
	ck_assert_int_eq(ses_config_decode(m.bytes, m.n, &config), -E2BIG);
	ck_assert_ptr_null(config);
}
END_TEST

START_TEST(holds_as_many_as_page_02h_can)
{
	static struct made_type types[64];
	struct ses_config *config;
	struct ses_element_id id;

	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		types[i] = (struct made_type){ 0x01, 255, 0 };
	config = made_config(types, ARRAY_SIZE(types));
	ck_assert_uint_eq(config->n_elements, 16384);
	ck_assert(ses_config_element(config, 16383, &id));
	ck_assert_uint_eq(id.header, 63);
	ck_assert_int_eq(id.individual, 254);
	(void) ses_config_free(config);
}
END_TEST

START_TEST(cuts_texts_with_the_page)
{
	struct fixture *f = fixture_load("example-a.hex");
	const struct fixture_page *page = fixture_page(f, 0x01);
	struct ses_config *config = NULL;

	/* In the middle of the text of the second type. */
	ck_assert_int_eq(ses_config_decode(guarded(page->bytes, 0x55), 0x55, &config), 0);
	ck_assert_str_eq(config->types[0].text, "Drive Slots");
	ck_assert_str_eq(config->types[1].text, "PS");
	ck_assert_str_eq(config->types[2].text, "");
	ck_assert_uint_eq(config->n_elements, 17);
	(void) ses_config_free(config);
	free(f);
}
END_TEST

START_TEST(knows_the_same_elements)
{
	static const struct made_type a[] = { { 0x17, 4, 0 }, { 0x02, 2, 0 } };
	static const struct made_type others[][2] = {
		{ { 0x01, 4, 0 }, { 0x02, 2, 0 } },
		{ { 0x17, 5, 0 }, { 0x02, 2, 0 } },
		{ { 0x17, 4, 0 }, { 0x02, 2, 1 } },
		{ { 0x02, 2, 0 }, { 0x17, 4, 0 } },
	};
	struct ses_config *p = made_config(a, 2), *q = made_config(a, 2);

	q->generation++;
	q->subenclosures[0].process = 2;
	(void) strcpy(q->types[0].text, "bays");
	ck_assert(ses_config_same_elements(p, q));
	q = ses_config_free(q);
	for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
		q = made_config(others[i], 2);
		ck_assert(!ses_config_same_elements(p, q));
		q = ses_config_free(q);
	}
	q = made_config(a, 1);
	ck_assert(!ses_config_same_elements(p, q));
	(void) ses_config_free(q);
	(void) ses_config_free(p);
	ck_assert_ptr_null(ses_config_free(NULL));
}
END_TEST

START_TEST(lists_supported_pages)
{
	struct fixture *f = fixture_load("areca-8028.hex");
	const struct fixture_page *page = fixture_page(f, 0x00);
	uint64_t pages = 0;

	ck_assert_int_eq(ses_supported_decode(guarded(page->bytes, page->n), page->n, &pages), 0);
	ck_assert_uint_eq(pages, 1ULL << 0x3f | 0xe4b7);
	/* 0Dh has no entry 00h, but padding. */
	page = fixture_page(f, 0x0d);
	ck_assert_int_eq(ses_supported_decode(guarded(page->bytes, page->n), page->n, &pages), 0);
	ck_assert_uint_eq(pages, 0xe4b6);
	free(f);
}
END_TEST

START_TEST(ends_supported_pages_at_padding)
{
	static const uint8_t padded[] = { 0x00, 0, 0, 7, 0x00, 0x01, 0x02, 0x80, 0, 0x0a, 0 };
	uint64_t pages = 0;

	ck_assert_int_eq(ses_supported_decode(padded, sizeof(padded), &pages), 0);
	ck_assert_uint_eq(pages, 0x07);
	ck_assert_int_eq(ses_supported_decode(padded, 3, &pages), -EBADMSG);
	ck_assert_int_eq(ses_supported_decode(guarded(NULL, 0), 0, &pages), -EBADMSG);
}
END_TEST

START_TEST(opens_only_the_page_asked_for)
{
	static const struct {
		uint8_t code;
		int r;
	} cases[] = { { 0x0a, 0 },	  { 0x09, -EAGAIN },  { 0x08, -EOPNOTSUPP },
		      { 0x00, -EBADMSG }, { 0x0b, -EBADMSG }, { 0x8a, -EBADMSG } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t page[8] = { cases[i].code, 0, 0, 4, 1, 2, 3, 4 };
		struct cursor c = cursor_over(NULL, 0);
		bool is_short = true;

		ck_assert_int_eq(ses_page_open(page, sizeof(page), 0x0a, &c, &is_short),
				 cases[i].r);
		ck_assert_uint_eq(c.left, cases[i].r == 0 ? 4 : 0);
		ck_assert(is_short == (cases[i].r != 0));
	}
}
END_TEST

START_TEST(cuts_a_page_that_promises_too_much)
{
	/* The tail behind PAGE LENGTH is not the page's. */
	static const uint8_t lies[] = { 0x07, 0, 0xff, 0xfb, 1, 2, 3 };
	static const uint8_t tail[] = { 0x07, 0, 0, 2, 1, 2, 3 };
	struct cursor c;
	bool is_short;

	ck_assert_int_eq(ses_page_open(lies, sizeof(lies), 0x07, &c, &is_short), 0);
	ck_assert(is_short);
	ck_assert_uint_eq(c.left, 3);
	ck_assert_int_eq(ses_page_open(tail, sizeof(tail), 0x07, &c, &is_short), 0);
	ck_assert(!is_short);
	ck_assert_uint_eq(c.left, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/config");
	TCase *tc = tcase_create("config");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, decodes_example_a);
	tcase_add_test(tc, decodes_example_b);
	tcase_add_test(tc, honours_the_length_of_a_descriptor);
	tcase_add_test(tc, numbers_elements_both_ways);
	tcase_add_test(tc, accepts_types_without_elements);
	tcase_add_test(tc, accepts_an_enclosure_without_types);
	tcase_add_test(tc, accepts_short_enclosure_descriptors);
	tcase_add_test(tc, refuses_what_is_over_a_limit);
	tcase_add_test(tc, holds_as_many_as_page_02h_can);
	tcase_add_test(tc, cuts_texts_with_the_page);
	tcase_add_test(tc, knows_the_same_elements);
	tcase_add_test(tc, lists_supported_pages);
	tcase_add_test(tc, ends_supported_pages_at_padding);
	tcase_add_test(tc, opens_only_the_page_asked_for);
	tcase_add_test(tc, cuts_a_page_that_promises_too_much);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
