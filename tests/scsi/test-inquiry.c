/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INQUIRY data as disks and enclosures send it, and every way to cut it short.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "scsi/inquiry.h"
#include "tests/lib/guard.h"

/* clang-format off */
static const uint8_t standard[36] = {
	0x0d, 0x00, 0x06, 0x02, 31, 0, 0x40, 0x02,
	'A', 'R', 'E', 'C', 'A', ' ', ' ', ' ',
	'A', 'R', 'C', '-', '8', '0', '2', '8', ' ', 'E', 'x', 'p', 0, 0, 0, 0,
	'0', '1', '\xff', ' ',
};

/* A SAS disk: unit, this port, its relative number, device, name of the device. */
static const uint8_t sas[] = {
	0x00, 0x83, 0x00, 0x48,
	0x01, 0x03, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x44,
	0x61, 0x93, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x45,
	0x61, 0x94, 0, 4, 0x00, 0x00, 0x00, 0x01,
	0x61, 0xa3, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x47,
	0x63, 0xa8, 0, 24, 'n', 'a', 'a', '.', '5', '0', '0', '0', 'C', '5', '0', '0',
			   '1', '1', '2', '2', '3', '3', '4', '7', 0, 0, 0, 0,
};

/* A SATA disk behind libata: vendor, ATA, then the world wide name. */
static const uint8_t sata[] = {
	0x00, 0x83, 0x00, 0x2c,
	0x02, 0x00, 0, 8, 'W', 'D', '-', '1', '2', '3', '4', '5',
	0x02, 0x01, 0, 12, 'A', 'T', 'A', ' ', ' ', ' ', ' ', ' ', 'W', 'D', 'C', ' ',
	0x01, 0x03, 0, 8, 0x50, 0x01, 0x4e, 0xe2, 0x00, 0x00, 0x00, 0x01,
};

/* No NAA of the unit but an EUI-64; NAAs that are none: length, code set. */
static const uint8_t odd[] = {
	0x00, 0x83, 0x00, 0x50,
	0x01, 0x03, 0, 4, 0x50, 0x00, 0xc5, 0x00,
	0x02, 0x03, 0, 8, '5', '0', '0', '0', 'c', '5', '0', '0',
	0x01, 0x03, 0, 8, 0x60, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x44,
	0x01, 0x02, 0, 8, 0x00, 0x25, 0x38, 0x5b, 0x11, 0x22, 0x33, 0x44,
	0x61, 0x13, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x45, /* no PIV */
	0x51, 0x93, 0, 8, 0x50, 0x00, 0xc5, 0x00, 0x11, 0x22, 0x33, 0x45, /* iSCSI */
	0x61, 0x93, 0, 8, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const uint8_t naa6[] = {
	0x00, 0x83, 0x00, 0x20,
	0x01, 0x02, 0, 8, 0x00, 0x25, 0x38, 0x5b, 0x11, 0x22, 0x33, 0x44,
	0x01, 0x03, 0, 16, 0x60, 0x05, 0x07, 0x68, 0x01, 0x02, 0x03, 0x04,
			   0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
};
/* clang-format on */

START_TEST(standard_data)
{
	struct scsi_inquiry inquiry;

	ck_assert_int_eq(scsi_inquiry_decode(guarded(standard, 36), 36, &inquiry), 0);
	ck_assert_uint_eq(inquiry.qualifier, 0);
	ck_assert_uint_eq(inquiry.type, 0x0d);
	ck_assert(inquiry.encserv);
	ck_assert(inquiry.command_queueing);
	ck_assert_str_eq(inquiry.vendor, "ARECA");
	ck_assert_str_eq(inquiry.product, "ARC-8028 Exp");
	ck_assert_str_eq(inquiry.revision, "01?");
}
END_TEST

START_TEST(bits_are_their_own)
{
	uint8_t data[36] = { 0 };
	struct scsi_inquiry inquiry;
	unsigned byte = (unsigned) _i / 8;

	data[byte] = (uint8_t) (1U << _i % 8);
	ck_assert_int_eq(scsi_inquiry_decode(data, sizeof(data), &inquiry), 0);
	ck_assert_uint_eq(inquiry.type, byte == 0 ? data[0] & 0x1f : 0);
	ck_assert_uint_eq(inquiry.qualifier, byte == 0 ? data[0] >> 5 : 0);
	ck_assert_int_eq(inquiry.encserv, _i == 6 * 8 + 6);
	ck_assert_int_eq(inquiry.command_queueing, _i == 7 * 8 + 1);
}
END_TEST

START_TEST(standard_data_cut)
{
	struct scsi_inquiry inquiry = { .type = 0x1f };

	ck_assert_int_eq(scsi_inquiry_decode(guarded(standard, (size_t) _i), (size_t) _i, &inquiry),
			 -EBADMSG);
	ck_assert_uint_eq(inquiry.type, 0x1f);
}
END_TEST

START_TEST(designators)
{
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];

	ck_assert_int_eq(scsi_designators_decode(guarded(sas, sizeof(sas)), sizeof(sas), d), 5);
	ck_assert_uint_eq(d[0].protocol, 0xf);
	ck_assert_uint_eq(d[0].association, 0);
	ck_assert_uint_eq(d[0].type, 3);
	ck_assert_uint_eq(d[0].code_set, 1);
	ck_assert_uint_eq(d[0].length, 8);
	ck_assert_uint_eq(d[0].bytes[7], 0x44);
	ck_assert_uint_eq(d[1].protocol, 6);
	ck_assert_uint_eq(d[1].association, 1);
	ck_assert_uint_eq(d[2].type, 4);
	ck_assert_uint_eq(d[2].length, 4);
	ck_assert_uint_eq(d[3].association, 2);
	ck_assert_uint_eq(d[4].code_set, 3);
	ck_assert_uint_eq(d[4].length, 24);
	ck_assert_mem_eq(d[4].bytes, "naa.5000C50011223347", 20);
}
END_TEST

START_TEST(designators_cut)
{
	static const size_t ends[] = { 16, 28, 36, 48, 76 };
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];
	const uint8_t *page = guarded(sas, (size_t) _i);
	int expected = 0, n = scsi_designators_decode(page, (size_t) _i, d);

	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++)
		expected += (size_t) _i >= ends[i];
	ck_assert_int_eq(n, _i < 4 ? -EBADMSG : expected);
	for (int i = 0; i < n; i++)
		ck_assert(d[i].bytes + d[i].length <= page + _i);
}
END_TEST

/* The page's own length ends it too, and one that promises more gives what is there. */
START_TEST(page_length)
{
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];
	uint8_t page[sizeof(sas)];

	memcpy(page, sas, sizeof(page));
	page[3] = 24;
	ck_assert_int_eq(scsi_designators_decode(page, sizeof(page), d), 2);
	page[3] = 23;
	ck_assert_int_eq(scsi_designators_decode(page, sizeof(page), d), 1);
	page[2] = 0xff;
	ck_assert_int_eq(scsi_designators_decode(guarded(page, sizeof(page)), sizeof(page), d), 5);
	page[1] = 0x80;
	ck_assert_int_eq(scsi_designators_decode(page, sizeof(page), d), -EBADMSG);
}
END_TEST

START_TEST(designators_are_limited)
{
	uint8_t page[4 + 4 * (SCSI_DESIGNATORS_MAX + 10)] = { 0, 0x83, 0, sizeof(page) - 4 };
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];

	ck_assert_int_eq(scsi_designators_decode(guarded(page, sizeof(page)), sizeof(page), d),
			 SCSI_DESIGNATORS_MAX);
}
END_TEST

START_TEST(identity_of_a_sas_disk)
{
	struct scsi_identity identity;

	ck_assert_int_eq(scsi_identity_decode(sas, sizeof(sas), &identity), 0);
	ck_assert_str_eq(identity.unit, "5000c50011223344");
	ck_assert_str_eq(identity.target, "5000c50011223347");
	ck_assert_uint_eq(identity.n_ports, 1);
	ck_assert(identity.ports[0] == 0x5000c50011223345ULL);
	ck_assert(!identity.sata);
}
END_TEST

START_TEST(identity_of_a_sata_disk)
{
	struct scsi_identity identity;

	ck_assert_int_eq(scsi_identity_decode(sata, sizeof(sata), &identity), 0);
	ck_assert_str_eq(identity.unit, "50014ee200000001");
	ck_assert_str_eq(identity.target, "");
	ck_assert_uint_eq(identity.n_ports, 0);
	ck_assert(identity.sata);
}
END_TEST

START_TEST(identity_of_odd_ones)
{
	struct scsi_identity identity;

	ck_assert_int_eq(scsi_identity_decode(odd, sizeof(odd), &identity), 0);
	ck_assert_str_eq(identity.unit, "0025385b11223344");
	ck_assert_str_eq(identity.target, "");
	ck_assert_uint_eq(identity.n_ports, 0);
	ck_assert_int_eq(scsi_identity_decode(naa6, sizeof(naa6), &identity), 0);
	ck_assert_str_eq(identity.unit, "6005076801020304"
					"05060708090a0b0c");
}
END_TEST

START_TEST(ports_are_limited_and_told_apart)
{
	uint8_t page[4 + 12 * 12] = { 0, 0x83, 0, sizeof(page) - 4 };
	struct scsi_identity identity;

	for (unsigned i = 0; i < 12; i++) {
		uint8_t *p = page + 4 + 12 * i;
		uint8_t port[12] = { 0x61, 0x93, 0, 8, 0x50, [11] = (uint8_t) (i / 2) };

		memcpy(p, port, sizeof(port));
	}
	ck_assert_int_eq(scsi_identity_decode(page, sizeof(page), &identity), 0);
	ck_assert_uint_eq(identity.n_ports, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(identity.ports[i] == 0x5000000000000000ULL + i);
}
END_TEST

START_TEST(not_an_identity)
{
	struct scsi_identity identity = { .sata = true };

	ck_assert_int_eq(scsi_identity_decode(sas, 3, &identity), -EBADMSG);
	ck_assert_int_eq(scsi_identity_decode(standard, sizeof(standard), &identity), -EBADMSG);
	ck_assert(identity.sata);
}
END_TEST

START_TEST(serial)
{
	static const uint8_t page[] = { 0,   0x80, 0,	12,  ' ', ' ', '3', 'G',
					'J', '9',  'Y', '2', 'U', 'E', ' ', 0 };
	char text[32] = "before";

	ck_assert_int_eq(
		scsi_serial_decode(guarded(page, sizeof(page)), sizeof(page), text, sizeof(text)),
		0);
	ck_assert_str_eq(text, "3GJ9Y2UE");
	ck_assert_int_eq(scsi_serial_decode(guarded(page, 9), 9, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "3GJ");
	ck_assert_int_eq(scsi_serial_decode(guarded(page, 4), 4, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(scsi_serial_decode(page, sizeof(page), text, 4), 0);
	ck_assert_str_eq(text, "3GJ");
	for (size_t n = 0; n < 4; n++)
		ck_assert_int_eq(scsi_serial_decode(guarded(page, n), n, text, sizeof(text)),
				 -EBADMSG);
	ck_assert_int_eq(scsi_serial_decode(sas, sizeof(sas), text, sizeof(text)), -EBADMSG);
	ck_assert_str_eq(text, "3GJ");
}
END_TEST

static const struct {
	uint16_t coded;
	uint32_t rate;
} rates[] = {
	{ 0x0000, 0 },	  { 0x0001, 1 },     { 0x0002, 0 },	 { 0x0400, 0 }, { 0x0401, 0x0401 },
	{ 0x1c20, 7200 }, { 0x3a98, 15000 }, { 0xfffe, 0xfffe }, { 0xffff, 0 },
};

START_TEST(rotation)
{
	uint8_t page[64] = {
		0, 0xb1, 0, 60, (uint8_t) (rates[_i].coded >> 8), (uint8_t) rates[_i].coded
	};

	ck_assert_uint_eq(scsi_rotation_decode(page, sizeof(page)), rates[_i].rate);
	ck_assert_uint_eq(scsi_rotation_decode(guarded(page, 6), 6), rates[_i].rate);
	for (size_t n = 0; n < 6; n++)
		ck_assert_uint_eq(scsi_rotation_decode(guarded(page, n), n), 0);
	page[3] = 1;
	ck_assert_uint_eq(scsi_rotation_decode(page, sizeof(page)), 0);
	page[1] = 0xb0;
	page[3] = 60;
	ck_assert_uint_eq(scsi_rotation_decode(page, sizeof(page)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scsi/inquiry");
	TCase *tc = tcase_create("inquiry");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, standard_data);
	tcase_add_loop_test(tc, bits_are_their_own, 0, 64);
	tcase_add_loop_test(tc, standard_data_cut, 0, 36);
	tcase_add_test(tc, designators);
	tcase_add_loop_test(tc, designators_cut, 0, sizeof(sas) + 1);
	tcase_add_test(tc, page_length);
	tcase_add_test(tc, designators_are_limited);
	tcase_add_test(tc, identity_of_a_sas_disk);
	tcase_add_test(tc, identity_of_a_sata_disk);
	tcase_add_test(tc, identity_of_odd_ones);
	tcase_add_test(tc, ports_are_limited_and_told_apart);
	tcase_add_test(tc, not_an_identity);
	tcase_add_test(tc, serial);
	tcase_add_loop_test(tc, rotation, 0, ARRAY_SIZE(rates));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
