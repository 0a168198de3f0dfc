/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk as a worker sees it: copies of what it needs to reach every path of
 * every unit, and what kernel and drive answered.  The model itself belongs to the
 * loop's thread; a picture belongs to whoever has it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drive/kernel.h"
#include "enclosure/model.h"
#include "scsi/command.h"
#include "scsi/transport.h"

/* TEST UNIT READY and CHECK POWER MODE need no medium: a drive that is silent so long hangs. */
#define PICTURE_ASK_TIMEOUT_S 10U
#define PICTURE_TEXT_MAX 120U

enum readiness {
	READINESS_UNKNOWN, /* not asked: no path running, or no sg node yet */
	READINESS_READY,
	READINESS_BECOMING,  /* not ready, and will be by itself: 02/04/01, BUSY, ... */
	READINESS_STOPPED,   /* 02/04/02, or an ATA drive in standby */
	READINESS_NOT_READY, /* any other reason */
	READINESS_FAILED,    /* HARDWARE ERROR, or 02/04/03 */
	READINESS_SILENT,    /* asked, and no answer over any path */
};

/* Where the kernel has a path: H:C:T:L. */
struct path_address {
	unsigned host, channel, target;
	uint64_t lun;
};

static inline bool address_equal(const struct path_address *a, const struct path_address *b)
{
	return a->host == b->host && a->channel == b->channel && a->target == b->target &&
	       a->lun == b->lun;
}

struct picture_path {
	char *syspath;
	char *sg_node; /* NULL = none (yet) */
	struct path_address address;
	char state[KERNEL_STATE_MAX]; /* "" = the kernel has no such device */
};

struct picture_unit {
	char id[ID_SIZE];
	bool ata; /* speaks ATA behind a translator, which may answer in the drive's place */
	struct picture_path *paths;
	unsigned n_paths;
	enum readiness readiness;
	int error;		     /* SILENT: why, -errno */
	int progress;		     /* percent, -1 = none */
	char text[PICTURE_TEXT_MAX]; /* what it said; "" when ready */
};

struct picture {
	struct picture_unit *units;
	unsigned n_units;
};

/* Copies the drive or unit as the model has it now.  NULL: no memory.  Loop thread. */
struct picture *picture_new(struct object *object);
struct picture *picture_copy(const struct picture *picture);
struct picture *picture_free(struct picture *picture);

/* Does it show the paths and sg nodes that the object has now?  Loop thread. */
bool picture_fits(const struct picture *picture, struct object *object);

/* Takes over what from shows of its units; what is left in from is what was known before. */
void picture_exchange_units(struct picture *picture, struct picture *from);

/* NULL: not in it. */
struct picture_unit *picture_find_unit(const struct picture *picture, const char *id);

/* A unit of it will be ready by itself. */
bool picture_becoming(const struct picture *picture);
bool picture_path_running(const struct picture_path *path);

/* Reads the kernel state of every path.  Worker thread. */
void picture_read_states(struct picture *picture, struct kernel *kernel);
/*
 * Asks a unit whether it is ready, over the first running path that answers; wakes nothing.
 * Worker thread.
 */
void picture_ask(struct picture_unit *unit, struct transport *transport);
/* Both, for all units.  Worker thread. */
void picture_read(struct picture *picture, struct transport *transport, struct kernel *kernel);

/* What the answer to TEST UNIT READY says.  Pure. */
enum readiness readiness_of(enum scsi_verdict verdict, const struct scsi_result *result);
