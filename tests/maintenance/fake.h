/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What lies below maintenance/, played: an enclosure whose page is
 * component->indicators, disks that spin when told, a clock that can be set forward.
 * These functions take the place of enclosure/'s and drive/'s when linking.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/pool.h"
#include "base/store.h"
#include "enclosure/request.h"
#include "enclosure/settings.h"
#include "maintenance/maintenance.h"

#define SLOTS 4U
#define LOG_MAX 4096U
#define IDENT INDICATOR_BIT(INDICATOR_IDENT)
#define FAULT INDICATOR_BIT(INDICATOR_FAULT)
#define DEVICE_OFF INDICATOR_BIT(INDICATOR_DEVICE_OFF)
#define TONE INDICATOR_BIT(INDICATOR_TONE_CRITICAL)
#define MUTE INDICATOR_BIT(INDICATOR_MUTE)

struct logged {
	const struct component *component;
	uint32_t set, clear;
	bool every_way;
	unsigned page; /* which control page it went out with */
	uint64_t at;
};

struct world {
	sd_event *event;
	sd_event_source *queue, *answers;
	struct pool *pool;
	struct store *store;
	const char *directory; /* of the store, NULL = memory */
	struct settings settings;
	struct model_listener listener;
	struct maintenance *maintenance;
	struct operations *operations;
	/* The pool's threads ask for the time, too. */
	_Atomic uint64_t advanced;  /* of the clocks */
	_Atomic uint64_t frozen_at; /* clock_monotonic() stands still at; 0 = runs */
	_Atomic uint64_t frozen_realtime;

	struct chassis chassis;
	struct way way;
	struct component slots[SLOTS], enclosure, alarm, electronics;
	bool has_enclosure;
	struct drive drives[2]; /* in slots 0 and 1; the first has two units */
	struct unit units[4];	/* 0, 1 of drive 0; 2 of drive 1; 3 without a drive */

	/* The queue: first of each element in one page. */
	struct list waiting; /* struct request, by waiting */
	bool held;
	struct logged log[LOG_MAX];
	unsigned n_log, pages;
	const struct component *fails; /* requests of this one end with ... */
	int failure;
	unsigned n_fails;   /* ... so many times */
	bool lights_anyway; /* although they fail */
	bool reset_with_next_page;
	void (*on_submit)(struct request *request);

	/* Disks */
	bool no_drives;		/* the daemon is started without the drive layer */
	bool spun_down[4];	/* units */
	struct operation *spin; /* under way */
	bool spin_ends_at_once;
	struct outcome ping_outcome;
	bool ping_held;
	unsigned pings;
	struct {
		void (*done)(void *userdata, const struct outcome *outcome);
		void *userdata;
		struct object *object;
	} ping;
	const char *user; /* of the drives, NULL = nobody */
	bool users_held;
	struct {
		void (*done)(void *userdata, const struct outcome *outcome,
			     const struct kernel_users *users);
		void *userdata;
	} users;

	struct object *changed[LOG_MAX];
	unsigned n_changed;
};

extern struct world world;

/* A world with everything announced; directory as of store_new(). */
void world_begin(const char *directory);
void world_end(void);
/* The daemon dies at once and starts again; the hardware stays as it is. */
void world_restart(void);
/* The elements are taken from the model, and come back. */
void world_chassis_goes(void);
void world_chassis_comes(void);

/* From now on time passes only by clock_advance(). */
void clock_freeze(void);
void clock_advance(uint64_t usec);
/* One half period of pulses. */
void half(void);
/* Lets the held queue go. */
void release(void);
/* Runs the loop until nothing is left to do now. */
void settle(void);
/* Runs it until the expression holds, or fails after some seconds. */
#define RUN_UNTIL(expression)                                                                      \
	do {                                                                                       \
		uint64_t _give_up = world_real_time() + 10 * 1000000ULL;                           \
		while (!(expression)) {                                                            \
			ck_assert_msg(world_real_time() < _give_up, "never: %s", #expression);     \
			(void) sd_event_run(world.event, 10000);                                   \
		}                                                                                  \
	} while (0)
uint64_t world_real_time(void);

/* What another program does to the page, as a poll finds it. */
void page_changes(struct component *c, uint32_t indicators);
/* The same, and the loop goes on. */
void poll_finds(struct component *c, uint32_t indicators);
/* The first ping, spin or query that is held is answered. */
void ping_answer(void);
void users_answer(void);
void spin_end(int result);
int answers_due(sd_event_source *source, void *userdata);

struct answer {
	unsigned n;
	struct outcome outcome;
};
void answered(void *userdata, const struct outcome *outcome);
/* Calls and waits for the answer: its result. */
int do_verb(struct object *object, enum maintenance_verb verb, uint32_t operation,
	    uint32_t argument);
struct answer *begin_verb(struct answer *answer, struct object *object, enum maintenance_verb verb,
			  uint32_t operation, uint32_t argument, uint32_t uid);
int set_indicator(struct component *c, enum indicator indicator, bool on);
/* The run of that operation on the object; operation 0: none. */
struct maintenance_run running(struct object *object, uint32_t operation);
/* How often a change of the object was told since. */
unsigned told(const struct object *object);
