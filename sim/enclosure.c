/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an enclosure services process says: ses.md 2, pages 00h 01h 02h 05h 07h 08h
 * 09h 0Fh.  Page 0Ah is additional.c, control is steer.c.
 *
 * An enclosure loaded from a capture serves the bytes captured; of page 02h the
 * elements, and of all pages the generation code, are the model's.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/macro.h"
#include "sim/page.h"

struct sim_patch {
	struct sim_patch *next;
	enum sim_patch_kind kind;
	uint8_t page;
	unsigned value, n;
	uint8_t bytes[SIM_PATCH_MAX];
};

uint8_t *sim_put(struct sim_page *page, size_t n)
{
	uint8_t *p = page->p + page->n;

	if (page->n + n > SIM_PAGE_MAX)
		return page->p + SIM_PAGE_MAX;
	memset(p, 0, n);
	page->n += n;
	return p;
}

static void put_bytes(struct sim_page *page, const char *text, size_t n)
{
	memcpy(sim_put(page, n), text, n);
}

bool sim_has_page(const struct sim_enclosure *e, uint8_t code)
{
	static const uint8_t all[] = { 0x00, 0x01, 0x02, 0x05, 0x07, 0x0a, 0x0f };

	if (e->raw && e->raw[code].bytes)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i] == code)
			return !(e->form.missing_pages >> code & 1);
	return false;
}

static void supported_pages(struct sim_page *page, const struct sim_enclosure *e)
{
	for (unsigned code = 0; code < 0x40; code++)
		if (sim_has_page(e, (uint8_t) code))
			*sim_put(page, 1) = (uint8_t) code;
}

static unsigned headers_of(const struct sim_enclosure *e, unsigned sub)
{
	unsigned n = 0;

	for (unsigned t = 0; t < e->n_types; t++)
		n += e->types[t].sub == sub;
	return n;
}

static void configuration(struct sim_page *page, const struct sim_lu *iom)
{
	const struct sim_enclosure *e = iom->enclosure;
	uint8_t *p;

	page->p[1] = (uint8_t) (e->form.subenclosures - 1);
	put32(sim_put(page, 4), e->generation);
	for (unsigned sub = 0; sub < e->form.subenclosures; sub++) {
		char product[32];

		p = sim_put(page, 40);
		p[0] = (uint8_t) ((1 + iom->port) << 4 | e->form.ioms);
		p[1] = (uint8_t) sub;
		p[2] = (uint8_t) headers_of(e, sub);
		p[3] = 36;
		put64(p + 4, e->id + sub);
		put_text(p + 12, 8, e->form.vendor);
		(void) snprintf(product, sizeof(product), sub ? "%.8s DRAWER" : "%.16s",
				e->form.product);
		put_text(p + 20, 16, product);
		put_text(p + 36, 4, e->form.revision);
	}
	for (unsigned t = 0; t < e->n_types; t++) {
		p = sim_put(page, 4);
		p[0] = e->types[t].code;
		p[1] = (uint8_t) e->types[t].count;
		p[2] = e->types[t].sub;
		p[3] = (uint8_t) strlen(e->types[t].text);
	}
	for (unsigned t = 0; t < e->n_types; t++)
		put_bytes(page, e->types[t].text, strlen(e->types[t].text));
}

bool sim_foreign(const struct sim_lu *iom, const struct sim_type *type, unsigned i)
{
	const struct sim_form *form = &iom->enclosure->form;
	unsigned share = (form->slots + form->ioms - 1) / form->ioms;

	return form->split_bays && type->is_slot && i && (type->base + i - 1) / share != iom->port;
}

void sim_element_status(const struct sim_lu *iom, const struct sim_type *type, unsigned i,
			uint8_t ret[static 4])
{
	const struct sim_element *element = &type->elements[i];

	if (sim_foreign(iom, type, i)) {
		memcpy(ret, (uint8_t[]){ 0x08, 0, 0, 0 }, 4); /* no access allowed */
		return;
	}
	memcpy(ret, element->settle_at > clock_monotonic() ? element->before : element->status, 4);
	if (i && type->code == T_ESC && !iom->enclosure->raw)
		ret[2] = (uint8_t) ((ret[2] & ~1) | (i - 1 == iom->port)); /* REPORT */
}

static void enclosure_status(struct sim_page *page, const struct sim_lu *iom)
{
	struct sim_enclosure *e = iom->enclosure;

	put32(sim_put(page, 4), e->generation);
	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; i <= e->types[t].count; i++) {
			uint8_t *p = sim_put(page, 4);

			sim_element_status(iom, &e->types[t], i, p);
			if (i && (p[0] & 15) == 2)
				page->p[1] |= 0x02;
			if (i && (p[0] & 15) == 3)
				page->p[1] |= 0x04;
			if (i && (p[0] & 15) == 4)
				page->p[1] |= 0x01;
		}
	page->p[1] |= (uint8_t) (e->invop << 4 | e->info << 3);
	e->invop = e->info = false;
}

static void thresholds(struct sim_page *page, const struct sim_enclosure *e)
{
	put32(sim_put(page, 4), e->generation);
	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; i <= e->types[t].count; i++) {
			uint8_t *p = sim_put(page, 4);

			if (i && e->types[t].code == T_TEMPERATURE)
				memcpy(p, (uint8_t[]){ 80, 70, 25, 20 }, 4);
			else if (i && e->types[t].code == T_VOLTAGE)
				memcpy(p, (uint8_t[]){ 10, 5, 5, 10 }, 4);
			else if (i && e->types[t].code == T_CURRENT)
				memcpy(p, (uint8_t[]){ 20, 10, 0, 0 }, 4);
		}
}

static void descriptors(struct sim_page *page, const struct sim_enclosure *e)
{
	put32(sim_put(page, 4), e->generation);
	for (unsigned t = 0; t < e->n_types; t++) {
		const struct sim_type *type = &e->types[t];
		size_t n = e->form.overall_names ? strlen(type->text) : 0;

		put16(sim_put(page, 4) + 2, (unsigned) n);
		put_bytes(page, type->text, n);
		for (unsigned i = 1; i <= type->count; i++) {
			char name[SIM_TEXT_MAX];

			n = sim_element_name(e, type, i, name);
			put16(sim_put(page, 4) + 2, (unsigned) n);
			put_bytes(page, name, n);
		}
	}
}

static void nicknames(struct sim_page *page, const struct sim_enclosure *e)
{
	page->p[1] = (uint8_t) (e->form.subenclosures - 1);
	put32(sim_put(page, 4), e->generation);
	for (unsigned i = 0; i < e->form.subenclosures; i++) {
		uint8_t *p = sim_put(page, 40);

		p[1] = (uint8_t) i;
		memcpy(p + 6, "en", 2);
		memcpy(p + 8, e->nickname[i], sizeof(e->nickname[i]));
	}
}

static bool captured(struct sim_page *page, const struct sim_lu *iom, uint8_t code)
{
	struct sim_enclosure *e = iom->enclosure;
	size_t at = 8;

	if (!e->raw || !e->raw[code].bytes)
		return false;
	page->n = e->raw[code].length;
	memcpy(page->p, e->raw[code].bytes, page->n);
	if (page->n >= 8 &&
	    (code == 1 || code == 2 || code == 5 || code == 7 || code == 10 || code == 15))
		put32(page->p + 4, e->generation);
	if (code == 0x0a)
		sim_page_additional(page, iom);
	for (unsigned i = 0; code == 0x0f && i < SIM_SUBENCLOSURES_MAX; i++)
		if (8 + 40 * ((size_t) i + 1) <= page->n)
			memcpy(page->p + 8 + 40 * (size_t) i + 8, e->nickname[i], 32);
	if (code != 0x02)
		return true;
	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; i <= e->types[t].count; i++, at += 4)
			if (at + 4 <= page->n)
				sim_element_status(iom, &e->types[t], i, page->p + at);
	page->p[1] = (uint8_t) ((page->p[1] & 0x07) | e->invop << 4 | e->info << 3);
	e->invop = e->info = false;
	return true;
}

static bool build(struct sim_page *page, const struct sim_lu *iom, uint8_t code)
{
	struct sim_enclosure *e = iom->enclosure;

	page->n = 0;
	sim_put(page, 4)[0] = code;
	if (e->form.short_only) {
		page->p[0] = 0x08;
		return true;
	}
	if (!sim_has_page(e, code))
		return false;
	if (captured(page, iom, code))
		return true;
	switch (code) {
	case 0x00:
		supported_pages(page, e);
		break;
	case 0x01:
		configuration(page, iom);
		break;
	case 0x02:
		enclosure_status(page, iom);
		break;
	case 0x05:
		thresholds(page, e);
		break;
	case 0x07:
		descriptors(page, e);
		break;
	case 0x0a:
		sim_page_additional(page, iom);
		break;
	case 0x0f:
		nicknames(page, e);
		break;
	default:
		return false;
	}
	put16(page->p + 2, (unsigned) (page->n - 4));
	return true;
}

static void apply(struct sim_page *page, const struct sim_patch *patch)
{
	switch (patch->kind) {
	case SIM_PATCH_BYTES:
		memcpy(page->p + patch->value, patch->bytes, patch->n);
		if (patch->value + patch->n > page->n)
			page->n = patch->value + patch->n;
		break;
	case SIM_PATCH_CUT:
		if (patch->value < page->n)
			page->n = patch->value;
		break;
	case SIM_PATCH_LIE:
		put16(page->p + 2, patch->value);
		break;
	case SIM_PATCH_AS:
		break;
	}
}

void sim_change(const struct sim_command *c)
{
	struct sim_enclosure *e = c->lu->enclosure;
	const struct scsi_command *in = c->in;
	int page = in->cdb[0] == 0x1c ? in->cdb[2] : in->out && in->length ? in->out[0] : -1;

	if (!e->change_in || e->change_op != in->cdb[0] ||
	    (e->change_page >= 0 && e->change_page != page))
		return;
	if (!--e->change_in)
		(void) sim_reconfigure(e, e->change_shape[0] ? e->change_shape : NULL);
}

void sim_receive_diagnostic(struct sim_command *c)
{
	static const uint8_t busy[4] = { 0x09, 0x01 };
	const uint8_t *cdb = c->in->cdb;
	struct sim_enclosure *e = c->lu->enclosure;
	uint8_t code = cdb[1] & 1 ? cdb[2] : 0, sent = code;
	struct sim_page *page;

	if (c->busy_page) {
		(void) snprintf(c->note, sizeof(c->note), " busy");
		sim_reply(c, busy, sizeof(busy), get16(cdb + 3));
		return;
	}
	for (struct sim_patch *x = e->patches; x; x = x->next)
		if (x->kind == SIM_PATCH_AS && x->page == code)
			sent = (uint8_t) x->value;
	sim_change(c);
	page = sim_alloc(1, sizeof(*page));
	if (build(page, c->lu, sent)) {
		for (struct sim_patch *x = e->patches; x; x = x->next)
			if (x->page == code)
				apply(page, x);
		sim_reply(c, page->p, page->n, get16(cdb + 3));
	} else {
		sim_check(c, 5, 0x24, 0);
	}
	free(page);
}

void sim_patch_add(struct sim_enclosure *e, enum sim_patch_kind kind, uint8_t page, unsigned value,
		   const uint8_t *bytes, unsigned n)
{
	struct sim_patch *x = sim_alloc(1, sizeof(*x)), **end = &e->patches;

	x->kind = kind;
	x->page = page;
	x->value = value;
	x->n = n;
	if (n)
		memcpy(x->bytes, bytes, n);
	while (*end)
		end = &(*end)->next;
	*end = x;
}

void sim_patches_clear(struct sim_enclosure *e)
{
	struct sim_patch *x;

	while ((x = e->patches)) {
		e->patches = x->next;
		free(x);
	}
}
