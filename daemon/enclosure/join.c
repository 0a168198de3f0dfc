/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pages of all ways of a chassis, joined bay by bay: the best way for a
 * bay is one that works and may access it (status code not "no access",
 * peers.md C.5); what any such way shows as requested is requested.
 *
 * Health comes from elements and from reachability; the flags in the header of
 * page 02h are hints and say nothing here (ses.md 2.3, 7: Areca).
 */
#include <string.h>

#include "base/clock.h"
#include "enclosure/private.h"

bool way_usable(const struct way *way)
{
	return !way->disabled && way->failure == 0;
}

static const uint8_t *way_bytes(const struct way *way, const struct component *component,
				unsigned w)
{
	int global = component->element_of[w];

	if (!way_usable(way) || !way->page || global < 0 || (unsigned) global >= way->page->known)
		return NULL;
	return way->page->elements[global];
}

static bool quirk_owns(const struct way *way, const struct component *component)
{
	const struct quirk *quirk = &way->snapshot->quirk;
	const struct ses_config *config = way->snapshot->config;
	uint8_t process = config->n_subenclosures ? config->subenclosures[0].process : 0;
	bool named = false;

	for (unsigned i = 0; component->slot && i < quirk->n_owners; i++) {
		if (component->index < quirk->owners[i].first ||
		    component->index > quirk->owners[i].last)
			continue;
		if (quirk->owners[i].process == process)
			return true;
		named = true;
	}
	return !named;
}

static bool way_has_access(const struct way *way, const struct component *component, unsigned w)
{
	const uint8_t *status = way_bytes(way, component, w);

	return status && ses_element_code(status) != SES_CODE_NO_ACCESS &&
	       quirk_owns(way, component);
}

struct way *component_way(struct component *component)
{
	struct chassis *chassis = component->chassis;
	unsigned w = 0;
	struct way *way;

	LIST_FOREACH (way, &chassis->ways, link) {
		if (way_has_access(way, component, w))
			return way;
		w++;
	}
	return NULL;
}

struct way *chassis_active_way(struct chassis *chassis)
{
	struct way *way;

	LIST_FOREACH (way, &chassis->ways, link)
		if (way_usable(way))
			return way;
	return NULL;
}

/* ---- one component ------------------------------------------------------------ */

/*
 * true: what it shows has changed.  A page older than what is known is not believed: it is
 * of the other IOM, read before the last request went through this one, which has failed
 * or gone since.  *ret_stale: that way is to be read now.
 */
static bool join_component(struct component *component, bool *ret_stale)
{
	const uint8_t *best = NULL, *any = NULL;
	bool known = component->known, changed;
	uint32_t indicators = 0;
	uint64_t read = 0;
	struct way *way;
	unsigned w = 0;

	LIST_FOREACH (way, &component->chassis->ways, link) {
		const uint8_t *status = way_bytes(way, component, w);

		if (status) {
			any = any ? any : status;
			if (way->page_read > read)
				read = way->page_read;
			if (way_has_access(way, component, w)) {
				best = best ? best : status;
				indicators |= ses_indicators_shown(component->type, status);
			}
		}
		w++;
	}
	best = best ? best : any;
	if (best && known && read < component->read) {
		*ret_stale = true;
		return false;
	}
	/* What no way can read keeps its last known lamps off the bus: it is unknown. */
	changed = known != (best != NULL) || component->indicators != indicators ||
		  (best && memcmp(component->status, best, sizeof(component->status)) != 0);
	component->known = best != NULL;
	component->read = read;
	component->indicators = indicators;
	if (best)
		memcpy(component->status, best, sizeof(component->status));
	return changed;
}

/* ---- health -------------------------------------------------------------------- */

static bool ignored(const struct component *component)
{
	struct way *way = chassis_active_way(component->chassis);
	const struct quirk *quirk;

	if (!way)
		return false;
	quirk = &way->snapshot->quirk;
	for (unsigned i = 0; i < quirk->n_ignores; i++)
		if (quirk->ignores[i].type == component->type &&
		    (quirk->ignores[i].index < 0 ||
		     (unsigned) quirk->ignores[i].index == component->index))
			return true;
	return false;
}

static bool component_bad(const struct component *component)
{
	uint8_t code = ses_element_code(component->status);

	if (!component->known)
		return false;
	/* A bay that no way left may see: the IOM that owns it is gone. */
	if (component->slot && code == SES_CODE_NO_ACCESS)
		return true;
	return (code == SES_CODE_CRITICAL || code == SES_CODE_NONCRITICAL ||
		code == SES_CODE_UNRECOVERABLE) &&
	       !ignored(component);
}

static bool any_bad(const struct list *head)
{
	struct component *component;

	LIST_FOREACH (component, head, link)
		if (component_bad(component))
			return true;
	return false;
}

static bool join_health(struct chassis *chassis)
{
	enum status status = chassis->status;
	enum health health = chassis->health;
	unsigned working = 0, broken = 0;
	struct way *way;

	LIST_FOREACH (way, &chassis->ways, link) {
		if (way->disabled)
			continue;
		if (way->failure)
			broken++;
		else
			working++;
	}
	if (working == 0) {
		chassis->status = STATUS_FAILED;
		chassis->health = HEALTH_FAILED;
	} else if (broken > 0 || any_bad(&chassis->slots) || any_bad(&chassis->elements)) {
		chassis->status = STATUS_PARTIALLY_MANAGED;
		chassis->health = HEALTH_DEGRADED;
	} else {
		chassis->status = STATUS_ONLINE;
		chassis->health = HEALTH_HEALTHY;
	}
	return chassis->status != status || chassis->health != health;
}

static bool join_list(struct chassis *chassis, struct list *head)
{
	struct component *component;
	bool stale = false;

	LIST_FOREACH (component, head, link) {
		uint8_t code = ses_element_code(component->status);
		bool known = component->known;

		if (!join_component(component, &stale))
			continue;
		tell_changed(chassis->inventory, &component->object);
		if (component->slot && (!known || code != ses_element_code(component->status)))
			poller_expect_address(chassis);
	}
	return stale;
}

/* Components that a new configuration brought. */
static void announce(struct chassis *chassis, struct list *head)
{
	struct component *component;

	LIST_FOREACH (component, head, link)
		if (chassis->object.announced && !component->object.announced)
			tell_added(chassis->inventory, &component->object);
}

void chassis_join(struct chassis *chassis)
{
	struct way *way;
	bool stale;

	stale = join_list(chassis, &chassis->slots);
	stale = join_list(chassis, &chassis->elements) || stale;
	announce(chassis, &chassis->slots);
	announce(chassis, &chassis->elements);
	/* At once, but not over and over if that brings nothing newer. */
	if (stale && !chassis->stale)
		chassis_poll_soon(chassis);
	else if (stale)
		poller_retry(chassis);
	chassis->stale = stale;
	chassis->last_refresh = clock_realtime();
	way = chassis_active_way(chassis);
	if (way)
		chassis->generation = way->snapshot->config->generation;
	(void) join_health(chassis);
	tell_changed(chassis->inventory, &chassis->object);
	LIST_FOREACH (way, &chassis->ways, link)
		tell_changed(chassis->inventory, &way->object);
}
