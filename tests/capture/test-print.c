/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file is judged by those who read it: sg_ses, and the simulator, which must
 * become the enclosure that was captured.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "capture/mask.h"
#include "capture/print.h"
#include "sim/rack.h"
#include "tests/capture/bed.h"

static const char *const files[] = {
	"tests/fixtures/areca-8028.hex", "tests/fixtures/example-a.hex",
	"tests/fixtures/example-b.hex",	 "sim/samples/2u-24.conf",
	"sim/samples/shelf-60.conf",
};

static char *slurp(const char *path)
{
	char *text = NULL, part[4096];
	size_t size = 0, n;
	FILE *file = fopen(path, "re"), *memory = open_memstream(&text, &size);

	ck_assert_msg(file != NULL, "%s", path);
	while ((n = fread(part, 1, sizeof(part), file)))
		(void) fwrite(part, 1, n, memory);
	(void) fclose(memory);
	(void) fclose(file);
	return text;
}

/* What sg_ses says of a dump, it says of the capture of the enclosure made from it. */
START_TEST(sg_ses_reads_every_page)
{
	static const char *const pages[] = { "sdp", "cf", "es", "th", "ed", "aes", "snic" };

	for (size_t f = 0; f < 3; f++) {
		struct bed *bed = bed_file(files[f]);
		char *dump = slurp(files[f]), *text;

		ck_assert_int_eq(bed_read(bed, "e0a"), 0);
		text = bed_print(&bed->capture);
		for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
			static const uint8_t codes[] = { 0, 1, 2, 5, 7, 0x0a, 0x0f };
			char *ours, *theirs;

			/* The examples have no page 00h; the simulator makes one. */
			if (!bed->capture.pages[codes[i]].bytes || (f && !codes[i]))
				continue;
			ours = bed_sg_ses(text, pages[i]);
			theirs = bed_sg_ses(dump, pages[i]);
			ck_assert_str_eq(ours, theirs);
			free(ours);
			free(theirs);
		}
		free(text);
		free(dump);
		(void) bed_free(bed);
	}
}
END_TEST

/* Sixty bays and four ports each must go through sg_ses too. */
START_TEST(sg_ses_reads_a_large_one)
{
	struct bed *bed = bed_file("sim/samples/shelf-60.conf");
	char *text, *said;
	unsigned n = 0;

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	text = bed_print(&bed->capture);
	said = bed_sg_ses(text, "aes");
	for (const char *s = said; (s = strstr(s, "device slot number: ")); s++)
		n++;
	ck_assert_uint_eq(n, 60);
	free(said);
	free(text);
	(void) bed_free(bed);
}
END_TEST

static void compare(const struct capture *a, const struct capture *b)
{
	for (unsigned page = 1; page < CAPTURE_PAGES; page++) {
		ck_assert_uint_eq(a->pages[page].n, b->pages[page].n);
		if (a->pages[page].n)
			ck_assert_mem_eq(a->pages[page].bytes, b->pages[page].bytes,
					 a->pages[page].n);
	}
}

static unsigned count_disks(struct sim *sim)
{
	char error[200] = "", *disks = sim_order(sim, "disks", error, sizeof(error));
	unsigned n = 0;

	ck_assert_msg(disks != NULL, "%s", error);
	for (const char *s = disks; *s; s++)
		n += *s == '\n';
	free(disks);
	return n;
}

/* Enclosure -> file -> enclosure -> file, plain and masked. */
START_TEST(simulator_plays_it)
{
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(files); i++) {
		struct bed *bed = bed_file(files[i / 2]), *again;
		char *text;

		ck_assert_int_eq(bed_read(bed, "e0a"), 0);
		if (i % 2)
			ck_assert_int_eq(capture_mask(&bed->capture), 0);
		text = bed_print(&bed->capture);
		again = bed_new(text);
		ck_assert_int_eq(bed_read(again, "e0a"), 0);
		compare(&bed->capture, &again->capture);
		if (i / 2 != 4) /* disks on two ways are counted twice there */
			ck_assert_uint_eq(count_disks(bed->sim), count_disks(again->sim));
		free(text);
		(void) bed_free(again);
		(void) bed_free(bed);
	}
}
END_TEST

/* A page that promises more than it has does not swallow the next one. */
START_TEST(lie_stays_a_lie)
{
	struct bed *bed = bed_file("sim/samples/2u-24.conf"), *again;
	char *text;

	bed_order(bed, "lie 0 05 4000");
	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_uint_lt(bed->capture.pages[5].n, 4004);
	text = bed_print(&bed->capture);
	again = bed_new(text);
	ck_assert_int_eq(bed_read(again, "e0a"), 0);
	compare(&bed->capture, &again->capture);
	free(text);
	(void) bed_free(again);
	(void) bed_free(bed);
}
END_TEST

START_TEST(header)
{
	struct bed *bed = bed_new("[enclosure a]\nslots=2\nvendor=ACME\nproduct=BOX # 1\n");
	char *text;

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	capture_note(&bed->capture, "something %s", "odd");
	text = bed_print(&bed->capture);
	ck_assert_ptr_nonnull(
		strstr(text, "# vdsd-capture " VDSD_VERSION ", 2026-01-01T00:00:00Z\n"));
	ck_assert_ptr_nonnull(strstr(text, "# node: /dev/sg"));
	ck_assert_ptr_nonnull(strstr(text, "# INQUIRY: type 0dh, ENCSERV 1, vendor \"ACME\""));
	ck_assert_ptr_nonnull(strstr(text, "# VPD 83h: association 1, type 3, protocol 6: "));
	ck_assert_ptr_nonnull(strstr(text, "# note: something odd\n"));
	ck_assert_ptr_null(strstr(text, "# masked"));
	/* A comment is one only at the start of a line. */
	for (const char *s = text; (s = strchr(s, '\n')); s++)
		if (s[1] && s[1] != '#' && s[1] != '\n')
			ck_assert_uint_ge(strcspn(s + 1, "#"), strcspn(s + 1, "\n"));
	free(text);
	(void) bed_free(bed);
}
END_TEST

START_TEST(file_that_is_full)
{
	struct capture capture = { .n_vpd83 = 0 };
	FILE *full = fopen("/dev/full", "we");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(capture_print(&capture, 0, full), -EIO);
	(void) fclose(full);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { sg_ses_reads_every_page,
				       sg_ses_reads_a_large_one,
				       simulator_plays_it,
				       lie_stays_a_lie,
				       header,
				       file_that_is_full };

	return bed_main("capture/print", tests, ARRAY_SIZE(tests));
}
