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

#include "enclosure/numbering.h"

#define PHY_END_DEVICE 1U

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
	char *comma;

	if (e->slot && quirk->label_prefix[0] != '\0') {
		(void) snprintf(e->label, sizeof(e->label), "%s%u", quirk->label_prefix,
				e->reported >= 0 ? (unsigned) e->reported : e->index);
		e->own_label = true;
		return;
	}
	if (!text)
		return;
	(void) snprintf(e->label, sizeof(e->label), "%s", text);
	comma = e->slot && quirk->label_before_comma ? strchr(e->label, ',') : NULL;
	if (comma)
		*comma = '\0';
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
		if (!a->invalid)
			take_addresses(e, a);
	}
}

/* ---- labels ---------------------------------------------------------------- */

static bool label_taken(const struct numbering *n, unsigned except, const char *label)
{
	for (unsigned i = 0; i < n->n_slots; i++)
		if (i != except && strcmp(n->entries[i].label, label) == 0)
			return true;
	return false;
}

static int compare_labels(const void *a, const void *b)
{
	const struct numbered *const *x = a, *const *y = b;

	return strcmp((*x)->label, (*y)->label);
}

/* "<text> (<Index>)" for all that share a text; again should that text exist too. */
static void make_unique(struct numbering *n, struct numbered **sorted)
{
	bool repeated = false;
	char text[LABEL_SIZE - 16];

	for (unsigned i = 0; i < n->n_slots; i++)
		sorted[i] = &n->entries[i];
	qsort(sorted, n->n_slots, sizeof(*sorted), compare_labels);
	for (unsigned first = 0, next; first < n->n_slots; first = next) {
		(void) snprintf(text, sizeof(text), "%s", sorted[first]->label);
		for (next = first + 1; next < n->n_slots; next++)
			if (strcmp(sorted[next]->label, sorted[first]->label) != 0)
				break;
		if (next - first < 2)
			continue;
		repeated = true;
		for (unsigned i = first; i < next; i++)
			(void) snprintf(sorted[i]->label, LABEL_SIZE, "%s (%u)", text,
					sorted[i]->index);
	}
	for (unsigned i = 0; repeated && i < n->n_slots; i++) {
		struct numbered *e = &n->entries[i];

		if (label_taken(n, i, e->label)) {
			(void) snprintf(text, sizeof(text), "%s", e->label);
			(void) snprintf(e->label, sizeof(e->label), "%s (%u)", text, e->index);
		}
	}
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

struct claim {
	uint64_t address;
	unsigned entry;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

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

static int drop_shared_addresses(struct numbering *n)
{
	struct claim *claims;
	unsigned n_claims = 0;

	claims = calloc((size_t) n->n_slots * COMPONENT_ADDRESSES_MAX + 1, sizeof(*claims));
	if (!claims)
		return -ENOMEM;
	for (unsigned i = 0; i < n->n_slots; i++)
		for (unsigned k = 0; k < n->entries[i].n_addresses; k++)
			claims[n_claims++] = (struct claim){ n->entries[i].addresses[k], i };
	qsort(claims, n_claims, sizeof(*claims), compare_claims);
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

/* ---- which of mine is which of yours --------------------------------------- */

static bool same_address(const struct numbered *a, const struct numbered *b)
{
	for (unsigned i = 0; i < a->n_addresses; i++)
		for (unsigned k = 0; k < b->n_addresses; k++)
			if (a->addresses[i] == b->addresses[k])
				return true;
	return false;
}

static bool same_number(const struct numbered *a, const struct numbered *b)
{
	return a->reported == b->reported && a->subenclosure == b->subenclosure;
}

static bool same_label(const struct numbered *a, const struct numbered *b)
{
	/* Behind a comma stands the disk's serial number (peers.md C.4), which is no bay's name. */
	size_t n = strcspn(a->label, ",");

	return a->own_label && b->own_label && a->subenclosure == b->subenclosure &&
	       n == strcspn(b->label, ",") && memcmp(a->label, b->label, n) == 0;
}

static bool same_index(const struct numbered *a, const struct numbered *b)
{
	return a->index == b->index;
}

typedef bool (*same_function)(const struct numbered *a, const struct numbered *b);

/* Does this property tell every bay of the list from every other? */
static bool tells_apart(const struct numbering *n, same_function same)
{
	for (unsigned i = 0; i < n->n_slots; i++) {
		if (same == same_number && n->entries[i].reported < 0)
			return false;
		if (same == same_label && !n->entries[i].own_label)
			return false;
		for (unsigned k = 0; k < i; k++)
			if (same(&n->entries[i], &n->entries[k]))
				return false;
	}
	return n->n_slots > 0;
}

static void match_slots_by(const struct numbering *mine, const struct numbering *yours,
			   same_function same, int *map, bool *taken)
{
	for (unsigned i = 0; i < mine->n_slots; i++)
		for (unsigned k = 0; map[i] < 0 && k < yours->n_slots; k++)
			if (!taken[k] && same(&mine->entries[i], &yours->entries[k])) {
				map[i] = (int) k;
				taken[k] = true;
			}
}

static void match_slots(const struct numbering *mine, const struct numbering *yours, int *map)
{
	_cleanup_free_ bool *taken = calloc(yours->n_slots + 1U, sizeof(*taken));

	if (!taken)
		return; /* nothing matches: the bays are then without that way */
	if (tells_apart(mine, same_number) && tells_apart(yours, same_number)) {
		match_slots_by(mine, yours, same_number, map, taken);
		return;
	}
	match_slots_by(mine, yours, same_address, map, taken);
	if (tells_apart(mine, same_label) && tells_apart(yours, same_label)) {
		match_slots_by(mine, yours, same_label, map, taken);
	}
	match_slots_by(mine, yours, same_index, map, taken);
}

void numbering_match(const struct numbering *mine, const struct numbering *yours, int *map)
{
	for (unsigned i = 0; i < mine->n; i++)
		map[i] = -1;
	match_slots(mine, yours, map);
	for (unsigned i = mine->n_slots; i < mine->n; i++)
		for (unsigned k = yours->n_slots; map[i] < 0 && k < yours->n; k++)
			if (mine->entries[i].type == yours->entries[k].type &&
			    mine->entries[i].index == yours->entries[k].index)
				map[i] = (int) k;
}
