/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps that wait for somebody else: the state file, udev, a unit that spins up.
 * Nothing blocks here; between two looks there is a pause on the loop, which
 * a Cancel ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drive/work.h"

#define LOOK_PAUSE_MS 100U
#define APPEAR_LIMIT_S 30U /* udev is slow when many disks come at once */
#define PROBED_LIMIT_S                                                                             \
	120U /* sd waits 100 s for a disk to spin up before there is a block node                  \
	      */
#define VANISH_LIMIT_S 30U
#define READY_PAUSE_MS 1000U
#define READY_LIMIT_S 180U /* a large drive, and its turn in a staggered spin-up */
#define REASON_LIMIT_S 15U /* "not ready" of a kind that waiting seldom mends */

static void end(struct work *work, int result, const char *text)
{
	struct outcome outcome;

	outcome_set(&outcome, result, "%s", text);
	work_step_ended(work, &outcome);
}

static bool waited(const struct work *work, unsigned seconds)
{
	return clock_monotonic() - work->step_began >= seconds * USEC_PER_SEC;
}

/* ---- RECORD --------------------------------------------------------------------------- */

static int record_removed(struct work *work, struct drive *drive)
{
	const struct picture *picture = work->act.picture;
	struct marks_removed removed = { .n = 0 };

	for (unsigned u = 0; u < picture->n_units; u++)
		for (unsigned k = 0; k < picture->units[u].n_paths; k++) {
			const struct picture_path *path = &picture->units[u].paths[k];

			if (path->state[0] != 0 && removed.n < MARKS_ADDRESSES_MAX)
				removed.addresses[removed.n++] = path->address;
		}
	for (unsigned i = 0; i < work->n_missing && removed.n < MARKS_ADDRESSES_MAX; i++)
		removed.addresses[removed.n++] = work->missing[i];
	return marks_set_removed(work->drives->store, drive, &removed);
}

static int record_failed(struct work *work)
{
	const struct picture *picture = work->act.picture;
	int r = 0;

	for (unsigned u = 0; u < picture->n_units && r == 0; u++)
		r = marks_set_failed(work->drives->store, picture->units[u].id, true);
	return r;
}

static void on_recorded(void *userdata, int r)
{
	struct work *work = userdata;

	work->pending = false;
	if (work->drives == NULL) {
		work_free(work);
		return;
	}
	end(work, r, r < 0 ? strerrordesc_np(-r) : "");
}

static void record(struct work *work)
{
	struct drive *drive = work_drive(work);
	int r = -ENODEV;

	work->recorded = true;
	if (work->wanted == STATUS_FAILED)
		r = record_failed(work);
	else if (drive != NULL)
		r = record_removed(work, drive);
	if (r < 0) {
		end(work, r, strerrordesc_np(-r));
		return;
	}
	work->pending = true;
	store_sync(work->drives->store, on_recorded, work);
}

/* ---- APPEARED, VANISHED ----------------------------------------------------------------- */

static struct path *find_in_unit(struct unit *unit, const struct path_address *address)
{
	struct path *path;

	LIST_FOREACH (path, &unit->paths, link) {
		struct path_address a = { path->device->host, path->device->channel,
					  path->device->target, path->device->lun };

		if (address_equal(&a, address))
			return path;
	}
	return NULL;
}

static struct path *find_path(struct work *work, const struct path_address *address)
{
	struct unit *unit;
	struct path *path;

	LIST_FOREACH (unit, inventory_units(work->drives->inventory), link) {
		path = find_in_unit(unit, address);
		if (path != NULL)
			return path;
	}
	return NULL;
}

/* A disk that was detached and is back may have other nodes. */
static int renew_path(struct work *work, const struct step *step, const struct path *path)
{
	struct picture_path *shown;
	char *syspath, *sg_node;

	if (step->path == STEP_NO_PATH || step->unit >= work->act.picture->n_units ||
	    step->path >= work->act.picture->units[step->unit].n_paths)
		return 0;
	shown = &work->act.picture->units[step->unit].paths[step->path];
	syspath = strdup(path->device->syspath);
	sg_node = strdup(path->device->sg_node);
	if (syspath == NULL || sg_node == NULL) {
		free(syspath);
		free(sg_node);
		return -ENOMEM;
	}
	free(shown->syspath);
	free(shown->sg_node);
	shown->syspath = syspath;
	shown->sg_node = sg_node;
	(void) snprintf(shown->state, sizeof(shown->state), "%s", path->device->state);
	return 0;
}

/* It is not ours to take away again. */
static void leave_other_disk(struct work *work, const struct path_address *address)
{
	for (unsigned i = 0; i < work->n_done; i++)
		if (work->done[i].kind == STEP_ATTACH &&
		    address_equal(&work->done[i].address, address))
			work->done[i].kind = STEP_APPEARED;
}

/*
 * udev's rules read what is new, and once more for a unit attention.  A disk stopped meanwhile
 * would be started by that (measured: the kernel's error handling, and libata).
 */
static bool still_probed(const struct work *work, const struct path *path)
{
	struct kernel *kernel = work->drives->kernel;

	return work->wanted != STATUS_ONLINE && !waited(work, PROBED_LIMIT_S) &&
	       (!path->device->udev_done || !kernel->udev_idle(kernel));
}

static void appeared(struct work *work)
{
	const struct step *step = &work->act.step;
	struct path *path = find_path(work, &step->address);
	struct drive *drive = work_drive(work);

	if (path != NULL && path->device->sg_node != NULL) {
		if (path->unit->drive == drive && still_probed(work, path)) {
			work_arm(work, LOOK_PAUSE_MS * USEC_PER_MSEC);
			return;
		}
		if (path->unit->drive == drive) {
			end(work, renew_path(work, step, path), "");
			return;
		}
		leave_other_disk(work, &step->address);
		end(work, 0, "");
		return;
	}
	if (waited(work, APPEAR_LIMIT_S)) {
		end(work, -ETIMEDOUT, "it was attached, but there is no device node");
		return;
	}
	work_arm(work, LOOK_PAUSE_MS * USEC_PER_MSEC);
}

static void vanished(struct work *work)
{
	struct drive *drive = work_drive(work);

	if (drive == NULL || drive->n_units == 0) {
		end(work, 0, "");
		return;
	}
	if (waited(work, VANISH_LIMIT_S)) {
		end(work, -ETIMEDOUT, "it was detached, but its device nodes are still there");
		return;
	}
	work_arm(work, LOOK_PAUSE_MS * USEC_PER_MSEC);
}

void work_wait_step(struct work *work)
{
	switch (work->act.step.kind) {
	case STEP_RECORD:
		record(work);
		return;
	case STEP_APPEARED:
		appeared(work);
		return;
	case STEP_VANISHED:
		vanished(work);
		return;
	case STEP_USERS:
	case STEP_CLAIM:
	case STEP_RELEASE:
	case STEP_FLUSH:
	case STEP_STOP:
	case STEP_START:
	case STEP_READY:
	case STEP_RUN:
	case STEP_OFFLINE:
	case STEP_DETACH:
	case STEP_ATTACH:
	case _STEP_KIND_MAX:
		break;
	}
	end(work, -EPROTO, "no step to wait for");
}

/* ---- READY ------------------------------------------------------------------------------ */

void work_not_ready(struct work *work)
{
	const struct picture_unit *unit = &work->act.picture->units[work->act.step.unit];
	unsigned limit = unit->readiness == READINESS_NOT_READY ? REASON_LIMIT_S : READY_LIMIT_S;

	if (waited(work, limit)) {
		end(work, unit->readiness == READINESS_NOT_READY ? -EIO : -ETIMEDOUT, unit->text);
		return;
	}
	/* The drive's own progress, where it reports one, is a part of this step's share. */
	if (work->operation != NULL && work->phase == PHASE_STEPS && unit->progress >= 0 &&
	    work->weight_all > 0)
		operation_progress(work->operation,
				   (99 * work->weight_done +
				    step_weight(STEP_READY) * (unsigned) unit->progress) /
					   work->weight_all);
	work_arm(work, READY_PAUSE_MS * USEC_PER_MSEC);
}
