/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quirk files: what is in them, what is wrong with them, which of two counts, and
 * what each key does to an enclosure.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/enclosure/fake-bed.h"

static char shipped[] = "/tmp/vdsd-quirks-XXXXXX", local[] = "/tmp/vdsd-quirks-XXXXXX";
static char said[8192];

/* ---- files -------------------------------------------------------------------------- */

static void folders(void)
{
	(void) snprintf(shipped, sizeof(shipped), "/tmp/vdsd-quirks-XXXXXX");
	(void) snprintf(local, sizeof(local), "/tmp/vdsd-quirks-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(shipped));
	ck_assert_ptr_nonnull(mkdtemp(local));
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void) snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Loads both folders; what was logged is in said[]. */
static struct quirks *load(void)
{
	const char *const directories[] = { shipped, local, NULL };
	struct quirks *quirks = NULL;
	int saved = dup(STDERR_FILENO), log;
	FILE *f = tmpfile();
	size_t n;

	ck_assert(f && saved >= 0);
	log = fileno(f);
	log_set_level(LOG_WARNING);
	ck_assert_int_ge(dup2(log, STDERR_FILENO), 0);
	ck_assert_int_eq(quirks_load(directories, &quirks), 0);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	log_set_level(LOG_CRIT);
	(void) close(saved);
	rewind(f);
	n = fread(said, 1, sizeof(said) - 1, f);
	said[n] = '\0';
	(void) fclose(f);
	return quirks;
}

static void away(const char *folder)
{
	char command[300];

	(void) snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct quirk match(const char *text)
{
	struct quirks *quirks;
	struct quirk quirk;

	folders();
	write_file(shipped, "a.conf", text);
	quirks = load();
	ck_assert_str_eq(said, "");
	quirks_match(quirks, "ACME", "BOX", "0001", &quirk);
	quirks = quirks_free(quirks);
	away(shipped);
	away(local);
	return quirk;
}

#define ACME "[Match]\nVendor=ACME\n[Quirk]\n"

START_TEST(every_key_is_known)
{
	struct quirk q = match("# a comment\n; another\n[Match]\nVendor=ACME\nProduct=B?X\n"
			       "Revision=00*\n\n[Quirk]\nElementIndex=global\nSlotOffset=-1\n"
			       "SlotOrder=reverse\nLabelPrefix=Bay\nLabelBeforeComma=yes\n"
			       "Separate=yes\nSettleMs=1000\nOwner=1:0-29 2:30-59\n"
			       "IgnoreSensors=13 12:3\n");

	ck_assert_str_eq(q.name, "a.conf");
	ck_assert_int_eq(q.index_rule, SES_INDEX_GLOBAL);
	ck_assert_int_eq(q.slot_offset, -1);
	ck_assert(q.slot_reverse);
	ck_assert_str_eq(q.label_prefix, "Bay");
	ck_assert(q.label_before_comma);
	ck_assert(q.separate);
	ck_assert_uint_eq(q.settle_ms, 1000);
	ck_assert_uint_eq(q.n_owners, 2);
	ck_assert_uint_eq(q.owners[1].process, 2);
	ck_assert_uint_eq(q.owners[1].first, 30);
	ck_assert_uint_eq(q.owners[1].last, 59);
	ck_assert_uint_eq(q.n_ignores, 2);
	ck_assert_uint_eq(q.ignores[0].type, 0x13);
	ck_assert_int_eq(q.ignores[0].index, -1);
	ck_assert_uint_eq(q.ignores[1].type, 0x12);
	ck_assert_int_eq(q.ignores[1].index, 3);
}
END_TEST

START_TEST(every_index_rule_has_its_name)
{
	static const struct {
		const char *text;
		enum ses_index_rule rule;
	} rules[] = { { "auto", SES_INDEX_AUTO },
		      { "individual", SES_INDEX_INDIVIDUAL },
		      { "global", SES_INDEX_GLOBAL },
		      { "additional", SES_INDEX_ADDITIONAL },
		      { "position", SES_INDEX_POSITION } };

	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
		char text[128];

		(void) snprintf(text, sizeof(text), ACME "ElementIndex=%s\n", rules[i].text);
		ck_assert_int_eq(match(text).index_rule, rules[i].rule);
	}
}
END_TEST

START_TEST(what_does_not_match_does_nothing)
{
	static const char *const texts[] = {
		"[Match]\nVendor=OTHER\n[Quirk]\nSlotOffset=3\n",
		"[Match]\nVendor=ACME\nProduct=BOXES\n[Quirk]\nSlotOffset=3\n",
		"[Match]\nRevision=0002\n[Quirk]\nSlotOffset=3\n",
		"[Match]\nVendor=acme\n[Quirk]\nSlotOffset=3\n",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++) {
		struct quirk q = match(texts[i]);

		ck_assert_int_eq(q.slot_offset, 0);
		ck_assert_str_eq(q.name, "");
	}
	quirks_match(NULL, "ACME", "BOX", "0001", &(struct quirk){ .slot_offset = 9 });
}
END_TEST

/* Each is left out whole, and the journal has its line and the reason. */
static const struct {
	const char *text;
	const char *line;
	const char *reason;
} bad[] = {
	{ ACME "Colour=red\n", "bad.conf:4:", "does not know" },
	{ ACME "SlotOffset=3\nSlotOffset=x\n", "bad.conf:5:", "SlotOffset" },
	{ ACME "SlotOffset=256\n", "bad.conf:4:", "SlotOffset" },
	{ ACME "SlotOffset=99999999999999999999\n", "bad.conf:4:", "SlotOffset" },
	{ ACME "SlotOrder=up\n", "bad.conf:4:", "SlotOrder" },
	{ ACME "ElementIndex=mixed\n", "bad.conf:4:", "ElementIndex" },
	{ ACME "LabelPrefix=\n", "bad.conf:4:", "LabelPrefix" },
	{ ACME "LabelPrefix=B\xff\n", "bad.conf:4:", "LabelPrefix" },
	{ ACME "LabelPrefix=B\tay\n", "bad.conf:4:", "LabelPrefix" },
	{ ACME "LabelBeforeComma=maybe\n", "bad.conf:4:", "LabelBeforeComma" },
	{ ACME "Separate=\n", "bad.conf:4:", "Separate" },
	{ ACME "SettleMs=0\n", "bad.conf:4:", "SettleMs" },
	{ ACME "SettleMs=10001\n", "bad.conf:4:", "SettleMs" },
	{ ACME "SettleMs=100ms\n", "bad.conf:4:", "SettleMs" },
	{ ACME "Owner=1:5-4\n", "bad.conf:4:", "Owner" },
	{ ACME "Owner=1:0\n", "bad.conf:4:", "Owner" },
	{ ACME "Owner=8:0-3\n", "bad.conf:4:", "Owner" },
	{ ACME "Owner=\n", "bad.conf:4:", "Owner" },
	{ ACME "Owner=1:0-1 1:2-3 1:4-5 1:6-7 1:8-9 2:0-1 2:2-3 2:4-5 2:6-7\n",
	  "bad.conf:4:", "Owner" },
	{ ACME "IgnoreSensors=100\n", "bad.conf:4:", "IgnoreSensors" },
	{ ACME "IgnoreSensors=12:\n", "bad.conf:4:", "IgnoreSensors" },
	{ ACME "IgnoreSensors=12;13\n", "bad.conf:4:", "IgnoreSensors" },
	{ "[Match]\nSerial=3\n", "bad.conf:2:", "Vendor, Product and Revision" },
	{ "[Match]\nVendor=\n", "bad.conf:2:", "pattern" },
	{ "[Lamps]\nVendor=ACME\n", "bad.conf:2:", "sections" },
	{ "[Quirk]\nSlotOffset=3\n", "bad.conf", "no [Match]" },
	{ "", "bad.conf", "no [Match]" },
	{ "[Match]\nVendor=ACME\nnonsense\n", "bad.conf:3:", "neither" },
	{ "[Match\nVendor=ACME\n", "bad.conf:1:", "[Match]" },
	{ "Vendor=ACME\n", "bad.conf:1:", "sections" },
};

START_TEST(a_bad_file_is_reported_and_left_out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct quirks *quirks;
		struct quirk q;

		folders();
		write_file(shipped, "bad.conf", bad[i].text);
		write_file(shipped, "good.conf", ACME "SettleMs=77\n");
		quirks = load();
		ck_assert_msg(strstr(said, bad[i].line) && strstr(said, bad[i].reason), "%u: %s", i,
			      said);
		quirks_match(quirks, "ACME", "BOX", "0001", &q);
		ck_assert_uint_eq(q.settle_ms, 77);
		ck_assert_int_eq(q.slot_offset, 0);
		ck_assert_str_eq(q.name, "good.conf");
		quirks = quirks_free(quirks);
		away(shipped);
		away(local);
	}
}
END_TEST

START_TEST(a_long_value_is_no_shorter_one)
{
	char text[1024] = ACME "IgnoreSensors=12";
	struct quirks *quirks;
	struct quirk q;

	for (unsigned i = 0; i < 180; i++)
		(void) strcat(text, " ");
	(void) strcat(text, "13 zz\n");
	folders();
	write_file(shipped, "bad.conf", text);
	quirks = load();
	ck_assert_str_ne(said, "");
	quirks_match(quirks, "ACME", "BOX", "0001", &q);
	ck_assert_uint_eq(q.n_ignores, 0);
	quirks = quirks_free(quirks);
	away(shipped);
	away(local);
}
END_TEST

START_TEST(a_file_of_the_administrator_takes_the_place_of_its_namesake)
{
	struct quirks *quirks;
	struct quirk q;

	folders();
	write_file(shipped, "10-acme.conf", ACME "SlotOffset=1\nSettleMs=100\n");
	write_file(shipped, "20-acme.conf", ACME "SlotOffset=2\n");
	write_file(shipped, "30-acme.conf", ACME "SlotOffset=3\n");
	write_file(shipped, "not-one.txt", "what ever\n");
	write_file(shipped, ".hidden.conf", "what ever\n");
	write_file(local, "30-acme.conf", ACME "LabelPrefix=Bay\n");
	write_file(local, "05-acme.conf", ACME "SlotOffset=5\nSeparate=yes\n");
	quirks = load();
	ck_assert_str_eq(said, "");
	quirks_match(quirks, "ACME", "BOX", "0001", &q);
	/* in the order of names, wherever they are; the later one counts, key by key */
	ck_assert_int_eq(q.slot_offset, 2);
	ck_assert_uint_eq(q.settle_ms, 100);
	ck_assert(q.separate);
	ck_assert_str_eq(q.label_prefix, "Bay");
	quirks = quirks_free(quirks);

	/* an empty one switches it off */
	write_file(local, "20-acme.conf", "");
	quirks = load();
	quirks_match(quirks, "ACME", "BOX", "0001", &q);
	ck_assert_int_eq(q.slot_offset, 1);
	quirks = quirks_free(quirks);
	away(shipped);
	away(local);
}
END_TEST

START_TEST(no_folder_is_no_quirk)
{
	static const char *const nowhere[] = { "/tmp/vdsd-there-is-no-such-folder", NULL };
	struct quirks *quirks = NULL;

	ck_assert_int_eq(quirks_load(nowhere, &quirks), 0);
	quirks = quirks_free(quirks);
}
END_TEST

/* Those that are shipped parse. */
START_TEST(the_shipped_ones_are_good)
{
	static const char *const directories[] = { "quirks.d", NULL };
	int before = dup(STDERR_FILENO), log;
	FILE *f = tmpfile();

	ck_assert(f && before >= 0);
	log = fileno(f);
	log_set_level(LOG_WARNING);
	ck_assert_int_ge(dup2(log, STDERR_FILENO), 0);
	ck_assert_int_eq(quirks_load(directories, &bed.quirks), 0);
	ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
	(void) close(before);
	ck_assert_int_eq(ftell(f), 0);
	(void) fclose(f);
}
END_TEST

/* ---- what they do ------------------------------------------------------------------------ */

static struct fake_shelf *shelf;
static struct chassis *chassis;

static void begin_with(const char *text, unsigned bays, unsigned ways)
{
	folders();
	write_file(shipped, "a.conf", text);
	bed.quirks = load();
	ck_assert_str_eq(said, "");
	away(shipped);
	away(local);
	shelf = bed_shelf(bays, ways);
}

static void begin(void)
{
	bed_start();
	chassis = bed_chassis(BED_EID);
	fake_count(shelf);
}

START_TEST(settle_time_is_waited)
{
	begin_with(ACME "SettleMs=3000\n", 4, 1);
	shelf->late_us = 2500 * USEC_PER_MSEC;
	begin();
	ck_assert_int_eq(bed_light(bed_slot(chassis, 1), IDENT, 0), 0);
	ck_assert_uint_eq(shelf->ioms[0].sends, 1);
	ck_assert(fake_shows(fake_bay(shelf, 1), 0, FAKE_IDENT_BYTE, FAKE_IDENT));
}
END_TEST

/* Both take the request; only one drives the lamp. */
START_TEST(owners_are_asked_and_nobody_else)
{
	struct ask asks[6];

	begin_with(ACME "Owner=2:0-2 1:3-4\n", 6, 2);
	shelf->independent = true;
	begin();
	for (unsigned i = 0; i < 6; i++)
		bed_ask(&asks[i], bed_slot(chassis, i), IDENT, 0);
	for (unsigned i = 0; i < 6; i++) {
		const struct fake_element *bay = fake_bay(shelf, i);

		bed_until(asks[i].ended);
		ck_assert_int_eq(asks[i].outcome.result, 0);
		/* bay 5 is named by none: either */
		ck_assert_uint_eq(bay->writes[0] + bay->writes[1], 1);
		if (i < 5)
			ck_assert_uint_eq(bay->writes[i < 3 ? 1 : 0], 1);
	}
	bed_settle();
	/* what the other says of it does not count */
	fake_bay(shelf, 3)->status[1][2] = fake_bay(shelf, 3)->target[1][2] = 0;
	bed_pass(11);
	ck_assert_uint_eq(bed_slot(chassis, 3)->indicators, IDENT);

	/* the owner dies: the other is not asked in its place */
	shelf->ioms[1].gone = true;
	ck_assert_int_eq(bed_light(bed_slot(chassis, 0), 0, IDENT), -EHOSTDOWN);
	ck_assert_uint_eq(fake_bay(shelf, 0)->writes[0], 0);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 3), 0, IDENT), 0);
}
END_TEST

START_TEST(separate_ones_are_not_joined)
{
	begin_with(ACME "Separate=yes\n", 4, 2);
	bed_start();
	ck_assert_uint_eq(bed_count(inventory_chassis(bed.inventory)), 2);
	ck_assert_ptr_null(inventory_find_chassis(bed.inventory, BED_EID));
	for (unsigned w = 0; w < 2; w++) {
		chassis = bed_chassis(w ? "5000c0de00000111" : "5000c0de00000110");
		ck_assert_uint_eq(chassis->n_ways, 1);
		ck_assert_int_eq(bed_light(bed_slot(chassis, w), IDENT, 0), 0);
		ck_assert_uint_eq(fake_bay(shelf, w)->writes[w], 1);
	}
}
END_TEST

START_TEST(ignored_sensors_do_not_count)
{
	begin_with(ACME "IgnoreSensors=4 2:1\n", 4, 1);
	begin();
	fake_set(fake_element(shelf, 0x04, 0), 0, 0x0f, 2);
	fake_set(fake_element(shelf, 0x02, 1), 0, 0x0f, 3);
	bed_pass(11);
	ck_assert_uint_eq(chassis->health, HEALTH_HEALTHY);
	/* they are shown as they are all the same */
	ck_assert_uint_eq(ses_element_code(bed_element(chassis, 0x04, 0)->status), 2);
	fake_set(fake_element(shelf, 0x02, 0), 0, 0x0f, 3);
	bed_pass(11);
	ck_assert_uint_eq(chassis->health, HEALTH_DEGRADED);
}
END_TEST

START_TEST(order_and_numbers_follow_the_quirk)
{
	begin_with(ACME "SlotOrder=reverse\nSlotOffset=1\nLabelPrefix=Tray \n", 4, 1);
	begin();
	ck_assert_str_eq(bed_slot(chassis, 0)->label, "Tray4");
	ck_assert_int_eq(bed_slot(chassis, 0)->reported, 4);
	ck_assert_int_eq(bed_light(bed_slot(chassis, 0), IDENT, 0), 0);
	ck_assert(fake_shows(fake_bay(shelf, 3), 0, FAKE_IDENT_BYTE, FAKE_IDENT));
}
END_TEST

START_TEST(the_index_rule_is_obeyed)
{
	begin_with(ACME "ElementIndex=position\n", 4, 1);
	/* indexes that look right and are not: all shifted by one */
	shelf->eiioe = 0;
	for (unsigned i = 0; i < 4; i++)
		fake_insert(fake_bay(shelf, i), 0x5000aaaa00000000 + i);
	begin();
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(bed_slot(chassis, i)->n_addresses, 1);
		ck_assert_uint_eq(bed_slot(chassis, i)->addresses[0], 0x5000aaaa00000000 + i);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_key_is_known,
		every_index_rule_has_its_name,
		what_does_not_match_does_nothing,
		a_bad_file_is_reported_and_left_out,
		a_long_value_is_no_shorter_one,
		a_file_of_the_administrator_takes_the_place_of_its_namesake,
		no_folder_is_no_quirk,
		the_shipped_ones_are_good,
		settle_time_is_waited,
		owners_are_asked_and_nobody_else,
		separate_ones_are_not_joined,
		ignored_sensors_do_not_count,
		order_and_numbers_follow_the_quirk,
		the_index_rule_is_obeyed,
		NULL,
	};

	return bed_main("quirks", tests);
}
