/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hot spares: a mark of the administrator's, and the bay's lamp for it.  The mark is
 * on the disk before the answer is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drive/marks.h"
#include "drive/private.h"

struct flags_call {
	struct list link;
	struct drives *drives; /* NULL: the layer has ended */
	char drive_id[ID_SIZE];
	void (*done)(void *userdata, const struct outcome *outcome);
	void *userdata;
};

static void answer(struct flags_call *call, int result, const char *text)
{
	struct outcome outcome;

	outcome_set(&outcome, result, "%s", text);
	list_unlink(&call->link);
	call->done(call->userdata, &outcome);
	free(call);
}

/* A lamp that cannot be lit does not undo the mark; the sentence says so. */
static void on_lamps(void *userdata, const char *failure)
{
	answer(userdata, 0, failure == NULL ? "" : failure);
}

static void on_stored(void *userdata, int r)
{
	struct flags_call *call = userdata;
	struct drive *drive;

	if (call->drives == NULL) {
		answer(call, -ECANCELED, "the daemon ends");
		return;
	}
	if (r < 0) {
		answer(call, r, "the state file cannot be written");
		return;
	}
	drive = inventory_find_drive(call->drives->inventory, call->drive_id);
	if (drive == NULL) {
		answer(call, -ENODEV, "the drive is gone");
		return;
	}
	if (disk_find(&drive->object) != NULL)
		disk_judge(disk_find(&drive->object));
	lamps_update(call->drives, drive, on_lamps, call);
}

void drive_set_flags(struct drives *drives, struct drive *drive, uint32_t flags, bool set,
		     _unused_ uint32_t uid,
		     void (*done)(void *userdata, const struct outcome *outcome), void *userdata)
{
	uint32_t now = marks_flags(drives->store, drive->id);
	struct flags_call *call;
	struct outcome outcome;
	int r;

	if (flags != DRIVE_FLAG_HOTSPARE) {
		outcome_set(&outcome, -EINVAL, "flags 0x%x: only HOTSPARE can be set and cleared",
			    flags);
		done(userdata, &outcome);
		return;
	}
	call = calloc(1, sizeof(*call));
	r = call == NULL
		    ? -ENOMEM
		    : marks_set_flags(drives->store, drive->id, set ? now | flags : now & ~flags);
	if (r < 0) {
		free(call);
		outcome_set(&outcome, r, "out of memory");
		done(userdata, &outcome);
		return;
	}
	call->drives = drives;
	(void) snprintf(call->drive_id, sizeof(call->drive_id), "%s", drive->id);
	call->done = done;
	call->userdata = userdata;
	list_append(&drives->flags_calls, &call->link);
	store_sync(drives->store, on_stored, call);
}

void flags_free(struct drives *drives)
{
	struct flags_call *call;

	LIST_FOREACH (call, &drives->flags_calls, link) {
		list_unlink(&call->link);
		call->drives = NULL;
	}
}
