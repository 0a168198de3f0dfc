/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the simulated enclosure obeys, and what it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "tests/sim/harness.h"

#define FOUR_SLOTS "[enclosure a]\nslots=4\nelements=ps=1 coo=1 aa=1 enc=1\n"
/* offsets into page 02h of these */
#define SLOT(i) (8 + 4 * (1 + (i)))
#define POWER (8 + 4 * 6)
#define FAN (8 + 4 * 8)
#define ALARM (8 + 4 * 10)
#define CHASSIS (8 + 4 * 12)

struct bench {
	struct sim *sim;
	struct scsi_device *e;
	uint8_t page[1024];
	size_t n;
};

static void setup(struct bench *b, const char *description)
{
	b->sim = harness_sim(description);
	b->e = harness_open(b->sim, "e0a");
}

static void teardown(struct bench *b)
{
	sim_transport(b->sim)->close(b->e);
	(void) sim_free(b->sim);
}

/* Sends a control page with one element selected. */
static struct scsi_result ask(struct bench *b, size_t at, const char *bytes)
{
	b->n = harness_control(b->sim, b->e, b->page, sizeof(b->page));
	memcpy(b->page + at, bytes, 4);
	return harness_send(b->sim, b->e, b->page, b->n);
}

static const uint8_t *status(struct bench *b)
{
	b->n = harness_page(b->sim, b->e, 0x02, b->page, sizeof(b->page));
	ck_assert_uint_ge(b->n, 8);
	return b->page;
}

#define good(result) ck_assert_int_eq((result).ending, SCSI_GOOD)
#define is(b, at, bytes) ck_assert_mem_eq(status(b) + (at), bytes, 4)
static void refused(struct scsi_result result, unsigned asc)
{
	ck_assert_int_eq(result.ending, SCSI_SENSE);
	ck_assert_uint_eq(result.key, 5);
	ck_assert_uint_eq(result.asc, asc);
}

START_TEST(only_what_is_selected)
{
	uint8_t before[1024];
	struct bench b;

	setup(&b, FOUR_SLOTS);
	(void) status(&b);
	memcpy(before, b.page, b.n);
	/* the others ask for everything, but are not selected */
	b.n = harness_control(b.sim, b.e, b.page, sizeof(b.page));
	memset(b.page + 8, 0x7f, b.n - 8);
	memcpy(b.page + SLOT(2), "\x80\x00\x02\x00", 4);
	good(harness_send(b.sim, b.e, b.page, b.n));
	memcpy(before + SLOT(2), "\x01\x00\x02\x00", 4);
	(void) status(&b);
	ck_assert_mem_eq(b.page, before, b.n);
	teardown(&b);
}
END_TEST

/* ses.md 3.2: where each request shows. */
START_TEST(slot_requests)
{
	static const struct {
		const char *control, *status;
	} rows[] = {
		{ "\x80\x00\x02\x00", "\x01\x00\x02\x00" }, /* IDENT */
		{ "\x80\x00\x00\x20", "\x01\x00\x00\x20" }, /* FAULT */
		{ "\x80\xff\x00\x00", "\x01\xff\x00\x00" }, /* array bits */
		{ "\x80\x00\x4c\x00", "\x01\x00\x4c\x00" }, /* DNR, INSERT, REMOVE */
		{ "\x80\x00\x90\x00", "\x01\x00\x00\x00" }, /* ACTIVE, MISSING: nowhere */
		{ "\x80\x00\x00\x08", "\x01\x00\x80\x08" }, /* ENABLE BYP A */
		{ "\x80\x00\x00\x04", "\x01\x00\x00\x84" }, /* ENABLE BYP B */
		{ "\xe0\x00\x00\x00", "\x61\x00\x00\x00" }, /* PRDFAIL, DISABLE */
	};
	struct bench b;

	setup(&b, FOUR_SLOTS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		good(ask(&b, SLOT(1), rows[i].control));
		is(&b, SLOT(1), rows[i].status);
	}
	teardown(&b);
	setup(&b, FOUR_SLOTS "slot-type=device\n");
	good(ask(&b, SLOT(1), "\x80\xff\x02\x00"));
	is(&b, SLOT(1), "\x01\x01\x02\x00"); /* byte 1 is the slot address */
	teardown(&b);
}
END_TEST

START_TEST(other_requests)
{
	struct bench b;

	setup(&b, FOUR_SLOTS);
	good(ask(&b, POWER, "\x80\x80\x00\x20"));
	is(&b, POWER, "\x01\x80\x00\xa0");
	good(ask(&b, POWER, "\x80\x00\x00\x00")); /* RQST ON = 0 */
	is(&b, POWER, "\x01\x00\x00\x90");
	good(ask(&b, FAN, "\x80\x00\x00\x27"));
	is(&b, FAN, "\x01\x01\xf4\xa7");
	good(ask(&b, FAN, "\x80\x00\x00\x20")); /* speed code 0: leave it */
	is(&b, FAN, "\x01\x01\xf4\xa7");
	good(ask(&b, ALARM, "\x80\x00\x00\x02"));
	is(&b, ALARM, "\x01\x00\x00\x02");
	good(ask(&b, ALARM, "\x80\x00\x00\x40")); /* muted, no tone */
	is(&b, ALARM, "\x01\x00\x00\x40");
	good(ask(&b, CHASSIS, "\x80\x80\x00\x01"));
	is(&b, CHASSIS, "\x01\x80\x01\x01");
	teardown(&b);
}
END_TEST

START_TEST(overall_element_means_all)
{
	struct bench b;

	setup(&b, FOUR_SLOTS);
	good(ask(&b, 8, "\x80\x00\x02\x00"));
	for (unsigned i = 0; i < 4; i++)
		is(&b, SLOT(i), "\x01\x00\x02\x00");
	is(&b, 8, "\x00\x00\x00\x00");
	teardown(&b);
}
END_TEST

START_TEST(swap_latches)
{
	struct bench b;

	setup(&b, FOUR_SLOTS);
	harness_order(b.sim, "pull 3");
	is(&b, SLOT(3), "\x05\x00\x00\x00");
	harness_order(b.sim, "insert 3");
	is(&b, SLOT(3), "\x11\x00\x00\x00");
	good(ask(&b, SLOT(3), "\x80\x00\x02\x00"));
	is(&b, SLOT(3), "\x11\x00\x02\x00");
	good(ask(&b, SLOT(3), "\x90\x00\x02\x00")); /* RST SWAP */
	is(&b, SLOT(3), "\x01\x00\x02\x00");
	teardown(&b);
}
END_TEST

START_TEST(stale_generation)
{
	static const char *const forms[] = { "sense", "invop", "silent" };
	char description[200];
	struct bench b;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct scsi_result result;

		(void) snprintf(description, sizeof(description), FOUR_SLOTS "stale-control=%s\n",
				forms[i]);
		setup(&b, description);
		(void) status(&b);
		b.n = harness_control(b.sim, b.e, b.page, sizeof(b.page));
		memcpy(b.page + SLOT(0), "\x80\x00\x02\x00", 4);
		harness_order(b.sim, "gen");
		result = harness_send(b.sim, b.e, b.page, b.n);
		if (i == 0)
			refused(result, 0x26);
		else
			good(result);
		ck_assert_uint_eq(status(&b)[1] & 0x10, i < 2 ? 0x10 : 0);
		ck_assert_mem_eq(b.page + SLOT(0), "\x01\x00\x00\x00", 4);
		ck_assert_uint_eq(status(&b)[1] & 0x10, 0);
		teardown(&b);
	}
}
END_TEST

START_TEST(reason_of_an_invalid_operation)
{
	struct bench b;

	setup(&b, "[enclosure a]\nslots=1\nelements=ior=1\n");
	b.n = harness_control(b.sim, b.e, b.page, sizeof(b.page));
	b.page[7] ^= 0xff;
	refused(harness_send(b.sim, b.e, b.page, b.n), 0x26);
	is(&b, 8 + 4 * 3, "\x01\x47\x00\x04"); /* page format error at byte 4 */
	teardown(&b);
}
END_TEST

START_TEST(malformed)
{
	struct bench b;

	setup(&b, FOUR_SLOTS);
	b.n = harness_control(b.sim, b.e, b.page, sizeof(b.page));
	memcpy(b.page + SLOT(0), "\x80\x00\x02\x00", 4);
	refused(harness_send(b.sim, b.e, b.page, b.n - 4), 0x1a);
	b.page[3] = (uint8_t) (b.page[3] - 4);
	refused(harness_send(b.sim, b.e, b.page, b.n), 0x1a);
	b.page[0] = 0x05; /* thresholds, strings, firmware: never */
	refused(harness_send(b.sim, b.e, b.page, b.n), 0x26);
	b.page[0] = 0x0e;
	refused(harness_send(b.sim, b.e, b.page, b.n), 0x26);
	/* SELFTEST, no PF */
	refused(harness_command(b.sim, b.e, "1d0400000000", NULL, NULL, 0, 5), 0x24);
	refused(harness_command(b.sim, b.e, "1d0000000800", NULL, b.page, 8, 5), 0x24);
	is(&b, SLOT(0), "\x01\x00\x00\x00");
	teardown(&b);
}
END_TEST

START_TEST(worst_moment)
{
	struct bench b;

	setup(&b, FOUR_SLOTS);
	harness_order(b.sim, "gen-at 2");
	good(ask(&b, SLOT(0), "\x80\x00\x02\x00"));
	refused(ask(&b, SLOT(1), "\x80\x00\x02\x00"), 0x26);
	good(ask(&b, SLOT(1), "\x80\x00\x02\x00"));
	/* the bay that was last is first */
	harness_order(b.sim, "gen-at 1 shape=reverse");
	refused(ask(&b, SLOT(2), "\x80\x00\x02\x00"), 0x26);
	is(&b, SLOT(3), "\x01\x00\x02\x00");
	is(&b, SLOT(2), "\x01\x00\x02\x00");
	is(&b, SLOT(1), "\x01\x00\x00\x00");
	/* between two pages */
	harness_order(b.sim, "gen-at 2 op=1c page=02");
	ck_assert_uint_eq(status(&b)[7], 3);
	ck_assert_uint_gt(harness_page(b.sim, b.e, 0x07, b.page, sizeof(b.page)), 8);
	ck_assert_uint_eq(b.page[7], 3);
	ck_assert_uint_eq(status(&b)[7], 4);
	harness_order(b.sim, "shape 0 last");
	(void) status(&b);
	ck_assert_mem_eq(b.page + b.n - 4, "\x01\x00\x02\x00", 4);
	harness_order(b.sim, "shape 0 first");
	is(&b, SLOT(3), "\x01\x00\x02\x00");
	teardown(&b);
}
END_TEST

START_TEST(dead_bay)
{
	struct bench b;

	setup(&b, FOUR_SLOTS "dead-bays=1\n");
	good(ask(&b, SLOT(1), "\x80\x00\x06\x20"));
	is(&b, SLOT(1), "\x01\x00\x04\x00");
	harness_order(b.sim, "dead 1 off");
	good(ask(&b, SLOT(1), "\x80\x00\x02\x20"));
	is(&b, SLOT(1), "\x01\x00\x02\x20");
	teardown(&b);
}
END_TEST

/* Through the other IOM it lights. */
START_TEST(dead_through_one_iom)
{
	struct scsi_device *other;
	struct bench b;

	setup(&b, FOUR_SLOTS "ioms=2\n");
	other = harness_open(b.sim, "e0b");
	harness_order(b.sim, "dead 1 on lu=e0a");
	good(ask(&b, SLOT(1), "\x80\x00\x02\x20"));
	is(&b, SLOT(1), "\x01\x00\x00\x00");
	b.n = harness_control(b.sim, other, b.page, sizeof(b.page));
	memcpy(b.page + SLOT(1), "\x80\x00\x02\x00", 4);
	good(harness_send(b.sim, other, b.page, b.n));
	is(&b, SLOT(1), "\x01\x00\x02\x00");
	sim_transport(b.sim)->close(other);
	teardown(&b);
}
END_TEST

START_TEST(shares_of_the_bays)
{
	struct scsi_device *other;
	struct bench b;

	setup(&b, "[enclosure a]\nslots=4\nioms=2\nsplit-bays=yes\nelements=ps=1\n");
	other = harness_open(b.sim, "e0b");
	is(&b, SLOT(3), "\x08\x00\x00\x00");
	good(ask(&b, SLOT(3), "\x80\x00\x02\x00"));
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "log"), "17:3=80000200(ignored)"));
	b.n = harness_control(b.sim, other, b.page, sizeof(b.page));
	ck_assert_uint_eq(harness_page(b.sim, other, 0x02, b.page, sizeof(b.page)), b.n);
	ck_assert_mem_eq(b.page + SLOT(3), "\x01\x00\x00\x00", 4);
	ck_assert_mem_eq(b.page + SLOT(0), "\x08\x00\x00\x00", 4);
	sim_transport(b.sim)->close(other);
	teardown(&b);
}
END_TEST

START_TEST(settling)
{
	struct bench b;

	setup(&b, FOUR_SLOTS "settle-ms=3600000\n");
	good(ask(&b, SLOT(0), "\x80\x00\x02\x00"));
	is(&b, SLOT(0), "\x01\x00\x00\x00");
	teardown(&b);
	setup(&b, FOUR_SLOTS "settle-ms=20\n");
	good(ask(&b, SLOT(0), "\x80\x00\x02\x00"));
	while (memcmp(status(&b) + SLOT(0), "\x01\x00\x02\x00", 4) != 0)
		; /* the case's time-out is the limit */
	teardown(&b);
}
END_TEST

START_TEST(reset_forgets)
{
	struct scsi_result result;
	struct bench b;

	setup(&b, FOUR_SLOTS);
	good(ask(&b, SLOT(0), "\x80\xff\x02\x20"));
	harness_order(b.sim, "clearlamps");
	result = harness_command(b.sim, b.e, "1c0102010000", b.page, NULL, 256, 5);
	ck_assert_int_eq(result.ending, SCSI_SENSE);
	ck_assert_uint_eq(result.key, 6);
	ck_assert_uint_eq(result.asc, 0x29);
	is(&b, SLOT(0), "\x01\x00\x00\x00");
	is(&b, POWER, "\x01\x00\x00\xa0");
	teardown(&b);
}
END_TEST

START_TEST(nickname)
{
	uint8_t page[64] = { 0x0f, 0, 0, 0x24, 0, 0, 0, 1, 'r', 'o', 'w', ' ', '7' };
	struct bench b;

	setup(&b, FOUR_SLOTS);
	good(harness_send(b.sim, b.e, page, 40));
	ck_assert_uint_eq(harness_page(b.sim, b.e, 0x0f, b.page, sizeof(b.page)), 48);
	ck_assert_str_eq((const char *) b.page + 16, "row 7");
	page[7] = 9; /* stale */
	refused(harness_send(b.sim, b.e, page, 40), 0x26);
	refused(harness_send(b.sim, b.e, page, 36), 0x1a);
	teardown(&b);
}
END_TEST

HARNESS_MAIN("sim/steer", only_what_is_selected, slot_requests, other_requests,
	     overall_element_means_all, swap_latches, stale_generation,
	     reason_of_an_invalid_operation, malformed, worst_moment, dead_bay,
	     dead_through_one_iom, shares_of_the_bays, settling, reset_forgets, nickname)
