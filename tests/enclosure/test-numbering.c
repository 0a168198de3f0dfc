/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Positions, reported numbers and labels of bays (peers.md C.1, C.4), and which bay of one
 * list is which of another: two IOMs, and one enclosure before and after a change.
 */
#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "enclosure/numbering.h"
#include "tests/enclosure/fake-bed.h"

#define BAYS 6U

/* What one way's pages come to. */
static struct snapshot *look(struct fake_iom *iom, const struct quirk *quirk)
{
	struct snapshot *snapshot = NULL;
	struct ses_status *status = NULL;
	struct session session;

	ck_assert_int_eq(session_open(&session, &bed.world.transport, iom->node, 8, 0), 0);
	ck_assert_int_eq(snapshot_read(&session, NULL, &snapshot, &status), 0);
	session_close(&session);
	status = ses_status_free(status);
	if (quirk)
		snapshot->quirk = *quirk;
	return snapshot;
}

static struct numbering *number(struct fake_iom *iom, const struct quirk *quirk)
{
	struct snapshot *snapshot = look(iom, quirk);
	struct numbering *n = NULL;

	ck_assert_int_eq(numbering_make(snapshot, &n), 0);
	snapshot = snapshot_unref(snapshot);
	return n;
}

static const char *label(const struct numbering *n, unsigned i)
{
	ck_assert_uint_lt(i, n->n_slots);
	return n->entries[i].label;
}

/* No two alike, none empty, all fit for the bus. */
static void check_labels(const struct numbering *n)
{
	for (unsigned i = 0; i < n->n_slots; i++) {
		ck_assert_str_ne(label(n, i), "");
		ck_assert(text_valid_utf8(label(n, i)));
		for (unsigned k = 0; k < i; k++)
			ck_assert_msg(strcmp(label(n, i), label(n, k)) != 0, "%u and %u: %s", k, i,
				      label(n, i));
	}
}

static struct fake_iom *labelled(const char *const *labels, unsigned n)
{
	struct fake_shelf *shelf = bed_shelf(n, 1);

	for (unsigned i = 0; i < n; i++)
		fake_text(fake_bay(shelf, i), labels[i]);
	return &shelf->ioms[0];
}

/* ---- positions ------------------------------------------------------------------ */

START_TEST(slots_of_all_types_and_headers_are_one_row)
{
	struct fake_shelf *shelf = fake_shelf(&bed.world, 1, "ACME", "BOX");
	struct fake_iom *iom = fake_iom(shelf, "/dev/sg0", 0);
	struct numbering *n;

	(void) fake_type(shelf, 0x02, 2, "PSU");
	(void) fake_type(shelf, 0x01, 2, "Front");
	(void) fake_type(shelf, 0x04, 1, "Temp");
	(void) fake_type(shelf, 0x17, 3, "Rear");
	(void) fake_type(shelf, 0x02, 1, "Another PSU");
	(void) fake_type(shelf, 0x01, 1, "Top");
	n = number(iom, NULL);
	ck_assert_uint_eq(n->n_slots, 6);
	ck_assert_uint_eq(n->n, 10);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(n->entries[i].index, i);
	/* overall elements are counted: PSU 0-2, Front 3-5, Temp 6-7, Rear 8-11, PSU 12-13 */
	ck_assert_uint_eq(n->entries[0].global, 4);
	ck_assert_uint_eq(n->entries[2].global, 9);
	ck_assert_uint_eq(n->entries[5].global, 15);
	ck_assert_uint_eq(n->entries[2].type, 0x17);
	ck_assert_uint_eq(n->entries[2].element_index, 0);
	/* of type 01h the third, though it is the last of all */
	ck_assert_uint_eq(n->entries[5].element_index, 2);
	/* the third power supply, from a second header */
	ck_assert_uint_eq(n->entries[9].type, 0x02);
	ck_assert_uint_eq(n->entries[9].index, 2);
	ck_assert_str_eq(n->entries[9].label, "Power supply 2");
	ck_assert_str_eq(label(n, 3), "Bay 3");
	numbering_free(n);
}
END_TEST

START_TEST(more_elements_than_an_index_counts)
{
	struct fake_shelf *shelf = fake_shelf(&bed.world, 1, "ACME", "BOX");
	struct fake_iom *iom = fake_iom(shelf, "/dev/sg0", 0);
	struct numbering *n;
	char text[32];

	for (unsigned t = 0; t < 3; t++)
		(void) fake_type(shelf, 0x17, 120, "Drawer");
	for (unsigned i = 0; i < 360; i++) {
		(void) snprintf(text, sizeof(text), "D%u S%u", i / 120, i % 120);
		fake_text(fake_bay(shelf, i), text);
		fake_bay(shelf, i)->number = (int) (i % 120);
		fake_insert(fake_bay(shelf, i), 0x5000ccc000000000 + i);
	}
	n = number(iom, NULL);
	ck_assert_uint_eq(n->n_slots, 360);
	check_labels(n);
	ck_assert_str_eq(label(n, 359), "D2 S119");
	for (unsigned i = 0; i < 360; i++) {
		ck_assert_int_eq(n->entries[i].reported, (int) (i % 120));
		ck_assert_uint_eq(n->entries[i].n_addresses, 1);
		ck_assert_uint_eq(n->entries[i].addresses[0], 0x5000ccc000000000 + i);
	}
	numbering_free(n);
}
END_TEST

START_TEST(reported_numbers_are_what_the_enclosure_says)
{
	struct fake_shelf *shelf = bed_shelf(BAYS, 1);
	struct quirk quirk = { .slot_offset = -1 };
	struct numbering *n;

	for (unsigned i = 0; i < BAYS; i++)
		fake_bay(shelf, i)->number = (int) ((i * 5) % BAYS);
	fake_bay(shelf, 5)->number = -1;
	fake_bay(shelf, 4)->invalid = true; /* its number is good all the same */
	fake_bay(shelf, 3)->no_descriptor = true;
	n = number(&shelf->ioms[0], NULL);
	ck_assert_int_eq(n->entries[1].reported, 5);
	ck_assert_int_eq(n->entries[4].reported, 2);
	ck_assert_int_eq(n->entries[3].reported, -1);
	ck_assert_int_eq(n->entries[5].reported, -1);
	numbering_free(n);

	n = number(&shelf->ioms[0], &quirk);
	ck_assert_int_eq(n->entries[1].reported, 4);
	/* 0 moved below nothing, and nothing itself, are both none */
	ck_assert_int_eq(n->entries[0].reported, -1);
	ck_assert_int_eq(n->entries[5].reported, -1);
	numbering_free(n);
}
END_TEST

START_TEST(quirks_turn_order_and_make_labels)
{
	static const char *const texts[] = {
		"SLOT 039,3GJ9Y2UE", "SLOT 040 ,", "X", "", ",Y", "Z"
	};
	struct fake_iom *iom = labelled(texts, BAYS);
	struct quirk reverse = { .slot_reverse = true };
	struct quirk prefix = { .label_prefix = "Bay #" };
	struct quirk comma = { .label_before_comma = true };
	struct numbering *n;

	n = number(iom, &reverse);
	ck_assert_str_eq(label(n, 0), "Z");
	ck_assert_uint_eq(n->entries[0].index, 0);
	ck_assert_uint_eq(n->entries[0].global, 6);
	numbering_free(n);

	fake_bay(iom->shelf, 2)->number = 9;
	fake_bay(iom->shelf, 4)->number = -1;
	fake_bay(iom->shelf, 5)->number = 4;
	n = number(iom, &prefix);
	ck_assert_str_eq(label(n, 2), "Bay #9");
	ck_assert_str_eq(label(n, 4), "Bay #4 (4)"); /* no number: the position; another is 4 */
	ck_assert_str_eq(label(n, 5), "Bay #4 (5)");
	check_labels(n);
	numbering_free(n);

	n = number(iom, &comma);
	ck_assert_str_eq(label(n, 0), "SLOT 039");
	ck_assert_str_eq(label(n, 1), "SLOT 040");
	ck_assert_str_eq(label(n, 4), "Bay 4");
	numbering_free(n);
}
END_TEST

/* ---- labels ----------------------------------------------------------------------- */

START_TEST(labels_without_text_are_made_up)
{
	static const char *const texts[] = { "", " ", "A", "\t", "B" };
	struct numbering *n = number(labelled(texts, 5), NULL);

	ck_assert_str_eq(label(n, 0), "Bay 0");
	ck_assert_str_eq(label(n, 1), "Bay 1");
	ck_assert_str_eq(label(n, 2), "A");
	ck_assert_str_eq(label(n, 3), "Bay 3");
	ck_assert(!n->entries[3].own_label);
	ck_assert(n->entries[4].own_label);
	numbering_free(n);
}
END_TEST

START_TEST(repeated_labels_get_their_index)
{
	static const char *const texts[] = { "ArrayDevice", "<empty>", "ArrayDevice", "one",
					     "<empty>" };
	struct numbering *n = number(labelled(texts, 5), NULL);

	ck_assert_str_eq(label(n, 0), "ArrayDevice (0)");
	ck_assert_str_eq(label(n, 1), "<empty> (1)");
	ck_assert_str_eq(label(n, 2), "ArrayDevice (2)");
	ck_assert_str_eq(label(n, 3), "one");
	ck_assert_str_eq(label(n, 4), "<empty> (4)");
	numbering_free(n);
}
END_TEST

START_TEST(labels_made_to_collide_stay_apart)
{
	static const char *const sets[][6] = {
		{ "A", "A", "A (0)", "A (1)", "A (0) (0)", "A (0) (2)" },
		{ "B (3) (3)", "x", "B", "B", "B (3)", "y" },
		{ "C (5)", "C (4)", "C (3)", "C", "C", "C" },
		{ "Bay 1", "", "Bay 3", "", "Bay 1 (1)", "Bay 1 (0)" },
		{ "D", "D", "D (0)", "D (0) (0)", "D (0) (0) (0)", "D (0) (0) (0) (0)" },
		{ "E (1) (1) (1) (1)", "E", "E", "E (1)", "E (1) (1)", "E (1) (1) (1)" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(sets); i++) {
		struct numbering *n = number(labelled(sets[i], 6), NULL);

		check_labels(n);
		numbering_free(n);
	}
}
END_TEST

/* Four times the longest name there is, alike but for the last character, then two alike. */
START_TEST(long_labels_are_cut_between_characters)
{
	struct fake_shelf *shelf = bed_shelf(4, 1);
	struct snapshot *snapshot;
	struct numbering *n = NULL;

	snapshot = look(&shelf->ioms[0], NULL);
	for (unsigned i = 0; i < 4; i++) {
		char *text = malloc(2 * LABEL_SIZE + 8);

		ck_assert_ptr_nonnull(text);
		text[0] = '\0';
		/* An odd offset, so that some cut falls into a character of two bytes. */
		for (unsigned k = 0; k < LABEL_SIZE; k++)
			(void) snprintf(text + strlen(text), 8, "%s",
					k == 0 ? (i % 2 ? "a" : "bb") : "\xc3\xa9");
		free(snapshot->descriptors->texts[1 + i]);
		snapshot->descriptors->texts[1 + i] = text;
	}
	ck_assert_int_eq(numbering_make(snapshot, &n), 0);
	check_labels(n);
	ck_assert_ptr_nonnull(strstr(label(n, 3), "(3)"));
	numbering_free(n);
	snapshot = snapshot_unref(snapshot);
}
END_TEST

START_TEST(text_that_is_no_text_is_cleaned)
{
	struct fake_shelf *shelf = bed_shelf(4, 1);
	struct numbering *n;

	memcpy(fake_bay(shelf, 0)->text, "slot00       ", 13);
	fake_bay(shelf, 0)->text_length = 13;
	memcpy(fake_bay(shelf, 1)->text, "slot01\0\0garbage", 15);
	fake_bay(shelf, 1)->text_length = 15;
	memcpy(fake_bay(shelf, 2)->text, "sl\xff\xfe\x01t", 6);
	fake_bay(shelf, 2)->text_length = 6;
	fake_bay(shelf, 3)->text_length = 0;
	n = number(&shelf->ioms[0], NULL);
	ck_assert_str_eq(label(n, 0), "slot00");
	ck_assert_str_eq(label(n, 1), "slot01");
	ck_assert_str_eq(label(n, 2), "sl???t");
	ck_assert_str_eq(label(n, 3), "Bay 3");
	numbering_free(n);
}
END_TEST

/* ---- addresses ---------------------------------------------------------------------- */

START_TEST(addresses_that_name_no_bay_are_left_out)
{
	struct fake_shelf *shelf = bed_shelf(BAYS, 1);
	struct numbering *n;

	fake_insert(fake_bay(shelf, 0), 0x5000000000000a00);
	/* ses.md 5.3: Areca lists a cascaded expander in several empty bays */
	for (unsigned i = 1; i < 3; i++) {
		fake_insert(fake_bay(shelf, i), 0x5000000000000b00);
		fake_bay(shelf, i)->device_type = 2;
	}
	for (unsigned i = 3; i < 5; i++)
		fake_insert(fake_bay(shelf, i), 0x5000000000000c00);
	fake_insert(fake_bay(shelf, 5), 0x5000000000000d00);
	fake_bay(shelf, 5)->invalid = true;
	n = number(&shelf->ioms[0], NULL);
	ck_assert_uint_eq(n->entries[0].n_addresses, 1);
	for (unsigned i = 1; i < BAYS; i++)
		ck_assert_uint_eq(n->entries[i].n_addresses, 0);
	numbering_free(n);
}
END_TEST

/* ---- two lists -------------------------------------------------------------------------- */

static struct numbering *a, *b;
static int map[64];

static void match(struct fake_iom *mine, struct fake_iom *yours, bool disks_stay)
{
	a = number(mine, NULL);
	b = number(yours, NULL);
	ck_assert_uint_le(a->n, ARRAY_SIZE(map));
	ck_assert_int_eq(numbering_match(a, b, disks_stay, map), 0);
	for (unsigned i = 0; i < a->n; i++) {
		ck_assert_int_lt(map[i], (int) b->n);
		if (map[i] < 0)
			continue;
		ck_assert(a->entries[i].slot == b->entries[map[i]].slot);
		for (unsigned k = 0; k < i; k++)
			ck_assert_int_ne(map[i], map[k]);
	}
}

static void matched(void)
{
	numbering_free(a);
	numbering_free(b);
}

static void no_numbers(struct fake_shelf *shelf)
{
	for (unsigned i = 0; i < BAYS; i++)
		fake_bay(shelf, i)->number = 1;
}

static void no_labels(struct fake_shelf *shelf)
{
	for (unsigned i = 0; i < BAYS; i++)
		fake_text(fake_bay(shelf, i), "bay");
}

/* The other IOM lists its bays, and its types, from last to first. */
START_TEST(another_order_is_seen_through)
{
	struct fake_shelf *shelf = bed_shelf(BAYS, 2);
	struct fake_iom *other = &shelf->ioms[1];

	other->slots_reversed = other->types_reversed = true;
	for (unsigned pass = 0; pass < 2; pass++) {
		match(&shelf->ioms[0], other, true);
		for (unsigned i = 0; i < BAYS; i++)
			ck_assert_int_eq(map[i], (int) (BAYS - 1 - i));
		/* each other element is itself, whatever the order of types */
		for (unsigned i = BAYS; i < a->n; i++) {
			ck_assert_int_ge(map[i], (int) BAYS);
			ck_assert_uint_eq(b->entries[map[i]].type, a->entries[i].type);
			ck_assert_uint_eq(b->entries[map[i]].index, a->entries[i].index);
		}
		matched();
		no_numbers(shelf); /* the labels say it too */
	}
}
END_TEST

START_TEST(addresses_tell_where_nothing_else_does)
{
	struct fake_shelf *shelf = bed_shelf(BAYS, 2);
	struct fake_iom *other = &shelf->ioms[1];

	no_numbers(shelf);
	no_labels(shelf);
	other->slots_reversed = true;
	for (unsigned i = 0; i < BAYS; i++) {
		fake_insert(fake_bay(shelf, i), 0x5000eeee00000000 + 16 * i);
		fake_bay(shelf, i)->address[1] = fake_bay(shelf, i)->address[0];
	}
	match(&shelf->ioms[0], other, true);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert_int_eq(map[i], (int) (BAYS - 1 - i));
	matched();

	/* At two moments they do not: the disks may have been moved. */
	match(&shelf->ioms[0], other, false);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert_int_eq(map[i], (int) i);
	matched();
}
END_TEST

START_TEST(position_is_the_last_resort)
{
	struct fake_shelf *shelf = bed_shelf(BAYS, 2);

	no_numbers(shelf);
	no_labels(shelf);
	match(&shelf->ioms[0], &shelf->ioms[1], true);
	for (unsigned i = 0; i < a->n; i++)
		ck_assert_int_eq(map[i], (int) i);
	matched();
}
END_TEST

START_TEST(one_without_numbers_is_matched_by_labels)
{
	struct fake_shelf *one = bed_shelf(BAYS, 1), *two = bed_shelf(BAYS, 1);

	two->ioms[0].slots_reversed = true;
	fake_bay(two, 2)->number = -1;
	match(&one->ioms[0], &two->ioms[0], true);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert_int_eq(map[i], (int) (BAYS - 1 - i));
	matched();
}
END_TEST

/* IOM B counts its bays from 24 on: a number in common there is none. */
START_TEST(numbers_that_have_nothing_in_common_say_nothing)
{
	struct fake_shelf *one = bed_shelf(BAYS, 1), *two = bed_shelf(BAYS, 1);

	two->ioms[0].slots_reversed = true;
	for (unsigned i = 0; i < BAYS; i++)
		fake_bay(two, i)->number = 24 + (int) i;
	match(&one->ioms[0], &two->ioms[0], true);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert_int_eq(map[i], (int) (BAYS - 1 - i));
	matched();
}
END_TEST

START_TEST(bays_come_and_go)
{
	struct fake_shelf *before = bed_shelf(BAYS, 1), *after = bed_shelf(BAYS, 1);
	struct fake_element *bay;

	/* bay 0 is gone, one with number 40 is there between the old 2 and 3 */
	fake_remove(after, &after->types[0], 0);
	bay = fake_add(after, &after->types[0], 2);
	bay->number = 40;
	fake_text(bay, "NEW");
	match(&after->ioms[0], &before->ioms[0], false);
	ck_assert_int_eq(map[0], 1);
	ck_assert_int_eq(map[1], 2);
	ck_assert_int_eq(map[2], -1);
	ck_assert_int_eq(map[3], 3);
	ck_assert_int_eq(map[4], 4);
	ck_assert_int_eq(map[5], 5);
	matched();
}
END_TEST

/* "SLOT 039,SERIAL": the name of a bay changes with its disk, but not before the comma. */
START_TEST(a_serial_number_behind_the_name_is_no_part_of_it)
{
	struct fake_shelf *before = bed_shelf(BAYS, 1), *after = bed_shelf(BAYS, 1);
	char text[32];

	no_numbers(before);
	no_numbers(after);
	after->ioms[0].slots_reversed = true;
	for (unsigned i = 0; i < BAYS; i++) {
		(void) snprintf(text, sizeof(text), "SLOT %02u,DISK%u", i, i);
		fake_text(fake_bay(before, i), text);
		(void) snprintf(text, sizeof(text), "SLOT %02u,DISK%u", i, (i + 1) % BAYS);
		fake_text(fake_bay(after, i), text);
	}
	match(&after->ioms[0], &before->ioms[0], false);
	for (unsigned i = 0; i < BAYS; i++)
		ck_assert_int_eq(map[i], (int) (BAYS - 1 - i));
	matched();
}
END_TEST

START_TEST(subenclosures_number_their_bays_each)
{
	struct fake_shelf *shelf = fake_shelf(&bed.world, 1, "ACME", "BOX");
	struct fake_iom *one = fake_iom(shelf, "/dev/sg0", 1),
			*two = fake_iom(shelf, "/dev/sg1", 2);

	for (unsigned s = 0; s < 2; s++) {
		(void) fake_type(shelf, 0x17, 3, "Drawer");
		shelf->types[s].subenclosure = (uint8_t) s;
		for (unsigned i = 0; i < 3; i++)
			fake_bay(shelf, 3 * s + i)->number = (int) i;
	}
	two->types_reversed = two->slots_reversed = true;
	match(one, two, true);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(map[i], (int) (5 - i));
	matched();
}
END_TEST

/*
 * As many bays as the layer takes, all names alike for hundreds of bytes.  What would be
 * quadratic does not end within the limit of a test.
 */
START_TEST(thousands_of_bays_are_no_burden)
{
	static int many_map[SES_ELEMENTS_MAX];
	struct numbering *mine = numbering_new(SES_ELEMENTS_MAX);
	struct numbering *yours = numbering_new(SES_ELEMENTS_MAX);

	ck_assert(mine && yours);
	for (unsigned i = 0; i < SES_ELEMENTS_MAX; i++) {
		struct numbered *e = &mine->entries[i];

		*e = (struct numbered){
			.slot = true, .index = i, .reported = 1, .own_label = true
		};
		memset(e->label, 'x', 300);
		(void) snprintf(e->label + 300, 16, "%u", i);
		yours->entries[SES_ELEMENTS_MAX - 1 - i] = *e;
		yours->entries[SES_ELEMENTS_MAX - 1 - i].index = SES_ELEMENTS_MAX - 1 - i;
	}
	mine->n = mine->n_slots = yours->n = yours->n_slots = SES_ELEMENTS_MAX;
	ck_assert_int_eq(numbering_match(mine, yours, true, many_map), 0);
	for (unsigned i = 0; i < SES_ELEMENTS_MAX; i++)
		ck_assert_int_eq(many_map[i], (int) (SES_ELEMENTS_MAX - 1 - i));
	numbering_free(mine);
	numbering_free(yours);
}
END_TEST

START_TEST(thousands_of_equal_names_are_no_burden)
{
	struct fake_shelf *shelf = fake_shelf(&bed.world, 1, "ACME", "BOX");
	struct snapshot *snapshot;
	struct numbering *n = NULL;

	(void) fake_iom(shelf, "/dev/sg0", 0);
	for (unsigned t = 0; t < 12; t++)
		(void) fake_type(shelf, 0x17, 250, "Drawer");
	shelf->missing = 1U << 0x0a;
	snapshot = look(&shelf->ioms[0], NULL);
	for (unsigned i = 0; i < snapshot->descriptors->n; i++) {
		char *text = malloc(400);

		ck_assert_ptr_nonnull(text);
		memset(text, 'y', 399);
		text[399] = '\0';
		free(snapshot->descriptors->texts[i]);
		snapshot->descriptors->texts[i] = text;
	}
	ck_assert_int_eq(numbering_make(snapshot, &n), 0);
	ck_assert_uint_eq(n->n_slots, 3000);
	ck_assert_ptr_nonnull(strstr(label(n, 2999), " (2999)"));
	numbering_free(n);
	snapshot = snapshot_unref(snapshot);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		slots_of_all_types_and_headers_are_one_row,
		more_elements_than_an_index_counts,
		reported_numbers_are_what_the_enclosure_says,
		quirks_turn_order_and_make_labels,
		labels_without_text_are_made_up,
		repeated_labels_get_their_index,
		labels_made_to_collide_stay_apart,
		long_labels_are_cut_between_characters,
		text_that_is_no_text_is_cleaned,
		addresses_that_name_no_bay_are_left_out,
		another_order_is_seen_through,
		addresses_tell_where_nothing_else_does,
		position_is_the_last_resort,
		one_without_numbers_is_matched_by_labels,
		numbers_that_have_nothing_in_common_say_nothing,
		bays_come_and_go,
		a_serial_number_behind_the_name_is_no_part_of_it,
		subenclosures_number_their_bays_each,
		thousands_of_bays_are_no_burden,
		thousands_of_equal_names_are_no_burden,
		NULL,
	};

	return bed_main("numbering", tests);
}
