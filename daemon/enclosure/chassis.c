/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chassis: enclosure devices with one logical identifier are one box with
 * several ways in (ses.md 2.2).  Positions of bays are those of the way with
 * the lowest SAS address when the list was made; the others are mapped onto them
 * (numbering.c), and so is every later configuration, so that a bay keeps its
 * object as long as it can be recognised.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "enclosure/private.h"

#define DEPARTED_MAX 4096U

unsigned way_position(const struct way *way)
{
	unsigned position = 0;

	for (const struct list *l = way->chassis->ways.next; l != &way->link; l = l->next)
		position++;
	return position;
}

struct way *chassis_find_way(struct chassis *chassis, const char *key)
{
	struct way *way;

	LIST_FOREACH (way, &chassis->ways, link)
		if (strcmp(way->key, key) == 0)
			return way;
	return NULL;
}

/* ---- a chassis ------------------------------------------------------------------- */

static struct chassis *chassis_new(struct inventory *inventory, const char *eid)
{
	struct chassis *chassis;
	struct departed *departed;

	if (inventory->n_chassis >= CHASSIS_MAX)
		return NULL;
	chassis = calloc(1, sizeof(*chassis));
	if (!chassis)
		return NULL;
	chassis->object.kind = OBJECT_SUBSYSTEM;
	chassis->inventory = inventory;
	(void) snprintf(chassis->eid, sizeof(chassis->eid), "%s", eid);
	list_init(&chassis->link);
	list_init(&chassis->ways);
	list_init(&chassis->slots);
	list_init(&chassis->elements);
	if (queue_new(chassis) < 0) {
		free(chassis);
		return NULL;
	}
	LIST_FOREACH (departed, &inventory->departed, link)
		chassis->returned = chassis->returned || strcmp(departed->eid, eid) == 0;
	list_append(&inventory->chassis, &chassis->link);
	inventory->n_chassis++;
	return chassis;
}

static void note_departed(struct inventory *inventory, const char *eid)
{
	struct departed *departed;
	unsigned n = 0;

	LIST_FOREACH (departed, &inventory->departed, link) {
		n++;
		if (strcmp(departed->eid, eid) == 0)
			return;
	}
	departed = n < DEPARTED_MAX ? calloc(1, sizeof(*departed)) : NULL;
	if (!departed)
		return;
	(void) snprintf(departed->eid, sizeof(departed->eid), "%s", eid);
	list_append(&inventory->departed, &departed->link);
}

static void way_free(struct way *way)
{
	list_unlink(&way->link);
	snapshot_unref(way->snapshot);
	ses_status_free(way->page);
	free(way);
}

/* Frees a chassis of which nothing is published any more. */
void chassis_free(struct chassis *chassis)
{
	struct component *component;
	struct way *way;

	queue_free(chassis);
	LIST_FOREACH (component, &chassis->slots, link)
		component_free(component);
	LIST_FOREACH (component, &chassis->elements, link)
		component_free(component);
	LIST_FOREACH (way, &chassis->ways, link)
		way_free(way);
	list_unlink(&chassis->link);
	chassis->inventory->n_chassis--;
	free(chassis);
}

static void chassis_depart(struct chassis *chassis)
{
	struct component *component;

	log_notice("Enclosure %s (%s %s) is gone", chassis->eid, chassis->vendor, chassis->product);
	note_departed(chassis->inventory, chassis->eid);
	LIST_FOREACH (component, &chassis->slots, link)
		component_depart(component);
	LIST_FOREACH (component, &chassis->elements, link)
		component_depart(component);
	tell_removing(chassis->inventory, &chassis->object);
	chassis_free(chassis);
}

static void describe(struct chassis *chassis, const struct way *way)
{
	const struct snapshot *s = way->snapshot;

	if (s->config->n_subenclosures > 0) {
		const struct ses_subenclosure *e = &s->config->subenclosures[0];

		chassis->logical_id = e->logical_id;
		(void) snprintf(chassis->vendor, sizeof(chassis->vendor), "%s", e->vendor);
		(void) snprintf(chassis->product, sizeof(chassis->product), "%s", e->product);
		(void) snprintf(chassis->revision, sizeof(chassis->revision), "%s", e->revision);
	}
	if (chassis->vendor[0] == '\0' && chassis->product[0] == '\0') {
		(void) snprintf(chassis->vendor, sizeof(chassis->vendor), "%s",
				way->inquiry.vendor);
		(void) snprintf(chassis->product, sizeof(chassis->product), "%s",
				way->inquiry.product);
		(void) snprintf(chassis->revision, sizeof(chassis->revision), "%s",
				way->inquiry.revision);
	}
	(void) snprintf(chassis->nickname, sizeof(chassis->nickname), "%s", s->nickname);
	chassis->has_nickname = s->has_nickname;
	chassis->generation = s->config->generation;
}

static uint64_t device_sas_address(const struct device *device)
{
	struct scsi_identity identity;

	if (device->sas_address)
		return device->sas_address;
	if (device->vpd83 &&
	    scsi_identity_decode(device->vpd83, device->vpd83_length, &identity) == 0 &&
	    identity.n_ports > 0)
		return identity.ports[0];
	return 0;
}

static struct way *way_new(struct known_device *known)
{
	struct way *way;

	way = calloc(1, sizeof(*way));
	if (!way)
		return NULL;
	way->object.kind = OBJECT_CONTROLLER;
	way->device = known->device;
	way->sas_address = device_sas_address(known->device);
	if (known->device->inquiry)
		(void) scsi_inquiry_decode(known->device->inquiry, known->device->inquiry_length,
					   &way->inquiry);
	if (way->sas_address) {
		(void) text_hex64(way->key, way->sas_address);
	} else {
		(void) device_address(known->device, way->key, sizeof(way->key));
		for (char *p = way->key; *p; p++)
			*p = *p == ':' ? '_' : *p;
	}
	list_init(&way->link);
	return way;
}

/* In order of SAS address; those without come last, by key. */
static void link_way(struct chassis *chassis, struct way *way)
{
	struct list *at = chassis->ways.next;

	while (at != &chassis->ways) {
		const struct way *other = container_of(at, struct way, link);
		uint64_t a = way->sas_address ? way->sas_address : UINT64_MAX;
		uint64_t b = other->sas_address ? other->sas_address : UINT64_MAX;

		if (a < b || (a == b && strcmp(way->key, other->key) < 0))
			break;
		at = at->next;
	}
	list_append(at, &way->link);
	chassis->n_ways++;
	way->chassis = chassis;
}

static void unlink_way(struct way *way)
{
	queue_forget_way(way);
	poller_forget_way(way);
	list_unlink(&way->link);
	way->chassis->n_ways--;
}

static void publish(struct chassis *chassis)
{
	struct inventory *inventory = chassis->inventory;
	struct component *component;
	struct way *way;

	tell_added(inventory, &chassis->object);
	LIST_FOREACH (way, &chassis->ways, link)
		tell_added(inventory, &way->object);
	LIST_FOREACH (component, &chassis->slots, link)
		tell_added(inventory, &component->object);
	LIST_FOREACH (component, &chassis->elements, link)
		tell_added(inventory, &component->object);
}

static void say_found(const struct chassis *chassis, const struct way *way, bool fresh)
{
	log_info("%s %s: %s %s %s, %u bays, at %s",
		 fresh ? "Enclosure" : "Another way into enclosure", chassis->eid, chassis->vendor,
		 chassis->product, chassis->revision, chassis->n_slots, way->device->sg_node);
	if (way->snapshot->quirk.name[0] != '\0')
		log_info("Enclosure %s: quirk %s applies", chassis->eid, way->snapshot->quirk.name);
	if (way->snapshot->remark[0] != '\0')
		log_warning("Enclosure %s through %s: %s", chassis->eid, way->device->sg_node,
			    way->snapshot->remark);
}

int chassis_adopt(struct inventory *inventory, struct known_device *known,
		  struct snapshot *snapshot, struct ses_status *page)
{
	struct chassis *chassis;
	struct drive *drive;
	bool fresh = false;
	struct way *way;
	char eid[64];
	int r = 0;

	way = way_new(known);
	if (!way)
		return -ENOMEM;
	chassis = chassis_recognize(inventory, known, way, snapshot, eid, sizeof(eid));
	if (!chassis) {
		fresh = true;
		chassis = chassis_new(inventory, eid);
	}
	if (!chassis) {
		free(way);
		return -ENOMEM;
	}
	if (chassis_find_way(chassis, way->key))
		(void) snprintf(way->key, sizeof(way->key), "%u_%u_%u_%llu", known->device->host,
				known->device->channel, known->device->target,
				(unsigned long long) known->device->lun);
	way->snapshot = snapshot;
	if (snapshot->config->n_subenclosures)
		way->logical_id = snapshot->config->subenclosures[0].logical_id;
	way->page = page;
	way->page_read = clock_monotonic();
	link_way(chassis, way);
	if (fresh || way_position(way) == 0) {
		describe(chassis, way);
		r = chassis_renumber_from(chassis, way, AGAIN_BESIDE);
	}
	if (r < 0) {
		way->snapshot = NULL;
		way->page = NULL;
		unlink_way(way);
		way_free(way);
		if (fresh)
			chassis_free(chassis);
		return r;
	}
	known->way = way;
	chassis_map(chassis);
	if (fresh) {
		chassis_join(chassis);
		publish(chassis);
		/* It may have bays for disks that nobody had. */
		LIST_FOREACH (drive, &inventory->drives, link)
			drive->looked_for = drive->looked_for && drive->slot;
	} else {
		tell_added(inventory, &way->object);
		chassis_join(chassis);
		/* It was switched on just now, and may have forgotten what it was asked. */
		if (inventory->ready)
			tell_reset(chassis);
	}
	say_found(chassis, way, fresh);
	queue_resume(chassis);
	return 0;
}

void way_depart(struct way *way)
{
	struct chassis *chassis = way->chassis;

	if (chassis->n_ways == 1) {
		tell_removing(chassis->inventory, &way->object);
		unlink_way(way);
		way_free(way);
		chassis_depart(chassis);
		return;
	}
	log_notice("The way into enclosure %s at %s is gone", chassis->eid,
		   way->device->sg_node ? way->device->sg_node : way->key);
	tell_removing(chassis->inventory, &way->object);
	unlink_way(way);
	way_free(way);
	chassis_map(chassis);
	chassis_join(chassis);
}

/* ---- news of a way ------------------------------------------------------------------ */

static bool numbers(const struct way *way)
{
	return way_position(way) == 0 && strcmp(way->chassis->numbered_by, way->key) == 0;
}

void way_install_snapshot(struct way *way, struct snapshot *snapshot)
{
	struct chassis *chassis = way->chassis;
	const struct ses_config *old = way->snapshot->config, *new = snapshot->config;
	bool same_elements = ses_config_same_elements(old, new);
	bool same = same_elements && old->generation == new->generation;
	int r = 0;

	if (!same_elements)
		log_notice("The configuration of enclosure %s changed (generation %u)",
			   chassis->eid, new->generation);
	if (snapshot->remark[0] != '\0' && strcmp(snapshot->remark, way->snapshot->remark) != 0)
		log_warning("Enclosure %s through %s: %s", chassis->eid, way->device->sg_node,
			    snapshot->remark);
	snapshot_unref(way->snapshot);
	way->snapshot = snapshot;
	if (way_position(way) == 0)
		describe(chassis, way);
	if (numbers(way) || (way_position(way) == 0 && !same_elements))
		r = chassis_renumber_from(chassis, way,
					  same		  ? AGAIN_SAME
					  : same_elements ? AGAIN_MOVED
							  : AGAIN_BESIDE);
	if (r < 0)
		log_error("The new configuration of enclosure %s cannot be taken in: %s",
			  chassis->eid, strerror(-r));
	chassis_map(chassis);
	chassis->inventory->places_due = true;
	inventory_settle(chassis->inventory);
}

void way_install_additionals(struct way *way, struct ses_additionals *additionals)
{
	ses_additionals_free(way->snapshot->additionals);
	way->snapshot->additionals = additionals;
	if (numbers(way) && chassis_renumber_from(way->chassis, way, AGAIN_SAME) < 0)
		log_error("Out of memory for page 0Ah of enclosure %s", way->chassis->eid);
	chassis_map(way->chassis);
}

void way_install_page(struct way *way, struct ses_status *page)
{
	ses_status_free(way->page);
	way->page = page;
	way->page_read = clock_monotonic();
}

void way_set_failure(struct way *way, int failure, const char *text)
{
	bool was = way->failure != 0;

	way->failure = failure;
	(void) snprintf(way->failure_text, sizeof(way->failure_text), "%s", text ? text : "");
	if (failure && !was) {
		log_warning("Enclosure %s does not answer through %s: %s", way->chassis->eid,
			    way->device->sg_node ? way->device->sg_node : way->key,
			    text && *text ? text : strerror(-failure));
		poller_retry(way->chassis);
	} else if (!failure && was) {
		log_notice("Enclosure %s answers again through %s", way->chassis->eid,
			   way->device->sg_node ? way->device->sg_node : way->key);
	}
}

int way_set_disabled(struct way *way, bool disabled)
{
	struct way *other;
	unsigned in_use = 0;

	if (way->disabled == disabled)
		return 0;
	LIST_FOREACH (other, &way->chassis->ways, link)
		in_use += !other->disabled;
	if (disabled && in_use < 2)
		return -EPERM;
	way->disabled = disabled;
	chassis_join(way->chassis);
	if (!disabled)
		chassis_poll_soon(way->chassis);
	return 0;
}
