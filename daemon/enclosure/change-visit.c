/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ses.md 4.1 through one way: page 02h, a control page built from it, page 02h again.
 *
 * How an enclosure says that our page does not fit is not known for sure (ses.md 2.12): by
 * 26/xx, by 1A/00, or by INVOP in the next page 02h.  All of them mean either that the
 * configuration has changed, which a new snapshot shows, or that it does not do
 * what it was asked, which is so when it says it of the same configuration twice.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "enclosure/change-private.h"
#include "ses/control.h"

#define READ_BACK_PAUSE_FIRST_MS 20U
#define READ_BACK_PAUSE_LAST_MS 100U
#define RELOAD_PAUSE_MS 20U
#define REFUSALS_MAX 2U /* of one configuration */

/* ---- what a page says of an item ------------------------------------------------ */

const struct ses_status *way_latest(const struct change_way *way)
{
	return way->new_page ? way->new_page : way->page;
}

bool way_works(const struct change_way *way)
{
	return way->usable && !way->failure && !way->other_elements;
}

static const struct snapshot *layout(const struct change_way *way)
{
	return way->new_snapshot ? way->new_snapshot : way->snapshot;
}

static const uint8_t *element_bytes(const struct change_way *way, const struct change_item *item,
				    unsigned w)
{
	const struct ses_status *page = way_latest(way);
	int global = item->element_of[w];

	if (!page || global < 0 || (unsigned) global >= page->known)
		return NULL;
	return page->elements[global];
}

bool item_reached(const struct change_way *way, const struct change_item *item, unsigned w)
{
	return element_bytes(way, item, w) != NULL;
}

uint32_t item_shown(const struct change_way *way, const struct change_item *item, unsigned w)
{
	const uint8_t *status = element_bytes(way, item, w);

	return status ? ses_indicators_shown(item->type, status) : 0;
}

bool item_accessible(const struct change_way *way, const struct change_item *item, unsigned w)
{
	const uint8_t *status = element_bytes(way, item, w);

	return item->owners & way_bit(w) && status &&
	       ses_element_code(status) != SES_CODE_NO_ACCESS;
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

bool item_honoured(const struct change_way *way, const struct change_item *item, unsigned w)
{
	uint32_t now = item_shown(way, item, w), clear = item->clear;

	if (ambiguous(item))
		clear &= ~INDICATOR_BIT(INDICATOR_FAULT);
	return item_reached(way, item, w) && (now & item->set) == item->set && (now & clear) == 0;
}

void item_settle(struct change_item *item, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(item->outcome.text, sizeof(item->outcome.text), format, ap);
	va_end(ap);
	item->outcome.result = r;
	item->settled = true;
}

/* ---- reading ------------------------------------------------------------------------ */

int visit_open(struct visit *v)
{
	struct change *c = v->change;
	int r;

	r = session_open(&v->session, c->transport, v->way->node, c->timeout_s, c->deadline);
	if (r < 0) {
		v->way->failure = r;
		(void) snprintf(v->way->text, sizeof(v->way->text), "%s", v->session.text);
		return r;
	}
	v->open = true;
	return 0;
}

void visit_close(struct visit *v)
{
	if (!v->open)
		return;
	v->way->reset_seen = v->way->reset_seen || v->session.reset_seen;
	v->way->changed_seen = v->way->changed_seen || v->session.changed_seen;
	session_close(&v->session);
	v->open = false;
}

static void keep_page(struct visit *v, struct ses_status *page)
{
	ses_status_free(v->way->new_page);
	v->way->new_page = page;
}

static int reload(struct visit *v)
{
	struct snapshot *snapshot = NULL;
	struct ses_status *page = NULL;
	bool same;
	int r;

	r = snapshot_read(&v->session, v->change->quirks, &snapshot, &page);
	if (r < 0)
		return r;
	/* The same elements under a new generation may stand for other bays: pages 07h and 0Ah
	 * tell, and they are the loop's to compare. */
	same = snapshot->config->generation == layout(v->way)->config->generation &&
	       ses_config_same_elements(snapshot->config, layout(v->way)->config);
	snapshot_unref(v->way->new_snapshot);
	v->way->new_snapshot = snapshot;
	keep_page(v, page);
	v->way->other_elements = v->way->other_elements || !same;
	return same ? 0 : -EREMOTE;
}

int visit_read(struct visit *v)
{
	struct ses_status *page = NULL;
	int r;

	r = snapshot_read_status(&v->session, layout(v->way), &page);
	if (r == -ESTALE || r == -EBADMSG)
		return reload(v);
	if (r == 0)
		keep_page(v, page);
	return r;
}

/* ---- writing ----------------------------------------------------------------------------- */

/* Selects what must change; an item that cannot be selected is settled with the reason. */
static int build(struct visit *v, struct ses_control *control)
{
	const struct ses_status *page = way_latest(v->way);
	int r;

	r = ses_control_begin(page, control);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < v->change->n_items; i++) {
		struct change_item *item = &v->change->items[i];
		bool again = item->tried & way_bit(v->w);

		if (!v->mine[i] || item->settled)
			continue;
		if (item_honoured(v->way, item, v->w) && !again && !ambiguous(item))
			continue;
		r = ses_control_select(control, layout(v->way)->config, page,
				       (unsigned) item->element_of[v->w], item->wished, item->set,
				       item->clear);
		if (r == -EHOSTDOWN) {
			item_settle(item, r,
				    "the power supply or fan is not working (its status is neither "
				    "ok nor noncritical): addressing it might switch it off");
		} else if (r == -ERANGE) {
			item_settle(item, -EOPNOTSUPP, "page 02h of %s ends before this element",
				    v->way->name);
		} else if (r < 0) {
			item_settle(item, -EOPNOTSUPP,
				    "this type of element has no such indicator");
		} else if (!again) {
			item->tried |= way_bit(v->w);
			item->original[v->w] = item_shown(v->way, item, v->w);
		}
	}
	return 0;
}

static bool all_honoured(const struct visit *v)
{
	for (unsigned i = 0; i < v->change->n_items; i++)
		if (v->mine[i] && !v->change->items[i].settled &&
		    !item_honoured(v->way, &v->change->items[i], v->w))
			return false;
	return true;
}

/*
 * Until everything shows or the time to settle has passed.  INVOP that was not there
 * before is about our page; one that was may be about anybody's.
 */
static int read_back(struct visit *v, bool invop_before)
{
	uint64_t until = clock_monotonic() + v->change->settle_ms * USEC_PER_MSEC;
	unsigned pause = READ_BACK_PAUSE_FIRST_MS;
	int r;

	for (;;) {
		r = visit_read(v);
		if (r < 0 || all_honoured(v))
			return r;
		if (way_latest(v->way)->flags & SES_STATUS_INVOP && !invop_before) {
			(void) snprintf(v->session.text, sizeof(v->session.text),
					"it calls the page an invalid operation (INVOP)");
			return -EREMOTEIO;
		}
		if (clock_monotonic() >= until || !session_pause(&v->session, pause))
			return 0;
		pause = pause * 2 > READ_BACK_PAUSE_LAST_MS ? READ_BACK_PAUSE_LAST_MS : pause * 2;
	}
}

/* Nothing was taken, so there is nothing to take back. */
static void not_tried(struct visit *v)
{
	for (unsigned i = 0; i < v->change->n_items; i++)
		if (v->mine[i])
			v->change->items[i].tried &= ~way_bit(v->w);
}

static int write_once(struct visit *v)
{
	bool invop = way_latest(v->way)->flags & SES_STATUS_INVOP;
	struct ses_control control;
	int r;

	r = build(v, &control);
	if (r < 0)
		return r;
	if (control.n_selected > 0) {
		r = session_send(&v->session, control.page, control.length);
		if (r == -ESTALE || r == -EOPNOTSUPP)
			not_tried(v);
		if (r == -ESTALE)
			r = -EREMOTEIO;
		else if (r == 0)
			r = read_back(v, invop);
	}
	ses_control_end(&control);
	return r;
}

int visit_write(struct visit *v)
{
	unsigned refusals = 0;
	char why[sizeof(v->session.text)];
	int r;

	for (unsigned tries = 0; tries < CHANGE_TRIES_MAX; tries++) {
		uint32_t generation = layout(v->way)->config->generation;

		r = write_once(v);
		if (r != -EREMOTEIO)
			return r;
		(void) snprintf(why, sizeof(why), "%s", v->session.text);
		if (!session_pause(&v->session, RELOAD_PAUSE_MS << tries))
			break;
		r = reload(v);
		if (r < 0)
			return r;
		refusals += layout(v->way)->config->generation == generation;
		if (refusals == REFUSALS_MAX) {
			(void) snprintf(v->session.text, sizeof(v->session.text), "%s", why);
			return -EOPNOTSUPP;
		}
	}
	return -ESTALE;
}

static int take_back_once(struct visit *v)
{
	struct ses_control control;
	int r;

	r = ses_control_begin(way_latest(v->way), &control);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < v->change->n_items; i++) {
		const struct change_item *item = &v->change->items[i];
		uint32_t changed = item->set | item->clear;

		if (v->mine[i])
			(void) ses_control_select(
				&control, layout(v->way)->config, way_latest(v->way),
				(unsigned) item->element_of[v->w], item->wished,
				item->original[v->w] & changed, ~item->original[v->w] & changed);
	}
	r = control.n_selected ? session_send(&v->session, control.page, control.length) : 0;
	ses_control_end(&control);
	return r;
}

int visit_take_back(struct visit *v)
{
	int r = -ESTALE;

	/* Each reading may bring the generation that the refusal was about. */
	for (unsigned tries = 0; tries < CHANGE_TRIES_MAX && r == -ESTALE; tries++) {
		r = visit_read(v);
		if (r == 0)
			r = take_back_once(v);
	}
	return r == 0 ? visit_read(v) : r;
}
