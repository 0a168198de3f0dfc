/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes, and what must stay for the capture to be of use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "capture/mask.h"
#include "tests/capture/bed.h"

static struct capture capture;

static void put(unsigned page, const void *body, size_t n)
{
	uint8_t *p = calloc(1, n + 8);

	ck_assert_ptr_nonnull(p);
	p[0] = (uint8_t) page;
	p[2] = (uint8_t) ((n + 4) >> 8);
	p[3] = (uint8_t) (n + 4);
	memcpy(p + 8, body, n);
	capture.pages[page].bytes = p;
	capture.pages[page].n = n + 8;
}

static void begin(void)
{
	capture = (struct capture){ .n_vpd83 = 0 };
}

static void end(void)
{
	capture_clear(&capture);
}

/* Page 07h of these names. */
static void put_names(const char *const *names, size_t n)
{
	uint8_t body[2048];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(names[i]);

		memset(body + at, 0, 4);
		body[at + 3] = (uint8_t) length;
		memcpy(body + at + 4, names[i], length);
		at += 4 + length;
	}
	put(7, body, at);
}

static const char *name(unsigned i)
{
	static char text[256];
	const uint8_t *p = capture.pages[7].bytes + 8;

	for (; i; i--)
		p += 4 + p[3];
	(void) snprintf(text, sizeof(text), "%.*s", p[3], (const char *) p + 4);
	return text;
}

/* Names as in openzfs/zfs#12783 and truenas/middleware's tests of H4102-J. */
START_TEST(words)
{
	static const char *const names[] = {
		"SLOT 000,3FG1KMYV           ",
		"SLOT 001,3FHYW56T           ",
		"SLOT 001,3FG1KMYV           ",
		"ESCE IOMA,1EA0484-C1          ,THCCT03821EG00F9    ,5000CCAB051140BC,,00:0C:CA",
		"EXP IOMA 0,3010-007,5000CCAB051140BD",
		"exp 0x5000ccab051140bd",
		"ArrayDevicesInSubEnclsr0",
		"Slot 12",
		"S/N T5G93KUD1 of 3FG1KMYV",
		"Drive Slot #0_0000000000000000",
		"SLOT 003,",
		"Disk 1234567890",
	};

	begin();
	put_names(names, ARRAY_SIZE(names));
	ck_assert_int_eq(capture_mask(&capture), 0);
	ck_assert_str_eq(name(0), "SLOT 000,XXXX0001           ");
	ck_assert_str_eq(name(1), "SLOT 001,XXXX0002           ");
	ck_assert_str_eq(name(2), "SLOT 001,XXXX0001           ");
	ck_assert_str_eq(name(3), "ESCE IOMA,XXX0003-XX          ,XXXXXXXXXXXX0005    ,"
				  "5000CCA0000001BC,,00:XX:XX");
	ck_assert_str_eq(name(4), "EXP IOMA 0,X008-XXX,5000CCA0000001BD");
	ck_assert_str_eq(name(5), "exp 0x5000cca0000001bd");
	for (unsigned i = 6; i <= 10; i++)
		if (i != 8)
			ck_assert_str_eq(name(i), names[i]);
	ck_assert_str_eq(name(8), "S/N XXXXX000A of XXXX0001");
	ck_assert_str_eq(name(11), "Disk XXXXXX000B");
	end();
}
END_TEST

static uint64_t be64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void put64(uint8_t *p, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t) (value >> (56 - 8 * i));
}

/* A bay with one phy, with an index or without. */
static size_t slot(uint8_t *p, bool eip, uint64_t attached, uint64_t address)
{
	size_t head = eip ? 8 : 4;

	memset(p, 0, head + 28);
	p[0] = eip ? 0x16 : 0x06;
	p[1] = (uint8_t) (head + 26);
	p[eip ? 4 : 2] = 1;
	put64(p + head + 4, attached);
	put64(p + head + 12, address);
	return head + 28;
}

START_TEST(addresses)
{
	const uint64_t expander = 0x5000ccab05629d3f, high = 0x5000cca440109309;
	const uint64_t low = 0x5000cca44010272d;
	uint8_t body[256];
	const uint8_t *p;
	size_t n;

	begin();
	n = slot(body, true, expander, high);
	n += slot(body + n, true, expander, low);
	n += slot(body + n, false, expander, high + 2);
	n += slot(body + n, true, 0, UINT64_MAX);
	/* an expander of one phy, and electronics of one */
	memset(body + n, 0, 64);
	body[n] = 0x16;
	body[n + 1] = 16;
	body[n + 4] = 1;
	body[n + 5] = 0x40;
	put64(body + n + 8, expander);
	body[n + 16] = 0x12;
	n += 18;
	body[n] = 0x16;
	body[n + 1] = 18;
	body[n + 4] = 1;
	body[n + 5] = 0x40;
	put64(body + n + 12, expander);
	n += 20;
	put(0x0a, body, n);
	ck_assert_int_eq(capture_mask(&capture), 0);
	p = capture.pages[0x0a].bytes + 8;

	/* In the order of the true ones: low, high, expander. */
	ck_assert_uint_eq(be64(p + 12), 0x5000cca00000033f);
	ck_assert_uint_eq(be64(p + 20), 0x5000cca000000209);
	ck_assert_uint_eq(be64(p + 36 + 12), 0x5000cca00000033f);
	ck_assert_uint_eq(be64(p + 36 + 20), 0x5000cca00000012d);
	ck_assert_uint_eq(be64(p + 72 + 8), 0x5000cca00000033f);
	ck_assert_uint_eq(be64(p + 72 + 16), 0x5000cca00000020b);
	ck_assert_uint_eq(be64(p + 104 + 12), 0);
	ck_assert_uint_eq(be64(p + 104 + 20), UINT64_MAX);
	ck_assert_uint_eq(be64(p + 140 + 8), 0x5000cca00000033f);
	ck_assert_uint_eq(p[140 + 16], 0x12);
	ck_assert_uint_eq(be64(p + 158 + 12), 0x5000cca00000033f);
	ck_assert_str_eq(capture.notes, "");
	end();
}
END_TEST

START_TEST(configuration_and_nickname)
{
	uint8_t descriptor[48] = { 0x11, 0, 0, 44 }, nickname[40] = { 0 };

	begin();
	put64(descriptor + 4, 0x5000ccab05629d00);
	memcpy(descriptor + 12, "HGST    H4060-J         4013", 28);
	memcpy(descriptor + 40, "SECRET12", 8);
	put(1, descriptor, sizeof(descriptor));
	memcpy(nickname + 8, "rack 4 THCCT03821EG00F9", 23);
	put(0x0f, nickname, sizeof(nickname));
	put(4, "anything", 8);
	ck_assert_int_eq(capture_mask(&capture), 0);
	ck_assert_uint_eq(be64(capture.pages[1].bytes + 12), 0x5000cca000000100);
	ck_assert_mem_eq(capture.pages[1].bytes + 20, "HGST    H4060-J         4013", 28);
	ck_assert_uint_eq(be64(capture.pages[1].bytes + 48), 0);
	ck_assert_mem_eq(capture.pages[0x0f].bytes + 16, "rack 4 XXXXXXXXXXXX0001", 23);
	ck_assert_ptr_null(capture.pages[4].bytes);
	ck_assert_ptr_nonnull(strstr(capture.notes, "page 04h is left out"));
	ck_assert_ptr_nonnull(strstr(capture.notes, "vendor specific bytes"));
	ck_assert(capture.masked);
	end();
}
END_TEST

START_TEST(nvme_and_unknown_forms)
{
	uint8_t body[160] = { 0x1b, 78, 0, 0, 1, 0x20 };
	static const char *const names[] = { "NVMe 3 S4EVNX0M" };

	begin();
	memcpy(body + 12, "S4EVNX0M            SAMSUNG", 27);
	/* a descriptor of type 1 whose length fits nothing, and an unknown protocol */
	body[80] = 0x16;
	body[81] = 20;
	body[84] = 7;
	body[85] = 0x40;
	memset(body + 88, 0x55, 14);
	body[102] = 0x19;
	body[103] = 10;
	memset(body + 106, 0x66, 8);
	put(0x0a, body, 114);
	put_names(names, 1);
	ck_assert_int_eq(capture_mask(&capture), 0);
	ck_assert_mem_eq(capture.pages[0x0a].bytes + 8 + 12, "XXXX0001            SAMSUNG", 27);
	ck_assert_str_eq(name(0), "NVMe 3 XXXX0001");
	for (size_t i = 8 + 88; i < 8 + 102; i++)
		ck_assert_uint_eq(capture.pages[0x0a].bytes[i], 0);
	for (size_t i = 8 + 108; i < 8 + 114; i++)
		ck_assert_uint_eq(capture.pages[0x0a].bytes[i], 0);
	ck_assert_ptr_nonnull(strstr(capture.notes, "bytes of unknown meaning"));
	end();
}
END_TEST

/* Cut at every length, with and without EIP: no byte before or behind is touched. */
START_TEST(cut_anywhere)
{
	struct bed *bed = bed_file("tests/fixtures/example-b.hex");

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	for (unsigned page = 1; page < CAPTURE_PAGES; page++)
		for (size_t n = 4; n < bed->capture.pages[page].n; n++) {
			begin();
			capture.pages[page].bytes = malloc(n);
			memcpy(capture.pages[page].bytes, bed->capture.pages[page].bytes, n);
			capture.pages[page].n = n;
			ck_assert_int_eq(capture_mask(&capture), 0);
			end();
		}
	(void) bed_free(bed);
}
END_TEST

/* sg_ses says the same of it, apart from what was masked. */
START_TEST(the_rest_stays)
{
	struct bed *bed = bed_file("tests/fixtures/areca-8028.hex");
	char *plain, *masked, *before, *after, *a, *b, *save_a = NULL, *save_b = NULL;
	unsigned differ = 0;

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	plain = bed_print(&bed->capture);
	ck_assert_int_eq(capture_mask(&bed->capture), 0);
	masked = bed_print(&bed->capture);
	ck_assert_ptr_nonnull(strstr(masked, "\n# masked: "));
	before = bed_sg_ses(plain, "aes");
	after = bed_sg_ses(masked, "aes");
	a = strtok_r(before, "\n", &save_a);
	b = strtok_r(after, "\n", &save_b);
	for (; a && b; a = strtok_r(NULL, "\n", &save_a), b = strtok_r(NULL, "\n", &save_b)) {
		if (strcmp(a, b) == 0)
			continue;
		ck_assert_msg(strstr(a, "SAS address: 0x") || strstr(a, "logical identifier"), "%s",
			      a);
		differ++;
	}
	ck_assert_ptr_eq(a, b);
	ck_assert_uint_gt(differ, 3);
	free(before);
	free(after);
	free(plain);
	free(masked);
	(void) bed_free(bed);
}
END_TEST

/* The identifiers of a file's comments are masked as those of its pages are. */
START_TEST(identity)
{
	struct bed *bed = bed_new("[enclosure a]\nslots=2\nlogical-id=5000ccab05629d00\n");
	char *text;

	ck_assert_int_eq(bed_read(bed, "e0a"), 0);
	ck_assert_int_eq(capture_mask(&bed->capture), 0);
	text = bed_print(&bed->capture);
	ck_assert_ptr_null(strstr(text, "50 00 cc ab 05 62"));
	ck_assert_ptr_null(strstr(text, "5000ccab0562"));
	for (const char *s = text; (s = strstr(s, "type 3, protocol 6: ")); s++)
		ck_assert_msg(strncmp(s + 27, "00000", 5) == 0, "%.40s", s);
	free(text);
	(void) bed_free(bed);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { words,
				       addresses,
				       configuration_and_nickname,
				       nvme_and_unknown_forms,
				       cut_anywhere,
				       the_rest_stays,
				       identity };

	return bed_main("capture/mask", tests, ARRAY_SIZE(tests));
}
