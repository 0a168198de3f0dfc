/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One step done to a disk, on a worker's thread.  Knows how, not when or why.
 */
#pragma once

#include <stdatomic.h>

#include "base/outcome.h"
#include "drive/steps.h"

/* A drive may take so long for the dirty cache that the kernel itself waits a minute. */
#define ACT_FLUSH_TIMEOUT_S 60U
#define ACT_STOP_TIMEOUT_S 60U
#define ACT_START_TIMEOUT_S 60U
/* Waiting for a unit that is busy or becoming ready, within one step. */
#define ACT_PATIENCE_S 60U
/* A unit that has accepted STOP says so within this. */
#define ACT_STOPPED_S 15U

struct act {
	struct transport *transport;
	struct kernel *kernel;
	/* Set by the loop: do not begin, and end a wait soon. */
	atomic_bool stop;
	struct picture *picture; /* states and readiness are updated */
	void *claims[DRIVE_UNITS_MAX];
	struct step step;
	bool no_way; /* it failed because no path leads to the unit any more, or none answers */
	char *found; /* ATTACH: the syspath it has now, the loop's to free */
	struct outcome outcome;
};

/*
 * Does act->step; returns and leaves in act->outcome:
 *   0            done
 *   -EAGAIN      READY: not yet; text says why
 *   -ETXTBSY     in use; text names the user
 *   -ENODEV      ATTACH: nothing at that address
 *   -EHOSTDOWN   the drive reports a hardware error
 *   -ECANCELED   stop was set before it began
 *   -ETIMEDOUT, -EIO, -ENOMEM, -EBUSY, ...
 */
int act_do(struct act *act);

/* Releases what is still claimed. */
void act_release_all(struct act *act);
