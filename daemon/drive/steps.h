/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be done to a disk so that it has the status wanted, as a list of
 * steps; and the list that takes back what was done.  Pure; any thread.
 *
 * The order carries the safety.  Use is checked first and again right before the
 * point of no return, with the block nodes claimed in between; what is written is
 * flushed before the unit stops; every path is offline before the first is
 * detached; what must be remembered is on the disk before the act that needs it.
 */
#pragma once

#include <stdbool.h>

#include "drive/picture.h"

enum step_kind {
	STEP_USERS,    /* unit: nobody uses it, or -ETXTBSY */
	STEP_CLAIM,    /* unit: its block nodes, exclusively */
	STEP_RELEASE,  /* unit */
	STEP_FLUSH,    /* unit: SYNCHRONIZE CACHE */
	STEP_STOP,     /* unit: START STOP UNIT, and it says that it is stopped */
	STEP_START,    /* unit: START STOP UNIT, if it is stopped */
	STEP_READY,    /* unit: wait until it is ready */
	STEP_RUN,      /* path: kernel state running */
	STEP_OFFLINE,  /* path: kernel state offline */
	STEP_RECORD,   /* marks are in the state directory */
	STEP_DETACH,   /* path: out of the kernel */
	STEP_ATTACH,   /* address: into the kernel */
	STEP_APPEARED, /* address: the model has it, with its sg node */
	STEP_VANISHED, /* the model has none of the paths any more */
	_STEP_KIND_MAX,
};

#define STEP_NO_PATH UINT32_MAX

struct step {
	enum step_kind kind;
	unsigned unit, path; /* of the picture; path may be STEP_NO_PATH */
	struct path_address address;
	bool tolerant;	/* a failure is noted, but ends nothing; a time-out does where said so */
	bool no_return; /* cannot be cancelled from here on */
	bool skip;	/* an earlier one has made it pointless */
};

struct steps {
	struct step *list;
	unsigned n, size;
	bool again; /* with these done, look anew and plan the rest */
};

enum steps_goal {
	STEPS_STATUS,
	STEPS_SPIN_DOWN, /* as NOT_READY, and no kernel state is touched */
	STEPS_SPIN_UP,
};

struct steps_facts {
	const struct picture *picture;	    /* as read just now */
	const bool *marked;		    /* FAILED by an administrator; by unit */
	const struct path_address *missing; /* detached by us */
	unsigned n_missing;
};

/*
 * wanted: one of the statuses that can be set; with a spin it is not looked at.  An empty list:
 * nothing to do.  0; -ENOMEM; -EOPNOTSUPP: a spin, and no path runs.
 */
int steps_plan(const struct steps_facts *facts, enum steps_goal goal, enum status wanted,
	       struct steps *ret);

/* What takes the n steps back that were done to the disk as before shows it. 0, -ENOMEM. */
int steps_undo(const struct step *done, unsigned n, const struct picture *before,
	       struct steps *ret);

/* Is everything as before, as far as the contract asks for it? */
bool steps_restored(const struct picture *before, const struct picture *now);

void steps_clear(struct steps *steps);

/* "flushing the cache", ... */
const char *step_text(enum step_kind kind);
/* How much of the whole a step is, for the percentage. */
unsigned step_weight(enum step_kind kind);
