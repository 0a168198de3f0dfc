/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talking to one enclosure services process for a while: pages in, pages out,
 * with the moods of real enclosures (busy, starting, unit attentions in a row,
 * aborted commands; peers.md C.6) met by bounded retries within a deadline.
 * Worker threads only.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scsi/command.h"

#define SESSION_ATTENTIONS_MAX 8U   /* several may be queued */
#define SESSION_BUSY_MAX_MS 6000U   /* waited in all for an enclosure that is busy */
#define SESSION_PAUSE_FIRST_MS 20U  /* doubled each time ... */
#define SESSION_PAUSE_LAST_MS 1000U /* ... up to this */

struct session {
	struct transport *transport;
	struct scsi_device *device;
	unsigned timeout_s; /* per command; cut to what is left until deadline */
	uint64_t deadline;  /* clock_monotonic(), 0 = none */
	bool reset_seen;    /* unit attention 29h or 3F/01: requests may be forgotten */
	bool changed_seen;  /* other unit attentions that say the inventory may be old */
	bool short_status;  /* page 08h came instead of the last one asked for */
	bool broken;	    /* the way failed, not the request: try another */
	bool answered;	    /* and it said so itself: other pages may be readable */
	unsigned busy_ms;   /* waited so far */
	uint8_t *buffer;    /* SES_PAGE_MAX bytes */
	char text[160];	    /* why the last call failed */
};

/* 0, -ENODEV (gone), -EACCES, -ENOMEM, -errno; on failure the session is empty and broken is set.
 */
int session_open(struct session *session, struct transport *transport, const char *node,
		 unsigned timeout_s, uint64_t deadline);
void session_close(struct session *session);

/*
 * Page into session->buffer.  0 and *ret_n bytes; -EBUSY stays busy; -EOPNOTSUPP no such
 * page; -ETIMEDOUT, -ENODEV, -EHOSTDOWN (way failed; broken is set with these three),
 * -EACCES, -EIO, -EBADMSG another page was returned.
 */
int session_receive(struct session *session, uint8_t page, size_t *ret_n);

/* -ESTALE: it did not fit (26/xx, 1A/00); -EOPNOTSUPP refused for good (35/04 twice is that); else
 * as session_receive(). */
int session_send(struct session *session, const uint8_t *page, size_t n);

/* Waits; false if the deadline would pass. */
bool session_pause(struct session *session, unsigned ms);
