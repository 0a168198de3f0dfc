/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Maintenance (dbus-api.md section 4), the same on every object.
 */
#include <errno.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

static enum action action_of(uint32_t operation)
{
	switch (operation) {
	case MAINTENANCE_BEEP_ALARM:
		return ACTION_INDICATE;
	case MAINTENANCE_SPIN_DOWN:
	case MAINTENANCE_SPIN_UP:
		return ACTION_POWER;
	default: /* BlinkLight, Ping; a number that is none was refused before */
		return ACTION_LOCATE;
	}
}

/* Arguments, authorisation, support.  1: all well. */
static int check(struct face *face, sd_bus_message *m, enum maintenance_verb verb,
		 uint32_t operation, uint32_t argument, const char *word, sd_bus_error *error)
{
	struct maintenance *maintenance = face->bus->maintenance;
	struct outcome outcome = { 0 };
	int r;

	r = maintenance_check(maintenance, face->object, verb, operation, argument, true, &outcome);
	if (r < 0)
		return bus_error_set(error, r, outcome.text);
	r = bus_authorize(face, m, action_of(operation), word, error);
	if (r <= 0)
		return r;
	r = maintenance_check(maintenance, face->object, verb, operation, argument, false,
			      &outcome);
	if (r < 0)
		return bus_error_set(error, r, outcome.text);
	return 1;
}

static int run(struct face *face, sd_bus_message *m, enum maintenance_verb verb, uint32_t operation,
	       uint32_t argument, const char *word, sd_bus_error *error)
{
	struct bus *bus = face->bus;
	struct call *call;
	int r;

	r = check(face, m, verb, operation, argument, word, error);
	if (r <= 0)
		return r < 0 ? r : 1;
	r = call_new(bus, m, error, &call);
	if (r < 0)
		return r;
	maintenance_call(bus->maintenance, face->object, verb, operation, argument,
			 senders_uid(&bus->senders, m), call_done_hresult, call);
	return 1;
}

static int method_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t operation;
	int r = sd_bus_message_read(m, "u", &operation);

	return r < 0 ? r : run(userdata, m, MAINTENANCE_START, operation, 0, "start", error);
}

static int method_stop(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t operation;
	int r = sd_bus_message_read(m, "u", &operation);

	return r < 0 ? r : run(userdata, m, MAINTENANCE_STOP, operation, 0, "stop", error);
}

static int method_pulse(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t operation, count;
	int r = sd_bus_message_read(m, "uu", &operation, &count);

	return r < 0 ? r : run(userdata, m, MAINTENANCE_PULSE, operation, count, "pulse", error);
}

static int method_start_for(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t operation, seconds;
	int r = sd_bus_message_read(m, "uu", &operation, &seconds);

	return r < 0 ? r
		     : run(userdata, m, MAINTENANCE_START_FOR, operation, seconds, "start", error);
}

static int method_start_async(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct bus *bus = face->bus;
	const struct operation *started;
	struct outcome outcome = { 0 };
	uint32_t operation;
	int r;

	r = sd_bus_message_read(m, "u", &operation);
	if (r < 0)
		return r;
	r = check(face, m, MAINTENANCE_START, operation, 0, "start", error);
	if (r <= 0)
		return r < 0 ? r : 1;
	if (operation != MAINTENANCE_SPIN_DOWN && operation != MAINTENANCE_SPIN_UP)
		return bus_error_setf(error, -EOPNOTSUPP,
				      "Only SpinDown and SpinUp take long enough for an Async");
	started = maintenance_call_async(bus->maintenance, face->object, operation,
					 senders_uid(&bus->senders, m), &outcome);
	if (!started)
		return bus_error_set(error, outcome.result, outcome.text);
	return reply(bus, m, "o", face_path(&started->object));
}

static void get_supported(struct bus *bus, struct object *object, struct out *out)
{
	uint32_t operations[5];
	unsigned n = maintenance_supported(bus->maintenance, object, operations);

	out_open(out, 'a', "u");
	for (unsigned i = 0; i < n; i++)
		out_u32(out, operations[i]);
	out_close(out);
}

static void get_running(struct bus *bus, struct object *object, struct out *out)
{
	struct maintenance_run runs[MAINTENANCE_RUNS_MAX];
	unsigned n = maintenance_running(bus->maintenance, object, runs);

	out_open(out, 'a', "(uutu)");
	for (unsigned i = 0; i < n; i++) {
		out_open(out, 'r', "uutu");
		out_u32(out, runs[i].operation);
		/* Each pulse changes this number, and none of them is to be signalled. */
		out_u32(out, out->message ? runs[i].pulses : runs[i].pulses > 0);
		out_u64(out, runs[i].end);
		out_u32(out, runs[i].uid);
		out_close(out);
	}
	out_close(out);
}

static void get_last_ping(struct bus *bus, struct object *object, struct out *out)
{
	uint64_t time = 0;
	uint32_t hresult = 0;

	maintenance_last_ping(bus->maintenance, object, &time, &hresult);
	out_open(out, 'r', "tu");
	out_u64(out, time);
	out_u32(out, hresult);
	out_close(out);
}

static const struct property properties[] = {
	{ "SupportedOperations", "au", get_supported, PROPERTY_CHANGES },
	{ "RunningOperations", "a(uutu)", get_running, PROPERTY_CHANGES },
	{ "LastPing", "(tu)", get_last_ping, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("StartMaintenance", ("u", operation), ("u", h), method_start),
	METHOD("StopMaintenance", ("u", operation), ("u", h), method_stop),
	METHOD("PulseMaintenance", ("u", operation, "u", count), ("u", h), method_pulse),
	METHOD("StartMaintenanceFor", ("u", operation, "u", seconds), ("u", h), method_start_for),
	METHOD("StartMaintenanceAsync", ("u", operation), ("o", async), method_start_async),
};

int maintenance_refuse_arguments(struct bus *bus, sd_bus_message *m, sd_bus_error *error)
{
	static const struct {
		const char *member, *types;
		enum maintenance_verb verb;
	} methods[] = {
		{ "StartMaintenance", "u", MAINTENANCE_START },
		{ "StartMaintenanceAsync", "u", MAINTENANCE_START },
		{ "StopMaintenance", "u", MAINTENANCE_STOP },
		{ "PulseMaintenance", "uu", MAINTENANCE_PULSE },
		{ "StartMaintenanceFor", "uu", MAINTENANCE_START_FOR },
	};
	uint32_t operation = 0, argument = 0;
	struct outcome outcome = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (!sd_bus_message_is_method_call(m, interface_maintenance.name,
						   methods[i].member) ||
		    !sd_bus_message_has_signature(m, methods[i].types))
			continue;
		r = sd_bus_message_read(m, methods[i].types, &operation, &argument);
		if (r >= 0)
			r = maintenance_check(bus->maintenance, NULL, methods[i].verb, operation,
					      argument, true, &outcome);
		return r < 0 ? bus_error_set(error, r, outcome.text) : 0;
	}
	return 0;
}

const struct interface interface_maintenance = INTERFACE("Maintenance", properties, members);
