/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an operation on a disk begins: what refuses it at once, what is read before
 * anything is decided, and the plan made of that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "drive/status.h"
#include "drive/work.h"

#define WEIGHT_TO_COME 80U /* what is planned when a disk is attached again */

static void on_cancel(struct operation *operation)
{
	struct work *work = operation->work;

	atomic_store(&work->act.stop, true);
	if (!work->in_flight && !work->pending)
		work_arm(work, 0); /* it pauses: no longer */
}

static struct work *work_new(struct disk *disk, struct object *object)
{
	struct drives *drives = disk->drives;
	struct work *work = calloc(1, sizeof(*work));

	if (work == NULL)
		return NULL;
	work->scope = object->kind;
	(void) snprintf(work->id, sizeof(work->id), "%s",
			object->kind == OBJECT_DRIVE ? object_drive(object)->id
						     : object_unit(object)->id);
	work->strand = disk->strand;
	work->act.transport = drives->transport;
	work->act.kernel = drives->kernel;
	work->act.picture = picture_new(object);
	list_init(&work->link);
	if (work->act.picture == NULL ||
	    sd_event_add_time(drives->event, &work->timer, CLOCK_MONOTONIC, UINT64_MAX, 0,
			      work_on_timer, work) < 0 ||
	    sd_event_source_set_enabled(work->timer, SD_EVENT_OFF) < 0) {
		work_free(work);
		return NULL;
	}
	return work;
}

/* Addresses that we detached and that the model does not show. */
static void find_missing(struct work *work)
{
	struct drive *drive = work_drive(work);
	const struct picture *picture = work->act.picture;
	struct marks_removed removed;

	work->n_missing = 0;
	if (work->scope != OBJECT_DRIVE || drive == NULL ||
	    marks_removed(work->drives->store, drive->id, &removed) < 0)
		return;
	for (unsigned i = 0; i < removed.n; i++) {
		bool shown = false;

		for (unsigned u = 0; u < picture->n_units; u++)
			for (unsigned k = 0; k < picture->units[u].n_paths; k++)
				shown = shown || address_equal(&picture->units[u].paths[k].address,
							       &removed.addresses[i]);
		if (!shown)
			work->missing[work->n_missing++] = removed.addresses[i];
	}
}

/* What the last reading says without asking: the drive itself has failed. */
static bool known_failed(struct drives *drives, struct object *object)
{
	const struct picture_unit *seen;
	struct unit *unit;

	if (object->kind == OBJECT_LUN) {
		seen = unit_seen(object_unit(object));
		return seen != NULL && seen->readiness == READINESS_FAILED &&
		       !marks_failed(drives->store, object_unit(object)->id);
	}
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive)
		if (known_failed(drives, &unit->object))
			return true;
	return false;
}

static int refuse(struct drives *drives, struct disk *disk, struct object *object,
		  enum status wanted, struct outcome *error)
{
	if (disk == NULL)
		return outcome_set(error, -ENOMEM, "out of memory");
	if (disk->work != NULL && disk->work->operation == NULL)
		return outcome_set(error, -ETIMEDOUT,
				   "a command sent to %s earlier has not come back yet",
				   object_name(object));
	if (disk->work != NULL)
		return outcome_set(error, -EBUSY, "operation %u (%s) is under way on %s",
				   disk->work->operation->number, disk->work->operation->kind,
				   object_name(object));
	if (wanted != STATUS_FAILED && known_failed(drives, object))
		return outcome_set(error, -EHOSTDOWN, "%s reports that it has failed",
				   object_name(object));
	return 0;
}

struct operation *work_begin(struct drives *drives, struct object *object, unsigned goal,
			     enum status wanted, uint32_t uid, const char *kind,
			     struct outcome *error)
{
	struct disk *disk = disk_of(drives, object);
	struct operation *operation;
	struct work *work;

	if (refuse(drives, disk, object, wanted, error) < 0)
		return NULL;
	work = work_new(disk, object);
	operation = work == NULL ? NULL : operation_begin(drives->operations, kind, object, uid);
	if (operation == NULL) {
		if (work != NULL)
			work_free(work);
		(void) outcome_set(error, -ENOMEM, "out of memory, or too many operations");
		return NULL;
	}
	work->drives = drives;
	work->disk = disk;
	work->operation = operation;
	work->goal = goal;
	work->wanted = wanted;
	operation->work = work;
	operation->cancel = on_cancel;
	disk->work = work;
	list_append(&drives->works, &work->link);
	find_missing(work);
	work_show(work, operation);
	work->phase = PHASE_READ;
	work_submit(work);
	return operation;
}

static void target_gone(struct work *work)
{
	struct outcome outcome;

	work->gone = true;
	atomic_store(&work->act.stop, true);
	outcome_set(&outcome, -ENODEV, "the disk is gone");
	work_report(work, &outcome);
	if (!work->in_flight && !work->pending)
		work_arm(work, 0);
}

void work_gone(struct work *work)
{
	/* The strand is our own now: what is taken back still goes there. */
	work->disk->strand = NULL;
	work->strand_is_ours = true;
	work->disk->work = NULL;
	work->disk = NULL;
	target_gone(work);
}

void work_unit_gone(struct work *work, struct unit *unit)
{
	if (work->scope == OBJECT_LUN && strcmp(work->id, unit->id) == 0)
		target_gone(work);
}

void works_free(struct drives *drives)
{
	struct work *work;

	LIST_FOREACH (work, &drives->works, link) {
		list_unlink(&work->link);
		if (work->operation != NULL) {
			work->operation->work = NULL;
			work->operation->cancel = NULL;
			work->operation = NULL;
		}
		if (work->disk != NULL) {
			work->disk->work = NULL;
			work->disk->strand = NULL;
			work->disk = NULL;
			work->strand_is_ours = true;
		}
		work->drives = NULL;
		work->timer = sd_event_source_disable_unref(work->timer);
		/* A job under way, or a callback, has it otherwise. */
		if (!work->in_flight && !work->pending)
			work_free(work);
	}
}

/* ---- reading ------------------------------------------------------------------------- */

static int refuse_facts(struct work *work)
{
	const struct picture *picture = work->act.picture;

	for (unsigned u = 0; u < picture->n_units; u++) {
		const struct picture_unit *unit = &picture->units[u];

		if (work->wanted == STATUS_FAILED)
			break; /* to say so of a drive that has failed, or hangs, is what it is for
				*/
		if (unit->readiness == READINESS_FAILED && !work->marked[u])
			work_fail(work, -EHOSTDOWN, "the drive reports that it has failed: %s",
				  unit->text);
		if (unit->readiness == READINESS_SILENT && unit->error == -ETIMEDOUT)
			work_fail(work, -ETIMEDOUT, "asking whether it is ready: %s", unit->text);
	}
	return work->error.result;
}

static void plan(struct work *work)
{
	struct steps_facts facts = {
		.picture = work->act.picture,
		.marked = work->marked,
		.missing = work->missing,
		.n_missing = work->n_missing,
	};
	struct steps steps;
	int r;

	for (unsigned u = 0; u < facts.picture->n_units; u++)
		work->marked[u] = marks_failed(work->drives->store, facts.picture->units[u].id);
	if (work->before == NULL) {
		work->before = picture_copy(work->act.picture);
		if (work->before == NULL)
			work_fail(work, -ENOMEM, "out of memory");
	}
	if (work->error.result == 0 && refuse_facts(work) == 0) {
		r = steps_plan(&facts, work->goal, work->wanted, &steps);
		if (r == 0) {
			steps_clear(&work->steps);
			work->steps = steps;
		} else {
			work_fail(work, r, "%s",
				  r == -EOPNOTSUPP ? "no path of it is running"
						   : strerrordesc_np(-r));
		}
	}
	work->phase = PHASE_STEPS;
	work->at = 0;
	work->begun = false;
	for (unsigned i = 0; i < work->steps.n; i++)
		work->weight_all += step_weight(work->steps.list[i].kind);
	if (work->steps.again)
		work->weight_all += WEIGHT_TO_COME;
	work_next(work);
}

void work_read_ended(struct work *work, int result)
{
	switch (work->phase) {
	case PHASE_READ:
		/* Cancelled by nobody: the daemon ends, and nothing has been read. */
		if (result < 0)
			work_fail(work, result, "reading its state: %s", strerrordesc_np(-result));
		plan(work);
		return;
	case PHASE_CHECK:
		work_checked(work);
		return;
	case PHASE_FINAL:
		work_reached(work);
		return;
	case PHASE_STEPS:
	case PHASE_UNDO:
	case PHASE_STORE:
	case PHASE_LAMPS:
		return;
	}
}

void work_read_again(struct work *work)
{
	struct object *target = work_target(work);
	struct picture *picture = target == NULL ? NULL : picture_new(target);

	work->n_missing = 0;
	steps_clear(&work->steps);
	work->at = 0;
	if (picture == NULL || picture->n_units == 0) {
		work_fail(work, picture == NULL ? -ENOMEM : -ENODEV,
			  picture == NULL ? "out of memory"
					  : "the disk is not where it was detached");
		(void) picture_free(picture);
		work_undo(work);
		return;
	}
	(void) picture_free(work->act.picture);
	work->act.picture = picture;
	work->phase = PHASE_READ;
	work_submit(work);
}
