/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon on D-Bus: the contract of dbus-api.md over the layers below, and
 * nothing that another front end would have to do as well.  Loop thread.
 */
#pragma once

#define BUS_NAME "org.vdsd1"
/* The well-known name is taken at the latest so long after bus_new(). */
#define BUS_NAME_SECONDS 10U

typedef struct sd_event sd_event;
struct bus;
struct drives;
struct inventory;
struct maintenance;
struct operations;

struct bus_parameters {
	sd_event *event;
	const char *address; /* NULL = the system bus */
	struct inventory *inventory;
	struct maintenance *maintenance;
	struct drives *drives;
	struct operations *operations;
	/* The connection is lost, or the name refused: nothing is left to do but to end.  Once. */
	void (*lost)(void *userdata);
	/* The name is ours.  Once. */
	void (*named)(void *userdata);
	void *userdata;
};

/*
 * Connects, without waiting for the bus to answer, and listens to the layers below: call it
 * before inventory_start().  The name is asked for when the inventory is ready, or after
 * BUS_NAME_SECONDS.  0 or -errno.
 */
int bus_new(const struct bus_parameters *parameters, struct bus **ret);

/*
 * From here on nothing below is looked at, but callers that wait still get their answer.
 * To be called before the layers below are freed.
 */
void bus_stop(struct bus *bus);

/*
 * The last to be freed, after the layers below, which answer -ECANCELED to what they had still
 * to do: sends what is queued, and closes.  NULL is fine.  Returns NULL.
 */
struct bus *bus_free(struct bus *bus);
