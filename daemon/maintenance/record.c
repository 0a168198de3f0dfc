/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store's section "lamps":
 *
 *   { "<eid>": { "<type>.<index>.<reported number>": {
 *       "light": { "kind": "continuous" | "timed" | "pulse", "end": us, "uid": n },
 *       "tone": { ... }, "asked": [ "fault", ... ] } } }
 *
 * The number that the enclosure gives the bay is part of the name: a record must not
 * light another bay when an enclosure counts differently than it did.
 * What is read back was on a disk and is believed only as far as it makes sense.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "maintenance/private.h"

static const char *const lamp_names[_LAMP_MAX] = { [LAMP_LIGHT] = "light", [LAMP_TONE] = "tone" };
static const char *const kind_names[] = {
	[RECORD_CONTINUOUS] = "continuous",
	[RECORD_TIMED] = "timed",
	[RECORD_PULSE] = "pulse",
};

static void make_key(char key[static RECORD_KEY_SIZE], const struct component *c)
{
	(void) snprintf(key, RECORD_KEY_SIZE, "%u.%u.%d", c->type, c->index, c->reported);
}

static struct json_object *member(struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *value;

	if (o == NULL || !json_object_object_get_ex(o, name, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static struct json_object *find(struct maintenance *m, const struct component *c, const char *key)
{
	struct json_object *section = store_section(m->p.store, "lamps");

	return member(member(section, c->chassis->eid, json_type_object), key, json_type_object);
}

/* ---- reading ---------------------------------------------------------------------- */

static bool read_lamp(struct json_object *o, struct record *ret, enum lamp_index index)
{
	struct json_object *lamp = member(o, lamp_names[index], json_type_object);
	struct json_object *kind = member(lamp, "kind", json_type_string);
	struct json_object *end = member(lamp, "end", json_type_int);
	struct json_object *uid = member(lamp, "uid", json_type_int);
	int64_t n;

	if (kind == NULL)
		return false;
	for (unsigned i = RECORD_CONTINUOUS; i < ARRAY_SIZE(kind_names); i++)
		if (strcmp(json_object_get_string(kind), kind_names[i]) == 0)
			ret->lamps[index].kind = i;
	n = end != NULL ? json_object_get_int64(end) : 0;
	ret->lamps[index].end = n > 0 ? (uint64_t) n : 0;
	n = uid != NULL ? json_object_get_int64(uid) : -1;
	ret->lamps[index].uid = n >= 0 && n < UINT32_MAX ? (uint32_t) n : MAINTENANCE_UID_OTHER;
	return ret->lamps[index].kind != RECORD_NONE;
}

bool record_read(struct maintenance *m, const struct component *c, struct record *ret)
{
	struct record record = { .asked = 0 };
	struct json_object *o, *asked;
	char key[RECORD_KEY_SIZE];
	bool any = false;

	make_key(key, c);
	o = find(m, c, key);

	for (int i = 0; i < _LAMP_MAX; i++)
		any = read_lamp(o, &record, i) || any;
	asked = member(o, "asked", json_type_array);
	for (size_t i = 0; asked != NULL && i < json_object_array_length(asked); i++) {
		struct json_object *name = json_object_array_get_idx(asked, i);
		int indicator = -EINVAL;

		if (json_object_is_type(name, json_type_string))
			indicator = indicator_from_name(json_object_get_string(name));
		if (indicator >= 0)
			record.asked |= INDICATOR_BIT(indicator);
	}
	any = any || record.asked != 0;
	if (any)
		*ret = record;
	return any;
}

/* ---- writing ---------------------------------------------------------------------- */

/* Takes value over.  json-c's functions fail only when out of memory. */
static int add(struct json_object *o, const char *name, struct json_object *value)
{
	if (value != NULL && json_object_object_add(o, name, value) == 0)
		return 0;
	(void) json_object_put(value);
	return -ENOMEM;
}

static int add_lamp(struct json_object *o, const struct record *record, enum lamp_index index)
{
	enum record_kind kind = record->lamps[index].kind;
	struct json_object *lamp;
	int r;

	if (kind == RECORD_NONE)
		return 0;
	lamp = json_object_new_object();
	r = add(o, lamp_names[index], lamp);
	if (r == 0)
		r = add(lamp, "kind", json_object_new_string(kind_names[kind]));
	if (r == 0)
		r = add(lamp, "uid", json_object_new_int64(record->lamps[index].uid));
	if (r == 0 && kind == RECORD_TIMED)
		r = add(lamp, "end", json_object_new_int64((int64_t) record->lamps[index].end));
	return r;
}

static int add_asked(struct json_object *o, uint32_t asked)
{
	struct json_object *array;
	int r;

	if (asked == 0)
		return 0;
	array = json_object_new_array();
	r = add(o, "asked", array);
	for (int i = 0; r == 0 && i < _INDICATOR_PUBLIC_MAX; i++) {
		struct json_object *name;

		if ((asked & INDICATOR_BIT(i)) == 0)
			continue;
		name = json_object_new_string(indicator_name(i));
		if (name == NULL || json_object_array_add(array, name) < 0) {
			(void) json_object_put(name);
			r = -ENOMEM;
		}
	}
	return r;
}

static int to_json(const struct record *record, struct json_object **ret)
{
	struct json_object *o = json_object_new_object();
	int r = o != NULL ? 0 : -ENOMEM;

	for (int i = 0; r == 0 && i < _LAMP_MAX; i++)
		r = add_lamp(o, record, i);
	if (r == 0)
		r = add_asked(o, record->asked);
	if (r < 0) {
		(void) json_object_put(o);
		return r;
	}
	*ret = o;
	return 0;
}

static bool room(struct maintenance *m)
{
	if (m->n_records < RECORDS_MAX)
		return true;
	if (!m->full_warned)
		log_warning("Over %u lamps are remembered; further ones are not", RECORDS_MAX);
	m->full_warned = true;
	return false;
}

static int insert(struct maintenance *m, const struct component *c, const char *key,
		  struct json_object *value)
{
	struct json_object *section = store_section(m->p.store, "lamps"), *chassis;
	int r = 0;

	chassis = member(section, c->chassis->eid, json_type_object);
	if (chassis == NULL && section != NULL) {
		chassis = json_object_new_object();
		r = add(section, c->chassis->eid, chassis);
	}
	if (chassis == NULL || r < 0) {
		(void) json_object_put(value);
		return -ENOMEM;
	}
	return add(chassis, key, value);
}

void record_drop(struct fixture *f)
{
	struct maintenance *m = f->m;
	struct json_object *section = store_section(m->p.store, "lamps");
	struct json_object *chassis;

	chassis = member(section, f->component->chassis->eid, json_type_object);
	if (f->key[0] != '\0' && member(chassis, f->key, json_type_object) != NULL) {
		json_object_object_del(chassis, f->key);
		if (json_object_object_length(chassis) == 0)
			json_object_object_del(section, f->component->chassis->eid);
		m->n_records -= m->n_records > 0 ? 1 : 0;
		store_dirty(m->p.store);
	}
	f->key[0] = '\0';
}

void record_write(struct fixture *f, const struct record *record)
{
	struct json_object *old, *new = NULL;
	struct component *c = f->component;
	struct maintenance *m = f->m;
	char key[RECORD_KEY_SIZE];
	int r;

	make_key(key, c);
	if (strcmp(key, f->key) != 0)
		record_drop(f); /* the enclosure calls it otherwise now */
	memcpy(f->key, key, sizeof(key));
	old = find(m, c, key);

	r = to_json(record, &new);
	if (r == 0 && json_object_object_length(new) == 0) {
		(void) json_object_put(new);
		record_drop(f);
		return;
	}
	if (r == 0 && ((old != NULL && json_object_equal(old, new)) || (old == NULL && !room(m)))) {
		(void) json_object_put(new);
		return;
	}
	if (r == 0)
		r = insert(m, c, key, new);
	if (r < 0) {
		log_warning("%s of %s: its lamp is not remembered: %s", c->label, c->chassis->eid,
			    strerror(-r));
		return;
	}
	m->n_records += old == NULL ? 1 : 0;
	store_dirty(m->p.store);
}

void records_count(struct maintenance *m)
{
	struct json_object *section = store_section(m->p.store, "lamps");

	m->n_records = 0;
	if (section == NULL)
		return;
	json_object_object_foreach(section, eid, chassis)
	{
		(void) eid;
		if (json_object_is_type(chassis, json_type_object))
			m->n_records += (unsigned) json_object_object_length(chassis);
	}
}

/* ---- being on the disk -------------------------------------------------------------- */

/* What store_sync() gives back, which may be after the daemon's upper half is gone. */
struct ticket {
	struct list link; /* m->tickets */
	struct maintenance *m;
	uint64_t mark;
};

static void ticket_done(void *userdata, int r)
{
	struct ticket *ticket = userdata;
	struct maintenance *m = ticket->m;
	uint64_t mark = ticket->mark;
	struct fixture *f;

	list_unlink(&ticket->link);
	free(ticket);
	if (m == NULL)
		return;
	/* A lamp is worth more than its record: it is lit all the same. */
	if (r < 0 && !m->store_warned)
		log_warning("Lamps are switched without being remembered: %s", strerror(-r));
	m->store_warned = r < 0;
	if (mark > m->synced)
		m->synced = mark;
	LIST_FOREACH (f, &m->unsynced, of_unsynced)
		fixture_pump(f);
}

uint64_t record_sync(struct maintenance *m)
{
	struct ticket *ticket = calloc(1, sizeof(*ticket));

	if (ticket == NULL) {
		store_dirty(m->p.store);
		return 0;
	}
	ticket->m = m;
	ticket->mark = ++m->marked;
	list_append(&m->tickets, &ticket->link);
	store_sync(m->p.store, ticket_done, ticket);
	return m->marked;
}

void record_forget_tickets(struct maintenance *m)
{
	struct ticket *ticket;

	LIST_FOREACH (ticket, &m->tickets, link) {
		list_unlink(&ticket->link);
		ticket->m = NULL;
	}
}
