/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Orders that make things go wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/orders.h"
#include "sim/page.h"
#include "sim/rules.h"

#define MS_MAX 3600000U

static bool has_word(const struct order *o, const char *word)
{
	for (int i = 1; i < o->n; i++)
		if (!strcmp(o->words[i], word))
			return true;
	return false;
}

static bool match(struct order *o, struct sim_rule *rule)
{
	const char *s;
	unsigned n;

	if (o->n > 1 && !strchr(o->words[1], '=')) {
		char *end;

		rule->left = (int) strtol(o->words[1], &end, 10);
		if (end == o->words[1] || *end)
			return order_wrong(o, "%s: how many", o->words[1]);
	}
	s = order_value(o, "op");
	if (s && !strcmp(s, "any"))
		rule->op = -1;
	else if (s && !order_number(o, s, 16, 255, &n))
		return false;
	else if (s)
		rule->op = (int) n;
	s = order_value(o, "page");
	if (s) {
		if (!order_number(o, s, 16, 255, &n))
			return false;
		rule->page = (int) n;
	}
	s = order_value(o, "lu");
	if (s && strcmp(s, "*") != 0 && !order_lu(o, s))
		return false;
	if (s)
		(void) snprintf(rule->lu, sizeof(rule->lu), "%s", s);
	return true;
}

static bool run_fail(struct order *o)
{
	struct sim_rule rule = {
		.left = 1, .op = 0x1c, .page = -1, .status = 0x02, .key = 5, .asc = 0x24
	};
	const char *sense = order_value(o, "sense"), *status = order_value(o, "status");
	unsigned key, asc, ascq = 0, n;

	if (has_word(o, "transport") || has_word(o, "lost")) {
		rule.kind = has_word(o, "lost") ? SIM_RULE_LOST : SIM_RULE_TRANSPORT;
		rule.op = -1;
	}
	if (!match(o, &rule))
		return false;
	if (status) {
		if (!order_number(o, status, 16, 255, &n))
			return false;
		rule.status = (uint8_t) n;
	}
	if (sense) {
		if (sscanf(sense, "%2x/%2x/%2x", &key, &asc, &ascq) < 2)
			return order_wrong(o, "sense=KEY/ASC[/ASCQ]");
		rule.key = (uint8_t) key;
		rule.asc = (uint8_t) asc;
		rule.ascq = (uint8_t) ascq;
	}
	sim_rule_add(o->rack, &rule);
	return true;
}

static bool run_hang(struct order *o)
{
	struct sim_rule rule = { .kind = SIM_RULE_HANG, .left = -1, .op = -1, .page = -1 };

	if (!match(o, &rule))
		return false;
	sim_rule_add(o->rack, &rule);
	return true;
}

static bool run_busy(struct order *o)
{
	struct sim_rule rule = { .kind = SIM_RULE_BUSY, .left = 1, .op = 0x1c, .page = -1 };

	if (!match(o, &rule))
		return false;
	sim_rule_add(o->rack, &rule);
	return true;
}

static bool run_ok(struct order *o)
{
	sim_rules_forget(o->rack, SIM_RULE_FAIL);
	sim_rules_forget(o->rack, SIM_RULE_BUSY);
	sim_rules_forget(o->rack, SIM_RULE_TRANSPORT);
	sim_rules_forget(o->rack, SIM_RULE_LOST);
	return true;
}

static bool run_unhang(struct order *o)
{
	struct sim_lu *lu;

	sim_rules_forget(o->rack, SIM_RULE_HANG);
	o->rack->let_go++;
	LIST_FOREACH (lu, &o->rack->lus, link)
		(void) pthread_cond_broadcast(&lu->turn);
	return true;
}

static bool run_delay(struct order *o)
{
	const char *name = order_value(o, "lu");
	bool all = name && !strcmp(name, "*");
	struct sim_lu *lu, *one = NULL;
	unsigned ms;

	if (!order_number(o, o->words[1], 10, MS_MAX, &ms))
		return false;
	if (name && !all && !(one = order_lu(o, name)))
		return false;
	LIST_FOREACH (lu, &o->rack->lus, link)
		if (one ? lu == one : all || !lu->bay)
			lu->delay_ms = ms;
	return true;
}

static bool run_spin(struct order *o)
{
	return order_number(o, o->words[1], 10, MS_MAX, &o->rack->spin_ms);
}

static bool run_late(struct order *o)
{
	struct sim_enclosure *e;
	unsigned ms;

	if (!order_number(o, o->words[1], 10, MS_MAX, &ms))
		return false;
	LIST_FOREACH (e, &o->rack->enclosures, link)
		e->form.late_ms = ms;
	return true;
}

static bool run_settle(struct order *o)
{
	struct sim_enclosure *e;
	unsigned ms;

	if (!order_number(o, o->words[1], 10, MS_MAX, &ms))
		return false;
	LIST_FOREACH (e, &o->rack->enclosures, link)
		e->form.settle_ms = ms;
	return true;
}

static bool run_ua(struct order *o)
{
	const char *name = order_value(o, "lu"), *times = order_value(o, "n");
	struct sim_lu *lu = order_lu(o, name ? name : "e0a");
	unsigned asc, ascq = 0, n = 1;

	if (!lu)
		return false;
	if (sscanf(o->words[1], "%2x/%2x", &asc, &ascq) < 1)
		return order_wrong(o, "ua ASC/ASCQ [lu=LU] [n=N]");
	if (times && !order_number(o, times, 10, SIM_ATTENTIONS_MAX, &n))
		return false;
	while (n--)
		sim_lu_attention(lu, (uint8_t) asc, (uint8_t) ascq);
	return true;
}

static bool run_gen(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->n > 1 ? o->words[1] : "0");

	if (!e)
		return false;
	(void) sim_reconfigure(e, NULL);
	return true;
}

static bool run_gen_at(struct order *o)
{
	const char *shape = order_value(o, "shape");
	const char *op = order_value(o, "op"), *page = order_value(o, "page");
	bool named = o->n > 2 && !strchr(o->words[2], '=');
	struct sim_enclosure *e = order_enclosure(o, named ? o->words[2] : "0");
	unsigned n, code = 0x1d, which = 0;

	if (!e || !order_number(o, o->words[1], 10, 1000000, &n) ||
	    (op && !order_number(o, op, 16, 255, &code)) ||
	    (page && !order_number(o, page, 16, 255, &which)))
		return false;
	e->change_in = n;
	e->change_op = (uint8_t) code;
	e->change_page = page ? (int) which : -1;
	(void) snprintf(e->change_shape, sizeof(e->change_shape), "%s", shape ? shape : "");
	return true;
}

static bool run_shape(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->words[1]);
	const char *wrong;

	if (!e)
		return false;
	wrong = sim_reconfigure(e, o->words[2]);
	return wrong ? order_wrong(o, "%s", wrong) : true;
}

static bool run_dead(struct order *o)
{
	struct sim_bay *bay = order_bay(o, o->words[1], NULL);
	bool on = o->n < 3 || strcmp(o->words[2], "off") != 0;
	const char *name = order_value(o, "lu");
	struct sim_lu *lu = NULL;

	if (!bay || (name && !(lu = order_lu(o, name))))
		return false;
	if (!bay->element || (lu && (lu->bay || lu->enclosure != bay->enclosure)))
		return order_wrong(o, "it has no such lamps");
	if (lu)
		bay->dead = (bay->dead & ~(1U << lu->port)) | (unsigned) on << lu->port;
	else
		bay->dead = on ? SIM_DEAD : 0;
	if (bay->dead == SIM_DEAD) {
		bay->element->status[2] &= (uint8_t) ~0x02;
		bay->element->status[3] &= (uint8_t) ~0x20;
	}
	return true;
}

static bool run_clearlamps(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->n > 1 ? o->words[1] : "0");

	if (e)
		sim_forget_requests(e);
	return e != NULL;
}

static bool run_elem(struct order *o)
{
	struct sim_element *element = NULL;
	struct sim_enclosure *e;
	char name[SIM_NAME_MAX];
	unsigned code, i;
	uint8_t b[4];

	if (sscanf(o->words[1], "%47[^:]:%2x:%3u", name, &code, &i) != 3) {
		memcpy(name, "0", 2);
		if (sscanf(o->words[1], "%2x:%3u", &code, &i) != 2)
			return order_wrong(o, "elem [E:]TYPE:I HEX8");
	}
	if (order_bytes(o->words[2], b, 4) != 4)
		return order_wrong(o, "elem [E:]TYPE:I HEX8");
	e = order_enclosure(o, name);
	if (e)
		element = sim_element_find(e, code, i);
	if (!element)
		return order_wrong(o, "no such element");
	memcpy(element->status, b, 4);
	element->forced = true;
	element->settle_at = 0;
	return true;
}

/* patch, cut, lie, page: E PAGE and what follows. */
static bool run_patch(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->words[1]);
	char what = o->words[0][0];
	uint8_t bytes[SIM_PATCH_MAX];
	unsigned page, value, n = 0;
	enum sim_patch_kind kind = SIM_PATCH_BYTES;

	if (!e || !order_number(o, o->words[2], 16, 255, &page))
		return false;
	if (!strcmp(o->words[0], "page")) {
		if (o->n != 5 || strcmp(o->words[3], "as") != 0 ||
		    !order_number(o, o->words[4], 16, 255, &value))
			return order_wrong(o, "page E PAGE as PAGE2");
		kind = SIM_PATCH_AS;
	} else if (!order_number(o, o->words[3], 10,
				 what == 'p' ? SIM_PAGE_MAX - SIM_PATCH_MAX : SIM_PAGE_MAX,
				 &value)) {
		return false;
	} else if (what == 'p') {
		n = o->n > 4 ? order_bytes(o->words[4], bytes, sizeof(bytes)) : 0;
		if (!n)
			return order_wrong(o, "patch E PAGE OFFSET HEX");
	} else {
		kind = what == 'c' ? SIM_PATCH_CUT : SIM_PATCH_LIE;
	}
	sim_patch_add(e, kind, (uint8_t) page, value, bytes, n);
	return true;
}

static bool run_unpatch(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->n > 1 ? o->words[1] : "0");

	if (e)
		sim_patches_clear(e);
	return e != NULL;
}

const struct order_entry order_rules[] = {
	{ "fail", 0, run_fail },   { "hang", 0, run_hang },	{ "busy", 0, run_busy },
	{ "ok", 0, run_ok },	   { "unhang", 0, run_unhang }, { "delay", 1, run_delay },
	{ "spin", 1, run_spin },   { "late", 1, run_late },	{ "settle", 1, run_settle },
	{ "ua", 1, run_ua },	   { "gen", 0, run_gen },	{ "gen-at", 1, run_gen_at },
	{ "shape", 2, run_shape }, { "dead", 1, run_dead },	{ "clearlamps", 0, run_clearlamps },
	{ "elem", 2, run_elem },   { "patch", 4, run_patch },	{ "cut", 3, run_patch },
	{ "lie", 3, run_patch },   { "page", 4, run_patch },	{ "unpatch", 0, run_unpatch },
	{ NULL, 0, NULL },
};
