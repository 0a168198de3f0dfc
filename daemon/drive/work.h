/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A status or power operation under way on a disk.  The loop decides, step by step;
 * each step that may block is one job on the disk's strand (detaching and
 * attaching: the host adapter's, since the kernel does one at a time).  So a Cancel and
 * the point of no return meet on one thread, and a job shares nothing with the loop
 * but the flag that tells it to stop.
 *
 *   READ -> STEPS -> (READ -> STEPS) -> FINAL -> STORE -> LAMPS -> the end
 *                 \-> UNDO -> CHECK -> the end
 */
#pragma once

#include "drive/act.h"
#include "drive/marks.h"
#include "drive/private.h"

enum work_phase {
	PHASE_READ,
	PHASE_STEPS,
	PHASE_UNDO,
	PHASE_CHECK, /* is everything back? */
	PHASE_FINAL, /* is it as wanted? */
	PHASE_STORE, /* marks on the disk */
	PHASE_LAMPS,
};

struct work {
	struct job job;
	struct list link;	     /* drives->works */
	struct drives *drives;	     /* NULL: the layer has ended */
	struct disk *disk;	     /* NULL: gone */
	struct strand *strand;	     /* the disk's */
	bool strand_is_ours;	     /* since the disk is gone */
	struct operation *operation; /* NULL: its end has been told */

	enum object_kind scope; /* of the target: drive or unit */
	char id[ID_SIZE];
	enum steps_goal goal;
	enum status wanted;

	enum work_phase phase;
	bool in_flight; /* a job */
	bool pending;	/* a callback: store, lamps */
	bool gone;	/* the target */
	bool late;	/* a command did not come back in time */
	bool changed;	/* something of the disk has been changed */
	bool unreached; /* no path led to it any more: perhaps it is being pulled */
	bool recorded;	/* marks as wanted are in the store, not yet true */

	struct act act;
	struct picture *before;
	bool marked[DRIVE_UNITS_MAX];
	struct path_address missing[MARKS_ADDRESSES_MAX];
	unsigned n_missing;

	struct steps steps;
	unsigned at;
	bool begun;	   /* the step at hand, at step_began */
	struct step *done; /* in order, to be undone */
	unsigned n_done, done_size;
	unsigned weight_done, weight_all;

	struct outcome error;	/* the first failure */
	struct outcome remark;	/* what did not matter enough to fail */
	sd_event_source *timer; /* a pause, or the watchdog of a job */
	uint64_t step_began;
};

/* ---- work-begin.c -------------------------------------------------------------- */

/* READ, CHECK or FINAL has an answer. */
void work_read_ended(struct work *work, int result);
/* Copies the target as the model has it now, reads it and plans the rest. */
void work_read_again(struct work *work);

/* ---- work.c -------------------------------------------------------------------- */

void work_submit(struct work *work);
/* On with the next step, or to the next phase. */
void work_next(struct work *work);
/* The step at hand has ended with that. */
void work_step_ended(struct work *work, const struct outcome *outcome);
void work_fail(struct work *work, int result, const char *format, ...) _printf_(3, 4);
/* A pause of that length; then work_next(). */
void work_arm(struct work *work, uint64_t usec);
int work_on_timer(sd_event_source *source, uint64_t usec, void *userdata);
void work_free(struct work *work);
/* Tells the end to those who wait; the work itself may go on tidying up. */
void work_report(struct work *work, const struct outcome *outcome);
/* NULL: it is gone. */
struct object *work_target(struct work *work);
/* The drive of the target, NULL = none. */
struct drive *work_drive(struct work *work);
void work_show(struct work *work, struct operation *operation);

/* ---- work-wait.c: steps that the loop does by itself ------------------------------ */

/* Begins the step at hand, or looks again. */
void work_wait_step(struct work *work);
/* READY said "not yet": the pause until it is asked again, or the end of patience. */
void work_not_ready(struct work *work);

/* ---- work-end.c ------------------------------------------------------------------- */

void work_undo(struct work *work);
/* UNDO is through, CHECK or FINAL have read. */
void work_finish_undo(struct work *work);
void work_checked(struct work *work);
void work_reached(struct work *work);
