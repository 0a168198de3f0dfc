/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What pool.h promises.  Where a job has to wait for another a semaphore or a
 * barrier makes it, so that a pool that is wrong hangs or fails, and one that is
 * right passes on any machine.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/pool.h"

#define JOBS_MAX 512

struct errand {
	struct job job;
	int number;
	int (*what)(struct errand *errand);
	void (*then)(struct errand *errand);
	bool ran;
	pthread_t thread;
};

static sd_event *event;
static struct pool *pool;
static pthread_t loop;

static struct errand errands[JOBS_MAX];
static int finished[JOBS_MAX], results[JOBS_MAX];
static int n_finished;

static atomic_int running, peak;
static sem_t started, go;
static pthread_barrier_t barrier;

static int run(struct job *job)
{
	struct errand *errand = (struct errand *) job;
	int now = atomic_fetch_add(&running, 1) + 1, before = atomic_load(&peak);
	int r = 0;

	while (now > before && !atomic_compare_exchange_weak(&peak, &before, now))
		;
	errand->ran = true;
	errand->thread = pthread_self();
	if (errand->what != NULL)
		r = errand->what(errand);
	atomic_fetch_sub(&running, 1);
	return r;
}

static void finish(struct job *job)
{
	struct errand *errand = (struct errand *) job;

	ck_assert(pthread_equal(pthread_self(), loop));
	results[n_finished] = job->result;
	finished[n_finished++] = errand->number;
	if (errand->then != NULL)
		errand->then(errand);
}

static struct errand *errand(int number, int (*what)(struct errand *errand))
{
	struct errand *e = &errands[number];

	*e = (struct errand){
		.job = { .run = run, .finish = finish },
		.number = number,
		.what = what,
	};
	return e;
}

static void submit(struct strand *strand, int number, int (*what)(struct errand *errand))
{
	strand_submit(strand, &errand(number, what)->job);
}

static void spin_until(int n)
{
	while (n_finished < n)
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
	ck_assert_int_eq(n_finished, n);
}

static int wait_for_go(struct errand *e)
{
	(void) sem_post(&started);
	while (sem_wait(&go) < 0)
		;
	return e->number;
}

static int meet(_unused_ struct errand *e)
{
	(void) pthread_barrier_wait(&barrier);
	return 0;
}

static void setup(void)
{
	loop = pthread_self();
	n_finished = 0;
	(void) sem_init(&started, 0, 0);
	(void) sem_init(&go, 0, 0);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(pool_new(event, 4, 0, &pool), 0);
}

static void teardown(void)
{
	pool = pool_free(pool, 10 * USEC_PER_SEC);
	event = sd_event_unref(event);
}

START_TEST(strand_keeps_order)
{
	struct strand *strand = strand_new(pool);

	for (int i = 0; i < JOBS_MAX; i++)
		submit(strand, i, NULL);
	ck_assert_uint_eq(strand_pending(strand), JOBS_MAX);
	spin_until(JOBS_MAX);
	for (int i = 0; i < JOBS_MAX; i++) {
		ck_assert_int_eq(finished[i], i);
		ck_assert_int_eq(results[i], 0);
		ck_assert(errands[i].ran);
		ck_assert(!pthread_equal(errands[i].thread, loop));
	}
	ck_assert_int_eq(peak, 1);
	ck_assert_uint_eq(strand_pending(strand), 0);
	ck_assert_uint_eq(pool_threads(pool), 1);
	strand = strand_free(strand);
}
END_TEST

START_TEST(strands_run_at_once)
{
	struct strand *strands[4];

	(void) pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++) {
		strands[i] = strand_new(pool);
		submit(strands[i], i, meet);
	}
	spin_until(4);
	ck_assert_int_eq(peak, 4);
	ck_assert_uint_eq(pool_threads(pool), 4);
	for (int i = 0; i < 4; i++)
		strands[i] = strand_free(strands[i]);
}
END_TEST

START_TEST(threads_are_limited)
{
	struct strand *strands[20];

	for (int i = 0; i < 20; i++) {
		strands[i] = strand_new(pool);
		submit(strands[i], i, wait_for_go);
	}
	for (int i = 0; i < 4; i++)
		(void) sem_wait(&started);
	ck_assert_uint_eq(pool_threads(pool), 4);
	for (int i = 0; i < 20; i++)
		(void) sem_post(&go);
	spin_until(20);
	ck_assert_int_eq(peak, 4);
	for (int i = 0; i < 20; i++)
		strands[i] = strand_free(strands[i]);
}
END_TEST

START_TEST(limit_of_the_limit)
{
	struct pool *huge = NULL;

	ck_assert_int_eq(pool_new(event, 100000, 0, &huge), 0);
	huge = pool_free(huge, 0);
	ck_assert_ptr_null(huge);
	ck_assert_ptr_null(pool_free(NULL, 0));
	ck_assert_ptr_null(strand_free(NULL));
}
END_TEST

/* One long strand and one short one on one thread: the short one is second. */
START_TEST(strands_take_turns)
{
	struct pool *one;
	struct strand *a, *b;

	ck_assert_int_eq(pool_new(event, 1, 0, &one), 0);
	a = strand_new(one);
	b = strand_new(one);
	submit(a, 0, wait_for_go);
	for (int i = 1; i < 50; i++)
		submit(a, i, NULL);
	submit(b, 50, NULL);
	(void) sem_post(&go);
	spin_until(51);
	ck_assert_int_eq(finished[0], 0);
	ck_assert_int_eq(finished[1], 50);
	a = strand_free(a);
	b = strand_free(b);
	one = pool_free(one, 10 * USEC_PER_SEC);
}
END_TEST

static void submit_next(struct errand *e)
{
	if (e->number >= 10)
		return;
	errand(e->number + 1, NULL)->then = submit_next;
	strand_submit(e->job.strand, &errands[e->number + 1].job);
}

START_TEST(finish_may_submit)
{
	struct strand *strand = strand_new(pool);

	errand(0, NULL)->then = submit_next;
	strand_submit(strand, &errands[0].job);
	spin_until(11);
	ck_assert_int_eq(finished[10], 10);
	strand = strand_free(strand);
}
END_TEST

static void free_strand(struct errand *e)
{
	struct strand *strand = e->job.strand;

	ck_assert_uint_eq(strand_pending(strand), 0);
	strand = strand_free(strand);
}

START_TEST(finish_may_free_the_strand)
{
	struct strand *strand = strand_new(pool);

	errand(0, NULL)->then = free_strand;
	strand_submit(strand, &errands[0].job);
	spin_until(1);
}
END_TEST

START_TEST(freed_strand_ends_its_jobs)
{
	struct strand *strand = strand_new(pool);

	submit(strand, 0, wait_for_go);
	submit(strand, 1, NULL);
	submit(strand, 2, NULL);
	strand = strand_free(strand);
	(void) sem_post(&go);
	spin_until(3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(finished[i], i);
		ck_assert_int_eq(results[i], 0);
	}
}
END_TEST

static int look_at_signals(_unused_ struct errand *e)
{
	sigset_t set;

	(void) pthread_sigmask(SIG_SETMASK, NULL, &set);
	return sigismember(&set, SIGTERM) && sigismember(&set, SIGCHLD) &&
			       sigismember(&set, SIGUSR1) && sigismember(&set, SIGRTMIN)
		       ? 7
		       : -EPROTO;
}

START_TEST(signals_stay_on_the_main_thread)
{
	struct strand *strand = strand_new(pool);
	sigset_t set;

	submit(strand, 0, look_at_signals);
	(void) pthread_sigmask(SIG_SETMASK, NULL, &set);
	ck_assert(!sigismember(&set, SIGUSR1));
	spin_until(1);
	ck_assert_int_eq(results[0], 7);
	strand = strand_free(strand);
}
END_TEST

/* It is already running when the pool is freed, and ends a moment later by itself. */
static int take_a_moment(_unused_ struct errand *e)
{
	struct timespec moment = { .tv_nsec = 30 * 1000 * 1000 };

	(void) sem_post(&started);
	(void) nanosleep(&moment, NULL);
	return -EIO;
}

START_TEST(free_waits_for_what_runs_and_cancels_the_rest)
{
	struct strand *a = strand_new(pool), *b = strand_new(pool);

	submit(a, 0, take_a_moment);
	(void) sem_wait(&started);
	for (int i = 1; i < 60; i++)
		submit(a, i, NULL);
	pool = pool_free(pool, 10 * USEC_PER_SEC);
	ck_assert_int_eq(n_finished, 60);
	for (int i = 0; i < 60; i++) {
		ck_assert_int_eq(finished[i], i);
		ck_assert_int_eq(results[i], i == 0 ? -EIO : -ECANCELED);
		ck_assert_int_eq(errands[i].ran, i == 0);
	}

	/* Late work is turned away, at once since no loop serves it any more. */
	submit(b, 60, NULL);
	ck_assert_int_eq(n_finished, 61);
	ck_assert_int_eq(results[60], -ECANCELED);
	a = strand_free(a);
	b = strand_free(b);
}
END_TEST

START_TEST(free_cancels_what_a_finish_submits)
{
	struct strand *strand = strand_new(pool);

	submit(strand, 0, take_a_moment);
	(void) sem_wait(&started);
	errands[0].then = submit_next;
	pool = pool_free(pool, 10 * USEC_PER_SEC);
	ck_assert_int_eq(n_finished, 11);
	ck_assert_int_eq(results[0], -EIO);
	for (int i = 1; i < 11; i++)
		ck_assert_int_eq(results[i], -ECANCELED);
	strand = strand_free(strand);
}
END_TEST

static sem_t gone;

static int hang(_unused_ struct errand *e)
{
	(void) sem_post(&started);
	while (sem_wait(&go) < 0)
		;
	(void) sem_post(&gone);
	return 0;
}

START_TEST(free_leaves_a_stuck_thread_behind)
{
	struct strand *strand = strand_new(pool);
	uint64_t begun;

	(void) sem_init(&gone, 0, 0);
	submit(strand, 0, hang);
	submit(strand, 1, NULL);
	(void) sem_wait(&started);

	begun = clock_monotonic();
	pool = pool_free(pool, 50 * USEC_PER_MSEC);
	ck_assert_uint_ge(clock_monotonic() - begun, 50 * USEC_PER_MSEC);
	ck_assert_int_eq(n_finished, 1);
	ck_assert_int_eq(finished[0], 1);
	ck_assert_int_eq(results[0], -ECANCELED);
	strand = strand_free(strand);

	(void) sem_post(&go);
	(void) sem_wait(&gone);
	ck_assert_int_eq(n_finished, 1);
}
END_TEST

START_TEST(idle_threads_leave)
{
	struct strand *strands[3];
	uint64_t begun = clock_monotonic(), took;

	(void) pthread_barrier_init(&barrier, NULL, 3);
	for (int i = 0; i < 3; i++) {
		strands[i] = strand_new(pool);
		submit(strands[i], i, meet);
	}
	spin_until(3);
	ck_assert_uint_eq(pool_threads(pool), 3);
	while (pool_threads(pool) > 0)
		ck_assert_int_ge(sd_event_run(event, 50 * USEC_PER_MSEC), 0);
	took = clock_monotonic() - begun;
	ck_assert_uint_ge(took, POOL_IDLE_SECONDS * USEC_PER_SEC);
	ck_assert_uint_lt(took, (POOL_IDLE_SECONDS + 5) * USEC_PER_SEC);

	/* And come back. */
	submit(strands[0], 3, NULL);
	spin_until(4);
	ck_assert_uint_eq(pool_threads(pool), 1);
	for (int i = 0; i < 3; i++)
		strands[i] = strand_free(strands[i]);
}
END_TEST

/* No new threads for us, whoever we are; undone before the sanitizers want theirs. */
static void allow_threads(bool allow)
{
	struct rlimit limit;

	if (geteuid() == 0) {
		ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
		(void) prctl(PR_SET_DUMPABLE, 1);
	}
	ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &limit), 0);
	limit.rlim_cur = allow ? limit.rlim_max : 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
}

START_TEST(without_any_thread_it_is_eagain)
{
	struct strand *strand = strand_new(pool);

	allow_threads(false);
	submit(strand, 0, NULL);
	submit(strand, 1, NULL);
	allow_threads(true);
	ck_assert_int_eq(n_finished, 0);
	ck_assert_uint_eq(pool_threads(pool), 0);
	spin_until(2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(finished[i], i);
		ck_assert_int_eq(results[i], -EAGAIN);
		ck_assert(!errands[i].ran);
	}

	submit(strand, 2, NULL);
	spin_until(3);
	ck_assert_int_eq(results[2], 0);
	strand = strand_free(strand);
}
END_TEST

START_TEST(with_one_thread_the_rest_waits)
{
	struct strand *a = strand_new(pool), *b = strand_new(pool);

	submit(a, 0, wait_for_go);
	(void) sem_wait(&started);
	allow_threads(false);
	submit(b, 1, NULL);
	allow_threads(true);
	ck_assert_uint_eq(pool_threads(pool), 1);
	(void) sem_post(&go);
	spin_until(2);
	ck_assert_int_eq(finished[1], 1);
	ck_assert_int_eq(results[1], 0);
	a = strand_free(a);
	b = strand_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/pool");
	TCase *tc = tcase_create("pool");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, strand_keeps_order);
	tcase_add_test(tc, strands_run_at_once);
	tcase_add_test(tc, threads_are_limited);
	tcase_add_test(tc, limit_of_the_limit);
	tcase_add_test(tc, strands_take_turns);
	tcase_add_test(tc, finish_may_submit);
	tcase_add_test(tc, finish_may_free_the_strand);
	tcase_add_test(tc, freed_strand_ends_its_jobs);
	tcase_add_test(tc, signals_stay_on_the_main_thread);
	tcase_add_test(tc, free_waits_for_what_runs_and_cancels_the_rest);
	tcase_add_test(tc, free_cancels_what_a_finish_submits);
	tcase_add_test(tc, free_leaves_a_stuck_thread_behind);
	tcase_add_test(tc, idle_threads_leave);
	tcase_add_test(tc, without_any_thread_it_is_eagain);
	tcase_add_test(tc, with_one_thread_the_rest_waits);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
