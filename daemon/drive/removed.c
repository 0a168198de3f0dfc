/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives that were detached from the kernel and are still in their bays.
 */
#include "drive/marks.h"
#include "drive/private.h"

void removed_pulled(struct drives *drives, const char *drive_id)
{
	struct drive *drive = inventory_find_drive(drives->inventory, drive_id);

	if (drive == NULL || !drive->detached)
		return;
	marks_clear_removed(drives->store, drive_id);
	store_dirty(drives->store);
	drive_set_detached(drive, false);
}
