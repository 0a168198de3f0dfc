/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a disk on its strand: kernel states, TEST UNIT READY.  At most one probe of a disk
 * is under way; what changes meanwhile asks for one more after it.  While a
 * status or power operation works on the disk its own reading counts, and the probe comes after it.
 *
 * A refresh hangs a ticket on every disk and ends with the last of them, or when its
 * time is up: one disk that hangs must not keep a caller for good.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "drive/private.h"

#define REFRESH_LIMIT_SECONDS 20U

struct probe {
	struct job job;
	struct disk *disk; /* NULL: gone meanwhile */
	struct transport *transport;
	struct kernel *kernel;
	struct picture *picture;
	struct list tickets;
};

struct refresh {
	struct list link;
	unsigned pending;
	sd_event_source *timer;
	inventory_done done; /* NULL: told already, the time was up */
	void *userdata;
};

struct ticket {
	struct list link;
	struct refresh *refresh;
};

static void refresh_settle(struct refresh *refresh)
{
	inventory_done done = refresh->done;
	void *userdata = refresh->userdata;

	if (--refresh->pending > 0)
		return;
	list_unlink(&refresh->link);
	(void) sd_event_source_disable_unref(refresh->timer);
	free(refresh);
	if (done != NULL)
		done(userdata, 0);
}

static void settle_tickets(struct list *tickets)
{
	struct list mine = LIST_INIT(mine);
	struct ticket *ticket;

	/* Set apart first: who is told may refresh again. */
	LIST_FOREACH (ticket, tickets, link) {
		list_unlink(&ticket->link);
		list_append(&mine, &ticket->link);
	}
	LIST_FOREACH (ticket, &mine, link) {
		struct refresh *refresh = ticket->refresh;

		list_unlink(&ticket->link);
		free(ticket);
		refresh_settle(refresh);
	}
}

static void move_tickets(struct list *to, struct list *from)
{
	struct ticket *ticket;

	LIST_FOREACH (ticket, from, link) {
		list_unlink(&ticket->link);
		list_append(to, &ticket->link);
	}
}

/* ---- one probe ----------------------------------------------------------------- */

static int probe_run(struct job *job)
{
	struct probe *probe = container_of(job, struct probe, job);

	picture_read(probe->picture, probe->transport, probe->kernel);
	return 0;
}

static void probe_finish(struct job *job)
{
	struct probe *probe = container_of(job, struct probe, job);
	struct disk *disk = probe->disk;

	if (disk != NULL) {
		disk->probe = NULL;
		/* What an operation does meanwhile is newer than this. */
		if (job->result == 0 && disk->work == NULL) {
			(void) picture_free(disk->seen);
			disk->seen = probe->picture;
			probe->picture = NULL;
			if (picture_becoming(disk->seen))
				poll_becoming(disk->drives);
			disk_show_states(disk);
			disk_judge(disk);
		}
		if (disk->probe_again && job->result == 0)
			disk_probe(disk);
	}
	settle_tickets(&probe->tickets);
	(void) picture_free(probe->picture);
	free(probe);
}

void disk_probe(struct disk *disk)
{
	struct probe *probe;

	if (disk->probe != NULL || disk->work != NULL) {
		disk->probe_again = true;
		return;
	}
	disk->probe_again = false;
	probe = calloc(1, sizeof(*probe));
	if (probe != NULL)
		probe->picture = picture_new(disk->object);
	if (probe == NULL || probe->picture == NULL) {
		log_error("Cannot read disk %s: out of memory", object_name(disk->object));
		free(probe);
		settle_tickets(&disk->tickets);
		return;
	}
	probe->job = (struct job){ .run = probe_run, .finish = probe_finish };
	probe->disk = disk;
	probe->transport = disk->drives->transport;
	probe->kernel = disk->drives->kernel;
	list_init(&probe->tickets);
	move_tickets(&probe->tickets, &disk->tickets);
	disk->probe = probe;
	strand_submit(disk->strand, &probe->job);
}

void disk_probe_changed(struct disk *disk)
{
	if (disk->probe == NULL || !picture_fits(disk->probe->picture, disk->object))
		disk_probe(disk);
}

void disk_probe_forget(struct disk *disk)
{
	if (disk->probe != NULL)
		disk->probe->disk = NULL;
	disk->probe = NULL;
	settle_tickets(&disk->tickets);
}

/* ---- all of them ----------------------------------------------------------------- */

static int on_time_up(_unused_ sd_event_source *source, _unused_ uint64_t usec, void *userdata)
{
	struct refresh *refresh = userdata;
	inventory_done done = refresh->done;

	log_warning("%u disks have not answered within %u s; their state is as before",
		    refresh->pending, REFRESH_LIMIT_SECONDS);
	refresh->done = NULL;
	done(refresh->userdata, 0);
	return 0;
}

static void ticket_for(struct disk *disk, struct refresh *refresh)
{
	struct ticket *ticket;

	if (disk->work != NULL)
		return;
	ticket = calloc(1, sizeof(*ticket));
	if (ticket == NULL)
		return;
	ticket->refresh = refresh;
	refresh->pending++;
	list_append(&disk->tickets, &ticket->link);
}

/* For a caller who must not be called before it returns, even if there is nothing to read. */
static int nothing_run(_unused_ struct job *job)
{
	return 0;
}

struct nothing {
	struct job job;
	struct refresh *refresh;
};

static void nothing_finish(struct job *job)
{
	struct nothing *nothing = container_of(job, struct nothing, job);

	refresh_settle(nothing->refresh);
	free(nothing);
}

void drives_refresh(struct drives *drives, inventory_done done, void *userdata)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));
	struct nothing *nothing = calloc(1, sizeof(*nothing));
	struct disk *disk;

	if (refresh == NULL || nothing == NULL ||
	    sd_event_add_time_relative(drives->event, &refresh->timer, CLOCK_MONOTONIC,
				       REFRESH_LIMIT_SECONDS * USEC_PER_SEC, 0, on_time_up,
				       refresh) < 0) {
		free(refresh);
		free(nothing);
		done(userdata, -ENOMEM);
		return;
	}
	refresh->done = done;
	refresh->userdata = userdata;
	refresh->pending = 1;
	list_append(&drives->refreshes, &refresh->link);

	LIST_FOREACH (disk, &drives->disks, link)
		ticket_for(disk, refresh);
	LIST_FOREACH (disk, &drives->disks, link)
		disk_probe(disk);

	nothing->job = (struct job){ .run = nothing_run, .finish = nothing_finish };
	nothing->refresh = refresh;
	strand_submit(drives->poll_strand, &nothing->job);
}

void refreshes_free(struct drives *drives)
{
	struct refresh *refresh;

	LIST_FOREACH (refresh, &drives->refreshes, link) {
		list_unlink(&refresh->link);
		refresh->timer = sd_event_source_disable_unref(refresh->timer);
		refresh->done = NULL;
	}
}
