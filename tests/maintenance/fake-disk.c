/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is asked of disks and, as it is answered the same way, pings of enclosures.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"

int answers_due(sd_event_source *source, void *userdata)
{
	(void) source;
	(void) userdata;
	if (!world.ping_held)
		ping_answer();
	if (!world.users_held)
		users_answer();
	return 0;
}

static void ping(struct object *object, void (*done)(void *, const struct outcome *),
		 void *userdata)
{
	ck_assert_ptr_null(world.ping.done);
	world.pings++;
	world.ping.done = done;
	world.ping.userdata = userdata;
	world.ping.object = object;
	(void) sd_event_source_set_enabled(world.answers, SD_EVENT_ONESHOT);
}

void ping_answer(void)
{
	void (*done)(void *, const struct outcome *) = world.ping.done;

	if (done == NULL)
		return;
	world.ping.done = NULL;
	done(world.ping.userdata, &world.ping_outcome);
}

void chassis_ping(struct chassis *chassis, struct way *way,
		  void (*done)(void *userdata, const struct outcome *outcome), void *userdata)
{
	ping(way != NULL ? &way->object : &chassis->object, done, userdata);
}

void drive_ping(struct drives *drives, struct object *object,
		void (*done)(void *userdata, const struct outcome *outcome), void *userdata)
{
	(void) drives;
	ping(object, done, userdata);
}

static unsigned units_of(const struct object *object, unsigned *ret_first)
{
	if (object == &world.drives[0].object) {
		*ret_first = 0;
		return 2;
	}
	for (unsigned i = 0; i < 4; i++)
		if (object == &world.units[i].object)
			*ret_first = i;
	if (object == &world.drives[1].object)
		*ret_first = 2;
	return 1;
}

static void spin(struct object *object, bool down)
{
	unsigned first = 0, n = units_of(object, &first);

	for (unsigned i = first; i < first + n; i++)
		world.spun_down[i] = down;
	world.listener.changed(world.listener.userdata, object);
}

bool drive_spun_down(struct object *object)
{
	unsigned first = 0, n = units_of(object, &first);
	bool all = true;

	for (unsigned i = first; i < first + n; i++)
		all = all && world.spun_down[i];
	return all;
}

void spin_end(int result)
{
	struct outcome outcome = { .result = result };
	struct operation *operation = world.spin;
	struct object *object = operation->target;

	world.spin = NULL;
	if (object->kind == OBJECT_DRIVE)
		object_drive(object)->operation = NULL;
	if (result == 0)
		spin(object, strcmp(operation->kind, "spin-down") == 0);
	operation_end(operation, &outcome);
}

struct operation *drive_spin(struct drives *drives, struct object *object, bool up, uint32_t uid,
			     struct outcome *error)
{
	(void) drives;
	if (world.spin != NULL) {
		outcome_set(error, -EBUSY, "another one is under way");
		return NULL;
	}
	world.spin = operation_begin(world.operations, up ? "spin-up" : "spin-down", object, uid);
	ck_assert_ptr_nonnull(world.spin);
	if (object->kind == OBJECT_DRIVE)
		object_drive(object)->operation = world.spin;
	if (world.spin_ends_at_once) {
		struct operation *operation = world.spin;

		spin_end(0);
		return operation;
	}
	return world.spin;
}

void drive_query_users(struct drives *drives, struct object *object,
		       void (*done)(void *userdata, const struct outcome *outcome,
				    const struct kernel_users *users),
		       void *userdata)
{
	(void) drives;
	(void) object;
	world.users.done = done;
	world.users.userdata = userdata;
	(void) sd_event_source_set_enabled(world.answers, SD_EVENT_ONESHOT);
}

void users_answer(void)
{
	char text[80];
	struct kernel_users users = { .n = world.user != NULL ? 1 : 0, .texts = { text } };
	struct outcome outcome = { .result = 0 };
	void (*done)(void *, const struct outcome *, const struct kernel_users *) =
		world.users.done;

	if (done == NULL)
		return;
	(void) snprintf(text, sizeof(text), "%s", world.user != NULL ? world.user : "");
	world.users.done = NULL;
	done(world.users.userdata, &outcome, &users);
}
