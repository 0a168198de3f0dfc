/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that behave, behind the three seams: transport, kernel and discovery.  They spin up
 * and down, answer as a drive does, are detached and found again under another name,
 * and keep a list of all that reached them, in order.  What the kernel does by itself is
 * done too (lab README, "Disks"): it starts a stopped disk when a path is made running or attached.
 *
 * The hardware lies in shared memory, so that a process that dies in the middle of something
 * leaves it as it was then.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "drive/drive.h"

#define FAKE_UNITS 2U
#define FAKE_PATHS 2U
#define FAKE_LOG 8192U

struct fake_path {
	bool attached, offline;
	unsigned sg; /* number of its node; another after each attach */
};

struct fake_unit {
	struct fake_path paths[FAKE_PATHS];
	bool stopped, claimed, claimed_by_other;
	bool ata;	     /* TEST UNIT READY is answered by the translator: always good */
	unsigned polls;	     /* TEST UNIT READY answered "becoming ready" after START */
	unsigned to_go;	     /* of these */
	unsigned attentions; /* UNIT ATTENTION 29/00, before anything else */
	uint8_t sense[3];    /* of TEST UNIT READY, instead of what follows from the rest */
};

struct fake_hardware {
	unsigned n_units, n_paths;
	struct fake_unit units[FAKE_UNITS];
	bool present;  /* the SAS end device */
	bool probed;   /* udev's rules are not through with what was attached */
	bool queued;   /* and have more to do */
	char user[64]; /* "" = nobody */
	unsigned next_sg;

	/* What reached unit u is "u:WORD", for a path "u.p:WORD". */
	char log[FAKE_LOG];
	unsigned n_events;
};

enum fake_what {
	FAKE_NOTHING,
	FAKE_FAIL,    /* that event fails: MEDIUM ERROR, -EIO, somebody uses it */
	FAKE_REFUSE,  /* SCSI: invalid operation code */
	FAKE_TIMEOUT, /* SCSI: it runs out of time */
	FAKE_WAIT,    /* it waits until fake_release() */
	FAKE_DIE,     /* the process ends right before it */
	FAKE_DIE_AFTER,
};

extern struct fake_hardware *fake;

/* New hardware: one drive of so many units, each with so many paths. */
void fake_new(unsigned n_units, unsigned n_paths);
void fake_free(void);

/* What happens to the event of that number (from 0, TEST UNIT READY not counted), or to
 * the first one with that name. */
void fake_at(unsigned event, enum fake_what what);
void fake_at_name(const char *name, enum fake_what what);
bool fake_was_hit(void);
void fake_release(void);

/* The disk is pulled, and put back. */
void fake_unplug(void);
/* Pulled, and nobody has noticed yet: that comes with fake_unplug(). */
void fake_unplug_unnoticed(void);
/* udev is through with what was attached, and perhaps has it to do once more. */
void fake_probed(bool queued);
void fake_plug(void);

/* What reached it since; without what is only asked.  The caller's until the next call. */
const char *fake_log(void);
/* How often that word is in the whole log. */
unsigned fake_count(const char *word);
void fake_clear_log(void);

/* ---- the layer on top of it ---------------------------------------------------------------- */

struct bed {
	sd_event *event;
	struct pool *pool;
	struct store *store;
	struct inventory *inventory;
	struct operations *operations;
	struct drives *drives;
	struct settings settings;
	bool ready;
	unsigned n_added, n_removed; /* drives */
};

/* directory: the state directory, NULL = in memory.  Returns with all disks read. */
void bed_up(struct bed *bed, const char *directory);
void bed_down(struct bed *bed);
/* Runs the loop until it is so; fails the test after ten seconds. */
void bed_until(struct bed *bed, bool (*so)(void *userdata), void *userdata);
/* Until the operation has ended; its result. */
int bed_wait(struct bed *bed, struct operation *operation);
/* Until nothing is under way. */
void bed_settle(struct bed *bed);

struct drive *bed_drive(struct bed *bed); /* NULL: gone */
struct unit *bed_unit(struct bed *bed, unsigned lun);
/* SetStatus and its end. */
int bed_set_status(struct bed *bed, enum status status);
int bed_set_unit_status(struct bed *bed, unsigned lun, enum status status);
