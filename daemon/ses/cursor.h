/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading bytes that cannot run over.
 *
 * A cursor that is asked for more than it has breaks: from then on it gives
 * zeros, and a cut from it is broken too.  So a decoder reads like the table
 * in the standard and asks once, at the end of a structure, whether all was
 * there.  The only length arithmetic of the decoders is in cursor_take().
 *
 * Mind loops whose count came from the device: check inside them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *p;
	size_t left;
	bool broken;
};

static inline struct cursor cursor_over(const void *p, size_t n)
{
	return (struct cursor){ .p = p, .left = n, .broken = false };
}

static inline bool cursor_ok(const struct cursor *c)
{
	return !c->broken;
}

/* n bytes, or NULL and a broken cursor. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->broken || n > c->left) {
		c->broken = true;
		c->left = 0;
		return NULL;
	}
	c->p += n;
	c->left -= n;
	return p;
}

/* A cursor over the next n bytes, which are stepped over. */
static inline struct cursor cursor_cut(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	return (struct cursor){ .p = p, .left = p ? n : 0, .broken = !p };
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	(void) cursor_take(c, n);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? p[0] : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return (uint16_t) (p ? p[0] << 8 | p[1] : 0);
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3] : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	uint64_t high = cursor_be32(c);

	return high << 32 | cursor_be32(c);
}
