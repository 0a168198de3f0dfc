/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A method call that waits for an answer from below, and the only place that
 * answers one.  Each done function is given to a lower layer with the call as userdata, is called
 * once, and frees the call.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "base/list.h"
#include "base/outcome.h"
#include "bus/property.h"
#include "enclosure/operation.h"

struct call {
	struct list link;
	struct bus *bus;
	sd_bus_message *message;
	struct sender *sender;
	struct operation_waiter waiter;
	void (*ended)(struct call *call, struct operation *operation);
};

/* Keeps the message.  0; on failure the error is filled in and a negative number returned. */
int call_new(struct bus *bus, sd_bus_message *m, sd_bus_error *error, struct call **ret);

/* Answers with what is put out between the two; the second frees the call. */
void call_begin(struct call *call, struct out *out);
void call_send(struct call *call, struct out *out);

/* maintenance_done and its likes: "u", the HRESULT of a success; and "", nothing. */
void call_done_hresult(void *userdata, const struct outcome *outcome);
void call_done(void *userdata, const struct outcome *outcome);

/* Answers when the operation has ended, with nothing or its error. */
void call_wait(struct call *call, struct operation *operation);
/* The same, with an answer of the caller's own. */
void call_wait_with(struct call *call, struct operation *operation,
		    void (*ended)(struct call *call, struct operation *operation));

/* Tells who still waits that the daemon ends.  When nothing below can call back any more. */
void calls_clear(struct bus *bus);

/* Answers at once: changes are signalled first.  Returns what a handler returns. */
int reply(struct bus *bus, sd_bus_message *m, const char *types, ...);
/* Answers with an array of paths that fill() appends. */
int reply_paths(struct bus *bus, sd_bus_message *m, struct object *object,
		void (*fill)(struct bus *bus, struct object *object, struct out *out));
