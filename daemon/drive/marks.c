/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The section looks so:
 *
 *   "lun/5000c500a1b2c3d4": { "failed": true },
 *   "drive/5000c500a1b2c3d5": {
 *     "hot-spare": true,
 *     "lamps": { "hot-spare": ["50080e5..", 7] },
 *     "removed": { "paths": [[0, 0, 3, "0"]], "serial": .., .. } }
 *
 * A member that says nothing any more is dropped, so the section holds marked disks only.
 * 64 bit numbers are hex strings: other readers of JSON round them.
 */
#include "drive/marks.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "drive/drive.h"

#define SECTION "drives"
#define KEY_SIZE (ID_SIZE + 8U)

static const char *drive_key(char key[static KEY_SIZE], const char *id)
{
	(void) snprintf(key, KEY_SIZE, "drive/%s", id);
	return key;
}

static const char *unit_key(char key[static KEY_SIZE], const char *id)
{
	(void) snprintf(key, KEY_SIZE, "lun/%s", id);
	return key;
}

/* A member of that type, NULL = none. */
static struct json_object *get(struct json_object *in, const char *name, enum json_type type)
{
	struct json_object *o;

	if (in == NULL || !json_object_object_get_ex(in, name, &o) || !json_object_is_type(o, type))
		return NULL;
	return o;
}

static bool get_bool(struct json_object *in, const char *name)
{
	return json_object_get_boolean(get(in, name, json_type_boolean));
}

/* An object in another, made if it is not there.  NULL: no memory. */
static struct json_object *make(struct json_object *in, const char *name)
{
	struct json_object *o = get(in, name, json_type_object);

	if (in == NULL || o != NULL)
		return o;
	o = json_object_new_object();
	if (o == NULL || json_object_object_add(in, name, o) < 0) {
		(void) json_object_put(o);
		return NULL;
	}
	return o;
}

/* Takes value, which may be NULL for want of memory. */
static int put(struct json_object *in, const char *name, struct json_object *value)
{
	if (in != NULL && value != NULL && json_object_object_add(in, name, value) == 0)
		return 0;
	(void) json_object_put(value);
	return -ENOMEM;
}

static struct json_object *entry(struct store *store, const char *key)
{
	return get(store_section(store, SECTION), key, json_type_object);
}

static void drop_if_empty(struct json_object *in, const char *name)
{
	struct json_object *o = get(in, name, json_type_object);

	if (o != NULL && json_object_object_length(o) == 0)
		json_object_object_del(in, name);
}

static int set_bool(struct store *store, const char *key, const char *name, bool value)
{
	struct json_object *section = store_section(store, SECTION);

	if (value)
		return put(make(section, key), name, json_object_new_boolean(true));
	if (entry(store, key) != NULL)
		json_object_object_del(entry(store, key), name);
	drop_if_empty(section, key);
	return 0;
}

/* ---- FAILED, hot spare -------------------------------------------------------- */

bool marks_failed(struct store *store, const char *unit_id)
{
	char key[KEY_SIZE];

	return get_bool(entry(store, unit_key(key, unit_id)), "failed");
}

int marks_set_failed(struct store *store, const char *unit_id, bool failed)
{
	char key[KEY_SIZE];

	return set_bool(store, unit_key(key, unit_id), "failed", failed);
}

uint32_t marks_flags(struct store *store, const char *drive_id)
{
	char key[KEY_SIZE];

	return get_bool(entry(store, drive_key(key, drive_id)), "hot-spare") ? DRIVE_FLAG_HOTSPARE
									     : 0;
}

int marks_set_flags(struct store *store, const char *drive_id, uint32_t flags)
{
	char key[KEY_SIZE];

	return set_bool(store, drive_key(key, drive_id), "hot-spare",
			(flags & DRIVE_FLAG_HOTSPARE) != 0);
}

/* ---- REMOVED ------------------------------------------------------------------ */

static struct json_object *removed_entry(struct store *store, const char *drive_id)
{
	char key[KEY_SIZE];

	return get(entry(store, drive_key(key, drive_id)), "removed", json_type_object);
}

static struct json_object *hex(uint64_t value)
{
	char text[17];

	return json_object_new_string(text_hex64(text, value));
}

static bool parse_hex(struct json_object *o, uint64_t *ret)
{
	return json_object_is_type(o, json_type_string) &&
	       text_parse_hex64(json_object_get_string(o), ret);
}

static bool parse_unsigned(struct json_object *o, unsigned *ret)
{
	int64_t n;

	if (!json_object_is_type(o, json_type_int))
		return false;
	n = json_object_get_int64(o);
	if (n < 0 || n > UINT32_MAX)
		return false;
	*ret = (unsigned) n;
	return true;
}

static bool parse_address(struct json_object *o, struct path_address *ret)
{
	return json_object_is_type(o, json_type_array) && json_object_array_length(o) == 4 &&
	       parse_unsigned(json_object_array_get_idx(o, 0), &ret->host) &&
	       parse_unsigned(json_object_array_get_idx(o, 1), &ret->channel) &&
	       parse_unsigned(json_object_array_get_idx(o, 2), &ret->target) &&
	       parse_hex(json_object_array_get_idx(o, 3), &ret->lun);
}

int marks_removed(struct store *store, const char *drive_id, struct marks_removed *ret)
{
	struct json_object *o = removed_entry(store, drive_id), *paths;
	size_t n;

	if (o == NULL)
		return -ENOENT;
	*ret = (struct marks_removed){ .n = 0 };
	paths = get(o, "paths", json_type_array);
	n = paths == NULL ? 0 : json_object_array_length(paths);
	for (size_t i = 0; i < n && ret->n < MARKS_ADDRESSES_MAX; i++)
		if (parse_address(json_object_array_get_idx(paths, i), &ret->addresses[ret->n]))
			ret->n++;
	return 0;
}

static int array_add(struct json_object *array, struct json_object *value)
{
	if (array != NULL && value != NULL && json_object_array_add(array, value) == 0)
		return 0;
	(void) json_object_put(value);
	return -ENOMEM;
}

static struct json_object *address_new(const struct path_address *address)
{
	struct json_object *o = json_object_new_array();

	if (array_add(o, json_object_new_int64(address->host)) < 0 ||
	    array_add(o, json_object_new_int64(address->channel)) < 0 ||
	    array_add(o, json_object_new_int64(address->target)) < 0 ||
	    array_add(o, hex(address->lun)) < 0) {
		(void) json_object_put(o);
		return NULL;
	}
	return o;
}

static int put_drive(struct json_object *o, const struct drive *drive)
{
	struct json_object *ports = json_object_new_array();
	int r = 0;

	for (unsigned i = 0; i < drive->n_addresses && r == 0; i++)
		r = array_add(ports, hex(drive->addresses[i]));
	if (r < 0) {
		(void) json_object_put(ports);
		return r;
	}
	if (put(o, "ports", ports) < 0 || put(o, "wwn", json_object_new_string(drive->wwn)) < 0 ||
	    put(o, "serial", json_object_new_string(drive->serial)) < 0 ||
	    put(o, "vendor", json_object_new_string(drive->vendor)) < 0 ||
	    put(o, "product", json_object_new_string(drive->product)) < 0 ||
	    put(o, "revision", json_object_new_string(drive->revision)) < 0 ||
	    put(o, "size", hex(drive->size)) < 0 ||
	    put(o, "rotation", json_object_new_int64(drive->rotation)) < 0 ||
	    put(o, "bus-type", json_object_new_int64(drive->bus_type)) < 0)
		return -ENOMEM;
	return 0;
}

int marks_set_removed(struct store *store, const struct drive *drive,
		      const struct marks_removed *removed)
{
	struct json_object *o = json_object_new_object(), *paths = json_object_new_array();
	char key[KEY_SIZE];
	int r = 0;

	for (unsigned i = 0; i < removed->n && r == 0; i++)
		r = array_add(paths, address_new(&removed->addresses[i]));
	if (r < 0 || put_drive(o, drive) < 0) {
		(void) json_object_put(paths);
		(void) json_object_put(o);
		return -ENOMEM;
	}
	if (put(o, "paths", paths) < 0) {
		(void) json_object_put(o);
		return -ENOMEM;
	}
	return put(make(store_section(store, SECTION), drive_key(key, drive->id)), "removed", o);
}

void marks_clear_removed(struct store *store, const char *drive_id)
{
	char key[KEY_SIZE];

	(void) set_bool(store, drive_key(key, drive_id), "removed", false);
}

static void copy_text(struct json_object *o, const char *name, char *dst, size_t size)
{
	struct json_object *text = get(o, name, json_type_string);

	if (text != NULL)
		(void) text_clean(dst, size, json_object_get_string(text),
				  (size_t) json_object_get_string_len(text));
}

void marks_restore_drive(struct store *store, struct drive *drive)
{
	struct json_object *o = removed_entry(store, drive->id), *ports, *value;
	size_t n;

	copy_text(o, "wwn", drive->wwn, sizeof(drive->wwn));
	copy_text(o, "serial", drive->serial, sizeof(drive->serial));
	copy_text(o, "vendor", drive->vendor, sizeof(drive->vendor));
	copy_text(o, "product", drive->product, sizeof(drive->product));
	copy_text(o, "revision", drive->revision, sizeof(drive->revision));
	value = get(o, "size", json_type_string);
	if (value != NULL)
		(void) parse_hex(value, &drive->size);
	value = get(o, "rotation", json_type_int);
	if (value != NULL)
		(void) parse_unsigned(value, &drive->rotation);
	value = get(o, "bus-type", json_type_int);
	if (value != NULL)
		(void) parse_unsigned(value, &drive->bus_type);

	ports = get(o, "ports", json_type_array);
	n = ports == NULL ? 0 : json_object_array_length(ports);
	drive->n_addresses = 0;
	for (size_t i = 0; i < n && drive->n_addresses < UNIT_PATHS_MAX; i++)
		if (parse_hex(json_object_array_get_idx(ports, i),
			      &drive->addresses[drive->n_addresses]))
			drive->n_addresses++;
}

void marks_each_drive(struct store *store, void (*each)(void *userdata, const char *drive_id),
		      void *userdata)
{
	struct json_object *section = store_section(store, SECTION);
	size_t n = 0, size = section == NULL ? 0 : (size_t) json_object_object_length(section);
	char(*ids)[ID_SIZE] = calloc(size + 1, sizeof(*ids));

	if (ids == NULL || section == NULL) {
		free(ids);
		return;
	}
	/* Copied first: each() may drop members, this one and others. */
	json_object_object_foreach(section, key, value)
	{
		if (strncmp(key, "drive/", 6) == 0 && key[6] != 0 && strlen(key + 6) < ID_SIZE &&
		    json_object_is_type(value, json_type_object))
			(void) snprintf(ids[n++], ID_SIZE, "%s", key + 6);
	}
	for (size_t i = 0; i < n; i++)
		each(userdata, ids[i]);
	free(ids);
}

/* ---- lamps -------------------------------------------------------------------- */

int marks_lamp(struct store *store, const char *drive_id, enum indicator indicator,
	       struct marks_lamp *ret)
{
	char key[KEY_SIZE];
	struct json_object *lamps =
		get(entry(store, drive_key(key, drive_id)), "lamps", json_type_object);
	struct json_object *o = get(lamps, indicator_name(indicator), json_type_array);
	struct json_object *eid;
	unsigned index;

	if (o == NULL || json_object_array_length(o) != 2)
		return -ENOENT;
	eid = json_object_array_get_idx(o, 0);
	if (!json_object_is_type(eid, json_type_string) ||
	    !parse_unsigned(json_object_array_get_idx(o, 1), &index))
		return -ENOENT;
	(void) snprintf(ret->eid, sizeof(ret->eid), "%s", json_object_get_string(eid));
	ret->index = index;
	return 0;
}

int marks_set_lamp(struct store *store, const char *drive_id, enum indicator indicator,
		   const struct component *slot)
{
	struct json_object *section = store_section(store, SECTION), *o;
	char key[KEY_SIZE];

	(void) drive_key(key, drive_id);
	if (slot == NULL) {
		o = get(entry(store, key), "lamps", json_type_object);
		if (o != NULL)
			json_object_object_del(o, indicator_name(indicator));
		drop_if_empty(entry(store, key), "lamps");
		drop_if_empty(section, key);
		return 0;
	}
	o = json_object_new_array();
	if (array_add(o, json_object_new_string(slot->chassis->eid)) < 0 ||
	    array_add(o, json_object_new_int64(slot->index)) < 0) {
		(void) json_object_put(o);
		return -ENOMEM;
	}
	return put(make(make(section, key), "lamps"), indicator_name(indicator), o);
}
