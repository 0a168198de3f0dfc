/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Controller: one way to talk to an enclosure.
 */
#include <errno.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/controller.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "ses/element.h"

uint32_t controller_status(const struct way *way)
{
	if (way->disabled)
		return STATUS_OFFLINE;
	return way->failure < 0 ? STATUS_FAILED : STATUS_ONLINE;
}

static int method_get_subsystem(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;

	(void) error;
	return reply(face->bus, m, "o", face_path(&object_way(face->object)->chassis->object));
}

static int method_set_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	uint32_t status;
	int r;

	r = sd_bus_message_read(m, "u", &status);
	if (r < 0)
		return r;
	switch (status) {
	case STATUS_ONLINE:
	case STATUS_NOT_READY:
	case STATUS_OFFLINE:
	case STATUS_FAILED:
	case STATUS_REMOVED:
		break;
	default:
		return bus_error_setf(error, -EINVAL, "%u is no status of a controller", status);
	}
	r = bus_authorize(face, m, ACTION_SET_STATUS, "set-status", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	if (status != STATUS_ONLINE && status != STATUS_OFFLINE)
		return bus_error_setf(error, -EOPNOTSUPP,
				      "A controller can be set online and offline only");
	r = way_set_disabled(object_way(face->object), status == STATUS_OFFLINE);
	if (r == -EPERM)
		return bus_error_setf(error, r,
				      "It is the last controller in use of its enclosure");
	if (r < 0)
		return bus_error_set(error, r, NULL);
	return reply(face->bus, m, NULL);
}

static void get_id(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, face_id(object->face));
}

static void get_friendly_name(struct bus *bus, struct object *object, struct out *out)
{
	const struct way *way = object_way(object);

	(void) bus;
	out_words(out, way->inquiry.vendor, way->inquiry.product);
}

/* Its own serial number where it has one, else what tells it from the others. */
static void get_identification(struct bus *bus, struct object *object, struct out *out)
{
	const struct way *way = object_way(object);
	char serial[256] = "";

	(void) bus;
	if (way->device && way->device->vpd80)
		(void) scsi_serial_decode(way->device->vpd80, way->device->vpd80_length, serial,
					  sizeof(serial));
	out_string(out, *serial ? serial : way->key);
}

static void get_status(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, controller_status(object_way(object)));
}

/* FAILED goes with the status of that name only (vds.md 3.5). */
static enum health health(struct way *way)
{
	const struct component *electronics;

	if (controller_status(way) == STATUS_FAILED)
		return HEALTH_FAILED;
	if (way->failure < 0)
		return HEALTH_UNKNOWN;
	electronics = way_electronics(way);
	if (!electronics || !electronics->known)
		return HEALTH_HEALTHY;
	switch (ses_element_code(electronics->status)) {
	case SES_CODE_CRITICAL:
	case SES_CODE_NONCRITICAL:
	case SES_CODE_UNRECOVERABLE:
		return HEALTH_DEGRADED;
	default:
		return HEALTH_HEALTHY;
	}
}

static void get_health(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, health(object_way(object)));
}

static void get_subsystem(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_path(out, face_path(&object_way(object)->chassis->object));
}

static void get_node(struct bus *bus, struct object *object, struct out *out)
{
	const struct way *way = object_way(object);

	(void) bus;
	out_string(out, way->device ? way->device->sg_node : NULL);
}

static void get_sas_address(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_address(out, object_way(object)->sas_address);
}

static void get_active(struct bus *bus, struct object *object, struct out *out)
{
	struct way *way = object_way(object);

	(void) bus;
	out_bool(out, chassis_active_way(way->chassis) == way);
}

static const struct property properties[] = {
	{ "Id", "s", get_id, PROPERTY_CONST },
	{ "FriendlyName", "s", get_friendly_name, PROPERTY_CHANGES },
	{ "Identification", "s", get_identification, PROPERTY_CHANGES },
	{ "Status", "u", get_status, PROPERTY_CHANGES },
	{ "Health", "u", get_health, PROPERTY_CHANGES },
	{ "SubSystem", "o", get_subsystem, PROPERTY_CHANGES },
	{ "Node", "s", get_node, PROPERTY_CHANGES },
	{ "SasAddress", "s", get_sas_address, PROPERTY_CHANGES },
	{ "Active", "b", get_active, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("GetSubSystem", (NULL), ("o", subsystem), method_get_subsystem),
	METHOD("SetStatus", ("u", status), (NULL), method_set_status),
};

const struct interface interface_controller = INTERFACE("Controller", properties, members);
