/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Drive and Lun have in common: status, users, the subsystem they are in.
 */
#pragma once

#include <systemd/sd-bus.h>

int disk_get_subsystem(sd_bus_message *m, void *userdata, sd_bus_error *error);
int disk_query_users(sd_bus_message *m, void *userdata, sd_bus_error *error);
/* Replies when the status is reached, and at once. */
int disk_set_status(sd_bus_message *m, void *userdata, sd_bus_error *error);
int disk_set_status_async(sd_bus_message *m, void *userdata, sd_bus_error *error);
