/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What counts as UTF-8 here is what sd-bus counts (systemd's utf8_is_valid()):
 * besides ill-formed sequences it refuses the noncharacters FDD0-FDEF and
 * xxFFFE, xxFFFF, and one refused string ends the connection (peers.md C.4).
 */
#include "base/text.h"

#include <string.h>
#include <strings.h>

static bool is_character(uint32_t c)
{
	if (c > 0x10ffff || (c & 0xfffff800) == 0xd800)
		return false;
	if (c >= 0xfdd0 && c <= 0xfdef)
		return false;
	return (c & 0xfffe) != 0xfffe;
}

/* Length of the character at the head of s and its value, 0 if there is none. */
static size_t decode(const uint8_t *s, size_t n, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;
	uint32_t c;

	if (n == 0)
		return 0;
	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;

	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (length > n)
		return 0;
	c = s[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[length] || !is_character(c))
		return 0;
	*ret = c;
	return length;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

char *text_clean(char *dst, size_t size, const void *src, size_t n)
{
	const uint8_t *s = src;
	size_t used = 0;

	if (size == 0)
		return dst;

	n = n > 0 ? strnlen(src, n) : 0;
	for (; n > 0 && is_blank(s[0]); s++, n--)
		;
	for (; n > 0 && is_blank(s[n - 1]); n--)
		;

	while (n > 0) {
		uint32_t c = 0;
		size_t length = decode(s, n, &c);
		bool bad = length == 0 || is_control(c);
		size_t room = bad ? 1 : length;

		if (room > size - 1 - used)
			break;
		if (bad)
			dst[used] = '?';
		else
			memcpy(dst + used, s, length);
		used += room;

		length = length > 0 ? length : 1;
		s += length;
		n -= length;
	}

	/* A cut may have bared a blank. */
	while (used > 0 && dst[used - 1] == ' ')
		used--;
	dst[used] = 0;
	return dst;
}

char *text_hex(char *dst, size_t size, const uint8_t *src, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (size == 0)
		return dst;
	if (n > (size - 1) / 2)
		n = (size - 1) / 2;
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[src[i] >> 4];
		dst[2 * i + 1] = digits[src[i] & 0xf];
	}
	dst[2 * n] = 0;
	return dst;
}

char *text_hex64(char dst[static 17], uint64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (value >> (56 - 8 * i));
	return text_hex(dst, 17, bytes, 8);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_parse_hex64(const char *s, uint64_t *ret)
{
	uint64_t value = 0;
	unsigned n = 0;

	if (s == NULL)
		return false;
	if (strncmp(s, "0x", 2) == 0 || strncmp(s, "0X", 2) == 0)
		s += 2;
	else if (strncasecmp(s, "naa.", 4) == 0)
		s += 4;

	for (; *s != 0; s++, n++) {
		int d = digit(*s);

		if (d < 0 || n == 16)
			return false;
		value = value << 4 | (uint64_t) d;
	}
	if (n == 0)
		return false;
	*ret = value;
	return true;
}

bool text_valid_utf8(const char *s)
{
	const uint8_t *p = (const uint8_t *) s;
	size_t n = strlen(s);

	while (n > 0) {
		uint32_t c;
		size_t length = decode(p, n, &c);

		if (length == 0)
			return false;
		p += length;
		n -= length;
	}
	return true;
}
