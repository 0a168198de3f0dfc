/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks as this layer keeps them, hung on the model's probe pointers, and what
 * becomes of an answer: status and health of units, then of the drive they make up.
 */
#include <stdlib.h>

#include "drive/marks.h"
#include "drive/private.h"
#include "drive/status.h"
#include "ses/element.h"

static struct object *owner_of(struct object *object)
{
	if (object->kind == OBJECT_LUN && object_unit(object)->drive != NULL)
		return &object_unit(object)->drive->object;
	return object;
}

static void **place_of(struct object *owner)
{
	return owner->kind == OBJECT_DRIVE ? &object_drive(owner)->probe
					   : &object_unit(owner)->probe;
}

struct disk *disk_find(struct object *object)
{
	return *place_of(owner_of(object));
}

struct disk *disk_of(struct drives *drives, struct object *object)
{
	struct object *owner = owner_of(object);
	struct disk *disk = disk_find(owner);

	if (disk != NULL)
		return disk;
	disk = calloc(1, sizeof(*disk));
	if (disk == NULL)
		return NULL;
	disk->strand = strand_new(drives->pool);
	if (disk->strand == NULL) {
		free(disk);
		return NULL;
	}
	disk->drives = drives;
	disk->object = owner;
	list_init(&disk->tickets);
	list_append(&drives->disks, &disk->link);
	*place_of(owner) = disk;
	return disk;
}

struct disk *disk_free(struct disk *disk)
{
	if (disk == NULL)
		return NULL;
	disk_probe_forget(disk);
	if (disk->work != NULL)
		work_gone(disk->work);
	*place_of(disk->object) = NULL;
	list_unlink(&disk->link);
	(void) strand_free(disk->strand);
	(void) picture_free(disk->seen);
	free(disk);
	return NULL;
}

const char *object_name(struct object *object)
{
	const char *serial = object->kind == OBJECT_DRIVE ? object_drive(object)->serial
							  : object_unit(object)->serial;

	if (serial[0] != 0)
		return serial;
	return object->kind == OBJECT_DRIVE ? object_drive(object)->id : object_unit(object)->id;
}

const struct picture_unit *unit_seen(struct unit *unit)
{
	struct disk *disk = disk_find(&unit->object);

	return disk == NULL || disk->seen == NULL ? NULL : picture_find_unit(disk->seen, unit->id);
}

/* ---- status and health ------------------------------------------------------- */

static void judge_unit(struct drives *drives, struct unit *unit)
{
	const struct picture_unit *seen = unit_seen(unit);
	enum status status = STATUS_UNKNOWN;
	enum health health = HEALTH_UNKNOWN;

	if (seen != NULL) {
		status = status_of_unit(seen, marks_failed(drives->store, unit->id));
		health = health_of_unit(seen, status);
	}
	if (status == unit->status && health == unit->health)
		return;
	unit->status = status;
	unit->health = health;
	inventory_changed(drives->inventory, &unit->object);
}

static bool predicted_failure(const struct drive *drive)
{
	return drive->slot != NULL && drive->slot->known &&
	       ses_element_predicted_failure(drive->slot->status);
}

static void judge_drive(struct drives *drives, struct drive *drive)
{
	enum status units[DRIVE_UNITS_MAX], status;
	uint32_t flags = marks_flags(drives->store, drive->id);
	bool unanswered = false;
	enum health health;
	struct unit *unit;
	unsigned n = 0;

	LIST_FOREACH (unit, &drive->units, of_drive) {
		const struct picture_unit *seen = unit_seen(unit);

		if (n == DRIVE_UNITS_MAX)
			break;
		units[n++] = unit->status;
		unanswered = unanswered || (seen != NULL && seen->readiness == READINESS_SILENT);
	}
	status = status_of_drive(units, n, drive->detached);
	health = health_of_drive(status, unanswered, predicted_failure(drive));
	if (status == drive->status && health == drive->health && flags == drive->flags)
		return;
	drive->status = status;
	drive->health = health;
	drive->flags = flags;
	inventory_changed(drives->inventory, &drive->object);
}

void disk_judge(struct disk *disk)
{
	struct unit *unit;

	if (disk->object->kind == OBJECT_LUN) {
		judge_unit(disk->drives, object_unit(disk->object));
		return;
	}
	LIST_FOREACH (unit, &object_drive(disk->object)->units, of_drive)
		judge_unit(disk->drives, unit);
	judge_drive(disk->drives, object_drive(disk->object));
}

bool drive_spun_down(struct object *object)
{
	struct unit *unit;

	if (object->kind == OBJECT_LUN) {
		const struct picture_unit *seen = unit_seen(object_unit(object));

		return seen != NULL && seen->readiness == READINESS_STOPPED;
	}
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive)
		if (!drive_spun_down(&unit->object))
			return false;
	return object_drive(object)->n_units > 0;
}
