/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of bus/ share: the connection, and what each published object
 * has here.  Inside bus/ only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "bus/bus.h"
#include "bus/sender.h"
#include "bus/tombstones.h"
#include "drive/drive.h"
#include "enclosure/inventory.h"
#include "enclosure/operation.h"
#include "maintenance/maintenance.h"

#define BUS_ROOT "/org/vdsd1"
#define BUS_INTERFACE(name) "org.vdsd1." name

#define BUS_FALLBACK_INTERFACES 8U

struct bus {
	sd_event *event;
	sd_bus *connection;
	struct inventory *inventory;
	struct maintenance *maintenance;
	struct drives *drives;
	struct operations *operations;
	void (*on_lost)(void *userdata);
	void (*on_named)(void *userdata);
	void *userdata;

	sd_event_source *name_timer, *flush_source, *exit_source;
	bool name_requested, named, lost, stopped;

	struct face *provider;
	struct list faces; /* in order of publishing */
	void *paths;	   /* tsearch() tree of struct face, by path */
	struct list dirty; /* faces whose properties may have changed */
	uint32_t newest_operation;

	struct tombstones tombstones;
	struct senders senders;
	struct list calls;   /* waiting for an answer from below */
	struct list rescans; /* Reenumerate and Refresh under way, oldest first */

	sd_bus_vtable *vtables[BUS_FALLBACK_INTERFACES + 1];
};

/* Of a call for what is gone: arguments are checked before existence (dbus-api.md section 8). Fills
 * error in when they are those of a method of Maintenance and wrong in value. */
int maintenance_refuse_arguments(struct bus *bus, sd_bus_message *m, sd_bus_error *error);
