/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An enclosure out of its own pages, so that a bug report is a test.
 *
 * The file is what `sg_ses --inhex` reads: bytes in hex, '#' begins a comment,
 * pages one after another, best with an empty line before each, which shows the true end of
 * a page whose length field lies.  Pages are kept as they are; parsed is only what the model
 * needs to behave: elements, bays, and the addresses of their disks.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "sim/page.h"

#define LINE_LENGTH 4096
#define AES_MAX 512U

struct capture {
	struct sim_raw pages[256];
	uint8_t *block; /* bytes since the last empty line */
	size_t n;
	char reason[160];
};

static bool fail(struct capture *c, const char *reason)
{
	(void) snprintf(c->reason, sizeof(c->reason), "%s", reason);
	return false;
}

static void keep_page(struct capture *c, const uint8_t *p, size_t n)
{
	struct sim_raw *raw = &c->pages[p[0]];

	if (raw->bytes) /* the first one counts, as for sg_ses */
		return;
	raw->bytes = sim_alloc(n, 1);
	raw->length = n;
	memcpy(raw->bytes, p, n);
}

/* A block is a page, or several that follow each other as their lengths say. */
static void keep_block(struct capture *c)
{
	size_t at = 0;

	while (c->n - at >= 4) {
		size_t length = 4 + (size_t) get16(c->block + at + 2);

		if (length > c->n - at)
			length = c->n - at;
		keep_page(c, c->block + at, length);
		at += length;
	}
	c->n = 0;
}

static bool read_line(struct capture *c, char *line)
{
	char *end, *s = line;

	line[strcspn(line, "#\r\n")] = '\0';
	s += strspn(s, " \t,");
	for (; *s; s = end + strspn(end, " \t,")) {
		unsigned long byte = strtoul(s, &end, 16);

		if (end == s || byte > 255 || end - s > 4)
			return fail(c, "not a byte in hex");
		if (c->n == SIM_PAGE_MAX)
			return fail(c, "too long");
		c->block[c->n++] = (uint8_t) byte;
	}
	return true;
}

static bool read_file(struct capture *c, FILE *f, int *line_number)
{
	char line[LINE_LENGTH];

	c->block = sim_alloc(SIM_PAGE_MAX, 1);
	while (fgets(line, sizeof(line), f)) {
		++*line_number;
		if (!line[strspn(line, " \t\r\n")])
			keep_block(c);
		else if (!read_line(c, line))
			return false;
	}
	keep_block(c);
	return true;
}

/* ---- elements ----------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const uint8_t *from, size_t n)
{
	(void) text_clean(to, size, from, n);
}

/* Page 01h: enclosure descriptors, then headers, then texts.  ses.md 2.2. */
static bool read_configuration(struct capture *c, struct sim_enclosure *e)
{
	const struct sim_raw *raw = &c->pages[1];
	const uint8_t *p = raw->bytes;
	size_t at = 8, headers = 0, text;

	if (!p || raw->length < 12)
		return fail(c, "page 01h is missing or too short");
	e->form.subenclosures = p[1] + 1U;
	e->generation = get32(p + 4);
	e->form.generation_fixed = e->generation == 0;
	for (unsigned i = 0; i < e->form.subenclosures; i++) {
		const uint8_t *d = p + at;

		if (at + 4 > raw->length || at + 4 + d[3] > raw->length)
			return fail(c, "page 01h: an enclosure descriptor ends beyond the page");
		headers += d[2];
		if (!i && d[3] >= 36) {
			e->id = get64(d + 4);
			copy_text(e->form.vendor, sizeof(e->form.vendor), d + 12, 8);
			copy_text(e->form.product, sizeof(e->form.product), d + 20, 16);
			copy_text(e->form.revision, sizeof(e->form.revision), d + 36, 4);
		}
		at += 4 + (size_t) d[3];
	}
	text = at + 4 * headers;
	for (; headers--; at += 4) {
		char name[SIM_TEXT_MAX * 2] = "";

		if (at + 4 > raw->length)
			return fail(c, "page 01h: a type header is beyond the page");
		if (text + p[at + 3] <= raw->length)
			copy_text(name, SIM_TEXT_MAX, p + text, p[at + 3]);
		text += p[at + 3];
		if (!sim_type_add(e, p[at], p[at + 1], p[at + 2], name))
			return fail(c, "page 01h: too many type headers");
	}
	return true;
}

static bool wire_bays(struct capture *c, struct sim_enclosure *e)
{
	unsigned n = 0;

	for (unsigned t = 0; t < e->n_types; t++) {
		e->types[t].is_slot =
			e->types[t].code == T_DEVICE_SLOT || e->types[t].code == T_ARRAY_SLOT;
		if (!e->types[t].is_slot)
			continue;
		e->types[t].base = n;
		n += e->types[t].count;
	}
	if (n > SIM_SLOTS_MAX)
		return fail(c, "too many slots");
	e->form.slots = n;
	sim_enclosure_wire(e);
	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; e->types[t].is_slot && i < e->types[t].count; i++) {
			struct sim_bay *bay = &e->bays[e->types[t].base + i];

			bay->element = &e->types[t].elements[1 + i];
			bay->element->bay = bay;
		}
	return true;
}

static void read_status(struct capture *c, struct sim_enclosure *e)
{
	const struct sim_raw *raw = &c->pages[2];
	size_t at = 8;

	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; i <= e->types[t].count; i++, at += 4)
			if (at + 4 <= raw->length)
				memcpy(e->types[t].elements[i].status, raw->bytes + at, 4);
}

static void read_names(struct capture *c, struct sim_enclosure *e)
{
	const struct sim_raw *raw = &c->pages[7];
	size_t at = 8;

	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 0; i <= e->types[t].count; i++) {
			struct sim_element *element = &e->types[t].elements[i];
			size_t n;

			if (!raw->bytes || at + 4 > raw->length)
				return;
			n = get16(raw->bytes + at + 2);
			if (at + 4 + n > raw->length)
				return;
			element->name = sim_alloc(n, 1);
			element->name_length = n;
			memcpy(element->name, raw->bytes + at + 4, n);
			at += 4 + n;
		}
}

/* ---- page 0Ah ----------------------------------------------------------------------- */

enum counting { BY_INDEX, BY_OVERALL, BY_POSITION, COUNTINGS };

/* The element that the index means, NULL = none. */
static struct sim_element *by_index(struct sim_enclosure *e, unsigned index, bool overall)
{
	for (unsigned t = 0; t < e->n_types; t++) {
		if (overall && !index--)
			return NULL;
		if (index < e->types[t].count)
			return &e->types[t].elements[1 + index];
		index -= e->types[t].count;
	}
	return NULL;
}

static struct sim_bay *bay_of(struct sim_enclosure *e, const uint8_t *d, unsigned position,
			      enum counting counting)
{
	struct sim_element *element;
	bool overall = counting == BY_OVERALL || (d[2] & 3) == 1;

	if (counting == BY_POSITION)
		return position < e->form.slots ? &e->bays[position] : NULL;
	element = d[0] & 0x10 ? by_index(e, d[3], overall) : NULL;
	return element ? element->bay : NULL;
}

/* Slot descriptors, in page order.  Returns how many. */
static unsigned slot_descriptors(const struct sim_raw *raw, const uint8_t *found[AES_MAX])
{
	unsigned n = 0;

	if (!raw->bytes)
		return 0;
	for (size_t at = 8; at + 2 <= raw->length; at += 2 + (size_t) raw->bytes[at + 1]) {
		const uint8_t *d = raw->bytes + at;
		size_t head = d[0] & 0x10 ? 4 : 2;

		if (at + 2 + d[1] > raw->length || d[1] < head)
			break;
		if (n < AES_MAX && ((d[0] & 15) == 0x0b || !(d[head + 1] >> 6)))
			found[n++] = d;
	}
	return n;
}

static bool fits(struct sim_enclosure *e, const uint8_t *const *d, unsigned n, enum counting how)
{
	bool taken[SIM_SLOTS_MAX] = { false };

	for (unsigned i = 0; i < n; i++) {
		struct sim_bay *bay = bay_of(e, d[i], i, how);

		if (!bay || taken[bay->slot])
			return false;
		taken[bay->slot] = true;
	}
	return true;
}

static unsigned occurrences(const uint8_t *const *d, unsigned n, uint64_t address)
{
	unsigned times = 0;

	for (unsigned i = 0; i < n; i++) {
		size_t at = d[i][0] & 0x10 ? 8 : 4, end = 2 + (size_t) d[i][1];

		for (; (d[i][0] & 15) == 0x06 && at + 28 <= end; at += 28)
			times += get64(d[i] + at + 12) == address;
	}
	return times;
}

static void seat(struct sim_bay *bay, const uint8_t *const *all, unsigned n, const uint8_t *d)
{
	size_t at = d[0] & 0x10 ? 8 : 4, end = 2 + (size_t) d[1];
	unsigned port = 0;

	if ((d[0] & 0x8f) != 0x06) /* INVALID, or not SAS */
		return;
	for (; at + 28 <= end && port < SIM_PORTS; at += 28) {
		uint64_t address = get64(d + at + 12);

		if ((d[at] >> 4 & 7) != 1 || !address || occurrences(all, n, address) != 1)
			continue;
		if (!port)
			bay->sata_bay = d[at + 3] & 0x01;
		bay->aes_address[port++] = address;
	}
	if (port)
		sim_bay_insert(bay, sim_disk_new(bay), false);
}

static void read_additional(struct capture *c, struct sim_enclosure *e)
{
	const uint8_t *found[AES_MAX];
	unsigned n = slot_descriptors(&c->pages[0x0a], found);

	for (enum counting how = BY_INDEX; how < COUNTINGS; how++) {
		if (!fits(e, found, n, how))
			continue;
		for (unsigned i = 0; i < n; i++)
			seat(bay_of(e, found[i], i, how), found, n, found[i]);
		return;
	}
}

/* ---- all ----------------------------------------------------------------------------- */

static void usual_form(struct sim_form *f)
{
	f->ioms = f->slot_headers = 1;
	f->encserv = true;
	f->disk_bytes = 4000787030016ULL;
	f->disk_rotation = 7200;
	memcpy(f->disk_vendor, "SIM", 4);
	memcpy(f->disk_product, "CAPTURED BAY", 13);
	memcpy(f->disk_revision, "0001", 5);
	f->slot_names = sim_copy("Slot {n}");
	f->missing_pages = ~1ULL; /* but what was captured, and 00h */
}

static bool assemble(struct capture *c, struct rack *rack)
{
	struct sim_enclosure *e = sim_enclosure_new(rack, "capture");

	usual_form(&e->form);
	if (!read_configuration(c, e) || !wire_bays(c, e))
		return false;
	if (!c->pages[2].bytes || c->pages[2].length < 8)
		return fail(c, "page 02h is missing or too short");
	sim_lu_plug(&e->iom[0]);
	read_names(c, e);
	read_additional(c, e);
	read_status(c, e);
	for (unsigned i = 0; i < SIM_SUBENCLOSURES_MAX; i++)
		if (c->pages[0x0f].bytes && 8 + 40 * ((size_t) i + 1) <= c->pages[0x0f].length)
			memcpy(e->nickname[i], c->pages[0x0f].bytes + 8 + 40 * (size_t) i + 8, 32);
	e->raw = sim_alloc(1, sizeof(c->pages));
	memcpy(e->raw, c->pages, sizeof(c->pages));
	memset(c->pages, 0, sizeof(c->pages));
	e->info = false;
	return true;
}

int rack_load_capture(const char *file, struct rack *rack, char *error, size_t size)
{
	struct capture *c = sim_alloc(1, sizeof(*c));
	FILE *f = fopen(file, "re");
	int line = 0, r = 0;

	if (!f) {
		r = -errno;
		(void) snprintf(error, size, "%s: %s", file, strerror(-r));
	} else if (!read_file(c, f, &line)) {
		r = -EINVAL;
		(void) snprintf(error, size, "%s:%d: %s", file, line, c->reason);
	} else {
		rack_lock(rack);
		if (!assemble(c, rack)) {
			r = -EBADMSG;
			(void) snprintf(error, size, "%s: %s", file, c->reason);
		}
		rack_unlock(rack);
	}
	if (f)
		(void) fclose(f);
	for (unsigned i = 0; i < 256; i++)
		free(c->pages[i].bytes);
	free(c->block);
	free(c);
	return r;
}

bool capture_recognize(const char *file)
{
	char line[LINE_LENGTH];
	FILE *f = fopen(file, "re");
	bool hex = false;

	while (f && fgets(line, sizeof(line), f)) {
		const char *s = line + strspn(line, " \t\r\n");

		if (!*s || *s == '#')
			continue;
		hex = isxdigit((unsigned char) *s) &&
		      strspn(s, "0123456789abcdefABCDEF, \t\r\n") == strcspn(s, "#");
		break;
	}
	if (f)
		(void) fclose(f);
	return hex;
}
