/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything at once, in an order nobody thought of: faults, resets, configurations that
 * change, IOMs and disks that come and go, requests all the while.  Afterwards every request has
 * been answered once and in time, and when the sky clears every bay can be lit, and no other is.
 *
 * The order is that of a seed, printed when it fails; BED_SEED=n runs that one alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/enclosure/fake-bed.h"

#define BAYS 8U
#define WAYS 2U
#define ASKS 48U
#define STEPS 250U
#define SEEDS 12U
#define LATE_MAX 100U
#define PORT 0x5000c50011110000ULL

static uint32_t state;
static unsigned seed;
static struct fake_shelf *shelf;
static bool plugged[WAYS], seated[BAYS];
static unsigned n_added, running;

struct timed_ask {
	struct ask ask;
	bool used;
	uint64_t asked;
	unsigned late; /* turns of the loop since its time was up */
};
static struct timed_ask asks[ASKS];

static unsigned dice(unsigned n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static struct chassis *any_chassis(void)
{
	return inventory_find_chassis(bed.inventory, BED_EID);
}

/* ---- requests --------------------------------------------------------------------- */

static void look_at_answers(void)
{
	for (unsigned i = 0; i < ASKS; i++) {
		struct timed_ask *a = &asks[i];

		if (!a->used)
			continue;
		/* Workers may let much time pass between two turns of the loop. */
		a->late += clock_monotonic() > a->asked + 20 * USEC_PER_SEC;
		ck_assert_msg(a->late < LATE_MAX, "seed %u: a call hangs", seed);
		if (!a->ask.ended)
			continue;
		a->used = false;
		running--;
		switch (a->ask.outcome.result) {
		case 0:
		case -EOPNOTSUPP:
		case -EHOSTDOWN:
		case -EBUSY:
		case -ESTALE:
		case -EBADMSG:
		case -ENODEV:
		case -ETIMEDOUT:
			break;
		default:
			ck_abort_msg("seed %u: %d %s", seed, a->ask.outcome.result,
				     a->ask.outcome.text);
		}
	}
}

static void ask_something(void)
{
	struct chassis *chassis = any_chassis();
	static const uint32_t bits[] = { IDENT, FAULT, INDICATOR_BIT(INDICATOR_HOT_SPARE) };
	uint32_t bit = bits[dice(3)];
	struct component *slot;

	if (!chassis || chassis->n_slots == 0)
		return;
	slot = bed_slot(chassis, dice(chassis->n_slots));
	for (unsigned i = 0; i < ASKS; i++)
		if (!asks[i].used) {
			asks[i].used = true;
			running++;
			asks[i].asked = clock_monotonic();
			asks[i].late = 0;
			if (dice(4) == 0)
				bed_ask_every_way(&asks[i].ask, slot, bit, 0);
			else
				bed_ask(&asks[i].ask, slot, dice(2) ? bit : 0, dice(2) ? bit : 0);
			return;
		}
}

/* ---- weather ------------------------------------------------------------------------ */

static void trouble(struct fake_iom *iom)
{
	static const struct fake_trouble kinds[] = {
		{ .kind = FAKE_BUSY_PAGE },
		{ .kind = FAKE_SHORT_PAGE },
		{ .kind = FAKE_OTHER_PAGE, .a = 5 },
		{ .kind = FAKE_CUT, .a = 3 },
		{ .kind = FAKE_CUT, .a = 21 },
		{ .kind = FAKE_LIE, .a = 12 },
		{ .kind = FAKE_LIE, .a = 0xffff },
		{ .kind = FAKE_PAD },
		{ .kind = FAKE_GARBAGE },
		{ .kind = FAKE_STATUS, .a = 0x08 },
		{ .kind = FAKE_STATUS, .a = 0x28 },
		{ .kind = FAKE_SENSE, .a = 2, .b = 0x04, .c = 0x01 },
		{ .kind = FAKE_SENSE, .a = 0xb, .b = 0x4b },
		{ .kind = FAKE_SENSE, .a = 5, .b = 0x26 },
		{ .kind = FAKE_SENSE, .a = 4, .b = 0x44 },
		{ .kind = FAKE_SENSE, .a = 6, .b = 0x29 },
		{ .kind = FAKE_SENSE, .a = 6, .b = 0x3f, .c = 0x0e },
		{ .kind = FAKE_TRANSPORT, .a = 1 },
		{ .kind = FAKE_TIMEOUT },
		{ .kind = FAKE_OS, .a = ENODEV },
		{ .kind = FAKE_INVOP, .opcode = 0x1d, .a = 1 },
		{ .kind = FAKE_HANG },
		{ .kind = FAKE_HANG, .a = 1 },
	};
	struct fake_trouble t = kinds[dice(ARRAY_SIZE(kinds))];

	bool room;

	t.skip = dice(4);
	t.times = 1 + dice(3);
	fake_lock(&bed.world);
	room = iom->n_troubles < 8;
	fake_unlock(&bed.world);
	if (room)
		fake_trouble(iom, &t);
}

static void reset(void)
{
	bool room;

	fake_lock(&bed.world);
	room = shelf->ioms[0].n_attentions < 4 && shelf->ioms[1].n_attentions < 4;
	fake_unlock(&bed.world);
	if (room)
		fake_reset(shelf);
}

static void configure(void)
{
	struct fake_type *slots = &shelf->types[0];
	char text[32];

	fake_lock(&bed.world);
	switch (dice(4)) {
	case 0:
		shelf->generation++;
		break;
	case 1:
		if (slots->n < 2 * BAYS) {
			struct fake_element *bay = fake_add(shelf, slots, dice(slots->n + 1));

			bay->number = (int) (BAYS + n_added);
			(void) snprintf(text, sizeof(text), "MORE %u", n_added++);
			fake_text(bay, text);
		}
		break;
	case 2:
		if (slots->n > BAYS / 2)
			fake_remove(shelf, slots, dice(slots->n));
		break;
	case 3:
		fake_swap(shelf, slots, dice(slots->n), dice(slots->n));
		break;
	}
	fake_unlock(&bed.world);
}

static void plug_or_pull(unsigned w)
{
	fake_lock(&bed.world);
	shelf->ioms[w].gone = plugged[w];
	fake_unlock(&bed.world);
	if (plugged[w])
		fake_pull_at(&bed.tree, 900 - w, 0);
	else
		fake_plug(&bed.tree, fake_way(&shelf->ioms[w], 900 - w));
	plugged[w] = !plugged[w];
}

static void disk(unsigned n)
{
	char serial[16];

	(void) snprintf(serial, sizeof(serial), "DISK%u", n);
	if (seated[n])
		fake_pull_at(&bed.tree, n, 0);
	else
		fake_plug(&bed.tree,
			  fake_disk(n, 0, 0x5000c50022220000 + n, 0, PORT + 16 * n, serial));
	seated[n] = !seated[n];
	if (n < shelf->types[0].n && dice(2)) {
		if (seated[n])
			fake_insert(shelf->types[0].elements[n], PORT + 16 * n);
		else
			fake_empty(shelf->types[0].elements[n]);
	}
}

static void take_out_of_use(void)
{
	struct chassis *chassis = any_chassis();
	struct way *way;

	if (!chassis)
		return;
	LIST_FOREACH (way, &chassis->ways, link)
		if (dice(2))
			(void) way_set_disabled(way, dice(2));
}

static void step(void)
{
	switch (dice(16)) {
	case 0:
	case 1:
		trouble(&shelf->ioms[dice(WAYS)]);
		break;
	case 2:
		configure();
		break;
	case 3:
		plug_or_pull(dice(WAYS));
		break;
	case 4:
		disk(dice(BAYS));
		break;
	case 5:
		fake_clock_advance(dice(5000) * USEC_PER_MSEC);
		break;
	case 6:
		take_out_of_use();
		break;
	case 7:
		reset();
		break;
	case 9:
		for (unsigned w = 0; w < WAYS; w++)
			if (fake_hanging(&shelf->ioms[w]))
				fake_release(&shelf->ioms[w]);
		break;
	case 8:
		if (dice(4) == 0)
			inventory_reenumerate(bed.inventory, NULL, bed_done, NULL);
		else if (dice(4) == 0)
			inventory_refresh(bed.inventory, bed_done, NULL);
		break;
	default:
		ask_something();
		break;
	}
	for (unsigned turns = dice(6); turns > 0; turns--) {
		bed_turn();
		look_at_answers();
	}
	if (bed.n_told > 10000)
		bed_forget();
}

/* ---- afterwards ------------------------------------------------------------------------- */

static void clear_sky(void)
{
	struct chassis *chassis;
	struct way *way;

	for (unsigned w = 0; w < WAYS; w++) {
		fake_no_trouble(&shelf->ioms[w]);
		if (!plugged[w])
			plug_or_pull(w);
	}
	while (fake_hanging(&shelf->ioms[0]) || fake_hanging(&shelf->ioms[1])) {
		for (unsigned w = 0; w < WAYS; w++)
			if (fake_hanging(&shelf->ioms[w]))
				fake_release(&shelf->ioms[w]);
		bed_turn();
	}
	bed_until(any_chassis() != NULL);
	for (unsigned i = 0; i < 30; i++)
		bed_pass(7);
	look_at_answers();
	ck_assert_msg(running == 0, "seed %u: %u requests were never answered", seed, running);
	chassis = any_chassis();
	LIST_FOREACH (way, &chassis->ways, link)
		(void) way_set_disabled(way, false);
	bed_pass(11);
	ck_assert_msg(chassis->n_ways == WAYS, "seed %u: %u ways", seed, chassis->n_ways);
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 1);
	ck_assert_uint_eq(chassis->status, STATUS_ONLINE);
	ck_assert_uint_eq(chassis->n_slots, shelf->types[0].n);
}

/* The element that a bay is of: by its label, which is its name. */
static struct fake_element *element_of(const struct component *slot)
{
	for (unsigned i = 0; i < shelf->types[0].n; i++) {
		struct fake_element *e = shelf->types[0].elements[i];

		if (strlen(slot->label) == e->text_length &&
		    memcmp(slot->label, e->text, e->text_length) == 0)
			return e;
	}
	ck_abort_msg("seed %u: no bay is called %s", seed, slot->label);
	return NULL;
}

static void light_each(void)
{
	struct chassis *chassis = any_chassis();

	for (unsigned i = 0; i < chassis->n_slots; i++)
		ck_assert_int_eq(bed_light(bed_slot(chassis, i), 0, IDENT | FAULT), 0);
	for (unsigned i = 0; i < chassis->n_slots; i++) {
		struct component *slot = bed_slot(chassis, i);

		ck_assert_int_eq(bed_light(slot, IDENT, 0), 0);
		for (unsigned k = 0; k < shelf->types[0].n; k++) {
			struct fake_element *e = shelf->types[0].elements[k];
			bool lit = false;

			for (unsigned w = 0; w < WAYS; w++)
				lit = lit || fake_shows(e, w, FAKE_IDENT_BYTE, FAKE_IDENT);
			ck_assert_msg(lit == (e == element_of(slot)), "seed %u: bay %u, lamp %u",
				      seed, i, k);
		}
		ck_assert_int_eq(bed_light(slot, 0, IDENT), 0);
	}
}

static void one_storm(void)
{
	state = seed;
	memset(asks, 0, sizeof(asks));
	memset(seated, 0, sizeof(seated));
	plugged[0] = plugged[1] = true;
	n_added = running = 0;
	shelf = bed_shelf(BAYS, WAYS);
	shelf->independent = seed % 2;
	shelf->ioms[1].slots_reversed = seed % 3 == 0;
	shelf->late_us = seed % 4 == 0 ? 150 * USEC_PER_MSEC : 0;
	bed_start();
	for (unsigned i = 0; i < STEPS; i++)
		step();
	clear_sky();
	light_each();
}

START_TEST(after_the_storm_all_is_well)
{
	const char *only = getenv("BED_SEED");
	unsigned first = only ? (unsigned) strtoul(only, NULL, 10) : 1;

	for (seed = first; seed < (only ? first + 1 : SEEDS + 1); seed++) {
		if (seed > first)
			bed_setup_again();
		one_storm();
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { after_the_storm_all_is_well, NULL };

	return bed_main("weather", tests);
}
