/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a round hands to the worker: copies of all that it needs, since neither side
 * waits for the other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "enclosure/queue-private.h"

struct round_job *round_job_new(struct queue *q, struct way *first)
{
	const struct inventory_parameters *p = &q->chassis->inventory->p;
	const struct quirk *quirk = &first->snapshot->quirk;
	struct round_job *job;
	struct way *way;
	unsigned w = 0, k = 0;

	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->queue = q;
	job->change.transport = p->transport;
	job->change.quirks = p->quirks;
	job->change.timeout_s = p->settings->command_timeout_s;
	job->change.settle_ms = quirk->settle_ms ? quirk->settle_ms : p->settings->settle_ms;
	job->change.deadline = clock_monotonic() + (REQUEST_LIMIT_SECONDS - 1) * USEC_PER_SEC;
	job->first = way_position(first);
	job->change.order[k++] = job->first;
	LIST_FOREACH (way, &q->chassis->ways, link) {
		struct change_way *c = &job->change.ways[w];
		const char *node = way->device->sg_node ? way->device->sg_node : "";

		job->ways[w] = way;
		(void) snprintf(c->node, sizeof(c->node), "%s", node);
		(void) snprintf(c->name, sizeof(c->name), "%s", node);
		c->usable = way_usable(way) && c->node[0] != '\0';
		c->snapshot = snapshot_ref(way->snapshot);
		if (w != job->first)
			job->change.order[k++] = w;
		w++;
	}
	job->change.n_ways = w;
	return job;
}

void round_job_free(struct round_job *job)
{
	change_clear(&job->change);
	free(job->requests);
	free(job);
}

int round_job_read(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);
	struct change_way *way = &job->change.ways[job->first];
	struct session session;
	int r;

	r = session_open(&session, job->change.transport, way->node, job->change.timeout_s,
			 job->change.deadline);
	if (r == 0)
		r = snapshot_read_status(&session, way->snapshot, &way->new_page);
	if (r == -ESTALE || r == -EBADMSG)
		r = snapshot_read(&session, job->change.quirks, &way->new_snapshot, &way->new_page);
	(void) snprintf(way->text, sizeof(way->text), "%s", session.text);
	way->failure = session.broken ? r : 0;
	way->reset_seen = session.reset_seen;
	way->changed_seen = session.changed_seen;
	session_close(&session);
	return r;
}

int round_job_write(struct job *j)
{
	struct round_job *job = container_of(j, struct round_job, job);

	change_run(&job->change);
	return 0;
}

void round_job_fill(struct change_item *item, const struct request *request,
		    const struct chassis *chassis)
{
	const struct component *component = request->component;
	const struct way *way;
	unsigned w = 0;

	memcpy(item->element_of, component->element_of, sizeof(item->element_of));
	item->type = component->type;
	item->set = request->set;
	item->clear = request->clear;
	item->wished = component->asked;
	item->every_way = request->every_way;
	LIST_FOREACH (way, &chassis->ways, link) {
		const struct quirk *quirk = &way->snapshot->quirk;
		const struct ses_config *config = way->snapshot->config;
		uint8_t process = config->n_subenclosures ? config->subenclosures[0].process : 0;
		bool mine = false, named = false;

		for (unsigned i = 0; component->slot && i < quirk->n_owners; i++)
			if (component->index >= quirk->owners[i].first &&
			    component->index <= quirk->owners[i].last) {
				named = true;
				mine = mine || quirk->owners[i].process == process;
			}
		if (!named || mine)
			item->owners |= UINT32_C(1) << w;
		w++;
	}
}

struct ses_status *round_copy_page(const struct way *way)
{
	struct ses_status *copy = NULL;

	if (way->page && way->page->page &&
	    ses_status_decode(way->page->page, way->page->page_length, way->snapshot->config,
			      &copy) < 0)
		return NULL;
	return copy;
}
