/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layer's place between inventory and bus: it follows the model, and hands what
 * is asked for to the file that does it.
 */
#include "drive/drive.h"

#include <errno.h>
#include <stdlib.h>

#include "drive/private.h"
#include "drive/steps.h"

/* Lamps follow the drive to its bay; what was detached may have come back. */
static void follow(struct drives *drives, struct drive *drive, struct disk *disk)
{
	if (disk->work != NULL || !drives->ready)
		return;
	removed_settle(drives, drive);
	if (drive->slot != NULL && drive->slot != disk->lamp_slot)
		lamps_update(drives, drive, NULL, NULL);
}

/* Reads the disk anew if its paths are not those that were read. */
static void look_at(struct drives *drives, struct object *object)
{
	struct disk *disk = disk_of(drives, object);

	if (disk == NULL)
		return;
	if (disk->seen == NULL || !picture_fits(disk->seen, disk->object))
		disk_probe_changed(disk);
	else
		disk_judge(disk);
	if (disk->object->kind == OBJECT_DRIVE)
		follow(drives, object_drive(disk->object), disk);
}

/* A unit that found its drive is that drive's from now on. */
static void adopt(struct unit *unit)
{
	if (unit->drive != NULL && unit->probe != NULL)
		unit->probe = disk_free(unit->probe);
}

static bool any_detached(struct drives *drives)
{
	struct drive *drive;

	LIST_FOREACH (drive, inventory_drives(drives->inventory), link)
		if (drive->detached)
			return true;
	return false;
}

static void on_changed(void *userdata, struct object *object)
{
	struct drives *drives = userdata;
	struct drive *drive;

	switch (object->kind) {
	case OBJECT_LUN:
		adopt(object_unit(object));
		look_at(drives, object);
		return;
	case OBJECT_DRIVE:
		look_at(drives, object);
		return;
	case OBJECT_SLOT:
		drive = object_component(object)->drive;
		if (drive != NULL && drive->probe != NULL)
			disk_judge(drive->probe);
		if (drives->ready && any_detached(drives))
			poll_soon(drives);
		return;
	case OBJECT_SUBSYSTEM:
	case OBJECT_CONTROLLER:
	case OBJECT_ELEMENT:
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		return;
	}
}

static void on_removing(void *userdata, struct object *object)
{
	struct drives *drives = userdata;
	struct disk *disk;

	switch (object->kind) {
	case OBJECT_DRIVE:
		(void) disk_free(object_drive(object)->probe);
		if (drives->ready)
			lamps_leave(drives, object_drive(object)->id);
		break;
	case OBJECT_LUN:
		disk = disk_find(object);
		if (disk != NULL && disk->object == object)
			(void) disk_free(disk);
		else if (disk != NULL && disk->work != NULL)
			work_unit_gone(disk->work, object_unit(object));
		break;
	case OBJECT_SUBSYSTEM:
	case OBJECT_CONTROLLER:
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		break;
	}
	operations_forget(drives->operations, object);
}

static void on_ready(void *userdata)
{
	struct drives *drives = userdata;

	drives->ready = true;
	removed_restore(drives);
}

int drives_new(const struct drives_parameters *parameters, struct drives **ret)
{
	struct drives *drives = calloc(1, sizeof(*drives));
	struct model_listener listener = {
		.added = on_changed,
		.changed = on_changed,
		.removing = on_removing,
		.ready = on_ready,
		.userdata = drives,
	};
	int r;

	if (drives == NULL)
		return -ENOMEM;
	drives->event = sd_event_ref(parameters->event);
	drives->pool = parameters->pool;
	drives->store = parameters->store;
	drives->transport = parameters->transport;
	drives->kernel = parameters->kernel;
	drives->inventory = parameters->inventory;
	drives->operations = parameters->operations;
	drives->settings = parameters->settings;
	list_init(&drives->disks);
	list_init(&drives->refreshes);
	list_init(&drives->pings);
	list_init(&drives->hosts);
	list_init(&drives->works);
	list_init(&drives->lamps);
	list_init(&drives->flags_calls);

	r = poll_new(drives);
	if (r == 0)
		r = inventory_listen(drives->inventory, &listener);
	if (r < 0) {
		(void) drives_free(drives);
		return r;
	}
	*ret = drives;
	return 0;
}

struct drives *drives_free(struct drives *drives)
{
	struct disk *disk;

	if (drives == NULL)
		return NULL;
	poll_free(drives);
	works_free(drives);
	pings_free(drives);
	lamps_free(drives);
	flags_free(drives);
	hosts_free(drives);
	LIST_FOREACH (disk, &drives->disks, link)
		(void) disk_free(disk);
	refreshes_free(drives);
	(void) sd_event_unref(drives->event);
	free(drives);
	return NULL;
}

/* ---- what is asked for -------------------------------------------------------- */

static bool can_be_set(struct object *object, uint32_t status)
{
	switch (status) {
	case STATUS_ONLINE:
	case STATUS_NOT_READY:
	case STATUS_OFFLINE:
	case STATUS_FAILED:
		return true;
	case STATUS_REMOVED:
		return object->kind == OBJECT_DRIVE;
	default:
		return false;
	}
}

struct operation *drive_set_status(struct drives *drives, struct object *object, uint32_t status,
				   uint32_t uid, struct outcome *error)
{
	if (!can_be_set(object, status)) {
		(void) outcome_set(error, -EINVAL, "status %u cannot be set on a %s", status,
				   object->kind == OBJECT_DRIVE ? "drive" : "logical unit");
		return NULL;
	}
	return work_begin(drives, object, STEPS_STATUS, (enum status) status, uid, "set-status",
			  error);
}

struct operation *drive_spin(struct drives *drives, struct object *object, bool up, uint32_t uid,
			     struct outcome *error)
{
	if (object->kind == OBJECT_DRIVE && object_drive(object)->detached) {
		(void) outcome_set(error, -EOPNOTSUPP, "%s is detached from the kernel",
				   object_name(object));
		return NULL;
	}
	return work_begin(drives, object, up ? STEPS_SPIN_UP : STEPS_SPIN_DOWN,
			  up ? STATUS_ONLINE : STATUS_NOT_READY, uid, up ? "spin-up" : "spin-down",
			  error);
}
