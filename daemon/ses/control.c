/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enclosure control page (02h written), ses.md 4.1, and subenclosure nickname
 * control (0Fh), 2.11.
 *
 * Only these two pages are ever made: none of the others of 4.6 has an encoder
 * in the tree.  Byte 1 of a control page asserts conditions that the host
 * knows of; the same byte of status holds what the enclosure found, and INVOP,
 * so it is not copied (peers.md C.5).
 */
#include "ses/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ses/element.h"
#include "ses/page.h"

#define HEADER 8U
#define SELECT 0x80U

int ses_control_begin(const struct ses_status *status, struct ses_control *ret)
{
	uint8_t *page = calloc(1, status->page_length);
	size_t body = status->page_length - 4;

	if (!page)
		return -ENOMEM;
	memcpy(page, status->page, HEADER);
	page[1] = 0;
	/* Its own length, where the one received was a lie. */
	page[2] = (uint8_t) (body >> 8);
	page[3] = (uint8_t) body;
	*ret = (struct ses_control){ .page = page, .length = status->page_length };
	return 0;
}

void ses_control_end(struct ses_control *control)
{
	free(control->page);
	*control = (struct ses_control){ .page = NULL };
}

int ses_control_select(struct ses_control *control, const struct ses_config *config,
		       const struct ses_status *status, unsigned global, uint32_t wished,
		       uint32_t set, uint32_t clear)
{
	struct ses_element_id id;
	uint8_t *bytes;
	uint8_t type;
	int r;

	if (global >= status->known || HEADER + 4 * (size_t) global + 4 > control->length)
		return -ERANGE;
	if (!ses_config_element(config, global, &id) || id.individual < 0)
		return -ERANGE;

	type = config->types[id.header].type;
	bytes = control->page + HEADER + 4 * (size_t) global;
	if (bytes[0] & SELECT)
		return ses_element_control_change(type, bytes, set, clear);

	r = ses_element_control(type, status->elements[global], wished, set, clear, bytes);
	if (r < 0)
		return r;
	control->n_selected++;
	return 0;
}

int ses_nickname_control(uint8_t subenclosure, uint32_t generation, const char *name,
			 uint8_t page[static SES_NICKNAME_CONTROL])
{
	size_t n = strlen(name);

	if (n > SES_NICKNAME_MAX)
		return -EINVAL;
	memset(page, 0, SES_NICKNAME_CONTROL);
	page[0] = SES_PAGE_NICKNAME;
	page[1] = subenclosure;
	page[3] = SES_NICKNAME_CONTROL - 4;
	page[4] = (uint8_t) (generation >> 24);
	page[5] = (uint8_t) (generation >> 16);
	page[6] = (uint8_t) (generation >> 8);
	page[7] = (uint8_t) generation;
	memcpy(page + HEADER, name, n);
	return 0;
}
