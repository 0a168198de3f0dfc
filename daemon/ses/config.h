/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 01h, configuration (ses.md 2.2): the list of subenclosures and of
 * types, from which follows the order of the elements in all other pages, and
 * so the map by which those are read.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SES_SUBENCLOSURES_MAX 64U /* the field allows 256; none seen has more than 16 */
#define SES_TYPES_MAX 1024U
#define SES_ELEMENTS_MAX 16384U /* overall ones counted: page 02h has room for 16,381 */

struct ses_subenclosure {
	uint8_t id;	     /* 0 = primary */
	uint8_t process;     /* relative enclosure services process identifier, from 1 */
	uint8_t n_processes; /* of the enclosure */
	uint64_t logical_id; /* opaque: not always a NAA */
	char vendor[9 * 3];  /* cleaned, see text_clean() */
	char product[17 * 3];
	char revision[5 * 3];
};

struct ses_type {
	uint8_t type; /* enum ses_element_type, or anything */
	uint8_t subenclosure;
	uint8_t count;	    /* individual elements; may be 0 */
	uint16_t overall;   /* global index (overall elements counted) of the overall element */
	uint16_t first_sub; /* index among all individual elements of the first one (ses.md 5.1, E)
			     */
	char text[256];	    /* cleaned */
};

struct ses_config {
	uint32_t generation;
	unsigned n_subenclosures;
	struct ses_subenclosure *subenclosures;
	unsigned n_types;
	struct ses_type *types;
	unsigned n_elements; /* overall elements counted */
	unsigned n_individual;
};

/* Which element a global index is. */
struct ses_element_id {
	uint16_t header;    /* index into types */
	int16_t individual; /* -1 = the overall element */
};

/*
 * 0, -EAGAIN, -EOPNOTSUPP, -EBADMSG (see ses_page_open(); a page 01h that ends
 * inside its descriptors or headers is -EBADMSG, one that ends inside the
 * texts is not), -E2BIG over a limit, -ENOMEM.  *ret is the caller's to free.
 */
int ses_config_decode(const uint8_t *page, size_t n, struct ses_config **ret);
struct ses_config *ses_config_free(struct ses_config *config);

/* global < n_elements, else false. */
bool ses_config_element(const struct ses_config *config, unsigned global,
			struct ses_element_id *ret);

/* Same elements in the same order: what a generation code ought to say, and in
 * enclosures that always report 0 does not (ses.md 2.12).  Texts and the
 * process identifier do not count. */
bool ses_config_same_elements(const struct ses_config *a, const struct ses_config *b);

/* 01h or 17h */
bool ses_type_is_slot(uint8_t type);
