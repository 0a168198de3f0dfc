/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions that are wrong, said with line and reason; and those that are
 * not.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "tests/sim/harness.h"

START_TEST(mistakes)
{
	static const struct {
		const char *text, *complaint;
	} rows[] = {
		{ "", ":1: nothing is described" },
		{ "# nothing\n\n", ":1: nothing is described" },
		{ "[enclosure a]\nslots=4\nbays=4\n", ":3: an enclosure has no key 'bays'" },
		{ "[enclosure a]\nslots=241\n", ":2: slots: 0 to 240" },
		{ "[enclosure a]\nslots=-1\n", ":2: slots: 0 to 240" },
		{ "[enclosure a]\nslots=4x\n", ":2: slots: 0 to 240" },
		{ "[enclosure a]\n\nslots\n", ":3: not 'key = value' or '[section]'" },
		{ "[enclosure a\nslots=4\n", ":1: not 'key = value' or '[section]'" },
		{ "slots=4\n", ":1: a section is [enclosure NAME] or [disk NAME]" },
		{ "[shelf a]\nslots=4\n", ":2: a section is [enclosure NAME] or [disk NAME]" },
		{ "[enclosure a/b]\nslots=4\n", ":2: a section is" },
		{ "[enclosure a]\n[disk b]\nbus=sas\n", ":1: the section is empty" },
		{ "[enclosure a]\nslots=1\n[disk b]\n", ":3: the section is empty" },
		{ "[enclosure a]\neip=maybe\n", ":2: eip: yes or no" },
		{ "[enclosure a]\nvendor=TOOLONGNAME\n", ":2: vendor: at most 8 characters" },
		{ "[enclosure a]\nelement-index=first\n", ":2: element-index: one of standard" },
		{ "[enclosure a]\nslots=4\ndisks=5\n", ":3: a slot is named that the enclosure" },
		{ "[enclosure a]\nslots=4\nsata=3-5\n", ":3: a slot is named that the enclosure" },
		{ "[enclosure a]\nsata=5-3\n", ":2: sata: a list of slots" },
		{ "[enclosure a]\nsata=1 ;2\nnvme=a\n", ":3: nvme: a list of slots" },
		{ "[enclosure a]\nslots=4\nslot-numbers=1,2\n", ":3: slot-numbers: as many as" },
		{ "[enclosure a]\ndual-path=yes\n", ":2: dual-path wants two IOMs" },
		{ "[enclosure a]\nelements=ps=2 warp=1\n", ":2: no element type 'warp'" },
		{ "[enclosure a]\nelements=ps=300\n", ":2: count of 'ps'" },
		{ "[enclosure a]\nelements=ps=2x\n", ":2: count of 'ps'" },
		{ "[enclosure a]\nlogical-id=xyz\n", ":2: logical-id: 16 hex digits" },
		{ "[enclosure a]\nmissing-pages=02\n", ":2: an enclosure has pages 01h and 02h" },
		{ "[enclosure a]\ndisk-size=4X\n", ":2: disk-size: bytes" },
		{ "[enclosure a]\nelement-index=overall\neiioe=1\n",
		  ":3: element-index other than" },
		{ "[disk d]\nin=a:0\n", ":2: in: there is no such enclosure" },
		{ "[enclosure a]\nslots=2\n[disk d]\nin=a:2\n", ":4: in: the enclosure does not" },
		{ "[disk d]\nluns=3\n", ":2: luns: 1 to 2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *error = harness_refused(rows[i].text);

		ck_assert_msg(!strncmp(error, rows[i].complaint, strlen(rows[i].complaint)),
			      "%s\nsays \"%s\"", rows[i].text, error);
	}
}
END_TEST

START_TEST(line_that_is_too_long)
{
	char text[400] = "[enclosure a]\nslots=1\nslot-names=";
	const char *error;

	memset(text + strlen(text), 'x', 300);
	error = harness_refused(text);
	ck_assert_msg(!strcmp(error, ":3: the line is too long"), "%s", error);
}
END_TEST

START_TEST(no_such_file)
{
	char error[200] = "";
	struct sim *sim = NULL;

	ck_assert_int_lt(sim_new("/nowhere/at/all.conf", &sim, error, sizeof(error)), 0);
	ck_assert_str_eq(error, "/nowhere/at/all.conf: No such file or directory");
	ck_assert_ptr_null(sim);
}
END_TEST

START_TEST(what_is_fine)
{
	static const char *const rows[] = {
		"[enclosure a]\nslots=0\n",
		"[enclosure a]\nslots=240\nslot-headers=16\n",
		"; remark\n[enclosure a]\nslots = 4 ; remark\ndisks = 0-1, 3\n",
		"[enclosure a]\nelements=\n",
		"[disk lonely]\nsize=1T\n",
		"[enclosure a]\nslots=1\n[enclosure b]\nslots=1\n[disk c]\nin=b:0\nserial=X\n",
		"[enclosure a]\nslots=1\n[enclosure b]\nslots=1\n[enclosure a]\ndisks=none\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(!*harness_refused(rows[i]), "%s: %s", rows[i],
			      harness_refused(rows[i]));
}
END_TEST

/* Two enclosures are two, whatever they are called. */
START_TEST(many)
{
	char text[8000] = "";
	struct sim *sim;
	const char *lus;

	for (unsigned i = 0; i < 100; i++)
		(void) snprintf(text + strlen(text), sizeof(text) - strlen(text),
				"[enclosure e%u]\nslots=60\nioms=2\ndual-path=yes\n", i);
	sim = harness_sim(text);
	lus = harness_order(sim, "lus");
	ck_assert_uint_eq(harness_count(lus, " attached "), 100 * (2 + 120));
	ck_assert_ptr_nonnull(strstr(harness_order(sim, "disks"), "99:59 running"));
	(void) sim_free(sim);
}
END_TEST

HARNESS_MAIN("sim/describe", mistakes, line_that_is_too_long, no_such_file, what_is_fine, many)
