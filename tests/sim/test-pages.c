/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the simulated enclosure says, as sg_ses reads it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "tests/sim/harness.h"

#define CONFIG_STATUS_NAMES "\x01\x02\x07"
#define ALL_PAGES "\x01\x02\x07\x0a"

/* sg_ses's words for one page of an enclosure described in a few lines. */
static char *decoded(const char *description, const char *lu, const char *pages,
		     const char *options)
{
	struct sim *sim = harness_sim(description);
	struct scsi_device *e = harness_open(sim, lu);
	char *text = harness_sg_ses(sim, e, pages, options);

	sim_transport(sim)->close(e);
	(void) sim_free(sim);
	return text;
}

#define expect(text, needle, n)                                                                    \
	ck_assert_msg(harness_count(text, needle) == (n), "\"%s\" is there %u times:\n%s", needle, \
		      harness_count(text, needle), text)

START_TEST(sample_of_24_bays)
{
	struct sim *sim = harness_file("sim/samples/2u-24.conf");
	struct scsi_device *e = harness_open(sim, "e0a");
	char *text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=cf");

	expect(text, "product: 2U24", 1);
	expect(text, "Array device slot, subenclosure id: 0", 1);
	expect(text, "number of possible elements: 24", 1);
	free(text);
	text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=aes");
	expect(text, "SAS device type: end device", 20);
	expect(text, "device slot number: 23", 1);
	free(text);
	text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=ed");
	expect(text, "Element 23 descriptor: Slot 24", 1);
	free(text);
	text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=es");
	expect(text, "status: Not installed", 4);
	free(text);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

/* Every enclosure of every sample, through every IOM. */
START_TEST(samples_decode)
{
	static const struct {
		const char *file, *lu;
		unsigned end_devices, not_installed, no_access;
	} rows[] = {
		{ "desktop-4", "e0a", 3, 1, 0 }, { "2u-24", "e0a", 20, 4, 0 },
		{ "shelf-60", "e0a", 60, 0, 0 }, { "shelf-60", "e0b", 60, 0, 0 },
		{ "rack", "e0a", 14, 0, 8 },	 { "rack", "e0b", 14, 2, 8 },
		{ "rack", "e1a", 12, 0, 0 },	 { "rack", "e2a", 20, 4, 0 },
		{ "rack", "e3a", 42, 0, 0 },	 { "rack", "e4a", 7, 1, 0 },
		{ "rack", "e5a", 2, 3, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[64], *text;
		struct scsi_device *e;
		struct sim *sim;

		(void) snprintf(path, sizeof(path), "sim/samples/%s.conf", rows[i].file);
		sim = harness_file(path);
		e = harness_open(sim, rows[i].lu);
		text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=aes");
		expect(text, "SAS device type: end device", rows[i].end_devices);
		expect(text, "<<", 0);
		free(text);
		text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=es");
		expect(text, "status: Not installed", rows[i].not_installed);
		expect(text, "No access allowed", rows[i].no_access);
		expect(text, "<<", 0);
		free(text);
		text = harness_sg_ses(sim, e, ALL_PAGES, "--status --page=ed");
		expect(text, "<<", 0);
		free(text);
		sim_transport(sim)->close(e);
		(void) sim_free(sim);
	}
}
END_TEST

/* The k-th descriptor of page 0Ah. */
static const uint8_t *additional(const char *description, unsigned k)
{
	static uint8_t page[4096];
	struct sim *sim = harness_sim(description);
	struct scsi_device *e = harness_open(sim, "e0a");
	size_t n = harness_page(sim, e, 0x0a, page, sizeof(page)), at = 8;

	for (; k; k--)
		at += 2 + (size_t) page[at + 1];
	ck_assert_uint_lt(at + 4, n);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
	return page + at;
}

/* ses.md 5.2: slot 0 is behind 2 + 1 elements and 2 overall elements, and has its own.  sg_ses
 * is silent about what it cannot resolve. */
START_TEST(element_indexes)
{
	static const struct {
		const char *lines;
		uint8_t eiioe, index;
		const char *said;
	} rows[] = {
		{ "eiioe=0\n", 0, 3, "Element index: 3  eiioe=0" },
		{ "eiioe=1\n", 1, 6, "Element index: 6  eiioe=1" },
		{ "eiioe=2\n", 2, 3, "Element index: 3  eiioe=2" },
		{ "eiioe=3\n", 3, 3, "Element index: 3  eiioe=3" },
		{ "element-index=overall\n", 0, 6, NULL },
		{ "element-index=aes\n", 0, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char description[200], *text;
		const uint8_t *d;

		(void) snprintf(description, sizeof(description),
				"[enclosure a]\nslots=2\nslots-last=yes\nelements=ps=2 aa=1\n%s",
				rows[i].lines);
		d = additional(description, 0);
		ck_assert_uint_eq(d[0], 0x16);
		ck_assert_uint_eq(d[2], rows[i].eiioe);
		ck_assert_uint_eq(d[3], rows[i].index);
		ck_assert_uint_eq(additional(description, 1)[3], rows[i].index + 1U);
		if (!rows[i].said)
			continue;
		text = decoded(description, "e0a", ALL_PAGES, "--status --page=aes");
		expect(text, rows[i].said, 1);
		expect(text, "device slot number", 2);
		free(text);
	}
}
END_TEST

/* 5.2, rule 5: two slots, a controller, then the expander. */
START_TEST(areca_expander_has_index_zero)
{
	ck_assert_uint_eq(additional("[enclosure a]\nslots=2\nelement-index=areca\n", 1)[3], 1);
	ck_assert_uint_eq(additional("[enclosure a]\nslots=2\nelement-index=areca\n", 3)[3], 0);
	ck_assert_uint_ne(additional("[enclosure a]\nslots=2\n", 3)[3], 0);
}
END_TEST

START_TEST(without_element_index)
{
	char *text = decoded("[enclosure a]\nslots=3\neip=no\n", "e0a", ALL_PAGES,
			     "--status --page=aes");

	expect(text, "Element index", 0);
	expect(text, "SAS device type: end device", 3);
	free(text);
}
END_TEST

START_TEST(empty_bays)
{
	static const struct {
		const char *lines;
		unsigned descriptors, end_devices, expanders, invalid;
	} rows[] = {
		{ "empty-bays=zero\n", 4, 2, 0, 0 },
		{ "empty-bays=invalid\n", 4, 2, 0, 2 },
		{ "empty-bays=stale\n", 4, 2, 2, 0 },
		{ "empty-bays=sparse\n", 2, 2, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char description[200], *text;

		(void) snprintf(description, sizeof(description),
				"[enclosure a]\nslots=4\ndisks=0,2\noptional-0a=no\n%s",
				rows[i].lines);
		text = decoded(description, "e0a", ALL_PAGES, "--status --page=aes");
		expect(text, "Element index:", rows[i].descriptors);
		expect(text, "device type: end device", rows[i].end_devices);
		expect(text, "device type: expander", rows[i].expanders);
		expect(text, "flagged as invalid", rows[i].invalid);
		free(text);
	}
}
END_TEST

START_TEST(numbers_and_names)
{
	static const struct {
		const char *lines, *page, *first, *last;
	} rows[] = {
		{ "slot-numbers=from 5\n", "aes", "slot number: 5\n", "slot number: 8\n" },
		{ "slot-numbers=9,8,7,7\n", "aes", "slot number: 9\n", "slot number: 7\n" },
		{ "slot-numbers=restart 1\nslot-headers=2\n", "aes", "slot number: 1\n",
		  "slot number: 2\n" },
		{ "slot-names=Bay {n+1:03}\n", "ed", "descriptor: Bay 001\n",
		  "descriptor: Bay 004\n" },
		{ "slot-names=\\x41\\x42{n}\n", "ed", "descriptor: AB0\n", "descriptor: AB3\n" },
		{ "slot-names={x}\n", "ed", "Element 0 descriptor: {x}\n",
		  "Element 3 descriptor: {x}\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char description[200], options[40], *text;

		(void) snprintf(description, sizeof(description),
				"[enclosure a]\nslots=4\nelements=ps=1\n%s", rows[i].lines);
		(void) snprintf(options, sizeof(options), "--status --page=%s", rows[i].page);
		text = decoded(description, "e0a", ALL_PAGES, options);
		ck_assert_msg(strstr(text, rows[i].first) && strstr(text, rows[i].last), "%s%s",
			      rows[i].lines, text);
		free(text);
	}
}
END_TEST

START_TEST(forms_of_slots)
{
	char *text = decoded("[enclosure a]\nslots=6\nslot-type=mixed\nslot-headers=3\n", "e0a",
			     ALL_PAGES, "--status --page=cf");

	expect(text, "Element type: Array device slot", 2);
	expect(text, "Element type: Device slot", 1);
	free(text);
	text = decoded("[enclosure a]\nslots=6\nsubenclosures=3\n", "e0a", ALL_PAGES,
		       "--status --page=cf");
	expect(text, "number of secondary subenclosures: 2", 1);
	expect(text, "Element type: Array device slot, subenclosure id: 2", 1);
	free(text);
	text = decoded("[enclosure a]\nslots=4\nioms=2\ndual-path=yes\nboth-phys=yes\n", "e0b",
		       ALL_PAGES, "--status --page=aes");
	expect(text, "SAS device type: end device", 8);
	expect(text, "not all phys: 0", 4);
	free(text);
	text = decoded("[enclosure a]\nslots=2\nnvme=1\n", "e0a", ALL_PAGES, "--status --page=aes");
	expect(text, "PCIe protocol type: NVMe", 1);
	free(text);
}
END_TEST

/* Each IOM is another way to one enclosure (ses.md 2.2) and says which it is (3.7). */
START_TEST(two_ioms)
{
	struct sim *sim = harness_sim("[enclosure a]\nslots=1\nioms=2\nelements=esc=ioms\n");
	struct scsi_device *a = harness_open(sim, "e0a"), *b = harness_open(sim, "e0b");
	uint8_t one[256], other[256];
	size_t n = harness_page(sim, a, 0x01, one, sizeof(one));

	ck_assert_uint_eq(harness_page(sim, b, 0x01, other, sizeof(other)), n);
	ck_assert_uint_eq(one[8], 0x12);
	ck_assert_uint_eq(other[8], 0x22);
	ck_assert_mem_eq(one + 12, other + 12, 8);
	/* overall, slot, overall, controllers */
	ck_assert_uint_eq(harness_page(sim, a, 0x02, one, sizeof(one)), 8 + 5 * 4);
	ck_assert_uint_eq(harness_page(sim, b, 0x02, other, sizeof(other)), 8 + 5 * 4);
	ck_assert_uint_eq(one[8 + 3 * 4 + 2] & 1, 1);
	ck_assert_uint_eq(one[8 + 4 * 4 + 2] & 1, 0);
	ck_assert_uint_eq(other[8 + 3 * 4 + 2] & 1, 0);
	ck_assert_uint_eq(other[8 + 4 * 4 + 2] & 1, 1);
	sim_transport(sim)->close(a);
	sim_transport(sim)->close(b);
	(void) sim_free(sim);
}
END_TEST

START_TEST(pages_that_are_not_there)
{
	struct sim *sim = harness_sim("[enclosure a]\nslots=1\nmissing-pages=05 07 0a 0f\n");
	struct scsi_device *e = harness_open(sim, "e0a");
	struct scsi_result result;
	uint8_t page[256];

	ck_assert_uint_eq(harness_page(sim, e, 0x00, page, sizeof(page)), 7);
	ck_assert_mem_eq(page, ((uint8_t[]){ 0, 0, 0, 3, 0, 1, 2 }), 7);
	result = harness_command(sim, e, "1c010a010000", page, NULL, 256, 5);
	ck_assert_int_eq(result.ending, SCSI_SENSE);
	ck_assert_uint_eq(result.key, 5);
	ck_assert_uint_eq(result.asc, 0x24);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);

	sim = harness_sim("[enclosure a]\nslots=1\nshort-status-only=yes\n");
	e = harness_open(sim, "e0a");
	ck_assert_uint_eq(harness_page(sim, e, 0x01, page, sizeof(page)), 4);
	ck_assert_uint_eq(page[0], 0x08);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

START_TEST(all_pages_carry_the_generation)
{
	static const uint8_t codes[] = { 0x01, 0x02, 0x05, 0x07, 0x0a, 0x0f };
	struct sim *sim = harness_sim("[enclosure a]\nslots=1\ngeneration=258\n");
	struct scsi_device *e = harness_open(sim, "e0a");
	static uint8_t page[4096];

	harness_order(sim, "gen");
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		ck_assert_uint_ge(harness_page(sim, e, codes[i], page, sizeof(page)), 8);
		ck_assert_mem_eq(page + 4, "\x00\x00\x01\x03", 4);
	}
	sim_transport(sim)->close(e);
	(void) sim_free(sim);

	sim = harness_sim("[enclosure a]\nslots=1\ngeneration=0\ngeneration-fixed=yes\n");
	e = harness_open(sim, "e0a");
	harness_order(sim, "gen");
	ck_assert_uint_ge(harness_page(sim, e, 0x02, page, sizeof(page)), 8);
	ck_assert_mem_eq(page + 4, "\x00\x00\x00\x00", 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

/* ses.md 1.1: the device cuts to the allocation length, PAGE LENGTH stays. */
START_TEST(short_allocation)
{
	struct sim *sim = harness_file("sim/samples/2u-24.conf");
	struct scsi_device *e = harness_open(sim, "e0a");
	static uint8_t whole[4096], part[8];
	size_t n = harness_page(sim, e, 0x02, whole, sizeof(whole));

	ck_assert_uint_eq(harness_page(sim, e, 0x02, part, sizeof(part)), sizeof(part));
	ck_assert_uint_eq((unsigned) part[2] << 8 | part[3], n - 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

START_TEST(broken_pages)
{
	struct sim *sim = harness_sim("[enclosure a]\nslots=4\n");
	struct scsi_device *e = harness_open(sim, "e0a");
	uint8_t page[512];

	harness_order(sim, "cut 0 02 13");
	ck_assert_uint_eq(harness_page(sim, e, 0x02, page, sizeof(page)), 13);
	harness_order(sim, "unpatch 0");
	harness_order(sim, "lie a 02 65535");
	ck_assert_uint_lt(harness_page(sim, e, 0x02, page, sizeof(page)), 512);
	ck_assert_mem_eq(page + 2, "\xff\xff", 2);
	harness_order(sim, "page 0 07 as 01");
	ck_assert_uint_gt(harness_page(sim, e, 0x07, page, sizeof(page)), 8);
	ck_assert_uint_eq(page[0], 0x01);
	harness_order(sim, "patch 0 07 4 deadbeef");
	ck_assert_uint_gt(harness_page(sim, e, 0x07, page, sizeof(page)), 8);
	ck_assert_mem_eq(page + 4, "\xde\xad\xbe\xef", 4);
	harness_order(sim, "unpatch");
	ck_assert_uint_gt(harness_page(sim, e, 0x07, page, sizeof(page)), 8);
	ck_assert_uint_eq(page[0], 0x07);
	ck_assert_mem_eq(page + 4, "\x00\x00\x00\x01", 4);
	sim_transport(sim)->close(e);
	(void) sim_free(sim);
}
END_TEST

START_TEST(thresholds)
{
	char *text = decoded("[enclosure a]\nslots=1\nelements=ts=1 vs=1\n", "e0a",
			     CONFIG_STATUS_NAMES "\x05", "--status --page=th");

	expect(text, "high critical=60, high warning=50", 1);
	expect(text, "high critical=5.0 %, high warning=2.5 %", 1);
	free(text);
}
END_TEST

HARNESS_MAIN("sim/pages", sample_of_24_bays, samples_decode, element_indexes, without_element_index,
	     areca_expander_has_index_zero, empty_bays, numbers_and_names, forms_of_slots, two_ioms,
	     pages_that_are_not_there, all_pages_carry_the_generation, short_allocation,
	     broken_pages, thresholds)
