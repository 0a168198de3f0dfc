/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 0Ah, whole: the examples, the Areca dump, and descriptors of each
 * protocol and kind.  Which element they belong to is tested in test-index.c.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "ses/additional.h"
#include "tests/lib/guard.h"
#include "tests/ses/fixture.h"
#include "tests/ses/pages.h"

static struct ses_config *config;
static struct ses_additionals *all;

static void load(const char *name)
{
	struct fixture *f = fixture_load(name);
	const struct fixture_page *page = fixture_page(f, 0x01);

	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
	page = fixture_page(f, 0x0a);
	ck_assert_int_eq(ses_additionals_decode(guarded(page->bytes, page->n), page->n, config,
						SES_INDEX_AUTO, &all),
			 0);
	ck_assert_uint_eq(all->n, config->n_elements);
	free(f);
}

static void decode(struct made *m)
{
	made_end(m);
	ck_assert_int_eq(
		ses_additionals_decode(guarded(m->bytes, m->n), m->n, config, SES_INDEX_AUTO, &all),
		0);
}

static void unload(void)
{
	all = ses_additionals_free(all);
	config = ses_config_free(config);
}

static void check_phy(const struct ses_additional *a, unsigned i, uint8_t device_type, bool sata,
		      uint64_t address, uint64_t attached, uint8_t identifier)
{
	ck_assert_uint_lt(i, a->n_phys);
	ck_assert_uint_eq(a->phys[i].device_type, device_type);
	ck_assert(a->phys[i].sata == sata);
	ck_assert_uint_eq(a->phys[i].address, address);
	ck_assert_uint_eq(a->phys[i].attached, attached);
	ck_assert_uint_eq(a->phys[i].identifier, identifier);
}

START_TEST(decodes_example_a)
{
	load("example-a.hex");
	ck_assert_int_eq(all->rule, SES_INDEX_GLOBAL);
	ck_assert_uint_eq(all->n_unassigned, 0);
	for (unsigned i = 1; i <= 4; i++) {
		ck_assert(all->elements[i].present);
		ck_assert(!all->elements[i].invalid);
		ck_assert_uint_eq(all->elements[i].protocol, SES_PROTOCOL_SAS);
		ck_assert_int_eq(all->elements[i].slot_number, (int) i - 1);
		ck_assert_uint_eq(all->elements[i].n_phys, 1);
	}
	check_phy(&all->elements[1], 0, 1, false, 0x50ace0a5000a0001, 0x50ace0a50000017f, 0);
	check_phy(&all->elements[2], 0, 1, true, 0x50ace0a500000141, 0x50ace0a50000017f, 0);
	check_phy(&all->elements[4], 0, 0, false, 0, 0, 0);
	/* ESC electronics */
	ck_assert(all->elements[14].present);
	ck_assert_int_eq(all->elements[14].slot_number, -1);
	ck_assert_uint_eq(all->elements[14].address, 0x50ace0a50000017d);
	check_phy(&all->elements[14], 0, 0, false, 0x50ace0a50000017d, 0, 24);
	/* a power supply has none, nor has any overall element */
	ck_assert(!all->elements[6].present);
	ck_assert(!all->elements[0].present);
	ck_assert_int_eq(all->elements[0].slot_number, -1);
	unload();
}
END_TEST

START_TEST(decodes_example_b)
{
	load("example-b.hex");
	ck_assert_int_eq(all->rule, SES_INDEX_INDIVIDUAL);
	ck_assert_uint_eq(all->n_unassigned, 0);
	ck_assert_uint_eq(all->elements[9].address, 0x50ace0a50000027d);
	/* two ports */
	ck_assert_int_eq(all->elements[13].slot_number, 1);
	ck_assert_uint_eq(all->elements[13].n_phys, 2);
	check_phy(&all->elements[13], 0, 1, false, 0x50ace0a5000b0001, 0x50ace0a50000027f, 0);
	check_phy(&all->elements[13], 1, 1, false, 0x50ace0a5000b0002, 0x50ace0a5000002ff, 1);
	ck_assert(!all->elements[13].not_all_phys);
	ck_assert(all->elements[14].not_all_phys);
	check_phy(&all->elements[15], 0, 1, true, 0x50ace0a500000243, 0x50ace0a50000027f, 0);
	/* NVMe */
	ck_assert_uint_eq(all->elements[16].protocol, SES_PROTOCOL_PCIE);
	ck_assert_int_eq(all->elements[16].slot_number, 4);
	ck_assert_str_eq(all->elements[16].nvme_serial, "NV00SERIAL0001");
	ck_assert_str_eq(all->elements[16].nvme_model, "ACME FLASH 3200");
	ck_assert_uint_eq(all->elements[16].n_phys, 0);
	unload();
}
END_TEST

START_TEST(decodes_the_dump_of_a_device)
{
	load("areca-8028.hex");
	ck_assert_int_eq(all->rule, SES_INDEX_INDIVIDUAL);
	ck_assert_uint_eq(all->n_unassigned, 0);
	for (unsigned i = 1; i <= 24; i++) {
		ck_assert(all->elements[i].present);
		ck_assert_int_eq(all->elements[i].slot_number, (int) i - 1);
		ck_assert_uint_eq(all->elements[i].n_phys, 1);
	}
	/* Four bays lead to a cascaded expander; one has a disk. */
	for (unsigned i = 13; i <= 16; i++)
		check_phy(&all->elements[i], 0, 2, false, 0x5001517e85c3efff, 0x5001b4d516ecc03f,
			  (uint8_t) (i + 7));
	check_phy(&all->elements[19], 0, 1, false, 0x5000c5003011cb29, 0x5001b4d516ecc03f, 0);
	/* The expander says index 0. */
	ck_assert(all->elements[28].present);
	ck_assert_uint_eq(all->elements[28].address, 0x5001b4d516ecc03f);
	ck_assert_uint_eq(all->elements[28].n_phys, 0);
	ck_assert(!all->elements[26].present);
	unload();
	ck_assert_ptr_null(ses_additionals_free(NULL));
}
END_TEST

static void add_phy(struct made *m, uint8_t type, uint8_t target, uint8_t last)
{
	made_add(m, (uint8_t[]){ (uint8_t) (type << 4), 0, 0, target }, 4);
	made_add(m, (uint8_t[]){ 0x51, 0, 0, 0, 0, 0, 0, last }, 8);
	made_add(m, (uint8_t[]){ 0x50, 0, 0, 0, 0, 0, 0, last }, 8);
	made_u8(m, last);
	made_zero(m, 7);
}

START_TEST(decodes_without_index)
{
	static const struct made_type types[] = { { 0x17, 2, 0 }, { 0x18, 1, 0 }, { 0x07, 1, 0 } };
	static struct made m;

	config = made_config(types, 3);
	made_begin(&m, 0x0a, 0, 0);
	for (uint8_t i = 1; i <= 2; i++) {
		made_add(&m, (uint8_t[]){ 0x06, 2 + 2 * 28, 2, 0x01 }, 4);
		add_phy(&m, 1, 0x08, i);
		add_phy(&m, 1, 0x80, (uint8_t) (i + 0x10));
	}
	made_add(&m, (uint8_t[]){ 0x06, 14, 1, 0x40, 0, 0 }, 6);
	made_add(&m, (uint8_t[]){ 0x50, 0, 0, 0, 0, 0, 0, 0x77, 0xff, 0xff }, 10);
	made_add(&m, (uint8_t[]){ 0x06, 40, 3, 0x40, 0, 0 }, 6);
	made_add(&m, (uint8_t[]){ 7, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0 }, 12);
	made_add(&m, (uint8_t[]){ 8, 0, 0xff, 0xff, 0x50, 0, 0, 0, 0, 0, 0, 0x88 }, 12);
	made_add(&m, (uint8_t[]){ 9, 0, 0xff, 0xff, 0x50, 0, 0, 0, 0, 0, 0, 0x99 }, 12);
	decode(&m);
	ck_assert_int_eq(all->rule, SES_INDEX_POSITION);
	for (unsigned i = 1; i <= 2; i++) {
		ck_assert_int_eq(all->elements[i].slot_number, -1);
		ck_assert(all->elements[i].not_all_phys);
		check_phy(&all->elements[i], 0, 1, false, 0x5000000000000000 + i,
			  0x5100000000000000 + i, (uint8_t) i);
		check_phy(&all->elements[i], 1, 1, true, 0x5000000000000010 + i,
			  0x5100000000000010 + i, (uint8_t) (i + 0x10));
	}
	ck_assert_uint_eq(all->elements[4].address, 0x5000000000000077);
	/* the first address that is one */
	ck_assert_uint_eq(all->elements[6].address, 0x5000000000000088);
	ck_assert_uint_eq(all->elements[6].n_phys, 3);
	unload();
}
END_TEST

/* As many phys as a descriptor has room for; it promises more. */
START_TEST(takes_any_number_of_phys)
{
	static const struct made_type types[] = { { 0x01, 9, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	for (uint8_t n = 0; n < 9; n++) {
		made_add(&m,
			 (uint8_t[]){ 0x16, (uint8_t) (6 + 28 * n), 1, (uint8_t) (1 + n), 255, 0, 0,
				      (uint8_t) (n + 5) },
			 8);
		for (uint8_t i = 0; i < n; i++)
			add_phy(&m, 1, 0x08, i);
	}
	decode(&m);
	for (unsigned n = 0; n < 9; n++) {
		ck_assert_int_eq(all->elements[1 + n].slot_number, (int) n + 5);
		ck_assert_uint_eq(all->elements[1 + n].n_phys, n);
		for (unsigned i = 0; i < n; i++)
			check_phy(&all->elements[1 + n], i, 1, false, 0x5000000000000000 + i,
				  0x5100000000000000 + i, (uint8_t) i);
	}
	unload();
}
END_TEST

/* The descriptor's own length rules, not the number of phys. */
START_TEST(ignores_what_is_behind_the_phys)
{
	static const struct made_type types[] = { { 0x01, 2, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	made_add(&m, (uint8_t[]){ 0x16, 6 + 2 * 28, 1, 1, 1, 0, 0, 0xff }, 8);
	add_phy(&m, 1, 0x08, 1);
	add_phy(&m, 1, 0x08, 2);
	made_add(&m, (uint8_t[]){ 0x16, 6 + 28, 1, 2, 1, 0, 0, 3 }, 8);
	add_phy(&m, 1, 0x08, 3);
	decode(&m);
	ck_assert_uint_eq(all->elements[1].n_phys, 1);
	ck_assert_int_eq(all->elements[1].slot_number, -1);
	ck_assert_uint_eq(all->elements[2].phys[0].address, 0x5000000000000003);
	ck_assert_int_eq(all->elements[2].slot_number, 3);
	unload();
}
END_TEST

static void add_invalid(struct made *m, uint8_t index, uint8_t number)
{
	made_add(m, (uint8_t[]){ 0x96, 6 + 28, 1, index, 1, 0, 0, number }, 8);
	add_phy(m, 1, 0x08, 9);
}

START_TEST(believes_no_phys_of_an_invalid_one)
{
	static const struct made_type types[] = { { 0x17, 6, 0 }, { 0x18, 1, 0 } };
	static struct made m;

	config = made_config(types, 2);
	made_begin(&m, 0x0a, 0, 0);
	add_invalid(&m, 1, 7);
	made_add(&m, (uint8_t[]){ 0x16, 6 + 28, 1, 2, 1, 0, 0, 8 }, 8);
	add_phy(&m, 1, 0x08, 1);
	add_invalid(&m, 3, 0); /* a first bay it is not */
	add_invalid(&m, 4, 8); /* another has it, who is not INVALID */
	add_invalid(&m, 5, 10);
	add_invalid(&m, 6, 10);	  /* another has it */
	add_invalid(&m, 8, 0x11); /* an expander */
	decode(&m);
	ck_assert_uint_eq(all->n_unassigned, 0);
	for (unsigned i = 1; i <= 8; i++) {
		static const int numbers[9] = { -1, 7, 8, -1, -1, 10, -1, -1, -1 };

		ck_assert_int_eq(all->elements[i].slot_number, numbers[i]);
		ck_assert(all->elements[i].present == (i != 7));
		ck_assert(all->elements[i].invalid == (i != 2 && i != 7));
		ck_assert_uint_eq(all->elements[i].n_phys, i == 2 ? 1 : 0);
		ck_assert_uint_eq(all->elements[i].address, 0);
	}
	unload();
}
END_TEST

START_TEST(believes_bay_0_of_an_invalid_one)
{
	static const struct made_type types[] = { { 0x17, 3, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	for (uint8_t i = 0; i < 3; i++)
		add_invalid(&m, (uint8_t) (i + 1), i);
	decode(&m);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(all->elements[1 + i].slot_number, (int) i);
	unload();
}
END_TEST

START_TEST(decodes_fibre_channel)
{
	static const struct made_type types[] = { { 0x01, 2, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	made_add(&m, (uint8_t[]){ 0x10, 14 + 16, 0, 0, 1, 0, 0, 4 }, 8);
	made_add(&m, (uint8_t[]){ 0x20, 0, 0, 0, 0, 0, 0, 0x0a }, 8);
	made_add(&m, (uint8_t[]){ 0x11, 0, 0, 0, 0, 0, 0, 0 }, 8);
	made_add(&m, (uint8_t[]){ 0x21, 0, 0, 0, 0, 0, 0, 0x0b }, 8);
	made_add(&m, (uint8_t[]){ 0x00, 4, 1, 2, 3, 4 }, 6);
	decode(&m);
	ck_assert_uint_eq(all->elements[1].protocol, SES_PROTOCOL_FC);
	ck_assert_int_eq(all->elements[1].slot_number, 4);
	ck_assert_uint_eq(all->elements[1].address, 0x200000000000000a);
	check_phy(&all->elements[1], 0, 1, false, 0x210000000000000b, 0, 0x11);
	/* without an index, nobody knows where things are */
	ck_assert(all->elements[2].present);
	ck_assert_int_eq(all->elements[2].slot_number, -1);
	ck_assert_uint_eq(all->elements[2].n_phys, 0);
	ck_assert_uint_eq(all->elements[2].address, 0);
	unload();
}
END_TEST

START_TEST(leaves_other_pcie_and_protocols_alone)
{
	static const struct made_type types[] = { { 0x17, 3, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	/* PCIe of another type; SAS of another type; a protocol of the future */
	made_add(&m, (uint8_t[]){ 0x1b, 8, 1, 1, 1, 0x40, 0, 9, 1, 1 }, 10);
	made_add(&m, (uint8_t[]){ 0x16, 8, 1, 2, 1, 0x80, 0, 9, 1, 1 }, 10);
	made_add(&m, (uint8_t[]){ 0x1e, 8, 1, 3, 1, 0x00, 0, 9, 1, 1 }, 10);
	decode(&m);
	for (unsigned i = 1; i <= 3; i++) {
		ck_assert(all->elements[i].present);
		ck_assert_int_eq(all->elements[i].slot_number, -1);
		ck_assert_uint_eq(all->elements[i].n_phys, 0);
	}
	ck_assert_uint_eq(all->elements[3].protocol, 0x0e);
	unload();
}
END_TEST

START_TEST(stops_at_padding)
{
	static const struct made_type types[] = { { 0x17, 2, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	for (uint8_t i = 0; i < 2; i++) {
		made_add(&m, (uint8_t[]){ 0x06, 2 + 28, 1, 0 }, 4);
		add_phy(&m, 1, 0x08, i);
	}
	made_zero(&m, 4000);
	decode(&m);
	ck_assert_uint_eq(all->n_unassigned, 0);
	ck_assert_uint_eq(all->elements[2].phys[0].address, 0x5000000000000001);
	unload();
}
END_TEST

START_TEST(counts_what_fits_nowhere)
{
	static const struct made_type types[] = { { 0x02, 2, 0 } };
	static struct made m;

	config = made_config(types, 1);
	made_begin(&m, 0x0a, 0, 0);
	for (uint8_t i = 0; i < 3; i++)
		made_add(&m, (uint8_t[]){ 0x16, 6, 1, i, 0, 0, 0, i }, 8);
	decode(&m);
	ck_assert_uint_eq(all->n_unassigned, 3);
	for (unsigned i = 0; i < all->n; i++)
		ck_assert(!all->elements[i].present);
	unload();
}
END_TEST

START_TEST(obeys_a_quirk)
{
	static const struct made_type types[] = { { 0x17, 4, 0 } };
	static const enum ses_index_rule rules[] = { SES_INDEX_AUTO, SES_INDEX_INDIVIDUAL,
						     SES_INDEX_POSITION };
	/* The middle two of four bays, said as HP would and as nobody would. */
	static const unsigned firsts[] = { 1, 2, 1 };
	static struct made m;

	config = made_config(types, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
		made_begin(&m, 0x0a, 0, 0);
		for (uint8_t k = 1; k <= 2; k++)
			made_add(&m, (uint8_t[]){ 0x16, 6, 0, k, 0, 0, 0, k }, 8);
		made_end(&m);
		ck_assert_int_eq(
			ses_additionals_decode(guarded(m.bytes, m.n), m.n, config, rules[i], &all),
			0);
		ck_assert_int_eq(all->elements[firsts[i]].slot_number, 1);
		ck_assert_int_eq(all->elements[firsts[i] + 1].slot_number, 2);
		all = ses_additionals_free(all);
	}
	unload();
}
END_TEST

START_TEST(names_rules)
{
	for (enum ses_index_rule rule = 0; rule < _SES_INDEX_MAX; rule++)
		ck_assert_uint_gt(strlen(ses_index_rule_name(rule)), 3);
	ck_assert_str_eq(ses_index_rule_name(SES_INDEX_GLOBAL), "global");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/additional");
	TCase *tc = tcase_create("additional");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, decodes_example_a);
	tcase_add_test(tc, decodes_example_b);
	tcase_add_test(tc, decodes_the_dump_of_a_device);
	tcase_add_test(tc, decodes_without_index);
	tcase_add_test(tc, takes_any_number_of_phys);
	tcase_add_test(tc, ignores_what_is_behind_the_phys);
	tcase_add_test(tc, believes_no_phys_of_an_invalid_one);
	tcase_add_test(tc, believes_bay_0_of_an_invalid_one);
	tcase_add_test(tc, decodes_fibre_channel);
	tcase_add_test(tc, leaves_other_pcie_and_protocols_alone);
	tcase_add_test(tc, stops_at_padding);
	tcase_add_test(tc, counts_what_fits_nowhere);
	tcase_add_test(tc, obeys_a_quirk);
	tcase_add_test(tc, names_rules);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
