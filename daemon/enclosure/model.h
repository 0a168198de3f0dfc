/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is: chassis with their ways in, bays and other elements; drives
 * and logical units.  Plain structs that everything above may read.
 *
 * All of it belongs to the loop's thread.  Only the enclosure layer writes
 * here, but for what a struct says is another layer's; it tells a change through the
 * listener of the inventory.  Pointers hold until removing() has returned;
 * who keeps one longer (a queued request) is told by that call.
 *
 * Three numbers of a bay stay three things (peers.md C.1): its position (index),
 * what the enclosure calls it (reported), the text on it (label).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "discovery/device.h"
#include "scsi/inquiry.h"
#include "ses/element.h"

#define CHASSIS_WAYS_MAX 16U /* enclosure services processes of one chassis */
#define CHASSIS_MAX 1024U
#define COMPONENT_ADDRESSES_MAX 16U
#define UNIT_PATHS_MAX 64U
#define DRIVE_UNITS_MAX 16U
#define ID_SIZE 192U /* ids as path elements: escaped */

enum object_kind {
	OBJECT_SUBSYSTEM,
	OBJECT_CONTROLLER,
	OBJECT_SLOT,
	OBJECT_ELEMENT,
	OBJECT_DRIVE,
	OBJECT_LUN,
	OBJECT_OPERATION,
	_OBJECT_KIND_MAX,
};

struct object {
	enum object_kind kind;
	bool announced; /* added() was told, removing() not yet */
	void *face;	/* the bus layer's */
	void *subject;	/* the maintenance layer's */
};

/* The numbers of VDS_HEALTH and of the VDS status enums (vds.md 0.4, 3.5); they are
 * shared by drives, units, controllers and subsystems as far as each has them. */
enum health {
	HEALTH_UNKNOWN = 0,
	HEALTH_HEALTHY = 1,
	HEALTH_FAILED = 8,
	HEALTH_PENDING_FAILURE = 10,
	HEALTH_DEGRADED = 11,
};

enum status {
	STATUS_UNKNOWN = 0,
	STATUS_ONLINE = 1,
	STATUS_NOT_READY = 2,
	STATUS_OFFLINE = 4,
	STATUS_FAILED = 5,
	STATUS_REMOVED = 8,
	STATUS_PARTIALLY_MANAGED = 9,
};

struct chassis;
struct snapshot;
struct ses_status;
struct drive;
struct unit;

/* One enclosure services process: one way to talk to a chassis.  Controller on the bus. */
struct way {
	struct object object; /* OBJECT_CONTROLLER */
	struct list link;     /* chassis->ways, in order of SAS address */
	struct chassis *chassis;
	struct device *device;
	struct scsi_inquiry inquiry;
	char key[40];	      /* SAS address in hex, else H_C_T_L */
	uint64_t sas_address; /* 0 = none */
	uint64_t logical_id;  /* of its primary subenclosure when it was taken in */

	struct snapshot *snapshot; /* last good one, never NULL once published */
	struct ses_status *page;   /* page 02h as last read through this way, may be NULL */
	uint64_t page_read;	   /* when, clock_monotonic() */
	bool disabled;		   /* taken out of use by SetStatus */
	int failure; /* 0, or -errno of the last attempt: not used until a poll succeeds */
	char failure_text[120];
	bool passed_over; /* the queue's: could not be read just now, another is tried */
};

/* One SES element: a bay, or anything else that is no overall element. */
struct component {
	struct object object; /* OBJECT_SLOT or OBJECT_ELEMENT */
	struct list link;     /* chassis->slots or ->elements, in order */
	struct chassis *chassis;
	bool slot;
	uint8_t type;
	uint8_t subenclosure;
	unsigned index;		/* n of the object path: among all slots / all of its type */
	unsigned element_index; /* among the elements of its type */
	int reported;		/* slots: DEVICE SLOT NUMBER, -1 = none */
	char *label;		/* valid UTF-8, never empty, unique in the chassis for slots */

	/* Where it is in each way's pages: global element index, -1 = not there;
	 * by position of the way in chassis->ways. */
	int element_of[CHASSIS_WAYS_MAX];

	/* As last read, joined over the ways that may see it. */
	bool known;    /* false: the status page does not reach this far, or no way reads */
	uint64_t read; /* when the page was read that says so, clock_monotonic() */
	uint8_t status[4];
	uint32_t indicators; /* shown as requested: INDICATOR_BIT() */
	uint32_t supported;
	uint32_t asked; /* asked for through us and not taken back */

	uint64_t addresses[COMPONENT_ADDRESSES_MAX]; /* ports of the disk, from page 0Ah of all ways
						      */
	unsigned n_addresses;
	struct drive *drive; /* NULL = empty, or the disk is not known to the kernel */

	struct list requests; /* the queue's: waiting and in flight, in order */
	void *lamp;	      /* the maintenance layer's */
};

struct chassis {
	struct object object; /* OBJECT_SUBSYSTEM */
	struct list link;     /* inventory_chassis() */
	struct inventory *inventory;
	char eid[64];	     /* of the object path */
	uint64_t logical_id; /* of the primary subenclosure */
	char vendor[32], product[64], revision[16], nickname[100];
	bool has_nickname; /* page 0Fh is there */
	struct list ways;
	unsigned n_ways;
	char numbered_by[40]; /* key of the way whose pages the positions of the bays are from */
	struct list slots;
	struct list elements;
	unsigned n_slots;
	uint32_t generation;
	uint64_t last_refresh; /* CLOCK_REALTIME us of the last page 02h */
	enum status status;
	enum health health;
	bool returned; /* it was gone since the daemon started, and came back */
	bool stale;    /* the pages there are are older than what is known of some component */

	void *queue;  /* queue.c */
	void *poller; /* poll.c */
};

/* One path to a logical unit. */
struct path {
	struct list link; /* unit->paths */
	struct unit *unit;
	struct device *device;
};

/* A logical unit, however many paths lead to it.  Lun on the bus. */
struct unit {
	struct object object; /* OBJECT_LUN */
	struct list link;     /* inventory_units() */
	struct list of_drive; /* drive->units */
	struct drive *drive;  /* NULL = no physical drive (RAID volume, iSCSI, FC) */
	char id[ID_SIZE];
	char wwn[33]; /* NAA or EUI-64 in hex, "" = none */
	char serial[96];
	struct scsi_inquiry inquiry;
	uint64_t size;
	struct list paths;
	unsigned n_paths;

	/* the drive layer's */
	enum status status;
	enum health health;
	struct operation *operation;
	uint64_t last_ping; /* CLOCK_REALTIME us, 0 = never */
	uint32_t last_ping_result;
	void *probe;
};

/* A physical drive. */
struct drive {
	struct object object; /* OBJECT_DRIVE */
	struct list link;     /* inventory_drives() */
	char id[ID_SIZE];
	char wwn[33]; /* NAA of the target device, else of unit 0, "" = none */
	char serial[96];
	char vendor[32], product[64], revision[16];
	uint64_t size;	   /* of all its units together */
	uint32_t rotation; /* VDS coding: 0 unknown, 1 no rotating medium, else rpm */
	uint32_t bus_type; /* VDS_STORAGE_BUS_TYPE */
	uint64_t addresses[UNIT_PATHS_MAX]; /* SAS ports, as the kernel and page 83h have them */
	unsigned n_addresses;
	struct list units;
	unsigned n_units;
	struct component *slot; /* NULL = none */
	bool looked_for;	/* no bay had it when it came: page 0Ah is read again for a while */

	/* the drive layer's */
	enum status status;
	enum health health;
	uint32_t flags; /* VDS_DRF_ */
	struct operation *operation;
	uint64_t last_ping;
	uint32_t last_ping_result;
	bool detached; /* REMOVED by us: stays without units until it is pulled or attached */
	void *probe;
};

struct model_listener {
	void (*added)(void *userdata, struct object *object);
	void (*changed)(void *userdata, struct object *object);
	/* It is about to be unlinked and freed; still whole. */
	void (*removing)(void *userdata, struct object *object);
	/*
	 * A bay is about to get another index (the configuration changed), and has it now: another
	 * path, the same object, its queued requests go on.  Either may be NULL.
	 */
	void (*moving)(void *userdata, struct object *object);
	void (*moved)(void *userdata, struct object *object);
	/* A chassis forgot its requests: unit attention 29h, or it was away. */
	void (*reset)(void *userdata, struct chassis *chassis);
	/* The first inventory is complete; once. */
	void (*ready)(void *userdata);
	void *userdata;
};

static inline struct chassis *object_chassis(struct object *o)
{
	return container_of(o, struct chassis, object);
}
static inline struct way *object_way(struct object *o)
{
	return container_of(o, struct way, object);
}
static inline struct component *object_component(struct object *o)
{
	return container_of(o, struct component, object);
}
static inline struct drive *object_drive(struct object *o)
{
	return container_of(o, struct drive, object);
}
static inline struct unit *object_unit(struct object *o)
{
	return container_of(o, struct unit, object);
}
