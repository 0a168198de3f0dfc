/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that block, so that the loop never does.
 *
 * A job is one blocking errand.  run() is called on some worker's thread and
 * may touch the job alone, which therefore carries copies of all it needs;
 * finish() is called later on the loop's thread, exactly once, whatever became
 * of run(), and ends with the job being freed by its owner.
 *
 * Jobs of one strand run one after another in the order given; different
 * strands run at once, up to the pool's limit of threads.  A chassis has a
 * strand (one command stream per chassis), a drive has one.  Threads are made
 * when there is work and leave after POOL_IDLE_SECONDS without any.
 *
 * Two threads meet only in the pool's queues, under its one lock: that is the
 * whole argument about races.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct sd_event sd_event;
struct pool;
struct strand;

#define POOL_IDLE_SECONDS 5
#define POOL_THREADS_MAX 64

struct job {
	/* worker thread; returns 0 or -errno, which becomes result */
	int (*run)(struct job *job);
	/* loop thread; owns and frees the job */
	void (*finish)(struct job *job);
	int result; /* what run() returned, or -ECANCELED if it was never called */

	struct strand *strand; /* the pool's */
	struct job *next;      /* the pool's */
};

/* finish() runs from an event source of that sd-event priority.  0 or -errno. */
int pool_new(sd_event *event, unsigned threads_max, int64_t priority, struct pool **ret);

/*
 * Ends the pool: jobs that have not begun finish with -ECANCELED; those under
 * way are waited for until wait_usec have passed (then their threads are left
 * behind with memory they own: the process is about to exit; their finish() is
 * never called).  A job submitted meanwhile or later finishes with -ECANCELED, so
 * do not answer that by submitting another.  NULL is fine.  Returns NULL.
 */
struct pool *pool_free(struct pool *pool, uint64_t wait_usec);

/* NULL when out of memory.  A strand outlives its jobs: strand_free() with jobs
 * under way only marks it, and it goes with the last of them. */
struct strand *strand_new(struct pool *pool);
struct strand *strand_free(struct strand *strand);

/*
 * Never fails: if no thread exists and none can be started the job finishes with
 * -EAGAIN.  finish() is never called from within, except after pool_free().
 */
void strand_submit(struct strand *strand, struct job *job);

/* Jobs whose finish() has not begun. */
unsigned strand_pending(const struct strand *strand);

/* Threads that exist now; for tests and benchmarks. */
unsigned pool_threads(const struct pool *pool);
