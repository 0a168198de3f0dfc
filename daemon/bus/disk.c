/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A status is an argument outside its enumeration before it is anything else
 * (dbus-api.md, the table of SetStatus): a Lun has no REMOVED.
 */
#include <errno.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/disk.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

int disk_get_subsystem(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct drive *drive = face->object->kind == OBJECT_DRIVE
					    ? object_drive(face->object)
					    : object_unit(face->object)->drive;

	if (!drive || !drive->slot)
		return bus_error_setf(error, -ENOENT, "It is in no enclosure that is known");
	return reply(face->bus, m, "o", face_path(&drive->slot->chassis->object));
}

static void answer_users(void *userdata, const struct outcome *outcome,
			 const struct kernel_users *users)
{
	struct call *call = userdata;
	struct out out;

	if (outcome->result < 0) {
		call_done(call, outcome);
		return;
	}
	call_begin(call, &out);
	out_open(&out, 'a', "s");
	for (unsigned i = 0; i < users->n; i++)
		out_string(&out, users->texts[i]);
	out_close(&out);
	call_send(call, &out);
}

int disk_query_users(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct call *call;
	int r = call_new(face->bus, m, error, &call);

	if (r < 0)
		return r;
	drive_query_users(face->bus->drives, face->object, answer_users, call);
	return 1;
}

static bool in_enumeration(const struct object *object, uint32_t status)
{
	switch (status) {
	case STATUS_ONLINE:
	case STATUS_NOT_READY:
	case STATUS_OFFLINE:
	case STATUS_FAILED:
		return true;
	case STATUS_REMOVED:
		return object->kind == OBJECT_DRIVE;
	default:
		return false;
	}
}

/* 1: go on with *ret; else what the handler returns. */
static int read_status(struct face *face, sd_bus_message *m, uint32_t *ret, sd_bus_error *error)
{
	int r = sd_bus_message_read(m, "u", ret);

	if (r < 0)
		return r;
	if (!in_enumeration(face->object, *ret))
		return bus_error_setf(error, -EINVAL, "%u is no status that can be set", *ret);
	return bus_authorize(face, m, ACTION_SET_STATUS, "set-status", error);
}

int disk_set_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct bus *bus = face->bus;
	struct operation *operation;
	struct outcome outcome = { 0 };
	struct call *call;
	uint32_t status;
	int r;

	r = read_status(face, m, &status, error);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = call_new(bus, m, error, &call);
	if (r < 0)
		return r;
	operation = drive_set_status(bus->drives, face->object, status,
				     senders_uid(&bus->senders, m), &outcome);
	if (operation)
		call_wait(call, operation);
	else
		call_done(call, &outcome);
	return 1;
}

int disk_set_status_async(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct bus *bus = face->bus;
	const struct operation *operation;
	struct outcome outcome = { 0 };
	uint32_t status;
	int r;

	r = read_status(face, m, &status, error);
	if (r <= 0)
		return r < 0 ? r : 1;
	operation = drive_set_status(bus->drives, face->object, status,
				     senders_uid(&bus->senders, m), &outcome);
	if (!operation)
		return bus_error_set(error, outcome.result, outcome.text);
	return reply(bus, m, "o", face_path(&operation->object));
}
