/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection, the name, and who is told what.
 *
 * Nothing here waits: connecting, the name and the uid of a caller are answers
 * that come through the loop.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/rescan.h"

static const struct interface *const fallback_interfaces[BUS_FALLBACK_INTERFACES] = {
	&interface_subsystem, &interface_controller, &interface_slot,	     &interface_element,
	&interface_drive,     &interface_lun,	     &interface_maintenance, &interface_async,
};

/* ---- what comes in ------------------------------------------------------------- */

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Was there such an operation?  Their numbers only grow. */
static bool operation_ended(struct bus *bus, const char *path)
{
	const char *digits = path + strlen(BUS_ROOT "/async/");
	char *end;
	unsigned long n;

	if (!starts_with(path, BUS_ROOT "/async/") || *digits < '1' || *digits > '9')
		return false;
	errno = 0;
	n = strtoul(digits, &end, 10);
	return errno == 0 && !*end && n <= bus->newest_operation && !face_find(bus, path);
}

static bool is_standard(const char *interface)
{
	return interface && starts_with(interface, "org.freedesktop.DBus.");
}

/* Those two answer for any path, as D-Bus has it. */
static bool asks_only_the_connection(const char *interface)
{
	return interface && (strcmp(interface, "org.freedesktop.DBus.Peer") == 0 ||
			     strcmp(interface, "org.freedesktop.DBus.Introspectable") == 0);
}

/* A filter and no fallback on the root: a fallback makes every path below it exist for sd-bus,
 * which would then say UnknownMethod where there never was an object. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(m);
	const char *interface = sd_bus_message_get_interface(m);
	struct bus *bus = userdata;
	int r;

	if (!sd_bus_message_is_method_call(m, NULL, NULL) || !path || !starts_with(path, BUS_ROOT))
		return 0;
	if (!is_standard(interface)) {
		r = senders_hold(&bus->senders, m);
		if (r != 0)
			return r;
	}
	if (asks_only_the_connection(interface))
		return 0;
	if (tombstones_contain(&bus->tombstones, path) || operation_ended(bus, path)) {
		r = maintenance_refuse_arguments(bus, m, error);
		if (r < 0)
			return r;
		return bus_error_setf(error, -ENODEV, "%s was here, and is gone", path);
	}
	return 0;
}

static int on_find(sd_bus *connection, const char *path, const char *interface, void *userdata,
		   void **found, sd_bus_error *error)
{
	struct face *face = face_find(userdata, path);

	(void) connection;
	(void) error;
	if (!face || !face_interface(face, interface))
		return 0;
	*found = face;
	return 1;
}

/* A node holds either plain or fallback vtables: the provider's is a fallback of one path. */
static int on_find_provider(sd_bus *connection, const char *path, const char *interface,
			    void *userdata, void **found, sd_bus_error *error)
{
	struct bus *bus = userdata;

	(void) connection;
	(void) interface;
	(void) error;
	if (strcmp(path, BUS_ROOT) != 0)
		return 0;
	*found = bus->provider;
	return 1;
}

static int on_enumerate(sd_bus *connection, const char *prefix, void *userdata, char ***ret,
			sd_bus_error *error)
{
	struct bus *bus = userdata;
	const struct face *face;
	size_t n = 0, length = strlen(prefix);
	char **nodes;

	(void) connection;
	(void) error;
	LIST_FOREACH (face, &bus->faces, link)
		n++;
	nodes = calloc(n + 1, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;

	n = 0;
	LIST_FOREACH (face, &bus->faces, link) {
		if (!starts_with(face->path, prefix) || face->path[length] != '/')
			continue;
		nodes[n] = strdup(face->path);
		if (!nodes[n])
			break; /* a list cut short, with every string of it to free */
		n++;
	}
	*ret = nodes;
	return 0;
}

/* ---- what the layers below tell ------------------------------------------------- */

static void on_added(void *userdata, struct object *object)
{
	face_publish(userdata, object);
}

static void on_changed(void *userdata, struct object *object)
{
	face_touch(userdata, object);
}

static void on_removing(void *userdata, struct object *object)
{
	face_withdraw(userdata, object);
}

static void on_operation_added(void *userdata, struct operation *operation)
{
	face_publish(userdata, &operation->object);
}

static void on_operation_changed(void *userdata, struct operation *operation)
{
	face_touch(userdata, &operation->object);
}

static void on_operation_removing(void *userdata, struct operation *operation)
{
	rescan_forget(userdata, operation);
	face_withdraw(userdata, &operation->object);
}

/* ---- the name -------------------------------------------------------------------- */

static void lose(struct bus *bus, const char *why)
{
	if (bus->lost || bus->stopped)
		return;
	bus->lost = true;
	log_error("%s", why);
	bus->on_lost(bus->userdata);
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *refused = sd_bus_message_get_error(m);
	struct bus *bus = userdata;
	uint32_t answer = 0;

	(void) error;
	if (refused) {
		log_error("The bus refuses the name " BUS_NAME ": %s", refused->message);
		lose(bus, "Without its name the daemon is of no use");
		return 1;
	}
	/* 1: owner; 4: owner already.  Queueing was not asked for. */
	if (sd_bus_message_read(m, "u", &answer) < 0 || (answer != 1 && answer != 4)) {
		lose(bus, "The name " BUS_NAME " is taken by another process");
		return 1;
	}
	bus->named = true;
	bus->on_named(bus->userdata);
	return 1;
}

static void request_name(struct bus *bus)
{
	int r;

	if (bus->name_requested || bus->stopped)
		return;
	bus->name_requested = true;
	bus->name_timer = sd_event_source_disable_unref(bus->name_timer);
	r = sd_bus_request_name_async(bus->connection, NULL, BUS_NAME, 0, on_name, bus);
	if (r < 0) {
		log_error("Cannot ask for the name " BUS_NAME ": %s", strerror(-r));
		lose(bus, "Without its name the daemon is of no use");
	}
}

static void on_ready(void *userdata)
{
	request_name(userdata);
}

static int on_name_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void) source;
	(void) usec;
	log_notice("Some hardware is slow to answer; it will be shown when it does");
	request_name(userdata);
	return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void) m;
	(void) error;
	lose(userdata, "The connection to the bus is lost");
	return 0;
}

/* sd-bus closes a connection when its loop exits; but who waits is to be answered after that, by
 * the layers below as they end, so it is taken off the loop first. */
static int on_exit_loop(sd_event_source *source, void *userdata)
{
	struct bus *bus = userdata;

	(void) source;
	return sd_bus_detach_event(bus->connection);
}

/* ---- setting up -------------------------------------------------------------------- */

static int connect_bus(struct bus *bus, const char *address)
{
	int r;

	if (!address) {
		r = sd_bus_open_system(&bus->connection);
		if (r < 0)
			return r;
	} else {
		r = sd_bus_new(&bus->connection);
		if (r < 0)
			return r;
		if ((r = sd_bus_set_address(bus->connection, address)) < 0 ||
		    (r = sd_bus_set_bus_client(bus->connection, true)) < 0 ||
		    (r = sd_bus_start(bus->connection)) < 0)
			return r;
	}
	r = sd_bus_attach_event(bus->connection, bus->event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	r = sd_event_add_exit(bus->event, &bus->exit_source, on_exit_loop, bus);
	if (r < 0)
		return r;
	r = sd_event_source_set_priority(bus->exit_source, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0)
		return r;
	return sd_bus_match_signal_async(
		bus->connection, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
		"org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, bus);
}

static int serve(struct bus *bus)
{
	sd_bus *c = bus->connection;
	int r;

	r = sd_bus_add_filter(c, NULL, on_message, bus);
	if (r < 0)
		return r;
	r = sd_bus_add_object_manager(c, NULL, BUS_ROOT);
	if (r < 0)
		return r;
	r = sd_bus_add_node_enumerator(c, NULL, BUS_ROOT, on_enumerate, bus);
	if (r < 0)
		return r;

	bus->vtables[BUS_FALLBACK_INTERFACES] = interface_vtable(&interface_provider);
	if (!bus->vtables[BUS_FALLBACK_INTERFACES])
		return -ENOMEM;
	r = sd_bus_add_fallback_vtable(c, NULL, BUS_ROOT, interface_provider.name,
				       bus->vtables[BUS_FALLBACK_INTERFACES], on_find_provider,
				       bus);
	for (unsigned i = 0; r >= 0 && i < BUS_FALLBACK_INTERFACES; i++) {
		bus->vtables[i] = interface_vtable(fallback_interfaces[i]);
		if (!bus->vtables[i])
			return -ENOMEM;
		r = sd_bus_add_fallback_vtable(c, NULL, BUS_ROOT, fallback_interfaces[i]->name,
					       bus->vtables[i], on_find, bus);
	}
	return r < 0 ? r : 0;
}

static int listen_below(struct bus *bus)
{
	const struct model_listener model = {
		.added = on_added,
		.changed = on_changed,
		.removing = on_removing,
		.moving = on_removing, /* a bay is its path: one goes, another comes */
		.moved = on_added,
		.ready = on_ready,
		.userdata = bus,
	};
	const struct operations_listener operations = {
		.added = on_operation_added,
		.changed = on_operation_changed,
		.removing = on_operation_removing,
		.userdata = bus,
	};
	const struct maintenance_listener maintenance = { .changed = on_changed, .userdata = bus };
	int r = inventory_listen(bus->inventory, &model);

	if (r < 0)
		return r;
	operations_listen(bus->operations, &operations);
	maintenance_listen(bus->maintenance, &maintenance);
	return 0;
}

int bus_new(const struct bus_parameters *parameters, struct bus **ret)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->event = parameters->event;
	bus->inventory = parameters->inventory;
	bus->maintenance = parameters->maintenance;
	bus->drives = parameters->drives;
	bus->operations = parameters->operations;
	bus->on_lost = parameters->lost;
	bus->on_named = parameters->named;
	bus->userdata = parameters->userdata;
	list_init(&bus->faces);
	list_init(&bus->dirty);
	list_init(&bus->calls);
	list_init(&bus->rescans);
	tombstones_init(&bus->tombstones);
	senders_init(&bus->senders);

	if ((r = connect_bus(bus, parameters->address)) < 0 ||
	    (r = face_publish_provider(bus)) < 0 || (r = serve(bus)) < 0 ||
	    (r = sd_event_add_time_relative(bus->event, &bus->name_timer, CLOCK_MONOTONIC,
					    BUS_NAME_SECONDS * USEC_PER_SEC, 0, on_name_timer,
					    bus)) < 0 ||
	    (r = listen_below(bus)) < 0) {
		(void) bus_free(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

void bus_stop(struct bus *bus)
{
	bus->stopped = true;
	bus->name_timer = sd_event_source_disable_unref(bus->name_timer);
	bus->flush_source = sd_event_source_disable_unref(bus->flush_source);
}

static int compare_faces(const void *a, const void *b)
{
	return strcmp(((const struct face *) a)->path, ((const struct face *) b)->path);
}

/* Objects are not touched: they may be gone. */
struct bus *bus_free(struct bus *bus)
{
	struct face *face;

	if (!bus)
		return NULL;
	bus_stop(bus);
	calls_clear(bus);
	rescans_clear(bus);
	senders_clear(&bus->senders);
	bus->connection = sd_bus_flush_close_unref(bus->connection);

	LIST_FOREACH (face, &bus->faces, link) {
		(void) tdelete(face, &bus->paths, compare_faces);
		(void) face_free(face);
	}
	(void) face_free(bus->provider);
	(void) sd_event_source_disable_unref(bus->exit_source);
	tombstones_clear(&bus->tombstones);
	for (size_t i = 0; i < ARRAY_SIZE(bus->vtables); i++)
		free(bus->vtables[i]);
	free(bus);
	return NULL;
}
