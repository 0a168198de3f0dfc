/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An element that the status page does not reach is shown with the code
 * "unknown" and everything off, rather than with bits of an old page.
 */
#include <errno.h>

#include "bus/authorize.h"
#include "bus/call.h"
#include "bus/component.h"
#include "bus/errors.h"
#include "bus/face.h"
#include "bus/private.h"
#include "ses/element.h"

static enum action action_of(enum indicator indicator)
{
	if (indicator == INDICATOR_IDENT)
		return ACTION_LOCATE;
	return indicator == INDICATOR_DEVICE_OFF ? ACTION_POWER : ACTION_INDICATE;
}

/* Elements other than bays have these two only, where their type has them. */
static uint32_t offered(const struct component *c)
{
	const uint32_t lamps = INDICATOR_BIT(INDICATOR_IDENT) | INDICATOR_BIT(INDICATOR_FAULT);

	return c->slot ? c->supported : c->supported & lamps;
}

int component_set_indicator(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct face *face = userdata;
	struct component *c = object_component(face->object);
	struct bus *bus = face->bus;
	enum indicator indicator;
	struct call *call;
	const char *name;
	int on, r;

	r = sd_bus_message_read(m, "sb", &name, &on);
	if (r < 0)
		return r;
	r = indicator_from_name(name);
	if (r < 0)
		return bus_error_setf(error, -EINVAL, "There is no indicator \"%.40s\"", name);
	indicator = (enum indicator) r;

	r = bus_authorize(face, m, action_of(indicator), name, error);
	if (r <= 0)
		return r < 0 ? r : 1;
	if (!(offered(c) & INDICATOR_BIT(indicator)))
		return bus_error_setf(error, -EOPNOTSUPP, "A %s has no indicator \"%s\"",
				      ses_type_name(c->type), name);

	r = call_new(bus, m, error, &call);
	if (r < 0)
		return r;
	maintenance_set_indicator(bus->maintenance, c, indicator, on, senders_uid(&bus->senders, m),
				  call_done, call);
	return 1;
}

void component_get_subsystem(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_path(out, face_path(&object_component(object)->chassis->object));
}

void component_get_index(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_component(object)->index);
}

void component_get_label(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, object_component(object)->label);
}

void component_get_code(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);

	(void) bus;
	out_string(out, ses_code_name(c->known ? ses_element_code(c->status) : SES_CODE_UNKNOWN));
}

void component_get_identify(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_bool(out, object_component(object)->indicators & INDICATOR_BIT(INDICATOR_IDENT));
}

void component_get_failed(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);

	(void) bus;
	out_bool(out, c->known && ses_element_fault_sensed(c->type, c->status));
}

static void put_names(struct out *out, uint32_t set)
{
	out_open(out, 'a', "s");
	for (unsigned i = 0; i < _INDICATOR_PUBLIC_MAX; i++)
		if (set & INDICATOR_BIT(i))
			out_string(out, indicator_name((enum indicator) i));
	out_close(out);
}

void component_get_indicators(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);

	(void) bus;
	put_names(out, c->indicators & offered(c));
}

void component_get_supported(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	put_names(out, offered(object_component(object)));
}
