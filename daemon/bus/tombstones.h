/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths that were there since the daemon started and are not now: they answer
 * VDS_E_OBJECT_DELETED (dbus-api.md section 2).  Asyncs need none, since their
 * numbers only grow.
 */
#pragma once

#include <stdbool.h>

#include "base/list.h"

/* Beyond that the oldest is forgotten and is UnknownObject again. */
#define TOMBSTONES_MAX 16384U

struct tombstones {
	void *tree;
	struct list order; /* oldest first */
	unsigned n;
};

void tombstones_init(struct tombstones *tombstones);
void tombstones_clear(struct tombstones *tombstones);

/* Out of memory it is not remembered. */
void tombstones_add(struct tombstones *tombstones, const char *path);
/* The object is back; not being there is fine. */
void tombstones_remove(struct tombstones *tombstones, const char *path);
bool tombstones_contain(const struct tombstones *tombstones, const char *path);
