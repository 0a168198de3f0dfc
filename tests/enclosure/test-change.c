/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which lamp lights, what else changes (nothing), in how many commands, and what it is called when
 * it does not (dbus-api.md sections 4 and 8; ses.md 4; peers.md C.5).
 */
#include <errno.h>
#include <string.h>

#include "tests/enclosure/fake-bed.h"

#define SEND 0x1d
#define DEVICE_OFF INDICATOR_BIT(INDICATOR_DEVICE_OFF)
#define REBUILD INDICATOR_BIT(INDICATOR_REBUILD)

static struct fake_shelf *shelf;
static struct chassis *chassis;
static struct bed_picture picture;

static void begin(unsigned bays, unsigned ways)
{
	shelf = bed_shelf(bays, ways);
	bed_start();
	chassis = bed_chassis(BED_EID);
	fake_count(shelf);
}

static bool lit(unsigned bay, unsigned iom)
{
	return fake_shows(fake_bay(shelf, bay), iom, FAKE_IDENT_BYTE, FAKE_IDENT);
}

/* That bay shows it through all ways, and no other bay anything. */
static void only_lit(const struct fake_element *bay)
{
	for (unsigned t = 0; t < shelf->n_types; t++)
		for (unsigned i = 0; i < shelf->types[t].n; i++) {
			const struct fake_element *e = shelf->types[t].elements[i];

			for (unsigned w = 0; shelf->types[t].type == 0x17 && w < shelf->n_ioms; w++)
				ck_assert(fake_shows(e, w, FAKE_IDENT_BYTE, FAKE_IDENT) ==
					  (e == bay));
		}
}

/* ---- how much ------------------------------------------------------------------- */

START_TEST(one_lamp_is_three_commands)
{
	begin(12, 1);
	bed_picture(shelf, 0, &picture);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 7), IDENT, 0), 0);
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
	ck_assert_uint_eq(shelf->selected, 1);
	ck_assert_uint_eq(bed_before, 0);
	only_lit(fake_bay(shelf, 7));
	bed_same_but(shelf, 0, &picture,
		     (const struct fake_element *[]){ fake_bay(shelf, 7), NULL });
	ck_assert_uint_eq(bed_slot(chassis, 7)->indicators, IDENT);

	fake_count(shelf);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 7), 0, IDENT), 0);
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
	ck_assert_uint_eq(bed_before, IDENT);
	bed_same_but(shelf, 0, &picture, (const struct fake_element *[]){ NULL });
}
END_TEST

START_TEST(sixty_lamps_are_three_commands)
{
	static struct ask asks[60];

	begin(60, 1);
	bed_picture(shelf, 0, &picture);
	for (unsigned i = 0; i < 60; i++)
		bed_ask(&asks[i], bed_slot(chassis, i), i % 2 ? IDENT : FAULT, 0);
	for (unsigned i = 0; i < 60; i++) {
		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, 0);
		ck_assert(lit(i, 0) == (i % 2 == 1));
		ck_assert(fake_shows(fake_bay(shelf, i), 0, FAKE_FAULT_BYTE, FAKE_FAULT) ==
			  (i % 2 == 0));
	}
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
	ck_assert_uint_eq(shelf->selected, 60);
}
END_TEST

START_TEST(what_shows_is_not_written_again)
{
	begin(4, 1);
	fake_set(fake_bay(shelf, 1), FAKE_IDENT_BYTE, FAKE_IDENT, FAKE_IDENT);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert_str_eq(shelf->log, "A:r02 ");
	ck_assert_uint_eq(bed_before, IDENT);
	fake_count(shelf);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), 0, IDENT | FAULT), 0);
	ck_assert_str_eq(shelf->log, "A:r02 ");
	ck_assert_uint_eq(bed_before, 0);
}
END_TEST

/* ---- nothing else ----------------------------------------------------------------- */

/* Every bit that a status element can have, in some bay. */
static void all_sorts(void)
{
	static const uint8_t bays[8][4] = {
		{ 0x43, 0x02, 0x41, 0x60 }, /* PRDFAIL; REBUILD; DO NOT REMOVE, REPORT; faults */
		{ 0x21, 0xff, 0x4c, 0x10 }, /* DISABLED; all of the array byte; DEVICE OFF */
		{ 0x11, 0x80, 0x00, 0x00 }, /* SWAP */
		{ 0x61, 0x20, 0x0e, 0x20 },
		{ 0x05, 0x00, 0x00, 0x10 }, /* empty and off: is not kept off (ses.md 4.2) */
		{ 0x01, 0x00, 0x00, 0x40 }, /* FAULT SENSED */
		{ 0x01, 0x00, 0x30, 0x00 }, /* FC: enclosure bypassed A and B */
		{ 0x02, 0x01, 0x42, 0x30 },
	};

	for (unsigned i = 0; i < 8; i++)
		for (unsigned b = 0; b < 4; b++)
			fake_set(fake_bay(shelf, i), b, 0xff, bays[i][b]);
	fake_set(fake_element(shelf, 0x02, 0), 1, 0xff, 0x40);
	fake_set(fake_element(shelf, 0x03, 0), 1, 0xff, 0x01);
	fake_set(fake_element(shelf, 0x03, 0), 2, 0xff, 0xa4);
	fake_set(fake_element(shelf, 0x03, 0), 3, 0xff, 0xa3);
	fake_set(fake_element(shelf, 0x06, 0), 3, 0xff, 0x52);
	fake_set(fake_element(shelf, 0x0e, 0), 2, 0xff, 0x43); /* power cycle in 16 minutes */
	fake_set(fake_element(shelf, 0x0e, 0), 3, 0xff, 0xfe);
	fake_set(fake_element(shelf, 0x07, 0), 1, 0xff, 0x30);
	fake_set(fake_element(shelf, 0x07, 0), 3, 0xff, 0x80);
}

static void check_bits(struct component *component, struct fake_element *e, unsigned byte,
		       uint8_t bit)
{
	const struct fake_element *const but[] = { e, NULL };
	uint8_t expected[4];

	bed_picture(shelf, 0, &picture);
	memcpy(expected, e->status[0], 4);
	expected[byte] |= bit;
	if (e->type == 0x17 && (expected[0] & 0x0f) == 5)
		expected[3] &= (uint8_t) ~0x10;
	ck_assert_int_eq(bed_light(component, IDENT, 0), 0);
	bed_same_but(shelf, 0, &picture, but);
	ck_assert_mem_eq(e->status[0], expected, 4);

	expected[byte] &= (uint8_t) ~bit;
	ck_assert_int_eq(bed_light(component, 0, IDENT), 0);
	bed_same_but(shelf, 0, &picture, but);
	ck_assert_mem_eq(e->status[0], expected, 4);
}

START_TEST(no_other_bit_changes)
{
	begin(8, 1);
	all_sorts();
	bed_pass(11);
	for (unsigned i = 0; i < 8; i++)
		check_bits(bed_slot(chassis, i), fake_bay(shelf, i), 2, 0x02);
	check_bits(bed_element(chassis, 0x02, 0), fake_element(shelf, 0x02, 0), 1, 0x80);
	check_bits(bed_element(chassis, 0x03, 0), fake_element(shelf, 0x03, 0), 1, 0x80);
	check_bits(bed_element(chassis, 0x04, 0), fake_element(shelf, 0x04, 0), 1, 0x80);
	check_bits(bed_element(chassis, 0x06, 0), fake_element(shelf, 0x06, 0), 1, 0x80);
	check_bits(bed_element(chassis, 0x07, 0), fake_element(shelf, 0x07, 0), 1, 0x80);
	check_bits(bed_element(chassis, 0x0e, 0), fake_element(shelf, 0x0e, 0), 1, 0x80);
}
END_TEST

/* ses.md 4.2: FAIL may be a finding, so RQST FAIL is never made of it. */
START_TEST(a_failing_power_supply_is_not_asked_to_fail)
{
	struct component *psu;
	struct fake_element *e;

	begin(4, 1);
	e = fake_element(shelf, 0x02, 1);
	psu = bed_element(chassis, 0x02, 1);
	fake_set(e, 3, 0x40, 0x40);
	fake_set(e, 0, 0x0f, 3);
	ck_assert_int_eq(bed_light(psu, IDENT, 0), 0);
	ck_assert_uint_eq(e->heard[0][1] & 0x80, 0x80);
	ck_assert_uint_eq(e->heard[0][3] & 0x60, 0x20);

	/* Asked for, it is written though FAIL shows already, and cleared though it goes on. */
	ck_assert_int_eq(bed_light(psu, FAULT, 0), 0);
	ck_assert_uint_eq(e->heard[0][3] & 0x60, 0x60);
	psu->asked = FAULT;
	ck_assert_int_eq(bed_light(psu, 0, IDENT), 0);
	ck_assert_uint_eq(e->heard[0][3] & 0x60, 0x60);
	ck_assert_int_eq(bed_light(psu, 0, FAULT), 0);
	ck_assert_uint_eq(e->heard[0][3] & 0x60, 0x20);
}
END_TEST

START_TEST(a_power_supply_that_is_off_is_left_alone)
{
	begin(4, 1);
	fake_set(fake_element(shelf, 0x02, 0), 0, 0x0f, 2);
	fake_set(fake_element(shelf, 0x03, 1), 0, 0x0f, 7);
	ck_assert_int_eq(bed_light(bed_element(chassis, 0x02, 0), IDENT, 0), -EHOSTDOWN);
	ck_assert_int_eq(bed_light(bed_element(chassis, 0x03, 1), IDENT, 0), -EHOSTDOWN);
	ck_assert_uint_eq(shelf->ioms[0].sends, 0);
	/* and it is no other's failure */
	ck_assert_int_eq(bed_light(bed_element(chassis, 0x02, 1), IDENT, 0), 0);
}
END_TEST

/* ---- it must show --------------------------------------------------------------------- */

START_TEST(what_does_not_show_fails_and_is_taken_back)
{
	struct fake_element *bay;

	begin(4, 1);
	bay = fake_bay(shelf, 2);
	bay->dead = 1;
	bed_picture(shelf, 0, &picture);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed_outcome.text, "does not show"));
	ck_assert_uint_eq(bay->writes[0], 2);
	ck_assert_uint_eq(bay->heard[0][2] & FAKE_IDENT, 0);
	bed_same_but(shelf, 0, &picture, (const struct fake_element *[]){ NULL });
	/* one that does not go out is a failure too, with nothing to take back */
	fake_set(bay, FAKE_FAULT_BYTE, FAKE_FAULT, FAKE_FAULT);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), 0, FAULT), -EOPNOTSUPP);
	ck_assert_uint_eq(bay->writes[0], 3);
}
END_TEST

START_TEST(a_dead_bay_is_nobody_elses_failure)
{
	struct ask asks[4];

	begin(4, 1);
	fake_bay(shelf, 1)->dead = 1;
	for (unsigned i = 0; i < 4; i++)
		bed_ask(&asks[i], bed_slot(chassis, i), IDENT, 0);
	for (unsigned i = 0; i < 4; i++) {
		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, i == 1 ? -EOPNOTSUPP : 0);
		ck_assert(lit(i, 0) == (i != 1));
	}
}
END_TEST

START_TEST(what_shows_a_little_later_is_waited_for)
{
	uint64_t start = clock_monotonic();

	begin(4, 1);
	shelf->late_us = 300 * USEC_PER_MSEC;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
	ck_assert_uint_ge(clock_monotonic() - start, 300 * USEC_PER_MSEC);
	ck_assert_uint_eq(shelf->ioms[0].sends, 1);
	ck_assert(lit(2, 0));
}
END_TEST

/* "No lamp is left on by accident": one that fails must not light up afterwards. */
START_TEST(what_would_show_too_late_does_not)
{
	begin(4, 1);
	shelf->late_us = 900 * USEC_PER_MSEC;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed_outcome.text, "500 ms"));
	bed_pass(11);
	ck_assert(!lit(2, 0));
	ck_assert_uint_eq(bed_slot(chassis, 2)->indicators, 0);
}
END_TEST

START_TEST(a_page_that_ends_before_the_bay_cannot_ask_for_it)
{
	shelf = fake_shelf(&bed.world, 0x50aa000000000001, "ACME", "BOX");
	fake_plug(&bed.tree, fake_way(fake_iom(shelf, "/dev/sg0", BED_ADDRESS), 900));
	(void) fake_type(shelf, 0x17, 6, "Slots");
	shelf->extra_zeros = 2;
	bed_start();
	chassis = bed_chassis(BED_EID);
	ck_assert(!bed_slot(chassis, 5)->known);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 5), IDENT, 0), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed_outcome.text, "ends before"));
	ck_assert_uint_eq(shelf->ioms[0].sends, 0);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 3), IDENT, 0), 0);
	only_lit(fake_bay(shelf, 3));
}
END_TEST

/* ---- two ways ----------------------------------------------------------------------------- */

static const struct fake_trouble deaths[] = {
	{ .kind = FAKE_TIMEOUT },
	{ .kind = FAKE_TRANSPORT, .a = 1 },
	{ .kind = FAKE_OS, .a = ENODEV },
	{ .kind = FAKE_SENSE, .a = 2, .b = 0x04, .c = 0x0b },
};

/* The best way dies at its first, second or third command: the other does it, in time. */
START_TEST(a_way_that_dies_is_replaced)
{
	for (unsigned d = 0; d < ARRAY_SIZE(deaths); d++)
		for (unsigned nth = 0; nth < 3; nth++) {
			struct fake_trouble death = deaths[d];
			uint64_t start;

			bed_setup_again();
			begin(4, 2);
			death.skip = nth;
			fake_trouble(&shelf->ioms[0], &death);
			start = clock_monotonic();
			ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
			ck_assert_uint_lt(clock_monotonic() - start, 20 * USEC_PER_SEC);
			only_lit(fake_bay(shelf, 1));
			ck_assert_uint_le(shelf->ioms[0].commands, nth + 2); /* a poll may be due */
			ck_assert_int_ne(chassis_find_way(chassis, "5000c0de00000010")->failure, 0);
			ck_assert_int_eq(chassis_find_way(chassis, "5000c0de00000011")->failure, 0);
			ck_assert_uint_eq(chassis->status, STATUS_PARTIALLY_MANAGED);

			/* The next goes the other way at once, and the first again when it is back.
			 */
			fake_count(shelf);
			ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), 0);
			ck_assert_uint_eq(shelf->ioms[0].sends, 0);
			ck_assert_uint_le(shelf->ioms[0].commands, 1);
			fake_no_trouble(&shelf->ioms[0]);
			bed_pass(11);
			ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
			fake_count(shelf);
			ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
			ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
		}
}
END_TEST

START_TEST(a_busy_way_is_not_waited_for_twice)
{
	begin(4, 2);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_STATUS, .a = 0x08 });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	only_lit(fake_bay(shelf, 1));
	/* busy is not broken */
	ck_assert_int_eq(chassis_find_way(chassis, "5000c0de00000010")->failure, 0);
}
END_TEST

/* peers.md C.5, H4060-J: each IOM owns half of the bays, the other shows "no access". */
static void split(unsigned bays)
{
	for (unsigned i = 0; i < bays; i++)
		fake_bay(shelf, i)->no_access = i < bays / 2 ? 2 : 1;
	shelf->independent = true;
	bed_pass(11);
	fake_count(shelf);
}

START_TEST(each_bay_is_asked_through_its_owner)
{
	begin(6, 2);
	split(6);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 ");
	fake_count(shelf);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 4), IDENT, 0), 0);
	ck_assert_str_eq(shelf->log, "B:r02 B:w02 B:r02 ");
	ck_assert(lit(1, 0));
	ck_assert(lit(4, 1));
	ck_assert_uint_eq(fake_bay(shelf, 1)->writes[1], 0);
	ck_assert_uint_eq(fake_bay(shelf, 4)->writes[0], 0);
	ck_assert_uint_eq(bed_slot(chassis, 4)->indicators, IDENT);
}
END_TEST

START_TEST(all_bays_through_both_owners_are_six_commands)
{
	static struct ask asks[60];

	begin(60, 2);
	split(60);
	for (unsigned i = 0; i < 60; i++)
		bed_ask(&asks[i], bed_slot(chassis, i), IDENT, 0);
	for (unsigned i = 0; i < 60; i++) {
		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, 0);
		ck_assert(lit(i, i < 30 ? 0 : 1));
	}
	ck_assert_str_eq(shelf->log, "A:r02 A:w02 A:r02 B:r02 B:w02 B:r02 ");
}
END_TEST

START_TEST(a_bay_whose_owner_is_dead_has_failed)
{
	begin(6, 2);
	split(6);
	fake_trouble(&shelf->ioms[1], &(struct fake_trouble){ .kind = FAKE_TRANSPORT, .a = 1 });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 4), IDENT, 0), -EHOSTDOWN);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 4), IDENT, 0), -EHOSTDOWN);
	ck_assert_ptr_nonnull(strstr(bed_outcome.text, "no access"));
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
}
END_TEST

/* The owner is gone, the other is there: that is failed, not deleted. */
START_TEST(one_device_gone_is_not_the_enclosure_gone)
{
	begin(6, 2);
	split(6);
	shelf->ioms[1].gone = true;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 4), IDENT, 0), -EHOSTDOWN);
	shelf->ioms[0].gone = true;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -ENODEV);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -ENODEV);
}
END_TEST

/* It takes requests without a word and shows nothing: the other way does. */
START_TEST(accepted_and_not_lit_tries_the_other_way)
{
	begin(4, 2);
	fake_bay(shelf, 1)->dead = 1;
	shelf->independent = true;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert(lit(1, 1));
	ck_assert_uint_eq(bed_slot(chassis, 1)->indicators, IDENT);

	fake_bay(shelf, 2)->dead = 3;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), -EOPNOTSUPP);
	for (unsigned w = 0; w < 2; w++) {
		ck_assert_uint_eq(fake_bay(shelf, 2)->writes[w], 2);
		ck_assert_uint_eq(fake_bay(shelf, 2)->heard[w][2] & FAKE_IDENT, 0);
	}
}
END_TEST

START_TEST(put_out_is_put_out_through_both)
{
	struct fake_element *bay;

	begin(4, 2);
	shelf->independent = true;
	bay = fake_bay(shelf, 1);
	/* Another program lit it through the second way alone. */
	bay->status[1][2] = bay->target[1][2] = FAKE_IDENT;
	bed_pass(11);
	ck_assert_uint_eq(bed_slot(chassis, 1)->indicators, IDENT);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), 0);
	ck_assert_uint_eq(bed_before, IDENT);
	ck_assert(!lit(1, 1));
	ck_assert_uint_eq(bed_slot(chassis, 1)->indicators, 0);

	/* and one that shows through both */
	for (unsigned w = 0; w < 2; w++)
		bay->status[w][2] = bay->target[w][2] = FAKE_IDENT;
	bed_pass(11);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), 0);
	ck_assert(!lit(1, 0));
	ck_assert(!lit(1, 1));
}
END_TEST

/* zfs#12783: to take power off, both expanders must be told. */
static int off(unsigned bay)
{
	struct ask ask;

	bed_ask_every_way(&ask, bed_slot(chassis, bay), DEVICE_OFF, 0);
	bed_until(ask.ended);
	bed_outcome = ask.outcome;
	return ask.outcome.result;
}

START_TEST(device_off_reaches_every_way)
{
	begin(6, 2);
	shelf->independent = true;
	fake_insert(fake_bay(shelf, 1), 0x5000111100000000);
	ck_assert_int_eq(off(1), 0);
	ck_assert(fake_shows(fake_bay(shelf, 1), 0, 3, 0x10));
	ck_assert(fake_shows(fake_bay(shelf, 1), 1, 3, 0x10));

	/* a way that may not is no way for it */
	fake_bay(shelf, 2)->no_access = 2;
	ck_assert_int_eq(off(2), 0);
	ck_assert(fake_shows(fake_bay(shelf, 2), 0, 3, 0x10));

	/* one way will not: it is not off, and taken back on the other */
	fake_bay(shelf, 3)->dead = 2;
	ck_assert_int_eq(off(3), -EOPNOTSUPP);
	ck_assert(!fake_shows(fake_bay(shelf, 3), 0, 3, 0x10));

	/* where it was off through one already, the other is told */
	fake_bay(shelf, 4)->status[0][3] = fake_bay(shelf, 4)->target[0][3] = 0x10;
	ck_assert_int_eq(off(4), 0);
	ck_assert(fake_shows(fake_bay(shelf, 4), 1, 3, 0x10));

	/* a way that is dead cannot be reached and does not count */
	shelf->ioms[1].gone = true;
	ck_assert_int_eq(off(5), 0);
	ck_assert(fake_shows(fake_bay(shelf, 5), 0, 3, 0x10));
}
END_TEST

/* ---- configurations that change -------------------------------------------------------------- */

static void another_generation(struct fake_shelf *s, _unused_ void *userdata)
{
	s->generation++;
}

static void a_bay_in_front(struct fake_shelf *s, _unused_ void *userdata)
{
	struct fake_element *bay = fake_add(s, &s->types[0], 0);

	bay->number = 100 + (int) s->types[0].n;
	fake_text(bay, "NEW");
}

static void first_bay_away(struct fake_shelf *s, _unused_ void *userdata)
{
	fake_remove(s, &s->types[0], 0);
}

static void others_changed_places(struct fake_shelf *s, _unused_ void *userdata)
{
	fake_swap(s, &s->types[0], 0, 4);
	fake_swap(s, &s->types[0], 2, 3);
}

START_TEST(the_configuration_changes_between_any_two_commands)
{
	void (*const changes[])(struct fake_shelf *, void *) = { another_generation, a_bay_in_front,
								 first_bay_away,
								 others_changed_places };

	for (unsigned c = 0; c < ARRAY_SIZE(changes); c++)
		for (unsigned ways = 1; ways <= 2; ways++)
			for (unsigned n = 1; n <= 4; n++) {
				struct fake_element *bay;
				struct component *slot;

				bed_setup_again();
				begin(6, ways);
				bay = fake_bay(shelf, 2);
				slot = bed_slot(chassis, 2);
				fake_set(bay, 1, 0xff, 0x20); /* hot spare, to be kept */
				shelf->happens = changes[c];
				shelf->before_command = n;
				ck_assert_int_eq(bed_light(slot, IDENT, 0), 0);
				only_lit(bay);
				ck_assert(fake_shows(bay, 0, 1, 0x20));
				ck_assert_uint_le(shelf->commands, 24);
				bed_settle();
				ck_assert_uint_eq(slot->indicators & IDENT, IDENT);
				/* and out again, the same bay */
				ck_assert_int_eq(bed_light(slot, 0, IDENT), 0);
				ck_assert_uint_eq(bed_before & IDENT, IDENT);
				only_lit(NULL);
			}
}
END_TEST

START_TEST(a_bay_that_goes_meanwhile_is_gone)
{
	for (unsigned n = 1; n <= 2; n++) {
		bed_setup_again();
		begin(6, 1);
		shelf->happens = first_bay_away;
		shelf->before_command = n;
		ck_assert_int_eq(bed_light(bed_slot(chassis, 0), IDENT, 0), -ENODEV);
		only_lit(NULL);
	}
}
END_TEST

/* A list that moves under sixty requests: each lights its own bay. */
START_TEST(sixty_requests_find_their_bays_again)
{
	static struct ask asks[60];
	struct fake_element *bays[60];

	for (unsigned n = 1; n <= 3; n++) {
		bed_setup_again();
		begin(60, 1);
		shelf->happens = a_bay_in_front;
		shelf->before_command = n;
		for (unsigned i = 0; i < 60; i++)
			bays[i] = fake_bay(shelf, i);
		for (unsigned i = 0; i < 60; i++)
			bed_ask(&asks[i], bed_slot(chassis, i), i % 3 ? IDENT : FAULT, 0);
		for (unsigned i = 0; i < 60; i++) {
			bed_until(asks[i].ended);
			ck_assert_int_eq(asks[i].outcome.result, 0);
			ck_assert(fake_shows(bays[i], 0, FAKE_IDENT_BYTE, FAKE_IDENT) ==
				  (i % 3 != 0));
			ck_assert(fake_shows(bays[i], 0, FAKE_FAULT_BYTE, FAKE_FAULT) ==
				  (i % 3 == 0));
		}
	}
}
END_TEST

START_TEST(a_configuration_that_keeps_changing_is_said_so)
{
	void (*const changes[])(struct fake_shelf *, void *) = { another_generation,
								 others_changed_places };

	for (unsigned c = 0; c < ARRAY_SIZE(changes); c++)
		for (unsigned every = 1; every <= 3; every++) {
			uint64_t start;

			bed_setup_again();
			begin(6, 1);
			shelf->happens = changes[c];
			shelf->every_command = every;
			start = clock_monotonic();
			ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), -ESTALE);
			ck_assert_uint_le(clock_monotonic() - start, 20 * USEC_PER_SEC);
			ck_assert_uint_le(shelf->commands, 400);
			/* it is there all the same, and when it rests it can be lit */
			shelf->happens = NULL;
			bed_pass(11);
			ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
		}
}
END_TEST

/* ses.md 7: the generation code never moves, and is not looked at. */
START_TEST(a_stuck_generation_does_not_light_another_bay)
{
	for (unsigned n = 1; n <= 2; n++) {
		struct fake_element *bay;

		bed_setup_again();
		shelf = bed_shelf(6, 1);
		shelf->generation = 0;
		shelf->generation_stuck = true;
		bed_start();
		chassis = bed_chassis(BED_EID);
		fake_count(shelf);
		bay = fake_bay(shelf, 2);
		shelf->happens = a_bay_in_front;
		shelf->before_command = n;
		ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), 0);
		only_lit(bay);
	}
}
END_TEST

/* ---- refusals
 * ------------------------------------------------------------------------------------ */

static void refuse(unsigned times, unsigned asc, unsigned ascq)
{
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_SENSE,
							      .opcode = SEND,
							      .times = times,
							      .a = 5,
							      .b = asc,
							      .c = ascq });
}

START_TEST(refused_once_is_read_again_and_done)
{
	begin(4, 1);
	refuse(1, 0x26, 0x00);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	only_lit(fake_bay(shelf, 1));
	ck_assert_uint_ge(shelf->ioms[0].reads[0x01], 1);

	refuse(1, 0x1a, 0x00);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), 0, IDENT), 0);
	only_lit(NULL);
}
END_TEST

START_TEST(refused_for_good_is_not_supported_with_the_sense)
{
	static const unsigned senses[][2] = { { 0x26, 0x00 }, { 0x26, 0x02 }, { 0x1a, 0x00 },
					      { 0x35, 0x01 }, { 0x35, 0x04 }, { 0x20, 0x00 } };
	static const char *const texts[] = { "26/00", "26/02", "1A/00", "35/01", "35/04", "20/00" };

	for (unsigned i = 0; i < ARRAY_SIZE(senses); i++) {
		bed_setup_again();
		begin(4, 1);
		refuse(0, senses[i][0], senses[i][1]);
		ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EOPNOTSUPP);
		ck_assert_msg(strstr(bed_outcome.text, texts[i]) ||
				      strcasestr(bed_outcome.text, texts[i]),
			      "%s", bed_outcome.text);
		ck_assert_uint_le(shelf->commands, 24);
		only_lit(NULL);
		ck_assert_int_eq(chassis_find_way(chassis, "5000c0de00000010")->failure, 0);
	}
}
END_TEST

START_TEST(invop_is_a_refusal)
{
	struct fake_trouble invop = { .kind = FAKE_INVOP, .opcode = SEND, .times = 1, .a = 1 };

	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &invop);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	only_lit(fake_bay(shelf, 1));
	ck_assert_uint_eq(shelf->ioms[0].sends, 2);

	invop.times = 0;
	fake_trouble(&shelf->ioms[0], &invop);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 2), IDENT, 0), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bed_outcome.text, "INVOP"));
	only_lit(fake_bay(shelf, 1));
}
END_TEST

/* Left over from somebody else's mistake, and never cleared: no refusal of ours. */
START_TEST(an_old_invop_says_nothing)
{
	begin(4, 1);
	shelf->ioms[0].invop = 1000;
	shelf->late_us = 200 * USEC_PER_MSEC;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert_uint_eq(shelf->ioms[0].sends, 1);
	only_lit(fake_bay(shelf, 1));
}
END_TEST

START_TEST(a_request_that_is_refused_takes_no_other_with_it)
{
	static struct ask asks[10];

	begin(10, 1);
	shelf->refused_byte = 1;
	shelf->refused_bits = 0x02; /* REBUILD */
	for (unsigned i = 0; i < 10; i++)
		bed_ask(&asks[i], bed_slot(chassis, i),
			i == 3	? REBUILD
			: i % 2 ? FAULT
				: IDENT,
			0);
	for (unsigned i = 0; i < 10; i++) {
		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, i == 3 ? -EOPNOTSUPP : 0);
		ck_assert(lit(i, 0) == (i % 2 == 0));
	}
	ck_assert_uint_le(shelf->commands, 40);
}
END_TEST

START_TEST(an_indicator_that_the_type_lacks_is_not_supported)
{
	begin(4, 1);
	ck_assert_int_eq(bed_light(bed_element(chassis, 0x02, 0), REBUILD, 0), -EOPNOTSUPP);
	ck_assert_uint_eq(shelf->ioms[0].sends, 0);
}
END_TEST

/* The generation moves right before the control page that takes back. */
START_TEST(taking_back_survives_a_new_generation)
{
	for (unsigned n = 1; n <= 40; n++) {
		bed_setup_again();
		begin(4, 1);
		fake_bay(shelf, 1)->dead = 1;
		shelf->happens = another_generation;
		shelf->before_command = n;
		ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EOPNOTSUPP);
		ck_assert_uint_eq(fake_bay(shelf, 1)->heard[0][2] & FAKE_IDENT, 0);
		if (n > shelf->commands)
			break;
		ck_assert_uint_lt(n, 40);
	}
}
END_TEST

/* ---- what it is called
 * ------------------------------------------------------------------------------ */

static const struct {
	struct fake_trouble trouble;
	int result;
} ends[] = {
	{ { .kind = FAKE_TIMEOUT }, -ETIMEDOUT },
	{ { .kind = FAKE_TRANSPORT, .a = 1 }, -EHOSTDOWN },
	{ { .kind = FAKE_OS, .a = ENODEV }, -ENODEV },
	{ { .kind = FAKE_STATUS, .a = 0x08 }, -EBUSY },
	{ { .kind = FAKE_STATUS, .a = 0x28 }, -EBUSY },
	{ { .kind = FAKE_SENSE, .a = 2, .b = 0x04, .c = 0x01 }, -EBUSY },
	{ { .kind = FAKE_SENSE, .a = 2, .b = 0x35, .c = 0x02 }, -EBUSY },
	{ { .kind = FAKE_SENSE, .a = 4, .b = 0x44 }, -EHOSTDOWN },
};

START_TEST(each_failure_has_its_name_at_every_command)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++)
		for (unsigned nth = 0; nth < 3; nth++) {
			struct fake_trouble trouble = ends[i].trouble;
			uint64_t start;

			bed_setup_again();
			begin(4, 1);
			trouble.skip = nth;
			fake_trouble(&shelf->ioms[0], &trouble);
			start = clock_monotonic();
			ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), ends[i].result);
			ck_assert_uint_lt(clock_monotonic() - start, 20 * USEC_PER_SEC);
			ck_assert_str_ne(bed_outcome.text, "");
			if (nth < 2)
				only_lit(NULL);
		}
}
END_TEST

START_TEST(busy_by_page_09h_is_busy)
{
	begin(4, 1);
	fake_trouble(&shelf->ioms[0], &(struct fake_trouble){ .kind = FAKE_BUSY_PAGE });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EBUSY);
	fake_no_trouble(&shelf->ioms[0]);
	/* no poll is needed: it was never thought broken */
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
}
END_TEST

START_TEST(a_page_that_does_not_parse_is_said_so)
{
	begin(4, 1);
	fake_trouble(&shelf->ioms[0],
		     &(struct fake_trouble){ .kind = FAKE_CUT, .page = 2, .a = 5 });
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -EBADMSG);
	bed_pass(11);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), -ESTALE);
	fake_no_trouble(&shelf->ioms[0]);
	bed_pass(11);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
}
END_TEST

START_TEST(a_reset_in_the_middle_is_told)
{
	for (unsigned nth = 0; nth < 3; nth++) {
		bed_setup_again();
		begin(4, 1);
		fake_trouble(
			&shelf->ioms[0],
			&(struct fake_trouble){
				.kind = FAKE_SENSE, .skip = nth, .times = 1, .a = 6, .b = 0x29 });
		ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
		only_lit(fake_bay(shelf, 1));
		ck_assert_uint_eq(bed.resets, 1);
		/* new firmware may be behind it: everything is read again */
		bed_settle();
		ck_assert_uint_eq(shelf->ioms[0].reads[0x01], 1);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_lamp_is_three_commands,
		sixty_lamps_are_three_commands,
		what_shows_is_not_written_again,
		no_other_bit_changes,
		a_failing_power_supply_is_not_asked_to_fail,
		a_power_supply_that_is_off_is_left_alone,
		what_does_not_show_fails_and_is_taken_back,
		a_dead_bay_is_nobody_elses_failure,
		what_shows_a_little_later_is_waited_for,
		what_would_show_too_late_does_not,
		a_page_that_ends_before_the_bay_cannot_ask_for_it,
		a_way_that_dies_is_replaced,
		a_busy_way_is_not_waited_for_twice,
		each_bay_is_asked_through_its_owner,
		all_bays_through_both_owners_are_six_commands,
		a_bay_whose_owner_is_dead_has_failed,
		one_device_gone_is_not_the_enclosure_gone,
		accepted_and_not_lit_tries_the_other_way,
		put_out_is_put_out_through_both,
		device_off_reaches_every_way,
		the_configuration_changes_between_any_two_commands,
		a_bay_that_goes_meanwhile_is_gone,
		sixty_requests_find_their_bays_again,
		a_configuration_that_keeps_changing_is_said_so,
		a_stuck_generation_does_not_light_another_bay,
		refused_once_is_read_again_and_done,
		refused_for_good_is_not_supported_with_the_sense,
		invop_is_a_refusal,
		an_old_invop_says_nothing,
		a_request_that_is_refused_takes_no_other_with_it,
		an_indicator_that_the_type_lacks_is_not_supported,
		taking_back_survives_a_new_generation,
		each_failure_has_its_name_at_every_command,
		busy_by_page_09h_is_busy,
		a_page_that_does_not_parse_is_said_so,
		a_reset_in_the_middle_is_told,
		NULL,
	};

	return bed_main("change", tests);
}
