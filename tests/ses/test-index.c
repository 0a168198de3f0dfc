/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of ses.md 5.2 without the bytes, and the rows of peers.md C.1.
 *
 *   types     "17x4 02x2": headers in order, type and number of elements
 *   claims    "1:3-6s": EIIOE 1, indexes 3 to 6, kind slot (n: no slot, a: any);
 *             "-s" has no index (EIP = 0)
 *   expected  "0.0-3 2.0": header and element; "none" for a claim that fits nowhere
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ses/additional-index.h"
#include "tests/ses/pages.h"

#define CLAIMS_MAX 1024U

struct index_case {
	const char *name, *types, *claims, *expected;
	enum ses_index_rule rule, ret;
};

#define AUTO SES_INDEX_AUTO

static const struct index_case cases[] = {
	{ "EIIOE 0 does not count overall elements", "17x4 02x2 18x1", "0:0-3s 0:6n", "0.0-3 2.0",
	  AUTO, SES_INDEX_INDIVIDUAL },
	{ "EIIOE 1 counts them", "17x4 02x2 18x1", "1:1-4s 1:9n", "0.0-3 2.0", AUTO,
	  SES_INDEX_GLOBAL },
	{ "EIIOE 2 is as 0 here", "17x4 02x2 18x1", "2:0-3s 2:6n", "0.0-3 2.0", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "EIIOE 3 is as 0 here", "17x4 02x2 18x1", "3:0-3s 3:6n", "0.0-3 2.0", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "no index goes by order", "17x4 02x2 18x1", "-s -s -s -s -n", "0.0-3 2.0", AUTO,
	  SES_INDEX_POSITION },
	{ "slots last", "02x2 03x2 17x4", "0:4-7s", "2.0-3", AUTO, SES_INDEX_INDIVIDUAL },
	{ "slots last, overall counted", "02x2 03x2 17x4", "1:7-10s", "2.0-3", AUTO,
	  SES_INDEX_GLOBAL },
	{ "slots last, by order", "02x2 03x2 17x4", "-s -s -s -s", "2.0-3", AUTO,
	  SES_INDEX_POSITION },
	{ "two headers of slots", "17x2 02x1 01x2", "1:1s 1:2s 1:6s 1:7s", "0.0-1 2.0-1", AUTO,
	  SES_INDEX_GLOBAL },
	{ "not in the order of the elements", "17x4 18x1", "0:4n 0:3s 0:1s 0:0s 0:2s",
	  "1.0 0.3 0.1 0.0 0.2", AUTO, SES_INDEX_INDIVIDUAL },
	{ "a bay missing", "17x4 18x1", "0:0s 0:2-3s 0:4n", "0.0 0.2-3 1.0", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "a type without elements between", "17x2 05x0 18x1", "1:1-2s 1:5n", "0.0-1 2.0", AUTO,
	  SES_INDEX_GLOBAL },
	{ "EIIOE differs", "17x4 18x1", "0:0-3s 1:6n", "0.0-3 1.0", AUTO, SES_INDEX_MIXED },
	{ "some without index", "17x4 18x1", "1:1-4s -n", "0.0-3 1.0", AUTO, SES_INDEX_MIXED },
	{ "optional types only in part", "17x2 07x2 14x2", "1:1-2s 1:5n 1:8n", "0.0-1 1.1 2.1",
	  AUTO, SES_INDEX_GLOBAL },
	{ "INVALID ones say nothing of their kind", "17x4 18x1", "1:1-2s 1:3-4a 1:6a", "0.0-3 1.0",
	  AUTO, SES_INDEX_GLOBAL },

	{ "HP: from 1 and says 0", "17x4 02x2", "0:1-4s", "0.0-3", AUTO, SES_INDEX_GLOBAL },
	{ "HP with an expander", "17x4 02x2 18x1", "0:1-4s 0:9n", "0.0-3 2.0", AUTO,
	  SES_INDEX_GLOBAL },
	{ "HP, a bay missing at the end", "17x4 18x1", "0:1-3s", "0.0-2", AUTO, SES_INDEX_GLOBAL },
	{ "HP, one that is nobody's", "17x5 02x1", "0:1-3s 0:77s", "0.0-2 none", AUTO,
	  SES_INDEX_GLOBAL },
	{ "not HP: 0 comes later", "17x4 02x2", "0:1s 0:0s 0:2-3s", "0.1 0.0 0.2-3", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "HP, as a quirk", "02x1 17x4", "0:3-6s", "1.0-3", SES_INDEX_GLOBAL, SES_INDEX_GLOBAL },

	{ "broken_ei: counts only such types", "02x8 17x4 18x2", "0:0-3s 0:4-5n", "1.0-3 2.0-1",
	  AUTO, SES_INDEX_ADDITIONAL },
	{ "broken_ei out of order", "02x2 17x3", "0:2s 0:0s 0:1s", "1.2 1.0 1.1", AUTO,
	  SES_INDEX_ADDITIONAL },
	{ "broken_ei, as a quirk", "02x1 17x4", "0:1-3s", "1.1-3", SES_INDEX_ADDITIONAL,
	  SES_INDEX_ADDITIONAL },

	{ "all indexes 0", "17x4 18x1", "0:0s 0:0s 0:0s 0:0s 0:0n", "0.0-3 1.0", AUTO,
	  SES_INDEX_POSITION },
	{ "an index repeats", "02x2 17x4", "0:2s 0:3s 0:3s 0:5s", "1.0-3", AUTO,
	  SES_INDEX_POSITION },
	{ "out of range", "17x4 02x2", "0:90-93s", "0.0-3", AUTO, SES_INDEX_POSITION },
	{ "slots only, out of range", "17x4 07x1 18x1", "0:90-93s", "0.0-3", AUTO,
	  SES_INDEX_POSITION },
	{ "mandatory types only, out of range", "17x2 07x1 18x1", "0:90s 0:91s 0:92n", "0.0-1 2.0",
	  AUTO, SES_INDEX_POSITION },
	{ "says 1 and does not count overall elements", "17x4 02x2", "1:0-3s", "0.0-3", AUTO,
	  SES_INDEX_ADDITIONAL },
	{ "the same with slots last", "02x2 17x4", "1:2-5s", "1.0-3", AUTO, SES_INDEX_POSITION },
	{ "the same with a bay missing", "17x4 02x2", "1:0-1s 1:3s", "0.0-1 0.3", AUTO,
	  SES_INDEX_ADDITIONAL },
	{ "says 0, slots last, counts overall elements, a bay missing", "02x3 17x4 18x1",
	  "0:5-6s 0:8s 0:10n", "1.0-1 1.3 2.0", AUTO, SES_INDEX_GLOBAL },

	{ "Areca: the expander says 0", "17x4 0ex1 18x1", "0:0-3s 0:0n", "0.0-3 2.0", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "Areca with two", "17x4 18x2", "0:0n 0:0-3s 0:0n", "1.0 0.0-3 1.1", AUTO,
	  SES_INDEX_INDIVIDUAL },

	{ "more than 255: index wraps", "17x200 01x100", "0:0-255s 0:0-43s", "0.0-199 1.0-99", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "more than 255, overall counted", "17x200 01x100", "1:1-200s 1:202-255s 1:0-45s",
	  "0.0-199 1.0-99", AUTO, SES_INDEX_GLOBAL },
	{ "more than 255, wrapped in front of slots", "04x255 12x5 17x4", "0:4-7s", "2.0-3", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "more than 255, index stays at 255", "17x200 01x60",
	  "0:0-255s 0:255s 0:255s 0:255s 0:255s", "0.0-199 1.0-59", AUTO, SES_INDEX_POSITION },
	{ "more than 255, index starts again", "17x200 01x200", "0:0-199s 0:0-199s",
	  "0.0-199 1.0-199", AUTO, SES_INDEX_POSITION },

	/* Where nothing fits, a descriptor too few and not one on another bay. */
	{ "one too many", "17x3 18x1", "0:0-2s 0:3n 0:77s", "0.0-2 1.0 none", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "an expander on a bay", "17x3 02x2", "0:0s 0:1n 0:2s", "0.0 none 0.2", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "index on a fan", "17x4 03x2", "0:0-2s 0:5s 0:3s", "0.0-2 none 0.3", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "an expander nobody has", "17x2", "0:0-1s 0:0n", "0.0-1 none", AUTO,
	  SES_INDEX_INDIVIDUAL },
	{ "nothing at all", "17x2 02x1", "", "", AUTO, SES_INDEX_INDIVIDUAL },
	{ "no element that could", "02x2", "0:0s -s", "none none", AUTO, SES_INDEX_MIXED },
	{ "no element", "", "0:0s", "none", AUTO, SES_INDEX_INDIVIDUAL },

	{ "no index, the page is cut", "17x4 18x1", "-s -s", "0.0-1", AUTO, SES_INDEX_POSITION },
	{ "no index, slots only", "07x2 18x1 17x2", "-s -s", "2.0-1", AUTO, SES_INDEX_POSITION },
	{ "no index, without the optional ones", "07x2 17x2 18x1", "-s -s -n", "1.0-1 2.0", AUTO,
	  SES_INDEX_POSITION },
	{ "no index, optional in part", "17x2 07x2 18x1", "-s -s -n -n", "0.0-1 1.0-1", AUTO,
	  SES_INDEX_POSITION },
	{ "no index, one too many", "17x2", "-s -s -s", "0.0-1 none", AUTO, SES_INDEX_POSITION },
	{ "order, as a quirk", "17x4", "1:4s 1:3s 1:2s 1:1s", "0.0-3", SES_INDEX_POSITION,
	  SES_INDEX_POSITION },
	{ "a quirk is obeyed where it is wrong", "17x4 02x1", "1:1-4s", "0.1-3 none",
	  SES_INDEX_INDIVIDUAL, SES_INDEX_INDIVIDUAL },
};

static struct ses_config *parse_types(const char *s)
{
	struct made_type types[16];
	unsigned n = 0, type, count;
	int used;

	for (; sscanf(s, " %2xx%u%n", &type, &count, &used) == 2; s += used)
		types[n++] = (struct made_type){ (uint8_t) type, (uint8_t) count, 0 };
	ck_assert_str_eq(s, "");
	return made_config(types, n);
}

static enum ses_claim_kind kind_of(char c)
{
	return c == 's' ? SES_CLAIM_SLOT : c == 'n' ? SES_CLAIM_NO_SLOT : SES_CLAIM_ANY;
}

static unsigned parse_claims(char *s, struct ses_claim claims[static CLAIMS_MAX])
{
	char *rest = NULL;
	unsigned n = 0;

	for (s = strtok_r(s, " ", &rest); s; s = strtok_r(NULL, " ", &rest)) {
		enum ses_claim_kind kind = kind_of(s[strlen(s) - 1]);
		unsigned eiioe, first, last;
		int got = sscanf(s, "%u:%u-%u", &eiioe, &first, &last);

		if (s[0] == '-') {
			claims[n++] = (struct ses_claim){ .kind = kind };
			continue;
		}
		ck_assert_int_ge(got, 2);
		for (unsigned i = first; i <= (got == 3 ? last : first); i++)
			claims[n++] = (struct ses_claim){ .eip = true,
							  .eiioe = (uint8_t) eiioe,
							  .index = (uint8_t) i,
							  .kind = kind };
	}
	return n;
}

/* One claim against the next word of expected. */
static void check_claim(const struct index_case *c, const struct ses_config *config, int element,
			unsigned k, unsigned header, unsigned individual)
{
	struct ses_element_id id = { .header = 0 };

	ck_assert_msg(element >= 0, "%s: claim %u has no element", c->name, k);
	ck_assert(ses_config_element(config, (unsigned) element, &id));
	ck_assert_msg(id.header == header && id.individual == (int) individual,
		      "%s: claim %u is %u.%d not %u.%u", c->name, k, id.header, id.individual,
		      header, individual);
}

static void check(const struct index_case *c, const struct ses_config *config, char *s,
		  const struct ses_claim *claims, unsigned n)
{
	char *rest = NULL;
	unsigned k = 0;

	for (s = strtok_r(s, " ", &rest); s; s = strtok_r(NULL, " ", &rest)) {
		unsigned header, first, last;
		int got = sscanf(s, "%u.%u-%u", &header, &first, &last);

		if (strcmp(s, "none") == 0) {
			ck_assert_uint_lt(k, n);
			ck_assert_msg(claims[k].element == -1, "%s: claim %u", c->name, k);
			k++;
			continue;
		}
		ck_assert_int_ge(got, 2);
		for (unsigned i = first; i <= (got == 3 ? last : first); i++, k++) {
			ck_assert_uint_lt(k, n);
			check_claim(c, config, claims[k].element, k, header, i);
		}
	}
	ck_assert_uint_eq(k, n);
}

START_TEST(assigns)
{
	const struct index_case *c = &cases[_i];
	static struct ses_claim claims[CLAIMS_MAX];
	struct ses_config *config = parse_types(c->types);
	enum ses_index_rule rule = _SES_INDEX_MAX;
	char list[256], expected[256];
	unsigned n;

	(void) snprintf(list, sizeof(list), "%s", c->claims);
	(void) snprintf(expected, sizeof(expected), "%s", c->expected);
	n = parse_claims(list, claims);
	ck_assert_int_eq(ses_claims_assign(claims, n, config, c->rule, &rule), 0);
	check(c, config, expected, claims, n);
	ck_assert_msg(rule == c->ret, "%s: by rule %s not %s", c->name, ses_index_rule_name(rule),
		      ses_index_rule_name(c->ret));
	(void) ses_config_free(config);
}
END_TEST

START_TEST(never_gives_an_element_twice)
{
	static const struct made_type types[] = {
		{ 0x17, 5, 0 }, { 0x02, 2, 0 }, { 0x18, 2, 0 }, { 0x07, 2, 0 }, { 0x01, 3, 0 }
	};
	struct ses_config *config = made_config(types, ARRAY_SIZE(types));
	enum ses_index_rule rule;
	unsigned seed = 1;

	for (unsigned round = 0; round < 20000; round++) {
		struct ses_claim claims[16];
		bool taken[64] = { false };
		unsigned n;

		for (n = 0; n < 16; n++) {
			seed = seed * 1103515245U + 12345U;
			claims[n] = (struct ses_claim){ .eip = (seed >> 16 & 7) != 0,
							.eiioe = seed >> 19 & 3,
							.index = seed >> 21 & 0x1f,
							.kind = (seed >> 26) % 3 };
		}
		n = round % 17;
		ck_assert_int_eq(
			ses_claims_assign(claims, n, config, round % (SES_INDEX_MIXED + 1), &rule),
			0);
		ck_assert_int_ne(rule, SES_INDEX_AUTO);
		for (unsigned i = 0; i < n; i++) {
			struct ses_element_id id;
			uint8_t type;

			if (claims[i].element < 0)
				continue;
			ck_assert(ses_config_element(config, (unsigned) claims[i].element, &id));
			ck_assert_int_ge(id.individual, 0);
			ck_assert(!taken[claims[i].element]);
			taken[claims[i].element] = true;
			type = config->types[id.header].type;
			ck_assert_uint_ne(type, 0x02);
			if (claims[i].kind != SES_CLAIM_ANY)
				ck_assert((claims[i].kind == SES_CLAIM_SLOT) ==
					  (type == 0x01 || type == 0x17));
		}
	}
	(void) ses_config_free(config);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/index");
	TCase *tc = tcase_create("index");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, assigns, 0, (int) ARRAY_SIZE(cases));
	tcase_add_test(tc, never_gives_an_element_twice);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
