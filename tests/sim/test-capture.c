/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enclosures out of their pages: ses.md's examples and a real expander.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "tests/sim/harness.h"

struct bench {
	struct sim *sim;
	struct scsi_device *e;
	uint8_t page[4096];
	size_t n;
};

static void setup(struct bench *b, const char *file)
{
	b->sim = harness_file(file);
	b->e = harness_open(b->sim, "e0a");
}

static void teardown(struct bench *b)
{
	sim_transport(b->sim)->close(b->e);
	(void) sim_free(b->sim);
}

static const uint8_t *page(struct bench *b, uint8_t code)
{
	b->n = harness_page(b->sim, b->e, code, b->page, sizeof(b->page));
	ck_assert_uint_gt(b->n, 0);
	return b->page;
}

START_TEST(example_a)
{
	struct bench b;
	char *text;

	setup(&b, "tests/fixtures/example-a.hex");
	/* served as captured */
	ck_assert_mem_eq(page(&b, 0x01) + 28, "SMALLBOX-4", 10);
	ck_assert_uint_eq(b.n, 0x61 + 4);
	ck_assert_mem_eq(page(&b, 0x02), "\x02\x04\x00\x48\x00\x00\x00\x07", 8);
	ck_assert_mem_eq(b.page + 0x10, "\x43\x00\x00\x20", 4);
	ck_assert_mem_eq(page(&b, 0x00), "\x00\x00\x00\x05\x00\x01\x02\x07\x0a", 9);
	/* three disks, one of them SATA */
	text = strdup(harness_order(b.sim, "lus"));
	ck_assert_uint_eq(harness_count(text, "attached port=50ace0a5000a"), 2);
	ck_assert_uint_eq(harness_count(text, "e0s01a  attached port=50ace0a500000141"), 1);
	ck_assert_uint_eq(harness_count(text, " sata"), 1);
	free(text);
	teardown(&b);
}
END_TEST

START_TEST(it_behaves)
{
	struct bench b;
	size_t n;

	setup(&b, "tests/fixtures/example-a.hex");
	n = harness_control(b.sim, b.e, b.page, sizeof(b.page));
	memcpy(b.page + 0x14, "\x80\x80\x02\x00", 4); /* ses.md 8.1: ident on slot 2 */
	ck_assert_int_eq(harness_send(b.sim, b.e, b.page, n).ending, SCSI_GOOD);
	ck_assert_mem_eq(page(&b, 0x02) + 0x10, "\x43\x00\x00\x20\x01\x80\x02\x00\x05\x00\x00\x00",
			 12);
	harness_order(b.sim, "gen");
	ck_assert_uint_eq(page(&b, 0x07)[7], 8);
	ck_assert_int_eq(harness_send(b.sim, b.e, b.page, n).ending, SCSI_SENSE);
	/* a disk leaves page 0Ah, and comes back */
	harness_order(b.sim, "pull 0");
	ck_assert_mem_eq(page(&b, 0x0a) + 0x1c, "\0\0\0\0\0\0\0\0", 8);
	ck_assert_mem_eq(page(&b, 0x02) + 0x0c, "\x05\x00\x00\x00", 4);
	harness_order(b.sim, "insert 0");
	ck_assert_mem_eq(page(&b, 0x0a) + 0x1c, "\x50\xac\xe0\xa5\x00\x0a\x00\x01", 8);
	ck_assert_mem_eq(page(&b, 0x02) + 0x0c, "\x11\x00\x00\x00", 4);
	teardown(&b);
}
END_TEST

START_TEST(example_b)
{
	struct bench b;
	const char *lus;

	setup(&b, "tests/fixtures/example-b.hex");
	lus = harness_order(b.sim, "lus");
	/* two ports in bay 1, one in bays 2 and 3, NVMe in bay 4 */
	ck_assert_uint_eq(harness_count(lus, "e0s00a  attached port=50ace0a5000b0001"), 1);
	ck_assert_uint_eq(harness_count(lus, "e0s01a  attached port=50ace0a5000b0011"), 1);
	ck_assert_uint_eq(harness_count(lus, "e0s02a  attached port=50ace0a500000243"), 1);
	ck_assert_uint_eq(harness_count(lus, "e0s03a"), 0);
	/* both phys of bay 1 stay as they were */
	ck_assert_mem_eq(page(&b, 0x0a) + 0x4c, "\x50\xac\xe0\xa5\x00\x0b\x00\x02", 8);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "state"), "name=\"Bay 3\""));
	teardown(&b);
}
END_TEST

START_TEST(areca)
{
	struct bench b;
	char *text;

	setup(&b, "tests/fixtures/areca-8028.hex");
	text = harness_sg_ses(b.sim, b.e, "\x01\x02\x07\x0a", "--status --join");
	ck_assert_uint_ge(harness_count(text, "Element type: Array device slot"), 24);
	free(text);
	/* an address in four bays is no disk of any; bay 18 has one */
	text = strdup(harness_order(b.sim, "lus"));
	ck_assert_uint_eq(harness_count(text, "\n"), 2);
	ck_assert_ptr_nonnull(strstr(text, "e0s18a  attached port=5000c5003011cb29"));
	free(text);
	harness_order(b.sim, "gen");
	ck_assert_mem_eq(page(&b, 0x02) + 4, "\0\0\0\0", 4);
	teardown(&b);
}
END_TEST

START_TEST(what_cannot_be_read)
{
	static const struct {
		const char *text, *complaint;
	} rows[] = {
		{ "00 00 00 01 00\n", ": page 01h is missing or too short" },
		{ "01 00 00 10 00 00 00 00\nzz\n", ":2: not a byte in hex" },
		{ "01 00 00 0a 00 00 00 07 11 00 06 24 50 ac\n",
		  ": page 01h: an enclosure descriptor ends beyond the page" },
		{ "01 00 00 09 00 00 00 07 11 00 06 00 17\n",
		  ": page 01h: a type header is beyond the page" },
		{ "01 00 00 0c 00 00 00 07 11 00 01 00 17 01 00 00\n",
		  ": page 02h is missing or too short" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_str_eq(harness_refused(rows[i].text), rows[i].complaint);
}
END_TEST

/* Every page of the examples cut anywhere: loaded or refused, but never out of bounds. */
START_TEST(truncated)
{
	static const char *const files[] = { "example-a", "example-b", "areca-8028" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		static char text[65536];
		char path[64];
		size_t n;
		FILE *f;

		(void) snprintf(path, sizeof(path), "tests/fixtures/%s.hex", files[i]);
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		(void) fclose(f);
		for (; n > 100; n -= 13) {
			const char *error;

			text[n] = '\0';
			error = harness_refused(text);
			ck_assert(!*error || *error == ':');
		}
	}
}
END_TEST

/* Page 02h shorter than page 01h promises: what is there counts. */
START_TEST(short_status_page)
{
	struct sim *sim =
		harness_sim("01 00 00 30 00 00 00 07 11 00 01 24 50 ac e0 a5 00 00 01 00\n"
			    "41 43 4d 45 20 20 20 20 53 20 20 20 20 20 20 20\n"
			    "20 20 20 20 20 20 20 20 30 31 30 31 17 04 00 00\n"
			    "\n"
			    "02 00 00 0c 00 00 00 07 00 00 00 00 01 00 00 00\n");
	struct scsi_device *e = harness_open(sim, "e0a");
	uint8_t b[64] = { 0x02, 0, 0, 0x0c, 0, 0, 0, 7, 0, 0, 0, 0, 0x80, 0, 2, 0 };

	ck_assert_int_eq(harness_send(sim, e, b, 16).ending, SCSI_GOOD);
	ck_assert_uint_eq(harness_page(sim, e, 0x02, b, sizeof(b)), 16);
	ck_assert_mem_eq(b + 12, "\x01\x00\x02\x00", 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

HARNESS_MAIN("sim/capture", example_a, it_behaves, example_b, areca, what_cannot_be_read, truncated,
	     short_status_page)
