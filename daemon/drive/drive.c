/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layer's place between inventory and bus: it follows the model, and hands what
 * is asked for to the file that does it.
 */
#include "drive/drive.h"

#include <errno.h>
#include <stdlib.h>

#include "drive/private.h"

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
}

/* A unit that found its drive is that drive's from now on. */
static void adopt(struct unit *unit)
{
	if (unit->drive != NULL && unit->probe != NULL)
		unit->probe = disk_free(unit->probe);
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

	operations_forget(drives->operations, object);
	if (object->kind == OBJECT_DRIVE)
		(void) disk_free(object_drive(object)->probe);
	else if (object->kind == OBJECT_LUN && object_unit(object)->drive == NULL)
		(void) disk_free(object_unit(object)->probe);
}

int drives_new(const struct drives_parameters *parameters, struct drives **ret)
{
	struct drives *drives = calloc(1, sizeof(*drives));
	struct model_listener listener = {
		.added = on_changed,
		.changed = on_changed,
		.removing = on_removing,
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
	LIST_FOREACH (disk, &drives->disks, link)
		(void) disk_free(disk);
	refreshes_free(drives);
	(void) sd_event_unref(drives->event);
	free(drives);
	return NULL;
}
