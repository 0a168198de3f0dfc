/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One visit to one way, for change.c: read, write, read back.  Worker threads only.
 *
 * Results are errnos as in session.h, and two more that stay in here:
 *   -EREMOTE     the elements are other ones than those the items were numbered by
 *   -EREMOTEIO   the page was refused as not fitting
 */
#pragma once

#include "enclosure/change.h"

struct visit {
	struct change *change;
	unsigned w;
	struct change_way *way;
	struct session session;
	bool open;
	bool *mine; /* item i is written through this way now */
};

static inline uint32_t way_bit(unsigned w)
{
	return UINT32_C(1) << w;
}

/* The last page 02h read through the way, may be NULL. */
const struct ses_status *way_latest(const struct change_way *way);
/* Still to be used in this change. */
bool way_works(const struct change_way *way);

/* What that page says of an item, through way w.  False and 0 where the page does not reach it. */
bool item_reached(const struct change_way *way, const struct change_item *item, unsigned w);
uint32_t item_shown(const struct change_way *way, const struct change_item *item, unsigned w);
bool item_honoured(const struct change_way *way, const struct change_item *item, unsigned w);
/* It may be asked for through that way. */
bool item_accessible(const struct change_way *way, const struct change_item *item, unsigned w);

void item_settle(struct change_item *item, int r, const char *format, ...) _printf_(3, 4);

/* 0 or -errno, and then the way has failed. */
int visit_open(struct visit *v);
void visit_close(struct visit *v);

/* Page 02h now. */
int visit_read(struct visit *v);

/*
 * Writes what is mine and does not show, and reads back until it does or the time to settle
 * has passed: whether it does is the caller's to see.  Settles what cannot be asked for.
 * -EOPNOTSUPP: refused for good; -ESTALE: the configuration keeps changing.
 */
int visit_write(struct visit *v);

/* Puts back what was shown before, of the items that are mine. */
int visit_take_back(struct visit *v);
