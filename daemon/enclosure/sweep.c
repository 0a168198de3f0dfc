/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reenumerate and Refresh: everything anew, over many chassis at once, each in
 * its own stream of commands, so that one that hangs holds up the answer but no
 * other shelf.
 */
#include <errno.h>
#include <stdlib.h>

#include "enclosure/private.h"

/*
 * One Reenumerate or Refresh over several chassis: done when the last has answered, and
 * whatever new device was found has been looked at.
 */
struct sweep {
	struct list link;
	unsigned left;
	bool for_looks;
	bool one; /* asked of one chassis: what becomes of it is the answer */
	struct inventory *inventory;
	int result;
	inventory_done done;
	void *userdata;
};

static void sweep_end(struct inventory *inventory, struct sweep *sweep)
{
	/* What has come is tied to its bays before anybody is told that all is done. */
	if (inventory->match_due && !inventory->ending) {
		inventory->match_due = false;
		match_all(inventory);
	}
	list_unlink(&sweep->link);
	sweep->done(sweep->userdata, sweep->result);
	free(sweep);
}

static void sweep_check(struct sweep *sweep)
{
	if (sweep->left == 0 && !(sweep->for_looks && sweep->inventory->looking > 0))
		sweep_end(sweep->inventory, sweep);
}

static void sweep_step(void *userdata, int r)
{
	struct sweep *sweep = userdata;

	/* Among many, one shelf that does not answer is its own status, not the call's failure. */
	if (r == -ENOMEM || (r < 0 && sweep->one))
		sweep->result = r;
	sweep->left--;
	sweep_check(sweep);
}

void inventory_look_begins(struct inventory *inventory)
{
	inventory->looking++;
}

void inventory_look_ended(struct inventory *inventory)
{
	struct sweep *sweep;

	inventory->looking--;
	LIST_FOREACH (sweep, &inventory->visits, link)
		sweep_check(sweep);
}

static void sweep_start(struct inventory *inventory, struct chassis *only, enum visit_kind kind,
			int r, inventory_done done, void *userdata)
{
	struct chassis *chassis;
	struct sweep *sweep;

	sweep = calloc(1, sizeof(*sweep));
	if (!sweep) {
		done(userdata, -ENOMEM);
		return;
	}
	*sweep = (struct sweep){ .left = 1,
				 .for_looks = kind == VISIT_FULL,
				 .one = only != NULL,
				 .inventory = inventory,
				 .result = r,
				 .done = done,
				 .userdata = userdata };
	list_append(&inventory->visits, &sweep->link);
	LIST_FOREACH (chassis, &inventory->chassis, link)
		if (!only || only == chassis) {
			sweep->left++;
			poller_visit(chassis, kind, sweep_step, sweep);
		}
	/* It went while it was asked after. */
	if (only && sweep->left == 1)
		sweep->result = -ENODEV;
	sweep_step(sweep, 0);
}

static void look_at_refused(struct inventory *inventory)
{
	struct known_device *known;

	LIST_FOREACH (known, &inventory->devices, link) {
		known->refused = false;
		inventory_consider(inventory, known);
	}
}

void inventory_reenumerate(struct inventory *inventory, struct chassis *chassis,
			   inventory_done done, void *userdata)
{
	int r;

	r = inventory->p.discovery->enumerate(inventory->p.discovery);
	if (!chassis)
		look_at_refused(inventory);
	sweep_start(inventory, chassis, VISIT_FULL, r, done, userdata);
}

static void look_at_states(struct inventory *inventory)
{
	struct discovery *discovery = inventory->p.discovery;
	struct known_device *known;

	LIST_FOREACH (known, &inventory->devices, link) {
		struct device *device =
			known->path ? discovery->look(discovery, known->device->syspath) : NULL;

		if (device)
			inventory_device_changed(inventory, known, device);
	}
}

void inventory_refresh(struct inventory *inventory, inventory_done done, void *userdata)
{
	look_at_states(inventory);
	sweep_start(inventory, NULL, VISIT_ADDITIONAL, 0, done, userdata);
}
