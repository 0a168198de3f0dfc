/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disk to bay by SAS address (ses.md 5.3): any port of the drive against any
 * phy of the bay that page 0Ah of any way calls an end device.  One address in
 * two chassis is believed of the one in the disk's own SAS domain
 * (peers.md C.6), and of none if that does not decide.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "enclosure/private.h"

struct seat {
	uint64_t address;
	struct component *slot;
};

struct seats {
	struct seat *seats;
	size_t n;
};

static int compare_seats(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static size_t count_addresses(const struct inventory *inventory)
{
	const struct chassis *chassis;
	const struct component *slot;
	size_t n = 0;

	LIST_FOREACH (chassis, &inventory->chassis, link)
		LIST_FOREACH (slot, &chassis->slots, link)
			n += slot->n_addresses;
	return n;
}

static bool collect(struct inventory *inventory, struct seats *ret)
{
	struct chassis *chassis;
	struct component *slot;

	ret->n = 0;
	ret->seats = calloc(count_addresses(inventory) + 1, sizeof(*ret->seats));
	if (!ret->seats)
		return false;
	LIST_FOREACH (chassis, &inventory->chassis, link)
		LIST_FOREACH (slot, &chassis->slots, link)
			for (unsigned i = 0; i < slot->n_addresses; i++)
				ret->seats[ret->n++] = (struct seat){ slot->addresses[i], slot };
	qsort(ret->seats, ret->n, sizeof(*ret->seats), compare_seats);
	return true;
}

static const struct seat *first_seat(const struct seats *seats, uint64_t address)
{
	size_t low = 0, high = seats->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (seats->seats[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < seats->n && seats->seats[low].address == address ? &seats->seats[low] : NULL;
}

static bool same_domain(const struct component *slot, uint64_t domain)
{
	const struct way *way;

	LIST_FOREACH (way, &slot->chassis->ways, link)
		if (way->device->sas_domain && way->device->sas_domain == domain)
			return true;
	return false;
}

/* The one bay with that address, preferring the domain; NULL: none, or who knows. */
static struct component *seat_of(const struct seats *seats, uint64_t address, uint64_t domain)
{
	const struct seat *end = seats->seats + seats->n;
	struct component *any = NULL, *near = NULL;
	unsigned n_any = 0, n_near = 0;

	for (const struct seat *s = first_seat(seats, address);
	     s && s < end && s->address == address; s++) {
		if (s->slot != any)
			n_any++;
		any = s->slot;
		if (same_domain(s->slot, domain)) {
			if (s->slot != near)
				n_near++;
			near = s->slot;
		}
	}
	if (n_near == 1)
		return near;
	return n_any == 1 ? any : NULL;
}

static struct component *seat_of_unit(const struct seats *seats, const struct unit *unit)
{
	const struct path *path;

	LIST_FOREACH (path, &unit->paths, link) {
		const struct device *device = path->device;
		struct scsi_identity identity = { .n_ports = 0 };
		struct component *slot = NULL;

		if (device->sas_address)
			slot = seat_of(seats, device->sas_address, device->sas_domain);
		if (!slot && device->vpd83 &&
		    scsi_identity_decode(device->vpd83, device->vpd83_length, &identity) == 0)
			for (unsigned i = 0; !slot && i < identity.n_ports; i++)
				slot = seat_of(seats, identity.ports[i], device->sas_domain);
		if (slot)
			return slot;
	}
	return NULL;
}

static void seat(struct inventory *inventory, struct drive *drive, struct component *slot)
{
	struct component *old = drive->slot;

	if (old == slot)
		return;
	if (old && old->drive == drive) {
		old->drive = NULL;
		tell_changed(inventory, &old->object);
	}
	drive->slot = slot;
	if (slot) {
		slot->drive = drive;
		tell_changed(inventory, &slot->object);
		history_note(inventory, drive);
	}
	tell_changed(inventory, &drive->object);
}

static struct component *seat_of_drive(const struct seats *seats, const struct drive *drive)
{
	struct component *slot = NULL;
	const struct unit *unit;

	LIST_FOREACH (unit, &drive->units, of_drive)
		if (!slot)
			slot = seat_of_unit(seats, unit);
	/* Detached on purpose: it has no paths left, but its addresses are known. */
	for (unsigned i = 0; !slot && drive->n_units == 0 && i < drive->n_addresses; i++)
		slot = seat_of(seats, drive->addresses[i], 0);
	return slot;
}

/* The address of such a SAS disk may show in page 0Ah of that chassis. */
static bool may_sit_in(const struct drive *drive, const struct chassis *chassis)
{
	const struct unit *unit;
	const struct path *path;
	const struct way *way;

	LIST_FOREACH (unit, &drive->units, of_drive)
		LIST_FOREACH (path, &unit->paths, link)
			LIST_FOREACH (way, &chassis->ways, link)
				if (path->device->sas_address && way->snapshot->additionals &&
				    way->device->sas_domain == path->device->sas_domain)
					return true;
	return false;
}

/* A SAS disk that no bay has: its address may show later. */
static void expect(struct inventory *inventory, const struct drive *drive)
{
	struct chassis *chassis;

	LIST_FOREACH (chassis, &inventory->chassis, link)
		if (may_sit_in(drive, chassis))
			poller_expect_address(chassis);
}

static bool occupied(const struct component *slot)
{
	switch (ses_element_code(slot->status)) {
	case SES_CODE_OK:
	case SES_CODE_CRITICAL:
	case SES_CODE_NONCRITICAL:
	case SES_CODE_UNRECOVERABLE:
	case SES_CODE_NOT_AVAILABLE:
		return slot->known;
	}
	return false;
}

bool match_lacks_address(struct chassis *chassis)
{
	const struct component *slot;
	const struct drive *drive;
	bool unknown = false;

	LIST_FOREACH (slot, &chassis->slots, link)
		unknown = unknown || (occupied(slot) && !slot->drive);
	if (!unknown)
		return false;
	LIST_FOREACH (drive, &chassis->inventory->drives, link)
		if (!drive->slot && may_sit_in(drive, chassis))
			return true;
	return false;
}

void match_all(struct inventory *inventory)
{
	struct seats seats;
	struct drive *drive;
	struct unit *unit;

	if (!collect(inventory, &seats)) {
		log_error("Out of memory for matching disks to bays");
		return;
	}
	LIST_FOREACH (unit, &inventory->units, link)
		if (!unit->drive && seat_of_unit(&seats, unit))
			unit_settle_drive(inventory, unit, true);
	LIST_FOREACH (drive, &inventory->drives, link) {
		struct component *slot = seat_of_drive(&seats, drive);
		bool was_seated = drive->slot != NULL;

		/* Two drives for one bay: the one that sits there stays. */
		if (slot && slot->drive && slot->drive != drive)
			slot = seat_of_drive(&seats, slot->drive) == slot ? NULL : slot;
		if (slot && slot->drive && slot->drive != drive)
			seat(inventory, slot->drive, NULL);
		seat(inventory, drive, slot);
		if (!slot && (was_seated || !drive->looked_for)) {
			drive->looked_for = true;
			expect(inventory, drive);
		}
	}
	free(seats.seats);
}
