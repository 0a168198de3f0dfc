/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layer under test on the fake hardware, with the real inventory between them.
 */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/store.h"
#include "fake-private.h"

static void on_added(void *userdata, struct object *object)
{
	((struct bed *) userdata)->n_added += object->kind == OBJECT_DRIVE;
}

static void on_removing(void *userdata, struct object *object)
{
	((struct bed *) userdata)->n_removed += object->kind == OBJECT_DRIVE;
}

static void on_ready(void *userdata)
{
	((struct bed *) userdata)->ready = true;
}

static bool is_set(void *userdata)
{
	return *(bool *) userdata;
}

static void on_object_changed(_unused_ void *userdata, _unused_ struct object *object)
{
}

void bed_up(struct bed *bed, const char *directory)
{
	struct model_listener model = { .added = on_added,
					.changed = on_object_changed,
					.removing = on_removing,
					.ready = on_ready,
					.userdata = bed };

	log_set_level(LOG_ERR); /* failures are what is tested */
	*bed = (struct bed){ .settings = SETTINGS_DEFAULT };
	bed->settings.poll_seconds = 1;
	ck_assert_int_ge(sd_event_new(&bed->event), 0);
	ck_assert_int_eq(pool_new(bed->event, 8, 0, &bed->pool), 0);
	ck_assert_int_eq(store_new(bed->pool, directory, &bed->store), 0);
	ck_assert_int_eq(operations_new(bed->event, &bed->operations), 0);
	ck_assert_int_eq(inventory_new(
				 &(struct inventory_parameters){
					 .event = bed->event,
					 .pool = bed->pool,
					 .store = bed->store,
					 .transport = &fake_transport,
					 .discovery = &fake_discovery,
					 .settings = &bed->settings,
				 },
				 &bed->inventory),
			 0);
	ck_assert_int_eq(drives_new(&(struct drives_parameters){ .event = bed->event,
								 .pool = bed->pool,
								 .store = bed->store,
								 .transport = &fake_transport,
								 .kernel = &fake_kernel,
								 .inventory = bed->inventory,
								 .operations = bed->operations,
								 .settings = &bed->settings },
				    &bed->drives),
			 0);
	ck_assert_int_eq(inventory_listen(bed->inventory, &model), 0);
	ck_assert_int_eq(inventory_start(bed->inventory), 0);
	bed_until(bed, is_set, &bed->ready);
	bed_settle(bed);
}

void bed_down(struct bed *bed)
{
	bed->pool = pool_free(bed->pool, 5 * USEC_PER_SEC);
	bed->drives = drives_free(bed->drives);
	bed->inventory = inventory_free(bed->inventory);
	bed->operations = operations_free(bed->operations);
	bed->store = store_free(bed->store);
	fake_discovery_end();
	bed->event = sd_event_unref(bed->event);
}

void bed_until(struct bed *bed, bool (*so)(void *userdata), void *userdata)
{
	uint64_t end = clock_monotonic() + 10 * USEC_PER_SEC;

	while (!so(userdata)) {
		ck_assert_msg(clock_monotonic() < end, "it never came: %s", fake->log);
		ck_assert_int_ge(sd_event_run(bed->event, 50 * USEC_PER_MSEC), 0);
	}
}

static bool has_ended(void *userdata)
{
	return ((struct operation *) userdata)->ended;
}

int bed_wait(struct bed *bed, struct operation *operation)
{
	bed_until(bed, has_ended, operation);
	return operation->outcome.result;
}

static void on_refreshed(void *userdata, _unused_ int result)
{
	*(bool *) userdata = true;
}

void bed_settle(struct bed *bed)
{
	bool refreshed = false;

	drives_refresh(bed->drives, on_refreshed, &refreshed);
	bed_until(bed, is_set, &refreshed);
}

struct drive *bed_drive(struct bed *bed)
{
	return inventory_find_drive(bed->inventory, "5000c50000000003");
}

struct unit *bed_unit(struct bed *bed, unsigned lun)
{
	return inventory_find_unit(bed->inventory,
				   lun == 0 ? "5000c50000000010" : "5000c50000000011");
}

static int set_status(struct bed *bed, struct object *object, enum status status)
{
	struct outcome error = { 0 };
	struct operation *operation = drive_set_status(bed->drives, object, status, 0, &error);

	return operation == NULL ? error.result : bed_wait(bed, operation);
}

int bed_set_status(struct bed *bed, enum status status)
{
	ck_assert_ptr_nonnull(bed_drive(bed));
	return set_status(bed, &bed_drive(bed)->object, status);
}

int bed_set_unit_status(struct bed *bed, unsigned lun, enum status status)
{
	ck_assert_ptr_nonnull(bed_unit(bed, lun));
	return set_status(bed, &bed_unit(bed, lun)->object, status);
}
