/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every truncation of every fixture, against a wall, and every page that breaks
 * one rule: refused, or as much known as is there, and nothing else known.
 * A page is cut both ways: with PAGE LENGTH as it was, and with it adjusted.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "ses/additional.h"
#include "ses/descriptor.h"
#include "ses/header.h"
#include "ses/status.h"
#include "tests/lib/guard.h"
#include "tests/ses/fixture.h"

static const struct {
	const char *name;
	size_t headers_end; /* of page 01h: from there on it may be cut */
} fixtures[] = {
	{ "example-a.hex", 0x48 },
	{ "example-b.hex", 0x70 },
	{ "areca-8028.hex", 0x5c },
};

static struct fixture *fixture;
static struct ses_config *config;

static void load(const char *name)
{
	const struct fixture_page *page;

	fixture = fixture_load(name);
	page = fixture_page(fixture, 0x01);
	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
}

static void unload(void)
{
	config = ses_config_free(config);
	free(fixture);
	fixture = NULL;
}

static bool has_page(uint8_t code)
{
	for (unsigned i = 0; i < fixture->n; i++)
		if (fixture->pages[i].bytes[0] == code)
			return true;
	return false;
}

/* The first n bytes, behind which is a wall. */
static const uint8_t *cut(const struct fixture_page *page, size_t n, bool adjusted)
{
	uint8_t bytes[FIXTURE_PAGE_MAX];

	memcpy(bytes, page->bytes, n);
	if (adjusted && n >= 4) {
		bytes[2] = (uint8_t) ((n - 4) >> 8);
		bytes[3] = (uint8_t) (n - 4);
	}
	return guarded(bytes, n);
}

static void cut_config(size_t n, bool adjusted, size_t headers_end)
{
	struct ses_config *part = NULL;
	int r = ses_config_decode(cut(fixture_page(fixture, 0x01), n, adjusted), n, &part);

	ck_assert_msg(r == (n < headers_end ? -EBADMSG : 0), "%zu bytes: %d", n, r);
	ck_assert((part != NULL) == (r == 0));
	if (part)
		ck_assert(ses_config_same_elements(part, config));
	(void) ses_config_free(part);
}

static void cut_status(size_t n, bool adjusted)
{
	const struct fixture_page *page = fixture_page(fixture, 0x02);
	struct ses_status *part = NULL;
	int r = ses_status_decode(cut(page, n, adjusted), n, config, &part);

	ck_assert_msg(r == (n < 8 ? -EBADMSG : 0), "%zu bytes: %d", n, r);
	if (part) {
		ck_assert_uint_eq(part->known, (n - 8) / 4);
		ck_assert_mem_eq(part->elements, page->bytes + 8, 4 * (size_t) part->known);
	}
	(void) ses_status_free(part);
}

static void cut_descriptors(size_t n, bool adjusted)
{
	const struct fixture_page *page = fixture_page(fixture, 0x07);
	struct ses_descriptors *part = NULL, *whole = NULL;
	int r = ses_descriptors_decode(cut(page, n, adjusted), n, config, &part);
	unsigned differ = 0;

	ck_assert_msg(r == (n < 8 ? -EBADMSG : 0), "%zu bytes: %d", n, r);
	ck_assert_int_eq(ses_descriptors_decode(page->bytes, page->n, config, &whole), 0);
	for (unsigned i = 0; part && i < part->n; i++) {
		const char *a = part->texts[i], *b = whole->texts[i];

		ck_assert(!a || b);
		ck_assert(!a || strncmp(a, b, strlen(a)) == 0);
		/* one may be cut; the others are there or are not */
		if (a && strcmp(a, b) != 0)
			differ++;
	}
	ck_assert_uint_le(differ, 1);
	(void) ses_descriptors_free(whole);
	(void) ses_descriptors_free(part);
}

static void compare_additional(const struct ses_additional *part,
			       const struct ses_additional *whole, unsigned *n_present)
{
	if (!part->present)
		return;
	(*n_present)++;
	ck_assert(whole->present);
	ck_assert(part->slot_number == -1 || part->slot_number == whole->slot_number);
	ck_assert(part->address == 0 || part->address == whole->address);
	ck_assert_uint_le(part->n_phys, whole->n_phys);
	for (unsigned i = 0; i < part->n_phys; i++)
		ck_assert_uint_eq(part->phys[i].address, whole->phys[i].address);
}

/* Returns how many elements have a descriptor. */
static unsigned cut_additionals(size_t n, bool adjusted)
{
	const struct fixture_page *page = fixture_page(fixture, 0x0a);
	struct ses_additionals *part = NULL, *whole = NULL;
	int r = ses_additionals_decode(cut(page, n, adjusted), n, config, SES_INDEX_AUTO, &part);
	unsigned n_present = 0;

	ck_assert_msg(r == (n < 8 ? -EBADMSG : 0), "%zu bytes: %d", n, r);
	ck_assert_int_eq(
		ses_additionals_decode(page->bytes, page->n, config, SES_INDEX_AUTO, &whole), 0);
	for (unsigned i = 0; part && i < part->n; i++)
		compare_additional(&part->elements[i], &whole->elements[i], &n_present);
	(void) ses_additionals_free(whole);
	(void) ses_additionals_free(part);
	return n_present;
}

static void cut_nickname(size_t n, bool adjusted)
{
	char name[33 * 3];
	int r = ses_nickname_decode(cut(fixture_page(fixture, 0x0f), n, adjusted), n, 0, 0, name);

	ck_assert_msg(r == (n < 8 ? -EBADMSG : -ENOENT), "%zu bytes: %d", n, r);
}

static void cut_supported(uint8_t code, size_t n, bool adjusted)
{
	const struct fixture_page *page = fixture_page(fixture, code);
	uint64_t part = 0, whole = 0;
	int r = ses_supported_decode(cut(page, n, adjusted), n, &part);

	ck_assert_msg(r == (n < 4 ? -EBADMSG : 0), "%zu bytes: %d", n, r);
	ck_assert_int_eq(ses_supported_decode(page->bytes, page->n, &whole), 0);
	ck_assert_uint_eq(part & ~whole, 0);
}

START_TEST(survives_every_truncation)
{
	unsigned before[2] = { 0, 0 };

	load(fixtures[_i].name);
	for (unsigned both = 0; both < 2; both++) {
		for (size_t n = 0; n < fixture_page(fixture, 0x01)->n; n++)
			cut_config(n, both, fixtures[_i].headers_end);
		for (size_t n = 0; n < fixture_page(fixture, 0x02)->n; n++)
			cut_status(n, both);
		for (size_t n = 0; n < fixture_page(fixture, 0x07)->n; n++)
			cut_descriptors(n, both);
		for (size_t n = 0; n < fixture_page(fixture, 0x0a)->n; n++) {
			unsigned now = cut_additionals(n, both);

			/* More bytes, never fewer elements. */
			ck_assert_uint_ge(now, before[both]);
			before[both] = now;
		}
		for (size_t n = 0; has_page(0x0f) && n < 48; n++)
			cut_nickname(n, both);
		for (size_t n = 0; has_page(0x00) && n < fixture_page(fixture, 0x00)->n; n++)
			cut_supported(0x00, n, both);
		for (size_t n = 0; has_page(0x0d) && n < fixture_page(fixture, 0x0d)->n; n++)
			cut_supported(0x0d, n, both);
	}
	unload();
}
END_TEST

/* tests/fixtures/bad: the name says which page, the file which rule. */
static const struct {
	const char *name;
	int r;
} bad[] = {
	{ "config-busy", -EAGAIN },
	{ "config-short-status", -EOPNOTSUPP },
	{ "config-other-page", -EBADMSG },
	{ "config-no-generation", -EBADMSG },
	{ "config-descriptor-beyond-end", -EBADMSG },
	{ "config-headers-beyond-end", -EBADMSG },
	{ "config-missing-subenclosure", -EBADMSG },
	{ "config-too-many-subenclosures", -E2BIG },
	{ "status-busy", -EAGAIN },
	{ "status-other-page", -EBADMSG },
	{ "status-no-generation", -EBADMSG },
	{ "status-other-generation", -ESTALE },
	{ "status-too-many-elements", -ESTALE },
	{ "descriptor-short-status", -EOPNOTSUPP },
	{ "descriptor-no-generation", -EBADMSG },
	{ "descriptor-other-generation", -ESTALE },
	{ "additional-other-page", -EBADMSG },
	{ "additional-no-generation", -EBADMSG },
	{ "additional-other-generation", -ESTALE },
	{ "nickname-other-generation", -ESTALE },
	{ "nickname-other-subenclosure", -ENOENT },
	{ "nickname-cut", -ENOENT },
	{ "supported-other-page", -EBADMSG },
};

/* The last page of a fixture; what it is meant to be is in the name. */
static int decode_bad(const char *name, const struct fixture *f)
{
	const struct fixture_page *page = &f->pages[f->n - 1];
	const uint8_t *bytes = guarded(page->bytes, page->n);
	struct ses_additionals *additionals = NULL;
	struct ses_descriptors *descriptors = NULL;
	struct ses_config *known = NULL, *other = NULL;
	struct ses_status *status = NULL;
	char nickname[33 * 3] = "";
	uint64_t pages = 0;
	int r = -EPROTO;

	if (strncmp(name, "config-", 7) == 0)
		return ses_config_decode(bytes, page->n, &other);

	ck_assert_int_eq(ses_config_decode(f->pages[0].bytes, f->pages[0].n, &known), 0);
	if (strncmp(name, "status-", 7) == 0)
		r = ses_status_decode(bytes, page->n, known, &status);
	else if (strncmp(name, "descriptor-", 11) == 0)
		r = ses_descriptors_decode(bytes, page->n, known, &descriptors);
	else if (strncmp(name, "additional-", 11) == 0)
		r = ses_additionals_decode(bytes, page->n, known, SES_INDEX_AUTO, &additionals);
	else if (strncmp(name, "nickname-", 9) == 0)
		r = ses_nickname_decode(bytes, page->n, 7, 0, nickname);
	else if (strncmp(name, "supported-", 10) == 0)
		r = ses_supported_decode(bytes, page->n, &pages);
	ck_assert_ptr_null(status);
	ck_assert_ptr_null(descriptors);
	ck_assert_ptr_null(additionals);
	ck_assert_str_eq(nickname, "");
	ck_assert_uint_eq(pages, 0);
	(void) ses_config_free(known);
	return r;
}

START_TEST(refuses_a_broken_rule)
{
	char path[128];
	struct fixture *f;

	(void) snprintf(path, sizeof(path), "bad/%s.hex", bad[_i].name);
	f = fixture_load(path);
	ck_assert_msg(decode_bad(bad[_i].name, f) == bad[_i].r, "%s", bad[_i].name);
	free(f);
}
END_TEST

START_TEST(leaves_no_bad_fixture_out)
{
	DIR *dir = opendir("tests/fixtures/bad");
	const struct dirent *entry;
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".hex"))
			n++;
	(void) closedir(dir);
	ck_assert_uint_eq(n, ARRAY_SIZE(bad));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/truncation");
	TCase *tc = tcase_create("truncation");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, survives_every_truncation, 0, (int) ARRAY_SIZE(fixtures));
	tcase_add_loop_test(tc, refuses_a_broken_rule, 0, (int) ARRAY_SIZE(bad));
	tcase_add_test(tc, leaves_no_bad_fixture_out);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
