/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All pages of one enclosure services process that belong together: one
 * generation (ses.md 2.12, 2.13).  Status is apart from it, because it is read
 * again every few seconds.
 *
 * A snapshot is shared by reference between the loop and jobs.  Jobs read
 * config and quirk, which never change; the rest is the loop's, which may put a
 * newer page 0Ah in place of the one it has.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "enclosure/quirks.h"
#include "enclosure/session.h"
#include "ses/additional.h"
#include "ses/config.h"
#include "ses/descriptor.h"
#include "ses/status.h"

#define SNAPSHOT_TRIES_MAX 6U /* until all pages are of one generation */

struct snapshot {
	atomic_uint references;
	uint64_t supported; /* bit per page, 0 = page 00h could not be read */
	struct ses_config *config;
	struct ses_descriptors *descriptors; /* NULL: not there */
	struct ses_additionals *additionals; /* NULL: not there */
	bool has_nickname;
	char nickname[33 * 3];
	struct quirk quirk; /* that matched */
	bool short_status;  /* page 08h is all it knows: config has no elements */
	unsigned known;	    /* elements that page 02h held when this was read; 0 = not read yet */
	char remark[120]; /* what was wrong with a page that could be done without, "" = nothing */
};

/*
 * Reads everything.  0, -ESTALE (the generation keeps changing), -EBADMSG, -EOPNOTSUPP (no page
 * 01h: not an enclosure), or as session_receive(); session->text says more.  The status is of the
 * same generation.
 */
int snapshot_read(struct session *session, const struct quirks *quirks, struct snapshot **ret,
		  struct ses_status **ret_status);

/*
 * Page 02h for a known snapshot: one command.  -ESTALE: the configuration is another one now, by
 * its generation code or, where that never changes (ses.md 2.12), by the length of the page.
 */
int snapshot_read_status(struct session *session, const struct snapshot *snapshot,
			 struct ses_status **ret);

/*
 * Page 0Ah anew, for a known snapshot: one command.  As above; -EOPNOTSUPP: not there.  status:
 * which bays are empty, to decide how an ambiguous page counts.
 */
int snapshot_read_additional(struct session *session, const struct snapshot *snapshot,
			     const struct ses_status *status, struct ses_additionals **ret);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
struct snapshot *snapshot_unref(struct snapshot *snapshot);
