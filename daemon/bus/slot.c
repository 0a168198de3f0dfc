/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * org.vdsd1.Slot: a bay.
 *
 * Where a bay is on the face of its chassis no page of SES says (ses.md 2.6:
 * texts only), so Face, Row and Column are "not known".
 */
#include "bus/component.h"
#include "bus/face.h"
#include "bus/private.h"
#include "ses/element.h"

static bool shows(const struct object *object, enum indicator indicator)
{
	return object_component((struct object *) object)->indicators & INDICATOR_BIT(indicator);
}

static void get_drive(struct bus *bus, struct object *object, struct out *out)
{
	const struct drive *drive = object_component(object)->drive;

	(void) bus;
	out_path(out, drive ? face_path(&drive->object) : "/");
}

static void get_element_index(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u32(out, object_component(object)->element_index);
}

static void get_reported(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_i16(out, object_component(object)->reported);
}

static void get_subenclosure(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_u8(out, object_component(object)->subenclosure);
}

/* The status code where it says so; else whether anything is known to be in it. */
static bool occupied(const struct component *c)
{
	if (c->drive)
		return true;
	if (!c->known)
		return c->n_addresses > 0;
	switch (ses_element_code(c->status)) {
	case SES_CODE_OK:
	case SES_CODE_CRITICAL:
	case SES_CODE_NONCRITICAL:
	case SES_CODE_UNRECOVERABLE:
		return true;
	case SES_CODE_NOT_INSTALLED:
		return false;
	default:
		return c->n_addresses > 0;
	}
}

static void get_occupied(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_bool(out, occupied(object_component(object)));
}

static void get_unknown_face(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_string(out, "");
}

static void get_unknown_place(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	(void) object;
	out_u32(out, 0);
}

static void get_fault(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_bool(out, shows(object, INDICATOR_FAULT));
}

static void get_predicted(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);

	(void) bus;
	out_bool(out, c->known && ses_element_predicted_failure(c->status));
}

static void get_device_off(struct bus *bus, struct object *object, struct out *out)
{
	(void) bus;
	out_bool(out, shows(object, INDICATOR_DEVICE_OFF));
}

static void get_addresses(struct bus *bus, struct object *object, struct out *out)
{
	const struct component *c = object_component(object);

	(void) bus;
	out_open(out, 'a', "s");
	for (unsigned i = 0; i < c->n_addresses; i++)
		out_address(out, c->addresses[i]);
	out_close(out);
}

static const struct property properties[] = {
	{ "SubSystem", "o", component_get_subsystem, PROPERTY_CHANGES },
	{ "Drive", "o", get_drive, PROPERTY_CHANGES },
	{ "Index", "u", component_get_index, PROPERTY_CONST },
	{ "ElementIndex", "u", get_element_index, PROPERTY_CHANGES },
	{ "ReportedNumber", "n", get_reported, PROPERTY_CHANGES },
	{ "Label", "s", component_get_label, PROPERTY_CHANGES },
	{ "SubEnclosure", "y", get_subenclosure, PROPERTY_CHANGES },
	{ "Occupied", "b", get_occupied, PROPERTY_CHANGES },
	{ "StatusCode", "s", component_get_code, PROPERTY_CHANGES },
	{ "Face", "s", get_unknown_face, PROPERTY_CHANGES },
	{ "Row", "u", get_unknown_place, PROPERTY_CHANGES },
	{ "Column", "u", get_unknown_place, PROPERTY_CHANGES },
	{ "Identify", "b", component_get_identify, PROPERTY_CHANGES },
	{ "Fault", "b", get_fault, PROPERTY_CHANGES },
	{ "FaultSensed", "b", component_get_failed, PROPERTY_CHANGES },
	{ "PredictedFailure", "b", get_predicted, PROPERTY_CHANGES },
	{ "DeviceOff", "b", get_device_off, PROPERTY_CHANGES },
	{ "Indicators", "as", component_get_indicators, PROPERTY_CHANGES },
	{ "SupportedIndicators", "as", component_get_supported, PROPERTY_CHANGES },
	{ "SasAddresses", "as", get_addresses, PROPERTY_CHANGES },
};

static const sd_bus_vtable members[] = {
	METHOD("SetIndicator", ("s", name, "b", on), (NULL), component_set_indicator),
};

const struct interface interface_slot = INTERFACE("Slot", properties, members);
