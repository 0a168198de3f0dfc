/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A strand is in the ready queue when it has a job and none of its jobs is
 * running; a thread takes a strand, runs its first job, and puts the strand
 * back at the end if there is more.  That alone makes strands serial and fair.
 *
 * Everything in struct pool and the queue of a strand is under pool->lock.  The
 * list of strands and the counts in a strand are the loop thread's own: a
 * worker says a job is done by putting it in the done queue, and never touches
 * its strand after that.
 *
 * The pool is counted by its owner, its strands and its threads, so that a
 * thread stuck in the kernel at the end can be left behind.
 */
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "base/list.h"

#define STACK_BYTES (256U << 10)

struct queue {
	struct job *first, *last;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work; /* a strand is ready, or closing */
	pthread_cond_t left; /* a thread has gone */
	struct strand *ready_first, *ready_last;
	unsigned n_ready;
	struct queue done;
	unsigned threads, idle, threads_max;
	unsigned references;
	bool closing;	/* nothing begins any more */
	bool abandoned; /* nobody finishes any more */

	struct list strands; /* loop thread */
	sd_event_source *source;
	int fd;
};

struct strand {
	struct pool *pool;
	struct queue queue;
	struct strand *next_ready;
	bool running;

	struct list link;    /* loop thread */
	unsigned pending;    /* loop thread: submitted and not finished */
	unsigned references; /* loop thread: the owner's and one for each job */
};

static void queue_append(struct queue *q, struct job *job)
{
	job->next = NULL;
	if (q->first == NULL)
		q->first = job;
	else
		q->last->next = job;
	q->last = job;
}

static struct job *queue_take(struct queue *q)
{
	struct job *job = q->first;

	if (job != NULL)
		q->first = job->next;
	return job;
}

static struct timespec deadline_after(uint64_t usec)
{
	uint64_t now = clock_monotonic(), at = now + usec < now ? UINT64_MAX : now + usec;

	return (struct timespec){
		.tv_sec = (time_t) (at / USEC_PER_SEC),
		.tv_nsec = (long) (at % USEC_PER_SEC * 1000),
	};
}

/* Under the lock, which is given up. */
static void unlock_unref(struct pool *pool)
{
	unsigned n = --pool->references;

	(void) pthread_mutex_unlock(&pool->lock);
	if (n > 0)
		return;
	(void) pthread_cond_destroy(&pool->left);
	(void) pthread_cond_destroy(&pool->work);
	(void) pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* ---- the workers ---------------------------------------------------------- */

/* Under the lock. */
static void ready_append(struct pool *pool, struct strand *strand)
{
	strand->next_ready = NULL;
	if (pool->ready_first == NULL)
		pool->ready_first = strand;
	else
		pool->ready_last->next_ready = strand;
	pool->ready_last = strand;
	pool->n_ready++;
}

/* Under the lock. */
static void done_append(struct pool *pool, struct job *job)
{
	bool first = pool->done.first == NULL;

	queue_append(&pool->done, job);
	if (first)
		(void) eventfd_write(pool->fd, 1);
}

/* Under the lock, which is given up meanwhile. */
static void run_one(struct pool *pool)
{
	struct strand *strand = pool->ready_first;
	struct job *job = queue_take(&strand->queue);
	int r;

	pool->ready_first = strand->next_ready;
	pool->n_ready--;
	strand->running = true;
	(void) pthread_mutex_unlock(&pool->lock);

	r = job->run(job);

	(void) pthread_mutex_lock(&pool->lock);
	if (pool->abandoned)
		return;
	job->result = r;
	strand->running = false;
	if (strand->queue.first != NULL)
		ready_append(pool, strand);
	done_append(pool, job);
}

static void *worker(void *p)
{
	struct pool *pool = p;

	(void) pthread_mutex_lock(&pool->lock);
	while (!pool->closing) {
		struct timespec deadline = deadline_after(POOL_IDLE_SECONDS * USEC_PER_SEC);
		int r = 0;

		while (pool->ready_first == NULL && !pool->closing && r != ETIMEDOUT) {
			pool->idle++;
			r = pthread_cond_clockwait(&pool->work, &pool->lock, CLOCK_MONOTONIC,
						   &deadline);
			pool->idle--;
		}
		if (pool->closing || pool->ready_first == NULL)
			break;
		run_one(pool);
	}
	pool->threads--;
	(void) pthread_cond_signal(&pool->left);
	unlock_unref(pool);
	return NULL;
}

/*
 * Under the lock.  Signals stay on the main thread, where signalfd reads them:
 * one caught here would end SG_IO early while the command goes on in the device
 * (ses.md 6.4).  Those a fault raises cannot be blocked in earnest and must reach
 * their handler.
 */
static int start_thread(struct pool *pool)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	(void) sigfillset(&all);
	(void) sigdelset(&all, SIGSEGV);
	(void) sigdelset(&all, SIGBUS);
	(void) sigdelset(&all, SIGFPE);
	(void) sigdelset(&all, SIGILL);

	r = pthread_attr_init(&attr);
	if (r != 0)
		return -r;
	(void) pthread_attr_setstacksize(&attr, STACK_BYTES);
	(void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

	(void) pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, worker, pool);
	(void) pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void) pthread_attr_destroy(&attr);
	if (r != 0)
		return -r;

	pool->threads++;
	pool->references++;
	return 0;
}

/* ---- the loop ------------------------------------------------------------- */

static void strand_unref(struct strand *strand)
{
	struct pool *pool = strand->pool;

	if (--strand->references > 0)
		return;
	list_unlink(&strand->link);
	free(strand);
	(void) pthread_mutex_lock(&pool->lock);
	unlock_unref(pool);
}

static void finish_one(struct job *job)
{
	struct strand *strand = job->strand;

	strand->pending--;
	job->finish(job);
	strand_unref(strand);
}

/* Finishes what was done when it was called; whether there was anything. */
static bool finish_done(struct pool *pool)
{
	struct queue done;
	struct job *job;
	bool any;

	(void) pthread_mutex_lock(&pool->lock);
	done = pool->done;
	pool->done.first = NULL;
	(void) pthread_mutex_unlock(&pool->lock);

	any = done.first != NULL;
	while ((job = queue_take(&done)) != NULL)
		finish_one(job);
	return any;
}

static int on_done(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents,
		   void *userdata)
{
	eventfd_t n;

	(void) eventfd_read(fd, &n);
	(void) finish_done(userdata);
	return 0;
}

int pool_new(sd_event *event, unsigned threads_max, int64_t priority, struct pool **ret)
{
	struct pool *pool;
	int r;

	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	pool->references = 1;
	pool->threads_max = threads_max < 1 ? 1 : threads_max;
	if (pool->threads_max > POOL_THREADS_MAX)
		pool->threads_max = POOL_THREADS_MAX;
	list_init(&pool->strands);
	(void) pthread_mutex_init(&pool->lock, NULL);
	(void) pthread_cond_init(&pool->work, NULL);
	(void) pthread_cond_init(&pool->left, NULL);

	pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->fd < 0) {
		r = -errno;
		goto fail;
	}
	r = sd_event_add_io(event, &pool->source, pool->fd, EPOLLIN, on_done, pool);
	if (r < 0)
		goto fail;
	r = sd_event_source_set_priority(pool->source, priority);
	if (r < 0)
		goto fail;
	(void) sd_event_source_set_description(pool->source, "pool");
	*ret = pool;
	return 0;
fail:
	(void) pool_free(pool, 0);
	return r;
}

/* Under the lock.  What has not begun, strand by strand. */
static struct queue take_waiting(struct pool *pool)
{
	struct queue waiting = { 0 };
	struct strand *strand;
	struct job *job;

	LIST_FOREACH (strand, &pool->strands, link)
		while ((job = queue_take(&strand->queue)) != NULL) {
			job->result = -ECANCELED;
			queue_append(&waiting, job);
		}
	pool->ready_first = NULL;
	pool->n_ready = 0;
	return waiting;
}

struct pool *pool_free(struct pool *pool, uint64_t wait_usec)
{
	struct timespec deadline = deadline_after(wait_usec);
	struct queue waiting;
	struct job *job;
	int r = 0;

	if (pool == NULL)
		return NULL;

	(void) pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	waiting = take_waiting(pool);
	(void) pthread_cond_broadcast(&pool->work);
	while (pool->threads > 0 && r != ETIMEDOUT)
		r = pthread_cond_clockwait(&pool->left, &pool->lock, CLOCK_MONOTONIC, &deadline);
	(void) pthread_mutex_unlock(&pool->lock);

	/* In the order given: what ran comes before what waited behind it. */
	(void) finish_done(pool);
	while ((job = queue_take(&waiting)) != NULL)
		finish_one(job);
	while (finish_done(pool))
		;

	(void) pthread_mutex_lock(&pool->lock);
	pool->abandoned = true;
	pool->source = sd_event_source_disable_unref(pool->source);
	if (pool->fd >= 0)
		(void) close(pool->fd);
	pool->fd = -1;
	unlock_unref(pool);
	return NULL;
}

unsigned pool_threads(const struct pool *pool)
{
	pthread_mutex_t *lock = &((struct pool *) pool)->lock;
	unsigned n;

	(void) pthread_mutex_lock(lock);
	n = pool->threads;
	(void) pthread_mutex_unlock(lock);
	return n;
}

/* ---- strands -------------------------------------------------------------- */

struct strand *strand_new(struct pool *pool)
{
	struct strand *strand = calloc(1, sizeof(*strand));

	if (strand == NULL)
		return NULL;
	strand->pool = pool;
	strand->references = 1;
	list_append(&pool->strands, &strand->link);
	(void) pthread_mutex_lock(&pool->lock);
	pool->references++;
	(void) pthread_mutex_unlock(&pool->lock);
	return strand;
}

struct strand *strand_free(struct strand *strand)
{
	if (strand != NULL)
		strand_unref(strand);
	return NULL;
}

/* Under the lock.  Whether somebody will run it. */
static bool enqueue(struct pool *pool, struct strand *strand, struct job *job)
{
	bool idle = !strand->running && strand->queue.first == NULL;

	queue_append(&strand->queue, job);
	if (!idle)
		return true;
	ready_append(pool, strand);
	if (pool->n_ready <= pool->idle) {
		(void) pthread_cond_signal(&pool->work);
		return true;
	}
	if (pool->threads >= pool->threads_max || start_thread(pool) == 0 || pool->threads > 0)
		return true;

	/* No thread at all, hence nothing else waits: it is the only one. */
	(void) queue_take(&strand->queue);
	pool->ready_first = NULL;
	pool->n_ready = 0;
	return false;
}

void strand_submit(struct strand *strand, struct job *job)
{
	struct pool *pool = strand->pool;

	job->strand = strand;
	job->result = -ECANCELED;
	strand->pending++;
	strand->references++;

	(void) pthread_mutex_lock(&pool->lock);
	if (pool->abandoned) {
		(void) pthread_mutex_unlock(&pool->lock);
		finish_one(job);
		return;
	}
	if (pool->closing) {
		done_append(pool, job);
	} else if (!enqueue(pool, strand, job)) {
		job->result = -EAGAIN;
		done_append(pool, job);
	}
	(void) pthread_mutex_unlock(&pool->lock);
}

unsigned strand_pending(const struct strand *strand)
{
	return strand->pending;
}
