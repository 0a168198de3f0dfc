/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator said of a disk and neither kernel nor drive can
 * remember: FAILED, hot spare, REMOVED with the addresses it needs to come back, and
 * which lamps were lit for it where.  Section "drives" of the state.
 *
 * By the disk's own id, so that a mark moves with the disk.  What is read is
 * checked as anything from outside: a file may have been edited.  Changes are
 * in memory until the caller says store_dirty() or store_sync().  Loop thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/store.h"
#include "drive/picture.h"
#include "enclosure/model.h"

#define MARKS_ADDRESSES_MAX 64U

/*
 * Written before the first path is detached and after the last is attached: how many of them
 * are gone, only the kernel knows.
 */
struct marks_removed {
	unsigned n;
	struct path_address addresses[MARKS_ADDRESSES_MAX];
};

bool marks_failed(struct store *store, const char *unit_id);
int marks_set_failed(struct store *store, const char *unit_id, bool failed);

uint32_t marks_flags(struct store *store, const char *drive_id);
int marks_set_flags(struct store *store, const char *drive_id, uint32_t flags);

/* 0; -ENOENT: it is not marked REMOVED. */
int marks_removed(struct store *store, const char *drive_id, struct marks_removed *ret);
/* Keeps with it what the drive object is made of. */
int marks_set_removed(struct store *store, const struct drive *drive,
		      const struct marks_removed *removed);
void marks_clear_removed(struct store *store, const char *drive_id);
/* Fills in what marks_set_removed() kept of the drive. */
void marks_restore_drive(struct store *store, struct drive *drive);
/* Ids of all drives that have a mark of any kind; each() may drop it. */
void marks_each_drive(struct store *store, void (*each)(void *userdata, const char *drive_id),
		      void *userdata);

#define MARKS_EID_SIZE 64U
struct marks_lamp {
	char eid[MARKS_EID_SIZE];
	unsigned index;
};
/* Where a lamp was lit for that drive.  0, -ENOENT. */
int marks_lamp(struct store *store, const char *drive_id, enum indicator indicator,
	       struct marks_lamp *ret);
/* NULL: nowhere. */
int marks_set_lamp(struct store *store, const char *drive_id, enum indicator indicator,
		   const struct component *slot);
