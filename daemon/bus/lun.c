/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Lun: a SCSI logical unit, however many paths lead to it.
 *
 * A unit of a physical drive is VDS_LT_SIMPLE.  How a controller made up any
 * other one it does not say: VDS_LT_UNKNOWN.  Nothing here changes size or layout of a unit,
 * so the transition state is always VDS_TS_STABLE.
 */
#include "bus/call.h"
#include "bus/disk.h"
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

/* ---- GetIdentificationData (VDS_LUN_INFORMATION) ----------------------------------- */

/* VDS_STORAGE_BUS_TYPE (vds.md 3.8) */
enum bus_type {
	BUS_TYPE_UNKNOWN = 0,
	BUS_TYPE_ATA = 3,
	BUS_TYPE_FIBRE = 6,
	BUS_TYPE_USB = 7,
	BUS_TYPE_ISCSI = 9,
	BUS_TYPE_SAS = 10,
};

static uint32_t bus_type(const struct unit *unit, const struct device *device)
{
	if (unit->drive)
		return unit->drive->bus_type;
	if (!device)
		return BUS_TYPE_UNKNOWN;
	if (device->iscsi)
		return BUS_TYPE_ISCSI;
	if (device->fibre)
		return BUS_TYPE_FIBRE;
	if (device->usb)
		return BUS_TYPE_USB;
	if (device->ata_host)
		return BUS_TYPE_ATA;
	return device->sas_address != 0 ? BUS_TYPE_SAS : BUS_TYPE_UNKNOWN;
}

static void put_identifiers(struct out *out, const struct device *device)
{
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];
	int n = 0;

	if (device && device->vpd83)
		n = scsi_designators_decode(device->vpd83, device->vpd83_length, d);
	out_open(out, 'a', "(uuay)");
	for (int i = 0; i < n; i++) {
		out_open(out, 'r', "uuay");
		out_u32(out, d[i].code_set);
		out_u32(out, d[i].type);
		out_bytes(out, d[i].bytes, d[i].length);
		out_close(out);
	}
	out_close(out);
}

static int method_get_identification(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct unit *unit = object_unit(face->object);
	const struct device *device = NULL;
	const struct path *path;
	struct call *call;
	struct out out;
	int r;

	r = call_new(face->bus, m, error, &call);
	if (r < 0)
		return r;
	/* Paths differ in the ports they name; the first that has the page speaks for the unit. */
	LIST_FOREACH (path, &unit->paths, link)
		if (!device || (!device->vpd83 && path->device->vpd83))
			device = path->device;

	call_begin(call, &out);
	out_u8(&out, unit->inquiry.type);
	out_bool(&out, unit->inquiry.command_queueing);
	out_u32(&out, bus_type(unit, device));
	out_string(&out, unit->inquiry.vendor);
	out_string(&out, unit->inquiry.product);
	out_string(&out, unit->inquiry.revision);
	out_string(&out, unit->serial);
	put_identifiers(&out, device);
	call_send(call, &out);
	return 1;
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
	METHOD("GetSubSystem", (NULL), ("o", subsystem), disk_get_subsystem),
	METHOD("GetIdentificationData", (NULL),
	       ("y", deviceType, "b", commandQueueing, "u", busType, "s", vendor, "s", product, "s",
		revision, "s", serial, "a(uuay)", identifiers),
	       method_get_identification),
	METHOD("QueryUsers", (NULL), ("as", users), disk_query_users),
	METHOD("SetStatus", ("u", status), (NULL), disk_set_status),
	METHOD("SetStatusAsync", ("u", status), ("o", operation), disk_set_status_async),
};

const struct interface interface_lun = INTERFACE("Lun", properties, members);
