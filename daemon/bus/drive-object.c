/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Drive: a physical drive.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/disk.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

#define ENCLOSURE_NONE 0xFFFFFFFFU /* ULONG_MAX of VDS_DRIVE_PROP2 */

/* ---- QueryExtents: an extent for each unit, since none of them shares its medium -- */

struct extent {
	struct extents *extents;
	char *lun;
	uint64_t bytes;
	bool used;
};

struct extents {
	struct call *call;
	unsigned n, pending;
	int result;
	struct extent list[DRIVE_UNITS_MAX];
};

static void answer_extents(struct extents *extents)
{
	const struct outcome outcome = { .result = extents->result };
	struct out out;

	if (outcome.result < 0) {
		call_done(extents->call, &outcome);
	} else {
		call_begin(extents->call, &out);
		out_open(&out, 'a', "(otb)");
		for (unsigned i = 0; i < extents->n; i++) {
			out_open(&out, 'r', "otb");
			out_path(&out, extents->list[i].lun);
			out_u64(&out, extents->list[i].bytes);
			out_bool(&out, extents->list[i].used);
			out_close(&out);
		}
		out_close(&out);
		call_send(extents->call, &out);
	}
	for (unsigned i = 0; i < extents->n; i++)
		free(extents->list[i].lun);
	free(extents);
}

static void on_users(void *userdata, const struct outcome *outcome,
		     const struct kernel_users *users)
{
	struct extent *extent = userdata;
	struct extents *extents = extent->extents;

	if (outcome->result < 0)
		extents->result = outcome->result;
	else
		extent->used = users->n > 0;
	if (--extents->pending == 0)
		answer_extents(extents);
}

static int method_query_extents(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct unit *unit;
	struct extents *extents = calloc(1, sizeof(*extents));
	int r;

	if (!extents)
		return bus_error_set(error, -ENOMEM, NULL);
	r = call_new(face->bus, m, error, &extents->call);
	if (r < 0) {
		free(extents);
		return r;
	}
	extents->pending = 1;
	LIST_FOREACH (unit, &object_drive(face->object)->units, of_drive) {
		struct extent *extent = &extents->list[extents->n];

		if (extents->n == DRIVE_UNITS_MAX)
			break;
		extents->n++;
		*extent = (struct extent){ extents, strdup(face_path(&unit->object)), unit->size,
					   false };
		if (!extent->lun) {
			extents->result = -ENOMEM;
			break;
		}
		extents->pending++;
		drive_query_users(face->bus->drives, &unit->object, on_users, extent);
	}
	if (--extents->pending == 0)
		answer_extents(extents);
	return 1;
}

static int change_flags(sd_bus_message *m, struct face *face, bool set, sd_bus_error *error)
{
	struct bus *bus = face->bus;
	struct call *call;
	uint32_t flags;
	int r;

	r = sd_bus_message_read(m, "u", &flags);
	if (r < 0)
		return r;
	if (flags != DRIVE_FLAG_HOTSPARE)
		return bus_error_setf(error, -EINVAL, "Only VDS_DRF_HOTSPARE (%u) can be changed",
				      DRIVE_FLAG_HOTSPARE);
	r = bus_authorize(face, m, ACTION_SET_STATUS, set ? "set-flags" : "clear-flags", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = call_new(bus, m, error, &call);
	if (r < 0)
		return r;
	drive_set_flags(bus->drives, object_drive(face->object), flags, set,
			senders_uid(&bus->senders, m), call_done, call);
	return 1;
}

static int method_set_flags(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return change_flags(m, userdata, true, error);
}

static int method_clear_flags(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return change_flags(m, userdata, false, error);
}

/* ---- properties --------------------------------------------------------------------- */

static void get_id(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, face_id(object->face));
}

static void get_size(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u64(out, object_drive(object)->size);
}

static void get_friendly_name(struct bus *bus, struct object *object, struct out *out)
{
	const struct drive *d = object_drive(object);

	(void) bus;
	out_words(out, d->vendor, d->product);
}

static void get_serial(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_drive(object)->serial);
}

static void get_flags(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_drive(object)->flags);
}

static void get_status(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_drive(object)->status);
}

static void get_health(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_drive(object)->health);
}

static void get_internal_bus(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_i16(out, 0);
}

static void get_slot_number(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot = object_drive(object)->slot;

	(void) bus;
	out_i16(out, !slot ? -1 : slot->index > INT16_MAX ? INT16_MAX : (int) slot->index);
}

static void get_enclosure_number(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot = object_drive(object)->slot;

	(void) bus;
	out_u32(out, slot ? slot->subenclosure : ENCLOSURE_NONE);
}

static void get_bus_type(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_drive(object)->bus_type);
}

static void get_spindle_speed(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_drive(object)->rotation);
}

static void get_vendor(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_drive(object)->vendor);
}

static void get_product(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_drive(object)->product);
}

static void get_revision(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_drive(object)->revision);
}

static void get_wwn(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_drive(object)->wwn);
}

static void get_addresses(struct bus *bus, struct object *object, struct out *out)
{
	const struct drive *d = object_drive(object);

	(void) bus;
	out_open(out, 'a', "s");
	for (unsigned i = 0; i < d->n_addresses; i++)
		out_address(out, d->addresses[i]);
	out_close(out);
}

static void get_nodes(struct bus *bus, struct object *object, struct out *out)
{
	const struct unit *unit;
	const struct path *path;

	(void) bus;
	out_open(out, 'a', "s");
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive)
		LIST_FOREACH (path, &unit->paths, link)
			if (path->device->block_node)
				out_string(out, path->device->block_node);
	out_close(out);
}

static void get_subsystem(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot = object_drive(object)->slot;

	(void) bus;
	out_path(out, slot ? face_path(&slot->chassis->object) : "/");
}

static void get_slot(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot = object_drive(object)->slot;

	(void) bus;
	out_path(out, slot ? face_path(&slot->object) : "/");
}

static void get_luns(struct bus *bus, struct object *object, struct out *out)
{
	const struct unit *unit;

	(void) bus;
	out_open(out, 'a', "o");
	LIST_FOREACH (unit, &object_drive(object)->units, of_drive)
		if (unit->object.face)
			out_path(out, face_path(&unit->object));
	out_close(out);
}

static void get_operation(struct bus *bus, struct object *object, struct out *out)
{
	const struct operation *operation = object_drive(object)->operation;

	(void) bus;
	out_path(out, operation && !operation->ended ? face_path(&operation->object) : "/");
}

static const struct property properties[] = {
	{ "Id", "s", get_id, PROPERTY_CONST },
	{ "Size", "t", get_size, PROPERTY_CHANGES },
	{ "FriendlyName", "s", get_friendly_name, PROPERTY_CHANGES },
	{ "Identification", "s", get_serial, PROPERTY_CHANGES },
	{ "Flags", "u", get_flags, PROPERTY_CHANGES },
	{ "Status", "u", get_status, PROPERTY_CHANGES },
	{ "Health", "u", get_health, PROPERTY_CHANGES },
	{ "InternalBusNumber", "n", get_internal_bus, PROPERTY_CONST },
	{ "SlotNumber", "n", get_slot_number, PROPERTY_CHANGES },
	{ "EnclosureNumber", "u", get_enclosure_number, PROPERTY_CHANGES },
	{ "BusType", "u", get_bus_type, PROPERTY_CHANGES },
	{ "SpindleSpeed", "u", get_spindle_speed, PROPERTY_CHANGES },
	{ "Vendor", "s", get_vendor, PROPERTY_CHANGES },
	{ "Product", "s", get_product, PROPERTY_CHANGES },
	{ "Revision", "s", get_revision, PROPERTY_CHANGES },
	{ "SerialNumber", "s", get_serial, PROPERTY_CHANGES },
	{ "Wwn", "s", get_wwn, PROPERTY_CHANGES },
	{ "SasAddresses", "as", get_addresses, PROPERTY_CHANGES },
	{ "Nodes", "as", get_nodes, PROPERTY_CHANGES },
	{ "SubSystem", "o", get_subsystem, PROPERTY_CHANGES },
	{ "Slot", "o", get_slot, PROPERTY_CHANGES },
	{ "Luns", "ao", get_luns, PROPERTY_CHANGES },
	{ "Operation", "o", get_operation, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("GetSubSystem", (NULL), ("o", subsystem), disk_get_subsystem),
	METHOD("QueryExtents", (NULL), ("a(otb)", extents), method_query_extents),
	METHOD("QueryUsers", (NULL), ("as", users), disk_query_users),
	METHOD("SetFlags", ("u", flags), (NULL), method_set_flags),
	METHOD("ClearFlags", ("u", flags), (NULL), method_clear_flags),
	METHOD("SetStatus", ("u", status), (NULL), disk_set_status),
	METHOD("SetStatusAsync", ("u", status), ("o", operation), disk_set_status_async),
};

const struct interface interface_drive = INTERFACE("Drive", properties, members);
