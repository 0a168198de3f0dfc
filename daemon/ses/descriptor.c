/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Element descriptors (07h), ses.md 2.6, and subenclosure nicknames (0Fh),
 * 2.11: names, and nothing depends on them.  So a page that ends early loses
 * the last names and no more.
 */
#include "ses/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "ses/header.h"
#include "ses/page.h"

#define TEXT_MAX 255U /* of one descriptor; the field allows 65,535, people do not */

static int open_page(const uint8_t *page, size_t n, uint8_t code, uint32_t generation,
		     struct cursor *ret)
{
	struct cursor c;
	uint32_t found;
	int r;

	r = ses_page_open(page, n, code, &c, NULL);
	if (r < 0)
		return r;
	found = cursor_be32(&c);
	if (!cursor_ok(&c))
		return -EBADMSG;
	if (found != generation)
		return -ESTALE;
	*ret = c;
	return 0;
}

/* The last text may be cut: what is there of it is as good as any name. */
static int decode_text(struct cursor *c, char **ret)
{
	char clean[TEXT_MAX + 1];
	const uint8_t *p;
	size_t length;

	cursor_skip(c, 2);
	length = cursor_be16(c);
	if (!cursor_ok(c))
		return 0;
	if (length > c->left)
		length = c->left;
	p = cursor_take(c, length);
	if (length == 0)
		return 0;

	(void) text_clean(clean, sizeof(clean), p, length);
	if (clean[0] == '\0')
		return 0;
	*ret = strdup(clean);
	return *ret ? 0 : -ENOMEM;
}

static int decode(const uint8_t *page, size_t n, const struct ses_config *config,
		  struct ses_descriptors *descriptors)
{
	struct cursor c;
	int r;

	r = open_page(page, n, SES_PAGE_DESCRIPTOR, config->generation, &c);
	if (r < 0)
		return r;
	descriptors->texts = calloc(config->n_elements + 1, sizeof(*descriptors->texts));
	if (!descriptors->texts)
		return -ENOMEM;
	descriptors->n = config->n_elements;

	for (unsigned i = 0; i < descriptors->n && c.left >= 4; i++) {
		r = decode_text(&c, &descriptors->texts[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int ses_descriptors_decode(const uint8_t *page, size_t n, const struct ses_config *config,
			   struct ses_descriptors **ret)
{
	struct ses_descriptors *descriptors = calloc(1, sizeof(*descriptors));
	int r;

	if (!descriptors)
		return -ENOMEM;
	r = decode(page, n, config, descriptors);
	if (r < 0) {
		(void) ses_descriptors_free(descriptors);
		return r;
	}
	*ret = descriptors;
	return 0;
}

struct ses_descriptors *ses_descriptors_free(struct ses_descriptors *descriptors)
{
	if (!descriptors)
		return NULL;
	for (unsigned i = 0; i < descriptors->n; i++)
		free(descriptors->texts[i]);
	free(descriptors->texts);
	free(descriptors);
	return NULL;
}

#define NICKNAME_DESCRIPTOR 40U
#define NICKNAME 32U

int ses_nickname_decode(const uint8_t *page, size_t n, uint32_t generation, uint8_t subenclosure,
			char ret[static 33 * 3])
{
	struct cursor c;
	int r;

	r = open_page(page, n, SES_PAGE_NICKNAME, generation, &c);
	if (r < 0)
		return r;
	while (c.left >= NICKNAME_DESCRIPTOR) {
		struct cursor d = cursor_cut(&c, NICKNAME_DESCRIPTOR);

		cursor_skip(&d, 1);
		if (cursor_u8(&d) != subenclosure)
			continue;
		/* status, additional status, reserved, language */
		cursor_skip(&d, 6);
		(void) text_clean(ret, 33 * 3, cursor_take(&d, NICKNAME), NICKNAME);
		return 0;
	}
	return -ENOENT;
}
