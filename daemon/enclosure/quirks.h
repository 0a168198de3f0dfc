/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a model of enclosure departs from the standard (peers.md C, ses.md 7), read from
 * quirks.d/NAME.conf, never tables in the code.  Pure after loading; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ses/additional.h"

#define QUIRK_OWNERS_MAX 8U
#define QUIRK_IGNORES_MAX 16U

struct quirk {
	enum ses_index_rule index_rule; /* SES_INDEX_AUTO = by the rules */
	int slot_offset;		/* added to reported numbers */
	bool slot_reverse;		/* positions run from the last slot element to the first */
	unsigned settle_ms;		/* 0 = the setting */
	char label_prefix[64]; /* label is this and the reported number (or index); "" = page 07h */
	bool separate;	       /* never merge with another chassis of the same logical id */
	bool label_before_comma; /* "SLOT 039,SERIAL" */
	unsigned n_owners;
	struct {
		uint8_t process;      /* relative enclosure services process id */
		unsigned first, last; /* slot positions */
	} owners[QUIRK_OWNERS_MAX];
	unsigned n_ignores;
	struct {
		uint8_t type;
		int index;	      /* -1 = all of the type */
	} ignores[QUIRK_IGNORES_MAX]; /* sensors that do not count for health */
	char name[64];		      /* for the log; "" = none matched */
};

struct quirks;

/*
 * Reads *.conf of the directories in order; a file in a later one overrides one of the same name.
 * NULL-terminated.  Bad files are reported with line and reason through log and ignored.  0 or
 * -ENOMEM.
 */
int quirks_load(const char *const *directories, struct quirks **ret);
struct quirks *quirks_free(struct quirks *quirks);

/* All entries that match, merged in order, into *ret (reset first).  quirks may be NULL. */
void quirks_match(const struct quirks *quirks, const char *vendor, const char *product,
		  const char *revision, struct quirk *ret);
