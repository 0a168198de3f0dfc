/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units become drives: one each, or several where they are of one target (two actuators).
 * A drive is named by its target, else by its logical unit 0, whichever of its units comes
 * first; what carries the name of another but is plainly not it gets a name of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "enclosure/identity.h"
#include "enclosure/private.h"

struct drive *inventory_find_drive(struct inventory *inventory, const char *id)
{
	struct drive *drive;

	LIST_FOREACH (drive, &inventory->drives, link)
		if (strcmp(drive->id, id) == 0)
			return drive;
	return NULL;
}

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

void drive_describe(struct drive *drive)
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

static bool same_target(const struct device *a, const struct device *b)
{
	return a->host == b->host && a->channel == b->channel && a->target == b->target;
}

/* Logical unit 0 of the same target names a drive that has no name of its own; "": none. */
static void name_by_unit_0(struct inventory *inventory, const struct device *device,
			   const struct identity *id, char *name, size_t size)
{
	struct known_device *other;
	struct identity theirs;

	name[0] = '\0';
	if (id->vpd.target[0] != '\0' || device->lun == 0)
		return;
	LIST_FOREACH (other, &inventory->devices, link)
		if (other->path && other->device->lun == 0 && same_target(other->device, device)) {
			identity_of(other->device, &theirs);
			(void) snprintf(name, size, "%s", theirs.drive_id);
			return;
		}
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

/*
 * The drive that the unit belongs to, or NULL and the name of a new one ("": there is no name
 * left): by logical unit 0 of its target, by its own name, by that and its place.
 */
static struct drive *choose_drive(struct inventory *inventory, const struct unit *unit,
				  const struct identity *id, char *name, size_t size)
{
	const struct device *device = unit_first_path(unit)->device;
	struct drive *drive;

	for (unsigned tries = 0; tries < 3; tries++) {
		if (tries == 0)
			name_by_unit_0(inventory, device, id, name, size);
		else if (tries == 1)
			/* A unit that was told apart from one of its name has a drive that is. */
			(void) snprintf(name, size, "%s",
					strcmp(id->drive_id, id->unit_id) == 0 ? unit->id
									       : id->drive_id);
		else
			identity_append_place(device, id, name, size);
		if (name[0] == '\0')
			continue;
		drive = inventory_find_drive(inventory, name);
		if (!drive || !other_drive(drive, id))
			return drive;
	}
	name[0] = '\0';
	return NULL;
}

static void unit_join_drive(struct inventory *inventory, struct unit *unit)
{
	struct path *path = unit_first_path(unit);
	char name[ID_SIZE];
	struct drive *drive;
	struct identity id;
	bool fresh = false;

	if (unit->drive || !path)
		return;
	identity_of(path->device, &id);
	drive = choose_drive(inventory, unit, &id, name, sizeof(name));
	if (drive && drive->n_units >= DRIVE_UNITS_MAX)
		return;
	if (!drive && name[0] != '\0') {
		fresh = true;
		drive = drive_new(inventory, name);
	}
	if (!drive) {
		log_error("No drive can be made for %s", unit->id);
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

void unit_leave_drive(struct inventory *inventory, struct unit *unit)
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
	struct path *path = unit_first_path(unit);
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

void unit_gather_target(struct inventory *inventory, const struct known_device *zero)
{
	const struct drive *drive = zero->path->unit->drive;
	struct known_device *other;
	struct identity id;

	LIST_FOREACH (other, &inventory->devices, link) {
		struct unit *unit = other->path ? other->path->unit : NULL;

		if (!unit || !unit->drive || !drive || unit->drive == drive ||
		    other->device->lun == 0 || !same_target(other->device, zero->device))
			continue;
		identity_of(other->device, &id);
		if (id.vpd.target[0] != '\0' || other_drive(drive, &id))
			continue;
		unit_leave_drive(inventory, unit);
		unit_join_drive(inventory, unit);
	}
}
