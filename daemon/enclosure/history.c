/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where each disk last sat, in the state directory: the serial number is what a
 * person has in hand when the disk itself is dead or gone.
 *
 * Section "history": { "<drive id>": { "serial", "wwn", "addresses": [hex], "eid", "index",
 * "reported", "time" } }.  The oldest goes when there are too many.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "enclosure/private.h"

#define HISTORY_MAX 16384
#define HISTORY_SECTION "history"

static const char *text_of(struct json_object *entry, const char *key)
{
	struct json_object *value;
	const char *text;

	if (!json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	text = json_object_get_string(value);
	return text ? text : "";
}

static int64_t number_of(struct json_object *entry, const char *key, int64_t otherwise)
{
	struct json_object *value;

	if (!json_object_object_get_ex(entry, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return otherwise;
	return json_object_get_int64(value);
}

static void drop_oldest(struct json_object *section)
{
	char oldest[ID_SIZE] = "";
	int64_t when = INT64_MAX;

	if (json_object_object_length(section) < HISTORY_MAX)
		return;
	json_object_object_foreach(section, key, entry)
	{
		int64_t t = number_of(entry, "time", 0);

		if (t < when) {
			when = t;
			(void) snprintf(oldest, sizeof(oldest), "%s", key);
		}
	}
	json_object_object_del(section, oldest);
}

static bool unchanged(struct json_object *section, const struct drive *drive)
{
	struct json_object *entry;

	return json_object_object_get_ex(section, drive->id, &entry) &&
	       strcmp(text_of(entry, "eid"), drive->slot->chassis->eid) == 0 &&
	       number_of(entry, "index", -1) == (int64_t) drive->slot->index &&
	       number_of(entry, "reported", -2) == drive->slot->reported &&
	       strcmp(text_of(entry, "serial"), drive->serial) == 0;
}

void history_note(struct inventory *inventory, const struct drive *drive)
{
	struct json_object *section = store_section(inventory->p.store, HISTORY_SECTION);
	struct json_object *entry, *addresses;
	char hex[17];

	if (!section || !drive->slot || unchanged(section, drive))
		return;
	drop_oldest(section);
	entry = json_object_new_object();
	addresses = json_object_new_array();
	if (!entry || !addresses) {
		json_object_put(entry);
		json_object_put(addresses);
		log_error("Out of memory: where drive %s sits is not remembered", drive->id);
		return;
	}
	for (unsigned i = 0; i < drive->n_addresses; i++)
		json_object_array_add(addresses,
				      json_object_new_string(text_hex64(hex, drive->addresses[i])));
	json_object_object_add(entry, "serial", json_object_new_string(drive->serial));
	json_object_object_add(entry, "wwn", json_object_new_string(drive->wwn));
	json_object_object_add(entry, "addresses", addresses);
	json_object_object_add(entry, "eid", json_object_new_string(drive->slot->chassis->eid));
	json_object_object_add(entry, "index", json_object_new_int64(drive->slot->index));
	json_object_object_add(entry, "reported", json_object_new_int64(drive->slot->reported));
	json_object_object_add(entry, "time",
			       json_object_new_int64((int64_t) (clock_realtime() / USEC_PER_SEC)));
	json_object_object_add(section, drive->id, entry);
	store_dirty(inventory->p.store);
}

static bool has_address(struct json_object *entry, uint64_t address)
{
	struct json_object *array;
	char hex[17];

	if (!json_object_object_get_ex(entry, "addresses", &array) ||
	    !json_object_is_type(array, json_type_array))
		return false;
	(void) text_hex64(hex, address);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(array, i));

		if (text && strcmp(text, hex) == 0)
			return true;
	}
	return false;
}

static bool entry_fits(struct json_object *entry, const char *key, const char *name)
{
	const char *hex = name;
	uint64_t address;

	if (strncasecmp(hex, "naa.", 4) == 0)
		hex += 4;
	else if (strncmp(hex, "0x", 2) == 0)
		hex += 2;
	if (*name == '\0')
		return false;
	return strcmp(text_of(entry, "serial"), name) == 0 ||
	       strcasecmp(text_of(entry, "wwn"), hex) == 0 || strcasecmp(key, hex) == 0 ||
	       (text_parse_hex64(name, &address) && has_address(entry, address));
}

/* A bay that reports a number is known by that, wherever it is now; numbers may repeat, then, and
 * where there is none, the index tells. */
static struct component *find_slot(struct chassis *chassis, int64_t index, int64_t reported)
{
	struct component *slot, *there;

	there = index >= 0 ? chassis_find_slot(chassis, (unsigned) index) : NULL;
	if (reported < 0 || (there && there->reported == reported))
		return there;
	LIST_FOREACH (slot, &chassis->slots, link)
		if (slot->reported == reported)
			return slot;
	return there;
}

struct component *inventory_last_slot(struct inventory *inventory, const char *name)
{
	struct json_object *section = store_section(inventory->p.store, HISTORY_SECTION);
	struct component *found = NULL;
	int64_t latest = -1;

	if (!section)
		return NULL;
	json_object_object_foreach(section, key, entry)
	{
		struct chassis *chassis;
		struct component *slot;

		if (!entry_fits(entry, key, name) || number_of(entry, "time", 0) <= latest)
			continue;
		chassis = inventory_find_chassis(inventory, text_of(entry, "eid"));
		slot = chassis ? find_slot(chassis, number_of(entry, "index", -1),
					   number_of(entry, "reported", -1))
			       : NULL;
		if (slot) {
			found = slot;
			latest = number_of(entry, "time", 0);
		}
	}
	return found;
}
