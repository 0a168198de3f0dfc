/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inventory: turns what discovery reports into chassis, ways, drives and
 * units, keeps them up to date by polling, and ties disks to bays.  Loop thread.
 */
#pragma once

#include <stdbool.h>

#include "enclosure/model.h"
#include "enclosure/settings.h"

typedef struct sd_event sd_event;
struct inventory;
struct pool;
struct store;
struct transport;
struct discovery;
struct quirks;

struct inventory_parameters {
	sd_event *event;
	struct pool *pool;
	struct store *store;
	struct transport *transport;
	struct discovery *discovery;
	const struct settings *settings;
	const struct quirks *quirks; /* may be NULL */
};

int inventory_new(const struct inventory_parameters *parameters, struct inventory **ret);
struct inventory *inventory_free(struct inventory *inventory);

/* The worker threads are about to end: no more work is begun. */
void inventory_stop(struct inventory *inventory);

/* Several listeners, called in the order added.  Before inventory_start(). */
int inventory_listen(struct inventory *inventory, const struct model_listener *listener);

/* Starts discovery.  0 or -errno. */
int inventory_start(struct inventory *inventory);

/* Heads of lists: struct chassis, drive, unit by their link. */
struct list *inventory_chassis(struct inventory *inventory);
struct list *inventory_drives(struct inventory *inventory);
struct list *inventory_units(struct inventory *inventory);

struct chassis *inventory_find_chassis(struct inventory *inventory, const char *eid);
struct drive *inventory_find_drive(struct inventory *inventory, const char *id);
struct unit *inventory_find_unit(struct inventory *inventory, const char *id);
struct component *chassis_find_slot(struct chassis *chassis, unsigned index);
struct component *chassis_find_element(struct chassis *chassis, uint8_t type, unsigned index);
struct way *chassis_find_way(struct chassis *chassis, const char *key);
/* The unit that a scsi_device of that syspath leads to, NULL. */
struct unit *inventory_find_syspath(struct inventory *inventory, const char *syspath);
struct discovery *inventory_discovery(struct inventory *inventory);

/*
 * The bay a disk that is gone last sat in, by serial number, WWN or SAS
 * address; from the state directory.  NULL: not known, or that chassis or bay is not there.
 */
struct component *inventory_last_slot(struct inventory *inventory, const char *name);

typedef void (*inventory_done)(void *userdata, int result);

/*
 * Asks udev and the enclosures (of one chassis, or all: NULL) what came and went, all
 * pages anew; done when every answer is there.
 */
void inventory_reenumerate(struct inventory *inventory, struct chassis *chassis,
			   inventory_done done, void *userdata);
/* Page 02h of all ways and the kernel states of all paths anew. */
void inventory_refresh(struct inventory *inventory, inventory_done done, void *userdata);

/* Page 02h of all ways of one chassis, soon (after something was seen to have changed). */
void chassis_poll_soon(struct chassis *chassis);

/* Takes a way out of use, or back.  0, -EPERM: the last one in use. */
int way_set_disabled(struct way *way, bool disabled);
/* The way that commands go now, NULL = none can be used. */
struct way *chassis_active_way(struct chassis *chassis);

/* For the drive layer: says that it changed what is its own in that object. */
void inventory_changed(struct inventory *inventory, struct object *object);

/* A drive that was detached on purpose is kept without units. */
void drive_set_detached(struct drive *drive, bool detached);
/* One that was detached, and so has no units, has been pulled: it departs.  Not to be called from a
 * listener: others may be walking the drives. */
void inventory_drop_drive(struct inventory *inventory, struct drive *drive);
/*
 * After a restart: makes the drive object of a disk that was detached before,
 * from what was kept.  The caller fills in the rest.  NULL: it is there already, or no memory.
 */
struct drive *inventory_restore_drive(struct inventory *inventory, const char *id);
/* Publishes a restored drive. */
void inventory_publish_drive(struct inventory *inventory, struct drive *drive);

/* -- elements of an enclosure by role ------------------------------------- */

/* The (first) Enclosure element, NULL = none. */
struct component *chassis_enclosure_element(struct chassis *chassis);
/* The ESC electronics element of a way: by the SAS address in page 0Ah, else the one with REPORT
 * in that way's page 02h, else NULL. */
struct component *way_electronics(struct way *way);
/* The (first) audible alarm element, NULL = none. */
struct component *chassis_alarm(struct chassis *chassis);
