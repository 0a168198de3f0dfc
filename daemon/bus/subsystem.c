/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.SubSystem: an enclosure.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/rescan.h"
#include "enclosure/request.h"

/* ---- methods ---------------------------------------------------------------------- */

static void put_controllers(struct bus *bus, struct object *object, struct out *out)
{
	const struct way *way;

	(void) bus;
	LIST_FOREACH (way, &object_chassis(object)->ways, link)
		if (way->object.face)
			out_path(out, face_path(&way->object));
}

static void put_drives(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot;

	(void) bus;
	LIST_FOREACH (slot, &object_chassis(object)->slots, link)
		if (slot->drive && slot->drive->object.face)
			out_path(out, face_path(&slot->drive->object));
}

static void put_luns(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *slot;
	const struct unit *unit;

	(void) bus;
	LIST_FOREACH (slot, &object_chassis(object)->slots, link) {
		if (!slot->drive)
			continue;
		LIST_FOREACH (unit, &slot->drive->units, of_drive)
			if (unit->object.face)
				out_path(out, face_path(&unit->object));
	}
}

static int method_query_controllers(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;

	(void) error;
	return reply_paths(face->bus, m, face->object, put_controllers);
}

static int method_query_drives(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;

	(void) error;
	return reply_paths(face->bus, m, face->object, put_drives);
}

static int method_query_luns(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;

	(void) error;
	return reply_paths(face->bus, m, face->object, put_luns);
}

static int method_get_drive(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct component *slot = NULL;
	int16_t number, index;
	int r;

	r = sd_bus_message_read(m, "nn", &number, &index);
	if (r < 0)
		return r;
	if (number == 0 && index >= 0)
		slot = chassis_find_slot(object_chassis(face->object), (unsigned) index);
	if (!slot)
		return bus_error_setf(error, -ENOENT, "There is no bay %d on bus %d", index,
				      number);
	if (!slot->drive || !slot->drive->object.face)
		return bus_error_setf(error, -ENOENT, "No drive is known to be in bay %d", index);
	return reply(face->bus, m, "o", face_path(&slot->drive->object));
}

static int method_reenumerate(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return rescan_reenumerate(userdata, m, error);
}

/* The ways that an array of paths names, each of them once, are given their wish.  1: well. */
static int read_controllers(sd_bus_message *m, struct face *face, bool offline,
			    struct way *ways[static CHASSIS_WAYS_MAX],
			    bool offline_wished[static CHASSIS_WAYS_MAX], unsigned *n,
			    sd_bus_error *error)
{
	const struct face *named;
	const char *path;
	int r;

	r = sd_bus_message_enter_container(m, 'a', "o");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_read_basic(m, 'o', &path)) > 0) {
		named = face_find(face->bus, path);
		if (!named)
			return bus_error_setf(error, -ENOENT, "There is no %.300s", path);
		if (!named->object || named->object->kind != OBJECT_CONTROLLER ||
		    &object_way(named->object)->chassis->object != face->object)
			return bus_error_setf(error, -EINVAL,
					      "%.300s is no controller of this subsystem", path);
		for (unsigned i = 0; i < *n; i++)
			if (ways[i] == object_way(named->object))
				return bus_error_setf(error, -EINVAL, "%.300s is named twice",
						      path);
		if (*n == CHASSIS_WAYS_MAX)
			return bus_error_set(error, -EINVAL, NULL);
		offline_wished[*n] = offline;
		ways[(*n)++] = object_way(named->object);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Online first, so that there is always a way; all of it or nothing. */
static int apply(struct way *const ways[], const bool offline[], unsigned n)
{
	bool before[CHASSIS_WAYS_MAX];
	int r = 0;

	for (unsigned i = 0; i < n; i++)
		before[i] = ways[i]->disabled;
	for (unsigned i = 0; i < n && r >= 0; i++)
		if (!offline[i])
			r = way_set_disabled(ways[i], false);
	for (unsigned i = 0; i < n && r >= 0; i++)
		if (offline[i])
			r = way_set_disabled(ways[i], true);
	if (r >= 0)
		return 0;
	for (unsigned i = 0; i < n; i++)
		if (!before[i])
			(void) way_set_disabled(ways[i], false);
	for (unsigned i = 0; i < n; i++)
		if (before[i])
			(void) way_set_disabled(ways[i], true);
	return r;
}

static int method_set_controller_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct way *ways[CHASSIS_WAYS_MAX];
	bool offline[CHASSIS_WAYS_MAX];
	unsigned n = 0;
	int r;

	r = read_controllers(m, face, false, ways, offline, &n, error);
	if (r >= 0)
		r = read_controllers(m, face, true, ways, offline, &n, error);
	if (r < 0)
		return r;
	if (n != object_chassis(face->object)->n_ways)
		return bus_error_setf(error, -EINVAL,
				      "Every controller must be named, also those "
				      "that keep their status");
	r = bus_authorize(face, m, ACTION_SET_STATUS, "set-controller-status", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = apply(ways, offline, n);
	if (r == -EPERM)
		return bus_error_setf(error, r, "The last controller in use cannot go offline");
	if (r < 0)
		return bus_error_set(error, r, NULL);
	return reply(face->bus, m, NULL);
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
	case STATUS_PARTIALLY_MANAGED:
		break;
	default:
		return bus_error_setf(error, -EINVAL, "%u is no status of a subsystem", status);
	}
	r = bus_authorize(face, m, ACTION_SET_STATUS, "set-status", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	if (status != object_chassis(face->object)->status)
		return bus_error_setf(error, -EOPNOTSUPP,
				      "The status of an enclosure is what its hardware says");
	return reply(face->bus, m, NULL);
}

#define NICKNAME_MAX 32U /* bytes of it in page 0Fh */

/* Page 0Fh is filled up with blanks: those at the ends cannot be told from the filling. */
static bool is_nickname(const char *name)
{
	size_t n = strlen(name);

	if (n > NICKNAME_MAX || (n > 0 && (name[0] == ' ' || name[n - 1] == ' ')))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char) name[i] < ' ' || name[i] == 0x7f)
			return false;
	return true;
}

static int method_set_nickname(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const char *name;
	struct call *call;
	int r;

	r = sd_bus_message_read(m, "s", &name);
	if (r < 0)
		return r;
	if (!is_nickname(name))
		return bus_error_setf(error, -EINVAL,
				      "A nickname has at most %u bytes, no control characters, and "
				      "no blanks at its ends",
				      NICKNAME_MAX);
	r = bus_authorize(face, m, ACTION_INDICATE, "set-nickname", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = call_new(face->bus, m, error, &call);
	if (r < 0)
		return r;
	chassis_set_nickname(object_chassis(face->object), name, call_done, call);
	return 1;
}

/* ---- properties -------------------------------------------------------------------- */

static void get_id(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, face_id(object->face));
}

static void get_friendly_name(struct bus *bus, struct object *object, struct out *out)
{
	const struct chassis *c = object_chassis(object);

	(void) bus;
	out_words(out, c->vendor, c->product);
}

/* VDS wants something that tells it from all others: the logical identifier, if it does. */
static void get_identification(struct bus *bus, struct object *object, struct out *out)
{
	const struct chassis *c = object_chassis(object);

	(void) bus;
	out_string(out, c->eid);
}

static void get_status(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_chassis(object)->status);
}

static void get_health(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_chassis(object)->health);
}

static void get_buses(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_i16(out, 1);
}

static void get_slots(struct bus *bus, struct object *object, struct out *out)
{
	const unsigned n = object_chassis(object)->n_slots;

	(void) bus;
	out_i16(out, n > INT16_MAX ? INT16_MAX : (int) n);
}

static void get_controllers(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_i16(out, (int) object_chassis(object)->n_ways);
}

static void get_vendor(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_chassis(object)->vendor);
}

static void get_product(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_chassis(object)->product);
}

static void get_revision(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_chassis(object)->revision);
}

static void get_logical_id(struct bus *bus, struct object *object, struct out *out)
{
	char hex[17];

	(void) bus;
	out_string(out, text_hex64(hex, object_chassis(object)->logical_id));
}

static void get_nickname(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_chassis(object)->nickname);
}

static void get_generation(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_chassis(object)->generation);
}

static void get_last_refresh(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u64(out, object_chassis(object)->last_refresh);
}

static const struct property properties[] = {
	{ "Id", "s", get_id, PROPERTY_CONST },
	{ "FriendlyName", "s", get_friendly_name, PROPERTY_CHANGES },
	{ "Identification", "s", get_identification, PROPERTY_CHANGES },
	{ "Status", "u", get_status, PROPERTY_CHANGES },
	{ "Health", "u", get_health, PROPERTY_CHANGES },
	{ "NumberOfInternalBuses", "n", get_buses, PROPERTY_CONST },
	{ "MaxNumberOfSlotsEachBus", "n", get_slots, PROPERTY_CHANGES },
	{ "MaxNumberOfControllers", "n", get_controllers, PROPERTY_CHANGES },
	{ "Vendor", "s", get_vendor, PROPERTY_CHANGES },
	{ "Product", "s", get_product, PROPERTY_CHANGES },
	{ "Revision", "s", get_revision, PROPERTY_CHANGES },
	{ "LogicalId", "s", get_logical_id, PROPERTY_CHANGES },
	{ "Nickname", "s", get_nickname, PROPERTY_CHANGES },
	{ "GenerationCode", "u", get_generation, PROPERTY_CHANGES },
	{ "LastRefresh", "t", get_last_refresh, PROPERTY_SILENT },
};

static const sd_bus_vtable members[] = {
	METHOD("QueryControllers", (NULL), ("ao", controllers), method_query_controllers),
	METHOD("QueryDrives", (NULL), ("ao", drives), method_query_drives),
	METHOD("QueryLuns", (NULL), ("ao", luns), method_query_luns),
	METHOD("GetDrive", ("n", bus, "n", slot), ("o", drive), method_get_drive),
	METHOD("Reenumerate", (NULL), (NULL), method_reenumerate),
	METHOD("SetControllerStatus", ("ao", online, "ao", offline), (NULL),
	       method_set_controller_status),
	METHOD("SetStatus", ("u", status), (NULL), method_set_status),
	METHOD("SetNickname", ("s", name), (NULL), method_set_nickname),
};

const struct interface interface_subsystem = INTERFACE("SubSystem", properties, members);
