/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done to disks: their status read and set, spinning, pings, hot-spare
 * marks.  Everything that blocks runs on the disk's own strand; what
 * the kernel and the drive say is the truth.  Loop thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "enclosure/inventory.h"
#include "enclosure/operation.h"
#include "drive/kernel.h"

struct drives;

struct drives_parameters {
	sd_event *event;
	struct pool *pool;
	struct store *store;
	struct transport *transport;
	struct kernel *kernel;
	struct inventory *inventory;
	struct operations *operations;
	const struct settings *settings;
};

/*
 * Listens to the inventory: probes disks as they come (TEST UNIT READY, kernel state), keeps
 * status and health of units and drives.  Before inventory_start().
 *
 * A disk that hangs holds one of the pool's threads until its command has run out of time, so the
 * pool had better not be the one that lights lamps where many disks may hang at once.
 */
int drives_new(const struct drives_parameters *parameters, struct drives **ret);
struct drives *drives_free(struct drives *drives);

/* Reads status and health of all disks again; done on the loop, in 20 s at the latest (a disk
 * that has not answered by then keeps what it had). */
void drives_refresh(struct drives *drives, inventory_done done, void *userdata);

/*
 * The rest works on a drive or a unit (object), as the contract's section 6 says.
 * Those that return an operation: NULL and *error filled in if it cannot begin
 * (-EINVAL, -EOPNOTSUPP, -EBUSY, -EHOSTDOWN, -ENOMEM, ...).
 *
 * What there is to do is known when kernel and drive have been read, so the operation has
 * not ended when this returns, even if there is nothing.
 */
struct operation *drive_set_status(struct drives *drives, struct object *object, uint32_t status,
				   uint32_t uid, struct outcome *error);
struct operation *drive_spin(struct drives *drives, struct object *object, bool up, uint32_t uid,
			     struct outcome *error);
/* Is the unit (all units of the drive) stopped: SpinDown is running. */
bool drive_spun_down(struct object *object);

/*
 * One TEST UNIT READY now; done once, with 0 if there was an answer of any kind (its text says
 * which, if not "ready"), else -ETIMEDOUT, -EIO, -ENODEV, ...; last_ping is updated before, with
 * outcome_hresult() as the result.  For want of memory done is called before this returns.
 */
void drive_ping(struct drives *drives, struct object *object,
		void (*done)(void *userdata, const struct outcome *outcome), void *userdata);

/*
 * Only VDS_DRF_HOTSPARE (0x1), else -EINVAL; done once, perhaps before this returns.  0 with
 * a text: the mark is there, the bay's lamp is not.
 */
#define DRIVE_FLAG_HOTSPARE 1U
void drive_set_flags(struct drives *drives, struct drive *drive, uint32_t flags, bool set,
		     uint32_t uid, void (*done)(void *userdata, const struct outcome *outcome),
		     void *userdata);

/* Who uses the drive or unit, as checked now; users is valid during the call of done. */
void drive_query_users(struct drives *drives, struct object *object,
		       void (*done)(void *userdata, const struct outcome *outcome,
				    const struct kernel_users *users),
		       void *userdata);
