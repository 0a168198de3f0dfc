/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of vds.md 0.3 and 6.2.  The event REMOVED is not "unplugged" (that
 * is DEPART): it says that a drive or controller is still there but no longer in use, and goes
 * with the statuses OFFLINE and FAILED (vds.md section 11, 5 and 6).
 */
#include "bus/controller.h"
#include "bus/face.h"
#include "bus/notify.h"
#include "bus/private.h"

struct events {
	uint32_t type, arrive, depart, modify, removed;
};

static const struct events *events_of(enum object_kind kind)
{
	static const struct events subsystem = { 30, 101, 102, 151, 0 };
	static const struct events controller = { 31, 103, 104, 350, 351 };
	static const struct events drive = { 32, 105, 106, 107, 354 };
	static const struct events lun = { 33, 108, 109, 110, 0 };

	switch (kind) {
	case OBJECT_SUBSYSTEM:
		return &subsystem;
	case OBJECT_CONTROLLER:
		return &controller;
	case OBJECT_DRIVE:
		return &drive;
	case OBJECT_LUN:
		return &lun;
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		break;
	}
	return NULL;
}

uint32_t notify_status(struct object *object)
{
	if (object && object->kind == OBJECT_DRIVE)
		return object_drive(object)->status;
	if (object && object->kind == OBJECT_CONTROLLER)
		return controller_status(object_way(object));
	return 0;
}

static void emit(const struct face *face, uint32_t type, uint32_t event)
{
	if (face->bus->named)
		(void) sd_bus_emit_signal(face->bus->connection, BUS_ROOT,
					  BUS_INTERFACE("HwProvider"), "Notify", "uuo", type, event,
					  face->path);
}

/* The face that VDS would hear about: the object's, or of the chassis it is part of. */
static struct face *vds_face(struct face *face)
{
	if (!face->object)
		return NULL;
	if (face->object->kind == OBJECT_SLOT || face->object->kind == OBJECT_ELEMENT)
		return object_component(face->object)->chassis->object.face;
	return face;
}

void notify_modified(struct face *face)
{
	struct face *told = vds_face(face);

	if (!told)
		return;
	told->modified = true;
	if (list_empty(&told->dirty))
		list_append(&told->bus->dirty, &told->dirty);
}

void notify_arrived(struct face *face)
{
	const struct events *events = events_of(face->object->kind);

	if (events)
		emit(face, events->type, events->arrive);
	else
		notify_modified(face);
}

void notify_departed(struct face *face)
{
	const struct events *events = events_of(face->object->kind);

	if (events)
		emit(face, events->type, events->depart);
	else
		notify_modified(face);
}

void notify_round(struct face *face)
{
	const struct events *events = face->object ? events_of(face->object->kind) : NULL;
	uint32_t status = notify_status(face->object), before = face->status;

	if (events && face->modified && !face->fresh)
		emit(face, events->type, events->modify);
	if (events && events->removed && status != before &&
	    (status == STATUS_OFFLINE || status == STATUS_FAILED) && !face->fresh)
		emit(face, events->type, events->removed);
	face->status = status;
	face->modified = face->fresh = false;
}
