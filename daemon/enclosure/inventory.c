/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices come and go; each is a path to a disk, a way into an enclosure, both or
 * neither.  All that discovery says passes through here, and all that is told to the
 * layers above leaves from here.
 *
 * Tying disks to bays, and saying that the first inventory is complete, wait
 * until the loop has nothing else to do: a shelf of sixty disks is one change.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/log.h"
#include "enclosure/identity.h"
#include "enclosure/private.h"

#define SETTLE_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 20)

enum device_type {
	TYPE_DISK = 0x00,
	TYPE_ENCLOSURE = 0x0d,
	TYPE_HOST_MANAGED_ZONED = 0x14,
};

/* ---- telling -------------------------------------------------------------------- */

void tell_added(struct inventory *inventory, struct object *object)
{
	object->announced = true;
	for (unsigned i = 0; i < inventory->n_listeners; i++)
		if (inventory->listeners[i].added)
			inventory->listeners[i].added(inventory->listeners[i].userdata, object);
}

void tell_changed(struct inventory *inventory, struct object *object)
{
	if (!object->announced)
		return;
	for (unsigned i = 0; i < inventory->n_listeners; i++)
		if (inventory->listeners[i].changed)
			inventory->listeners[i].changed(inventory->listeners[i].userdata, object);
}

void tell_removing(struct inventory *inventory, struct object *object)
{
	if (!object->announced)
		return;
	for (unsigned i = 0; i < inventory->n_listeners; i++)
		if (inventory->listeners[i].removing)
			inventory->listeners[i].removing(inventory->listeners[i].userdata, object);
	object->announced = false;
}

void tell_moving(struct inventory *inventory, struct object *object)
{
	for (unsigned i = 0; object->announced && i < inventory->n_listeners; i++)
		if (inventory->listeners[i].moving)
			inventory->listeners[i].moving(inventory->listeners[i].userdata, object);
}

void tell_moved(struct inventory *inventory, struct object *object)
{
	for (unsigned i = 0; object->announced && i < inventory->n_listeners; i++)
		if (inventory->listeners[i].moved)
			inventory->listeners[i].moved(inventory->listeners[i].userdata, object);
}

void tell_reset(struct chassis *chassis)
{
	struct inventory *inventory = chassis->inventory;

	for (unsigned i = 0; i < inventory->n_listeners; i++)
		if (inventory->listeners[i].reset)
			inventory->listeners[i].reset(inventory->listeners[i].userdata, chassis);
}

void inventory_changed(struct inventory *inventory, struct object *object)
{
	tell_changed(inventory, object);
}

void inventory_publish_drive(struct inventory *inventory, struct drive *drive)
{
	tell_added(inventory, &drive->object);
	inventory_settle(inventory);
}

/* Ways that belong elsewhere are looked at as if they came now. */
static void replace_ways(struct inventory *inventory)
{
	struct known_device *known;

	LIST_FOREACH (known, &inventory->devices, link) {
		if (!known->way || !way_is_misplaced(known->way))
			continue;
		way_depart(known->way);
		known->way = NULL;
		probe_start(inventory, known);
	}
}

static int on_settle(sd_event_source *s, void *userdata)
{
	struct inventory *inventory = userdata;

	(void) s;
	if (inventory->places_due && !inventory->ending) {
		inventory->places_due = false;
		replace_ways(inventory);
	}
	if (inventory->match_due) {
		inventory->match_due = false;
		match_all(inventory);
	}
	if (inventory->ready || !inventory->enumerated || inventory->probing > 0)
		return 0;
	inventory->ready = true;
	for (unsigned i = 0; i < inventory->n_listeners; i++)
		if (inventory->listeners[i].ready)
			inventory->listeners[i].ready(inventory->listeners[i].userdata);
	return 0;
}

void inventory_settle(struct inventory *inventory)
{
	inventory->match_due = true;
	if (inventory->settle)
		(void) sd_event_source_set_enabled(inventory->settle, SD_EVENT_ONESHOT);
}

void inventory_probe_ended(struct inventory *inventory)
{
	inventory->probing--;
	inventory_settle(inventory);
}

/* ---- devices ---------------------------------------------------------------------- */

static unsigned bucket_of(const char *syspath)
{
	unsigned hash = 5381;

	for (; *syspath; syspath++)
		hash = hash * 33 + (unsigned char) *syspath;
	return hash % DEVICE_BUCKETS;
}

static struct known_device *find_device(struct inventory *inventory, const char *syspath)
{
	struct known_device *known = inventory->buckets[bucket_of(syspath)];

	while (known && strcmp(known->device->syspath, syspath) != 0)
		known = known->next_in_bucket;
	return known;
}

static bool is_disk(const struct device *device)
{
	return device->type == TYPE_DISK || device->type == TYPE_HOST_MANAGED_ZONED;
}

static bool may_be_enclosure(const struct device *device)
{
	struct scsi_inquiry inquiry;

	if (device->type == TYPE_ENCLOSURE)
		return true;
	return is_disk(device) && device->inquiry &&
	       scsi_inquiry_decode(device->inquiry, device->inquiry_length, &inquiry) == 0 &&
	       inquiry.encserv;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

void inventory_consider(struct inventory *inventory, struct known_device *known)
{
	if (!known->path && is_disk(known->device)) {
		int r = path_arrive(inventory, known);

		if (r < 0)
			log_error("The disk at %s cannot be taken in: %s", known->device->syspath,
				  strerror(-r));
	}
	if (!known->way && !known->refused && may_be_enclosure(known->device))
		probe_start(inventory, known);
}

void inventory_device_changed(struct inventory *inventory, struct known_device *known,
			      struct device *device)
{
	struct device *old = known->device;

	known->device = device;
	/* Another node may answer what the old one did not. */
	if (!same_text(old->sg_node, device->sg_node))
		known->refused = false;
	if (known->path)
		path_changed(inventory, known, old);
	if (known->way) {
		known->way->device = device;
		tell_changed(inventory, &known->way->object);
	}
	device_free(old);
	inventory_consider(inventory, known);
}

static void on_present(void *userdata, struct device *device)
{
	struct inventory *inventory = userdata;
	struct known_device *known;
	unsigned bucket;

	known = find_device(inventory, device->syspath);
	if (known) {
		inventory_device_changed(inventory, known, device);
		return;
	}
	known = inventory->n_devices < DEVICES_MAX ? calloc(1, sizeof(*known)) : NULL;
	if (!known) {
		log_error("Too many devices, or out of memory: %s is left out", device->syspath);
		device_free(device);
		return;
	}
	known->device = device;
	bucket = bucket_of(device->syspath);
	known->next_in_bucket = inventory->buckets[bucket];
	inventory->buckets[bucket] = known;
	list_append(&inventory->devices, &known->link);
	inventory->n_devices++;
	inventory_consider(inventory, known);
}

static void forget_device(struct inventory *inventory, struct known_device *known)
{
	struct known_device **at = &inventory->buckets[bucket_of(known->device->syspath)];

	while (*at != known)
		at = &(*at)->next_in_bucket;
	*at = known->next_in_bucket;
	list_unlink(&known->link);
	inventory->n_devices--;
	if (known->probe)
		probe_cancel(known->probe);
	device_free(known->device);
	free(known);
}

/* A bay that lost its disk says so in page 02h a moment later; look now. */
static void look_at_bay(const struct unit *unit)
{
	if (unit->drive && unit->drive->slot)
		poller_expect_address(unit->drive->slot->chassis);
}

static void on_gone(void *userdata, const char *syspath)
{
	struct inventory *inventory = userdata;
	struct known_device *known = find_device(inventory, syspath);

	if (!known)
		return;
	if (known->path) {
		look_at_bay(known->path->unit);
		path_depart(inventory, known);
	}
	if (known->way) {
		way_depart(known->way);
		known->way = NULL;
	}
	forget_device(inventory, known);
}

struct unit *inventory_find_syspath(struct inventory *inventory, const char *syspath)
{
	struct known_device *known = find_device(inventory, syspath);

	return known && known->path ? known->path->unit : NULL;
}

struct discovery *inventory_discovery(struct inventory *inventory)
{
	return inventory->p.discovery;
}

struct list *inventory_chassis(struct inventory *inventory)
{
	return &inventory->chassis;
}

struct list *inventory_drives(struct inventory *inventory)
{
	return &inventory->drives;
}

struct list *inventory_units(struct inventory *inventory)
{
	return &inventory->units;
}

struct chassis *inventory_find_chassis(struct inventory *inventory, const char *eid)
{
	struct chassis *chassis;

	LIST_FOREACH (chassis, &inventory->chassis, link)
		if (strcmp(chassis->eid, eid) == 0)
			return chassis;
	return NULL;
}

/* ---- life ----------------------------------------------------------------------------- */

int inventory_new(const struct inventory_parameters *parameters, struct inventory **ret)
{
	struct inventory *inventory;
	int r;

	inventory = calloc(1, sizeof(*inventory));
	if (!inventory)
		return -ENOMEM;
	inventory->p = *parameters;
	list_init(&inventory->devices);
	list_init(&inventory->chassis);
	list_init(&inventory->drives);
	list_init(&inventory->units);
	list_init(&inventory->probes);
	list_init(&inventory->visits);
	list_init(&inventory->departed);
	r = sd_event_add_defer(parameters->event, &inventory->settle, on_settle, inventory);
	if (r >= 0)
		r = sd_event_source_set_priority(inventory->settle, SETTLE_PRIORITY);
	if (r < 0) {
		inventory_free(inventory);
		return r;
	}
	*ret = inventory;
	return 0;
}

int inventory_listen(struct inventory *inventory, const struct model_listener *listener)
{
	if (inventory->n_listeners == LISTENERS_MAX)
		return -E2BIG;
	inventory->listeners[inventory->n_listeners++] = *listener;
	return 0;
}

int inventory_start(struct inventory *inventory)
{
	const struct discovery_listener listener = { .present = on_present,
						     .gone = on_gone,
						     .userdata = inventory };
	int r;

	r = inventory->p.discovery->start(inventory->p.discovery, inventory->p.event, &listener);
	if (r < 0)
		return r;
	inventory->enumerated = true;
	inventory_settle(inventory);
	return 0;
}

void inventory_stop(struct inventory *inventory)
{
	inventory->ending = true;
}

struct inventory *inventory_free(struct inventory *inventory)
{
	struct known_device *known;
	struct departed *departed;
	struct chassis *chassis;
	struct drive *drive;

	if (!inventory)
		return NULL;
	inventory->ending = true;
	inventory->n_listeners = 0;
	/* Bays go with their chassis; what sat in them comes after. */
	LIST_FOREACH (drive, &inventory->drives, link)
		drive->slot = NULL;
	LIST_FOREACH (chassis, &inventory->chassis, link)
		chassis_free(chassis);
	LIST_FOREACH (known, &inventory->devices, link) {
		if (known->path)
			path_depart(inventory, known);
		forget_device(inventory, known);
	}
	LIST_FOREACH (drive, &inventory->drives, link)
		drive_drop(inventory, drive);
	LIST_FOREACH (departed, &inventory->departed, link) {
		list_unlink(&departed->link);
		free(departed);
	}
	sd_event_source_disable_unref(inventory->settle);
	free(inventory);
	return NULL;
}
