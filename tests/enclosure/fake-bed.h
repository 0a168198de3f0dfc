/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole layer on a real loop with a real pool, between a fake device tree and fake
 * enclosures; what it tells is written down.
 */
#pragma once

#include <check.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/pool.h"
#include "base/store.h"
#include "base/text.h"
#include "enclosure/inventory.h"
#include "enclosure/private.h"
#include "enclosure/quirks.h"
#include "enclosure/request.h"
#include "tests/enclosure/fake-clock.h"
#include "tests/enclosure/fake-discovery.h"
#include "tests/enclosure/fake-enclosure.h"

#define IDENT INDICATOR_BIT(INDICATOR_IDENT)
#define FAULT INDICATOR_BIT(INDICATOR_FAULT)

struct bed {
	sd_event *event;
	struct pool *pool;
	struct store *store;
	struct settings settings;
	struct quirks *quirks;
	struct fake_world world;
	struct fake_discovery tree;
	struct inventory *inventory;
	bool ready;
	unsigned resets;
	unsigned done;	 /* how often bed_done() was called, */
	int done_result; /* last with this */
	unsigned n_told;
	char (*told)[200]; /* "added slot 5000...:3", "removing ...", "changed ...", ... */
};

/* One at a time; the tests' fixtures. */
extern struct bed bed;
void bed_setup(void);
void bed_teardown(void);
/* Everything from the start, in the middle of a test. */
void bed_setup_again(void);
/* Ends pool and inventory before teardown does; nothing of them may be touched after. */
void bed_stop(void);

/* Starts the inventory and waits until it is ready. */
void bed_start(void);

/* A turn of the loop; returns when something happened or a few ms passed. */
void bed_turn(void);
/* Until nothing is under way any more; no time passes but by pauses of workers. */
void bed_settle(void);
/* Turns until it is so; gives up after some real seconds. */
#define bed_until(condition)                                                                       \
	do {                                                                                       \
		uint64_t _limit = bed_real_now() + 20 * USEC_PER_SEC;                              \
		while (!(condition)) {                                                             \
			ck_assert_msg(bed_real_now() < _limit, "never: %s", #condition);           \
			bed_turn();                                                                \
		}                                                                                  \
	} while (0)
uint64_t bed_real_now(void);
/* Time passes, what is due comes, and it settles. */
void bed_pass(unsigned seconds);

/* How often this was told, as the whole text; and since when. */
unsigned bed_told(const char *text);
void bed_forget(void);

/* For inventory_refresh() and its like. */
void bed_done(void *userdata, int result);

struct chassis *bed_chassis(const char *eid);
struct component *bed_slot(struct chassis *chassis, unsigned index);
struct component *bed_element(struct chassis *chassis, uint8_t type, unsigned index);
unsigned bed_count(const struct list *head);

/* One request. */
struct ask {
	struct request request;
	bool ended;
	unsigned order; /* the n-th that ended */
	struct outcome outcome;
	uint32_t before;
};
void bed_ask(struct ask *ask, struct component *component, uint32_t set, uint32_t clear);
void bed_ask_every_way(struct ask *ask, struct component *component, uint32_t set, uint32_t clear);
/* Sends one and waits until nothing is under way any more; the result. */
int bed_light(struct component *component, uint32_t set, uint32_t clear);
extern struct outcome bed_outcome; /* of the last bed_light() */
extern uint32_t bed_before;

/* A shelf with n bays and so many ways (/dev/sg0, 1, ..; SAS addresses rising), plugged. */
struct fake_shelf *bed_shelf(unsigned bays, unsigned ways);
#define BED_EID "50aa000000000001"
#define BED_ADDRESS 0x5000c0de00000010ULL /* of the first way; the next has 1 more */

/* What a shelf's elements show; all of them, through one way. */
struct bed_picture {
	unsigned n;
	struct {
		const struct fake_element *element;
		uint8_t status[4];
	} elements[1024];
};
void bed_picture(const struct fake_shelf *shelf, unsigned iom, struct bed_picture *ret);
/* Fails if any but the elements named (NULL-terminated) differs from the picture. */
void bed_same_but(const struct fake_shelf *shelf, unsigned iom, const struct bed_picture *picture,
		  const struct fake_element *const *but);
/* One suite with one case; the tests end with NULL. */
int bed_main(const char *name, const TTest *const *tests);
