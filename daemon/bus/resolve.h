/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HwProvider.Resolve (dbus-api.md section 3): from whatever a person has in
 * hand to the objects it may mean.
 */
#pragma once

#include <systemd/sd-bus.h>

struct bus;

#define RESOLVE_NAME_MAX 1024U	  /* bytes of a name */
#define RESOLVE_RESULTS_MAX 4096U /* a serial number that every disk has */

/* Answers the message, or fills the error in; returns what a handler returns. */
int resolve(struct bus *bus, sd_bus_message *m, const char *name, sd_bus_error *error);
