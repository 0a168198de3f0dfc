/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Object paths (dbus-api.md section 2).
 */
#pragma once

#include "enclosure/model.h"

/* The path that the object has, or would have, on the bus: valid, the caller's to free.
 * NULL: no memory. */
char *path_of(const struct object *object);
