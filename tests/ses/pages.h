/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages made up for a test, where what is tested is a number and not a
 * device.  Shares no constant with daemon/ses/, or both would be wrong together.
 */
#pragma once

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "ses/config.h"

struct made {
	size_t n;
	uint8_t bytes[65535];
};

static inline void made_add(struct made *m, const void *bytes, size_t n)
{
	ck_assert_uint_le(m->n + n, sizeof(m->bytes));
	memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

static inline void made_u8(struct made *m, unsigned byte)
{
	uint8_t b = (uint8_t) byte;

	made_add(m, &b, 1);
}

static inline void made_zero(struct made *m, size_t n)
{
	while (n-- > 0)
		made_u8(m, 0);
}

static inline void made_begin(struct made *m, uint8_t code, uint8_t byte1, uint32_t generation)
{
	m->n = 0;
	made_u8(m, code);
	made_u8(m, byte1);
	made_zero(m, 2);
	for (int shift = 24; shift >= 0; shift -= 8)
		made_u8(m, generation >> shift);
}

static inline void made_end(struct made *m)
{
	m->bytes[2] = (uint8_t) ((m->n - 4) >> 8);
	m->bytes[3] = (uint8_t) (m->n - 4);
}

struct made_type {
	uint8_t type, count, subenclosure;
};

/* One subenclosure that owns all headers, generation 0, no texts. */
static inline struct ses_config *made_config(const struct made_type *types, unsigned n)
{
	static struct made m;
	struct ses_config *config = NULL;

	made_begin(&m, 0x01, 0, 0);
	made_add(&m, (uint8_t[]){ 0x11, 0, (uint8_t) n, 36 }, 4);
	made_zero(&m, 36);
	for (unsigned i = 0; i < n; i++)
		made_add(&m, (uint8_t[]){ types[i].type, types[i].count, types[i].subenclosure, 0 },
			 4);
	made_end(&m);
	ck_assert_int_eq(ses_config_decode(m.bytes, m.n, &config), 0);
	return config;
}
