/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Slot and Element have in common: both are elements of an enclosure.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "bus/property.h"

/* SetIndicator(s name, b on) */
int component_set_indicator(sd_bus_message *m, void *userdata, sd_bus_error *error);

void component_get_subsystem(struct bus *bus, struct object *object, struct out *out);
void component_get_index(struct bus *bus, struct object *object, struct out *out);
void component_get_label(struct bus *bus, struct object *object, struct out *out);
void component_get_code(struct bus *bus, struct object *object, struct out *out);
void component_get_identify(struct bus *bus, struct object *object, struct out *out);
void component_get_failed(struct bus *bus, struct object *object, struct out *out);
void component_get_indicators(struct bus *bus, struct object *object, struct out *out);
void component_get_supported(struct bus *bus, struct object *object, struct out *out);
