/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of drive/ share.  A disk is what one strand serves: a drive with
 * all its units, or a unit that has no drive.  Commands to a disk so come one
 * after another, and one that hangs holds up its own disk only.  Loop thread.
 */
#pragma once

#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/pool.h"
#include "drive/drive.h"
#include "drive/picture.h"

#define BECOMING_SECONDS 2U /* until one that will be ready by itself is asked again */

struct poll;
struct probe;
struct work;

struct disk {
	struct list link;
	struct drives *drives;
	struct object *object; /* the drive, or the unit without one */
	struct strand *strand;
	struct picture *seen; /* as last read, NULL = not yet */

	struct probe *probe; /* under way */
	bool probe_again;    /* something changed since it began */
	struct list tickets; /* refreshes that want the next probe */

	struct work *work;	     /* under way: a status or power operation */
	struct component *lamp_slot; /* the bay that its lamps were last seen to */
};

struct drives {
	sd_event *event;
	struct pool *pool;
	struct store *store;
	struct transport *transport;
	struct kernel *kernel;
	struct inventory *inventory;
	struct operations *operations;
	const struct settings *settings;

	struct list disks;
	struct list refreshes;
	struct list works; /* under way, also those whose disk is gone */
	struct list pings, lamps, flags_calls;
	bool ready;	   /* the first inventory is there */
	struct list hosts; /* strands of host adapters */
	sd_event_source *poll_timer, *check_timer, *becoming_timer;
	struct strand *poll_strand;
	struct poll *poll; /* under way */
	bool becoming;	   /* becoming_timer is armed */
};

/* ---- disk.c ------------------------------------------------------------------ */

/* The disk that the drive or unit belongs to; made if there is none yet.  NULL: no memory. */
struct disk *disk_of(struct drives *drives, struct object *object);
/* The same, NULL if there is none. */
struct disk *disk_find(struct object *object);
struct disk *disk_free(struct disk *disk);
/* For messages: serial number or id. */
const char *object_name(struct object *object);
/* What was last read of that unit, NULL = nothing yet. */
const struct picture_unit *unit_seen(struct unit *unit);
/* Status and health from what was last read, marks and bay; tells if they changed. */
void disk_judge(struct disk *disk);
/* Carries the kernel states read into the model's devices. */
void disk_show_states(struct disk *disk);

/* ---- probe.c ----------------------------------------------------------------- */

/* Reads the disk, now or after what is under way. */
void disk_probe(struct disk *disk);
/* As disk_probe(), unless the probe under way shows these paths already. */
void disk_probe_changed(struct disk *disk);
/* The disk goes; an answer under way is dropped. */
void disk_probe_forget(struct disk *disk);
void refreshes_free(struct drives *drives);

/* ---- poll.c ------------------------------------------------------------------ */

int poll_new(struct drives *drives);
void poll_free(struct drives *drives);
/* A disk becomes ready by itself: ask it again soon. */
void poll_becoming(struct drives *drives);
/* A bay has changed that a detached drive may have left. */
void poll_soon(struct drives *drives);

/* ---- host.c ------------------------------------------------------------------ */

/* For what the kernel does one at a time per host adapter.  NULL: no memory. */
struct strand *host_strand(struct drives *drives, unsigned host);
void hosts_free(struct drives *drives);

/* ---- lamps.c ----------------------------------------------------------------- */

typedef void (*lamps_done)(void *userdata, const char *failure);

/*
 * Lights and puts out what the drive's marks ask for, in the bay where it is now.  done is called
 * once, perhaps before this returns; failure: NULL, or what could not be done.  May be NULL.
 */
void lamps_update(struct drives *drives, struct drive *drive, lamps_done done, void *userdata);
/* The drive has left: puts out all that was lit for it. */
void lamps_leave(struct drives *drives, const char *drive_id);
void lamps_free(struct drives *drives);

/* ---- work-begin.c ------------------------------------------------------------ */

struct operation *work_begin(struct drives *drives, struct object *object, unsigned goal,
			     enum status wanted, uint32_t uid, const char *kind,
			     struct outcome *error);
void works_free(struct drives *drives);

/* ---- removed.c --------------------------------------------------------------- */

/* A drive that was detached has been pulled: its lamp goes out and it departs. */
void removed_pulled(struct drives *drives, const char *drive_id);
/* The bay it was in says that it is empty, or has another drive. */
bool removed_bay_is_empty(struct drives *drives, const char *drive_id);
/* If it was REMOVED and has units again: it is not any more, and when all paths are there forgets
 * it. */
void removed_settle(struct drives *drives, struct drive *drive);
/* The first inventory is there: what the marks say of disks that are not. */
void removed_restore(struct drives *drives);

/* ---- ping.c, flags.c --------------------------------------------------------- */

void pings_free(struct drives *drives);
void flags_free(struct drives *drives);

/* ---- work-begin.c: the disk goes, with this work under way -------------------- */

void work_gone(struct work *work);
/* As work_gone(), if the work is on that unit only. */
void work_unit_gone(struct work *work, struct unit *unit);
