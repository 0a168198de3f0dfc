/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths become logical units.  A unit is one however many paths lead to it; what
 * carries the name of another but is plainly not it gets a name of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "enclosure/identity.h"
#include "enclosure/private.h"

struct unit *inventory_find_unit(struct inventory *inventory, const char *id)
{
	struct unit *unit;

	LIST_FOREACH (unit, &inventory->units, link)
		if (strcmp(unit->id, id) == 0)
			return unit;
	return NULL;
}

struct path *unit_first_path(const struct unit *unit)
{
	return list_empty(&unit->paths) ? NULL : container_of(unit->paths.next, struct path, link);
}

static struct unit *unit_new(struct inventory *inventory, const char *id)
{
	struct unit *unit;

	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->object.kind = OBJECT_LUN;
	(void) snprintf(unit->id, sizeof(unit->id), "%s", id);
	list_init(&unit->paths);
	list_init(&unit->of_drive);
	list_append(&inventory->units, &unit->link);
	return unit;
}

static void unit_describe(struct unit *unit)
{
	struct path *path = unit_first_path(unit);
	struct identity id;

	if (!path)
		return;
	identity_of(path->device, &id);
	unit->inquiry = id.inquiry;
	unit->size = path->device->size;
	(void) snprintf(unit->wwn, sizeof(unit->wwn), "%s", id.vpd.unit);
	(void) snprintf(unit->serial, sizeof(unit->serial), "%s", id.serial);
}

/* One name, but plainly another disk: a clone, or firmware that numbers badly. */
static bool other_unit(const struct unit *unit, const struct device *device,
		       const struct identity *id)
{
	const struct path *path = unit_first_path(unit);

	return path && (strcmp(unit->serial, id->serial) != 0 ||
			strcmp(unit->inquiry.vendor, id->inquiry.vendor) != 0 ||
			strcmp(unit->inquiry.product, id->inquiry.product) != 0 ||
			(device->size && unit->size && device->size != unit->size));
}

/* The name of the unit this is a path to, one that is there or a new one. */
static void unit_name(struct inventory *inventory, const struct device *device,
		      const struct identity *id, char *name, size_t size)
{
	struct unit *unit = inventory_find_unit(inventory, id->unit_id);
	size_t n = strlen(id->unit_id);

	(void) snprintf(name, size, "%s", id->unit_id);
	if (!unit || !other_unit(unit, device, id))
		return;
	/* It may be another path to one that was told apart before. */
	LIST_FOREACH (unit, &inventory->units, link)
		if (strncmp(unit->id, name, n) == 0 && unit->id[n] == '_' &&
		    !other_unit(unit, device, id)) {
			(void) snprintf(name, size, "%s", unit->id);
			return;
		}
	identity_append_place(device, id, name, size);
}

static void path_free(struct path *path)
{
	list_unlink(&path->link);
	path->unit->n_paths--;
	free(path);
}

int path_arrive(struct inventory *inventory, struct known_device *known)
{
	struct identity id;
	char name[ID_SIZE];
	struct path *path;
	struct unit *unit;
	bool fresh = false;

	identity_of(known->device, &id);
	unit_name(inventory, known->device, &id, name, sizeof(name));
	unit = inventory_find_unit(inventory, name);
	if (unit && unit->n_paths >= UNIT_PATHS_MAX)
		return -E2BIG;
	path = calloc(1, sizeof(*path));
	if (path && !unit) {
		unit = unit_new(inventory, name);
		fresh = true;
	}
	if (!path || !unit) {
		free(path);
		return -ENOMEM;
	}
	path->unit = unit;
	path->device = known->device;
	list_append(&unit->paths, &path->link);
	unit->n_paths++;
	known->path = path;
	unit_describe(unit);
	if (fresh)
		tell_added(inventory, &unit->object);
	else
		tell_changed(inventory, &unit->object);
	unit_settle_drive(inventory, unit, false);
	if (known->device->lun == 0)
		unit_gather_target(inventory, known);
	if (!fresh && unit->drive) {
		drive_describe(unit->drive);
		tell_changed(inventory, &unit->drive->object);
	}
	inventory_settle(inventory);
	return 0;
}

static bool same_bytes(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
	return n == m && (n == 0 || memcmp(a, b, n) == 0);
}

void path_changed(struct inventory *inventory, struct known_device *known, struct device *old)
{
	const struct device *device = known->device;
	struct unit *unit = known->path->unit;

	/* Another disk under an old address: the kernel says so by changed VPD pages. */
	if (!same_bytes(old->vpd83, old->vpd83_length, device->vpd83, device->vpd83_length) ||
	    !same_bytes(old->vpd80, old->vpd80_length, device->vpd80, device->vpd80_length)) {
		known->path->device = old;
		path_depart(inventory, known);
		if (path_arrive(inventory, known) < 0)
			log_error("Out of memory for the disk at %s", device->syspath);
		return;
	}
	known->path->device = known->device;
	unit_describe(unit);
	tell_changed(inventory, &unit->object);
	unit_settle_drive(inventory, unit, false);
	if (unit->drive) {
		drive_describe(unit->drive);
		tell_changed(inventory, &unit->drive->object);
	}
	inventory_settle(inventory);
}

void path_depart(struct inventory *inventory, struct known_device *known)
{
	struct unit *unit = known->path->unit;

	if (unit->n_paths > 1) {
		path_free(known->path);
		known->path = NULL;
		unit_describe(unit);
		tell_changed(inventory, &unit->object);
		if (unit->drive) {
			drive_describe(unit->drive);
			tell_changed(inventory, &unit->drive->object);
		}
	} else {
		/* Told while it is still whole. */
		tell_removing(inventory, &unit->object);
		path_free(known->path);
		known->path = NULL;
		unit_leave_drive(inventory, unit);
		list_unlink(&unit->link);
		free(unit);
	}
	inventory_settle(inventory);
}
