/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/enclosure/fake-enclosure.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "tests/enclosure/fake-clock.h"

#define PLACES_MAX 4096U
#define PAGE_MAX 65536U

/* One for all, since a test has one world at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;

/* ---- what there is ------------------------------------------------------------- */

static int world_open(struct transport *t, const char *node, struct scsi_device **ret);
static void world_close(struct scsi_device *device);
static void world_execute(struct scsi_device *device, const struct scsi_command *command,
			  struct scsi_result *result);

void fake_world_init(struct fake_world *world)
{
	memset(world, 0, sizeof(*world));
	world->transport = (struct transport){ .open = world_open,
					       .close = world_close,
					       .execute = world_execute };
}

static void shelf_end(struct fake_shelf *shelf)
{
	for (unsigned t = 0; t < shelf->n_types; t++)
		for (unsigned i = 0; i < shelf->types[t].n; i++)
			free(shelf->types[t].elements[i]);
	free(shelf);
}

void fake_world_end(struct fake_world *world)
{
	ck_assert_uint_eq(world->open, 0);
	for (unsigned i = 0; i < world->n_shelves; i++) {
		ck_assert_msg(world->shelves[i]->violations == 0, "%s",
			      world->shelves[i]->violation);
		shelf_end(world->shelves[i]);
	}
}

void fake_lock(_unused_ struct fake_world *world)
{
	(void) pthread_mutex_lock(&lock);
}

void fake_unlock(_unused_ struct fake_world *world)
{
	(void) pthread_mutex_unlock(&lock);
}

bool fake_shows(const struct fake_element *e, unsigned iom, unsigned byte, uint8_t bits)
{
	bool shows;

	fake_lock(NULL);
	shows = (e->status[iom][byte] & bits) == bits;
	fake_unlock(NULL);
	return shows;
}

struct fake_shelf *fake_shelf(struct fake_world *world, uint64_t logical_id, const char *vendor,
			      const char *product)
{
	struct fake_shelf *shelf = calloc(1, sizeof(*shelf));

	ck_assert_ptr_nonnull(shelf);
	ck_assert_uint_lt(world->n_shelves, FAKE_IOMS_OF_WORLD_MAX);
	shelf->world = world;
	shelf->logical_id = logical_id;
	(void) snprintf(shelf->vendor, sizeof(shelf->vendor), "%-8s", vendor);
	(void) snprintf(shelf->product, sizeof(shelf->product), "%-16s", product);
	(void) snprintf(shelf->revision, sizeof(shelf->revision), "0001");
	shelf->generation = 7;
	shelf->eiioe = 1;
	world->shelves[world->n_shelves++] = shelf;
	return shelf;
}

struct fake_iom *fake_iom(struct fake_shelf *shelf, const char *node, uint64_t sas_address)
{
	struct fake_world *world = shelf->world;
	struct fake_iom *iom = &shelf->ioms[shelf->n_ioms];

	ck_assert_uint_lt(shelf->n_ioms, FAKE_IOMS_MAX);
	ck_assert_uint_lt(world->n_ioms, FAKE_IOMS_OF_WORLD_MAX);
	iom->shelf = shelf;
	iom->n = shelf->n_ioms++;
	(void) snprintf(iom->node, sizeof(iom->node), "%s", node);
	iom->sas_address = sas_address;
	world->ioms[world->n_ioms++] = iom;
	return iom;
}

static void all_ways(struct fake_element *e, unsigned byte, uint8_t value)
{
	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++)
		e->status[w][byte] = e->target[w][byte] = value;
}

static bool is_bay(uint8_t type)
{
	return type == 0x01 || type == 0x17;
}

static struct fake_element *element_new(uint8_t type)
{
	struct fake_element *e = calloc(1, sizeof(*e));

	ck_assert_ptr_nonnull(e);
	e->type = type;
	e->number = -1;
	all_ways(e, 0, is_bay(type) ? 5 : 1);
	/* power supply, fan: hot swap, requested on */
	if (type == 0x02 || type == 0x03)
		all_ways(e, 3, 0xa0);
	if (type == 0x04) {
		all_ways(e, 1, 0x05); /* an offset that must be carried */
		all_ways(e, 2, 20 + 27);
	}
	return e;
}

struct fake_type *fake_type(struct fake_shelf *shelf, uint8_t type, unsigned n, const char *text)
{
	struct fake_type *t = &shelf->types[shelf->n_types++];

	ck_assert_uint_le(shelf->n_types, FAKE_TYPES_MAX);
	t->type = type;
	(void) snprintf(t->text, sizeof(t->text), "%s", text);
	for (t->n = 0; t->n < n; t->n++)
		t->elements[t->n] = element_new(type);
	return t;
}

void fake_text(struct fake_element *element, const char *text)
{
	element->text_length = strlen(text);
	ck_assert_uint_le(element->text_length, sizeof(element->text));
	memcpy(element->text, text, element->text_length);
}

void fake_fill(struct fake_shelf *shelf, unsigned bays)
{
	struct fake_type *slots = fake_type(shelf, 0x17, bays, "Drive Slots");
	char text[32];

	for (unsigned i = 0; i < bays; i++) {
		(void) snprintf(text, sizeof(text), "SLOT %02u", i);
		fake_text(slots->elements[i], text);
		slots->elements[i]->number = (int) i;
	}
	(void) fake_type(shelf, 0x02, 2, "PSU");
	(void) fake_type(shelf, 0x03, 2, "Fan");
	(void) fake_type(shelf, 0x04, 1, "Temp");
	(void) fake_type(shelf, 0x07, shelf->n_ioms ? shelf->n_ioms : 1, "IOM");
	(void) fake_type(shelf, 0x06, 1, "Alarm");
	(void) fake_type(shelf, 0x0e, 1, "Chassis");
}

struct fake_element *fake_element(struct fake_shelf *shelf, uint8_t type, unsigned n)
{
	for (unsigned t = 0; t < shelf->n_types; t++)
		if (shelf->types[t].type == type) {
			if (n < shelf->types[t].n)
				return shelf->types[t].elements[n];
			n -= shelf->types[t].n;
		}
	ck_abort_msg("no such element");
	return NULL;
}

struct fake_element *fake_bay(struct fake_shelf *shelf, unsigned n)
{
	return fake_element(shelf, 0x17, n);
}

void fake_insert(struct fake_element *bay, uint64_t address)
{
	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++) {
		bay->status[w][0] = bay->target[w][0] = (uint8_t) ((bay->status[w][0] & 0xf0) | 1);
		bay->address[w] = address + w;
	}
	bay->device_type = 1;
}

void fake_empty(struct fake_element *bay)
{
	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++) {
		bay->status[w][0] = bay->target[w][0] = (uint8_t) ((bay->status[w][0] & 0xf0) | 5);
		bay->address[w] = 0;
	}
	bay->device_type = 0;
}

void fake_set(struct fake_element *element, unsigned byte, uint8_t mask, uint8_t bits)
{
	fake_lock(NULL);
	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++) {
		element->status[w][byte] = (uint8_t) ((element->status[w][byte] & ~mask) | bits);
		element->target[w][byte] = (uint8_t) ((element->target[w][byte] & ~mask) | bits);
	}
	fake_unlock(NULL);
}

static void moved_on(struct fake_shelf *shelf)
{
	if (!shelf->generation_stuck)
		shelf->generation++;
}

struct fake_element *fake_add(struct fake_shelf *shelf, struct fake_type *type, unsigned at)
{
	ck_assert_uint_lt(type->n, FAKE_OF_TYPE_MAX);
	memmove(&type->elements[at + 1], &type->elements[at],
		(type->n - at) * sizeof(type->elements[0]));
	type->elements[at] = element_new(type->type);
	type->n++;
	moved_on(shelf);
	return type->elements[at];
}

void fake_remove(struct fake_shelf *shelf, struct fake_type *type, unsigned at)
{
	ck_assert_uint_lt(at, type->n);
	free(type->elements[at]);
	type->n--;
	memmove(&type->elements[at], &type->elements[at + 1],
		(type->n - at) * sizeof(type->elements[0]));
	moved_on(shelf);
}

void fake_swap(struct fake_shelf *shelf, struct fake_type *type, unsigned a, unsigned b)
{
	struct fake_element *e = type->elements[a];

	type->elements[a] = type->elements[b];
	type->elements[b] = e;
	moved_on(shelf);
}

/* ---- moods ------------------------------------------------------------------------ */

void fake_trouble(struct fake_iom *iom, const struct fake_trouble *trouble)
{
	fake_lock(iom->shelf->world);
	ck_assert_uint_lt(iom->n_troubles, FAKE_TROUBLES_MAX);
	iom->troubles[iom->n_troubles++] = *trouble;
	fake_unlock(iom->shelf->world);
}

void fake_no_trouble(struct fake_iom *iom)
{
	fake_lock(iom->shelf->world);
	iom->n_troubles = 0;
	fake_unlock(iom->shelf->world);
}

void fake_release(struct fake_iom *iom)
{
	fake_lock(iom->shelf->world);
	iom->released++;
	(void) pthread_cond_broadcast(&released);
	fake_unlock(iom->shelf->world);
}

bool fake_hanging(struct fake_iom *iom)
{
	bool hanging;

	fake_lock(iom->shelf->world);
	hanging = iom->hanging > 0;
	fake_unlock(iom->shelf->world);
	return hanging;
}

void fake_attention(struct fake_iom *iom, uint8_t asc, uint8_t ascq)
{
	fake_lock(iom->shelf->world);
	ck_assert_uint_lt(iom->n_attentions, 16);
	iom->attentions[iom->n_attentions].asc = asc;
	iom->attentions[iom->n_attentions++].ascq = ascq;
	fake_unlock(iom->shelf->world);
}

static void forget_requests(struct fake_element *e)
{
	static const uint8_t bay[4] = { 0x40, 0xff, 0x4e, 0x30 };
	static const uint8_t other[4] = { 0x40, 0x80, 0x00, 0x00 };

	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++) {
		for (unsigned b = 0; b < 4; b++)
			e->target[w][b] &= (uint8_t) ~(is_bay(e->type) ? bay[b] : other[b]);
		memcpy(e->status[w], e->target[w], 4);
		e->ripe[w] = 0;
	}
}

void fake_reset(struct fake_shelf *shelf)
{
	fake_lock(shelf->world);
	for (unsigned t = 0; t < shelf->n_types; t++)
		for (unsigned i = 0; i < shelf->types[t].n; i++)
			forget_requests(shelf->types[t].elements[i]);
	fake_unlock(shelf->world);
	for (unsigned w = 0; w < shelf->n_ioms; w++)
		fake_attention(&shelf->ioms[w], 0x29, 0x00);
}

void fake_count(struct fake_shelf *shelf)
{
	fake_lock(shelf->world);
	shelf->logged = 0;
	shelf->log[0] = '\0';
	shelf->commands = 0;
	for (unsigned w = 0; w < shelf->n_ioms; w++) {
		struct fake_iom *iom = &shelf->ioms[w];

		memset(iom->reads, 0, sizeof(iom->reads));
		iom->sends = iom->commands = iom->opened = 0;
	}
	fake_unlock(shelf->world);
}

static void violated(struct fake_shelf *shelf, const char *what)
{
	if (shelf->violations++ == 0)
		(void) snprintf(shelf->violation, sizeof(shelf->violation),
				"the client sent what it must not: %s (log: %.80s)", what,
				shelf->log);
}

static void note(struct fake_iom *iom, char what, unsigned page)
{
	struct fake_shelf *shelf = iom->shelf;

	if (shelf->logged + 8 < sizeof(shelf->log))
		shelf->logged += (size_t) snprintf(shelf->log + shelf->logged,
						   sizeof(shelf->log) - shelf->logged, "%c:%c%02x ",
						   (char) ('A' + iom->n), what, page);
}

/* ---- pages -------------------------------------------------------------------------- */

/* Everything in the order of this way's pages; element NULL = overall. */
struct place {
	struct fake_type *type;
	struct fake_element *element;
};

static struct fake_type *type_at(const struct fake_iom *iom, unsigned i)
{
	struct fake_shelf *shelf = iom->shelf;

	return &shelf->types[iom->types_reversed ? shelf->n_types - 1 - i : i];
}

static unsigned layout(const struct fake_iom *iom, struct place *places)
{
	unsigned n = 0;

	for (unsigned t = 0; t < iom->shelf->n_types; t++) {
		struct fake_type *type = type_at(iom, t);

		places[n++] = (struct place){ type, NULL };
		for (unsigned i = 0; i < type->n; i++) {
			bool turn = iom->slots_reversed && is_bay(type->type);

			ck_assert_uint_lt(n, PLACES_MAX);
			places[n++] =
				(struct place){ type, type->elements[turn ? type->n - 1 - i : i] };
		}
	}
	return n;
}

struct out {
	uint8_t *p;
	size_t n;
};

static void put(struct out *o, const void *bytes, size_t n)
{
	ck_assert_uint_le(o->n + n, PAGE_MAX);
	memcpy(o->p + o->n, bytes, n);
	o->n += n;
}

static void put8(struct out *o, unsigned v)
{
	uint8_t b = (uint8_t) v;

	put(o, &b, 1);
}

static void put32(struct out *o, uint32_t v)
{
	put8(o, v >> 24);
	put8(o, v >> 16);
	put8(o, v >> 8);
	put8(o, v);
}

static void put64(struct out *o, uint64_t v)
{
	put32(o, (uint32_t) (v >> 32));
	put32(o, (uint32_t) v);
}

static void page_00(const struct fake_shelf *shelf, struct out *o)
{
	static const uint8_t pages[] = { 0x00, 0x01, 0x02, 0x07, 0x0a, 0x0f };

	for (unsigned i = 0; i < sizeof(pages); i++)
		if (shelf->all_listed || !(shelf->missing >> pages[i] & 1))
			put8(o, pages[i]);
}

static void page_01(const struct fake_iom *iom, struct out *o)
{
	const struct fake_shelf *shelf = iom->shelf;

	put32(o, shelf->generation);
	put8(o, (iom->n + 1) << 4 | shelf->n_ioms);
	put8(o, 0);
	put8(o, shelf->n_types);
	put8(o, 36);
	put64(o, shelf->logical_id);
	put(o, shelf->vendor, 8);
	put(o, shelf->product, 16);
	put(o, shelf->revision, 4);
	for (unsigned t = 0; t < shelf->n_types; t++) {
		const struct fake_type *type = type_at(iom, t);

		put8(o, type->type);
		put8(o, type->n);
		put8(o, type->subenclosure);
		put8(o, (unsigned) strlen(type->text));
	}
	for (unsigned t = 0; t < shelf->n_types; t++)
		put(o, type_at(iom, t)->text, strlen(type_at(iom, t)->text));
}

static void ripen(struct fake_element *e, unsigned w)
{
	if (clock_monotonic() >= e->ripe[w])
		memcpy(e->status[w], e->target[w], 4);
}

static void page_02(struct fake_iom *iom, struct out *o, const struct place *places, unsigned n)
{
	static const uint8_t overall[4], hidden[4] = { 8, 0, 0, 0 };
	unsigned of_electronics = 0;

	o->p[1] = iom->invop ? 0x10 : 0;
	iom->invop -= iom->invop > 0;
	put32(o, iom->shelf->generation);
	for (unsigned i = 0; i < n - iom->shelf->extra_zeros; i++) {
		struct fake_element *e = places[i].element;
		uint8_t bytes[4];

		if (!e) {
			put(o, overall, 4);
			continue;
		}
		if (e->no_access >> iom->n & 1) {
			put(o, hidden, 4);
			continue;
		}
		ripen(e, iom->n);
		memcpy(bytes, e->status[iom->n], 4);
		if (e->type == 0x07 && of_electronics++ == iom->n)
			bytes[2] |= 1; /* REPORT */
		put(o, bytes, 4);
	}
}

static void page_07(const struct fake_iom *iom, struct out *o, const struct place *places,
		    unsigned n)
{
	put32(o, iom->shelf->generation);
	for (unsigned i = 0; i < n; i++) {
		const struct fake_element *e = places[i].element;
		size_t length = e ? e->text_length : 0;

		put8(o, 0);
		put8(o, 0);
		put8(o, (unsigned) length >> 8);
		put8(o, (unsigned) length);
		if (length)
			put(o, e->text, length);
	}
}

static void descriptor_head(const struct fake_shelf *shelf, struct out *o,
			    const struct fake_element *e, unsigned body, unsigned index)
{
	if (shelf->eiioe < 0) {
		put8(o, 6 | (e->invalid ? 0x80 : 0));
		put8(o, body);
		return;
	}
	put8(o, 0x10 | 6 | (e->invalid ? 0x80 : 0));
	put8(o, body + 2);
	put8(o, (unsigned) shelf->eiioe);
	put8(o, index);
}

static void slot_descriptor(const struct fake_iom *iom, struct out *o, const struct fake_element *e,
			    unsigned index)
{
	const struct fake_shelf *shelf = iom->shelf;
	static const uint8_t zeros[8];

	if (shelf->eiioe < 0) {
		descriptor_head(shelf, o, e, 2 + 28, 0);
		put8(o, 1);
		put8(o, 0);
	} else {
		descriptor_head(shelf, o, e, 4 + 28, index);
		put8(o, 1);
		put8(o, shelf->n_ioms > 1);
		put8(o, 0);
		put8(o, e->number < 0 ? 0xff : (unsigned) e->number);
	}
	put8(o, (unsigned) e->device_type << 4);
	put8(o, 0);
	put8(o, 0);
	put8(o, e->device_type ? 8 : 0);
	put64(o, 0x5000ace0000000f0 + iom->n);
	put64(o, e->address[iom->n]);
	put(o, zeros, 8);
}

static void electronics_descriptor(const struct fake_iom *iom, struct out *o,
				   const struct fake_element *e, unsigned index, uint64_t address)
{
	const struct fake_shelf *shelf = iom->shelf;

	descriptor_head(shelf, o, e, 4 + 12, index);
	put8(o, 1);
	put8(o, 0x40);
	put8(o, 0);
	put8(o, 0);
	put8(o, 24);
	put8(o, 0);
	put8(o, 0xff);
	put8(o, 0xff);
	put64(o, address);
}

static void page_0a(const struct fake_iom *iom, struct out *o, const struct place *places,
		    unsigned n)
{
	const struct fake_shelf *shelf = iom->shelf;
	unsigned individual = 0, electronics = 0;

	put32(o, shelf->generation);
	for (unsigned i = 0; i < n; i++) {
		const struct fake_element *e = places[i].element;
		unsigned index;

		if (!e)
			continue;
		index = shelf->eiioe == 1 ? i : individual;
		individual++;
		if (e->no_descriptor)
			continue;
		if (is_bay(e->type))
			slot_descriptor(iom, o, e, index);
		else if (e->type == 0x07 && electronics < shelf->n_ioms)
			electronics_descriptor(iom, o, e, index,
					       shelf->ioms[electronics++].sas_address);
	}
}

static void page_0f(const struct fake_shelf *shelf, struct out *o)
{
	static const uint8_t zeros[8];

	put32(o, shelf->generation);
	put(o, zeros, 8);
	put(o, shelf->nickname, 32);
}

/* False: there is no such page. */
static bool page_make(struct fake_iom *iom, uint8_t page, struct out *o)
{
	static struct place places[PLACES_MAX];
	unsigned n = layout(iom, places);
	size_t body;

	if ((iom->shelf->missing >> (page & 0x3f) & 1) || (page == 0 && iom->shelf->no_list))
		return false;
	o->n = 4;
	memset(o->p, 0, 4);
	o->p[0] = page;
	switch (page) {
	case 0x00:
		page_00(iom->shelf, o);
		break;
	case 0x01:
		page_01(iom, o);
		break;
	case 0x02:
		page_02(iom, o, places, n);
		break;
	case 0x07:
		page_07(iom, o, places, n);
		break;
	case 0x0a:
		page_0a(iom, o, places, n);
		break;
	case 0x0f:
		page_0f(iom->shelf, o);
		break;
	default:
		return false;
	}
	body = o->n - 4;
	o->p[2] = (uint8_t) (body >> 8);
	o->p[3] = (uint8_t) body;
	return true;
}

/* ---- control ------------------------------------------------------------------------- */

/* What the element will show; ses.md section 3, right hand columns to left hand columns. */
static void apply_bay(struct fake_shelf *shelf, uint8_t type, const uint8_t c[4], uint8_t t[4])
{
	t[0] = (uint8_t) ((t[0] & 0x1f) | (c[0] & 0x60));
	if (c[0] & 0x10)
		t[0] &= (uint8_t) ~0x10;
	if (type == 0x17)
		t[1] = c[1];
	else if (c[1])
		violated(shelf, "byte 1 of a device slot is reserved in control");
	if (c[2] & 0x90)
		violated(shelf, "RQST ACTIVE or RQST MISSING");
	if (c[2] & 0x21 || c[3] & 0xc3)
		violated(shelf, "reserved bits of a slot");
	t[2] = (uint8_t) ((t[2] & ~0x4e) | (c[2] & 0x4e));
	t[3] = (uint8_t) ((t[3] & ~0x30) | (c[3] & 0x30));
}

static void apply_other(struct fake_shelf *shelf, uint8_t type, const uint8_t c[4], uint8_t t[4])
{
	t[0] = (uint8_t) ((t[0] & 0x1f) | (c[0] & 0x60));
	switch (type) {
	case 0x02:
	case 0x03:
		if (!(c[3] & 0x20))
			violated(shelf, "a power supply or fan was switched off");
		if (type == 0x03 && c[3] & 0x07)
			violated(shelf, "a fan's speed was set");
		t[1] = (uint8_t) ((t[1] & ~0xc0) | (c[1] & 0xc0));
		t[3] = (uint8_t) ((t[3] & ~0x60) | (c[3] & 0x60));
		break;
	case 0x04:
		t[1] = (uint8_t) (c[1] & 0xff);
		break;
	case 0x06:
		t[1] = (uint8_t) (c[1] & 0xc0);
		t[3] = (uint8_t) ((t[3] & ~0x5f) | (c[3] & 0x5f));
		break;
	case 0x07:
		if (c[1] & 0x0c || c[2] & 1)
			violated(shelf, "an IOM was reset or selected");
		t[1] = (uint8_t) ((t[1] & ~0xf0) | (c[1] & 0xf0));
		break;
	case 0x0e:
		if (c[2] || c[3] & 0xfc)
			violated(shelf, "a power cycle");
		t[1] = (uint8_t) (c[1] & 0x80);
		t[3] = (uint8_t) ((t[3] & 0xfc) | (c[3] & 3));
		break;
	default:
		t[1] = (uint8_t) ((t[1] & ~0xc0) | (c[1] & 0xc0));
		break;
	}
}

static void apply(struct fake_iom *iom, struct fake_element *e, const uint8_t c[4])
{
	struct fake_shelf *shelf = iom->shelf;
	uint8_t before[4];

	e->writes[iom->n]++;
	memcpy(e->heard[iom->n], c, 4);
	if ((e->dead | e->no_access) >> iom->n & 1)
		return;
	memcpy(before, e->target[iom->n], 4);
	for (unsigned w = 0; w < FAKE_IOMS_MAX; w++) {
		if (w != iom->n && shelf->independent)
			continue;
		if (is_bay(e->type))
			apply_bay(shelf, e->type, c, e->target[w]);
		else
			apply_other(shelf, e->type, c, e->target[w]);
		e->ripe[w] = shelf->late_us ? clock_monotonic() + shelf->late_us : 0;
		ripen(e, w);
	}
}

static void sense(struct scsi_result *result, unsigned key, unsigned asc, unsigned ascq)
{
	result->ending = SCSI_SENSE;
	result->status = 2;
	result->key = (uint8_t) key;
	result->asc = (uint8_t) asc;
	result->ascq = (uint8_t) ascq;
	memset(result->sense, 0, sizeof(result->sense));
	result->sense[0] = 0x70;
	result->sense[2] = (uint8_t) key;
	result->sense[7] = 10;
	result->sense[12] = (uint8_t) asc;
	result->sense[13] = (uint8_t) ascq;
	result->sense_length = 18;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

static void control(struct fake_iom *iom, const uint8_t *p, size_t n, struct scsi_result *result)
{
	static struct place places[PLACES_MAX];
	struct fake_shelf *shelf = iom->shelf;
	unsigned n_places = layout(iom, places);

	if (p[1])
		violated(shelf, "byte 1 of the control page is not zero");
	if (n < 8 || n != 4U + ((size_t) p[2] << 8 | p[3])) {
		violated(shelf, "the length of the control page is not its own");
		sense(result, 5, 0x1a, 0);
		return;
	}
	if (!shelf->generation_stuck && be32(p + 4) != shelf->generation) {
		sense(result, 5, 0x26, 0);
		return;
	}
	if (n != 8U + 4U * (n_places - shelf->extra_zeros)) {
		sense(result, 5, 0x26, 0);
		return;
	}
	for (unsigned i = 0; 8 + 4 * i < n; i++) {
		const uint8_t *c = p + 8 + 4 * (size_t) i;

		if (c[0] & 0x80 && c[shelf->refused_byte] & shelf->refused_bits) {
			sense(result, 5, 0x26, 2);
			return;
		}
	}
	shelf->selected = 0;
	for (unsigned i = 0; 8 + 4 * i < n; i++) {
		const uint8_t *c = p + 8 + 4 * (size_t) i;

		if (!(c[0] & 0x80)) {
			if (be32(c))
				violated(shelf, "an element that is not selected is not zero");
			continue;
		}
		shelf->selected++;
		if (!places[i].element)
			violated(shelf, "an overall element was selected");
		else
			apply(iom, places[i].element, c);
	}
}

static void nickname(struct fake_iom *iom, const uint8_t *p, size_t n, struct scsi_result *result)
{
	struct fake_shelf *shelf = iom->shelf;

	if (n != 40 || p[2] || p[3] != 36) {
		sense(result, 5, 0x1a, 0);
		return;
	}
	if (be32(p + 4) != shelf->generation) {
		sense(result, 5, 0x26, 0);
		return;
	}
	if (!shelf->nickname_deaf)
		memcpy(shelf->nickname, p + 8, 32);
}

/* ---- commands -------------------------------------------------------------------------- */

struct scsi_device {
	struct fake_world *world;
	struct fake_iom *iom;
};

static int world_open(struct transport *t, const char *node, struct scsi_device **ret)
{
	struct fake_world *world = (struct fake_world *) t;
	int r = -ENOENT;

	fake_lock(world);
	for (unsigned i = 0; i < world->n_ioms; i++) {
		struct fake_iom *iom = world->ioms[i];

		if (strcmp(iom->node, node) != 0)
			continue;
		if (iom->gone) {
			r = -ENODEV;
			break;
		}
		*ret = calloc(1, sizeof(**ret));
		ck_assert_ptr_nonnull(*ret);
		**ret = (struct scsi_device){ world, iom };
		iom->opened++;
		world->open++;
		r = 0;
		break;
	}
	fake_unlock(world);
	return r;
}

static void world_close(struct scsi_device *device)
{
	fake_lock(device->world);
	device->world->open--;
	fake_unlock(device->world);
	free(device);
}

static struct fake_trouble next_trouble(struct fake_iom *iom, int opcode, int page)
{
	struct fake_trouble found = { .kind = FAKE_NONE };

	for (unsigned i = 0; i < iom->n_troubles; i++) {
		struct fake_trouble *t = &iom->troubles[i];

		if ((t->opcode && t->opcode != opcode) || (t->page && (t->page & 0xff) != page))
			continue;
		if (t->skip > 0) {
			t->skip--;
			continue;
		}
		found = *t;
		if (t->times == 1) {
			iom->n_troubles--;
			memmove(t, t + 1, (iom->n_troubles - i) * sizeof(*t));
		} else if (t->times > 1) {
			t->times--;
		}
		return found;
	}
	return found;
}

static void receive(struct fake_iom *iom, const struct scsi_command *command,
		    const struct fake_trouble *trouble, struct scsi_result *result)
{
	static uint8_t buffer[PAGE_MAX];
	struct out o = { .p = buffer };
	uint8_t page = command->cdb[2];

	if (iom->short_status_only)
		page = 0x08;
	if (page == 0x08 || trouble->kind == FAKE_SHORT_PAGE) {
		memcpy(buffer, (uint8_t[]){ 0x08, 0x01, 0, 0 }, 4);
		o.n = 4;
	} else if (trouble->kind == FAKE_BUSY_PAGE) {
		memcpy(buffer, (uint8_t[]){ 0x09, 0x01, 0, 0 }, 4);
		o.n = 4;
	} else if (!page_make(iom, page, &o)) {
		sense(result, 5, 0x24, 0);
		return;
	}
	if (trouble->kind == FAKE_OTHER_PAGE)
		buffer[0] = (uint8_t) trouble->a;
	if (trouble->kind == FAKE_GARBAGE)
		memset(buffer + 4, 0xff, o.n - 4);
	if (trouble->kind == FAKE_PAD) {
		memset(buffer + o.n, 0, command->length - o.n);
		o.n = command->length;
		buffer[2] = (uint8_t) ((o.n - 4) >> 8);
		buffer[3] = (uint8_t) (o.n - 4);
	}
	if (trouble->kind == FAKE_LIE) {
		buffer[2] = (uint8_t) (trouble->a >> 8);
		buffer[3] = (uint8_t) trouble->a;
	}
	if (trouble->kind == FAKE_CUT && o.n > trouble->a)
		o.n = trouble->a;
	result->got = o.n < command->length ? o.n : command->length;
	memcpy(command->in, buffer, result->got);
}

static void send_page(struct fake_iom *iom, const struct scsi_command *command,
		      const struct fake_trouble *trouble, struct scsi_result *result)
{
	iom->sends++;
	if (trouble->kind == FAKE_INVOP) {
		iom->invop = trouble->a;
		return;
	}
	switch (command->out[0]) {
	case 0x02:
		control(iom, command->out, command->length, result);
		break;
	case 0x0f:
		nickname(iom, command->out, command->length, result);
		break;
	default:
		violated(iom->shelf, "a page that is not 02h or 0Fh");
		break;
	}
}

/* Under the lock.  True if the command is over. */
static bool misbehave(struct fake_iom *iom, const struct scsi_command *command,
		      struct fake_trouble *trouble, struct scsi_result *result)
{
	if (trouble->kind == FAKE_HANG) {
		iom->hanging++;
		while (!iom->released)
			(void) pthread_cond_wait(&released, &lock);
		iom->hanging--;
		iom->released--;
		trouble->kind = trouble->a ? FAKE_TIMEOUT : FAKE_NONE;
	}
	switch (trouble->kind) {
	case FAKE_STATUS:
		result->ending = SCSI_STATUS;
		result->status = (uint8_t) trouble->a;
		return true;
	case FAKE_SENSE:
		sense(result, trouble->a, trouble->b, trouble->c);
		return true;
	case FAKE_TRANSPORT:
		result->ending = SCSI_TRANSPORT;
		result->host_status = trouble->a;
		return true;
	case FAKE_TIMEOUT:
		result->ending = SCSI_TIMEOUT;
		result->host_status = 3;
		fake_clock_advance(command->timeout_s * USEC_PER_SEC);
		return true;
	case FAKE_OS:
		result->ending = SCSI_OS;
		result->os_error = (int) trouble->a;
		return true;
	case FAKE_HANG:
	case FAKE_NONE:
	case FAKE_BUSY_PAGE:
	case FAKE_SHORT_PAGE:
	case FAKE_OTHER_PAGE:
	case FAKE_CUT:
	case FAKE_LIE:
	case FAKE_PAD:
	case FAKE_GARBAGE:
	case FAKE_INVOP:
		break;
	}
	return false;
}

static void events(struct fake_shelf *shelf)
{
	shelf->commands++;
	if (shelf->happens &&
	    (shelf->commands == shelf->before_command ||
	     (shelf->every_command && shelf->commands % shelf->every_command == 0)))
		shelf->happens(shelf, shelf->userdata);
}

static bool is_known_command(const struct scsi_command *c)
{
	size_t length = (size_t) c->cdb[3] << 8 | c->cdb[4];

	if (c->cdb_length != 6 || c->cdb[5] || c->length != length)
		return false;
	if (c->cdb[0] == 0x1c)
		return c->cdb[1] == 1 && c->in && !c->out && length >= 512;
	return c->cdb[0] == 0x1d && c->cdb[1] == 0x10 && c->cdb[2] == 0 && c->out && !c->in;
}

static void world_execute(struct scsi_device *device, const struct scsi_command *command,
			  struct scsi_result *result)
{
	struct fake_iom *iom = device->iom;
	struct fake_shelf *shelf = iom->shelf;
	bool out = command->cdb[0] == 0x1d;
	struct fake_trouble trouble;
	uint8_t page;

	*result = (struct scsi_result){ .ending = SCSI_GOOD };
	fake_lock(device->world);
	if (!is_known_command(command)) {
		violated(shelf, "an unknown command");
		fake_unlock(device->world);
		return;
	}
	page = out ? command->out[0] : command->cdb[2];
	iom->commands++;
	iom->timeout_s = command->timeout_s;
	note(iom, out ? 'w' : 'r', page);
	if (!out)
		iom->reads[page & 0x3f]++;
	events(shelf);
	trouble = next_trouble(iom, command->cdb[0], page);
	if (misbehave(iom, command, &trouble, result)) {
		/* nothing more */
	} else if (iom->gone) {
		result->ending = SCSI_OS;
		result->os_error = ENODEV;
	} else if (iom->n_attentions > 0) {
		sense(result, 6, iom->attentions[0].asc, iom->attentions[0].ascq);
		iom->n_attentions--;
		memmove(&iom->attentions[0], &iom->attentions[1],
			iom->n_attentions * sizeof(iom->attentions[0]));
	} else if (out) {
		send_page(iom, command, &trouble, result);
	} else {
		receive(iom, command, &trouble, result);
	}
	fake_unlock(device->world);
}
