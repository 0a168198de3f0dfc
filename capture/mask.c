/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where serial numbers are: ses.md 2.2, 2.6, 2.8, 2.11; peers.md C.4.  In texts,
 * "SLOT 039,3FHMJ0DT" of HGST shelves, whose controllers go on with part number,
 * serial number, SAS address, MAC address.
 */
#include "capture/mask.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "capture/mask-map.h"
#include "ses/page.h"

#define SERIAL_LENGTH 8U  /* shorter words are numbers and names */
#define SERIAL_DIGITS 10U /* digits alone */
#define SERIAL_CHANGES 3U /* "3FHMJ0DT": from digit to letter and back */
#define KNOWN_LENGTH 6U	  /* a serial number from elsewhere, standing alone */
#define PHY 28U
#define ADDRESS_DIGITS 16U

static size_t be16(const uint8_t *p)
{
	return (size_t) p[0] << 8 | p[1];
}

/* True if something was there. */
static bool clear_bytes(uint8_t *p, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		any = any || p[i];
		p[i] = 0;
	}
	return any;
}

/* ---- texts -------------------------------------------------------------------------- */

static int nibble(uint8_t c)
{
	return isdigit(c)	      ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "5000CCAB051140BD", as an address among the others; false: it is none. */
static bool mask_hex(struct mask_map *map, uint8_t *word, size_t n)
{
	static const char *const digits[] = { "0123456789abcdef", "0123456789ABCDEF" };
	uint8_t bytes[8] = { 0 };
	bool upper = true;

	if (n == ADDRESS_DIGITS + 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
		return mask_hex(map, word + 2, ADDRESS_DIGITS);
	if (n != ADDRESS_DIGITS || !strchr("235", word[0]))
		return false;
	for (size_t i = 0; i < n; i++) {
		int value = nibble(word[i]);

		if (value < 0)
			return false;
		bytes[i / 2] = (uint8_t) (bytes[i / 2] << 4 | value);
		upper = upper && !islower(word[i]);
	}
	mask_address(map, bytes);
	for (size_t i = 0; i < n; i++)
		word[i] = (uint8_t) digits[upper][bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
	return true;
}

static bool looks_like_serial(const uint8_t *word, size_t n)
{
	size_t changes = 0, n_digits = 0;

	for (size_t i = 0; i < n; i++) {
		n_digits += isdigit(word[i]) != 0;
		changes += i > 0 && !isdigit(word[i]) != !isdigit(word[i - 1]);
	}
	return n >= SERIAL_LENGTH &&
	       (changes >= SERIAL_CHANGES || (n_digits == n && n >= SERIAL_DIGITS));
}

static bool only_zeros(const uint8_t *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word[i] != '0')
			return false;
	return true;
}

static void mask_word(struct mask_map *map, uint8_t *word, size_t n, bool listed)
{
	if (only_zeros(word, n) || mask_hex(map, word, n))
		return;
	if (listed || looks_like_serial(word, n) ||
	    (n >= KNOWN_LENGTH && mask_knows_serial(map, word, n)))
		mask_serial(map, word, n);
}

static void mask_text(struct mask_map *map, uint8_t *text, size_t n)
{
	bool listed = false;
	size_t length;

	for (size_t i = 0; i < n; i += length ? length : 1) {
		listed = listed || text[i] == ',';
		for (length = 0; i + length < n && isalnum(text[i + length]); length++)
			;
		mask_word(map, text + i, length, listed);
	}
}

/* ---- pages -------------------------------------------------------------------------- */

/* Returns whether vendor specific bytes were there. */
static bool mask_configuration(struct mask_map *map, uint8_t *p, size_t n)
{
	bool vendor = false;

	if (n < 8)
		return false;
	for (size_t i = 0, at = 8; i <= p[1] && at + 4 <= n; i++, at += 4 + (size_t) p[at + 3]) {
		size_t end = at + 4 + p[at + 3];

		end = end < n ? end : n;
		if (at + 12 <= end)
			mask_address(map, p + at + 4);
		if (at + 40 < end)
			vendor = clear_bytes(p + at + 40, end - at - 40) || vendor;
	}
	return vendor;
}

static void mask_descriptors(struct mask_map *map, uint8_t *p, size_t n)
{
	for (size_t at = 8; at + 4 <= n; at += 4 + be16(p + at + 2)) {
		size_t length = be16(p + at + 2);

		mask_text(map, p + at + 4, length < n - at - 4 ? length : n - at - 4);
	}
}

static void mask_nicknames(struct mask_map *map, uint8_t *p, size_t n)
{
	for (size_t at = 8; at + 40 <= n; at += 40)
		mask_text(map, p + at + 8, 32);
}

/* ---- page 0Ah: b is what follows the head, n bytes of it ----------------------------- */

/* Returns whether bytes of unknown meaning were there, as do the others. */
static bool mask_slot(struct mask_map *map, uint8_t *b, size_t n, bool eip)
{
	size_t at = eip ? 4 : 2;

	for (; at + PHY <= n; at += PHY) {
		mask_address(map, b + at + 4);
		mask_address(map, b + at + 12);
	}
	return at < n && clear_bytes(b + at, n - at);
}

/* An expander has 4 + 8 + 2 per phy, electronics and ports 4 + 12 per phy: never alike. */
static bool mask_expander_or_port(struct mask_map *map, uint8_t *b, size_t n)
{
	size_t n_phys = b[0];

	if (n == 12 + 2 * n_phys) {
		mask_address(map, b + 4);
		return false;
	}
	if (n != 4 + 12 * n_phys)
		return n > 4 && clear_bytes(b + 4, n - 4);
	for (size_t i = 0; i < n_phys; i++)
		mask_address(map, b + 4 + 12 * i + 4);
	return false;
}

static bool mask_fc(struct mask_map *map, uint8_t *b, size_t n, bool eip)
{
	size_t at = 12;

	/* Without EIP it is not agreed where the node name is (ses.md 2.8). */
	if (!eip || n < 12)
		return n > 2 && clear_bytes(b + 2, n - 2);
	mask_address(map, b + 4);
	for (; at + 16 <= n; at += 16)
		mask_address(map, b + at + 8);
	return at < n && clear_bytes(b + at, n - at);
}

static bool mask_pcie(struct mask_map *map, uint8_t *b, size_t n)
{
	size_t length = 20;

	if (n < 8 + 20)
		return n > 8 && clear_bytes(b + 8, n - 8);
	while (length > 0 && (b[8 + length - 1] == ' ' || b[8 + length - 1] == '\0'))
		length--;
	mask_serial(map, b + 8, length);
	return false;
}

static bool mask_additional(struct mask_map *map, uint8_t *p, size_t n)
{
	bool unknown = false;

	for (size_t at = 8; at + 2 <= n; at += 2 + (size_t) p[at + 1]) {
		bool eip = p[at] & 0x10;
		size_t end = at + 2 + p[at + 1], head = at + (eip ? 4 : 2);
		uint8_t *b = p + head, protocol = p[at] & 0x0f;

		end = end < n ? end : n;
		if (head + 2 > end)
			continue;
		if (protocol == 0x6 && b[1] >> 6 == 0)
			unknown = mask_slot(map, b, end - head, eip) || unknown;
		else if (protocol == 0x6 && b[1] >> 6 == 1)
			unknown = mask_expander_or_port(map, b, end - head) || unknown;
		else if (protocol == 0x0)
			unknown = mask_fc(map, b, end - head, eip) || unknown;
		else if (protocol == 0xb)
			unknown = mask_pcie(map, b, end - head) || unknown;
		else
			unknown = clear_bytes(b + 2, end - head - 2) || unknown;
	}
	return unknown;
}

/* ---- all ---------------------------------------------------------------------------- */

static void mask_identity(struct mask_map *map, struct capture *capture)
{
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];
	int n = scsi_designators_decode(capture->vpd83, capture->n_vpd83, d);

	for (int i = 0; i < n; i++) {
		uint8_t *bytes = capture->vpd83 + (d[i].bytes - capture->vpd83);
		bool port = d[i].type >= 4 && d[i].type <= 6;

		if (d[i].code_set != 1 || port)
			continue; /* texts are not printed; ports and groups are small numbers */
		if ((d[i].type == 2 || d[i].type == 3) && d[i].length >= 8) {
			mask_address(map, bytes);
			(void) clear_bytes(bytes + 8, d[i].length - 8U);
		} else {
			(void) clear_bytes(bytes, d[i].length);
		}
	}
}

static void walk(struct mask_map *map, struct capture *capture, bool *vendor, bool *unknown)
{
	const unsigned c = SES_PAGE_CONFIGURATION, a = SES_PAGE_ADDITIONAL;
	const unsigned d = SES_PAGE_DESCRIPTOR, nick = SES_PAGE_NICKNAME;

	mask_identity(map, capture);
	*vendor = mask_configuration(map, capture->pages[c].bytes, capture->pages[c].n) || *vendor;
	*unknown = mask_additional(map, capture->pages[a].bytes, capture->pages[a].n) || *unknown;
	mask_descriptors(map, capture->pages[d].bytes, capture->pages[d].n);
	mask_nicknames(map, capture->pages[nick].bytes, capture->pages[nick].n);
}

int capture_mask(struct capture *capture)
{
	static const uint8_t texts[] = { 0x03, 0x04, 0x06, 0x0b, 0x0c };
	struct mask_map *map = mask_map_new();
	bool vendor = false, unknown = false;
	int r;

	if (!map)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (capture->pages[texts[i]].bytes) {
			capture_drop(capture, texts[i]);
			capture_note(capture, "page %02xh is left out: it may hold serial numbers",
				     texts[i]);
		}
	walk(map, capture, &vendor, &unknown);
	r = mask_map_seal(map);
	if (r == 0) {
		walk(map, capture, &vendor, &unknown);
		capture->masked = true;
		if (vendor)
			capture_note(capture, "page 01h: vendor specific bytes are set to zero");
		if (unknown)
			capture_note(capture, "page 0ah: bytes of unknown meaning are set to zero");
	}
	(void) mask_map_free(map);
	return r;
}
