/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each way to name an object is tried on its own and adds what it finds: a
 * name may be a serial number here and a nickname there, and the caller decides.  Only
 * where nothing that is there fits, what was there before is looked up.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/resolve.h"
#include "discovery/discovery.h"

#define HEX_SIZE 33U /* the longest identifier, NAA 6, and its NUL */

struct search {
	struct bus *bus;
	const char *name;
	char hex[HEX_SIZE]; /* the name as ids are written, "" if it is no hex number */
	const char *found[RESOLVE_RESULTS_MAX];
	unsigned n;
};

static void add(struct search *s, const struct object *object)
{
	const struct face *face = object->face;

	if (!face || s->n == RESOLVE_RESULTS_MAX)
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (s->found[i] == face->path)
			return;
	s->found[s->n++] = face->path;
}

/* A disk's name gives the drive; a unit that is no drive stands for itself. */
static void add_unit(struct search *s, const struct unit *unit)
{
	add(s, unit->drive ? &unit->drive->object : &unit->object);
}

/* "0x5000C500", "naa.5000c500" and "5000c500" are one identifier. */
static void normalise(const char *name, char ret[static HEX_SIZE])
{
	static const char *const prefixes[] = { "0x", "naa.", "eui." };
	size_t n;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (strncasecmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
			name += strlen(prefixes[i]);
			break;
		}
	}
	n = strlen(name);
	if (n < 8 || n >= HEX_SIZE || strspn(name, "0123456789abcdefABCDEF") != n)
		return;
	for (size_t i = 0; i <= n; i++)
		ret[i] = (char) tolower((unsigned char) name[i]);
}

static bool address_is(uint64_t address, const char *hex)
{
	char digits[17];

	return address != 0 && strcmp(text_hex64(digits, address), hex) == 0;
}

/* ---- object paths, device nodes, H:C:T:L ------------------------------------------ */

static void by_path(struct search *s)
{
	const struct face *face = face_find(s->bus, s->name);

	if (strcmp(s->name, BUS_ROOT) == 0)
		s->found[s->n++] = s->bus->provider->path;
	else if (face)
		add(s, face->object);
}

static void by_node(struct search *s)
{
	struct discovery *discovery = inventory_discovery(s->bus->inventory);
	char **syspaths = discovery->resolve_node(discovery, s->name);
	const struct unit *unit;

	for (char **p = syspaths; p && *p; p++) {
		unit = inventory_find_syspath(s->bus->inventory, *p);
		if (unit)
			add_unit(s, unit);
		free(*p);
	}
	free(syspaths);
}

static bool device_is(const struct device *device, const struct search *s)
{
	char address[64];
	const char *node;

	if (!device)
		return false;
	if (strcmp(device_address(device, address, sizeof(address)), s->name) == 0)
		return true;
	node = device->sg_node;
	return node && (strcmp(node, s->name) == 0 ||
			(strncmp(node, "/dev/", 5) == 0 && strcmp(node + 5, s->name) == 0));
}

/* ---- disks -------------------------------------------------------------------------- */

static void by_unit(struct search *s)
{
	const struct unit *unit;
	const struct path *path;

	LIST_FOREACH (unit, inventory_units(s->bus->inventory), link) {
		if (strcmp(unit->serial, s->name) == 0 ||
		    (*s->hex && strcmp(unit->wwn, s->hex) == 0))
			add_unit(s, unit);
		LIST_FOREACH (path, &unit->paths, link)
			if (device_is(path->device, s) ||
			    address_is(path->device->sas_address, s->hex))
				add_unit(s, unit);
	}
}

static void by_drive(struct search *s)
{
	const struct drive *drive;

	LIST_FOREACH (drive, inventory_drives(s->bus->inventory), link) {
		if (strcmp(drive->serial, s->name) == 0 ||
		    (*s->hex && strcmp(drive->wwn, s->hex) == 0))
			add(s, &drive->object);
		for (unsigned i = 0; i < drive->n_addresses; i++)
			if (address_is(drive->addresses[i], s->hex))
				add(s, &drive->object);
	}
}

/* ---- enclosures and bays -------------------------------------------------------------- */

static bool chassis_is(const struct chassis *chassis, const char *name)
{
	char hex[HEX_SIZE];

	if (strcmp(chassis->eid, name) == 0 || strcmp(chassis->nickname, name) == 0)
		return true;
	normalise(name, hex);
	return *hex && strcmp(chassis->eid, hex) == 0;
}

static bool parse_number(const char *s, unsigned *ret)
{
	size_t n = strlen(s);

	if (n == 0 || n > 9 || strspn(s, "0123456789") != n)
		return false;
	*ret = (unsigned) strtoul(s, NULL, 10);
	return true;
}

/* The first that fits anything: the label, the number that the enclosure reports, the index. */
static void by_slot_of(struct search *s, struct chassis *chassis, const char *slot_name)
{
	const struct component *slot;
	unsigned number, before = s->n;

	LIST_FOREACH (slot, &chassis->slots, link)
		if (slot->label && strcmp(slot->label, slot_name) == 0)
			add(s, &slot->object);
	if (s->n > before || !parse_number(slot_name, &number))
		return;
	LIST_FOREACH (slot, &chassis->slots, link)
		if (slot->reported >= 0 && (unsigned) slot->reported == number)
			add(s, &slot->object);
	if (s->n > before)
		return;
	slot = chassis_find_slot(chassis, number);
	if (slot)
		add(s, &slot->object);
}

static void by_enclosure(struct search *s)
{
	const char *colon = strrchr(s->name, ':');
	char prefix[RESOLVE_NAME_MAX] = "";
	struct chassis *chassis;
	const struct way *way;

	if (colon)
		(void) snprintf(prefix, sizeof(prefix), "%.*s", (int) (colon - s->name), s->name);

	LIST_FOREACH (chassis, inventory_chassis(s->bus->inventory), link) {
		if (chassis_is(chassis, s->name))
			add(s, &chassis->object);
		if (*prefix && chassis_is(chassis, prefix))
			by_slot_of(s, chassis, colon + 1);
		LIST_FOREACH (way, &chassis->ways, link)
			if (device_is(way->device, s) || address_is(way->sas_address, s->hex))
				add(s, &way->object);
	}
}

/* ---- disks that are gone ---------------------------------------------------------------- */

static void by_memory(struct search *s)
{
	const struct component *slot = inventory_last_slot(s->bus->inventory, s->name);

	if (!slot && *s->hex && strcmp(s->hex, s->name) != 0)
		slot = inventory_last_slot(s->bus->inventory, s->hex);
	if (slot)
		add(s, &slot->object);
}

static int answer(struct search *s, sd_bus_message *m, sd_bus_error *error)
{
	sd_bus_message *answer_message = NULL;
	struct out out = { 0 };
	int r;

	if (s->n == 0)
		return bus_error_setf(error, -ENOENT, "Nothing here is or was called \"%.200s\"",
				      s->name);
	r = sd_bus_message_new_method_return(m, &answer_message);
	if (r < 0)
		return r;
	out.message = answer_message;
	out_open(&out, 'a', "o");
	for (unsigned i = 0; i < s->n; i++)
		out_path(&out, s->found[i]);
	out_close(&out);
	r = out.error < 0 ? out.error : sd_bus_send(NULL, answer_message, NULL);
	sd_bus_message_unref(answer_message);
	return r < 0 ? r : 1;
}

int resolve(struct bus *bus, sd_bus_message *m, const char *name, sd_bus_error *error)
{
	struct search *s;
	int r;

	if (!*name || strlen(name) >= RESOLVE_NAME_MAX)
		return bus_error_setf(error, -EINVAL, "A name has 1 to %u bytes",
				      RESOLVE_NAME_MAX - 1);
	s = calloc(1, sizeof(*s));
	if (!s)
		return bus_error_set(error, -ENOMEM, NULL);
	s->bus = bus;
	s->name = name;
	normalise(name, s->hex);

	face_flush(bus);
	by_path(s);
	by_node(s);
	by_drive(s);
	by_unit(s);
	by_enclosure(s);
	if (s->n == 0)
		by_memory(s);
	r = answer(s, m, error);
	free(s);
	return r;
}
