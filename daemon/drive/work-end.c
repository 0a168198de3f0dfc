/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an operation on a disk ends: as wanted, with marks and lamps; or put back, and
 * checked to be back.  Status, health and kernel states in the model are what was read last,
 * and are there before the caller is told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "drive/status.h"
#include "drive/work.h"

void work_free(struct work *work)
{
	list_unlink(&work->link);
	(void) sd_event_source_disable_unref(work->timer);
	act_release_all(&work->act);
	free(work->act.found);
	(void) picture_free(work->act.picture);
	(void) picture_free(work->before);
	steps_clear(&work->steps);
	free(work->done);
	if (work->strand_is_ours)
		(void) strand_free(work->strand);
	free(work);
}

void work_report(struct work *work, const struct outcome *outcome)
{
	struct operation *operation = work->operation;
	const char *what = work->goal == STEPS_STATUS ? status_name(work->wanted) : "";

	if (operation == NULL)
		return;
	work->operation = NULL;
	work_show(work, NULL);
	if (outcome->result < 0)
		log_notice("%s %s %s: %s", work->id, operation->kind, what, outcome->text);
	else
		log_info("%s %s %s: done%s%s", work->id, operation->kind, what,
			 outcome->text[0] != 0 ? "; " : "", outcome->text);
	operation_end(operation, outcome);
}

/* ---- marks ------------------------------------------------------------------------------ */

static bool mark_failed(struct work *work, bool failed)
{
	const struct picture *picture = work->act.picture;
	struct store *store = work->drives->store;
	bool changed = false;

	for (unsigned u = 0; u < picture->n_units; u++)
		if (marks_failed(store, picture->units[u].id) != failed) {
			changed = true;
			(void) marks_set_failed(store, picture->units[u].id, failed);
		}
	return changed;
}

/* The record was written before the first path went; it is dropped when the drive is there. */
static bool mark_attached(struct work *work, struct drive *drive)
{
	struct marks_removed removed;

	if (drive->detached || marks_removed(work->drives->store, drive->id, &removed) < 0)
		return false;
	marks_clear_removed(work->drives->store, drive->id);
	return true;
}

/* As the new status has it.  A disk that is FAILED stays so while it is REMOVED. */
static bool mark(struct work *work)
{
	struct drive *drive = work_drive(work);
	bool changed = false;

	if (work->goal != STEPS_STATUS)
		return false;
	if (work->wanted != STATUS_REMOVED)
		changed = mark_failed(work, work->wanted == STATUS_FAILED);
	if (work->scope == OBJECT_DRIVE && drive != NULL)
		changed = mark_attached(work, drive) || changed;
	return changed || work->recorded;
}

/* What was noted before the fact and did not become true. */
static void unmark(struct work *work)
{
	struct store *store = work->drives->store;
	struct drive *drive = work_drive(work);

	if (!work->recorded)
		return;
	for (unsigned u = 0; u < work->before->n_units && work->wanted == STATUS_FAILED; u++)
		(void) marks_set_failed(store, work->before->units[u].id, work->marked[u]);
	if (work->wanted == STATUS_REMOVED && drive != NULL && work->n_missing == 0)
		(void) mark_attached(work, drive);
	store_dirty(store);
}

/* ---- the end ---------------------------------------------------------------------------- */

/* Was read as the last thing: it is what the disk is like now. */
static void show(struct work *work, bool fresh)
{
	struct disk *disk = work->disk;

	disk->work = NULL;
	if (fresh && work->scope != disk->object->kind) {
		/* One unit of several: of the others nothing was read. */
		if (disk->seen != NULL)
			picture_exchange_units(disk->seen, work->act.picture);
	} else if (fresh) {
		(void) picture_free(disk->seen);
		disk->seen = work->act.picture;
		work->act.picture = NULL;
	}
	disk_show_states(disk);
	disk_judge(disk);
}

static void end(struct work *work, bool fresh)
{
	struct drive *drive = work_drive(work);
	struct disk *disk = work->disk;
	struct outcome outcome = work->error;

	if (outcome.result == 0)
		(void) snprintf(outcome.text, sizeof(outcome.text), "%s", work->remark.text);
	if (outcome.result < 0) {
		if (work->scope == OBJECT_DRIVE && drive != NULL)
			drive_set_detached(drive, drive->n_units == 0);
		unmark(work);
	}
	if (disk != NULL) {
		show(work, fresh);
		if (!fresh || disk->probe_again)
			disk_probe(disk);
	}
	/* Whoever is told may do anything, to the disk too. */
	work->disk = NULL;
	work_report(work, &outcome);
	work_free(work);
}

static void on_lamps(void *userdata, const char *failure)
{
	struct work *work = userdata;

	work->pending = false;
	if (work->drives == NULL) {
		work_free(work);
		return;
	}
	if (failure != NULL)
		(void) snprintf(work->remark.text, sizeof(work->remark.text), "%s", failure);
	end(work, true);
}

static void on_stored(void *userdata, int r)
{
	struct work *work = userdata;
	struct drive *drive;

	work->pending = false;
	if (work->drives == NULL) {
		work_free(work);
		return;
	}
	if (r < 0 && work->remark.text[0] == 0)
		(void) snprintf(work->remark.text, sizeof(work->remark.text),
				"this could not be written to the state directory: %s",
				strerrordesc_np(-r));
	drive = work_drive(work);
	if (drive == NULL) {
		end(work, true);
		return;
	}
	work->phase = PHASE_LAMPS;
	work->pending = true;
	lamps_update(work->drives, drive, on_lamps, work);
}

static bool is_as_wanted(struct work *work)
{
	/* Marks follow below; here is what kernel and drive say. */
	static const bool unmarked[DRIVE_UNITS_MAX];
	struct steps_facts facts = { .picture = work->act.picture, .marked = unmarked };
	struct steps rest;
	bool reached;

	if (steps_plan(&facts, work->goal, work->wanted, &rest) < 0)
		return false;
	reached = rest.n == 0;
	steps_clear(&rest);
	return reached;
}

static const char *reason(const struct picture *picture)
{
	for (unsigned u = 0; u < picture->n_units; u++)
		if (picture->units[u].text[0] != 0)
			return picture->units[u].text;
	return "something else has changed it meanwhile";
}

void work_reached(struct work *work)
{
	bool removed = work->goal == STEPS_STATUS && work->wanted == STATUS_REMOVED;
	struct drive *drive;

	if (work->gone)
		work_fail(work, -ENODEV, "the disk is gone");
	else if (work->late)
		work_fail(work, -ETIMEDOUT, "reading its state did not end in time");
	else if (!removed && !is_as_wanted(work))
		work_fail(work, -EIO, "all was done, but it did not stay so: %s",
			  reason(work->act.picture));
	if (work->error.result < 0) {
		end(work, true);
		return;
	}
	drive = work_drive(work);
	if (work->scope == OBJECT_DRIVE && drive != NULL)
		drive_set_detached(drive, drive->n_units == 0);
	/* Path by path the model forgot size and addresses, by which it is found to be pulled. */
	if (removed && drive != NULL)
		marks_restore_drive(work->drives->store, drive);
	if (!mark(work)) {
		on_stored(work, 0);
		return;
	}
	work->phase = PHASE_STORE;
	work->pending = true;
	store_sync(work->drives->store, on_stored, work);
}

/* ---- putting back ------------------------------------------------------------------------ */

void work_undo(struct work *work)
{
	struct steps undo = { 0 };

	if (work->before != NULL && steps_undo(work->done, work->n_done, work->before, &undo) < 0)
		log_error("Cannot put %s back as it was: out of memory", work->id);
	steps_clear(&work->steps);
	work->steps = undo;
	work->at = 0;
	work->begun = false;
	work->remark.text[0] = 0;
	work->phase = PHASE_UNDO;
	atomic_store(&work->act.stop, false);
	work_next(work);
}

/* Commands to a disk that is pulled fail before the kernel has taken it out of its tree. */
#define PULLED_PAUSE_S 3U

void work_finish_undo(struct work *work)
{
	if (work->unreached && !work->gone) {
		work->unreached = false;
		work_arm(work, PULLED_PAUSE_S * USEC_PER_SEC);
		return;
	}
	if (!work->changed || work->gone) {
		end(work, false);
		return;
	}
	work->phase = PHASE_CHECK;
	work_submit(work);
}

static bool is_restored(struct work *work)
{
	struct drive *drive = work_drive(work);

	if (work->before->n_units == 0)
		return drive != NULL && drive->n_units == 0;
	return steps_restored(work->before, work->act.picture);
}

void work_checked(struct work *work)
{
	struct outcome was = work->error;

	if (!is_restored(work)) {
		if (was.result == -ECANCELED)
			work->error.result = -EIO;
		(void) snprintf(work->error.text, sizeof(work->error.text),
				"%.100s; not all of it could be put back: %.110s", was.text,
				work->remark.text[0] != 0 ? work->remark.text
							  : reason(work->act.picture));
	}
	end(work, true);
}
