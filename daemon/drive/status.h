/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What status and health a disk has (dbus-api.md section 6), from what was
 * read of it.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>

#include "drive/picture.h"

/* marked: FAILED by an administrator. */
enum status status_of_unit(const struct picture_unit *unit, bool marked);
enum health health_of_unit(const struct picture_unit *unit, enum status status);

/*
 * A drive's status covers all its units: FAILED if one is, OFFLINE if all are (no path
 * of it runs), ONLINE if all are; UNKNOWN while one is not known; what is
 * left, some up and some not, is NOT_READY.
 */
enum status status_of_drive(const enum status *units, unsigned n, bool detached);
/* unanswered: a unit was asked and is silent. */
enum health health_of_drive(enum status status, bool unanswered, bool predicted_failure);

/* "ONLINE", ... */
const char *status_name(enum status status);
