/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes are counted.  A write carries the text of the document and the count
 * at that moment; what is counted later goes out in the next write, which begins
 * when this one has ended.  So a burst of changes costs two writes, and a waiter
 * is served by the first write that began after it asked.
 *
 * The file itself has a lock of its own, since store_free() writes while a
 * worker may still be at it; whoever comes second with an older count does
 * nothing.
 */
#include "base/store.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/pool.h"

#define FILE_NAME "state.json"
#define DEPTH_MAX 16 /* ours has a handful of levels */
#define TEXT_FLAGS (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Shared by the store and its writes. */
struct place {
	int folder;
	unsigned references; /* loop thread */
	pthread_mutex_t lock;
	uint64_t written; /* under the lock: the count of what the file holds */
};

struct store {
	struct json_object *root;
	struct place *place; /* NULL: in memory only */
	struct strand *strand;
	struct write *write; /* the one under way */
	uint64_t changed;
	bool warned;
	struct list waiters;
};

struct write {
	struct job job;
	struct store *store; /* NULL once that is gone */
	struct place *place;
	uint64_t count;
	size_t n;
	char text[];
};

struct waiter {
	struct list link;
	uint64_t count;
	void (*done)(void *userdata, int r);
	void *userdata;
};

/* ---- the file ------------------------------------------------------------- */

static struct place *place_unref(struct place *place)
{
	if (place == NULL || --place->references > 0)
		return NULL;
	if (place->folder >= 0)
		(void) close(place->folder);
	(void) pthread_mutex_destroy(&place->lock);
	free(place);
	return NULL;
}

static int place_new(const char *directory, struct place **ret)
{
	struct place *place = calloc(1, sizeof(*place));
	int r;

	if (place == NULL)
		return -ENOMEM;
	place->references = 1;
	place->folder = -1;
	(void) pthread_mutex_init(&place->lock, NULL);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		goto fail;
	place->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->folder < 0)
		goto fail;
	*ret = place;
	return 0;
fail:
	r = -errno;
	(void) place_unref(place);
	return r < 0 ? r : -EIO;
}

static int place_write(struct place *place, const char *text, size_t n, uint64_t count)
{
	int r = 0;

	(void) pthread_mutex_lock(&place->lock);
	if (count > place->written) {
		r = n > STORE_FILE_MAX ? -EFBIG : file_write(place->folder, FILE_NAME, text, n);
		if (r == 0)
			place->written = count;
	}
	(void) pthread_mutex_unlock(&place->lock);
	return r;
}

/* NULL unless it is one object from the first byte to the last. */
static struct json_object *parse(const char *text, size_t n)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *root;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, text, (int) n);
	for (size_t i = json_tokener_get_parse_end(tokener); i < n; i++)
		if (strchr(" \t\r\n", text[i]) == NULL || text[i] == 0) {
			(void) json_object_put(root);
			root = NULL;
			break;
		}
	json_tokener_free(tokener);
	if (!json_object_is_type(root, json_type_object)) {
		(void) json_object_put(root);
		return NULL;
	}
	return root;
}

static void set_aside(struct place *place, const char *why)
{
	time_t now = (time_t) (clock_realtime() / USEC_PER_SEC);
	char name[64] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		(void) strftime(name, sizeof(name), FILE_NAME ".bad-%Y%m%dT%H%M%SZ", &tm);
	if (name[0] != 0 && renameat(place->folder, FILE_NAME, place->folder, name) == 0)
		log_warning("State file " FILE_NAME " is damaged (%s); set aside as %s, starting "
			    "without it",
			    why, name);
	else
		log_warning("State file " FILE_NAME " is damaged (%s) and cannot be set aside: %m",
			    why);
}

/* *ret is NULL if there was nothing to be had. */
static int place_read(struct place *place, struct json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t n = 0;
	int r;

	*ret = NULL;
	r = file_read(place->folder, FILE_NAME, STORE_FILE_MAX, &text, &n);
	switch (r) {
	case 0:
		*ret = parse(text, n);
		if (*ret == NULL)
			set_aside(place, "not one JSON object");
		return 0;
	case -ENOENT:
		return 0;
	case -EFBIG:
		set_aside(place, "too large");
		return 0;
	case -ELOOP:
	case -EBADF:
	case -ENXIO: /* a socket */
		set_aside(place, "not a regular file");
		return 0;
	case -EIO:
		set_aside(place, "cannot be read");
		return 0;
	default:
		return r;
	}
}

/* ---- writing -------------------------------------------------------------- */

static void begin_write(struct store *store);

/* Answers those who wait for what was counted up to here. */
static void settle(struct store *store, uint64_t count, int r)
{
	struct list due = LIST_INIT(due);
	struct waiter *waiter;

	if (r != -ECANCELED) {
		if (r < 0 && !store->warned)
			log_warning("Cannot write the state file: %s", strerror(-r));
		store->warned = r < 0;
	}

	/* Set apart first: a callback may ask again. */
	LIST_FOREACH (waiter, &store->waiters, link)
		if (waiter->count <= count) {
			list_unlink(&waiter->link);
			list_append(&due, &waiter->link);
		}
	LIST_FOREACH (waiter, &due, link) {
		waiter->done(waiter->userdata, r);
		list_unlink(&waiter->link);
		free(waiter);
	}
}

static int write_run(struct job *job)
{
	struct write *write = container_of(job, struct write, job);

	return place_write(write->place, write->text, write->n, write->count);
}

static void write_finish(struct job *job)
{
	struct write *write = container_of(job, struct write, job);
	struct store *store = write->store;
	uint64_t count = write->count;
	int r = job->result;

	(void) place_unref(write->place);
	free(write);
	if (store == NULL)
		return;

	store->write = NULL;
	/* With the pool gone the rest is store_free()'s. */
	if (r != -ECANCELED && store->changed > count)
		begin_write(store);
	settle(store, r == -ECANCELED ? store->changed : count, r);
}

static int document_text(struct store *store, const char **ret, size_t *ret_n)
{
	*ret = json_object_to_json_string_length(store->root, TEXT_FLAGS, ret_n);
	return *ret == NULL ? -ENOMEM : 0;
}

static void begin_write(struct store *store)
{
	struct write *write = NULL;
	const char *text;
	size_t n;

	if (document_text(store, &text, &n) == 0)
		write = malloc(sizeof(*write) + n);
	if (write == NULL) {
		settle(store, store->changed, -ENOMEM);
		return;
	}
	*write = (struct write){
		.job = { .run = write_run, .finish = write_finish },
		.store = store,
		.place = store->place,
		.count = store->changed,
		.n = n,
	};
	memcpy(write->text, text, n);
	store->place->references++;
	store->write = write;
	strand_submit(store->strand, &write->job);
}

/* ---- the document --------------------------------------------------------- */

int store_new(struct pool *pool, const char *directory, struct store **ret)
{
	struct store *store = calloc(1, sizeof(*store));
	int r = 0;

	if (store == NULL)
		return -ENOMEM;
	list_init(&store->waiters);

	if (directory != NULL) {
		store->strand = strand_new(pool);
		if (store->strand == NULL)
			r = -ENOMEM;
		if (r == 0)
			r = place_new(directory, &store->place);
		if (r == 0)
			r = place_read(store->place, &store->root);
	}
	if (r == 0 && store->root == NULL) {
		store->root = json_object_new_object();
		if (store->root == NULL)
			r = -ENOMEM;
	}
	if (r < 0) {
		(void) store_free(store);
		return r;
	}
	*ret = store;
	return 0;
}

struct store *store_free(struct store *store)
{
	const char *text;
	size_t n;
	int r;

	if (store == NULL)
		return NULL;
	if (store->write != NULL)
		store->write->store = NULL;
	if (store->place != NULL && store->changed > 0) {
		r = document_text(store, &text, &n);
		if (r == 0)
			r = place_write(store->place, text, n, store->changed);
		settle(store, store->changed, r);
	}
	store->place = place_unref(store->place);
	store->strand = strand_free(store->strand);
	(void) json_object_put(store->root);
	free(store);
	return NULL;
}

struct json_object *store_section(struct store *store, const char *name)
{
	struct json_object *section;

	if (json_object_object_get_ex(store->root, name, &section) &&
	    json_object_is_type(section, json_type_object))
		return section;

	section = json_object_new_object();
	if (section != NULL && json_object_object_add(store->root, name, section) < 0) {
		(void) json_object_put(section);
		return NULL;
	}
	return section;
}

void store_dirty(struct store *store)
{
	store->changed++;
	if (store->place != NULL && store->write == NULL)
		begin_write(store);
}

void store_sync(struct store *store, void (*done)(void *userdata, int r), void *userdata)
{
	struct waiter *waiter;

	if (store->place == NULL) {
		store->changed++;
		done(userdata, 0);
		return;
	}
	waiter = malloc(sizeof(*waiter));
	if (waiter == NULL) {
		store_dirty(store);
		done(userdata, -ENOMEM);
		return;
	}
	waiter->count = store->changed + 1;
	waiter->done = done;
	waiter->userdata = userdata;
	list_append(&store->waiters, &waiter->link);
	store_dirty(store);
}
