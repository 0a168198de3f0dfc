/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives that were detached from the kernel and are still in their bays: nobody but us
 * knows of them.  They end by being pulled (their place in the SAS domain is gone, or the
 * bay says it is empty, or holds another) or by being attached, by us or anybody.
 */
#include <string.h>

#include "base/log.h"
#include "drive/marks.h"
#include "drive/private.h"
#include "ses/element.h"

#define CODE_NOT_INSTALLED 5

static struct component *bay_of(struct drives *drives, struct drive *drive)
{
	struct component *slot = drive->slot;

	if (slot == NULL && drive->wwn[0] != 0)
		slot = inventory_last_slot(drives->inventory, drive->wwn);
	if (slot == NULL && drive->serial[0] != 0)
		slot = inventory_last_slot(drives->inventory, drive->serial);
	return slot;
}

bool removed_bay_is_empty(struct drives *drives, const char *drive_id)
{
	struct drive *drive = inventory_find_drive(drives->inventory, drive_id);
	struct component *slot = drive == NULL ? NULL : bay_of(drives, drive);

	if (slot == NULL || !slot->known)
		return false;
	return ses_element_code(slot->status) == CODE_NOT_INSTALLED ||
	       (slot->drive != NULL && slot->drive != drive);
}

void removed_pulled(struct drives *drives, const char *drive_id)
{
	struct drive *drive = inventory_find_drive(drives->inventory, drive_id);
	struct disk *disk = drive == NULL ? NULL : disk_find(&drive->object);

	if (drive == NULL || !drive->detached || drive->n_units > 0 ||
	    (disk != NULL && disk->work != NULL))
		return;
	log_info("Drive %s has been pulled", object_name(&drive->object));
	marks_clear_removed(drives->store, drive_id);
	store_dirty(drives->store);
	inventory_drop_drive(drives->inventory, drive);
}

/* Some of its paths only: the daemon was killed between two, or somebody scanned one host. */
static bool lacks_paths(struct drive *drive, const struct marks_removed *removed)
{
	struct unit *unit;
	unsigned n = 0;

	LIST_FOREACH (unit, &drive->units, of_drive)
		n += unit->n_paths;
	return n < removed->n;
}

void removed_settle(struct drives *drives, struct drive *drive)
{
	struct marks_removed removed;

	if (drive->n_units == 0 || marks_removed(drives->store, drive->id, &removed) < 0)
		return;
	if (drive->detached) {
		log_info("Drive %s has been attached again", object_name(&drive->object));
		drive_set_detached(drive, false);
		lamps_update(drives, drive, NULL, NULL);
	}
	/* Until all are there, ONLINE attaches the rest. */
	if (lacks_paths(drive, &removed))
		return;
	marks_clear_removed(drives->store, drive->id);
	store_dirty(drives->store);
}

static void restore(struct drives *drives, const char *drive_id)
{
	struct marks_removed removed;
	struct drive *drive;

	if (marks_removed(drives->store, drive_id, &removed) < 0)
		return;
	drive = inventory_find_drive(drives->inventory, drive_id);
	if (drive != NULL && lacks_paths(drive, &removed))
		log_notice("Drive %s is attached in part; set it ONLINE to attach the rest",
			   object_name(&drive->object));
	if (drive != NULL) {
		removed_settle(drives, drive);
		return;
	}
	drive = inventory_restore_drive(drives->inventory, drive_id);
	if (drive == NULL)
		return;
	marks_restore_drive(drives->store, drive);
	drive->status = STATUS_REMOVED;
	drive->health = HEALTH_UNKNOWN;
	drive->flags = marks_flags(drives->store, drive_id);
	inventory_publish_drive(drives->inventory, drive);
}

/* The bus may have been served before the first inventory was complete. */
static bool at_work(struct drive *drive)
{
	struct disk *disk = drive == NULL ? NULL : disk_find(&drive->object);

	return disk != NULL && disk->work != NULL;
}

static void look_at_marks(void *userdata, const char *drive_id)
{
	struct drives *drives = userdata;
	struct drive *drive = inventory_find_drive(drives->inventory, drive_id);

	if (at_work(drive))
		return;
	restore(drives, drive_id);
	drive = inventory_find_drive(drives->inventory, drive_id);
	if (drive == NULL)
		lamps_leave(drives, drive_id); /* pulled while we were not there */
	else if (drive->slot != NULL)
		lamps_update(drives, drive, NULL, NULL);
}

void removed_restore(struct drives *drives)
{
	marks_each_drive(drives->store, look_at_marks, drives);
}
