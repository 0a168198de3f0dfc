/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dbus-api.md section 4, the table of operations: which elements an object's
 * light or alarm means.
 */
#include "maintenance/private.h"

enum indicator lamp_indicator(enum lamp_index index)
{
	return index == LAMP_TONE ? INDICATOR_TONE_CRITICAL : INDICATOR_IDENT;
}

static bool can(const struct component *c, enum lamp_index index)
{
	return c != NULL && (c->supported & INDICATOR_BIT(lamp_indicator(index))) != 0;
}

struct drive *target_drive(struct object *object)
{
	if (object->kind == OBJECT_DRIVE)
		return object_drive(object);
	if (object->kind == OBJECT_LUN)
		return object_unit(object)->drive;
	return NULL;
}

/* Every bay, where there is no Enclosure element. */
static struct component *next_slot(struct chassis *chassis, enum lamp_index index,
				   const struct component *last)
{
	struct list *at = last != NULL ? last->link.next : chassis->slots.next;

	for (; at != &chassis->slots; at = at->next) {
		struct component *c = container_of(at, struct component, link);

		if (can(c, index))
			return c;
	}
	return NULL;
}

static struct component *one(struct component *c, enum lamp_index index,
			     const struct component *last)
{
	return last == NULL && can(c, index) ? c : NULL;
}

static struct component *chassis_next(struct chassis *chassis, enum lamp_index index,
				      const struct component *last)
{
	struct component *enclosure;

	if (index == LAMP_TONE)
		return one(chassis_alarm(chassis), index, last);
	enclosure = chassis_enclosure_element(chassis);
	if (enclosure != NULL)
		return one(enclosure, index, last);
	return next_slot(chassis, index, last);
}

struct component *target_next(struct object *object, enum lamp_index index,
			      const struct component *last)
{
	struct drive *drive;

	switch (object->kind) {
	case OBJECT_SUBSYSTEM:
		return chassis_next(object_chassis(object), index, last);
	case OBJECT_CONTROLLER:
		if (index != LAMP_LIGHT)
			return NULL;
		return one(way_electronics(object_way(object)), index, last);
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
		return one(object_component(object), index, last);
	case OBJECT_DRIVE:
	case OBJECT_LUN:
		drive = target_drive(object);
		if (index != LAMP_LIGHT || drive == NULL)
			return NULL;
		return one(drive->slot, index, last);
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		break;
	}
	return NULL;
}

bool target_is_chassis_lamp(const struct component *c)
{
	struct component *enclosure = chassis_enclosure_element(c->chassis);

	return c == enclosure || c == chassis_alarm(c->chassis) || (c->slot && enclosure == NULL);
}
