/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every signal of the daemon is kept, in order; waiting looks through those that
 * came since the last signals_forget(), and then at what comes.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bus/harness.h"
#include "tests/bus/private.h"

#define SIGNALS_MAX 65536U
#define MEMBERS_MAX 48U

/* One of: a property that changed, a notification, an object that came or went. */
struct happened {
	char what; /* 'p', 'n', '+', '-' */
	const char *path, *interface, *property;
	uint32_t type, event;
};

static struct happened happened[SIGNALS_MAX];
static unsigned n_happened;
static sd_bus *listening;
static bool has_name;

static void add(struct happened entry)
{
	ck_assert_uint_lt(n_happened, SIGNALS_MAX);
	happened[n_happened++] = entry;
}

static int on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *interface, *name;

	(void) userdata;
	(void) error;
	ck_assert_int_gt(sd_bus_message_read(m, "s", &interface), 0);
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "{sv}"), 0);
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		ck_assert_int_gt(sd_bus_message_read(m, "s", &name), 0);
		add((struct happened){ .what = 'p',
				       .path = harness_keep(sd_bus_message_get_path(m)),
				       .interface = harness_keep(interface),
				       .property = harness_keep(name) });
		ck_assert_int_gt(sd_bus_message_skip(m, "v"), 0);
		ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
	}
	return 0;
}

static int on_notify(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct happened entry = { .what = 'n' };

	(void) userdata;
	(void) error;
	ck_assert_int_gt(sd_bus_message_read(m, "uuo", &entry.type, &entry.event, &entry.path), 0);
	entry.path = harness_keep(entry.path);
	add(entry);
	return 0;
}

static int on_objects(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct happened entry = { .what = *(const char *) userdata };

	(void) error;
	ck_assert_int_gt(sd_bus_message_read(m, "o", &entry.path), 0);
	entry.path = harness_keep(entry.path);
	add(entry);
	return 0;
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *old, *new;

	(void) userdata;
	(void) error;
	ck_assert_int_gt(sd_bus_message_read(m, "sss", &name, &old, &new), 0);
	has_name = *new;
	return 0;
}

static void match(const char *rule, sd_bus_message_handler_t handler, const char *userdata)
{
	ck_assert_int_ge(sd_bus_add_match(listening, NULL, rule, handler, (void *) userdata), 0);
}

void harness_listen(sd_bus *client)
{
	listening = client;
	match("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
	      "arg0='org.vdsd1'",
	      on_name, NULL);
	match("type='signal',sender='org.vdsd1',interface='org.freedesktop.DBus.Properties',"
	      "member='PropertiesChanged'",
	      on_properties, NULL);
	match("type='signal',sender='org.vdsd1',member='Notify'", on_notify, NULL);
	match("type='signal',sender='org.vdsd1',member='InterfacesAdded'", on_objects, "+");
	match("type='signal',sender='org.vdsd1',member='InterfacesRemoved'", on_objects, "-");
}

bool harness_has_name(void)
{
	return has_name;
}

void harness_process(uint64_t usec)
{
	int r;

	if (usec > 0)
		(void) sd_bus_wait(listening, usec);
	while ((r = sd_bus_process(listening, NULL)) > 0)
		;
	ck_assert_int_ge(r, 0);
}

void signals_forget(void)
{
	harness_process(0);
	n_happened = 0;
}

static bool same(const char *wanted, const char *s)
{
	return !wanted || (s && strcmp(wanted, s) == 0);
}

static unsigned count(const struct happened *like)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_happened; i++) {
		const struct happened *e = &happened[i];

		n += e->what == like->what && same(like->path, e->path) &&
		     same(like->interface, e->interface) && same(like->property, e->property) &&
		     e->type == like->type && e->event == like->event;
	}
	return n;
}

static void wait_for(const struct happened *like)
{
	uint64_t deadline = harness_deadline();
	char what[512];

	(void) snprintf(what, sizeof(what), "signal '%c' of %s %s (%u, %u)", like->what, like->path,
			like->property ? like->property : "", like->type, like->event);
	while (count(like) == 0)
		harness_wait_more(deadline, what);
}

/* Signals sent before the answer to Ping come before it. */
static unsigned count_now(const struct happened *like)
{
	(void) call(ROOT, "org.freedesktop.DBus.Peer", "Ping", NULL);
	harness_process(0);
	return count(like);
}

void wait_changed(const char *path, const char *interface, const char *property)
{
	wait_for(&(struct happened){
		.what = 'p', .path = path, .interface = interface, .property = property });
}

void wait_notify(uint32_t type, uint32_t event, const char *path)
{
	wait_for(&(struct happened){ .what = 'n', .path = path, .type = type, .event = event });
}

void wait_added(const char *path)
{
	wait_for(&(struct happened){ .what = '+', .path = path });
}

void wait_removed(const char *path)
{
	wait_for(&(struct happened){ .what = '-', .path = path });
}

unsigned count_changed(const char *path, const char *interface, const char *property)
{
	return count_now(&(struct happened){
		.what = 'p', .path = path, .interface = interface, .property = property });
}

unsigned count_notify(uint32_t type, uint32_t event, const char *path)
{
	return count_now(
		&(struct happened){ .what = 'n', .path = path, .type = type, .event = event });
}
