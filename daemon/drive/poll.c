/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel sends no event when a device's state changes (measured), so the
 * states of all paths are read now and then: one job for all, for it is a sysfs file
 * each and no device can hold it up.  With it go the drives that were detached,
 * which are gone when their place in the SAS domain is.  Asking the
 * drives themselves is rarer, and each on its own strand.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "drive/private.h"

#define TIMER_ACCURACY (USEC_PER_SEC / 4)

struct poll_path {
	char *syspath;
	char state[KERNEL_STATE_MAX];
};

struct poll_drive {
	char id[ID_SIZE];
	unsigned n;
	uint64_t addresses[UNIT_PATHS_MAX];
	bool present;
};

struct poll {
	struct job job;
	struct drives *drives; /* NULL: gone meanwhile */
	struct kernel *kernel;
	struct poll_path *paths;
	unsigned n_paths;
	struct poll_drive *detached;
	unsigned n_detached;
};

static void poll_free_one(struct poll *poll)
{
	for (unsigned i = 0; i < poll->n_paths; i++)
		free(poll->paths[i].syspath);
	free(poll->paths);
	free(poll->detached);
	free(poll);
}

/* ---- worker thread -------------------------------------------------------------- */

static int poll_run(struct job *job)
{
	struct poll *poll = container_of(job, struct poll, job);
	struct kernel *kernel = poll->kernel;

	for (unsigned i = 0; i < poll->n_paths; i++)
		if (kernel->state(kernel, poll->paths[i].syspath, poll->paths[i].state) < 0)
			poll->paths[i].state[0] = 0;
	for (unsigned i = 0; i < poll->n_detached; i++) {
		struct poll_drive *drive = &poll->detached[i];

		/* Without an address nobody can say; then the bay does. */
		drive->present = drive->n == 0;
		for (unsigned k = 0; k < drive->n && !drive->present; k++)
			drive->present = kernel->target_present(kernel, drive->addresses[k]);
	}
	return 0;
}

/* ---- loop ------------------------------------------------------------------------- */

static struct picture_path *find_path(struct picture *picture, const char *syspath)
{
	for (unsigned i = 0; i < picture->n_units; i++)
		for (unsigned k = 0; k < picture->units[i].n_paths; k++)
			if (strcmp(picture->units[i].paths[k].syspath, syspath) == 0)
				return &picture->units[i].paths[k];
	return NULL;
}

/* What the model shows of the path; the drive layer reads it more often than discovery. */
static void show_state(struct inventory *inventory, struct unit *unit, const char *syspath,
		       const char *state)
{
	struct path *path;

	LIST_FOREACH (path, &unit->paths, link)
		if (strcmp(path->device->syspath, syspath) == 0 &&
		    strcmp(path->device->state, state) != 0) {
			(void) snprintf(path->device->state, sizeof(path->device->state), "%s",
					state);
			inventory_changed(inventory, &unit->object);
		}
}

void disk_show_states(struct disk *disk)
{
	struct inventory *inventory = disk->drives->inventory;

	for (unsigned i = 0; disk->seen != NULL && i < disk->seen->n_units; i++)
		for (unsigned k = 0; k < disk->seen->units[i].n_paths; k++) {
			const struct picture_path *path = &disk->seen->units[i].paths[k];
			struct unit *unit = inventory_find_syspath(inventory, path->syspath);

			if (unit != NULL && path->state[0] != 0)
				show_state(inventory, unit, path->syspath, path->state);
		}
}

/* A path that has changed: what the drive said over the others may not hold any more. */
static void take_state(struct drives *drives, const struct poll_path *read)
{
	struct unit *unit = inventory_find_syspath(drives->inventory, read->syspath);
	struct disk *disk = unit == NULL ? NULL : disk_find(&unit->object);
	struct picture_path *shown;

	if (disk == NULL || disk->work != NULL || disk->seen == NULL || read->state[0] == 0)
		return;
	shown = find_path(disk->seen, read->syspath);
	if (shown == NULL || strcmp(shown->state, read->state) == 0)
		return;
	(void) snprintf(shown->state, sizeof(shown->state), "%s", read->state);
	disk_show_states(disk);
	disk_judge(disk);
	disk_probe(disk);
}

static void poll_finish(struct job *job)
{
	struct poll *poll = container_of(job, struct poll, job);
	struct drives *drives = poll->drives;

	if (drives != NULL) {
		drives->poll = NULL;
		for (unsigned i = 0; i < poll->n_paths && job->result == 0; i++)
			take_state(drives, &poll->paths[i]);
		for (unsigned i = 0; i < poll->n_detached && job->result == 0; i++)
			if (!poll->detached[i].present ||
			    removed_bay_is_empty(drives, poll->detached[i].id))
				removed_pulled(drives, poll->detached[i].id);
	}
	poll_free_one(poll);
}

static unsigned count_paths(struct drives *drives)
{
	struct unit *unit;
	unsigned n = 0;

	LIST_FOREACH (unit, inventory_units(drives->inventory), link)
		n += unit->n_paths;
	return n;
}

static unsigned count_detached(struct drives *drives)
{
	struct drive *drive;
	unsigned n = 0;

	LIST_FOREACH (drive, inventory_drives(drives->inventory), link)
		n += drive->detached;
	return n;
}

static int copy_unit_paths(struct unit *unit, struct poll *poll, unsigned n)
{
	struct path *path;

	LIST_FOREACH (path, &unit->paths, link) {
		if (poll->n_paths == n)
			return 0;
		poll->paths[poll->n_paths].syspath = strdup(path->device->syspath);
		if (poll->paths[poll->n_paths].syspath == NULL)
			return -ENOMEM;
		poll->n_paths++;
	}
	return 0;
}

static int copy_paths(struct drives *drives, struct poll *poll)
{
	unsigned n = count_paths(drives);
	struct unit *unit;

	poll->paths = calloc(n > 0 ? n : 1, sizeof(*poll->paths));
	if (poll->paths == NULL)
		return -ENOMEM;
	LIST_FOREACH (unit, inventory_units(drives->inventory), link)
		if (copy_unit_paths(unit, poll, n) < 0)
			return -ENOMEM;
	return 0;
}

static int copy_detached(struct drives *drives, struct poll *poll)
{
	unsigned n = count_detached(drives);
	struct drive *drive;

	poll->detached = calloc(n > 0 ? n : 1, sizeof(*poll->detached));
	if (poll->detached == NULL)
		return -ENOMEM;
	LIST_FOREACH (drive, inventory_drives(drives->inventory), link) {
		struct poll_drive *copy = &poll->detached[poll->n_detached];

		if (!drive->detached || poll->n_detached == n)
			continue;
		poll->n_detached++;
		(void) snprintf(copy->id, sizeof(copy->id), "%s", drive->id);
		copy->n = drive->n_addresses;
		memcpy(copy->addresses, drive->addresses, sizeof(copy->addresses));
	}
	return 0;
}

static void start_poll(struct drives *drives)
{
	struct poll *poll;

	if (drives->poll != NULL)
		return; /* the last one is not back yet */
	poll = calloc(1, sizeof(*poll));
	if (poll == NULL || copy_paths(drives, poll) < 0 || copy_detached(drives, poll) < 0) {
		log_error("Cannot read the kernel states of disks: out of memory");
		if (poll != NULL)
			poll_free_one(poll);
		return;
	}
	poll->job = (struct job){ .run = poll_run, .finish = poll_finish };
	poll->drives = drives;
	poll->kernel = drives->kernel;
	drives->poll = poll;
	strand_submit(drives->poll_strand, &poll->job);
}

static int arm(sd_event_source *source, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(source, usec);

	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_poll(sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct drives *drives = userdata;

	start_poll(drives);
	if (drives->settings->poll_seconds == 0)
		return 0;
	return arm(source, drives->settings->poll_seconds * USEC_PER_SEC);
}

static int on_check(sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct drives *drives = userdata;
	struct disk *disk;

	LIST_FOREACH (disk, &drives->disks, link)
		disk_probe(disk);
	return arm(source, drives->settings->ready_check_seconds * USEC_PER_SEC);
}

static int on_becoming(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct drives *drives = userdata;
	struct disk *disk;

	drives->becoming = false;
	LIST_FOREACH (disk, &drives->disks, link)
		if (disk->seen != NULL && picture_becoming(disk->seen))
			disk_probe(disk);
	return 0;
}

void poll_becoming(struct drives *drives)
{
	if (drives->becoming)
		return;
	drives->becoming = arm(drives->becoming_timer, BECOMING_SECONDS * USEC_PER_SEC) >= 0;
}

static int add_timer(struct drives *drives, sd_event_source **ret, unsigned seconds,
		     sd_event_time_handler_t handler)
{
	int r = sd_event_add_time_relative(drives->event, ret, CLOCK_MONOTONIC,
					   seconds * USEC_PER_SEC, TIMER_ACCURACY, handler, drives);

	if (r < 0)
		return r;
	(void) sd_event_source_set_description(*ret, "drives");
	return sd_event_source_set_enabled(*ret, seconds > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void poll_soon(struct drives *drives)
{
	(void) arm(drives->poll_timer, 0);
}

int poll_new(struct drives *drives)
{
	int r;

	drives->poll_strand = strand_new(drives->pool);
	if (drives->poll_strand == NULL)
		return -ENOMEM;
	r = add_timer(drives, &drives->poll_timer, drives->settings->poll_seconds, on_poll);
	if (r < 0)
		return r;
	r = add_timer(drives, &drives->check_timer, drives->settings->ready_check_seconds,
		      on_check);
	if (r < 0)
		return r;
	return add_timer(drives, &drives->becoming_timer, 0, on_becoming);
}

void poll_free(struct drives *drives)
{
	if (drives->poll != NULL)
		drives->poll->drives = NULL;
	drives->poll_timer = sd_event_source_disable_unref(drives->poll_timer);
	drives->check_timer = sd_event_source_disable_unref(drives->check_timer);
	drives->becoming_timer = sd_event_source_disable_unref(drives->becoming_timer);
	drives->poll_strand = strand_free(drives->poll_strand);
}
