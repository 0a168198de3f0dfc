/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this layer share and nobody above needs.  Loop thread.
 *
 *   inventory.c  devices come and go; who is a way, who is a path
 *   sweep.c      Reenumerate, Refresh
 *   probe.c      first look at an enclosure device
 *   recognize.c  which chassis a way leads into
 *   chassis.c    ways become chassis; elements become components
 *   components.c bays and elements: which is which, and where
 *   join.c       pages of all ways become what each component shows
 *   queue.c      requests come, and are answered
 *   round.c      requests become control pages (round-job.c, change.c: on a worker)
 *   poll.c       the pages read again
 *   unit.c       paths become units
 *   drives.c     units become drives
 *   match.c      drives find their bays
 *   history.c    where a disk last sat
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/pool.h"
#include "base/store.h"
#include "discovery/discovery.h"
#include "enclosure/change.h"
#include "enclosure/inventory.h"
#include "enclosure/numbering.h"
#include "enclosure/request.h"

typedef struct sd_event sd_event;
typedef struct sd_event_source sd_event_source;

#define LISTENERS_MAX 8U
#define DEVICES_MAX 65536U

/* A scsi_device, as last reported.  It is a path of a unit, or a way, or both, or neither. */
struct known_device {
	struct list link; /* inventory->devices */
	struct known_device *next_in_bucket;
	struct device *device;
	struct path *path;   /* NULL = no disk */
	struct way *way;     /* NULL = no enclosure, or not read yet */
	struct probe *probe; /* under way, or waiting to try again */
	bool refused;	     /* said that it is no enclosure */
	bool seen;	     /* by the enumeration under way */
};

/* A chassis that went: it may come back, and then its lamps are asked again. */
struct departed {
	struct list link;
	char eid[64];
};

#define DEVICE_BUCKETS 1024U

struct inventory {
	struct inventory_parameters p;
	struct model_listener listeners[LISTENERS_MAX];
	unsigned n_listeners;
	struct list devices;
	unsigned n_devices;
	struct known_device *buckets[DEVICE_BUCKETS];
	struct list chassis, drives, units;
	unsigned n_chassis;
	struct list probes;
	struct list visits; /* inventory_reenumerate() and _refresh() under way */
	unsigned looking;   /* looks under way */
	unsigned probing;   /* first looks that the first inventory waits for */
	bool enumerated, ready, ending;
	sd_event_source *settle; /* deferred: match, then ready */
	bool match_due;
	bool places_due;      /* a way has another snapshot: it may be misplaced */
	struct list departed; /* chassis that went, by eid: struct departed */
};

/* ---- inventory.c ------------------------------------------------------------ */

void tell_added(struct inventory *inventory, struct object *object);
void tell_changed(struct inventory *inventory, struct object *object);
void tell_removing(struct inventory *inventory, struct object *object);
void tell_moving(struct inventory *inventory, struct object *object);
void tell_moved(struct inventory *inventory, struct object *object);
void tell_reset(struct chassis *chassis);
/* Ties disks to bays, and says ready, when the loop has nothing else to do. */
void inventory_settle(struct inventory *inventory);
/* The first look, which the first inventory waits for, ended. */
void inventory_probe_ended(struct inventory *inventory);
/* Is it a disk, may it be an enclosure?  Whatever it is not yet it becomes. */
void inventory_consider(struct inventory *inventory, struct known_device *known);
/* The device as it is now, which is taken over. */
void inventory_device_changed(struct inventory *inventory, struct known_device *known,
			      struct device *device);

/* ---- sweep.c ------------------------------------------------------------------- */

/* A look at a device begins; it ended (well or not). */
void inventory_look_begins(struct inventory *inventory);
void inventory_look_ended(struct inventory *inventory);

/* ---- probe.c ------------------------------------------------------------------ */

/* What a first look brings; pages are the receiver's. */
struct probe;
void probe_start(struct inventory *inventory, struct known_device *known);
void probe_cancel(struct probe *probe);

/* ---- recognize.c -------------------------------------------------------------- */

/* The chassis that the way leads into, or NULL and the eid of a new one. */
struct chassis *chassis_recognize(struct inventory *inventory, const struct known_device *known,
				  const struct way *way, const struct snapshot *snapshot, char *eid,
				  size_t size);
/*
 * It is another way into a chassis known, but for a configuration that has changed since one of
 * the two was read: the chassis is read again, then this will be known.
 */
bool chassis_is_doubtful(struct inventory *inventory, const struct snapshot *snapshot);
/* What is known now would have led it into another chassis: it said something else of itself when
 * it came (it was starting), or the configurations of the two fit only now. */
bool way_is_misplaced(const struct way *way);

/* ---- chassis.c ---------------------------------------------------------------- */

/* The device is an enclosure services process with those pages (references taken over): into its
 * chassis, which is made if need be.  0 or -errno (then nothing was taken). */
int chassis_adopt(struct inventory *inventory, struct known_device *known,
		  struct snapshot *snapshot, struct ses_status *page);
/* The way's device is gone: the way goes, with the last one the chassis. */
void way_depart(struct way *way);
/* Another snapshot of a way was read (reference taken over): components follow. */
void way_install_snapshot(struct way *way, struct snapshot *snapshot);
/* A newer page 0Ah of the same configuration (taken over). */
void way_install_additionals(struct way *way, struct ses_additionals *additionals);
/* A newer page 02h (taken over). */
void way_install_page(struct way *way, struct ses_status *page);
/* It failed, or works again (failure 0). */
void way_set_failure(struct way *way, int failure, const char *text);
unsigned way_position(const struct way *way);
void chassis_free(struct chassis *chassis);

/* ---- components.c ------------------------------------------------------------- */

/* How the components known are found again in a new list. */
enum again {
	AGAIN_SAME,   /* the same configuration, read again: each in its place */
	AGAIN_MOVED,  /* another configuration, disks may have been moved too */
	AGAIN_BESIDE, /* another configuration, or another way: a disk names its bay */
};
/* The list of components is what the pages of this way say.  0 or -errno. */
int chassis_renumber_from(struct chassis *chassis, const struct way *way, enum again again);
/* Indexes and addresses of all components anew from the snapshots of all ways. */
void chassis_map(struct chassis *chassis);
/* It goes: requests end, the layers above are told, it is freed. */
void component_depart(struct component *component);
void component_free(struct component *component);

/* ---- join.c ------------------------------------------------------------------- */

/* Makes what components, ways and the chassis show from the pages; tells changes. */
void chassis_join(struct chassis *chassis);
/* The best way for a component: usable, may access it; NULL = none. */
struct way *component_way(struct component *component);
bool way_usable(const struct way *way);

/* ---- queue.c ------------------------------------------------------------------ */

int queue_new(struct chassis *chassis);
void queue_free(struct chassis *chassis);
struct strand *queue_strand(struct chassis *chassis);
/* The component goes: its requests end with -ENODEV. */
void queue_forget(struct component *component);
/* The way goes: what is under way must not touch it. */
void queue_forget_way(struct way *way);
/* True while a round of requests is under way: polls wait. */
bool queue_busy(const struct chassis *chassis);
/* poll.c is done: go on. */
void queue_resume(struct chassis *chassis);

/* ---- poll.c ------------------------------------------------------------------- */

enum visit_kind {
	VISIT_STATUS,	  /* page 02h */
	VISIT_ADDITIONAL, /* pages 02h and 0Ah */
	VISIT_FULL,	  /* everything */
};

struct poller;
int poller_new(struct chassis *chassis, struct poller **ret);
struct poller *poller_free(struct poller *poller);
/* Soon, at least this much; done may be NULL. */
void poller_visit(struct chassis *chassis, enum visit_kind kind, inventory_done done,
		  void *userdata);
/* A bay changed or a disk came that no bay has: page 0Ah now and, as it may be late, again after 1,
 * 2, 4 and 8 s (peers.md C.1). */
void poller_expect_address(struct chassis *chassis);
/* The queue is idle again. */
void poller_resume(struct chassis *chassis);
void poller_forget_way(struct way *way);
/* A way failed: it is asked again soon, even where polls are switched off. */
void poller_retry(struct chassis *chassis);

/* ---- unit.c ------------------------------------------------------------------- */

int path_arrive(struct inventory *inventory, struct known_device *known);
void path_changed(struct inventory *inventory, struct known_device *known, struct device *old);
void path_depart(struct inventory *inventory, struct known_device *known);
/* NULL: it has none. */
struct path *unit_first_path(const struct unit *unit);

/* ---- drives.c ----------------------------------------------------------------- */

/* Makes the drive of a unit, if it is one: in any case, or if it sits in a bay. */
void unit_settle_drive(struct inventory *inventory, struct unit *unit, bool in_bay);
/* The unit goes: with the last one the drive, unless it was detached on purpose. */
void unit_leave_drive(struct inventory *inventory, struct unit *unit);
/* Logical unit 0 has come: drives named for want of it go, their units are its drive's. */
void unit_gather_target(struct inventory *inventory, const struct known_device *zero);
/* What a drive is, from the paths of its units as they are now. */
void drive_describe(struct drive *drive);
void drive_drop(struct inventory *inventory, struct drive *drive);

/* ---- match.c ------------------------------------------------------------------ */

void match_all(struct inventory *inventory);
/* A bay of it is occupied by nobody known, and a disk that it may be has no bay. */
bool match_lacks_address(struct chassis *chassis);

/* ---- history.c ---------------------------------------------------------------- */

void history_note(struct inventory *inventory, const struct drive *drive);
