/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hardware, and what is to happen at which event.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake-private.h"

struct fake_hardware *fake;

/* Of this process. */
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static enum fake_what what;
static unsigned at_event;
static const char *at_name;
static bool hit, go_on;

void fake_new(unsigned n_units, unsigned n_paths)
{
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(fake != MAP_FAILED);
	fake->n_units = n_units;
	fake->n_paths = n_paths;
	fake->present = true;
	for (unsigned u = 0; u < n_units; u++)
		for (unsigned p = 0; p < n_paths; p++)
			fake->units[u].paths[p] =
				(struct fake_path){ .attached = true, .sg = ++fake->next_sg };
	fake_at(0, FAKE_NOTHING);
}

void fake_free(void)
{
	(void) munmap(fake, sizeof(*fake));
	fake = NULL;
}

/* ---- events -------------------------------------------------------------------------- */

void fake_at(unsigned event, enum fake_what happens)
{
	(void) pthread_mutex_lock(&fake_lock);
	at_event = fake->n_events + event;
	at_name = NULL;
	what = happens;
	hit = go_on = false;
	(void) pthread_mutex_unlock(&fake_lock);
}

void fake_at_name(const char *name, enum fake_what happens)
{
	fake_at(0, happens);
	(void) pthread_mutex_lock(&fake_lock);
	at_name = name;
	(void) pthread_mutex_unlock(&fake_lock);
}

bool fake_was_hit(void)
{
	bool was;

	(void) pthread_mutex_lock(&fake_lock);
	was = hit;
	(void) pthread_mutex_unlock(&fake_lock);
	return was;
}

void fake_release(void)
{
	(void) pthread_mutex_lock(&fake_lock);
	go_on = true;
	(void) pthread_cond_broadcast(&released);
	(void) pthread_mutex_unlock(&fake_lock);
}

void fake_note(const char *text)
{
	size_t n = strlen(fake->log);

	ck_assert_uint_lt(n + strlen(text) + 2, sizeof(fake->log));
	(void) snprintf(fake->log + n, sizeof(fake->log) - n, "%s%s", n > 0 ? " " : "", text);
}

/* Under the lock, which is given up while it waits.  What is to happen to the event. */
enum fake_what fake_event(unsigned u, int p, const char *word)
{
	enum fake_what happens = FAKE_NOTHING;
	char text[64];

	if (p < 0)
		(void) snprintf(text, sizeof(text), "%u:%s", u, word);
	else
		(void) snprintf(text, sizeof(text), "%u.%d:%s", u, p, word);
	if (!hit && what != FAKE_NOTHING &&
	    (at_name != NULL ? strcmp(word, at_name) == 0 : fake->n_events == at_event)) {
		hit = true;
		happens = what;
	}
	fake->n_events++;
	if (happens == FAKE_DIE)
		_exit(0);
	fake_note(text);
	while (happens == FAKE_WAIT && !go_on)
		(void) pthread_cond_wait(&released, &fake_lock);
	return happens;
}

/* After the event has had its effect. */
void fake_after(enum fake_what happens)
{
	if (happens == FAKE_DIE_AFTER)
		_exit(0);
}

bool fake_wants(const char *word)
{
	return at_name != NULL && strcmp(at_name, word) == 0;
}

/* What only asks is left out: it comes as often as it likes. */
static bool is_question(const char *word)
{
	return strstr(word, ":TUR") != NULL || strstr(word, ":users") != NULL ||
	       strstr(word, ":mode") != NULL;
}

const char *fake_log(void)
{
	static char text[FAKE_LOG];
	char copy[FAKE_LOG], *save = NULL;

	(void) pthread_mutex_lock(&fake_lock);
	memcpy(copy, fake->log, sizeof(copy));
	(void) pthread_mutex_unlock(&fake_lock);
	text[0] = 0;
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		if (!is_question(word)) {
			size_t n = strlen(text);

			(void) snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? " " : "", word);
		}
	return text;
}

unsigned fake_count(const char *word)
{
	unsigned n = 0;

	(void) pthread_mutex_lock(&fake_lock);
	for (const char *at = fake->log; (at = strstr(at, word)) != NULL; at++)
		n++;
	(void) pthread_mutex_unlock(&fake_lock);
	return n;
}

void fake_clear_log(void)
{
	(void) pthread_mutex_lock(&fake_lock);
	fake->log[0] = 0;
	(void) pthread_mutex_unlock(&fake_lock);
}
