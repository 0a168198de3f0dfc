/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls and properties, each of which fails the test when it fails.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/harness.h"
#include "tests/bus/private.h"

#define STRINGS_MAX 4096U

static sd_bus_message *reply;
static sd_bus_error error;

/* A test is a process, and is short; memory that can still be reached is no leak. */
void *harness_memory(size_t n)
{
	static struct kept {
		struct kept *next;
		max_align_t memory[];
	} * all;
	struct kept *kept = calloc(1, sizeof(*kept) + n);

	ck_assert_ptr_nonnull(kept);
	kept->next = all;
	all = kept;
	return kept->memory;
}

const char *harness_keep(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(harness_memory(n), s, n);
}

static int try_call(const char *path, const char *interface, const char *member, const char *types,
		    va_list ap)
{
	sd_bus_message *m = NULL;
	int r;

	reply = sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	ck_assert_int_ge(
		sd_bus_message_new_method_call(client(), &m, "org.vdsd1", path, interface, member),
		0);
	if (types)
		ck_assert_int_ge(sd_bus_message_appendv(m, types, ap), 0);
	r = sd_bus_call(client(), m, 0, &error, &reply);
	sd_bus_message_unref(m);
	return r;
}

sd_bus_message *call(const char *path, const char *interface, const char *member, const char *types,
		     ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = try_call(path, interface, member, types, ap);
	va_end(ap);
	ck_assert_msg(r >= 0, "%s.%s of %s: %s", interface, member, path, error.message);
	return reply;
}

uint32_t call_h(const char *path, const char *interface, const char *member, const char *types, ...)
{
	uint32_t hresult;
	va_list ap;
	int r;

	va_start(ap, types);
	r = try_call(path, interface, member, types, ap);
	va_end(ap);
	ck_assert_msg(r >= 0, "%s.%s of %s: %s", interface, member, path, error.message);
	ck_assert_int_gt(sd_bus_message_read(reply, "u", &hresult), 0);
	return hresult;
}

const char *call_path(const char *path, const char *interface, const char *member,
		      const char *types, ...)
{
	const char *answer;
	va_list ap;
	int r;

	va_start(ap, types);
	r = try_call(path, interface, member, types, ap);
	va_end(ap);
	ck_assert_msg(r >= 0, "%s.%s of %s: %s", interface, member, path, error.message);
	ck_assert_int_gt(sd_bus_message_read(reply, "o", &answer), 0);
	return harness_keep(answer);
}

/* "VDS_E_IO_ERROR (0x8004242B): a sentence", with the name of the error in front. */
static void check_message(void)
{
	static const char ours[] = "org.vdsd1.Error.";
	const char *name = error.name + strlen(ours), *rest;
	unsigned value;
	int n = 0;

	if (strncmp(error.name, ours, strlen(ours)) != 0)
		return;
	ck_assert_msg(strncmp(error.message, name, strlen(name)) == 0, "%s: %s", error.name,
		      error.message);
	rest = error.message + strlen(name);
	ck_assert_msg(sscanf(rest, " (0x%8X): %n", &value, &n) == 1 && n == 15 && rest[n], "%s: %s",
		      error.name, error.message);
	ck_assert_uint_ge(value, 0x80000000U);
}

const char *call_error(const char *path, const char *interface, const char *member,
		       const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = try_call(path, interface, member, types, ap);
	va_end(ap);
	ck_assert_msg(r < 0, "%s.%s of %s was to fail", interface, member, path);
	ck_assert_ptr_nonnull(error.name);
	check_message();
	return error.name;
}

const char *last_error(void)
{
	return error.message;
}

uint32_t maintain(const char *verb, const char *path, uint32_t operation)
{
	char member[64];

	(void) snprintf(member, sizeof(member), "%sMaintenance", verb);
	return call_h(path, MAINTENANCE, member, "u", operation);
}

/* ---- many at once --------------------------------------------------------------------- */

static unsigned answers;

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *unused)
{
	struct pending *pending = userdata;

	(void) unused;
	pending->done = true;
	pending->order = answers++;
	if (sd_bus_message_is_method_error(m, NULL))
		(void) snprintf(pending->error, sizeof(pending->error), "%s",
				sd_bus_message_get_error(m)->name);
	else if (strcmp(sd_bus_message_get_signature(m, true), "u") == 0)
		ck_assert_int_gt(sd_bus_message_read(m, "u", &pending->h), 0);
	return 1;
}

void call_later(sd_bus *bus, struct pending *pending, const char *path, const char *interface,
		const char *member, const char *types, ...)
{
	va_list ap;

	memset(pending, 0, sizeof(*pending));
	va_start(ap, types);
	ck_assert_int_ge(sd_bus_call_method_asyncv(bus, &pending->slot, "org.vdsd1", path,
						   interface, member, on_answer, pending, types,
						   ap),
			 0);
	va_end(ap);
}

void await(struct pending *pending, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		sd_bus *bus = sd_bus_slot_get_bus(pending[i].slot);
		uint64_t deadline = harness_deadline();

		while (!pending[i].done) {
			int r = sd_bus_process(bus, NULL);

			ck_assert_int_ge(r, 0);
			if (r == 0)
				(void) sd_bus_wait(bus, 100000);
			ck_assert_msg(harness_deadline() < deadline + HARNESS_SECONDS * 1000000ULL,
				      "no answer to call %u of %u", i, n);
		}
		pending[i].slot = sd_bus_slot_unref(pending[i].slot);
	}
}

/* ---- properties ------------------------------------------------------------------------- */

static void get(const char *path, const char *interface, const char *name, const char *type)
{
	reply = sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	ck_assert_msg(sd_bus_get_property(client(), "org.vdsd1", path, interface, name, &error,
					  &reply, type) >= 0,
		      "%s of %s: %s", name, path, error.message);
}

bool get_bool(const char *path, const char *interface, const char *name)
{
	int value;

	get(path, interface, name, "b");
	ck_assert_int_gt(sd_bus_message_read(reply, "b", &value), 0);
	return value;
}

uint32_t get_u32(const char *path, const char *interface, const char *name)
{
	uint32_t value;

	get(path, interface, name, "u");
	ck_assert_int_gt(sd_bus_message_read(reply, "u", &value), 0);
	return value;
}

int get_i16(const char *path, const char *interface, const char *name)
{
	int16_t value;

	get(path, interface, name, "n");
	ck_assert_int_gt(sd_bus_message_read(reply, "n", &value), 0);
	return value;
}

uint64_t get_u64(const char *path, const char *interface, const char *name)
{
	uint64_t value;

	get(path, interface, name, "t");
	ck_assert_int_gt(sd_bus_message_read(reply, "t", &value), 0);
	return value;
}

const char *get_string(const char *path, const char *interface, const char *name)
{
	const char *value;

	get(path, interface, name, "s");
	ck_assert_int_gt(sd_bus_message_read(reply, "s", &value), 0);
	return harness_keep(value);
}

const char *get_path(const char *path, const char *interface, const char *name)
{
	const char *value;

	get(path, interface, name, "o");
	ck_assert_int_gt(sd_bus_message_read(reply, "o", &value), 0);
	return harness_keep(value);
}

/* The array that comes next in the reply. */
static const char *const *read_array(void)
{
	const char **strings = harness_memory((STRINGS_MAX + 1) * sizeof(*strings));
	const char *s;
	unsigned n = 0;
	char type;

	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', NULL), 0);
	while (n < STRINGS_MAX && sd_bus_message_peek_type(reply, &type, NULL) > 0) {
		ck_assert(type == 's' || type == 'o');
		ck_assert_int_gt(sd_bus_message_read_basic(reply, type, &s), 0);
		strings[n++] = harness_keep(s);
	}
	return strings;
}

const char *const *query(const char *path, const char *interface, const char *method)
{
	call(path, interface, method, NULL);
	return read_array();
}

const char *const *controllers(void)
{
	return query(subsystem(), SUBSYSTEM, "QueryControllers");
}

const char *const *get_strings(const char *path, const char *interface, const char *name)
{
	reply = sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	ck_assert_int_ge(sd_bus_call_method(client(), "org.vdsd1", path,
					    "org.freedesktop.DBus.Properties", "Get", &error,
					    &reply, "ss", interface, name),
			 0);
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'v', NULL), 0);
	return read_array();
}

bool contains(const char *const *strings, const char *s)
{
	for (; *strings; strings++)
		if (strcmp(*strings, s) == 0)
			return true;
	return false;
}

bool runs(const char *path, uint32_t operation, struct run *ret)
{
	uint32_t running;
	struct run run;
	bool found = false;

	get(path, MAINTENANCE, "RunningOperations", "a(uutu)");
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "(uutu)"), 0);
	while (sd_bus_message_read(reply, "(uutu)", &running, &run.pulses, &run.end, &run.uid) >
	       0) {
		if (running != operation)
			continue;
		found = true;
		if (ret)
			*ret = run;
	}
	return found;
}

/* ---- names ----------------------------------------------------------------------------- */

const char *subsystem(void)
{
	static const char *path;

	if (!path)
		path = query(ROOT, PROVIDER, "QuerySubSystems")[0];
	ck_assert_ptr_nonnull(path);
	return path;
}

const char *below(const char *format, ...)
{
	const char *parent = subsystem();
	char path[512];
	size_t n;
	va_list ap;

	n = (size_t) snprintf(path, sizeof(path), "%s/", parent);
	va_start(ap, format);
	(void) vsnprintf(path + n, sizeof(path) - n, format, ap);
	va_end(ap);
	return harness_keep(path);
}

const char *slot(unsigned n)
{
	return below("slot/%u", n);
}

const char *resolve(const char *name, unsigned *ret_n)
{
	const char *path, *first = NULL;
	unsigned n = 0;

	reply = sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	if (sd_bus_call_method(client(), "org.vdsd1", ROOT, PROVIDER, "Resolve", &error, &reply,
			       "s", name) < 0) {
		ck_assert_str_eq(error.name, ERROR("VDS_E_OBJECT_NOT_FOUND"));
		check_message();
	} else {
		ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "o"), 0);
		while (sd_bus_message_read_basic(reply, 'o', &path) > 0)
			if (n++ == 0)
				first = harness_keep(path);
	}
	if (ret_n)
		*ret_n = n;
	return first;
}
