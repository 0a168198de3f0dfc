/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the form to type descriptors, elements and their names; and changing
 * them while it runs, which is what a generation code is for.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "sim/page.h"

struct kind {
	uint8_t code;
	const char *name; /* the abbreviation of ses.md 3.1 */
	const char *alias, *text;
	uint8_t status[4]; /* of a healthy one */
};

static const struct kind kinds[] = {
	{ T_POWER, "ps", "psu", "Power Supply", { 1, 0, 0, 0xa0 } },
	{ T_COOLING, "coo", "fan", "Fan", { 1, 0x01, 0xf4, 0xa3 } },
	{ T_TEMPERATURE, "ts", "temp", "Temperature", { 1, 0, 20 + 28, 0 } },
	{ T_DOOR, "do", "door", "Door", { 1, 0, 0, 0 } },
	{ T_ALARM, "aa", "alarm", "Alarm", { 1, 0, 0, 0 } },
	{ T_ESC, "esc", "controller", "Controller", { 1, 0, 0, 0x80 } },
	{ 0x08, "sce", "scc", "SCC Controller", { 1, 0, 0, 0 } },
	{ 0x09, "nc", "cache", "Cache", { 1, 0, 0, 0 } },
	{ T_INVALID, "ior", "invop", "Invalid Operation", { 1, 0, 0, 0 } },
	{ T_UPS, "ups", "battery", "UPS", { 1, 30, 0x20, 0 } },
	{ T_DISPLAY, "dis", "display", "Display", { 1, 0, 0, 0 } },
	{ 0x0d, "kpe", "keypad", "Key Pad", { 1, 0, 0, 0 } },
	{ T_ENCLOSURE, "enc", "enclosure", "Enclosure", { 1, 0, 0, 0 } },
	{ T_PORT, "sp", "port", "SCSI Port", { 1, 0, 0, 0 } },
	{ T_LANGUAGE, "lan", "language", "Language", { 1, 0, 'e', 'n' } },
	{ T_COMMUNICATION, "cp", "serial", "Serial Port", { 1, 0, 0, 0 } },
	{ T_VOLTAGE, "vs", "voltage", "Voltage", { 1, 0, 0x01, 0xf4 } },
	{ T_CURRENT, "cs", "current", "Current", { 1, 0, 0x01, 0x2c } },
	{ T_TARGET, "stp", "target-port", "Target Port", { 1, 0, 0, 1 } },
	{ T_INITIATOR, "sip", "initiator-port", "Initiator Port", { 1, 0, 0, 1 } },
	{ 0x16, "ss", "simple", "Subenclosure", { 1, 0, 0, 0 } },
	{ T_EXPANDER, "sse", "expander", "Expander", { 1, 0, 0, 0 } },
	{ T_CONNECTOR, "ssc", "connector", "Connector", { 1, 0x05, 0xff, 0x80 } },
	{ 0x00, "un", "unspecified", "Unspecified", { 1, 0, 0, 0 } },
};

struct sim_type *sim_type_add(struct sim_enclosure *e, uint8_t code, unsigned count, uint8_t sub,
			      const char *text)
{
	struct sim_type *type;
	unsigned base = 0;

	if (e->n_types == SIM_TYPES_MAX)
		return NULL;
	for (unsigned t = 0; t < e->n_types; t++)
		if (e->types[t].code == code)
			base += e->types[t].count;
	type = &e->types[e->n_types++];
	type->code = code;
	type->count = count;
	type->sub = sub;
	type->base = base;
	type->text = sim_copy(text);
	type->elements = sim_alloc(1 + (size_t) count, sizeof(*type->elements));
	return type;
}

/* Slots are numbered through all headers, of both types. */
static bool add_slots(struct sim_enclosure *e, unsigned header, unsigned sub, unsigned first,
		      unsigned next)
{
	uint8_t code = e->form.slot_types[header % 2];
	struct sim_type *type = sim_type_add(e, code, next - first, (uint8_t) sub, "Drive Slots");

	if (!type)
		return false;
	type->is_slot = true;
	type->base = first;
	for (unsigned i = first; i < next; i++) {
		struct sim_element *element = &type->elements[1 + i - first];

		element->bay = &e->bays[i];
		e->bays[i].element = element;
		element->status[0] = 0x05;
		if (code == T_DEVICE_SLOT)
			element->status[1] = (uint8_t) i; /* slot address */
	}
	return true;
}

static bool add_all_slots(struct sim_enclosure *e, bool primary, bool others)
{
	unsigned parts = e->form.subenclosures * e->form.slot_headers;

	for (unsigned k = 0; k < parts; k++) {
		unsigned sub = k / e->form.slot_headers;

		if (sub ? !others : !primary)
			continue;
		if (!add_slots(e, k, sub, e->form.slots * k / parts,
			       e->form.slots * (k + 1) / parts))
			return false;
	}
	return true;
}

static bool add_kind(struct sim_enclosure *e, const struct kind *kind, unsigned count)
{
	struct sim_type *type = sim_type_add(e, kind->code, count, 0, kind->text);

	for (unsigned i = 1; type && i <= count; i++) {
		memcpy(type->elements[i].status, kind->status, 4);
		if (kind->code == T_TEMPERATURE)
			type->elements[i].status[2] = (uint8_t) (20 + 27 + i % 100);
		if (kind->code == T_VOLTAGE && i > 1)
			put16(type->elements[i].status + 2, 1200);
	}
	return type != NULL;
}

static const struct kind *kind_by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((strlen(kinds[i].name) == n && !strncmp(kinds[i].name, name, n)) ||
		    (strlen(kinds[i].alias) == n && !strncmp(kinds[i].alias, name, n)))
			return &kinds[i];
	return NULL;
}

static int add_listed(struct sim_enclosure *e, const char *list, char *error, size_t size)
{
	while (*(list += strspn(list, " ,\t"))) {
		size_t n = strcspn(list, "= ,\t"), end = strcspn(list, " ,\t");
		const struct kind *kind = kind_by_name(list, n);
		unsigned count = 0;
		char rest = ' ';

		if (!kind || list[n] != '=') {
			(void) snprintf(error, size, "no element type '%.*s'; TYPE=COUNT", (int) n,
					list);
			return -EINVAL;
		}
		if (!strncmp(list + n + 1, "ioms", 4))
			count = e->form.ioms;
		else if (sscanf(list + n + 1, "%3u%c", &count, &rest) < 1 ||
			 !strchr(" ,\t", rest) || count > 255) {
			(void) snprintf(error, size, "count of '%.*s' is 0 to 255 or 'ioms'",
					(int) n, list);
			return -EINVAL;
		}
		if (!add_kind(e, kind, count)) {
			(void) snprintf(error, size, "more than %u element types", SIM_TYPES_MAX);
			return -EINVAL;
		}
		list += end;
	}
	return 0;
}

int sim_enclosure_build(struct sim_enclosure *e, const char *elements, char *error, size_t size)
{
	char usual[128];
	int r;

	(void) snprintf(usual, sizeof(usual),
			"ps=2 coo=4 ts=4 aa=1 esc=%u vs=2 cs=2 sse=%u ssc=%u enc=1", e->form.ioms,
			e->form.ioms, 2 * e->form.ioms);
	if (!e->form.slots_last && !add_all_slots(e, true, false))
		goto too_many;
	r = add_listed(e, elements ? elements : usual, error, size);
	if (r < 0)
		return r;
	if (!add_all_slots(e, e->form.slots_last, true))
		goto too_many;
	return 0;

too_many:
	(void) snprintf(error, size, "more than %u element types", SIM_TYPES_MAX);
	return -EINVAL;
}

struct sim_element *sim_element_find(struct sim_enclosure *e, unsigned code, unsigned i)
{
	for (unsigned t = 0; t < e->n_types; t++) {
		struct sim_type *type = &e->types[t];

		if (type->code == code && i >= type->base && i - type->base < type->count)
			return &type->elements[1 + i - type->base];
	}
	return NULL;
}

void sim_element_follow(struct sim_bay *bay, bool swapped)
{
	struct sim_element *element = bay->element;

	if (!element)
		return;
	if (swapped) {
		bay->enclosure->info = true;
		if (bay->disk)
			element->status[0] |= 0x10; /* SWAP */
	}
	if (!element->forced)
		element->status[0] = (uint8_t) ((element->status[0] & 0xf0) | (bay->disk ? 1 : 5));
	memcpy(element->before, element->status, 4);
	element->settle_at = 0;
}

/* ---- names -------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "{n}", "{n+1}", "{n:02}", "{n+1:03}", "{serial}".  Returns what follows, NULL = none of these. */
static const char *expand(const char *s, const struct sim_bay *bay, char ret[SIM_TEXT_MAX])
{
	unsigned add = 0, width = 0;
	const char *end = strchr(s, '}');
	int used = 0;

	if (!end)
		return NULL;
	if (!strncmp(s, "{serial}", 8)) {
		(void) snprintf(ret, SIM_TEXT_MAX, "%s", bay->disk ? bay->disk->serial : "");
		return end + 1;
	}
	if (strncmp(s, "{n", 2))
		return NULL;
	s += 2;
	if (sscanf(s, "+%3u%n", &add, &used) == 1)
		s += used;
	if (sscanf(s, ":%2u%n", &width, &used) == 1)
		s += used;
	if (s != end || width > 20)
		return NULL;
	(void) snprintf(ret, SIM_TEXT_MAX, "%0*u", (int) width, bay->slot + add);
	return end + 1;
}

static size_t slot_name(const struct sim_bay *bay, const char *format, char ret[SIM_TEXT_MAX])
{
	size_t n = 0;

	for (const char *s = format; *s && n < SIM_TEXT_MAX;) {
		char part[SIM_TEXT_MAX];
		const char *next = *s == '{' ? expand(s, bay, part) : NULL;

		if (next) {
			for (size_t i = 0; part[i] && n < SIM_TEXT_MAX; i++)
				ret[n++] = part[i];
			s = next;
		} else if (s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0 &&
			   hex_digit(s[3]) >= 0) {
			ret[n++] = (char) (hex_digit(s[2]) << 4 | hex_digit(s[3]));
			s += 4;
		} else {
			ret[n++] = *s++;
		}
	}
	return n;
}

size_t sim_element_name(const struct sim_enclosure *e, const struct sim_type *type, unsigned i,
			char ret[static SIM_TEXT_MAX])
{
	const struct sim_element *element = &type->elements[i];
	char text[SIM_TEXT_MAX];
	size_t n;

	if (element->name) {
		n = element->name_length < SIM_TEXT_MAX ? element->name_length : SIM_TEXT_MAX;
		memcpy(ret, element->name, n);
		return n;
	}
	if (element->bay)
		return slot_name(element->bay, e->form.slot_names, ret);
	n = (size_t) snprintf(text, sizeof(text), "%.64s %u", type->text, i);
	memcpy(ret, text, n);
	return n;
}

/* ---- changes ------------------------------------------------------------------------- */

static void move_slots(struct sim_enclosure *e, bool last)
{
	struct sim_type types[SIM_TYPES_MAX] = { 0 };
	unsigned n = 0;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned t = 0; t < e->n_types; t++)
			if (e->types[t].is_slot == (pass == (unsigned) last))
				types[n++] = e->types[t];
	memcpy(e->types, types, n * sizeof(types[0]));
}

/* The bays of each header in the opposite order: the same bays, other elements. */
static void reverse_slots(struct sim_enclosure *e)
{
	for (unsigned t = 0; t < e->n_types; t++) {
		struct sim_element *first = e->types[t].elements + 1;
		struct sim_element *last = first + e->types[t].count;

		for (; e->types[t].is_slot && first < last; first++) {
			struct sim_element swap = *first;

			if (first >= --last)
				break;
			*first = *last;
			*last = swap;
			first->bay->element = first;
			last->bay->element = last;
		}
	}
}

const char *sim_reconfigure(struct sim_enclosure *e, const char *shape)
{
	if (e->raw && shape)
		return "a captured enclosure keeps its shape";
	if (!shape || !*shape) {
		/* nothing but the code */
	} else if (!strcmp(shape, "last") || !strcmp(shape, "first")) {
		move_slots(e, shape[0] == 'l');
	} else if (!strcmp(shape, "reverse")) {
		reverse_slots(e);
	} else if (!strcmp(shape, "more")) {
		const struct kind *kind = kind_by_name("cs", 2);

		if (!add_kind(e, kind, 1))
			return "too many element types";
	} else {
		return "last, first, reverse or more";
	}
	if (!e->form.generation_fixed)
		e->generation++;
	return NULL;
}
