/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enclosure status page (02h), ses.md 2.3
 *
 * Four bytes for each element of page 01h, in its order.  A page that holds
 * more than page 01h promises is of another configuration, even if the
 * generation code has not moved (2.12): some never do.  A tail of zeros is none
 * of that, since an element that exists has a status code: it is what a page
 * padded to the allocation length looks like (peers.md C.2).
 */
#include "ses/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ses/header.h"
#include "ses/page.h"

static bool all_zero(const struct cursor *c)
{
	for (size_t i = 0; i < c->left; i++)
		if (c->p[i])
			return false;
	return true;
}

static int decode(const uint8_t *page, size_t n, const struct ses_config *config,
		  struct ses_status *status)
{
	struct cursor c;
	size_t length;
	int r;

	r = ses_page_open(page, n, SES_PAGE_STATUS, &c, NULL);
	if (r < 0)
		return r;
	length = 4 + c.left;
	status->flags = page[1] & 0x1f;
	status->generation = cursor_be32(&c);
	if (!cursor_ok(&c))
		return -EBADMSG;
	if (status->generation != config->generation)
		return -ESTALE;

	status->n_elements = config->n_elements;
	status->elements = calloc(config->n_elements + 1, sizeof(*status->elements));
	status->page = malloc(length);
	if (!status->elements || !status->page)
		return -ENOMEM;
	memcpy(status->page, page, length);
	status->page_length = length;

	while (status->known < config->n_elements && c.left >= 4)
		memcpy(status->elements[status->known++], cursor_take(&c, 4), 4);
	return c.left >= 4 && !all_zero(&c) ? -ESTALE : 0;
}

int ses_status_decode(const uint8_t *page, size_t n, const struct ses_config *config,
		      struct ses_status **ret)
{
	struct ses_status *status = calloc(1, sizeof(*status));
	int r;

	if (!status)
		return -ENOMEM;
	r = decode(page, n, config, status);
	if (r < 0) {
		(void) ses_status_free(status);
		return r;
	}
	*ret = status;
	return 0;
}

struct ses_status *ses_status_free(struct ses_status *status)
{
	if (!status)
		return NULL;
	free(status->elements);
	free(status->page);
	free(status);
	return NULL;
}
