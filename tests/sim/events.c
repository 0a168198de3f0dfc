/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The listener keeps sentences, so that a test reads as what happened.
 */
#include "tests/sim/events.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "discovery/discovery.h"
#include "sim/rack.h"

const char *events_address(const char *syspath)
{
	return strrchr(syspath, '/') + 1;
}

static void on_present(void *userdata, struct device *d)
{
	struct events *b = userdata;

	ck_assert_uint_lt(b->n, EVENTS_MAX);
	b->events[b->n++] = sim_format("+ %s %s", events_address(d->syspath),
				       d->block_node ? d->block_node : "enclosure");
	(void) device_free(d);
}

static void on_gone(void *userdata, const char *syspath)
{
	struct events *b = userdata;

	ck_assert_uint_lt(b->n, EVENTS_MAX);
	b->events[b->n++] = sim_format("- %s", events_address(syspath));
}

void events_forget(struct events *b)
{
	while (b->n)
		free(b->events[--b->n]);
}

void events_setup(struct events *b, const char *description)
{
	struct discovery_listener listener = { on_present, on_gone, NULL };
	struct discovery *d;

	memset(b, 0, sizeof(*b));
	listener.userdata = b;
	b->sim = harness_sim(description);
	d = sim_discovery(b->sim);
	ck_assert_int_eq(sd_event_new(&b->event), 0);
	ck_assert_int_eq(d->start(d, b->event, &listener), 0);
}

void events_teardown(struct events *b)
{
	events_forget(b);
	(void) sim_free(b->sim);
	(void) sd_event_unref(b->event);
}

void events_expect(struct events *b, const char *const *events, unsigned n)
{
	while (sd_event_run(b->event, 0) > 0)
		;
	for (unsigned i = 0; i < n; i++)
		ck_assert_str_eq(i < b->n ? b->events[i] : "nothing", events[i]);
	ck_assert_uint_eq(b->n, n);
	events_forget(b);
}
