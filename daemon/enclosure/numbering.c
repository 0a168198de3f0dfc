/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of bays (peers.md C.1, C.4).  Position, reported number and label
 * stay three things; none is made from another, but for a label where the
 * enclosure has none.  A SAS address that two bays of one page claim names
 * neither (ses.md 5.3: cascaded expanders in empty bays).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "enclosure/numbering.h"

#define PHY_END_DEVICE 1U
#define UNIQUE_TRIES_MAX 4U

struct numbering *numbering_new(unsigned n)
{
	struct numbering *numbering;

	numbering = calloc(1, sizeof(*numbering));
	if (!numbering)
		return NULL;
	numbering->entries = calloc(n ? n : 1, sizeof(*numbering->entries));
	if (!numbering->entries) {
		free(numbering);
		return NULL;
	}
	return numbering;
}

struct numbering *numbering_free(struct numbering *numbering)
{
	if (numbering) {
		free(numbering->entries);
		free(numbering);
	}
	return NULL;
}

/* ---- what one element is --------------------------------------------------- */

static void take_addresses(struct numbered *e, const struct ses_additional *a)
{
	for (unsigned i = 0; i < a->n_phys && e->n_addresses < COMPONENT_ADDRESSES_MAX; i++) {
		const struct ses_phy *phy = &a->phys[i];

		if (phy->device_type == PHY_END_DEVICE && phy->address != 0 &&
		    phy->address != UINT64_MAX)
			e->addresses[e->n_addresses++] = phy->address;
	}
}

static void take_text(struct numbered *e, const struct snapshot *s)
{
	const struct quirk *quirk = &s->quirk;
	const char *text = s->descriptors ? s->descriptors->texts[e->global] : NULL;
	size_t n;

	if (e->slot && quirk->label_prefix[0] != '\0') {
		(void) snprintf(e->label, sizeof(e->label), "%s%u", quirk->label_prefix,
				e->reported >= 0 ? (unsigned) e->reported : e->index);
		e->own_label = true;
		return;
	}
	if (!text)
		return;
	n = e->slot && quirk->label_before_comma ? strcspn(text, ",") : strlen(text);
	(void) text_clean(e->label, sizeof(e->label), text, n);
	e->own_label = e->label[0] != '\0';
}

static void number(struct numbered *e, const struct snapshot *s, unsigned global, unsigned header)
{
	const struct ses_type *type = &s->config->types[header];
	const struct ses_additional *a = s->additionals ? &s->additionals->elements[global] : NULL;

	e->type = type->type;
	e->subenclosure = type->subenclosure;
	e->slot = ses_type_is_slot(type->type);
	e->global = global;
	e->reported = -1;
	if (e->slot && a && a->present) {
		if (a->slot_number >= 0)
			e->reported = a->slot_number + s->quirk.slot_offset;
		if (e->reported < 0)
			e->reported = -1;
		if (!a->invalid)
			take_addresses(e, a);
	}
}

/* ---- labels ---------------------------------------------------------------- */

static int compare_labels(const void *a, const void *b)
{
	const struct numbered *const *x = a, *const *y = b;

	return strcmp((*x)->label, (*y)->label);
}

static void append_index(struct numbered *e)
{
	char text[LABEL_SIZE - 16]; /* cut between two characters, with room for the index */

	(void) text_clean(text, sizeof(text), e->label, strlen(e->label));
	(void) snprintf(e->label, sizeof(e->label), "%s (%u)", text, e->index);
	e->own_label = false; /* it says no more than the index */
}

/* "<text> (<Index>)" for all that share a text.  True if there were any. */
static bool part_equals(struct numbered **sorted, unsigned n)
{
	bool repeated = false;

	qsort(sorted, n, sizeof(struct numbered *), compare_labels);
	for (unsigned first = 0, next; first < n; first = next) {
		for (next = first + 1; next < n; next++)
			if (strcmp(sorted[next]->label, sorted[first]->label) != 0)
				break;
		for (unsigned i = first; next - first > 1 && i < next; i++)
			append_index(sorted[i]);
		repeated = repeated || next - first > 1;
	}
	return repeated;
}

/*
 * A text made so may be one that another bay has, hence again; where that does not end
 * (names made to collide), every label gets its index, and no two end alike.
 */
static void make_unique(struct numbering *n, struct numbered **sorted)
{
	for (unsigned i = 0; i < n->n_slots; i++)
		sorted[i] = &n->entries[i];
	for (unsigned tries = 0; tries < UNIQUE_TRIES_MAX; tries++)
		if (!part_equals(sorted, n->n_slots))
			return;
	for (unsigned i = 0; i < n->n_slots; i++)
		append_index(&n->entries[i]);
}

static int label_all(struct numbering *n, const struct snapshot *s)
{
	struct numbered **sorted;

	for (unsigned i = 0; i < n->n; i++) {
		struct numbered *e = &n->entries[i];
		char name[64];

		take_text(e, s);
		if (e->label[0] != '\0')
			continue;
		if (e->slot) {
			(void) snprintf(e->label, sizeof(e->label), "Bay %u", e->index);
			continue;
		}
		(void) snprintf(name, sizeof(name), "%s", ses_type_name(e->type));
		if (name[0] >= 'a' && name[0] <= 'z')
			name[0] = (char) (name[0] - 'a' + 'A');
		(void) snprintf(e->label, sizeof(e->label), "%s %u", name, e->index);
	}
	sorted = calloc(n->n_slots ? n->n_slots : 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	make_unique(n, sorted);
	free(sorted);
	return 0;
}

/* ---- addresses that name no bay -------------------------------------------- */

static int compare_claims(const void *a, const void *b)
{
	const struct numbering_claim *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void forget_address(struct numbered *e, uint64_t address)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < e->n_addresses; i++)
		if (e->addresses[i] != address)
			e->addresses[kept++] = e->addresses[i];
	e->n_addresses = kept;
}

unsigned numbering_claims(const struct numbering *n, struct numbering_claim **ret)
{
	unsigned n_claims = 0;

	*ret = calloc((size_t) n->n_slots * COMPONENT_ADDRESSES_MAX + 1, sizeof(**ret));
	if (!*ret)
		return 0;
	for (unsigned i = 0; i < n->n_slots; i++)
		for (unsigned k = 0; k < n->entries[i].n_addresses; k++)
			(*ret)[n_claims++] =
				(struct numbering_claim){ n->entries[i].addresses[k], i };
	qsort(*ret, n_claims, sizeof(**ret), compare_claims);
	return n_claims;
}

static int drop_shared_addresses(struct numbering *n)
{
	struct numbering_claim *claims = NULL;
	unsigned n_claims = numbering_claims(n, &claims);

	if (!claims)
		return -ENOMEM;
	for (unsigned i = 0, next; i < n_claims; i = next) {
		bool shared = false;

		for (next = i + 1; next < n_claims && claims[next].address == claims[i].address;
		     next++)
			shared = shared || claims[next].entry != claims[i].entry;
		for (unsigned k = i; shared && k < next; k++)
			forget_address(&n->entries[claims[k].entry], claims[k].address);
	}
	free(claims);
	return 0;
}

/* ---- the whole ------------------------------------------------------------- */

static void fill(struct numbering *n, const struct snapshot *s, bool slots)
{
	const struct ses_config *config = s->config;
	unsigned of_type[256] = { 0 };

	for (unsigned h = 0; h < config->n_types; h++) {
		const struct ses_type *type = &config->types[h];

		for (unsigned i = 0; i < type->count; i++) {
			struct numbered *e;

			if (ses_type_is_slot(type->type) != slots) {
				of_type[type->type]++;
				continue;
			}
			e = &n->entries[n->n++];
			number(e, s, type->overall + 1U + i, h);
			e->element_index = of_type[type->type]++;
			e->index = slots ? n->n - 1 : e->element_index;
		}
	}
}

int numbering_make(const struct snapshot *snapshot, struct numbering **ret)
{
	struct numbering *n;
	int r;

	n = numbering_new(snapshot->config->n_individual);
	if (!n)
		return -ENOMEM;
	fill(n, snapshot, true);
	n->n_slots = n->n;
	if (snapshot->quirk.slot_reverse)
		for (unsigned i = 0; i < n->n_slots / 2; i++) {
			struct numbered swap = n->entries[i];

			n->entries[i] = n->entries[n->n_slots - 1 - i];
			n->entries[n->n_slots - 1 - i] = swap;
		}
	for (unsigned i = 0; i < n->n_slots; i++)
		n->entries[i].index = i;
	fill(n, snapshot, false);
	r = label_all(n, snapshot);
	if (r == 0)
		r = drop_shared_addresses(n);
	if (r < 0) {
		numbering_free(n);
		return r;
	}
	*ret = n;
	return 0;
}
