/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts: pages 07h and 0Fh.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "ses/descriptor.h"
#include "tests/lib/guard.h"
#include "tests/ses/fixture.h"
#include "tests/ses/pages.h"

static struct ses_config *config;

static struct ses_descriptors *load(const char *name)
{
	struct fixture *f = fixture_load(name);
	const struct fixture_page *page = fixture_page(f, 0x01);
	struct ses_descriptors *descriptors = NULL;

	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
	page = fixture_page(f, 0x07);
	ck_assert_int_eq(ses_descriptors_decode(guarded(page->bytes, page->n), page->n, config,
						&descriptors),
			 0);
	ck_assert_uint_eq(descriptors->n, config->n_elements);
	free(f);
	return descriptors;
}

static void unload(struct ses_descriptors *descriptors)
{
	ck_assert_ptr_null(ses_descriptors_free(descriptors));
	config = ses_config_free(config);
}

START_TEST(decodes_the_examples)
{
	struct ses_descriptors *d = load("example-a.hex");

	ck_assert_ptr_null(d->texts[0]);
	ck_assert_str_eq(d->texts[1], "SLOT 00");
	ck_assert_str_eq(d->texts[4], "SLOT 03");
	ck_assert_str_eq(d->texts[16], "BUZZER");
	unload(d);

	d = load("example-b.hex");
	ck_assert_str_eq(d->texts[12], "Bays");
	ck_assert_str_eq(d->texts[16], "Bay 4");
	unload(d);
	ck_assert_ptr_null(ses_descriptors_free(NULL));
}
END_TEST

/* Areca: each text has a NUL that is counted (peers.md C.4). */
START_TEST(cleans_texts)
{
	struct ses_descriptors *d = load("areca-8028.hex");

	ck_assert_str_eq(d->texts[1], "SLOT 01");
	ck_assert_str_eq(d->texts[24], "SLOT 24");
	ck_assert_str_eq(d->texts[28], "Expander0");
	ck_assert_str_eq(d->texts[36], "ENC. Temp");
	ck_assert_str_eq(d->texts[49], "Audible-Alarm");
	unload(d);
}
END_TEST

static void add_text(struct made *m, const char *text, size_t n)
{
	made_zero(m, 2);
	made_u8(m, (unsigned) (n >> 8));
	made_u8(m, n & 0xff);
	made_add(m, text, n);
}

START_TEST(survives_what_is_not_text)
{
	static const struct made_type types[] = { { 0x17, 5, 0 } };
	static struct made m;
	static char longest[20000];
	struct ses_descriptors *d = NULL;

	memset(longest, 'x', sizeof(longest));
	config = made_config(types, 1);
	made_begin(&m, 0x07, 0, 0);
	add_text(&m, "   ", 3);
	add_text(&m, "\xff\x01 bay", 6);
	add_text(&m, "\0\0\0\0", 4);
	add_text(&m, longest, sizeof(longest));
	add_text(&m, "SLOT 039,3GJ9Y2UE", 17);
	add_text(&m, "last", 4);
	add_text(&m, "one too many", 12);
	made_end(&m);
	ck_assert_int_eq(ses_descriptors_decode(guarded(m.bytes, m.n), m.n, config, &d), 0);
	ck_assert_ptr_null(d->texts[0]);
	ck_assert_str_eq(d->texts[1], "?? bay");
	ck_assert_ptr_null(d->texts[2]);
	ck_assert_uint_eq(strlen(d->texts[3]), 255);
	ck_assert_str_eq(d->texts[4], "SLOT 039,3GJ9Y2UE");
	ck_assert_str_eq(d->texts[5], "last");
	unload(d);
}
END_TEST

START_TEST(ends_with_the_page)
{
	struct fixture *f = fixture_load("example-a.hex");
	const struct fixture_page *page = fixture_page(f, 0x01);
	struct ses_descriptors *d = NULL;

	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
	page = fixture_page(f, 0x07);
	/* In the middle of "SLOT 01" */
	ck_assert_int_eq(ses_descriptors_decode(guarded(page->bytes, 0x1f), 0x1f, config, &d), 0);
	ck_assert_str_eq(d->texts[1], "SLOT 00");
	ck_assert_str_eq(d->texts[2], "SLOT");
	for (unsigned i = 3; i < d->n; i++)
		ck_assert_ptr_null(d->texts[i]);
	unload(d);
	free(f);
}
END_TEST

START_TEST(reads_a_nickname)
{
	static struct made m;
	char name[33 * 3] = "untouched";

	made_begin(&m, 0x0f, 1, 9);
	made_add(&m,
		 "\0\0\0\0\0\0en"
		 "cellar, left                    ",
		 40);
	made_add(&m,
		 "\0\2\0\0\0\0en"
		 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		 40);
	made_end(&m);
	ck_assert_int_eq(ses_nickname_decode(guarded(m.bytes, m.n), m.n, 9, 1, name), -ENOENT);
	ck_assert_int_eq(ses_nickname_decode(guarded(m.bytes, m.n), m.n, 8, 0, name), -ESTALE);
	ck_assert_str_eq(name, "untouched");
	ck_assert_int_eq(ses_nickname_decode(guarded(m.bytes, m.n), m.n, 9, 0, name), 0);
	ck_assert_str_eq(name, "cellar, left");
	ck_assert_int_eq(ses_nickname_decode(guarded(m.bytes, m.n), m.n, 9, 2, name), 0);
	ck_assert_str_eq(name, "");
}
END_TEST

START_TEST(reads_the_nickname_of_a_device)
{
	struct fixture *f = fixture_load("areca-8028.hex");
	const struct fixture_page *page = fixture_page(f, 0x0f);
	char name[33 * 3];

	ck_assert_int_eq(ses_nickname_decode(guarded(page->bytes, page->n), page->n, 0, 0, name),
			 0);
	ck_assert_str_eq(name, "Eval Board Nickname Simulator");
	free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/descriptor");
	TCase *tc = tcase_create("descriptor");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, decodes_the_examples);
	tcase_add_test(tc, cleans_texts);
	tcase_add_test(tc, survives_what_is_not_text);
	tcase_add_test(tc, ends_with_the_page);
	tcase_add_test(tc, reads_a_nickname);
	tcase_add_test(tc, reads_the_nickname_of_a_device);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
