/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Drive: a physical drive.
 */
#include <errno.h>

#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

#define ENCLOSURE_NONE 0xFFFFFFFFU /* ULONG_MAX of VDS_DRIVE_PROP2 */

static int method_get_subsystem(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct component *slot = object_drive(face->object)->slot;

	if (!slot)
		return bus_error_setf(error, -ENOENT,
				      "This drive is in no enclosure that is known");
	return reply(face->bus, m, "o", face_path(&slot->chassis->object));
}

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
	METHOD("GetSubSystem", (NULL), ("o", subsystem), method_get_subsystem),
};

const struct interface interface_drive = INTERFACE("Drive", properties, members);
