/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FNV-1a with a tag and a length before each value, so that ("a", "") and
 * ("", "a") differ.  Sixty-four bits: a change missed by a collision is rarer than a
 * signal lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bus/face.h"
#include "bus/private.h"
#include "bus/property.h"

#define STRING_SIZE 1024U /* of what has to be cleaned */

static void feed(struct out *out, char tag, const void *value, size_t n)
{
	const uint8_t *bytes = value;

	out->hash = (out->hash ^ (uint8_t) tag) * 0x100000001b3ULL;
	out->hash = (out->hash ^ n) * 0x100000001b3ULL;
	for (size_t i = 0; i < n; i++)
		out->hash = (out->hash ^ bytes[i]) * 0x100000001b3ULL;
}

static void put(struct out *out, char type, const void *value, size_t n)
{
	int r;

	if (!out->message) {
		feed(out, type, value, n);
		return;
	}
	if (out->error < 0)
		return;
	r = sd_bus_message_append_basic(out->message, type, value);
	if (r < 0)
		out->error = r;
}

void out_string(struct out *out, const char *s)
{
	char clean[STRING_SIZE];

	if (!s)
		s = "";
	if (!text_valid_utf8(s))
		s = text_clean(clean, sizeof(clean), s, strlen(s));
	put(out, 's', s, strlen(s));
}

void out_path(struct out *out, const char *path)
{
	if (!path || sd_bus_object_path_is_valid(path) <= 0)
		path = "/";
	put(out, 'o', path, strlen(path));
}

void out_bool(struct out *out, bool value)
{
	int b = value;

	put(out, 'b', &b, sizeof(b));
}

void out_u8(struct out *out, uint8_t value)
{
	put(out, 'y', &value, sizeof(value));
}

void out_i16(struct out *out, int value)
{
	int16_t v = (int16_t) (value > INT16_MAX ? INT16_MAX : value < -1 ? -1 : value);

	put(out, 'n', &v, sizeof(v));
}

void out_u32(struct out *out, uint32_t value)
{
	put(out, 'u', &value, sizeof(value));
}

void out_u64(struct out *out, uint64_t value)
{
	put(out, 't', &value, sizeof(value));
}

void out_double(struct out *out, double value)
{
	put(out, 'd', &value, sizeof(value));
}

void out_bytes(struct out *out, const uint8_t *bytes, size_t n)
{
	int r;

	if (!out->message) {
		feed(out, 'a', bytes, n);
		return;
	}
	if (out->error < 0)
		return;
	r = sd_bus_message_append_array(out->message, 'y', bytes, n);
	if (r < 0)
		out->error = r;
}

void out_open(struct out *out, char type, const char *contents)
{
	int r;

	if (!out->message) {
		feed(out, type == 'a' ? '[' : '(', NULL, 0);
		return;
	}
	if (out->error < 0)
		return;
	r = sd_bus_message_open_container(out->message, type, contents);
	if (r < 0)
		out->error = r;
}

void out_close(struct out *out)
{
	int r;

	if (!out->message) {
		feed(out, ']', NULL, 0);
		return;
	}
	if (out->error < 0)
		return;
	r = sd_bus_message_close_container(out->message);
	if (r < 0)
		out->error = r;
}

void out_address(struct out *out, uint64_t address)
{
	char hex[17];

	out_string(out, address == 0 ? "" : text_hex64(hex, address));
}

void out_words(struct out *out, const char *a, const char *b)
{
	char words[STRING_SIZE];

	(void) snprintf(words, sizeof(words), "%s%s%s", a, *a && *b ? " " : "", b);
	out_string(out, words);
}

/* Called by sd-bus for Get, GetAll, GetManagedObjects and the signals. */
static int get(sd_bus *connection, const char *path, const char *name, const char *property,
	       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct face *face = userdata;
	const struct interface *interface = face_interface(face, name);
	struct out out = { .message = reply };

	(void) connection;
	(void) path;
	(void) error;

	for (unsigned i = 0; interface && i < interface->n_properties; i++) {
		if (strcmp(interface->properties[i].name, property) != 0)
			continue;
		interface->properties[i].get(face->bus, face->object, &out);
		return out.error < 0 ? out.error : 1;
	}
	return -ENOENT;
}

static sd_bus_vtable property_row(const struct property *p)
{
	switch (p->kind) {
	case PROPERTY_CONST:
		return (sd_bus_vtable) SD_BUS_PROPERTY(p->name, p->signature, get, 0,
						       SD_BUS_VTABLE_PROPERTY_CONST);
	case PROPERTY_CHANGES:
		return (sd_bus_vtable) SD_BUS_PROPERTY(p->name, p->signature, get, 0,
						       SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE);
	case PROPERTY_SILENT:
		break;
	}
	return (sd_bus_vtable) SD_BUS_PROPERTY(p->name, p->signature, get, 0, 0);
}

sd_bus_vtable *interface_vtable(const struct interface *interface)
{
	const sd_bus_vtable start = SD_BUS_VTABLE_START(0), end = SD_BUS_VTABLE_END;
	sd_bus_vtable *vtable, *row;

	vtable = calloc((size_t) interface->n_members + interface->n_properties + 2,
			sizeof(*vtable));
	if (!vtable)
		return NULL;

	row = vtable;
	*row++ = start;
	for (unsigned i = 0; i < interface->n_members; i++)
		*row++ = interface->members[i];
	for (unsigned i = 0; i < interface->n_properties; i++)
		*row++ = property_row(&interface->properties[i]);
	*row = end;
	return vtable;
}
