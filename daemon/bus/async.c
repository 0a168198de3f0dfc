/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Async (dbus-api.md section 7).
 *
 * A failure is data here, not an error: Result carries its HRESULT, Message the sentence that the
 * call's error would have carried.  Object is the path that the target had when it began, also
 * when that is gone: who asks wants to know what it was about.
 */
#include <errno.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"

#define VDS_ASYNCOUT_UNKNOWN 0U

static struct operation *object_operation(struct object *object)
{
	return container_of(object, struct operation, object);
}

static const char *about(const struct object *object)
{
	return ((const struct face *) object->face)->about;
}

static uint32_t result(const struct operation *operation)
{
	return operation->ended ? outcome_hresult(operation->outcome.result)
				: HRESULT_OPERATION_PENDING;
}

static int method_cancel(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct operation *operation = object_operation(face->object);
	int r;

	/* Who began it may end it. */
	if (operation->uid != senders_uid(&face->bus->senders, m)) {
		r = bus_authorize(face, m, ACTION_SET_STATUS, "cancel", error);
		if (r <= 0)
			return r < 0 ? r : 1;
	}
	r = operation_cancel(operation);
	/* Whether the first Cancel has been carried out yet is no difference to who asks again. */
	if (r == -EALREADY || (operation->ended && operation->outcome.result == -ECANCELED))
		return bus_error_setf(error, -ECANCELED, "It has been cancelled before");
	if (r < 0)
		return bus_error_set(error, r, NULL);
	return reply(face->bus, m, NULL);
}

static void answer_wait(struct call *call, struct operation *operation)
{
	struct out out;

	call_begin(call, &out);
	out_u32(&out, result(operation));
	out_u32(&out, VDS_ASYNCOUT_UNKNOWN);
	out_path(&out, operation->object.face ? about(&operation->object) : "/");
	call_send(call, &out);
}

static int method_wait(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct call *call;
	int r = call_new(face->bus, m, error, &call);

	if (r < 0)
		return r;
	call_wait_with(call, object_operation(face->object), answer_wait);
	return 1;
}

static int method_query_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	const struct operation *operation = object_operation(face->object);

	(void) error;
	return reply(face->bus, m, "uu", result(operation), (uint32_t) operation->percent);
}

static void get_object(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_path(out, about(object));
}

static void get_kind(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_operation(object)->kind);
}

static void get_percent(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_operation(object)->percent);
}

static void get_result(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, result(object_operation(object)));
}

static void get_message(struct bus *bus, struct object *object, struct out *out)
{
	const struct operation *operation = object_operation(object);
	const char *text = operation->outcome.text;

	(void) bus;
	if (!*text && operation->ended && operation->outcome.result < 0)
		text = bus_error_sentence(operation->outcome.result);
	out_string(out, text);
}

static void get_uid(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_operation(object)->uid);
}

static const struct property properties[] = {
	{ "Object", "o", get_object, PROPERTY_CONST },
	{ "Kind", "s", get_kind, PROPERTY_CONST },
	{ "Percent", "u", get_percent, PROPERTY_CHANGES },
	{ "Result", "u", get_result, PROPERTY_CHANGES },
	{ "Message", "s", get_message, PROPERTY_CHANGES },
	{ "Uid", "u", get_uid, PROPERTY_CONST },
};

static const sd_bus_vtable members[] = {
	METHOD("Cancel", (NULL), (NULL), method_cancel),
	METHOD("Wait", (NULL), ("u", h, "u", outputType, "o", object), method_wait),
	METHOD("QueryStatus", (NULL), ("u", h, "u", percent), method_query_status),
};

const struct interface interface_async = INTERFACE("Async", properties, members);
