/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that change nothing: does the disk answer, and who uses it.
 *
 * A ping goes on the disk's strand like every other command.  If it does not come back in
 * time the caller is told so, and it is left behind with what it needs.  Asking for
 * users sends no command and must not wait for one: it has a strand of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "drive/private.h"

/* A D-Bus client gives up after 25 s. */
#define PING_LIMIT_S 20U

struct ping {
	struct job job;
	struct list link;      /* drives->pings */
	struct drives *drives; /* NULL: the layer has ended */
	struct transport *transport;
	struct kernel *kernel;
	struct picture *picture;
	enum object_kind kind;
	char id[ID_SIZE];
	sd_event_source *timer;
	void (*done)(void *userdata, const struct outcome *outcome); /* NULL: told */
	void *userdata;
};

static struct object *find_object(struct drives *drives, enum object_kind kind, const char *id)
{
	if (kind == OBJECT_DRIVE) {
		struct drive *drive = inventory_find_drive(drives->inventory, id);

		return drive == NULL ? NULL : &drive->object;
	} else {
		struct unit *unit = inventory_find_unit(drives->inventory, id);

		return unit == NULL ? NULL : &unit->object;
	}
}

static void ping_free(struct ping *ping)
{
	list_unlink(&ping->link);
	(void) sd_event_source_disable_unref(ping->timer);
	(void) picture_free(ping->picture);
	free(ping);
}

static int ping_run(struct job *job)
{
	struct ping *ping = container_of(job, struct ping, job);

	picture_read(ping->picture, ping->transport, ping->kernel);
	return 0;
}

/* "Not ready" is an answer; only silence is a failure. */
static void judge_ping(const struct picture *picture, struct outcome *ret)
{
	outcome_set(ret, 0, "%s", "");
	if (picture->n_units == 0)
		outcome_set(ret, -EIO, "it is detached from the kernel");
	for (unsigned u = 0; u < picture->n_units; u++) {
		const struct picture_unit *unit = &picture->units[u];

		if (unit->readiness == READINESS_UNKNOWN)
			outcome_set(ret, -EIO, "no path of it is running");
		else if (unit->readiness == READINESS_SILENT)
			outcome_set(ret, unit->error < 0 ? unit->error : -EIO, "%s", unit->text);
		else if (ret->result == 0 && ret->text[0] == 0)
			outcome_set(ret, 0, "%s", unit->text);
		if (ret->result < 0)
			return;
	}
}

static void tell(struct ping *ping, const struct outcome *outcome)
{
	void (*done)(void *, const struct outcome *) = ping->done;
	struct object *object = find_object(ping->drives, ping->kind, ping->id);
	uint64_t now = clock_realtime();
	uint32_t result = outcome_hresult(outcome->result);

	if (done == NULL)
		return;
	ping->done = NULL;
	if (object != NULL && object->kind == OBJECT_DRIVE) {
		object_drive(object)->last_ping = now;
		object_drive(object)->last_ping_result = result;
	} else if (object != NULL) {
		object_unit(object)->last_ping = now;
		object_unit(object)->last_ping_result = result;
	}
	done(ping->userdata, outcome);
}

/* It is as good as a reading of the disk's own, where it is of the whole disk. */
static void learn(struct ping *ping)
{
	struct object *object = find_object(ping->drives, ping->kind, ping->id);
	struct disk *disk = object == NULL ? NULL : disk_find(object);

	if (disk == NULL || disk->object != object || disk->work != NULL ||
	    !picture_fits(ping->picture, object))
		return;
	(void) picture_free(disk->seen);
	disk->seen = ping->picture;
	ping->picture = NULL;
	disk_show_states(disk);
	disk_judge(disk);
}

static void ping_finish(struct job *job)
{
	struct ping *ping = container_of(job, struct ping, job);
	struct outcome outcome;

	if (job->result < 0)
		outcome_set(&outcome, job->result, "%s", strerrordesc_np(-job->result));
	else
		judge_ping(ping->picture, &outcome);
	if (ping->drives != NULL) {
		if (job->result == 0)
			learn(ping);
		tell(ping, &outcome);
	} else if (ping->done != NULL) {
		ping->done(ping->userdata, &outcome);
	}
	ping_free(ping);
}

static int on_time_up(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct ping *ping = userdata;
	struct outcome outcome;

	outcome_set(&outcome, -ETIMEDOUT, "no answer within %u s", PING_LIMIT_S);
	tell(ping, &outcome);
	return 0;
}

static struct ping *ping_new(struct drives *drives, struct object *object)
{
	struct ping *ping = calloc(1, sizeof(*ping));

	if (ping == NULL)
		return NULL;
	list_init(&ping->link);
	ping->job = (struct job){ .run = ping_run, .finish = ping_finish };
	ping->drives = drives;
	ping->transport = drives->transport;
	ping->kernel = drives->kernel;
	ping->kind = object->kind;
	(void) snprintf(ping->id, sizeof(ping->id), "%s",
			object->kind == OBJECT_DRIVE ? object_drive(object)->id
						     : object_unit(object)->id);
	ping->picture = picture_new(object);
	if (ping->picture == NULL ||
	    sd_event_add_time_relative(drives->event, &ping->timer, CLOCK_MONOTONIC,
				       PING_LIMIT_S * USEC_PER_SEC, 0, on_time_up, ping) < 0) {
		ping_free(ping);
		return NULL;
	}
	return ping;
}

void drive_ping(struct drives *drives, struct object *object,
		void (*done)(void *userdata, const struct outcome *outcome), void *userdata)
{
	struct disk *disk = disk_of(drives, object);
	struct ping *ping = disk == NULL ? NULL : ping_new(drives, object);
	struct outcome outcome;

	if (ping == NULL) {
		outcome_set(&outcome, -ENOMEM, "out of memory");
		done(userdata, &outcome);
		return;
	}
	ping->done = done;
	ping->userdata = userdata;
	list_append(&drives->pings, &ping->link);
	strand_submit(disk->strand, &ping->job);
}

void pings_free(struct drives *drives)
{
	struct ping *ping;

	LIST_FOREACH (ping, &drives->pings, link) {
		list_unlink(&ping->link);
		ping->timer = sd_event_source_disable_unref(ping->timer);
		ping->drives = NULL;
	}
}

/* ---- users ------------------------------------------------------------------------------ */

struct query {
	struct job job;
	struct kernel *kernel;
	struct picture *picture;
	struct kernel_users users;
	void (*done)(void *userdata, const struct outcome *outcome,
		     const struct kernel_users *users);
	void *userdata;
};

static void take_users(struct kernel_users *to, struct kernel_users *from)
{
	for (unsigned i = 0; i < from->n && to->n < KERNEL_USERS_MAX; i++) {
		to->texts[to->n++] = from->texts[i];
		from->texts[i] = NULL;
	}
	kernel_users_clear(from);
}

static int query_run(struct job *job)
{
	struct query *query = container_of(job, struct query, job);
	struct kernel_users users = { 0 };
	int r = 0;

	for (unsigned u = 0; u < query->picture->n_units && r >= 0; u++) {
		const struct picture_unit *unit = &query->picture->units[u];
		const char *paths[UNIT_PATHS_MAX];
		unsigned n = 0;

		while (n < unit->n_paths && n < UNIT_PATHS_MAX) {
			paths[n] = unit->paths[n].syspath;
			n++;
		}
		r = query->kernel->users(query->kernel, paths, n, &users);
		take_users(&query->users, &users);
	}
	return r < 0 ? r : 0;
}

static void query_finish(struct job *job)
{
	struct query *query = container_of(job, struct query, job);
	struct outcome outcome;

	outcome_set(&outcome, job->result, "%s",
		    job->result < 0 ? strerrordesc_np(-job->result) : "");
	query->done(query->userdata, &outcome, &query->users);
	kernel_users_clear(&query->users);
	(void) picture_free(query->picture);
	free(query);
}

void drive_query_users(struct drives *drives, struct object *object,
		       void (*done)(void *userdata, const struct outcome *outcome,
				    const struct kernel_users *users),
		       void *userdata)
{
	struct strand *strand = strand_new(drives->pool);
	struct query *query = calloc(1, sizeof(*query));
	struct kernel_users none = { 0 };
	struct outcome outcome;

	if (query != NULL)
		query->picture = picture_new(object);
	if (strand == NULL || query == NULL || query->picture == NULL) {
		(void) strand_free(strand);
		free(query);
		outcome_set(&outcome, -ENOMEM, "out of memory");
		done(userdata, &outcome, &none);
		return;
	}
	query->job = (struct job){ .run = query_run, .finish = query_finish };
	query->kernel = drives->kernel;
	query->done = done;
	query->userdata = userdata;
	strand_submit(strand, &query->job);
	(void) strand_free(strand); /* goes with the job */
}
