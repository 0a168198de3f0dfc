/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways in which "accepted" is not "lit" (peers.md C.5): a bay that the other IOM owns
 * shows "no access", or takes requests without doing anything; a way dies in the middle.
 * So: one way after the other, each item leaves the list when the page read back shows
 * it; what no way could show is taken back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "enclosure/change-private.h"

/* Taking back may go on a little longer than the callers wait: what was asked of a shelf
 * that is slow must not light up later. */
#define TAKE_BACK_SECONDS 4U

struct run {
	struct change *change;
	bool *mine;  /* by item: of the visit under way */
	bool *group; /* by item: of mine, those that one page is about */
};

static struct visit visit_to(struct run *run, unsigned w)
{
	return (struct visit){
		.change = run->change, .w = w, .way = &run->change->ways[w], .mine = run->mine
	};
}

/* ---- which items go which way ------------------------------------------------------- */

static bool wants(const struct change *c, unsigned i, unsigned w)
{
	const struct change_item *item = &c->items[i];

	return !item->settled && !item->moved && !(item->tried & way_bit(w)) &&
	       !(atomic_load(&item->abandoned) && !item->tried);
}

static bool anything_left(const struct change *c, unsigned w)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (wants(c, i, w) && c->items[i].element_of[w] >= 0)
			return true;
	return false;
}

/* Marks the items that this way shall carry; the page has been read. */
static unsigned choose(struct visit *v)
{
	struct change *c = v->change;
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		v->mine[i] = wants(c, i, v->w) && item_accessible(v->way, item, v->w);
		n += v->mine[i];
		if (v->mine[i] && !item->tried)
			item->before |= item_shown(v->way, item, v->w);
	}
	return n;
}

static void mark_moved(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (!c->items[i].settled)
			c->items[i].moved = true;
}

/* ---- what became of them ---------------------------------------------------------------- */

/* That a way broke says more than that another did not honour the request. */
static bool broke(int r)
{
	return r == -ETIMEDOUT || r == -ENODEV || r == -EHOSTDOWN || r == -EIO;
}

static void blame(struct change_item *item, int r, const char *way, const char *text)
{
	if (broke(item->outcome.result) && !broke(r))
		return;
	(void) outcome_set(&item->outcome, r, "%s: %s", way, text);
}

static void collect(struct visit *v, int r)
{
	struct change *c = v->change;
	char text[sizeof(v->session.text) + 40];

	if (r == -ESTALE)
		(void) snprintf(text, sizeof(text), "its configuration keeps changing");
	else if (r == -EOPNOTSUPP)
		(void) snprintf(text, sizeof(text), "the request was refused: %s", v->session.text);
	else if (r < 0)
		(void) snprintf(text, sizeof(text), "%s", v->session.text);
	else
		(void) snprintf(text, sizeof(text),
				"the request was accepted, but page 02h does not show it after "
				"%u ms",
				c->settle_ms);
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (!v->mine[i] || item->settled)
			continue;
		if (r < 0 || !item_honoured(v->way, item, v->w))
			blame(item, r < 0 ? r : -EOPNOTSUPP, v->way->name, text);
		else if (!item->every_way)
			item_settle(item, 0, "%s", "");
	}
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static bool alike(const struct change_item *a, const struct change_item *b)
{
	return a->type == b->type && a->set == b->set && a->clear == b->clear;
}

/* Of mine, the first that is not done with and all that ask for the same.  How many others? */
static unsigned next_group(const struct run *run, bool *todo)
{
	const struct change *c = run->change;
	const struct change_item *first = NULL;
	unsigned others = 0;

	for (unsigned i = 0; i < c->n_items; i++) {
		bool in = todo[i] && !c->items[i].settled;

		if (in && !first)
			first = &c->items[i];
		run->group[i] = in && alike(first, &c->items[i]);
		others += in && !run->group[i];
	}
	for (unsigned i = 0; i < c->n_items; i++)
		todo[i] = todo[i] && !run->group[i];
	return first ? others + 1 : 0;
}

/*
 * Writes what is mine.  A page that is refused for good may be refused for one request in it: then
 * each kind of request goes alone, so that nobody's fails for another's sake.
 */
static int write_all(struct run *run, struct visit *v)
{
	_cleanup_free_ bool *todo = calloc(run->change->n_items + 1U, sizeof(*todo));
	int r = visit_write(v);

	if (todo)
		memcpy(todo, run->mine, run->change->n_items * sizeof(*todo));
	if (r != -EOPNOTSUPP || !todo || next_group(run, todo) < 2) {
		if (r != -EREMOTE)
			collect(v, r);
		return r;
	}
	v->mine = run->group;
	do {
		r = visit_write(v);
		if (r == -EREMOTE)
			break;
		collect(v, r);
	} while (!v->session.broken && next_group(run, todo) > 0);
	v->mine = run->mine;
	return r;
}

/* The visit ended with r. */
static void note_failure(struct visit *v, int r)
{
	struct change *c = v->change;

	if (r == -EREMOTE)
		mark_moved(c);
	if (r >= 0 || r == -EREMOTE)
		return;
	if (v->session.broken)
		v->way->failure = r;
	(void) snprintf(v->way->text, sizeof(v->way->text), "%s", v->session.text);
}

static void visit_way(struct run *run, unsigned w)
{
	struct visit v = visit_to(run, w);
	struct change *c = run->change;
	int r;

	if (!way_works(v.way) || !anything_left(c, w))
		return;
	r = visit_open(&v);
	if (r == 0 && !(v.way->fresh && way_latest(v.way)))
		r = visit_read(&v);
	if (r == 0) {
		if (choose(&v) > 0)
			r = write_all(run, &v);
	} else if (r != -EREMOTE) {
		for (unsigned i = 0; i < c->n_items; i++)
			if (wants(c, i, w) && c->items[i].element_of[w] >= 0)
				blame(&c->items[i], r, v.way->name, v.session.text);
	}
	note_failure(&v, r);
	visit_close(&v);
}

/* ---- after the ways
 * ------------------------------------------------------------------------------ */

/* For an item that must reach every way: it shows through all that work and may access it. */
static bool reached_all(const struct change *c, const struct change_item *item)
{
	bool any = false;

	for (unsigned w = 0; w < c->n_ways; w++) {
		const struct change_way *way = &c->ways[w];

		if (!way_works(way) || !item_accessible(way, item, w))
			continue;
		if (!item_honoured(way, item, w))
			return false;
		any = true;
	}
	return any;
}

/* Only when all ways have been visited can it be said that an item reached all. */
static void settle_every_way(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (item->every_way && !item->settled && !item->moved && reached_all(c, item))
			item_settle(item, 0, "%s", "");
	}
}

/*
 * A request that was put out through one way may still show through another,
 * which has requests of its own: look, where the last page known showed it.
 */
static void clear_elsewhere(struct run *run, unsigned w)
{
	struct visit v = visit_to(run, w);
	struct change *c = run->change;
	unsigned n = 0;
	int r;

	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		v.mine[i] = way_works(v.way) && item->settled && item->outcome.result == 0 &&
			    !(item->tried & way_bit(w)) && item_accessible(v.way, item, w) &&
			    (item_shown(v.way, item, w) & item->clear);
		n += v.mine[i];
	}
	if (n == 0 || visit_open(&v) < 0)
		return;
	r = visit_read(&v);
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		/* What cannot be read now cannot be put out; it is that way's failure. */
		v.mine[i] =
			v.mine[i] && (r == -EREMOTE || (r == 0 && !item_honoured(v.way, item, w)));
		if (!v.mine[i])
			continue;
		if (r == 0)
			item->before |= item_shown(v.way, item, w);
		item->settled = false;
	}
	if (r == 0)
		r = write_all(run, &v);
	note_failure(&v, r);
	visit_close(&v);
}

/* What was accepted somewhere and does not show, or nobody waits for, must not light up later. */
static void take_back(struct run *run, unsigned w)
{
	struct visit v = visit_to(run, w);
	struct change *c = run->change;
	uint64_t least = clock_monotonic() + TAKE_BACK_SECONDS * USEC_PER_SEC;
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];
		bool unwanted =
			!item->settled || item->outcome.result < 0 || atomic_load(&item->abandoned);

		v.mine[i] = unwanted && !item->moved && item->tried & way_bit(w) && item->set;
		n += v.mine[i];
	}
	if (n == 0 || !way_works(v.way) || visit_open(&v) < 0)
		return;
	if (v.session.deadline < least)
		v.session.deadline = least;
	note_failure(&v, visit_take_back(&v));
	visit_close(&v);
}

/* ---- the end
 * ------------------------------------------------------------------------------------------ */

static bool all_gone(const struct change *c)
{
	unsigned ways = 0;

	for (unsigned w = 0; w < c->n_ways; w++) {
		if (c->ways[w].usable && c->ways[w].failure != -ENODEV)
			return false;
		ways += c->ways[w].usable;
	}
	return ways > 0;
}

/* Why nothing could be asked of it: no way may, or the page is too short, or none works. */
static void settle_unasked(struct change *c, struct change_item *item)
{
	unsigned answering = 0, reaching = 0;

	for (unsigned w = 0; w < c->n_ways; w++) {
		const struct change_way *way = &c->ways[w];

		answering += way_works(way) && way_latest(way);
		reaching += way_works(way) && item_reached(way, item, w);
	}
	if (reaching > 0)
		item_settle(item, -EHOSTDOWN,
			    "no controller that answers may access it (status code: no access)");
	else if (answering > 0)
		item_settle(item, -EOPNOTSUPP, "page 02h ends before this element");
	else
		item_settle(item, -EHOSTDOWN, "no controller of the enclosure can be used");
}

static void conclude(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (item->settled || item->moved)
			continue;
		if (atomic_load(&item->abandoned) && !item->tried)
			item_settle(item, -ETIMEDOUT,
				    "the call ran out of time before its turn came");
		else if (all_gone(c))
			item_settle(item, -ENODEV, "the enclosure is gone");
		else if (item->outcome.result == 0)
			settle_unasked(c, item);
		else if (item->outcome.result == -ENODEV)
			item->outcome.result = -EHOSTDOWN; /* one way is, not the enclosure */
		item->settled = true;
	}
}

void change_run(struct change *change)
{
	struct run run = { .change = change };

	run.mine = calloc(2U * change->n_items + 1U, sizeof(*run.mine));
	if (!run.mine) {
		for (unsigned i = 0; i < change->n_items; i++)
			item_settle(&change->items[i], -ENOMEM, "out of memory");
		return;
	}
	run.group = run.mine + change->n_items;
	for (unsigned k = 0; k < change->n_ways; k++)
		visit_way(&run, change->order[k]);
	settle_every_way(change);
	for (unsigned k = 0; k < change->n_ways; k++)
		clear_elsewhere(&run, change->order[k]);
	for (unsigned k = 0; k < change->n_ways; k++)
		take_back(&run, change->order[k]);
	conclude(change);
	free(run.mine);
}

void change_clear(struct change *change)
{
	for (unsigned w = 0; w < change->n_ways; w++) {
		struct change_way *way = &change->ways[w];

		snapshot_unref(way->snapshot);
		snapshot_unref(way->new_snapshot);
		ses_status_free(way->page);
		ses_status_free(way->new_page);
	}
	free(change->items);
	change->items = NULL;
	change->n_items = 0;
}
