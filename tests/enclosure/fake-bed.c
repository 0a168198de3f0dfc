/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/enclosure/fake-bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

#define TURN_MS 2U
#define QUIET_TURNS 4U
#define TOLD_MAX 20000U

struct bed bed;
struct outcome bed_outcome;
uint32_t bed_before;
static unsigned n_ended;

uint64_t bed_real_now(void)
{
	struct timespec ts;

	(void) clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

/* ---- what is told ----------------------------------------------------------------- */

static void describe(const struct object *o, char *text, size_t size)
{
	struct object *object = (struct object *) o;

	switch (object->kind) {
	case OBJECT_SUBSYSTEM:
		(void) snprintf(text, size, "chassis %s", object_chassis(object)->eid);
		break;
	case OBJECT_CONTROLLER:
		(void) snprintf(text, size, "way %s", object_way(object)->key);
		break;
	case OBJECT_SLOT:
		(void) snprintf(text, size, "slot %s:%u", object_component(object)->chassis->eid,
				object_component(object)->index);
		break;
	case OBJECT_ELEMENT:
		(void) snprintf(text, size, "element %s:%02x:%u",
				object_component(object)->chassis->eid,
				object_component(object)->type, object_component(object)->index);
		break;
	case OBJECT_DRIVE:
		(void) snprintf(text, size, "drive %.150s", object_drive(object)->id);
		break;
	case OBJECT_LUN:
		(void) snprintf(text, size, "unit %.150s", object_unit(object)->id);
		break;
	case OBJECT_OPERATION:
	case _OBJECT_KIND_MAX:
		ck_abort_msg("nobody makes one");
	}
}

static void tell(const char *what, const struct object *object)
{
	char text[180];

	describe(object, text, sizeof(text));
	ck_assert_uint_lt(bed.n_told, TOLD_MAX);
	(void) snprintf(bed.told[bed.n_told++], sizeof(bed.told[0]), "%s %s", what, text);
}

static void on_added(_unused_ void *userdata, struct object *object)
{
	ck_assert(object->announced);
	if (object->kind == OBJECT_SLOT)
		ck_assert(text_valid_utf8(object_component(object)->label));
	tell("added", object);
}

static void on_changed(_unused_ void *userdata, struct object *object)
{
	ck_assert(object->announced);
	tell("changed", object);
}

static void on_removing(_unused_ void *userdata, struct object *object)
{
	tell("removing", object);
}

static void on_moving(_unused_ void *userdata, struct object *object)
{
	tell("moving", object);
}

static void on_moved(_unused_ void *userdata, struct object *object)
{
	tell("moved", object);
}

static void on_reset(_unused_ void *userdata, _unused_ struct chassis *chassis)
{
	bed.resets++;
}

static void on_ready(_unused_ void *userdata)
{
	ck_assert(!bed.ready);
	bed.ready = true;
}

unsigned bed_told(const char *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < bed.n_told; i++)
		n += strcmp(bed.told[i], text) == 0;
	return n;
}

void bed_forget(void)
{
	bed.n_told = 0;
}

/* ---- life ------------------------------------------------------------------------------ */

void bed_setup(void)
{
	memset(&bed, 0, sizeof(bed));
	n_ended = 0;
	log_set_level(getenv("BED_LOG") ? LOG_DEBUG : LOG_CRIT);
	bed.settings = (struct settings) SETTINGS_DEFAULT;
	bed.told = calloc(TOLD_MAX, sizeof(bed.told[0]));
	ck_assert_ptr_nonnull(bed.told);
	fake_world_init(&bed.world);
	fake_discovery_init(&bed.tree);
	ck_assert_int_ge(sd_event_new(&bed.event), 0);
	ck_assert_int_eq(pool_new(bed.event, 16, SD_EVENT_PRIORITY_NORMAL, &bed.pool), 0);
	ck_assert_int_eq(store_new(bed.pool, NULL, &bed.store), 0);
}

static void make(void)
{
	const struct inventory_parameters p = { .event = bed.event,
						.pool = bed.pool,
						.store = bed.store,
						.transport = &bed.world.transport,
						.discovery = &bed.tree.discovery,
						.settings = &bed.settings,
						.quirks = bed.quirks };
	static const struct model_listener listener = { .added = on_added,
							.changed = on_changed,
							.removing = on_removing,
							.moving = on_moving,
							.moved = on_moved,
							.reset = on_reset,
							.ready = on_ready };

	ck_assert_int_eq(inventory_new(&p, &bed.inventory), 0);
	ck_assert_int_eq(inventory_listen(bed.inventory, &listener), 0);
}

void bed_start(void)
{
	make();
	ck_assert_int_eq(inventory_start(bed.inventory), 0);
	bed_until(bed.ready);
	bed_settle();
}

void bed_stop(void)
{
	if (bed.inventory)
		inventory_stop(bed.inventory);
	bed.pool = pool_free(bed.pool, 3600 * USEC_PER_SEC);
	bed.inventory = inventory_free(bed.inventory);
}

void bed_teardown(void)
{
	for (unsigned i = 0; i < bed.world.n_ioms; i++) {
		fake_no_trouble(bed.world.ioms[i]);
		fake_release(bed.world.ioms[i]);
	}
	bed_stop();
	bed.store = store_free(bed.store);
	bed.quirks = quirks_free(bed.quirks);
	(void) sd_event_unref(bed.event);
	fake_discovery_end(&bed.tree);
	fake_world_end(&bed.world);
	free(bed.told);
}

void bed_setup_again(void)
{
	bed_teardown();
	bed_setup();
}

/* ---- the loop ------------------------------------------------------------------------------ */

void bed_turn(void)
{
	fake_clock_sync();
	ck_assert_int_ge(sd_event_run(bed.event, TURN_MS * USEC_PER_MSEC), 0);
}

static bool under_way(void)
{
	struct chassis *chassis;
	bool open;

	if (bed.inventory->looking > 0)
		return true;
	LIST_FOREACH (chassis, inventory_chassis(bed.inventory), link)
		if (queue_busy(chassis) || strand_pending(queue_strand(chassis)))
			return true;
	fake_lock(&bed.world);
	open = bed.world.open > 0;
	fake_unlock(&bed.world);
	return open;
}

void bed_settle(void)
{
	uint64_t limit = bed_real_now() + 20 * USEC_PER_SEC;

	for (unsigned quiet = 0; quiet < QUIET_TURNS;) {
		int r;

		ck_assert_msg(bed_real_now() < limit, "it does not settle");
		fake_clock_sync();
		r = sd_event_run(bed.event, TURN_MS * USEC_PER_MSEC);
		ck_assert_int_ge(r, 0);
		quiet = r > 0 || under_way() ? 0 : quiet + 1;
	}
}

void bed_pass(unsigned seconds)
{
	fake_clock_advance(seconds * USEC_PER_SEC);
	bed_settle();
}

void bed_done(_unused_ void *userdata, int result)
{
	bed.done++;
	bed.done_result = result;
}

/* ---- looking at it ------------------------------------------------------------------------- */

struct chassis *bed_chassis(const char *eid)
{
	struct chassis *chassis = inventory_find_chassis(bed.inventory, eid);

	ck_assert_msg(chassis != NULL, "no chassis %s", eid);
	return chassis;
}

struct component *bed_slot(struct chassis *chassis, unsigned index)
{
	struct component *slot = chassis_find_slot(chassis, index);

	ck_assert_ptr_nonnull(slot);
	return slot;
}

struct component *bed_element(struct chassis *chassis, uint8_t type, unsigned index)
{
	struct component *element = chassis_find_element(chassis, type, index);

	ck_assert_ptr_nonnull(element);
	return element;
}

unsigned bed_count(const struct list *head)
{
	unsigned n = 0;

	for (const struct list *l = head->next; l != head; l = l->next)
		n++;
	return n;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void on_done(struct request *request, const struct outcome *outcome, uint32_t before)
{
	struct ask *ask = container_of(request, struct ask, request);

	ck_assert(!ask->ended);
	ask->ended = true;
	ask->order = ++n_ended;
	ask->outcome = *outcome;
	ask->before = before;
}

void bed_ask(struct ask *ask, struct component *component, uint32_t set, uint32_t clear)
{
	memset(ask, 0, sizeof(*ask));
	ask->request.component = component;
	ask->request.set = set;
	ask->request.clear = clear;
	ask->request.done = on_done;
	request_submit(&ask->request);
	ck_assert(!ask->ended);
}

void bed_ask_every_way(struct ask *ask, struct component *component, uint32_t set, uint32_t clear)
{
	memset(ask, 0, sizeof(*ask));
	ask->request = (struct request){ .component = component,
					 .set = set,
					 .clear = clear,
					 .every_way = true,
					 .done = on_done };
	request_submit(&ask->request);
}

int bed_light(struct component *component, uint32_t set, uint32_t clear)
{
	struct ask ask = { .ended = false };

	bed_ask(&ask, component, set, clear);
	bed_until(ask.ended);
	bed_settle();
	bed_outcome = ask.outcome;
	bed_before = ask.before;
	return ask.outcome.result;
}

/* ---- shelves ------------------------------------------------------------------------------------
 */

struct fake_shelf *bed_shelf(unsigned bays, unsigned ways)
{
	unsigned nth = bed.world.n_shelves;
	struct fake_shelf *shelf = fake_shelf(&bed.world, 0x50aa000000000001 + nth, "ACME", "BOX");
	char node[32];

	for (unsigned w = 0; w < ways; w++) {
		struct fake_iom *iom;

		(void) snprintf(node, sizeof(node), "/dev/sg%u", nth * 10 + w);
		iom = fake_iom(shelf, node, BED_ADDRESS + nth * 0x1000 + w);
		fake_plug(&bed.tree, fake_way(iom, 900 - nth * 10 - w));
	}
	fake_fill(shelf, bays);
	return shelf;
}

void bed_picture(const struct fake_shelf *shelf, unsigned iom, struct bed_picture *ret)
{
	fake_lock(&bed.world);
	ret->n = 0;
	for (unsigned t = 0; t < shelf->n_types; t++)
		for (unsigned i = 0; i < shelf->types[t].n; i++) {
			const struct fake_element *e = shelf->types[t].elements[i];

			ck_assert_uint_lt(ret->n, 1024);
			ret->elements[ret->n].element = e;
			memcpy(ret->elements[ret->n++].status, e->status[iom], 4);
		}
	fake_unlock(&bed.world);
}

void bed_same_but(const struct fake_shelf *shelf, unsigned iom, const struct bed_picture *picture,
		  const struct fake_element *const *but)
{
	static struct bed_picture now;

	bed_picture(shelf, iom, &now);
	ck_assert_uint_eq(now.n, picture->n);
	for (unsigned i = 0; i < now.n; i++) {
		bool except = false;

		for (unsigned k = 0; but[k]; k++)
			except = except || but[k] == now.elements[i].element;
		ck_assert_ptr_eq(now.elements[i].element, picture->elements[i].element);
		if (!except)
			ck_assert_mem_eq(now.elements[i].status, picture->elements[i].status, 4);
	}
}

int bed_main(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, bed_setup, bed_teardown);
	tcase_set_timeout(tc, 60);
	for (; *tests; tests++)
		tcase_add_test(tc, *tests);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
