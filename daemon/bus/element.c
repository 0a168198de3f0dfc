/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Element: whatever of an enclosure is no bay.
 *
 * Sensors change with every poll; their Value is there to be read and sends no signal.
 */
#include <math.h>

#include "bus/component.h"
#include "bus/private.h"
#include "ses/element.h"

static bool reading(struct object *object, struct ses_reading *ret)
{
	const struct component *c = object_component(object);

	return c->known && ses_element_reading(c->type, c->status, ret);
}

static void get_type(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_string(out, ses_type_name(object_component(object)->type));
}

static void get_value(struct bus *bus, struct object *object, struct out *out)
{
	struct ses_reading r;

	(void) bus;
	out_double(out, reading(object, &r) ? r.value : (double) NAN);
}

static void get_unit(struct bus *bus, struct object *object, struct out *out)
{
	struct ses_reading r;

	(void) bus;
	out_string(out, reading(object, &r) ? r.unit : "");
}

static void get_flags(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);
	const char *flags[SES_FLAGS_MAX];
	unsigned n = c->known ? ses_element_flags(c->type, c->status, flags) : 0;

	(void) bus;
	out_open(out, 'a', "s");
	for (unsigned i = 0; i < n; i++)
		out_string(out, flags[i]);
	out_close(out);
}

static const struct property properties[] = {
	{ "SubSystem", "o", component_get_subsystem, PROPERTY_CHANGES },
	{ "Type", "s", get_type, PROPERTY_CONST },
	{ "Index", "u", component_get_index, PROPERTY_CONST },
	{ "Label", "s", component_get_label, PROPERTY_CHANGES },
	{ "StatusCode", "s", component_get_code, PROPERTY_CHANGES },
	{ "Identify", "b", component_get_identify, PROPERTY_CHANGES },
	{ "Failed", "b", component_get_failed, PROPERTY_CHANGES },
	{ "Indicators", "as", component_get_indicators, PROPERTY_CHANGES },
	{ "SupportedIndicators", "as", component_get_supported, PROPERTY_CHANGES },
	{ "Value", "d", get_value, PROPERTY_SILENT },
	{ "Unit", "s", get_unit, PROPERTY_CHANGES },
	{ "Flags", "as", get_flags, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("SetIndicator", ("s", name, "b", on), (NULL), component_set_indicator),
};

const struct interface interface_element = INTERFACE("Element", properties, members);
