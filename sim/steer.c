/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an enclosure services process obeys: SEND DIAGNOSTIC of pages 02h and 0Fh,
 * and nothing else (ses.md 2.3, 2.11, 3, 4).
 *
 * Only selected elements are heeded.  A request shows in status where section 3 gives it a
 * bit there; RQST ACTIVE and RQST MISSING have none.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/macro.h"
#include "sim/page.h"

#define SELECT 0x80
#define PRDFAIL 0x40
#define DISABLE 0x20
#define SWAP 0x10
#define DEVICE_OFF 0x10

static void copy_bit(uint8_t *to, uint8_t to_mask, uint8_t from, uint8_t from_mask)
{
	*to = (uint8_t) ((*to & ~to_mask) | (from & from_mask ? to_mask : 0));
}

static void copy_mask(uint8_t *to, uint8_t from, uint8_t mask)
{
	*to = (uint8_t) ((*to & ~mask) | (from & mask));
}

/* Control bits of bytes 1 to 3 that status shows in the same place. */
static const uint8_t *echoed(uint8_t code)
{
	static const struct {
		uint8_t code, mask[3];
	} table[] = {
		{ T_POWER, { 0xc0, 0x00, 0x60 } },	 { T_COOLING, { 0xc0, 0x00, 0x60 } },
		{ T_TEMPERATURE, { 0xff, 0x00, 0x80 } }, { T_DOOR, { 0xc0, 0x00, 0x01 } },
		{ T_ALARM, { 0xc0, 0x00, 0x5f } },	 { T_ESC, { 0xf0, 0x00, 0x00 } },
		{ T_UPS, { 0x00, 0x00, 0xc0 } },	 { T_DISPLAY, { 0xc3, 0xff, 0xff } },
		{ T_ENCLOSURE, { 0x80, 0x00, 0x03 } },	 { T_PORT, { 0xc0, 0x00, 0x10 } },
		{ T_LANGUAGE, { 0x80, 0xff, 0xff } },	 { T_COMMUNICATION, { 0xc0, 0x00, 0x01 } },
		{ T_TARGET, { 0xc0, 0x00, 0x01 } },	 { T_INITIATOR, { 0xc0, 0x00, 0x01 } },
		{ T_CONNECTOR, { 0x80, 0x00, 0x40 } },	 { T_INVALID, { 0x00, 0x00, 0x00 } },
	};
	static const uint8_t other[3] = { 0xc0, 0x00, 0x00 };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].code == code)
			return table[i].mask;
	return other;
}

/* Some shelves want it from every IOM before the power goes (zfs#12783). */
static void device_off(struct sim_bay *bay, unsigned iom, bool off)
{
	const struct sim_form *form = &bay->enclosure->form;
	unsigned all = form->power_all ? (1U << form->ioms) - 1 : 0;

	if (off)
		bay->off |= 1U << iom;
	else
		bay->off = form->power_all ? bay->off & ~(1U << iom) : 0;
	sim_bay_power(bay, all ? bay->off == all : bay->off != 0);
}

static void slot_control(struct sim_element *element, uint8_t code, unsigned iom, const uint8_t *c)
{
	uint8_t *s = element->status;
	unsigned dead = element->bay->dead;
	bool lit = dead != SIM_DEAD, deaf = lit && (dead >> iom & 1);

	if (code == T_ARRAY_SLOT)
		s[1] = c[1];
	copy_mask(&s[2], c[2], 0x4c); /* DO NOT REMOVE, INSERT, REMOVE */
	if (!deaf) {
		copy_bit(&s[2], 0x02, c[2], lit ? 0x02 : 0);
		copy_bit(&s[3], 0x20, c[3], lit ? 0x20 : 0);
	}
	copy_mask(&s[3], c[3], DEVICE_OFF);
	copy_bit(&s[2], 0x80, c[3], 0x08); /* ENABLE BYP A: APP CLIENT BYPASSED, BYPASSED */
	copy_bit(&s[3], 0x08, c[3], 0x08);
	copy_bit(&s[3], 0x80, c[3], 0x04);
	copy_bit(&s[3], 0x04, c[3], 0x04);
	device_off(element->bay, iom, c[3] & DEVICE_OFF);
}

void sim_element_control(struct sim_enclosure *e, struct sim_type *type, unsigned i, unsigned iom,
			 const uint8_t c[static 4])
{
	struct sim_element *element = &type->elements[i];
	const uint8_t *mask = echoed(type->code);
	uint8_t *s = element->status;

	if (element->settle_at <= clock_monotonic())
		memcpy(element->before, s, 4);
	if (e->form.settle_ms)
		element->settle_at = clock_monotonic() + e->form.settle_ms * USEC_PER_MSEC;
	memcpy(element->control, c, 4);
	copy_mask(&s[0], c[0], PRDFAIL | DISABLE);
	if (c[0] & SWAP) /* RST SWAP */
		s[0] &= (uint8_t) ~SWAP;
	if (element->bay) {
		slot_control(element, type->code, iom, c);
		return;
	}
	for (unsigned k = 0; k < 3; k++)
		copy_mask(&s[1 + k], c[1 + k], mask[k]);
	if (type->code == T_POWER || type->code == T_COOLING)
		copy_bit(&s[3], 0x10, (uint8_t) ~c[3], 0x20); /* OFF */
	if (type->code == T_COOLING && (c[3] & 7))
		copy_mask(&s[3], c[3], 7);
	if (type->code == T_COOLING && !(c[3] & 0x20))
		s[3] &= (uint8_t) ~7;
	if (type->code == T_ENCLOSURE)
		copy_mask(&s[2], c[3], 0x03); /* the lamps show what was requested */
}

void sim_forget_requests(struct sim_enclosure *e)
{
	for (unsigned t = 0; t < e->n_types; t++) {
		struct sim_type *type = &e->types[t];
		bool runs = type->code == T_POWER || type->code == T_COOLING;
		const uint8_t nothing[4] = { SELECT, 0, 0, runs ? 0x20 : 0 };

		for (unsigned i = 1; i <= type->count; i++)
			for (unsigned iom = 0; iom < e->form.ioms; iom++)
				sim_element_control(e, type, i, iom, nothing);
	}
	for (unsigned i = 0; i < e->form.ioms; i++)
		sim_lu_attention(&e->iom[i], 0x29, 0x00);
}

/* The page could not be taken: INVOP, the reason element, sense or none (ses.md 2.12, 2.15). */
static void refuse(struct sim_command *c, unsigned asc, unsigned offset)
{
	struct sim_enclosure *e = c->lu->enclosure;
	struct sim_element *reason = sim_element_find(e, T_INVALID, 0);

	if (reason) {
		reason->status[0] = 0x01;
		reason->status[1] = 1 << 6 | 7; /* page format error, bit 7 */
		put16(reason->status + 2, offset);
	}
	switch (e->form.stale) {
	case SIM_STALE_SENSE:
		e->invop = true;
		sim_check(c, 5, asc, 0);
		break;
	case SIM_STALE_INVOP:
		e->invop = true;
		break;
	case SIM_STALE_SILENT:
		break;
	}
}

static void note(struct sim_command *c, const struct sim_type *type, int i, const uint8_t *b,
		 bool ignored)
{
	size_t n = strlen(c->note);
	char which[16] = "all";

	if (i >= 0)
		(void) snprintf(which, sizeof(which), "%u", type->base + (unsigned) i);
	(void) snprintf(c->note + n, sizeof(c->note) - n, " %02x:%s=%02x%02x%02x%02x%s", type->code,
			which, b[0], b[1], b[2], b[3], ignored ? "(ignored)" : "");
}

static void control_type(struct sim_command *c, struct sim_type *type, const uint8_t *p)
{
	struct sim_enclosure *e = c->lu->enclosure;

	if (p[0] & SELECT) {
		note(c, type, -1, p, false);
		for (unsigned i = 1; i <= type->count; i++)
			if (!sim_foreign(c->lu, type, i))
				sim_element_control(e, type, i, c->lu->port, p);
	}
	for (unsigned i = 1; i <= type->count; i++) {
		const uint8_t *one = p + 4 * (size_t) i;
		bool foreign = sim_foreign(c->lu, type, i);

		if (!(one[0] & SELECT))
			continue;
		note(c, type, (int) i - 1, one, foreign);
		if (!foreign)
			sim_element_control(e, type, i, c->lu->port, one);
	}
}

/* What the types promise, and what the page is: of a capture these may differ. */
static size_t elements_length(const struct sim_enclosure *e)
{
	size_t n = 8;

	for (unsigned t = 0; t < e->n_types; t++)
		n += 4 * (1 + (size_t) e->types[t].count);
	return n;
}

static void enclosure_control(struct sim_command *c)
{
	struct sim_enclosure *e = c->lu->enclosure;
	const uint8_t *page = c->in->out;
	size_t elements = elements_length(e), at = 8;
	size_t length = e->raw ? e->raw[2].length : elements;
	uint8_t *copy;

	if (c->in->length < 8 || get32(page + 4) != e->generation) {
		refuse(c, 0x26, 4);
		return;
	}
	if (c->in->length != length || get16(page + 2) + 4 != length) {
		refuse(c, 0x1a, 2);
		return;
	}
	copy = sim_alloc(length > elements ? length : elements, 1);
	memcpy(copy, page, length);
	for (unsigned t = 0; t < e->n_types; t++) {
		control_type(c, &e->types[t], copy + at);
		at += 4 * (1 + (size_t) e->types[t].count);
	}
	free(copy);
}

static void nickname_control(struct sim_command *c)
{
	struct sim_enclosure *e = c->lu->enclosure;
	const uint8_t *page = c->in->out;

	if (c->in->length != 40 || get16(page + 2) != 0x24)
		sim_check(c, 5, 0x1a, 0);
	else if (page[1] >= e->form.subenclosures || get32(page + 4) != e->generation)
		sim_check(c, 5, 0x26, 0);
	else
		memcpy(e->nickname[page[1]], page + 8, 32);
}

void sim_send_diagnostic(struct sim_command *c)
{
	struct sim_enclosure *e = c->lu->enclosure;
	const uint8_t *cdb = c->in->cdb;

	sim_change(c);
	/* PF and nothing beside it: no self-test, no DEVOFFL */
	if (cdb[1] != 0x10 || !c->in->out || c->in->length < 4) {
		sim_check(c, 5, 0x24, 0);
		return;
	}
	if (get16(cdb + 3) != c->in->length)
		sim_check(c, 5, 0x1a, 0);
	else if (e->form.short_only)
		sim_check(c, 5, 0x24, 0);
	else if (c->in->out[0] == 0x02)
		enclosure_control(c);
	else if (c->in->out[0] == 0x0f && sim_has_page(e, 0x0f))
		nickname_control(c);
	else
		sim_check(c, 5, 0x26, 0);
}
