/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 02h as written, enclosure control (ses.md 4.1).  It is begun from the
 * status page just read and from nothing else: so its length and its
 * generation code are right by construction, and an enclosure that has changed
 * meanwhile refuses it.  Byte 1 is zero; elements not selected are zero.
 * Pure; any thread.
 */
#pragma once

#include <stdint.h>

#include "ses/status.h"

struct ses_control {
	uint8_t *page;
	size_t length;
	unsigned n_selected;
};

/* 0 or -ENOMEM. */
int ses_control_begin(const struct ses_status *status, struct ses_control *ret);
void ses_control_end(struct ses_control *control);

/*
 * Selects element global and changes its indicators; a second time for the same
 * element adds to the first.  -ERANGE if the status page did not hold it (or it
 * is an overall element of config), else as ses_element_control().
 */
int ses_control_select(struct ses_control *control, const struct ses_config *config,
		       const struct ses_status *status, unsigned global, uint32_t wished,
		       uint32_t set, uint32_t clear);

/*
 * Page 0Fh as written (ses.md 2.11): always 40 bytes.  name is at most 32 bytes;
 * returns -EINVAL if it is longer.
 */
#define SES_NICKNAME_CONTROL 40U
#define SES_NICKNAME_MAX 32U
int ses_nickname_control(uint8_t subenclosure, uint32_t generation, const char *name,
			 uint8_t page[static SES_NICKNAME_CONTROL]);
