/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths become logical units, units become drives.  A unit is one however many
 * paths lead to it; a drive with two actuators is one with two units.  What
 * carries the name of another but is plainly not it gets a name of its own.
 */
#include <errno.h>
#include <inttypes.h>
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

struct drive *inventory_find_drive(struct inventory *inventory, const char *id)
{
	struct drive *drive;

	LIST_FOREACH (drive, &inventory->drives, link)
		if (strcmp(drive->id, id) == 0)
			return drive;
	return NULL;
}

/* ---- drives ------------------------------------------------------------------- */

static void drive_free(struct drive *drive)
{
	list_unlink(&drive->link);
	free(drive);
}

void drive_drop(struct inventory *inventory, struct drive *drive)
{
	struct component *slot = drive->slot;

	if (slot) {
		slot->drive = NULL;
		drive->slot = NULL;
		tell_changed(inventory, &slot->object);
	}
	tell_removing(inventory, &drive->object);
	drive_free(drive);
}

static struct drive *drive_new(struct inventory *inventory, const char *id)
{
	struct drive *drive;

	drive = calloc(1, sizeof(*drive));
	if (!drive)
		return NULL;
	drive->object.kind = OBJECT_DRIVE;
	(void) snprintf(drive->id, sizeof(drive->id), "%s", id);
	list_init(&drive->units);
	list_init(&drive->link);
	list_append(&inventory->drives, &drive->link);
	return drive;
}

static void drive_add_address(struct drive *drive, uint64_t address)
{
	for (unsigned i = 0; i < drive->n_addresses; i++)
		if (drive->addresses[i] == address)
			return;
	if (drive->n_addresses < UNIT_PATHS_MAX)
		drive->addresses[drive->n_addresses++] = address;
}

/* What a drive is, from the paths of its units as they are now. */
static void drive_describe(struct drive *drive)
{
	struct identity id;
	struct path *path;
	struct unit *unit;

	drive->n_addresses = 0;
	drive->size = 0;
	LIST_FOREACH (unit, &drive->units, of_drive) {
		drive->size += unit->size;
		LIST_FOREACH (path, &unit->paths, link) {
			identity_of(path->device, &id);
			for (unsigned i = 0; i < id.n_addresses; i++)
				drive_add_address(drive, id.addresses[i]);
			if (id.bus_type > drive->bus_type)
				drive->bus_type = id.bus_type;
			drive->rotation = id.rotation;
			(void) snprintf(drive->wwn, sizeof(drive->wwn), "%s",
					id.vpd.target[0] ? id.vpd.target : id.vpd.unit);
			(void) snprintf(drive->serial, sizeof(drive->serial), "%s", id.serial);
			(void) snprintf(drive->vendor, sizeof(drive->vendor), "%s",
					id.inquiry.vendor);
			(void) snprintf(drive->product, sizeof(drive->product), "%s",
					id.inquiry.product);
			(void) snprintf(drive->revision, sizeof(drive->revision), "%s",
					id.inquiry.revision);
		}
	}
}

/* Logical unit 0 of the same target names a drive that has no name of its own. */
static void drive_name(struct inventory *inventory, const struct device *device,
		       const struct identity *id, char *name, size_t size)
{
	struct known_device *other;
	struct identity theirs;

	(void) snprintf(name, size, "%s", id->drive_id);
	if (id->vpd.target[0] != '\0' || device->lun == 0)
		return;
	LIST_FOREACH (other, &inventory->devices, link)
		if (other->path && other->device->host == device->host &&
		    other->device->channel == device->channel &&
		    other->device->target == device->target && other->device->lun == 0) {
			identity_of(other->device, &theirs);
			(void) snprintf(name, size, "%s", theirs.drive_id);
			return;
		}
}

static struct path *first_path(const struct unit *unit)
{
	return list_empty(&unit->paths) ? NULL : container_of(unit->paths.next, struct path, link);
}

/* A drive of that name that is plainly another one. */
static bool other_drive(const struct drive *drive, const struct identity *id)
{
	if (drive->n_units == 0)
		return drive->serial[0] != '\0' && strcmp(drive->serial, id->serial) != 0;
	return strcmp(drive->serial, id->serial) != 0 ||
	       strcmp(drive->vendor, id->inquiry.vendor) != 0 ||
	       strcmp(drive->product, id->inquiry.product) != 0;
}

static void unit_join_drive(struct inventory *inventory, struct unit *unit)
{
	struct path *path = first_path(unit);
	char name[ID_SIZE];
	struct drive *drive;
	struct identity id;
	bool fresh = false;

	if (unit->drive || !path)
		return;
	identity_of(path->device, &id);
	drive_name(inventory, path->device, &id, name, sizeof(name));
	/* The unit was told apart from one of the same name; so is its drive. */
	if (strcmp(unit->id, id.unit_id) != 0 && strcmp(name, id.unit_id) == 0)
		(void) snprintf(name, sizeof(name), "%s", unit->id);
	drive = inventory_find_drive(inventory, name);
	if (drive && other_drive(drive, &id)) {
		size_t n = strlen(name);

		(void) snprintf(name + n, sizeof(name) - n, "_%016" PRIx64, id.addresses[0]);
		drive = inventory_find_drive(inventory, name);
	}
	if (drive && drive->n_units >= DRIVE_UNITS_MAX)
		return;
	if (!drive) {
		fresh = true;
		drive = drive_new(inventory, name);
	}
	if (!drive) {
		log_error("Out of memory for drive %s", name);
		return;
	}
	list_append(&drive->units, &unit->of_drive);
	drive->n_units++;
	unit->drive = drive;
	drive_describe(drive);
	if (fresh)
		tell_added(inventory, &drive->object);
	else
		tell_changed(inventory, &drive->object);
	tell_changed(inventory, &unit->object);
}

static void unit_leave_drive(struct inventory *inventory, struct unit *unit)
{
	struct drive *drive = unit->drive;

	if (!drive)
		return;
	list_unlink(&unit->of_drive);
	unit->drive = NULL;
	drive->n_units--;
	if (drive->n_units == 0 && !drive->detached) {
		drive_drop(inventory, drive);
		return;
	}
	if (drive->n_units > 0)
		drive_describe(drive);
	tell_changed(inventory, &drive->object);
}

void unit_settle_drive(struct inventory *inventory, struct unit *unit, bool in_bay)
{
	struct path *path = first_path(unit);
	struct identity id;

	if (!path)
		return;
	identity_of(path->device, &id);
	if (id.physical || (in_bay && !id.never_physical))
		unit_join_drive(inventory, unit);
}

void drive_set_detached(struct drive *drive, bool detached)
{
	drive->detached = detached;
}

void inventory_drop_drive(struct inventory *inventory, struct drive *drive)
{
	drive->detached = false;
	drive_drop(inventory, drive);
}

struct drive *inventory_restore_drive(struct inventory *inventory, const char *id)
{
	struct drive *drive;

	if (inventory_find_drive(inventory, id))
		return NULL;
	drive = drive_new(inventory, id);
	if (drive)
		drive->detached = true;
	return drive;
}

/* ---- units ---------------------------------------------------------------------- */

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
	struct path *path = first_path(unit);
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
	const struct path *path = first_path(unit);

	return path && (strcmp(unit->serial, id->serial) != 0 ||
			strcmp(unit->inquiry.vendor, id->inquiry.vendor) != 0 ||
			strcmp(unit->inquiry.product, id->inquiry.product) != 0 ||
			(device->size && unit->size && device->size != unit->size));
}

static void unit_name(struct inventory *inventory, const struct device *device,
		      const struct identity *id, char *name, size_t size)
{
	struct unit *unit = inventory_find_unit(inventory, id->unit_id);
	char address[40], text[80];
	size_t n;

	(void) snprintf(name, size, "%s", id->unit_id);
	if (!unit || !other_unit(unit, device, id))
		return;
	n = strlen(name);
	if (id->n_addresses > 0) {
		(void) snprintf(name + n, size - n, "_%016" PRIx64, id->addresses[0]);
	} else {
		identity_escape(text, sizeof(text),
				device->id_path ? device->id_path
						: device_address(device, address, sizeof(address)));
		(void) snprintf(name + n, size - n, "_%s", text);
	}
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
