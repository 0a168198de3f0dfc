/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faces are found by path in a search tree, and by object through
 * object->face.  What a change of one object shows on others is decided in one place,
 * neighbours(); saying too much there costs a comparison, not a signal.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus/face.h"
#include "bus/notify.h"
#include "bus/path.h"
#include "bus/private.h"
#include "ses/page.h"

static const struct interface *const of_provider[] = { &interface_provider, NULL };
static const struct interface *const of_subsystem[] = { &interface_subsystem,
							&interface_maintenance, NULL };
static const struct interface *const of_controller[] = { &interface_controller,
							 &interface_maintenance, NULL };
static const struct interface *const of_slot[] = { &interface_slot, &interface_maintenance, NULL };
static const struct interface *const of_element[] = { &interface_element, NULL };
static const struct interface *const of_lamp_element[] = { &interface_element,
							   &interface_maintenance, NULL };
static const struct interface *const of_drive[] = { &interface_drive, &interface_maintenance,
						    NULL };
static const struct interface *const of_lun[] = { &interface_lun, &interface_maintenance, NULL };
static const struct interface *const of_operation[] = { &interface_async, NULL };

static const struct interface *const *interfaces_of(struct object *object)
{
	const struct component *c;

	if (!object)
		return of_provider;
	switch (object->kind) {
	case OBJECT_SUBSYSTEM:
		return of_subsystem;
	case OBJECT_CONTROLLER:
		return of_controller;
	case OBJECT_SLOT:
		return of_slot;
	case OBJECT_ELEMENT:
		c = object_component(object);
		if (c->type == SES_ALARM ||
		    (ses_indicators_supported(c->type) & INDICATOR_BIT(INDICATOR_IDENT)))
			return of_lamp_element;
		return of_element;
	case OBJECT_DRIVE:
		return of_drive;
	case OBJECT_LUN:
		return of_lun;
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		break;
	}
	return of_operation;
}

const char *face_path(const struct object *object)
{
	const struct face *face = object ? object->face : NULL;

	return face ? face->path : "/";
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct face *) a)->path, ((const struct face *) b)->path);
}

struct face *face_find(struct bus *bus, const char *path)
{
	const struct face key = { .path = (char *) path };
	struct face **found = tfind(&key, &bus->paths, compare);

	return found ? *found : NULL;
}

const struct interface *face_interface(const struct face *face, const char *name)
{
	for (const struct interface *const *i = face->interfaces; *i; i++)
		if (strcmp((*i)->name, name) == 0)
			return *i;
	return NULL;
}

const char *face_id(const struct face *face)
{
	return strrchr(face->path, '/') + 1;
}

static uint64_t value_hash(struct face *face, const struct property *property)
{
	struct out out = OUT_HASH;

	property->get(face->bus, face->object, &out);
	return out.hash;
}

static unsigned count_properties(const struct face *face)
{
	unsigned n = 0;

	for (const struct interface *const *i = face->interfaces; *i; i++)
		n += (*i)->n_properties;
	return n;
}

/* Names of what changed since the last time, which is forgotten; how many. */
static unsigned take_changes(struct face *face, const struct interface *interface, uint64_t *hashes,
			     const char **names)
{
	unsigned n = 0;

	for (unsigned i = 0; i < interface->n_properties; i++) {
		const struct property *p = &interface->properties[i];
		uint64_t hash;

		if (p->kind != PROPERTY_CHANGES)
			continue;
		hash = value_hash(face, p);
		if (hash != hashes[i])
			names[n++] = p->name;
		hashes[i] = hash;
	}
	names[n] = NULL;
	return n;
}

#define PROPERTIES_MAX 40U /* of an interface */

static void emit_changes(struct face *face)
{
	const char *names[PROPERTIES_MAX + 1];
	struct bus *bus = face->bus;
	uint64_t *hashes = face->hashes;

	for (const struct interface *const *i = face->interfaces; *i; i++) {
		unsigned n = take_changes(face, *i, hashes, names);
		int r = 0;

		hashes += (*i)->n_properties;
		if (n == 0)
			continue;
		/* VDS knows no event of maintenance, which is the second interface, nor of an
		 * operation that begins or ends. */
		if (i == face->interfaces && (n > 1 || strcmp(names[0], "Operation") != 0))
			notify_modified(face);
		if (bus->named)
			r = sd_bus_emit_properties_changed_strv(bus->connection, face->path,
								(*i)->name, (char **) names);
		if (r < 0 && r != -ENOTCONN)
			log_warning("Cannot signal a change of %s: %s", face->path, strerror(-r));
	}
}

static int on_flush(sd_event_source *source, void *userdata)
{
	(void) source;
	face_flush(userdata);
	return 0;
}

static void mark(struct bus *bus, struct face *face)
{
	if (!face || !list_empty(&face->dirty))
		return;
	list_append(&bus->dirty, &face->dirty);
	if (bus->flush_source)
		(void) sd_event_source_set_enabled(bus->flush_source, SD_EVENT_ONESHOT);
	else if (sd_event_add_defer(bus->event, &bus->flush_source, on_flush, bus) < 0)
		log_error("Out of memory: changes are signalled late");
}

static void mark_object(struct bus *bus, const struct object *object)
{
	if (object)
		mark(bus, object->face);
}

static void mark_ways(struct bus *bus, struct chassis *chassis)
{
	struct way *way;

	mark_object(bus, &chassis->object);
	LIST_FOREACH (way, &chassis->ways, link)
		mark_object(bus, &way->object);
}

static void mark_drive(struct bus *bus, struct drive *drive)
{
	struct unit *unit;

	if (!drive)
		return;
	mark_object(bus, &drive->object);
	LIST_FOREACH (unit, &drive->units, of_drive)
		mark_object(bus, &unit->object);
}

/* Those whose properties speak of this one: paths, what runs, which way is active. */
static void neighbours(struct bus *bus, struct object *object)
{
	const struct operation *operation;
	struct component *component;

	switch (object->kind) {
	case OBJECT_SUBSYSTEM:
		mark_ways(bus, object_chassis(object));
		break;
	case OBJECT_CONTROLLER:
		mark_ways(bus, object_way(object)->chassis);
		break;
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
		component = object_component(object);
		mark_ways(bus, component->chassis);
		mark_drive(bus, component->drive);
		break;
	case OBJECT_DRIVE:
		mark_drive(bus, object_drive(object));
		if (object_drive(object)->slot)
			mark_object(bus, &object_drive(object)->slot->object);
		break;
	case OBJECT_LUN:
		mark_drive(bus, object_unit(object)->drive);
		break;
	case OBJECT_OPERATION:
		operation = container_of(object, struct operation, object);
		mark_object(bus, operation->target);
		mark(bus, bus->provider);
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
}

void face_touch(struct bus *bus, struct object *object)
{
	if (bus->stopped)
		return;
	mark_object(bus, object);
	neighbours(bus, object);
}

void face_touch_provider(struct bus *bus)
{
	if (!bus->stopped)
		mark(bus, bus->provider);
}

void face_flush(struct bus *bus)
{
	struct list round = LIST_INIT(round);
	struct face *face;

	if (bus->stopped)
		return;
	while (!list_empty(&bus->dirty)) {
		face = container_of(bus->dirty.next, struct face, dirty);
		list_unlink(&face->dirty);
		list_append(&round, &face->dirty);
		emit_changes(face);
	}
	while (!list_empty(&round)) {
		face = container_of(round.next, struct face, dirty);
		list_unlink(&face->dirty);
		notify_round(face);
	}
}

struct face *face_free(struct face *face)
{
	if (!face)
		return NULL;
	list_unlink(&face->link);
	list_unlink(&face->dirty);
	free(face->path);
	free(face->hashes);
	free(face->about);
	free(face);
	return NULL;
}

static struct face *face_new(struct bus *bus, struct object *object)
{
	struct face *face = calloc(1, sizeof(*face));

	if (!face)
		return NULL;
	list_init(&face->link);
	list_init(&face->dirty);
	face->bus = bus;
	face->object = object;
	face->interfaces = interfaces_of(object);
	face->path = object ? path_of(object) : strdup(BUS_ROOT);
	face->hashes = calloc(count_properties(face), sizeof(*face->hashes));
	if (!face->path || !face->hashes)
		return face_free(face);
	return face;
}

/* What it shows now counts as signalled. */
static void settle(struct face *face)
{
	const char *names[PROPERTIES_MAX + 1];
	uint64_t *hashes = face->hashes;

	for (const struct interface *const *i = face->interfaces; *i; i++) {
		(void) take_changes(face, *i, hashes, names);
		hashes += (*i)->n_properties;
	}
	face->status = notify_status(face->object);
}

int face_publish_provider(struct bus *bus)
{
	bus->provider = face_new(bus, NULL);
	if (!bus->provider)
		return -ENOMEM;
	settle(bus->provider);
	return 0;
}

static int remember_target(struct face *face)
{
	const struct operation *operation = container_of(face->object, struct operation, object);

	if (operation->number > face->bus->newest_operation)
		face->bus->newest_operation = operation->number;
	face->about = strdup(operation->target ? face_path(operation->target) : BUS_ROOT);
	return face->about ? 0 : -ENOMEM;
}

void face_publish(struct bus *bus, struct object *object)
{
	struct face *face, **found;

	if (bus->stopped || object->face)
		return;
	face = face_new(bus, object);
	if (!face || (object->kind == OBJECT_OPERATION && remember_target(face) < 0)) {
		log_error("Out of memory: an object is not published");
		(void) face_free(face);
		return;
	}
	if (sd_bus_object_path_is_valid(face->path) <= 0 || face_find(bus, face->path) ||
	    !(found = tsearch(face, &bus->paths, compare))) {
		log_warning("%s cannot be published: its path is taken or not valid", face->path);
		(void) face_free(face);
		return;
	}

	list_append(&bus->faces, &face->link);
	object->face = face;
	tombstones_remove(&bus->tombstones, face->path);
	settle(face);
	face->fresh = true;
	if (bus->named)
		(void) sd_bus_emit_object_added(bus->connection, face->path);
	notify_arrived(face);
	face_touch(bus, object);
}

void face_withdraw(struct bus *bus, struct object *object)
{
	struct face *face = object->face;

	if (bus->stopped || !face)
		return;
	if (bus->named)
		(void) sd_bus_emit_object_removed(bus->connection, face->path);
	notify_departed(face);
	face_touch(bus, object);

	(void) tdelete(face, &bus->paths, compare);
	if (object->kind != OBJECT_OPERATION)
		tombstones_add(&bus->tombstones, face->path);
	object->face = NULL;
	(void) face_free(face);
}
