/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What queue.c (requests come, and are answered) and round.c (requests are
 * carried out) share.  Loop thread, but for the change in a job.
 */
#pragma once

#include <systemd/sd-event.h>

#include "enclosure/private.h"

enum round {
	ROUND_IDLE,
	ROUND_READING,
	ROUND_GATHERING,
	ROUND_WRITING,
};

struct queue {
	struct chassis *chassis;
	struct strand *strand;
	struct list waiting; /* struct request, in the order they came */
	struct list refused; /* beyond REQUESTS_PER_CHASSIS_MAX */
	unsigned n_waiting;
	enum round round;
	bool chained; /* this round follows another at once */
	bool stuck;   /* a call ran out of time while the worker was away: others fail at once */
	unsigned moves;
	uint64_t gather_until;
	uint64_t last_request, request_gap; /* when one came, and how far apart they come, us */
	uint64_t began;			    /* the job under way, clock_monotonic() */
	struct outcome failed; /* why the ways asked so far could not be read, 0 = none */
	sd_event_source *gather, *gather_limit, *deadline, *fail;
	struct round_job *job; /* under way, NULL = none */
	char first_node[64];   /* of the way whose page was read */
};

struct round_job {
	struct job job;
	struct queue *queue; /* NULL: the chassis went */
	struct change change;
	struct way *ways[CHASSIS_WAYS_MAX]; /* NULL: that way went meanwhile */
	struct request **requests;	    /* by item; NULL: nobody waits any more */
	bool reading;
	unsigned first; /* READING: the way that is read */
};

static inline struct queue *queue_of(const struct chassis *chassis)
{
	return chassis->queue;
}

/* The one whose turn it is: requests of one component go in order. */
static inline struct request *request_first_of(const struct component *component)
{
	return container_of(component->requests.next, struct request, of_component);
}

/* ---- queue.c ------------------------------------------------------------------ */

/* Takes the request out of the queue and answers it. */
void queue_complete(struct queue *q, struct request *request, const struct outcome *outcome,
		    uint32_t before);
/* All that wait now. */
void queue_complete_all(struct queue *q, int r, const char *text);
/* Answers in the next turn of the loop that nothing can be done. */
void queue_fail_soon(struct queue *q);

/* The errno of a chassis that no way leads to: gone, not understood, or failed. */
int queue_unreachable(const struct chassis *chassis);

/* ---- round.c ------------------------------------------------------------------ */

/* Begins a round if none is under way and somebody waits; else polls may go. */
void round_next(struct queue *q);
/* Reads page 02h through that way.  0 or -ENOMEM. */
int round_begin(struct queue *q, struct way *first);
/* Whose page the round begins with, NULL = no way is left. */
struct way *round_first_way(struct queue *q);
/* Another request has come while requests are gathered. */
void round_gather_more(struct queue *q);
void round_gather_end(struct queue *q);

/* ---- round-job.c -------------------------------------------------------------- */

/* Names, nodes and snapshots of all ways, to be tried from first on.  NULL: no memory. */
struct round_job *round_job_new(struct queue *q, struct way *first);
void round_job_free(struct round_job *job);
/* READING and WRITING, on the worker. */
int round_job_read(struct job *job);
int round_job_write(struct job *job);
/* What a request wants, in the indexes of now. */
void round_job_fill(struct change_item *item, const struct request *request,
		    const struct chassis *chassis);
/* Of its last page 02h: the model goes on showing its own meanwhile.  NULL: there is none. */
struct ses_status *round_copy_page(const struct way *way);
