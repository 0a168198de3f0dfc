/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 07h, element descriptors (ses.md 2.6), and 0Fh, nicknames (2.11): the
 * texts.  Never keys: they repeat, are empty, hold serial numbers.
 * Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ses/config.h"

struct ses_descriptors {
	unsigned n;   /* config->n_elements */
	char **texts; /* by global index; cleaned; NULL = none or empty */
};

/* 0, -EAGAIN, -EOPNOTSUPP, -EBADMSG, -ESTALE (another generation), -ENOMEM.
 * A page that ends early gives what it has. */
int ses_descriptors_decode(const uint8_t *page, size_t n, const struct ses_config *config,
			   struct ses_descriptors **ret);
struct ses_descriptors *ses_descriptors_free(struct ses_descriptors *descriptors);

/* Nickname of one subenclosure, cleaned, "" if it has none; errors as above, -ENOENT not listed. */
int ses_nickname_decode(const uint8_t *page, size_t n, uint32_t generation, uint8_t subenclosure,
			char ret[static 33 * 3]);
