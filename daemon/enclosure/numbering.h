/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the pages of one way to the list of its elements with all their
 * numbers, and from one list to another: which of mine is which of yours.  The
 * same question is asked for the two IOMs of a chassis and for one enclosure
 * before and after its configuration changed.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "enclosure/model.h"
#include "enclosure/snapshot.h"

#define LABEL_SIZE 320U

struct numbered {
	bool slot;
	uint8_t type, subenclosure;
	unsigned index;		/* among all slots, or all of the type */
	unsigned element_index; /* among all of the type */
	int reported;		/* -1 = none */
	unsigned global;	/* element index in the pages */
	char label[LABEL_SIZE]; /* unique among slots */
	bool own_label;		/* from page 07h, not made up */
	uint64_t addresses[COMPONENT_ADDRESSES_MAX];
	unsigned n_addresses;
};

struct numbering {
	unsigned n;
	unsigned n_slots;
	struct numbered *entries; /* slots in order, then the other elements in page order */
};

/* 0 or -ENOMEM. */
int numbering_make(const struct snapshot *snapshot, struct numbering **ret);
struct numbering *numbering_free(struct numbering *numbering);

/*
 * For each entry of mine the position in yours of the same thing, -1 = there is
 * none.  map has mine->n entries.  Slots: by reported number where both
 * sides number all their bays without repeating (within a subenclosure), else
 * by labels of their own where those tell them apart, then by shared addresses if
 * disks_stay (both lists are of one moment, or there is nothing better), then by position.
 * Others: by type and number.  0, or -ENOMEM: nothing matches.
 */
int numbering_match(const struct numbering *mine, const struct numbering *yours, bool disks_stay,
		    int *map);

/* Which bay gives which address. */
struct numbering_claim {
	uint64_t address;
	unsigned entry;
};

/* All of them in order of address, the caller's to free, and how many; NULL when out of memory. */
unsigned numbering_claims(const struct numbering *numbering, struct numbering_claim **ret);

/* An identity as a numbering, so that what is known can be matched too. */
struct numbering *numbering_new(unsigned n);
