/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes are signalled before an answer goes out, so that whoever acts on the
 * answer finds its own picture of the objects up to date.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

int call_new(struct bus *bus, sd_bus_message *m, sd_bus_error *error, struct call **ret)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return bus_error_set(error, -ENOMEM, NULL);
	if (senders_begin(&bus->senders, m, &call->sender) < 0) {
		free(call);
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
					"Too many calls are waiting");
	}
	call->bus = bus;
	call->message = sd_bus_message_ref(m);
	list_init(&call->waiter.link);
	list_append(&bus->calls, &call->link);
	*ret = call;
	return 0;
}

static void call_free(struct call *call)
{
	list_unlink(&call->link);
	senders_end(&call->bus->senders, call->sender);
	sd_bus_message_unref(call->message);
	free(call);
}

static void fail(sd_bus_message *m, int result, const char *sentence)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	(void) bus_error_set(&error, result, sentence);
	(void) sd_bus_reply_method_error(m, &error);
	sd_bus_error_free(&error);
}

void call_begin(struct call *call, struct out *out)
{
	sd_bus_message *m = NULL;
	int r;

	*out = (struct out){ 0 };
	r = sd_bus_message_new_method_return(call->message, &m);
	if (r < 0)
		out->error = r;
	out->message = m;
}

void call_send(struct call *call, struct out *out)
{
	int r = out->error;

	face_flush(call->bus);
	if (r >= 0 && out->message)
		r = sd_bus_send(NULL, out->message, NULL);
	if (r < 0)
		fail(call->message, r, NULL);
	sd_bus_message_unref(out->message);
	call_free(call);
}

static void finish(struct call *call, const struct outcome *outcome, bool hresult)
{
	face_flush(call->bus);
	if (outcome->result < 0)
		fail(call->message, outcome->result, outcome->text);
	else if (hresult)
		(void) sd_bus_reply_method_return(call->message, "u",
						  outcome_hresult(outcome->result));
	else
		(void) sd_bus_reply_method_return(call->message, NULL);
	call_free(call);
}

void call_done_hresult(void *userdata, const struct outcome *outcome)
{
	finish(userdata, outcome, true);
}

void call_done(void *userdata, const struct outcome *outcome)
{
	finish(userdata, outcome, false);
}

static void on_ended(struct operation_waiter *waiter, struct operation *operation)
{
	struct call *call = container_of(waiter, struct call, waiter);

	call->ended(call, operation);
}

static void answer_outcome(struct call *call, struct operation *operation)
{
	finish(call, &operation->outcome, false);
}

void call_wait_with(struct call *call, struct operation *operation,
		    void (*ended)(struct call *call, struct operation *operation))
{
	call->ended = ended;
	call->waiter.ended = on_ended;
	operation_wait(operation, &call->waiter);
}

void call_wait(struct call *call, struct operation *operation)
{
	call_wait_with(call, operation, answer_outcome);
}

void calls_clear(struct bus *bus)
{
	struct call *call;

	LIST_FOREACH (call, &bus->calls, link) {
		fail(call->message, -ECANCELED, "The daemon ends");
		call_free(call);
	}
}

int reply(struct bus *bus, sd_bus_message *m, const char *types, ...)
{
	va_list ap;
	int r;

	face_flush(bus);
	va_start(ap, types);
	r = sd_bus_reply_method_returnv(m, types, ap);
	va_end(ap);
	return r < 0 ? r : 1;
}

int reply_paths(struct bus *bus, sd_bus_message *m, struct object *object,
		void (*fill)(struct bus *bus, struct object *object, struct out *out))
{
	sd_bus_message *answer = NULL;
	struct out out = { 0 };
	int r;

	face_flush(bus);
	r = sd_bus_message_new_method_return(m, &answer);
	if (r < 0)
		return r;
	out.message = answer;
	out_open(&out, 'a', "o");
	fill(bus, object, &out);
	out_close(&out);
	r = out.error < 0 ? out.error : sd_bus_send(NULL, answer, NULL);
	sd_bus_message_unref(answer);
	return r < 0 ? r : 1;
}
