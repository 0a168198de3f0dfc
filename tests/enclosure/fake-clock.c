/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/enclosure/fake-clock.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"

#define TIMERS_MAX 4096U

static _Atomic uint64_t offset;

/* Loop thread. */
static struct timer {
	sd_event_source *source;
	uint64_t due;  /* by our clock */
	uint64_t seen; /* offset it was set with */
} timers[TIMERS_MAX];
static unsigned n_timers;

static uint64_t real_now(clockid_t id)
{
	struct timespec ts = { 0 };

	(void) clock_gettime(id, &ts);
	return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

uint64_t clock_monotonic(void)
{
	return real_now(CLOCK_MONOTONIC) + atomic_load(&offset);
}

uint64_t clock_realtime(void)
{
	return real_now(CLOCK_REALTIME) + atomic_load(&offset);
}

void fake_clock_advance(uint64_t usec)
{
	(void) atomic_fetch_add(&offset, usec);
}

/* Two who sleep at once sleep at once: the clock goes to where the later one wakes. */
int nanosleep(const struct timespec *request, _unused_ struct timespec *remaining)
{
	uint64_t wake = clock_monotonic() + (uint64_t) request->tv_sec * USEC_PER_SEC +
			(uint64_t) request->tv_nsec / 1000;
	uint64_t now = atomic_load(&offset), real = real_now(CLOCK_MONOTONIC);

	while (real + now < wake && !atomic_compare_exchange_weak(&offset, &now, wake - real))
		;
	return 0;
}

static void *next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();
	return function;
}

static int set_real(sd_event_source *source, uint64_t usec)
{
	static int (*real)(sd_event_source *, uint64_t);

	if (!real)
		*(void **) &real = next("sd_event_source_set_time");
	return real(source, usec);
}

static struct timer *timer_of(sd_event_source *source)
{
	for (unsigned i = 0; i < n_timers; i++)
		if (timers[i].source == source)
			return &timers[i];
	if (n_timers == TIMERS_MAX)
		abort();
	timers[n_timers].source = source;
	return &timers[n_timers++];
}

static int set(sd_event_source *source, uint64_t due)
{
	struct timer *timer = timer_of(source);

	timer->due = due;
	timer->seen = atomic_load(&offset);
	return set_real(source, due > timer->seen ? due - timer->seen : 0);
}

void fake_clock_sync(void)
{
	uint64_t now = atomic_load(&offset);

	for (unsigned i = 0; i < n_timers; i++)
		if (timers[i].seen != now)
			(void) set(timers[i].source, timers[i].due);
}

int sd_event_add_time(sd_event *event, sd_event_source **ret, clockid_t clock, uint64_t usec,
		      _unused_ uint64_t accuracy, sd_event_time_handler_t callback, void *userdata)
{
	static int (*real)(sd_event *, sd_event_source **, clockid_t, uint64_t, uint64_t,
			   sd_event_time_handler_t, void *);
	int r;

	if (!real)
		*(void **) &real = next("sd_event_add_time");
	/* A test does not wait for wake-ups that others would share. */
	r = real(event, ret, clock, UINT64_MAX - 1, 1, callback, userdata);
	return r < 0 ? r : set(*ret, usec);
}

int sd_event_add_time_relative(sd_event *event, sd_event_source **ret, clockid_t clock,
			       uint64_t usec, uint64_t accuracy, sd_event_time_handler_t callback,
			       void *userdata)
{
	return sd_event_add_time(event, ret, clock, clock_monotonic() + usec, accuracy, callback,
				 userdata);
}

/* Weak: test-operation.c has one of its own. */
__attribute__((weak)) int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	return set(source, usec);
}

int sd_event_source_set_time_relative(sd_event_source *source, uint64_t usec)
{
	return set(source, clock_monotonic() + usec);
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *source)
{
	static sd_event_source *(*real)(sd_event_source *);

	if (!real)
		*(void **) &real = next("sd_event_source_disable_unref");
	for (unsigned i = 0; i < n_timers; i++)
		if (timers[i].source == source) {
			timers[i] = timers[--n_timers];
			break;
		}
	return real(source);
}
