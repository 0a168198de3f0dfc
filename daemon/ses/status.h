/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 02h, enclosure status (ses.md 2.3).  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ses/config.h"

#define SES_STATUS_INVOP 0x10U
#define SES_STATUS_INFO 0x08U
#define SES_STATUS_NONCRITICAL 0x04U
#define SES_STATUS_CRITICAL 0x02U
#define SES_STATUS_UNRECOVERABLE 0x01U

struct ses_status {
	uint32_t generation;
	uint8_t flags;	/* SES_STATUS_, byte 1 of the header */
	unsigned known; /* elements present in the page: fewer than n_elements if it is short */
	unsigned n_elements;
	uint8_t (*elements)[4]; /* by global index; beyond known all zero */
	/* The page as received, which a control page is begun from. */
	size_t page_length;
	uint8_t *page;
};

/*
 * 0, -EAGAIN, -EOPNOTSUPP, -EBADMSG, -ENOMEM.  -ESTALE: its generation code is
 * not config's, or it holds more elements than config has (a configuration
 * changed under a generation code that does not); a tail of zeros is padding,
 * not elements.  A page shorter than config
 * promises is fine: known says how far it goes.
 */
int ses_status_decode(const uint8_t *page, size_t n, const struct ses_config *config,
		      struct ses_status **ret);
struct ses_status *ses_status_free(struct ses_status *status);
