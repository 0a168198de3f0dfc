/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking an enclosure to change what an element shows: right, verified, and
 * nothing else disturbed.  Loop thread.
 *
 * Requests of one chassis that wait together go out as one control page:
 * read page 02h, build, SEND DIAGNOSTIC, read back.  Requests for one element
 * are carried out in order, one a page.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "enclosure/model.h"

/* A lamp call answers within this, whatever the hardware does. */
#define REQUEST_LIMIT_SECONDS 19U
#define REQUESTS_PER_CHASSIS_MAX 4096U

struct request {
	/* the caller's */
	struct component *component;
	uint32_t set, clear; /* INDICATOR_BIT() */
	bool every_way;	     /* must reach all ways of the chassis (device-off) */
	/*
	 * Called exactly once, never before request_submit() has returned.  before: what
	 * was shown when the request's turn came; valid with result 0.  The request is
	 * the caller's again.
	 *
	 *   -EOPNOTSUPP  not honoured (taken back), refused for good, or the type lacks it
	 *   -EHOSTDOWN   no way to the enclosure; or not answered in time before
	 *   -EBUSY       the enclosure stays busy
	 *   -ESTALE      its configuration keeps changing
	 *   -ENODEV      gone: the element, or every device of the enclosure
	 *   -ETIMEDOUT, -EIO, -ENOMEM, -ECANCELED (the daemon ends)
	 */
	void (*done)(struct request *request, const struct outcome *outcome, uint32_t before);

	/* the queue's */
	struct list of_component, waiting;
	uint64_t deadline;
	uint32_t before; /* shown in a round that a new configuration undid */
	bool in_flight;
};

void request_submit(struct request *request);

/* A nickname for the chassis (page 0Fh), read back.  At most 32 bytes. */
void chassis_set_nickname(struct chassis *chassis, const char *name,
			  void (*done)(void *userdata, const struct outcome *outcome),
			  void *userdata);

/* Page 02h now through this way (or the active one of the chassis): Ping. */
void chassis_ping(struct chassis *chassis, struct way *way,
		  void (*done)(void *userdata, const struct outcome *outcome), void *userdata);
