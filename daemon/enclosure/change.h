/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carrying a set of lamp changes out on one chassis: the right way, verified,
 * and taken back where it did not show.  Runs on a worker and touches nothing
 * but this struct, which owns copies of all it needs.
 *
 * The loop reads page 02h of the first way, builds the set from all that has
 * come meanwhile, and hands both over; so one SEND DIAGNOSTIC and one
 * read-back follow, three commands in all for any number of bays.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "enclosure/model.h"
#include "enclosure/snapshot.h"

#define CHANGE_TRIES_MAX 4U /* of one way, when the configuration changes under our page */

struct change_item {
	/* to do */
	int element_of[CHASSIS_WAYS_MAX]; /* global element index in each way's pages, -1 = not
					     there */
	uint8_t type;
	uint32_t set, clear;
	uint32_t wished; /* what is ours of the requests whose status is ambiguous */
	bool every_way;
	uint32_t owners; /* bit per way that may be asked; all set if no quirk says otherwise */
	atomic_bool abandoned; /* nobody waits any more: do not begin it */

	/* what became of it */
	struct outcome outcome;
	uint32_t before;		     /* indicators shown when its turn came */
	bool settled;			     /* outcome is final */
	uint32_t tried;			     /* bit per way through which it was written */
	uint32_t original[CHASSIS_WAYS_MAX]; /* indicators shown through each way before it was
						written */
	bool moved; /* the configuration is another one now: ask again with new indexes */
};

struct change_way {
	char name[80]; /* for sentences: "/dev/sg4" */
	char node[64];
	bool usable;
	struct snapshot *snapshot; /* a reference */
	struct ses_status *page;   /* a copy of page 02h as last read, may be NULL; owned */
	bool fresh;		   /* page was read for this change: begin from it */

	/* what became of it */
	struct snapshot *new_snapshot; /* configuration changed: a reference, else NULL */
	struct ses_status *new_page;   /* last page 02h read, owned, else NULL */
	int failure;		       /* 0 or -errno: the way broke */
	char text[160];
	bool other_elements; /* than those the items are numbered by */
	bool reset_seen, changed_seen;
};

struct change {
	struct transport *transport;
	const struct quirks *quirks;
	unsigned timeout_s;
	unsigned settle_ms;
	uint64_t deadline; /* clock_monotonic() */
	unsigned n_ways;
	unsigned order[CHASSIS_WAYS_MAX]; /* ways in the order to be tried */
	struct change_way ways[CHASSIS_WAYS_MAX];
	unsigned n_items;
	struct change_item *items;
};

/* n_items 0 is fine.  Every item is settled (or moved) when it returns. */
void change_run(struct change *change);

void change_clear(struct change *change); /* frees what it owns, not itself */
