/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELEMENT INDEX of page 0Ah, ses.md 5.2 and peers.md C.1
 *
 * The standard has four ways of counting and enclosures have more.  Each way
 * here is a trial that gives every descriptor the element it would mean; a
 * trial is perfect when all of them got one of the right kind.  The trials are
 * made in the order of the rules of 5.2 and the first perfect one counts.  If
 * none is, a descriptor too few is better than one on the wrong bay: the trial
 * that placed most counts, and what it could not place is left out.
 */
#include "ses/additional-index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ses/page.h"

/* The element index is eight bits wide: above, it starts again. */
#define INDEX_RANGE 256U

/* Elements by each way of counting them: global index, -1 if it has no descriptor. */
struct tables {
	unsigned n_global, n_individual, n_additional;
	int *global;	 /* overall elements counted */
	int *individual; /* overall elements not counted */
	int *additional; /* of the six types that may have a descriptor (2.8) */
	uint8_t *type;	 /* by global index */
};

struct trial {
	const struct tables *tables;
	struct ses_claim *claims;
	unsigned n;
	bool *taken; /* by global index */
	unsigned placed;
};

static bool is_optional(uint8_t type)
{
	return type == SES_ES_ELECTRONICS || type == SES_TARGET_PORT || type == SES_INITIATOR_PORT;
}

static bool is_additional(uint8_t type)
{
	return ses_type_is_slot(type) || type == SES_SAS_EXPANDER || is_optional(type);
}

static bool fits(uint8_t type, enum ses_claim_kind kind)
{
	if (!is_additional(type))
		return false;
	switch (kind) {
	case SES_CLAIM_ANY:
		return true;
	case SES_CLAIM_SLOT:
		return ses_type_is_slot(type);
	case SES_CLAIM_NO_SLOT:
		return !ses_type_is_slot(type);
	case _SES_CLAIM_MAX:
		break;
	}
	return false;
}

static int tables_init(struct tables *t, const struct ses_config *config)
{
	size_t n = config->n_elements + 1;

	t->global = calloc(n, sizeof(*t->global));
	t->individual = calloc(n, sizeof(*t->individual));
	t->additional = calloc(n, sizeof(*t->additional));
	t->type = calloc(n, sizeof(*t->type));
	if (!t->global || !t->individual || !t->additional || !t->type)
		return -ENOMEM;

	for (unsigned i = 0; i < config->n_types; i++) {
		uint8_t type = config->types[i].type;

		t->global[t->n_global++] = -1;
		for (unsigned k = 0; k < config->types[i].count; k++) {
			int element = (int) t->n_global;

			t->type[element] = type;
			t->global[t->n_global++] = is_additional(type) ? element : -1;
			t->individual[t->n_individual++] = is_additional(type) ? element : -1;
			if (is_additional(type))
				t->additional[t->n_additional++] = element;
		}
	}
	return 0;
}

static void tables_end(struct tables *t)
{
	free(t->global);
	free(t->individual);
	free(t->additional);
	free(t->type);
}

static bool place(struct trial *t, struct ses_claim *claim, int element)
{
	if (element < 0 || t->taken[element] || !fits(t->tables->type[element], claim->kind))
		return false;
	claim->element = element;
	t->taken[element] = true;
	t->placed++;
	return true;
}

/* Rule 1.  Behind the first 256, an index that has been used means one further on. */
static void place_by_index(struct trial *t, struct ses_claim *claim, const int *table, unsigned n)
{
	for (unsigned i = claim->index; i < n; i += INDEX_RANGE)
		if (place(t, claim, table[i]))
			return;
}

static void place_by_rule(struct trial *t, struct ses_claim *claim, enum ses_index_rule rule)
{
	const struct tables *tables = t->tables;

	if (rule == SES_INDEX_GLOBAL)
		place_by_index(t, claim, tables->global, tables->n_global);
	else if (rule == SES_INDEX_ADDITIONAL)
		place_by_index(t, claim, tables->additional, tables->n_additional);
	else
		place_by_index(t, claim, tables->individual, tables->n_individual);
}

/* The rule that a descriptor itself asks for: the table of 5.2. */
static enum ses_index_rule declared_rule(const struct ses_claim *claim)
{
	if (!claim->eip)
		return SES_INDEX_POSITION;
	return claim->eiioe == 1 ? SES_INDEX_GLOBAL : SES_INDEX_INDIVIDUAL;
}

/* Which of the six types are counted when descriptors go by order (rule 4). */
enum order {
	ORDER_ALL,
	ORDER_MANDATORY, /* without the optional ones */
	ORDER_SLOTS,	 /* Dell MD1420 lists nothing else (peers.md C.1) */
	_ORDER_MAX,
};

static bool in_order(uint8_t type, enum order order)
{
	switch (order) {
	case ORDER_ALL:
		return true;
	case ORDER_MANDATORY:
		return !is_optional(type);
	case ORDER_SLOTS:
		return ses_type_is_slot(type);
	case _ORDER_MAX:
		break;
	}
	return false;
}

static unsigned order_length(const struct tables *tables, enum order order)
{
	unsigned length = 0;

	for (unsigned i = 0; i < tables->n_additional; i++)
		if (in_order(tables->type[tables->additional[i]], order))
			length++;
	return length;
}

static void trial_reset(struct trial *t)
{
	t->placed = 0;
	memset(t->taken, 0, t->tables->n_global * sizeof(*t->taken));
	for (unsigned i = 0; i < t->n; i++)
		t->claims[i].element = -1;
}

static bool trial_perfect(const struct trial *t)
{
	return t->placed == t->n;
}

/* Rule 4 to the letter: the k-th descriptor is for the k-th element. */
static void try_order(struct trial *t, enum order order)
{
	const struct tables *tables = t->tables;
	unsigned k = 0;

	trial_reset(t);
	for (unsigned i = 0; i < tables->n_additional && k < t->n; i++)
		if (in_order(tables->type[tables->additional[i]], order))
			(void) place(t, &t->claims[k++], tables->additional[i]);
}

static bool try_orders(struct trial *t)
{
	for (enum order order = 0; order < _ORDER_MAX; order++) {
		if (order_length(t->tables, order) != t->n)
			continue;
		try_order(t, order);
		if (trial_perfect(t))
			return true;
	}
	return false;
}

/*
 * Each the next element that is left and of its kind.  Where there is none, there is
 * none for the next of that kind either: not to look again keeps this linear.
 */
static void place_in_order(struct trial *t, bool whatever_index)
{
	const struct tables *tables = t->tables;
	bool none_left[_SES_CLAIM_MAX] = { false };
	unsigned next = 0;

	for (unsigned k = 0; k < t->n; k++) {
		struct ses_claim *claim = &t->claims[k];
		unsigned i = next;

		if ((claim->eip && !whatever_index) || none_left[claim->kind])
			continue;
		while (i < tables->n_additional && !place(t, claim, tables->additional[i]))
			i++;
		if (i < tables->n_additional)
			next = i + 1;
		else
			none_left[claim->kind] = true;
	}
}

/* Rule 5: Areca's expander, which says 0 and means itself. */
static void place_expanders(struct trial *t)
{
	const struct tables *tables = t->tables;
	unsigned next = 0;

	if (tables->n_global < 2 || !ses_type_is_slot(tables->type[1]))
		return;
	for (unsigned k = 0; k < t->n; k++) {
		struct ses_claim *claim = &t->claims[k];

		if (claim->element >= 0 || !claim->eip || claim->index != 0 ||
		    claim->kind != SES_CLAIM_NO_SLOT)
			continue;
		while (next < tables->n_additional && !place(t, claim, tables->additional[next]))
			next++;
	}
}

/* rule: for those with an index; SES_INDEX_AUTO lets each have its own. */
static void try_index(struct trial *t, enum ses_index_rule rule)
{
	trial_reset(t);
	for (unsigned i = 0; i < t->n; i++) {
		struct ses_claim *claim = &t->claims[i];

		if (claim->eip)
			place_by_rule(t, claim,
				      rule == SES_INDEX_AUTO ? declared_rule(claim) : rule);
	}
	place_expanders(t);
	place_in_order(t, false);
}

/* Where nothing else is to be had: a page without indexes, or a quirk. */
static void try_position(struct trial *t)
{
	if (try_orders(t))
		return;
	trial_reset(t);
	place_in_order(t, true);
}

/* What the page as a whole says of itself. */
static enum ses_index_rule declared_by_all(const struct ses_claim *claims, unsigned n)
{
	enum ses_index_rule rule = n > 0 ? declared_rule(&claims[0]) : SES_INDEX_INDIVIDUAL;

	for (unsigned i = 1; i < n; i++)
		if (declared_rule(&claims[i]) != rule)
			return SES_INDEX_MIXED;
	return rule;
}

/* Rule 2: HP, whose first element is number 1 though overall elements do not count. */
static bool starts_at_one(const struct tables *tables, const struct ses_claim *claims, unsigned n)
{
	return n > 0 && claims[0].eip && claims[0].eiioe == 0 && claims[0].index == 1 &&
	       tables->n_individual > 0 && tables->individual[0] >= 0;
}

static void try_rule(struct trial *t, enum ses_index_rule rule)
{
	switch (rule) {
	case SES_INDEX_POSITION:
		try_position(t);
		return;
	case SES_INDEX_INDIVIDUAL:
	case SES_INDEX_GLOBAL:
	case SES_INDEX_ADDITIONAL:
		try_index(t, rule);
		return;
	case SES_INDEX_AUTO:
	case SES_INDEX_MIXED:
	case _SES_INDEX_MAX:
		break;
	}
	try_index(t, SES_INDEX_AUTO);
}

#define CANDIDATES_MAX 6U

/* The rules of 5.2 in order, and behind them what is not declared but may fit. */
static unsigned list_candidates(const struct tables *tables, const struct ses_claim *claims,
				unsigned n, enum ses_index_rule list[static CANDIDATES_MAX])
{
	enum ses_index_rule declared = declared_by_all(claims, n);
	unsigned k = 0;

	if (starts_at_one(tables, claims, n))
		list[k++] = SES_INDEX_GLOBAL;
	list[k++] = declared;
	if (declared == SES_INDEX_POSITION)
		return k;
	list[k++] = SES_INDEX_ADDITIONAL;
	list[k++] = SES_INDEX_POSITION;
	list[k++] = SES_INDEX_GLOBAL;
	list[k++] = SES_INDEX_INDIVIDUAL;
	return k;
}

/* Imperfect, so only what the page itself says, and HP's way of saying it. */
static enum ses_index_rule assign_most(struct trial *t)
{
	enum ses_index_rule declared = declared_by_all(t->claims, t->n);
	unsigned placed;

	if (starts_at_one(t->tables, t->claims, t->n)) {
		try_rule(t, SES_INDEX_GLOBAL);
		placed = t->placed;
		try_rule(t, declared);
		if (placed >= t->placed) {
			try_rule(t, SES_INDEX_GLOBAL);
			return SES_INDEX_GLOBAL;
		}
	}
	try_rule(t, declared);
	return declared;
}

static enum ses_index_rule assign(struct trial *t)
{
	enum ses_index_rule list[CANDIDATES_MAX];
	unsigned n = list_candidates(t->tables, t->claims, t->n, list);

	for (unsigned i = 0; i < n; i++) {
		/* With indexes, order counts only if there is one for each (rule 4). */
		if (list[i] == SES_INDEX_POSITION && i > 0)
			(void) try_orders(t);
		else
			try_rule(t, list[i]);
		if (trial_perfect(t))
			return list[i];
	}
	return assign_most(t);
}

static bool is_rule(enum ses_index_rule rule)
{
	return rule > SES_INDEX_AUTO && rule < SES_INDEX_MIXED;
}

int ses_claims_assign(struct ses_claim *claims, unsigned n, const struct ses_config *config,
		      enum ses_index_rule rule, enum ses_index_rule *ret)
{
	struct tables tables = { .n_global = 0 };
	_cleanup_free_ bool *taken = calloc(config->n_elements + 1, sizeof(*taken));
	struct trial trial = { .tables = &tables, .claims = claims, .n = n, .taken = taken };
	int r;

	r = tables_init(&tables, config);
	if (r == 0 && !taken)
		r = -ENOMEM;
	if (r == 0 && is_rule(rule)) {
		try_rule(&trial, rule);
		*ret = rule;
	} else if (r == 0) {
		*ret = assign(&trial);
	}
	tables_end(&tables);
	return r;
}
