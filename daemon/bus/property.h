/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties as tables: one getter each, which either appends to a message or
 * feeds a number that tells whether the value has changed.  So PropertiesChanged is
 * right by construction: no code anywhere says which property a change touches.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct bus;
struct object;

/* Where a value goes: the message, or (NULL) the hash.  An error sticks. */
struct out {
	sd_bus_message *message;
	uint64_t hash;
	int error;
};

#define OUT_HASH                                                                                   \
	{                                                                                          \
		.hash = 0xcbf29ce484222325ULL                                                      \
	}

/* Strings are made valid UTF-8 and paths that are none become "/": either would
 * otherwise make the bus close our connection.  NULL is "" and "/". */
void out_string(struct out *out, const char *s);
void out_path(struct out *out, const char *path);
void out_bool(struct out *out, bool value);
void out_u8(struct out *out, uint8_t value);
void out_i16(struct out *out, int value); /* clamped */
void out_u32(struct out *out, uint32_t value);
void out_u64(struct out *out, uint64_t value);
void out_double(struct out *out, double value);
void out_bytes(struct out *out, const uint8_t *bytes, size_t n); /* ay */
void out_open(struct out *out, char type, const char *contents); /* 'a', 'r' */
void out_close(struct out *out);
/* 16 hex digits, or "" for 0. */
void out_address(struct out *out, uint64_t address);
/* Words with a blank between, empty ones left out. */
void out_words(struct out *out, const char *a, const char *b);

typedef void (*property_get)(struct bus *bus, struct object *object, struct out *out);

enum property_kind {
	PROPERTY_CONST,	  /* as long as the object exists */
	PROPERTY_CHANGES, /* sends PropertiesChanged */
	PROPERTY_SILENT,  /* changes, and sends none */
};

struct property {
	const char *name;
	const char *signature;
	property_get get;
	enum property_kind kind;
};

/* An interface: its methods and signals next to its properties.  object is NULL for
 * the provider; handlers get the struct face as userdata. */
struct interface {
	const char *name;
	const struct property *properties;
	unsigned n_properties;
	const sd_bus_vtable *members;
	unsigned n_members;
};

#define INTERFACE(interface_name, interface_properties, interface_members)                         \
	{                                                                                          \
		.name = "org.vdsd1." interface_name, .properties = (interface_properties),         \
		.n_properties = ARRAY_SIZE(interface_properties), .members = (interface_members),  \
		.n_members = ARRAY_SIZE(interface_members),                                        \
	}

/* Everybody whom the bus lets through may call: sd-bus's own check would block. */
#define METHOD(name, args, result, handler)                                                        \
	SD_BUS_METHOD_WITH_ARGS(name, SD_BUS_ARGS args, SD_BUS_RESULT result, handler,             \
				SD_BUS_VTABLE_UNPRIVILEGED)

/* Methods and properties together as sd-bus wants them; the caller frees it after the
 * connection.  NULL: no memory. */
sd_bus_vtable *interface_vtable(const struct interface *interface);

extern const struct interface interface_provider, interface_subsystem, interface_controller,
	interface_slot, interface_element, interface_drive, interface_lun, interface_maintenance,
	interface_async;
