/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ses.md 4.1, and the ways in which "accepted" is not "lit" (peers.md C.5):
 * a bay that the other IOM owns shows "no access" and takes requests without
 * doing anything; a generation code changes between reading and writing; a
 * bit shows later, or never.  So: one way after the other, each item leaves the list
 * when the page read back shows it; what no way could show is taken back.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "enclosure/change.h"
#include "ses/control.h"

#define READ_BACK_PAUSE_FIRST_MS 20U
#define READ_BACK_PAUSE_LAST_MS 100U
#define RELOAD_PAUSE_MS 20U

static uint32_t bit(unsigned i)
{
	return UINT32_C(1) << i;
}

/* ---- one way ---------------------------------------------------------------- */

/* One visit to one way.  only: the items it is about, by mark. */
struct visit {
	struct change *change;
	unsigned w;
	struct change_way *way;
	struct session session;
	bool open;
	struct ses_status *page; /* owned by way->page or way->new_page */
	bool *mine;		 /* item i is written through this way now */
};

static const struct ses_status *latest(const struct change_way *way)
{
	return way->new_page ? way->new_page : way->page;
}

static const struct snapshot *layout(const struct change_way *way)
{
	return way->new_snapshot ? way->new_snapshot : way->snapshot;
}

static void way_failed(struct visit *v, int r)
{
	v->way->failure = r;
	(void) snprintf(v->way->text, sizeof(v->way->text), "%s", v->session.text);
}

static int visit_open(struct visit *v)
{
	struct change *c = v->change;
	int r;

	r = session_open(&v->session, c->transport, v->way->node, c->timeout_s, c->deadline);
	if (r < 0) {
		way_failed(v, r);
		return r;
	}
	v->open = true;
	return 0;
}

static void visit_close(struct visit *v)
{
	if (v->open) {
		v->way->reset_seen = v->way->reset_seen || v->session.reset_seen;
		session_close(&v->session);
	}
	v->open = false;
}

/*
 * Page 02h now.  -EREMOTE: the elements are other ones than those that the
 * items were numbered by, a new snapshot is in the way.
 */
static int visit_read(struct visit *v)
{
	struct snapshot *snapshot = NULL;
	struct ses_status *page = NULL;
	bool same;
	int r;

	r = snapshot_read_status(&v->session, layout(v->way), &page);
	if (r == -ESTALE || r == -EBADMSG) {
		r = snapshot_read(&v->session, v->change->quirks, &snapshot, &page);
		if (r < 0)
			return r;
		same = ses_config_same_elements(snapshot->config, layout(v->way)->config);
		snapshot_unref(v->way->new_snapshot);
		v->way->new_snapshot = snapshot;
		r = same ? 0 : -EREMOTE;
	}
	if (page) {
		ses_status_free(v->way->new_page);
		v->way->new_page = page;
	}
	return r;
}

/* ---- what the page shows of an item ------------------------------------------ */

static bool element_bytes(const struct change_way *way, const struct change_item *item, unsigned w,
			  const uint8_t **ret)
{
	const struct ses_status *page = latest(way);
	int global = item->element_of[w];

	if (!page || global < 0 || (unsigned) global >= page->known)
		return false;
	*ret = page->elements[global];
	return true;
}

static uint32_t shown(const struct change_way *way, const struct change_item *item, unsigned w)
{
	const uint8_t *status;

	return element_bytes(way, item, w, &status) ? ses_indicators_shown(item->type, status) : 0;
}

/*
 * Power supplies, fans, sensors: one FAIL bit for what was found and for what was
 * asked (ses.md 4.2), so the page cannot say whether our request stands.
 */
static bool ambiguous(const struct change_item *item)
{
	return (item->set | item->clear) & INDICATOR_BIT(INDICATOR_FAULT) &&
	       !ses_type_is_slot(item->type) && item->type != SES_ENCLOSURE;
}

static bool honoured(const struct change_way *way, const struct change_item *item, unsigned w)
{
	uint32_t now = shown(way, item, w), clear = item->clear;

	if (ambiguous(item))
		clear &= ~INDICATOR_BIT(INDICATOR_FAULT);
	return (now & item->set) == item->set && (now & clear) == 0;
}

static bool may_access(const struct change_way *way, const struct change_item *item, unsigned w)
{
	const uint8_t *status;

	return item->owners & bit(w) && element_bytes(way, item, w, &status) &&
	       ses_element_code(status) != SES_CODE_NO_ACCESS;
}

static void settle(struct change_item *item, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void settle(struct change_item *item, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(item->outcome.text, sizeof(item->outcome.text), format, ap);
	va_end(ap);
	item->outcome.result = r;
	item->settled = true;
}

/* ---- writing ------------------------------------------------------------------- */

/* Selects what must change; an item that cannot be selected is settled with the reason. */
static int build(struct visit *v, struct ses_control *control)
{
	const struct ses_status *page = latest(v->way);
	int r;

	r = ses_control_begin(page, control);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < v->change->n_items; i++) {
		struct change_item *item = &v->change->items[i];

		if (!v->mine[i] || item->settled)
			continue;
		if (honoured(v->way, item, v->w) && !(item->tried & bit(v->w)) && !ambiguous(item))
			continue;
		r = ses_control_select(control, layout(v->way)->config, page,
				       (unsigned) item->element_of[v->w], item->wished, item->set,
				       item->clear);
		if (r == -EHOSTDOWN)
			settle(item, r,
			       "the power supply or fan is not working (its status is neither ok "
			       "nor noncritical): "
			       "addressing it might switch it off");
		else if (r < 0)
			settle(item, -EOPNOTSUPP, "this type of element has no such indicator");
		else if (!(item->tried & bit(v->w))) {
			item->tried |= bit(v->w);
			item->original[v->w] = shown(v->way, item, v->w);
		}
	}
	return 0;
}

static bool all_honoured(const struct visit *v)
{
	for (unsigned i = 0; i < v->change->n_items; i++)
		if (v->mine[i] && !v->change->items[i].settled &&
		    !honoured(v->way, &v->change->items[i], v->w))
			return false;
	return true;
}

/* Reads back until everything shows or the time to settle has passed. */
static int read_back(struct visit *v)
{
	uint64_t until = clock_monotonic() + v->change->settle_ms * USEC_PER_MSEC;
	unsigned pause = READ_BACK_PAUSE_FIRST_MS;
	int r;

	for (;;) {
		r = visit_read(v);
		if (r < 0)
			return r;
		if (all_honoured(v) || clock_monotonic() >= until ||
		    !session_pause(&v->session, pause))
			return 0;
		pause = pause * 2 > READ_BACK_PAUSE_LAST_MS ? READ_BACK_PAUSE_LAST_MS : pause * 2;
	}
}

/* 0: written (or nothing to write); -EOPNOTSUPP: refused for good; -ESTALE: try again anew. */
static int write_once(struct visit *v)
{
	struct ses_control control;
	int r;

	r = build(v, &control);
	if (r < 0)
		return r;
	if (control.n_selected > 0) {
		r = session_send(&v->session, control.page, control.length);
		/* 26/xx may also mean a bit that this enclosure does not know; reading again tells.
		 */
		if (r == 0)
			r = read_back(v);
		if (r == 0 && latest(v->way)->flags & SES_STATUS_INVOP && !all_honoured(v))
			r = -ESTALE;
	}
	ses_control_end(&control);
	return r;
}

static int write_way(struct visit *v)
{
	int r = 0;

	for (unsigned tries = 0; tries < CHANGE_TRIES_MAX; tries++) {
		if (tries > 0) {
			r = visit_read(v);
			if (r < 0)
				return r;
		}
		r = write_once(v);
		if (r != -ESTALE || !session_pause(&v->session, RELOAD_PAUSE_MS << tries))
			return r;
	}
	return r;
}

/* ---- which items go which way ---------------------------------------------------- */

static bool wants(const struct change *c, unsigned i, unsigned w)
{
	const struct change_item *item = &c->items[i];

	return !item->settled && !item->moved && !(item->tried & bit(w)) &&
	       !(atomic_load(&item->abandoned) && !item->tried);
}

/* Marks the items that this way shall carry; the page has been read. */
static unsigned choose(struct visit *v)
{
	struct change *c = v->change;
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_items; i++) {
		v->mine[i] = wants(c, i, v->w) && may_access(v->way, &c->items[i], v->w);
		n += v->mine[i];
	}
	return n;
}

static void note_before(struct visit *v)
{
	struct change *c = v->change;

	for (unsigned i = 0; i < c->n_items; i++)
		if (v->mine[i] && !c->items[i].tried)
			c->items[i].before |= shown(v->way, &c->items[i], v->w);
}

static void mark_moved(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (!c->items[i].settled)
			c->items[i].moved = true;
}

/* For an item that must reach every way: it shows through all that work and may access it. */
static bool reached_all(const struct change *c, const struct change_item *item)
{
	bool any = false;

	for (unsigned w = 0; w < c->n_ways; w++) {
		const struct change_way *way = &c->ways[w];

		if (!way->usable || way->failure || !may_access(way, item, w))
			continue;
		if (!honoured(way, item, w))
			return false;
		any = true;
	}
	return any;
}

static void collect(struct visit *v, int r)
{
	struct change *c = v->change;

	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (!v->mine[i] || item->settled)
			continue;
		if (r == 0 && honoured(v->way, item, v->w)) {
			if (!item->every_way)
				settle(item, 0, "%s", "");
		} else if (r == -EOPNOTSUPP) {
			(void) snprintf(item->outcome.text, sizeof(item->outcome.text),
					"%s refused the request: %s", v->way->name,
					v->session.text);
			item->outcome.result = r;
		} else if (r < 0) {
			(void) snprintf(item->outcome.text, sizeof(item->outcome.text), "%s: %s",
					v->way->name,
					r == -ESTALE ? "its configuration keeps changing"
						     : v->session.text);
			item->outcome.result = r;
		} else {
			(void) snprintf(item->outcome.text, sizeof(item->outcome.text),
					"%s accepted the request, but page 02h does not show it "
					"after %u ms",
					v->way->name, c->settle_ms);
			item->outcome.result = -EOPNOTSUPP;
		}
	}
}

static bool anything_left(const struct change *c, unsigned w)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (wants(c, i, w) && c->items[i].element_of[w] >= 0)
			return true;
	return false;
}

static void visit_way(struct change *c, unsigned w, bool *mine)
{
	struct visit v = { .change = c, .w = w, .way = &c->ways[w], .mine = mine };
	int r;

	if (!v.way->usable || v.way->failure || !anything_left(c, w))
		return;
	if (visit_open(&v) < 0)
		return;
	r = v.way->fresh || v.way->new_page ? 0 : visit_read(&v);
	if (r == 0 && choose(&v) > 0) {
		note_before(&v);
		r = write_way(&v);
		if (r != -EREMOTE)
			collect(&v, r);
	}
	if (r == -EREMOTE)
		mark_moved(c);
	else if (r < 0 && v.session.broken)
		way_failed(&v, r);
	else if (r < 0)
		(void) snprintf(v.way->text, sizeof(v.way->text), "%s", v.session.text);
	if (r < 0 && r != -EREMOTE && v.way->text[0] != '\0')
		for (unsigned i = 0; i < c->n_items; i++)
			if (!c->items[i].settled && c->items[i].outcome.result == 0)
				(void) outcome_set(&c->items[i].outcome, r, "%s: %s", v.way->name,
						   v.way->text);
	visit_close(&v);
}

/* ---- after the ways ----------------------------------------------------------------- */

/*
 * A request that was put out through one way may still show through another,
 * which has requests of its own: look, where the last page known showed it.
 */
static void clear_elsewhere(struct change *c, unsigned w, bool *mine)
{
	struct visit v = { .change = c, .w = w, .way = &c->ways[w], .mine = mine };
	bool look = false;

	if (!v.way->usable || v.way->failure)
		return;
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		mine[i] = item->settled && item->outcome.result == 0 && item->clear != 0 &&
			  !(item->tried & bit(w)) && item->tried != 0 &&
			  may_access(v.way, item, w) && shown(v.way, item, w) & item->clear;
		look = look || mine[i];
	}
	if (!look || visit_open(&v) < 0)
		return;
	if (visit_read(&v) == 0) {
		look = false;
		for (unsigned i = 0; i < c->n_items; i++) {
			mine[i] = mine[i] && !honoured(v.way, &c->items[i], w);
			c->items[i].settled = c->items[i].settled && !mine[i];
			look = look || mine[i];
		}
		if (look)
			collect(&v, write_way(&v));
	}
	visit_close(&v);
}

/* What was accepted somewhere and does not show must not light up later. */
static void take_back(struct change *c, unsigned w, bool *mine)
{
	struct visit v = { .change = c, .w = w, .way = &c->ways[w], .mine = mine };
	struct ses_control control;
	bool any = false;

	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		mine[i] = !item->settled && !item->moved && item->tried & bit(w) && item->set;
		any = any || mine[i];
	}
	if (!any || v.way->failure || !latest(v.way) || visit_open(&v) < 0)
		return;
	if (visit_read(&v) == 0 && ses_control_begin(latest(v.way), &control) == 0) {
		for (unsigned i = 0; i < c->n_items; i++) {
			struct change_item *item = &c->items[i];
			uint32_t changed = item->set | item->clear;

			if (mine[i])
				(void) ses_control_select(
					&control, layout(v.way)->config, latest(v.way),
					(unsigned) item->element_of[w], item->wished,
					item->original[w] & changed, ~item->original[w] & changed);
		}
		if (control.n_selected > 0 &&
		    session_send(&v.session, control.page, control.length) == 0)
			(void) visit_read(&v);
		ses_control_end(&control);
	}
	visit_close(&v);
}

static bool no_access_anywhere(const struct change *c, const struct change_item *item)
{
	bool seen = false;

	for (unsigned w = 0; w < c->n_ways; w++) {
		const struct change_way *way = &c->ways[w];

		if (!way->usable || way->failure || !latest(way) || item->element_of[w] < 0)
			continue;
		if (may_access(way, item, w))
			return false;
		seen = true;
	}
	return seen;
}

/* Only when all ways have been visited can it be said that an item reached all. */
static void settle_every_way(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (item->every_way && !item->settled && !item->moved &&
		    item->outcome.result == 0 && reached_all(c, item))
			settle(item, 0, "%s", "");
	}
}

static void conclude(struct change *c)
{
	for (unsigned i = 0; i < c->n_items; i++) {
		struct change_item *item = &c->items[i];

		if (item->settled || item->moved)
			continue;
		if (atomic_load(&item->abandoned) && !item->tried)
			settle(item, -ETIMEDOUT, "the call ran out of time before its turn came");
		else if (item->outcome.result < 0)
			item->settled = true;
		else if (no_access_anywhere(c, item))
			settle(item, -EHOSTDOWN,
			       "no controller that answers may access it (status code: no access)");
		else
			settle(item, -EHOSTDOWN, "no controller of the enclosure can be used");
	}
}

void change_run(struct change *change)
{
	_cleanup_free_ bool *mine = calloc(change->n_items + 1U, sizeof(*mine));

	if (!mine) {
		for (unsigned i = 0; i < change->n_items; i++)
			settle(&change->items[i], -ENOMEM, "out of memory");
		return;
	}
	for (unsigned k = 0; k < change->n_ways; k++)
		visit_way(change, change->order[k], mine);
	settle_every_way(change);
	for (unsigned k = 0; k < change->n_ways; k++)
		clear_elsewhere(change, change->order[k], mine);
	for (unsigned k = 0; k < change->n_ways; k++)
		take_back(change, change->order[k], mine);
	conclude(change);
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
