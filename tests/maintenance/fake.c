/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "fake.h"

struct world world;

/* ---- the clock ------------------------------------------------------------------ */

static uint64_t now(clockid_t id)
{
	struct timespec ts;

	(void) clock_gettime(id, &ts);
	return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

uint64_t world_real_time(void)
{
	return now(CLOCK_MONOTONIC);
}

uint64_t clock_monotonic(void)
{
	return (world.frozen_at != 0 ? world.frozen_at : now(CLOCK_MONOTONIC)) + world.advanced;
}

uint64_t clock_realtime(void)
{
	return (world.frozen_at != 0 ? world.frozen_realtime : now(CLOCK_REALTIME)) +
	       world.advanced;
}

void clock_freeze(void)
{
	uint64_t half_period = world.settings.pulse_half_period_ms * USEC_PER_MSEC;

	world.frozen_realtime = now(CLOCK_REALTIME);
	/* On the beat, so that a half period is one from the start. */
	world.frozen_at = now(CLOCK_MONOTONIC) / half_period * half_period;
}

void half(void)
{
	clock_advance(world.settings.pulse_half_period_ms * USEC_PER_MSEC);
}

/* sd-event does not know of it, so whoever waits for a time is made to look again. */
void clock_advance(uint64_t usec)
{
	world.advanced += usec;
	for (unsigned i = 0; i < SLOTS; i++)
		world.listener.changed(world.listener.userdata, &world.slots[i].object);
	world.listener.changed(world.listener.userdata, &world.alarm.object);
	settle();
}

void release(void)
{
	world.held = false;
	(void) sd_event_source_set_enabled(world.queue, SD_EVENT_ONESHOT);
	settle();
}

void settle(void)
{
	for (int i = 0; i < 10000; i++)
		if (sd_event_run(world.event, 0) <= 0)
			return;
	ck_abort_msg("the loop never comes to rest");
}

/* ---- the enclosure ------------------------------------------------------------------ */

void page_changes(struct component *c, uint32_t indicators)
{
	c->indicators = indicators;
	world.listener.changed(world.listener.userdata, &c->object);
}

void poll_finds(struct component *c, uint32_t indicators)
{
	page_changes(c, indicators);
	settle();
}

static void finish(struct request *request)
{
	struct component *c = request->component;
	struct outcome outcome = { .result = 0 };
	uint32_t before = c->indicators;

	list_unlink(&request->waiting);
	list_unlink(&request->of_component);
	if (world.fails == c && world.n_fails > 0) {
		world.n_fails--;
		outcome_set(&outcome, world.failure, "as the test has it");
	}
	if (outcome.result == 0 || world.lights_anyway)
		page_changes(c, (before | request->set) & ~request->clear);
	request->done(request, &outcome, outcome.result == 0 ? before : 0);
}

static int on_queue(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct request *request, *of_page[64];
	unsigned n = 0;

	(void) source;
	(void) usec;
	(void) userdata;
	if (world.held)
		return 0;
	world.pages++;
	LIST_FOREACH (request, &world.waiting, waiting)
		if (request->component->requests.next == &request->of_component && n < 64)
			of_page[n++] = request;
	for (unsigned i = 0; i < n; i++) {
		struct logged *l = &world.log[world.n_log++ % LOG_MAX];

		*l = (struct logged){ of_page[i]->component, of_page[i]->set, of_page[i]->clear,
				      of_page[i]->every_way, world.pages,     clock_monotonic() };
	}
	for (unsigned i = 0; i < n; i++)
		finish(of_page[i]);
	if (world.reset_with_next_page) {
		world.reset_with_next_page = false;
		world.listener.reset(world.listener.userdata, &world.chassis);
	}
	if (!list_empty(&world.waiting))
		(void) sd_event_source_set_enabled(world.queue, SD_EVENT_ONESHOT);
	return 0;
}

void request_submit(struct request *request)
{
	ck_assert_ptr_nonnull(request->component->chassis);
	ck_assert_uint_eq(request->set & request->clear, 0);
	ck_assert_uint_eq((request->set | request->clear) & ~request->component->supported, 0);
	if (world.on_submit != NULL)
		world.on_submit(request);
	list_append(&world.waiting, &request->waiting);
	list_append(&request->component->requests, &request->of_component);
	(void) sd_event_source_set_enabled(world.queue, SD_EVENT_ONESHOT);
}

int inventory_listen(struct inventory *inventory, const struct model_listener *listener)
{
	(void) inventory;
	world.listener = *listener;
	return 0;
}

struct component *chassis_enclosure_element(struct chassis *chassis)
{
	(void) chassis;
	return world.has_enclosure ? &world.enclosure : NULL;
}

struct component *chassis_alarm(struct chassis *chassis)
{
	(void) chassis;
	return &world.alarm;
}

struct component *way_electronics(struct way *way)
{
	(void) way;
	return &world.electronics;
}

/* ---- the world ------------------------------------------------------------------------ */

static void component_make(struct component *c, bool slot, uint8_t type, unsigned index,
			   const char *label, uint32_t supported)
{
	c->object.kind = slot ? OBJECT_SLOT : OBJECT_ELEMENT;
	c->chassis = &world.chassis;
	c->slot = slot;
	c->type = type;
	c->index = index;
	c->reported = slot ? (int) index + 1 : -1;
	c->label = strdup(label);
	c->supported = supported;
	c->known = true;
	list_init(&c->requests);
	list_append(slot ? &world.chassis.slots : &world.chassis.elements, &c->link);
}

static void model_make(void)
{
	struct chassis *chassis = &world.chassis;

	chassis->object.kind = OBJECT_SUBSYSTEM;
	strcpy(chassis->eid, "5000c500a1b2c3d4");
	list_init(&chassis->ways);
	list_init(&chassis->slots);
	list_init(&chassis->elements);
	world.way.object.kind = OBJECT_CONTROLLER;
	world.way.chassis = chassis;
	list_append(&chassis->ways, &world.way.link);
	for (unsigned i = 0; i < SLOTS; i++) {
		char label[16];

		(void) snprintf(label, sizeof(label), "Bay %u", i);
		component_make(&world.slots[i], true, 0x17, i, label,
			       IDENT | FAULT | DEVICE_OFF | INDICATOR_BIT(INDICATOR_HOT_SPARE));
	}
	component_make(&world.enclosure, false, 0x0e, 0, "Enclosure", IDENT | FAULT);
	component_make(&world.alarm, false, 0x06, 0, "Alarm", IDENT | FAULT | TONE | MUTE);
	component_make(&world.electronics, false, 0x07, 0, "IOM A", IDENT | FAULT);

	for (unsigned i = 0; i < 2; i++) {
		world.drives[i].object.kind = OBJECT_DRIVE;
		list_init(&world.drives[i].units);
		world.drives[i].slot = &world.slots[i];
		world.slots[i].drive = &world.drives[i];
	}
	for (unsigned i = 0; i < 4; i++) {
		world.units[i].object.kind = OBJECT_LUN;
		list_init(&world.units[i].of_drive);
		if (i == 3)
			continue;
		world.units[i].drive = &world.drives[i < 2 ? 0 : 1];
		list_append(&world.units[i].drive->units, &world.units[i].of_drive);
	}
}

static void each(void (*f)(void *userdata, struct object *object))
{
	void *userdata = world.listener.userdata;

	f(userdata, &world.chassis.object);
	f(userdata, &world.way.object);
	for (unsigned i = 0; i < SLOTS; i++)
		f(userdata, &world.slots[i].object);
	f(userdata, &world.enclosure.object);
	f(userdata, &world.alarm.object);
	f(userdata, &world.electronics.object);
}

static void each_disk(void (*f)(void *userdata, struct object *object))
{
	for (unsigned i = 0; i < 2; i++)
		f(world.listener.userdata, &world.drives[i].object);
	for (unsigned i = 0; i < 4; i++)
		f(world.listener.userdata, &world.units[i].object);
}

static void on_changed(void *userdata, struct object *object)
{
	(void) userdata;
	world.changed[world.n_changed++ % LOG_MAX] = object;
}

static void daemon_begins(void)
{
	struct maintenance_listener listener = { .changed = on_changed };
	struct maintenance_parameters p = {
		.event = world.event,
		.inventory = NULL,
		.drives = world.no_drives ? NULL : (struct drives *) &world, /* opaque there */
		.settings = &world.settings,
	};

	ck_assert_int_eq(pool_new(world.event, 4, 0, &world.pool), 0);
	ck_assert_int_eq(store_new(world.pool, world.directory, &world.store), 0);
	p.store = world.store;
	ck_assert_int_eq(maintenance_new(&p, &world.maintenance), 0);
	maintenance_listen(world.maintenance, &listener);
	each(world.listener.added);
	each_disk(world.listener.added);
}

static void requests_go(int result)
{
	struct outcome outcome = { .result = result };

	while (!list_empty(&world.waiting)) {
		struct request *request = container_of(world.waiting.next, struct request, waiting);

		list_unlink(&request->waiting);
		list_unlink(&request->of_component);
		request->done(request, &outcome, 0);
	}
}

static void daemon_ends(void)
{
	world.maintenance = maintenance_free(world.maintenance);
	requests_go(-ECANCELED);
	ping_answer();
	users_answer();
	world.store = store_free(world.store);
	world.pool = pool_free(world.pool, 5 * USEC_PER_SEC);
}

void world_begin(const char *directory)
{
	memset(&world, 0, sizeof(world)); /* no thread of a pool is left */
	log_set_level(LOG_EMERG);
	world.directory = directory;
	world.settings = (struct settings) SETTINGS_DEFAULT;
	world.settings.pulse_half_period_ms = 20;
	world.settings.poll_seconds = 1;
	list_init(&world.waiting);
	ck_assert_int_ge(sd_event_new(&world.event), 0);
	ck_assert_int_ge(sd_event_add_time_relative(world.event, &world.queue, CLOCK_MONOTONIC, 0,
						    1, on_queue, NULL),
			 0);
	ck_assert_int_ge(sd_event_source_set_priority(world.queue, 50), 0);
	ck_assert_int_ge(sd_event_source_set_enabled(world.queue, SD_EVENT_OFF), 0);
	ck_assert_int_ge(sd_event_add_defer(world.event, &world.answers, answers_due, NULL), 0);
	ck_assert_int_ge(sd_event_source_set_enabled(world.answers, SD_EVENT_OFF), 0);
	ck_assert_int_eq(operations_new(world.event, &world.operations), 0);
	model_make();
	daemon_begins();
	settle();
}

void world_end(void)
{
	struct component *c;

	daemon_ends();
	operations_free(world.operations);
	LIST_FOREACH (c, &world.chassis.slots, link)
		free(c->label);
	LIST_FOREACH (c, &world.chassis.elements, link)
		free(c->label);
	sd_event_source_disable_unref(world.queue);
	sd_event_source_disable_unref(world.answers);
	sd_event_unref(world.event);
}

static void forget_asked(void)
{
	struct component *c;

	LIST_FOREACH (c, &world.chassis.slots, link)
		c->asked = 0;
	LIST_FOREACH (c, &world.chassis.elements, link)
		c->asked = 0;
}

void world_restart(void)
{
	world.held = false;
	world.on_submit = NULL;
	daemon_ends();
	forget_asked();
	daemon_begins();
}

void world_chassis_goes(void)
{
	requests_go(-ENODEV);
	each(world.listener.removing);
	forget_asked();
	for (unsigned i = 0; i < SLOTS; i++)
		world.slots[i].indicators = 0;
	world.alarm.indicators = 0;
}

void world_chassis_comes(void)
{
	world.chassis.returned = true;
	each(world.listener.added);
}

/* ---- calls -------------------------------------------------------------------------------- */

void answered(void *userdata, const struct outcome *outcome)
{
	struct answer *answer = userdata;

	answer->n++;
	answer->outcome = *outcome;
}

struct answer *begin_verb(struct answer *answer, struct object *object, enum maintenance_verb verb,
			  uint32_t operation, uint32_t argument, uint32_t uid)
{
	answer->n = 0;
	maintenance_call(world.maintenance, object, verb, operation, argument, uid, answered,
			 answer);
	ck_assert_uint_eq(answer->n, 0); /* never before it returns */
	return answer;
}

int do_verb(struct object *object, enum maintenance_verb verb, uint32_t operation,
	    uint32_t argument)
{
	struct answer answer;

	(void) begin_verb(&answer, object, verb, operation, argument, 1000);
	RUN_UNTIL(answer.n > 0);
	settle();
	ck_assert_uint_eq(answer.n, 1);
	return answer.outcome.result;
}

int set_indicator(struct component *c, enum indicator indicator, bool on)
{
	struct answer answer = { .n = 0 };

	maintenance_set_indicator(world.maintenance, c, indicator, on, 1000, answered, &answer);
	ck_assert_uint_eq(answer.n, 0);
	RUN_UNTIL(answer.n > 0);
	ck_assert_uint_eq(answer.n, 1);
	return answer.outcome.result;
}

struct maintenance_run running(struct object *object, uint32_t operation)
{
	struct maintenance_run runs[MAINTENANCE_RUNS_MAX];
	unsigned n = maintenance_running(world.maintenance, object, runs);

	for (unsigned i = 0; i < n; i++)
		if (runs[i].operation == operation)
			return runs[i];
	return (struct maintenance_run){ .operation = 0 };
}

unsigned told(const struct object *object)
{
	unsigned n = 0;

	for (unsigned i = 0; i < world.n_changed; i++)
		n += world.changed[i % LOG_MAX] == object;
	return n;
}
