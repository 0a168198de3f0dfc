/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bays and other elements of a chassis, and where each is in the pages of each way.
 * The list follows one way's numbering; the others are mapped onto it, and
 * so is every later configuration, so that a bay keeps its object as long as it
 * can be recognised (numbering.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "enclosure/private.h"

struct component *chassis_find_slot(struct chassis *chassis, unsigned index)
{
	struct component *component;

	LIST_FOREACH (component, &chassis->slots, link)
		if (component->index == index)
			return component;
	return NULL;
}

struct component *chassis_find_element(struct chassis *chassis, uint8_t type, unsigned index)
{
	struct component *component;

	LIST_FOREACH (component, &chassis->elements, link)
		if (component->type == type && component->index == index)
			return component;
	return NULL;
}

struct component *chassis_enclosure_element(struct chassis *chassis)
{
	return chassis_find_element(chassis, SES_ENCLOSURE, 0);
}

struct component *chassis_alarm(struct chassis *chassis)
{
	return chassis_find_element(chassis, SES_ALARM, 0);
}

struct component *way_electronics(struct way *way)
{
	const struct ses_additionals *a = way->snapshot->additionals;
	struct component *component, *reporting = NULL;
	unsigned w = way_position(way);

	LIST_FOREACH (component, &way->chassis->elements, link) {
		int global = component->element_of[w];

		if (component->type != SES_ES_ELECTRONICS || global < 0)
			continue;
		if (a && way->sas_address && a->elements[global].present &&
		    a->elements[global].address == way->sas_address)
			return component;
		if (way->page && (unsigned) global < way->page->known &&
		    ses_element_report(component->type, way->page->elements[global]))
			reporting = component;
	}
	return reporting;
}

/* ---- components ---------------------------------------------------------------- */

void component_free(struct component *component)
{
	list_unlink(&component->link);
	free(component->label);
	free(component);
}

void component_depart(struct component *component)
{
	if (component->drive) {
		component->drive->slot = NULL;
		tell_changed(component->chassis->inventory, &component->drive->object);
		component->drive = NULL;
		inventory_settle(component->chassis->inventory);
	}
	queue_forget(component);
	tell_removing(component->chassis->inventory, &component->object);
	component_free(component);
}

/* SES can ask more of a power supply than its lamps; the contract offers those. */
static uint32_t supported_of(uint8_t type)
{
	uint32_t supported = ses_indicators_supported(type);

	if (!ses_type_is_slot(type))
		supported &= INDICATOR_BIT(INDICATOR_IDENT) | INDICATOR_BIT(INDICATOR_FAULT) |
			     INDICATOR_BIT(INDICATOR_TONE_CRITICAL) | INDICATOR_BIT(INDICATOR_MUTE);
	return supported;
}

static struct component *component_new(struct chassis *chassis, const struct numbered *e)
{
	struct component *component;

	component = calloc(1, sizeof(*component));
	if (!component)
		return NULL;
	component->label = strdup(e->label);
	if (!component->label) {
		free(component);
		return NULL;
	}
	component->object.kind = e->slot ? OBJECT_SLOT : OBJECT_ELEMENT;
	component->chassis = chassis;
	component->slot = e->slot;
	component->type = e->type;
	component->subenclosure = e->subenclosure;
	component->index = e->index;
	component->element_index = e->element_index;
	component->reported = e->reported;
	component->supported = supported_of(e->type);
	for (unsigned w = 0; w < CHASSIS_WAYS_MAX; w++)
		component->element_of[w] = -1;
	list_init(&component->link);
	list_init(&component->requests);
	return component;
}

static unsigned list_length(const struct list *head)
{
	unsigned n = 0;

	for (const struct list *l = head->next; l != head; l = l->next)
		n++;
	return n;
}

/* What is known, as a numbering, in the order slots then elements; entries[i] is of[i]. */
static struct numbering *numbering_of(struct chassis *chassis, struct component **of)
{
	struct list *heads[] = { &chassis->slots, &chassis->elements };
	struct numbering *n;
	struct component *component;

	n = numbering_new(list_length(&chassis->slots) + list_length(&chassis->elements));
	if (!n)
		return NULL;
	for (unsigned h = 0; h < ARRAY_SIZE(heads); h++) {
		LIST_FOREACH (component, heads[h], link) {
			struct numbered *e = &n->entries[n->n];

			e->slot = component->slot;
			e->type = component->type;
			e->subenclosure = component->subenclosure;
			e->index = component->index;
			e->element_index = component->element_index;
			e->reported = component->reported;
			(void) snprintf(e->label, sizeof(e->label), "%s", component->label);
			e->own_label = true;
			e->n_addresses = component->n_addresses;
			memcpy(e->addresses, component->addresses, sizeof(e->addresses));
			if (of)
				of[n->n] = component;
			n->n++;
		}
		if (h == 0)
			n->n_slots = n->n;
	}
	return n;
}

static bool same_component(const struct component *component, const struct numbered *e)
{
	return component->slot == e->slot && component->type == e->type &&
	       component->subenclosure == e->subenclosure && component->index == e->index;
}

/* The label and reported number may change under one object; its place may not. */
static int component_update(struct component *component, const struct numbered *e)
{
	char *label;

	component->element_index = e->element_index;
	if (component->reported == e->reported && strcmp(component->label, e->label) == 0)
		return 0;
	label = strdup(e->label);
	if (!label)
		return -ENOMEM;
	free(component->label);
	component->label = label;
	component->reported = e->reported;
	tell_changed(component->chassis->inventory, &component->object);
	return 0;
}

/*
 * A bay that sits elsewhere in the list now is another path on the bus: its
 * object departs under the old one and arrives under the new, but it stays
 * itself, with the requests that wait for it.
 */
static void component_move(struct component *component, const struct numbered *e)
{
	tell_moving(component->chassis->inventory, &component->object);
	component->index = e->index;
	component->element_index = e->element_index;
	component->type = e->type;
	component->supported = supported_of(e->type);
	component->subenclosure = e->subenclosure;
}

static int match_again(const struct numbering *n, const struct numbering *known, enum again again,
		       int *map)
{
	if (again == AGAIN_SAME && n->n == known->n && n->n_slots == known->n_slots) {
		for (unsigned i = 0; i < n->n; i++)
			map[i] = (int) i;
		return 0;
	}
	return numbering_match(n, known, again == AGAIN_BESIDE, map);
}

/* Makes the lists of the chassis what this numbering says. */
static int chassis_renumber(struct chassis *chassis, const struct numbering *n, enum again again)
{
	unsigned n_known = list_length(&chassis->slots) + list_length(&chassis->elements);
	_cleanup_free_ struct component **of = calloc(n_known + 1U, sizeof(struct component *));
	_cleanup_free_ bool *moved = calloc(n->n + 1U, sizeof(*moved));
	_cleanup_free_ int *map = calloc(n->n + 1U, sizeof(*map));
	struct numbering *known = of ? numbering_of(chassis, of) : NULL;
	struct component *component;
	struct list old[2];
	int r = 0;

	if (!of || !moved || !map || !known || match_again(n, known, again, map) < 0) {
		numbering_free(known);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct list *head = i ? &chassis->elements : &chassis->slots;

		list_init(&old[i]);
		LIST_FOREACH (component, head, link) {
			list_unlink(&component->link);
			list_append(&old[i], &component->link);
		}
	}
	for (unsigned i = 0; i < n->n; i++) {
		const struct numbered *e = &n->entries[i];

		component = map[i] >= 0 ? of[map[i]] : NULL;
		if (component && !same_component(component, e)) {
			component_move(component, e);
			moved[i] = true;
		}
		if (component) {
			list_unlink(&component->link);
			r = r < 0 ? r : component_update(component, e);
		} else {
			component = component_new(chassis, e);
			if (!component) {
				r = -ENOMEM;
				continue;
			}
		}
		list_append(e->slot ? &chassis->slots : &chassis->elements, &component->link);
	}
	for (unsigned i = 0; i < 2; i++)
		LIST_FOREACH (component, &old[i], link)
			component_depart(component);
	chassis->n_slots = list_length(&chassis->slots);
	for (unsigned i = 0, k = 0; i < 2; i++)
		LIST_FOREACH (component, i ? &chassis->elements : &chassis->slots, link) {
			/* New ones are told of by chassis_join(), when it is known what they show.
			 */
			if (moved[k] && component->object.announced)
				tell_moved(chassis->inventory, &component->object);
			k++;
		}
	numbering_free(known);
	return r;
}

/* ---- the ways' pages mapped onto the components ------------------------------------ */

static void add_addresses(struct component *component, const struct numbered *e)
{
	for (unsigned i = 0; i < e->n_addresses; i++) {
		bool there = false;

		for (unsigned k = 0; k < component->n_addresses; k++)
			there = there || component->addresses[k] == e->addresses[i];
		if (!there && component->n_addresses < COMPONENT_ADDRESSES_MAX)
			component->addresses[component->n_addresses++] = e->addresses[i];
	}
}

static int map_way(struct way *way, unsigned w)
{
	struct chassis *chassis = way->chassis;
	struct numbering *theirs = NULL, *ours = NULL;
	_cleanup_free_ struct component **of = NULL;
	_cleanup_free_ int *map = NULL;
	unsigned n = list_length(&chassis->slots) + list_length(&chassis->elements);
	int r;

	r = numbering_make(way->snapshot, &theirs);
	if (r < 0)
		return r;
	of = calloc(n + 1U, sizeof(struct component *));
	map = calloc(n + 1U, sizeof(*map));
	ours = of ? numbering_of(chassis, of) : NULL;
	if (!map || !ours) {
		numbering_free(theirs);
		numbering_free(ours);
		return -ENOMEM;
	}
	r = numbering_match(ours, theirs, true, map);
	for (unsigned i = 0; i < n; i++) {
		of[i]->element_of[w] = map[i] < 0 ? -1 : (int) theirs->entries[map[i]].global;
		if (map[i] >= 0)
			add_addresses(of[i], &theirs->entries[map[i]]);
	}
	numbering_free(theirs);
	numbering_free(ours);
	return r;
}

static int compare_addresses(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Indexes and addresses of all components anew from the snapshots of all ways. */
void chassis_map(struct chassis *chassis)
{
	struct list *heads[] = { &chassis->slots, &chassis->elements };
	struct component *component;
	unsigned n = list_length(&chassis->slots), i = 0, w = 0;
	struct way *way;
	struct before {
		uint64_t addresses[COMPONENT_ADDRESSES_MAX];
		unsigned n;
	};
	_cleanup_free_ struct before *before = calloc(n + 1U, sizeof(*before));

	for (unsigned h = 0; h < ARRAY_SIZE(heads); h++) {
		LIST_FOREACH (component, heads[h], link) {
			if (before && h == 0) {
				memcpy(before[i].addresses, component->addresses,
				       sizeof(component->addresses));
				before[i++].n = component->n_addresses;
			}
			for (unsigned k = 0; k < CHASSIS_WAYS_MAX; k++)
				component->element_of[k] = -1;
		}
	}
	/* The addresses go only now: bays of a second way may be known by them alone. */
	LIST_FOREACH (component, &chassis->slots, link)
		component->n_addresses = 0;
	LIST_FOREACH (way, &chassis->ways, link) {
		int r = map_way(way, w++);

		if (r < 0)
			log_error("The bays seen through %s cannot be placed: %s",
				  way->device->sg_node, strerror(-r));
	}
	i = 0;
	LIST_FOREACH (component, &chassis->slots, link) {
		qsort(component->addresses, component->n_addresses, sizeof(component->addresses[0]),
		      compare_addresses);
		if (before && (before[i].n != component->n_addresses ||
			       memcmp(before[i].addresses, component->addresses,
				      component->n_addresses * sizeof(uint64_t)) != 0))
			tell_changed(chassis->inventory, &component->object);
		i++;
	}
	inventory_settle(chassis->inventory);
}

/* ---- the whole ----------------------------------------------------------------- */

/*
 * The list of components follows the first way.  When that goes, the list stays: bays keep their
 * positions as long as the chassis has the same elements, whichever way is left.
 */
int chassis_renumber_from(struct chassis *chassis, const struct way *way, enum again again)
{
	struct numbering *n = NULL;
	int r;

	r = numbering_make(way->snapshot, &n);
	if (r < 0)
		return r;
	r = chassis_renumber(chassis, n, again);
	numbering_free(n);
	if (r == 0)
		(void) snprintf(chassis->numbered_by, sizeof(chassis->numbered_by), "%s", way->key);
	return r;
}
