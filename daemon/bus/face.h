/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an object is on the bus: its path, its interfaces, and what its
 * properties were when they were last signalled.
 *
 * Signals are sent once for all that changed in a round of the loop, and always before an
 * answer: who waits for a reply has seen the changes it brought.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/list.h"
#include "bus/property.h"
#include "enclosure/model.h"

struct face {
	struct list link;  /* bus->faces */
	struct list dirty; /* bus->dirty, or in a round of changes, or alone */
	struct bus *bus;
	struct object *object; /* NULL: the provider */
	char *path;
	const struct interface *const *interfaces; /* NULL-terminated; its own is the first */
	uint64_t *hashes;
	uint32_t status; /* as last signalled */
	bool fresh;	 /* published in this round: its arrival says it all */
	bool modified;	 /* VDS_NF_..._MODIFY is due */
	char *about;	 /* operations: the path of their target when they began */
};

/* "/" for NULL and for what is not published. */
const char *face_path(const struct object *object);

/* NULL: no such object now. */
struct face *face_find(struct bus *bus, const char *path);
/* NULL: the face has no such interface. */
const struct interface *face_interface(const struct face *face, const char *name);
/* The last element of its path. */
const char *face_id(const struct face *face);

/* Publishing what is published, and the other way round, does nothing. */
void face_publish(struct bus *bus, struct object *object);
void face_withdraw(struct bus *bus, struct object *object);
int face_publish_provider(struct bus *bus);
struct face *face_free(struct face *face);

/* Something of it, or of what its neighbours show of it, may have changed. */
void face_touch(struct bus *bus, struct object *object);
void face_touch_provider(struct bus *bus);

/* Sends what has changed since the last time; only remembers it before the name is ours. */
void face_flush(struct bus *bus);
