/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The quirk files that come with vdsd: all load without a word, each fits the
 * enclosure it is for, and no other.  What page 01h of those says is written down
 * here again, so that neither list can drift alone.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "enclosure/quirks.h"

/* The tests run in the root of the tree. */
#define SHIPPED "quirks.d"

static const struct {
	const char *vendor, *product, *revision;
	const char *file; /* "" = none */
} models[] = {
	{ "HGST", "H4060-J", "4013", "hgst-h4060-j.conf" },
	{ "HGST", "H4102-J", "3010", "hgst-h4102-j.conf" },
	{ "ECStream", "4IXGA-SWp", "0001", "truenas-v2xx.conf" },
	{ "ECStream", "4IXGA-SWs", "0001", "truenas-v2xx.conf" },
	{ "ECStream", "4IXGA-NTBp", "0001", "" },
	{ "ECStream", "4024Sp", "e001", "" },
	{ "WDC", "UData60", "0001", "" },
	{ "WDC", "H4060-J", "4013", "" },
	{ "HGST", "H4060-J2", "4013", "" },
	{ "Areca", "ARC-802801.33.63", "0133", "" },
	{ "DELL", "MD1420", "1.07", "" },
	{ "BROADCOM", "VirtualSES", "03", "" },
	{ "VikingES", "VDS-41022-BB", "0001", "" },
	{ "", "", "", "" },
};

static struct quirks *quirks;

static void load(void)
{
	static const char *const directories[] = { SHIPPED, NULL };

	ck_assert_int_eq(quirks_load(directories, &quirks), 0);
}

static void unload(void)
{
	quirks = quirks_free(quirks);
}

static struct quirk match(const char *vendor, const char *product, const char *revision)
{
	struct quirk quirk;

	quirks_match(quirks, vendor, product, revision, &quirk);
	return quirk;
}

/* Messages go to stderr, or to the journal where stderr is connected to it: not to a file. */
START_TEST(load_without_a_word)
{
	char path[] = "/tmp/vdsd-quirks-XXXXXX", said[512] = "";
	int fd = mkstemp(path), saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	load();
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	n = pread(fd, said, sizeof(said) - 1, 0);
	(void) close(fd);
	(void) close(saved);
	(void) unlink(path);
	unload();
	ck_assert_msg(n == 0, "%s", said);
}
END_TEST

START_TEST(each_fits_its_own)
{
	struct quirk quirk;

	load();
	quirk = match(models[_i].vendor, models[_i].product, models[_i].revision);
	ck_assert_str_eq(quirk.name, models[_i].file);
	unload();
}
END_TEST

/* A file that no line above names would be one that nobody knows to work. */
START_TEST(every_file_is_known)
{
	struct dirent *file;
	DIR *directory = opendir(SHIPPED);
	unsigned n = 0;

	ck_assert_ptr_nonnull(directory);
	while ((file = readdir(directory))) {
		bool known = file->d_name[0] == '.';

		for (size_t i = 0; i < ARRAY_SIZE(models); i++)
			known = known || strcmp(file->d_name, models[i].file) == 0;
		ck_assert_msg(known, "%s", file->d_name);
		n += file->d_name[0] != '.';
	}
	(void) closedir(directory);
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(what_they_say)
{
	struct quirk quirk;

	load();
	quirk = match("HGST", "H4060-J", "4013");
	ck_assert(quirk.label_before_comma);
	ck_assert(!quirk.separate);
	/* CURR IOM A 5V, CURR IOM B 5V; those of 12 V, 4 and 6, go on counting. */
	ck_assert_uint_eq(quirk.n_ignores, 2);
	ck_assert_uint_eq(quirk.ignores[0].type, 0x13);
	ck_assert_int_eq(quirk.ignores[0].index, 5);
	ck_assert_uint_eq(quirk.ignores[1].type, 0x13);
	ck_assert_int_eq(quirk.ignores[1].index, 7);
	quirk = match("HGST", "H4102-J", "3010");
	ck_assert(quirk.label_before_comma);
	ck_assert_uint_eq(quirk.n_ignores, 0);
	quirk = match("ECStream", "4IXGA-SWs", "0001");
	ck_assert(quirk.separate);
	ck_assert(!quirk.label_before_comma);
	unload();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("enclosure/quirks-shipped");
	TCase *tc = tcase_create("quirks-shipped");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, load_without_a_word);
	tcase_add_loop_test(tc, each_fits_its_own, 0, (int) ARRAY_SIZE(models));
	tcase_add_test(tc, every_file_is_known);
	tcase_add_test(tc, what_they_say);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
