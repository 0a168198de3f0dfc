/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Lun: a SCSI logical unit, however many paths lead to it.
 *
 * A unit of a physical drive is VDS_LT_SIMPLE.  How a controller made up any
 * other one it does not say: VDS_LT_UNKNOWN.  Nothing here changes size or layout of a unit,
 * so the transition state is always VDS_TS_STABLE.
 */
#include <errno.h>

#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

#define VDS_LT_UNKNOWN 0U
#define VDS_LT_SIMPLE 10U
#define VDS_TS_STABLE 1U

static const struct component *slot_of(struct object *object)
{
	const struct drive *drive = object_unit(object)->drive;

	return drive ? drive->slot : NULL;
}

static int method_get_subsystem(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct component *slot = slot_of(face->object);

	if (!slot)
		return bus_error_setf(error, -ENOENT, "This unit is in no enclosure that is known");
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
	out_u64(out, object_unit(object)->size);
}

static void get_friendly_name(struct bus *bus, struct object *object, struct out *out)
{
	const struct unit *unit = object_unit(object);

	(void) bus;
	out_words(out, unit->inquiry.vendor, unit->inquiry.product);
}

static void get_identification(struct bus *bus, struct object *object, struct out *out)
{
	const struct unit *unit = object_unit(object);

	(void) bus;
	out_string(out, *unit->wwn ? unit->wwn : unit->id);
}

static void get_flags(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_u32(out, 0);
}

static void get_type(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_unit(object)->drive ? VDS_LT_SIMPLE : VDS_LT_UNKNOWN);
}

static void get_status(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_unit(object)->status);
}

static void get_health(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_unit(object)->health);
}

static void get_transition(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_u32(out, VDS_TS_STABLE);
}

static void get_paths(struct bus *bus, struct object *object, struct out *out)
{
	const struct path *path;

	(void) bus;
	out_open(out, 'a', "(ss)");
	LIST_FOREACH (path, &object_unit(object)->paths, link) {
		const struct device *device = path->device;

		out_open(out, 'r', "ss");
		out_string(out, device->block_node ? device->block_node : device->sg_node);
		out_string(out, device->state);
		out_close(out);
	}
	out_close(out);
}

static void get_subsystem(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot = slot_of(object);

	(void) bus;
	out_path(out, slot ? face_path(&slot->chassis->object) : "/");
}

static void get_drives(struct bus *bus, struct object *object, struct out *out)
{
	const struct drive *drive = object_unit(object)->drive;

	(void) bus;
	out_open(out, 'a', "o");
	if (drive && drive->object.face)
		out_path(out, face_path(&drive->object));
	out_close(out);
}

static void get_operation(struct bus *bus, struct object *object, struct out *out)
{
	const struct operation *operation = object_unit(object)->operation;

	(void) bus;
	out_path(out, operation && !operation->ended ? face_path(&operation->object) : "/");
}

static const struct property properties[] = {
	{ "Id", "s", get_id, PROPERTY_CONST },
	{ "Size", "t", get_size, PROPERTY_CHANGES },
	{ "FriendlyName", "s", get_friendly_name, PROPERTY_CHANGES },
	{ "Identification", "s", get_identification, PROPERTY_CHANGES },
	{ "Flags", "u", get_flags, PROPERTY_CHANGES },
	{ "Type", "u", get_type, PROPERTY_CHANGES },
	{ "Status", "u", get_status, PROPERTY_CHANGES },
	{ "Health", "u", get_health, PROPERTY_CHANGES },
	{ "TransitionState", "u", get_transition, PROPERTY_CHANGES },
	{ "Paths", "a(ss)", get_paths, PROPERTY_CHANGES },
	{ "SubSystem", "o", get_subsystem, PROPERTY_CHANGES },
	{ "Drives", "ao", get_drives, PROPERTY_CHANGES },
	{ "Operation", "o", get_operation, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("GetSubSystem", (NULL), ("o", subsystem), method_get_subsystem),
};

const struct interface interface_lun = INTERFACE("Lun", properties, members);
