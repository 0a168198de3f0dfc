/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids come ready for a path from the inventory.  What could not stand in a
 * path all the same becomes "_" and two hex digits, as sd_bus_path_encode() does it, but
 * for "_" itself, which ids are full of: a path that is no path would make the bus close our
 * connection.
 */
#include <stdio.h>
#include <string.h>

#include "bus/path.h"
#include "bus/private.h"
#include "enclosure/operation.h"
#include "ses/element.h"

static bool fits(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

static const char *escape(char *dst, size_t size, const char *id)
{
	size_t at = 0;

	for (; *id && at + 4 < size; id++) {
		if (fits(*id))
			dst[at++] = *id;
		else
			at += (size_t) snprintf(dst + at, 4, "_%02x", (uint8_t) *id);
	}
	if (at == 0)
		dst[at++] = '_';
	dst[at] = '\0';
	return dst;
}

static int print_component(char **ret, const struct component *c)
{
	char eid[ID_SIZE * 3], type[32];

	escape(eid, sizeof(eid), c->chassis->eid);
	if (c->slot)
		return asprintf(ret, BUS_ROOT "/subsystem/%s/slot/%u", eid, c->index);
	return asprintf(ret, BUS_ROOT "/subsystem/%s/element/%s_%u", eid,
			escape(type, sizeof(type), ses_type_abbreviation(c->type)), c->index);
}

static int print(char **ret, struct object *object)
{
	char id[ID_SIZE * 3], key[ID_SIZE];
	const struct way *way;

	switch (object->kind) {
	case OBJECT_SUBSYSTEM:
		return asprintf(ret, BUS_ROOT "/subsystem/%s",
				escape(id, sizeof(id), object_chassis(object)->eid));
	case OBJECT_CONTROLLER:
		way = object_way(object);
		return asprintf(ret, BUS_ROOT "/subsystem/%s/controller/%s",
				escape(id, sizeof(id), way->chassis->eid),
				escape(key, sizeof(key), way->key));
	case OBJECT_SLOT:
	case OBJECT_ELEMENT:
		return print_component(ret, object_component(object));
	case OBJECT_DRIVE:
		return asprintf(ret, BUS_ROOT "/drive/%s",
				escape(id, sizeof(id), object_drive(object)->id));
	case OBJECT_LUN:
		return asprintf(ret, BUS_ROOT "/lun/%s",
				escape(id, sizeof(id), object_unit(object)->id));
	case OBJECT_OPERATION:
		return asprintf(ret, BUS_ROOT "/async/%u",
				container_of(object, struct operation, object)->number);
	case _OBJECT_KIND_MAX:
		break;
	}
	return -1;
}

char *path_of(const struct object *object)
{
	char *path = NULL;

	return print(&path, (struct object *) object) < 0 ? NULL : path;
}
