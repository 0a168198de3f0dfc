/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reenumerate and Refresh as operations with an Async each, whichever object they were asked of.
 */
#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>

struct face;
struct operation;

/* chassis of the face, or everything: the provider's. */
int rescan_reenumerate(struct face *face, sd_bus_message *m, sd_bus_error *error);
int rescan_refresh(struct face *face, sd_bus_message *m, sd_bus_error *error);

/* The newest one of the provider that is under way, NULL = none. */
const struct operation *rescan_current(const struct bus *bus);
/* To be told of each operation that goes, whoever began it. */
void rescan_forget(struct bus *bus, const struct operation *operation);
/* When nothing below can call back any more. */
void rescans_clear(struct bus *bus);
