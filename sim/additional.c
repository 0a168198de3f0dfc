/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 0Ah, additional element status (ses.md 2.8, 5.2), in all the forms that
 * enclosures give it: with and without EIP, every EIIOE and counting, empty bays
 * four ways, both ports or the IOM's own.
 */
#include "base/clock.h"
#include "sim/page.h"

#define NONE_FOUND 0xff

static bool is_aes(uint8_t code)
{
	return code == T_DEVICE_SLOT || code == T_ARRAY_SLOT || code == T_EXPANDER ||
	       code == T_ESC || code == T_TARGET || code == T_INITIATOR;
}

struct counts { /* of an element: ses.md 5.1 */
	unsigned g, e, a;
};

/* ELEMENT INDEX for the descriptor's head. */
static unsigned head_index(const struct sim_form *form, uint8_t code, const struct counts *at)
{
	switch (form->index) {
	case SIM_INDEX_OVERALL:
		return at->g;
	case SIM_INDEX_AES:
		return at->a;
	case SIM_INDEX_ZERO:
		return 0;
	case SIM_INDEX_ARECA:
		if (code == T_EXPANDER)
			return 0;
		break;
	case SIM_INDEX_STANDARD:
		break;
	}
	return form->eiioe == 1 ? at->g : at->e;
}

/* What an expander's phy leads to: "other element index". */
static unsigned other_index(const struct sim_form *form, const struct counts *at)
{
	unsigned i = form->eiioe == 0 ? at->a : form->eiioe == 2 ? at->e : at->g;

	return i < NONE_FOUND ? i : NONE_FOUND;
}

/* The head; returns the protocol part. */
static uint8_t *begin(struct sim_page *page, const struct sim_form *form, unsigned protocol,
		      size_t part, unsigned index)
{
	bool eip = form->eip || protocol == 0x0b;
	size_t head = eip ? 4 : 2;
	uint8_t *p = sim_put(page, head + part);

	p[0] = (uint8_t) (protocol | (eip ? 0x10 : 0));
	p[1] = (uint8_t) (head + part - 2);
	if (eip) {
		p[2] = form->index == SIM_INDEX_STANDARD ? (uint8_t) form->eiioe : 0;
		p[3] = (uint8_t) index;
	}
	return p + head;
}

static bool address_shows(const struct sim_bay *bay, unsigned port)
{
	return sim_bay_visible(bay) && sim_bay_port_used(bay, 0, port) &&
	       clock_monotonic() >= bay->address_at;
}

static void phy(uint8_t *p, const struct sim_lu *iom, const struct sim_bay *bay, unsigned port)
{
	const struct sim_enclosure *e = iom->enclosure;

	if (address_shows(bay, port)) {
		p[0] = 0x10; /* end device */
		p[3] = bay->disk->sata ? 0x01 : 0x08;
		put64(p + 4, sim_expander_address(e, port));
		put64(p + 12, sim_lu_address(&bay->lu[0][port]));
		p[20] = (uint8_t) port;
	} else if (e->form.empty == SIM_EMPTY_STALE) {
		p[0] = 0x20; /* expander */
		p[3] = 0x02;
		put64(p + 4, sim_expander_address(e, port));
		put64(p + 12, sim_expander_address(e, SIM_IOMS_MAX));
		p[20] = (uint8_t) port;
	}
}

static unsigned reported_number(const struct sim_enclosure *e, const struct sim_type *type,
				const struct sim_bay *bay)
{
	switch (e->form.numbers) {
	case SIM_NUMBERS_FROM:
		return e->form.first_number + bay->slot;
	case SIM_NUMBERS_RESTART:
		return e->form.first_number + bay->slot - type->base;
	case SIM_NUMBERS_LIST:
		return e->form.number[bay->slot];
	case SIM_NUMBERS_NONE:
		break;
	}
	return 0xff;
}

static void slot_sas(struct sim_page *page, const struct sim_lu *iom, const struct sim_type *type,
		     const struct sim_bay *bay, unsigned index)
{
	const struct sim_enclosure *e = iom->enclosure;
	unsigned n = e->form.both_phys && e->form.dual_path ? 2 : 1;
	/* EIP = 0 has no slot number: count and type, then the phys at once */
	size_t head = e->form.eip ? 4 : 2;
	size_t start = page->n;
	uint8_t *p = begin(page, &e->form, 0x06, head + 28 * (size_t) n, index);

	if (e->form.empty == SIM_EMPTY_INVALID && !sim_bay_visible(bay))
		page->p[start] |= 0x80;
	p[0] = (uint8_t) n;
	p[1] = n == 1 && e->form.ioms > 1; /* NOT ALL PHYS */
	if (e->form.eip)
		p[3] = (uint8_t) reported_number(e, type, bay);
	for (unsigned i = 0; i < n; i++)
		phy(p + head + 28 * (size_t) i, iom, bay, n > 1 ? i : iom->port);
}

static void slot_nvme(struct sim_page *page, const struct sim_lu *iom, const struct sim_type *type,
		      const struct sim_bay *bay, unsigned index)
{
	size_t start = page->n;
	uint8_t *p = begin(page, &iom->enclosure->form, 0x0b, 76, index);

	if (iom->enclosure->form.empty == SIM_EMPTY_INVALID && !sim_bay_visible(bay))
		page->p[start] |= 0x80;
	p[0] = 1;
	p[1] = 0x20; /* NVMe */
	p[3] = (uint8_t) reported_number(iom->enclosure, type, bay);
	if (!sim_bay_visible(bay))
		return;
	p[6] = 0xe5;
	p[7] = 0xac;
	put_text(p + 8, 20, bay->disk->serial);
	put_text(p + 28, 40, bay->disk->product);
	p[68] = 0x04;			   /* PSN valid */
	p[74] = (uint8_t) (bay->slot + 1); /* little endian */
}

static void electronics(struct sim_page *page, const struct sim_enclosure *e, unsigned which,
			unsigned index)
{
	uint8_t *p = begin(page, &e->form, 0x06, 4 + 12, index);

	p[0] = 1;
	p[1] = 0x40;
	p += 4;
	p[0] = (uint8_t) e->form.slots; /* that phy of the expander */
	p[2] = p[3] = NONE_FOUND;
	if (which < e->form.ioms)
		put64(p + 4, sim_lu_address(&e->iom[which]));
}

/* One phy for each bay, as far as the descriptor's length field goes. */
static void expander(struct sim_page *page, const struct sim_enclosure *e, unsigned which,
		     unsigned index)
{
	unsigned n = e->form.slots < 100 ? e->form.slots : 100;
	uint8_t *p = begin(page, &e->form, 0x06, 12 + 2 * (size_t) n, index);
	struct counts at = { 0 };

	p[0] = (uint8_t) n;
	p[1] = 0x40;
	put64(p + 4, sim_expander_address(e, which));
	memset(p + 12, NONE_FOUND, 2 * (size_t) n);
	for (unsigned t = 0; t < e->n_types; t++) {
		const struct sim_type *type = &e->types[t];

		at.g++;
		for (unsigned i = 0; i < type->count; i++) {
			if (type->is_slot && type->base + i < n)
				p[12 + 2 * (type->base + i) + 1] =
					(uint8_t) other_index(&e->form, &at);
			at.g++;
			at.e++;
			at.a += is_aes(type->code);
		}
	}
}

static void element(struct sim_page *page, const struct sim_lu *iom, const struct sim_type *type,
		    unsigned i, const struct counts *at)
{
	const struct sim_enclosure *e = iom->enclosure;
	unsigned index = head_index(&e->form, type->code, at);

	if (type->is_slot) {
		const struct sim_bay *bay = type->elements[1 + i].bay;

		if (e->form.empty == SIM_EMPTY_SPARSE && !bay->disk)
			return;
		if (bay->nvme)
			slot_nvme(page, iom, type, bay, index);
		else
			slot_sas(page, iom, type, bay, index);
	} else if (type->code == T_ESC && e->form.optional_aes) {
		electronics(page, e, i, index);
	} else if (type->code == T_EXPANDER && e->form.optional_aes) {
		expander(page, e, i, index);
	}
}

static struct sim_bay *bay_of_address(struct sim_enclosure *e, uint64_t address, unsigned *port)
{
	for (unsigned i = 0; i < e->form.slots; i++)
		for (*port = 0; *port < SIM_PORTS; ++*port)
			if (e->bays[i].aes_address[*port] == address)
				return &e->bays[i];
	return NULL;
}

/* The captured bytes, but no address of what has been pulled meanwhile. */
static void revise(struct sim_page *page, struct sim_enclosure *e)
{
	for (size_t at = 8; at + 2 <= page->n; at += 2 + page->p[at + 1]) {
		uint8_t *d = page->p + at;
		size_t head = d[0] & 0x10 ? 4 : 2, length = 2 + (size_t) d[1];
		size_t phys = head + (d[0] & 0x10 ? 4 : 2);

		if ((d[0] & 15) != 0x06 || at + length > page->n || length < phys ||
		    d[head + 1] >> 6)
			continue;
		for (; phys + 28 <= length; phys += 28) {
			uint8_t *p = d + phys;
			unsigned port;
			struct sim_bay *bay = bay_of_address(e, get64(p + 12), &port);

			if ((p[0] >> 4 & 7) == 1 && bay && !sim_bay_visible(bay))
				memset(p, 0, 28);
		}
	}
}

void sim_page_additional(struct sim_page *page, const struct sim_lu *iom)
{
	struct sim_enclosure *e = iom->enclosure;
	struct counts at = { 0 };

	if (e->raw && e->raw[0x0a].bytes) {
		revise(page, e);
		return;
	}
	put32(sim_put(page, 4), e->generation);
	for (unsigned t = 0; t < e->n_types; t++) {
		at.g++;
		for (unsigned i = 0; i < e->types[t].count; i++) {
			element(page, iom, &e->types[t], i, &at);
			at.g++;
			at.e++;
			at.a += is_aes(e->types[t].code);
		}
	}
}
