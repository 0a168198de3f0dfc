/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.HwProvider, on the root object.
 */
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/rescan.h"
#include "bus/resolve.h"

static void put_subsystems(struct bus *bus, struct object *object, struct out *out)
{
	const struct chassis *chassis;

	(void) object;
	LIST_FOREACH (chassis, inventory_chassis(bus->inventory), link)
		if (chassis->object.face)
			out_path(out, face_path(&chassis->object));
}

static int method_query_subsystems(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;

	(void) error;
	return reply_paths(face->bus, m, NULL, put_subsystems);
}

static int method_reenumerate(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return rescan_reenumerate(userdata, m, error);
}

static int method_refresh(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return rescan_refresh(userdata, m, error);
}

static int method_resolve(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	return r < 0 ? r : resolve(face->bus, m, name, error);
}

static void get_operation(struct bus *bus, struct object *object, struct out *out)
{
	const struct operation *operation = rescan_current(bus);

	(void) object;
	out_path(out, operation ? face_path(&operation->object) : "/");
}

static void get_version(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_string(out, VDSD_VERSION);
}

static const struct property properties[] = {
	{ "Operation", "o", get_operation, PROPERTY_CHANGES },
	{ "Version", "s", get_version, PROPERTY_CONST },
};

static const sd_bus_vtable members[] = {
	METHOD("QuerySubSystems", (NULL), ("ao", subsystems), method_query_subsystems),
	METHOD("Reenumerate", (NULL), (NULL), method_reenumerate),
	METHOD("Refresh", (NULL), (NULL), method_refresh),
	METHOD("Resolve", ("s", name), ("ao", objects), method_resolve),
	SD_BUS_SIGNAL_WITH_ARGS("Notify", SD_BUS_ARGS("u", objectType, "u", event, "o", object), 0),
};

const struct interface interface_provider = INTERFACE("HwProvider", properties, members);
