/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Big-endian fields and padded text (ses.md, head).  The simulator has its own so
 * that a mistake in the daemon's cannot cancel itself out here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t) (v >> 8);
	p[1] = (uint8_t) v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t) (v >> 32));
	put32(p + 4, (uint32_t) v);
}

static inline unsigned get16(const uint8_t *p)
{
	return (unsigned) p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t) get16(p) << 16 | get16(p + 2);
}

static inline uint64_t get64(const uint8_t *p)
{
	return (uint64_t) get32(p) << 32 | get32(p + 4);
}

/* ASCII, padded with blanks or cut. */
static inline void put_text(uint8_t *p, size_t n, const char *s)
{
	size_t length = strlen(s);

	memset(p, ' ', n);
	memcpy(p, s, length < n ? length : n);
}
