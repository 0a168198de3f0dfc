/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first look at a device that may be an enclosure services process: type
 * 0Dh with or without ENCSERV, or a disk with ENCSERV that does answer page
 * 01h (ses.md 1.2, peers.md C.3).  Each look has a strand of its own, since nobody
 * knows yet which chassis it belongs to.  A type 0Dh device that does not answer
 * is asked again with growing pauses: it may be starting.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "enclosure/private.h"

#define PROBE_PAUSE_FIRST_S 1U
#define PROBE_PAUSE_LAST_S 60U
#define PROBE_BUDGET_S 30U
#define REFUSALS_MAX 4U /* looks more, until it is believed not to be an enclosure */
#define DOUBTS_MAX 2U	/* looks more, until it is believed to be a chassis of its own */
#define TYPE_ENCLOSURE 0x0d

struct probe {
	struct list link; /* inventory->probes */
	struct inventory *inventory;
	struct known_device *known; /* NULL: it went meanwhile */
	struct strand *strand;
	sd_event_source *timer;
	unsigned pause_s;
	bool counted; /* the first inventory waits for it */
	bool running;
	bool reported; /* a failure was logged */
	unsigned refusals, doubts;
};

struct look {
	struct job job;
	struct probe *probe;
	struct transport *transport;
	const struct quirks *quirks;
	unsigned timeout_s;
	char node[64];
	struct snapshot *snapshot;
	struct ses_status *page;
	char text[160];
};

static void probe_free(struct probe *probe)
{
	if (probe->counted)
		inventory_probe_ended(probe->inventory);
	sd_event_source_disable_unref(probe->timer);
	list_unlink(&probe->link);
	strand_free(probe->strand);
	free(probe);
}

static int look_run(struct job *job)
{
	struct look *look = container_of(job, struct look, job);
	struct session session;
	int r;

	r = session_open(&session, look->transport, look->node, look->timeout_s,
			 clock_monotonic() + PROBE_BUDGET_S * USEC_PER_SEC);
	if (r == 0)
		r = snapshot_read(&session, look->quirks, &look->snapshot, &look->page);
	(void) snprintf(look->text, sizeof(look->text), "%s", session.text);
	session_close(&session);
	return r;
}

static void look_free(struct look *look)
{
	snapshot_unref(look->snapshot);
	ses_status_free(look->page);
	free(look);
}

static void look_start(struct probe *probe);

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void) s;
	(void) usec;
	look_start(userdata);
	return 0;
}

/* Nobody waits for it any longer. */
static void try_later(struct probe *probe)
{
	int r;

	if (probe->counted) {
		probe->counted = false;
		inventory_probe_ended(probe->inventory);
	}
	probe->timer = sd_event_source_disable_unref(probe->timer);
	r = sd_event_add_time_relative(probe->inventory->p.event, &probe->timer, CLOCK_MONOTONIC,
				       probe->pause_s * USEC_PER_SEC, 0, on_timer, probe);
	if (r < 0)
		log_error("Cannot set a timer: %s", strerror(-r));
	probe->pause_s =
		probe->pause_s * 2 > PROBE_PAUSE_LAST_S ? PROBE_PAUSE_LAST_S : probe->pause_s * 2;
}

/*
 * Not ours: a disk with ENCSERV that knows no page, or does not answer; a type 0Dh that
 * knows none, and says so again, since one that starts may answer with anything.
 */
static bool give_up(struct probe *probe, int r)
{
	bool enclosure = probe->known->device->type == TYPE_ENCLOSURE;

	if (enclosure)
		return r == -EOPNOTSUPP && ++probe->refusals > REFUSALS_MAX;
	return r == -EOPNOTSUPP || r == -EBADMSG || ++probe->refusals > REFUSALS_MAX;
}

static void look_failed(struct probe *probe, const struct look *look)
{
	bool enclosure = probe->known->device->type == TYPE_ENCLOSURE;
	int r = look->job.result;

	if (give_up(probe, r)) {
		if (enclosure)
			log_notice("%s is of the type of an enclosure but has no enclosure "
				   "services pages: %s",
				   look->node, look->text);
		probe->known->refused = true;
		probe->known->probe = NULL;
		probe_free(probe);
		return;
	}
	if (!probe->reported && enclosure && r != -EOPNOTSUPP) {
		log_warning("The enclosure at %s cannot be read: %s; it is asked again", look->node,
			    look->text[0] ? look->text : strerror(-r));
		probe->reported = true;
	}
	try_later(probe);
}

static void look_finish(struct job *job)
{
	struct look *look = container_of(job, struct look, job);
	struct probe *probe = look->probe;
	struct inventory *inventory = probe->inventory;
	struct known_device *known = probe->known;
	int r = job->result;

	probe->running = false;
	if (!known || probe->inventory->ending) {
		probe_free(probe);
	} else if (r < 0) {
		look_failed(probe, look);
	} else if (probe->doubts < DOUBTS_MAX &&
		   chassis_is_doubtful(probe->inventory, look->snapshot)) {
		probe->doubts++;
		try_later(probe);
	} else {
		known->probe = NULL;
		r = chassis_adopt(probe->inventory, known, look->snapshot, look->page);
		if (r < 0) {
			log_error("The enclosure at %s cannot be taken in: %s", look->node,
				  strerror(-r));
		} else {
			look->snapshot = NULL;
			look->page = NULL;
		}
		probe_free(probe);
	}
	look_free(look);
	inventory_look_ended(inventory);
}

static void look_start(struct probe *probe)
{
	const struct inventory_parameters *p = &probe->inventory->p;
	struct look *look;

	/* The node may have gone while it was waited; another one is told of. */
	look = probe->known->device->sg_node ? calloc(1, sizeof(*look)) : NULL;
	if (!look) {
		try_later(probe);
		return;
	}
	look->job.run = look_run;
	look->job.finish = look_finish;
	look->probe = probe;
	look->transport = p->transport;
	look->quirks = p->quirks;
	look->timeout_s = p->settings->command_timeout_s;
	(void) snprintf(look->node, sizeof(look->node), "%s", probe->known->device->sg_node);
	probe->running = true;
	inventory_look_begins(probe->inventory);
	strand_submit(probe->strand, &look->job);
}

void probe_start(struct inventory *inventory, struct known_device *known)
{
	struct probe *probe;

	if (!known->device->sg_node)
		return;
	if (known->probe) {
		/* It changed: no need to wait any longer. */
		if (!known->probe->running) {
			known->probe->pause_s = PROBE_PAUSE_FIRST_S;
			known->probe->timer = sd_event_source_disable_unref(known->probe->timer);
			look_start(known->probe);
		}
		return;
	}
	probe = calloc(1, sizeof(*probe));
	if (probe)
		probe->strand = strand_new(inventory->p.pool);
	if (!probe || !probe->strand) {
		free(probe);
		log_error("Out of memory for the enclosure at %s", known->device->sg_node);
		return;
	}
	probe->inventory = inventory;
	probe->known = known;
	probe->pause_s = PROBE_PAUSE_FIRST_S;
	probe->counted = !inventory->ready;
	inventory->probing += probe->counted;
	list_append(&inventory->probes, &probe->link);
	known->probe = probe;
	look_start(probe);
}

void probe_cancel(struct probe *probe)
{
	probe->known = NULL;
	if (!probe->running)
		probe_free(probe);
}
