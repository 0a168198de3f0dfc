/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration diagnostic page (01h), ses.md 2.2
 *
 * The page lists the subenclosures, then one type descriptor header for each
 * group of like elements.  From the headers follows the order of every other
 * page, so the list of types made here is the map by which those are read;
 * overall elements are counted in one of its numbers and not in the other,
 * since page 0Ah uses either (5.1).
 *
 * Enclosure descriptors are stepped by their own length, which is more than
 * the standard's (Areca) or less (peers.md C.2): what is missing is empty.
 */
#include "ses/config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "base/text.h"
#include "ses/header.h"
#include "ses/page.h"

/* As much of a text field as there is. */
static void take_text(struct cursor *c, size_t n, char *dst, size_t size)
{
	size_t there = n < c->left ? n : c->left;
	const uint8_t *p = cursor_take(c, there);

	(void) text_clean(dst, size, p ? p : (const uint8_t *) "", p ? there : 0);
}

/* Returns the number of type headers it announces. */
static unsigned decode_subenclosure(struct cursor *c, struct ses_subenclosure *sub)
{
	uint8_t processes = cursor_u8(c);
	struct cursor d;
	unsigned n_types;

	sub->process = processes >> 4 & 0x07;
	sub->n_processes = processes & 0x07;
	sub->id = cursor_u8(c);
	n_types = cursor_u8(c);
	d = cursor_cut(c, cursor_u8(c));

	if (d.left >= 8)
		sub->logical_id = cursor_be64(&d);
	else
		cursor_skip(&d, d.left);
	take_text(&d, 8, sub->vendor, sizeof(sub->vendor));
	take_text(&d, 16, sub->product, sizeof(sub->product));
	take_text(&d, 4, sub->revision, sizeof(sub->revision));
	return n_types;
}

static int decode_subenclosures(struct cursor *c, struct ses_config *config, unsigned n)
{
	if (n > SES_SUBENCLOSURES_MAX)
		return -E2BIG;
	config->subenclosures = calloc(n, sizeof(*config->subenclosures));
	if (!config->subenclosures)
		return -ENOMEM;
	config->n_subenclosures = n;

	for (unsigned i = 0; i < n; i++) {
		config->n_types += decode_subenclosure(c, &config->subenclosures[i]);
		if (!cursor_ok(c))
			return -EBADMSG;
	}
	return config->n_types > SES_TYPES_MAX ? -E2BIG : 0;
}

static int decode_types(struct cursor *c, struct ses_config *config)
{
	_cleanup_free_ uint8_t *lengths = NULL;

	/* One more than needed: no types at all is legal, calloc(0) may be NULL. */
	config->types = calloc(config->n_types + 1, sizeof(*config->types));
	lengths = calloc(config->n_types + 1, 1);
	if (!config->types || !lengths)
		return -ENOMEM;

	for (unsigned i = 0; i < config->n_types; i++) {
		struct ses_type *type = &config->types[i];

		type->type = cursor_u8(c);
		type->count = cursor_u8(c);
		type->subenclosure = cursor_u8(c);
		lengths[i] = cursor_u8(c);
		if (!cursor_ok(c))
			return -EBADMSG;
		if (config->n_elements + 1 + type->count > SES_ELEMENTS_MAX)
			return -E2BIG;

		type->overall = (uint16_t) config->n_elements;
		type->first_sub = (uint16_t) config->n_individual;
		config->n_elements += 1U + type->count;
		config->n_individual += type->count;
	}

	for (unsigned i = 0; i < config->n_types; i++)
		take_text(c, lengths[i], config->types[i].text, sizeof(config->types[i].text));
	return 0;
}

static int decode(const uint8_t *page, size_t n, struct ses_config *config)
{
	struct cursor c;
	int r;

	r = ses_page_open(page, n, SES_PAGE_CONFIGURATION, &c, NULL);
	if (r < 0)
		return r;
	config->generation = cursor_be32(&c);
	if (!cursor_ok(&c))
		return -EBADMSG;
	r = decode_subenclosures(&c, config, 1U + page[1]);
	if (r < 0)
		return r;
	return decode_types(&c, config);
}

int ses_config_decode(const uint8_t *page, size_t n, struct ses_config **ret)
{
	struct ses_config *config = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return -ENOMEM;
	r = decode(page, n, config);
	if (r < 0) {
		(void) ses_config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}

struct ses_config *ses_config_free(struct ses_config *config)
{
	if (!config)
		return NULL;
	free(config->subenclosures);
	free(config->types);
	free(config);
	return NULL;
}

bool ses_config_element(const struct ses_config *config, unsigned global,
			struct ses_element_id *ret)
{
	unsigned low = 0, high = config->n_types;

	if (global >= config->n_elements)
		return false;
	/* The last type whose overall element is not behind it. */
	while (high - low > 1) {
		unsigned middle = low + (high - low) / 2;

		if (config->types[middle].overall <= global)
			low = middle;
		else
			high = middle;
	}
	ret->header = (uint16_t) low;
	ret->individual = (int16_t) ((int) global - config->types[low].overall - 1);
	return true;
}

bool ses_config_same_elements(const struct ses_config *a, const struct ses_config *b)
{
	if (a->n_types != b->n_types)
		return false;
	for (unsigned i = 0; i < a->n_types; i++) {
		const struct ses_type *p = &a->types[i], *q = &b->types[i];

		if (p->type != q->type || p->count != q->count ||
		    p->subenclosure != q->subenclosure)
			return false;
	}
	return true;
}

bool ses_type_is_slot(uint8_t type)
{
	return type == SES_DEVICE_SLOT || type == SES_ARRAY_SLOT;
}
