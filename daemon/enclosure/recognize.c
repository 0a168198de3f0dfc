/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which chassis an enclosure device leads to: the one with its logical identifier, unless
 * that is zero, or plainly another box has it (the contract's section 2; peers.md C.4).
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "enclosure/private.h"

/* As many of each type; the other IOM of a box may list them in another order. */
static bool same_counts(const struct ses_config *a, const struct ses_config *b)
{
	unsigned counts[256] = { 0 };

	if (a->n_individual != b->n_individual)
		return false;
	for (unsigned t = 0; t < a->n_types; t++)
		counts[a->types[t].type] += a->types[t].count;
	for (unsigned t = 0; t < b->n_types; t++) {
		if (counts[b->types[t].type] < b->types[t].count)
			return false;
		counts[b->types[t].type] -= b->types[t].count;
	}
	return true;
}

static const struct ses_config *config_of(const struct chassis *chassis)
{
	return container_of(chassis->ways.next, struct way, link)->snapshot->config;
}

static bool other_model(const struct ses_config *a, const struct snapshot *s)
{
	const struct ses_config *b = s->config;

	return s->quirk.separate || a->n_subenclosures == 0 || b->n_subenclosures == 0 ||
	       strcmp(a->subenclosures[0].vendor, b->subenclosures[0].vendor) != 0 ||
	       strcmp(a->subenclosures[0].product, b->subenclosures[0].product) != 0;
}

/* One logical identifier, but plainly another box: the contract's section 2. */
static bool plainly_different(const struct chassis *chassis, const struct snapshot *s)
{
	return other_model(config_of(chassis), s) || !same_counts(config_of(chassis), s->config);
}

static uint64_t id_of(const struct snapshot *s)
{
	return s->config->n_subenclosures ? s->config->subenclosures[0].logical_id : 0;
}

bool chassis_is_doubtful(struct inventory *inventory, const struct snapshot *s)
{
	uint64_t id = id_of(s);
	struct chassis *chassis;
	bool doubtful = false;

	LIST_FOREACH (chassis, &inventory->chassis, link) {
		const struct ses_config *known = config_of(chassis);

		if (id == 0 || chassis->logical_id != id || other_model(known, s) ||
		    same_counts(known, s->config) || known->generation == s->config->generation)
			continue;
		poller_visit(chassis, VISIT_FULL, NULL, NULL);
		doubtful = true;
	}
	return doubtful;
}

bool way_is_misplaced(const struct way *way)
{
	const struct chassis *chassis = way->chassis, *other;
	uint64_t id = id_of(way->snapshot);
	char natural[17];

	if (id == 0 || way->snapshot->quirk.separate)
		return false;
	if (strcmp(text_hex64(natural, id), chassis->eid) == 0)
		return false;
	/* What it said of itself at first was not yet true. */
	if (id != way->logical_id)
		return true;
	other = inventory_find_chassis(chassis->inventory, natural);
	return other && other->logical_id == id && !plainly_different(other, way->snapshot);
}

static void device_eid(const struct known_device *known, const struct way *way, char *eid,
		       size_t size)
{
	struct scsi_identity identity = { .unit = "" };
	const struct device *device = known->device;

	if (device->vpd83)
		(void) scsi_identity_decode(device->vpd83, device->vpd83_length, &identity);
	if (identity.unit[0] != '\0')
		(void) snprintf(eid, size, "%s", identity.unit);
	else
		(void) snprintf(eid, size, "%s", way->key);
}

struct chassis *chassis_recognize(struct inventory *inventory, const struct known_device *known,
				  const struct way *way, const struct snapshot *s, char *eid,
				  size_t size)
{
	uint64_t id = id_of(s);
	struct chassis *chassis, *found = NULL;

	LIST_FOREACH (chassis, &inventory->chassis, link)
		if (id != 0 && chassis->logical_id == id && !plainly_different(chassis, s) &&
		    chassis->n_ways < CHASSIS_WAYS_MAX) {
			found = chassis;
			break;
		}
	if (found)
		return found;
	if (id != 0 && !s->quirk.separate) {
		char text[17];

		(void) snprintf(eid, size, "%s", text_hex64(text, id));
		if (!inventory_find_chassis(inventory, eid))
			return NULL;
	}
	device_eid(known, way, eid, size);
	if (inventory_find_chassis(inventory, eid))
		(void) snprintf(eid, size, "%s", way->key);
	if (inventory_find_chassis(inventory, eid))
		(void) device_address(known->device, eid, size);
	for (char *p = eid; *p; p++)
		*p = *p == ':' ? '_' : *p;
	return NULL;
}
