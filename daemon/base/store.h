/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must survive the daemon: one JSON document in the state directory.
 *
 * The enclosure's page and the kernel are the truth; kept here is only what
 * they cannot say: which lamps are ours to switch off and when, which disk sat
 * where, which marks an administrator made, the addresses a removed disk needs
 * to come back.
 *
 * Sections are the members of the document's root object; each belongs to one
 * module.  Writing is atomic (temporary file, fdatasync, rename, fsync of the
 * folder) and happens on a worker; changes made meanwhile go out in the next
 * write.  A file that does not parse is set aside as NAME.bad-<time> with a
 * warning, and an empty document takes its place.
 */
#pragma once

#include <stdint.h>

struct json_object;
struct pool;
struct store;

#define STORE_FILE_MAX (4U << 20) /* a larger file is taken for damaged */

/*
 * directory is created if it is missing; NULL keeps everything in memory.
 * 0 or -errno.  Loop thread, like all of these.
 */
int store_new(struct pool *pool, const char *directory, struct store **ret);

/*
 * Writes what is not written yet, on the calling thread, and answers who still
 * waits in store_sync().  After pool_free() or before it.  Returns NULL.
 */
struct store *store_free(struct store *store);

/*
 * The section as it is now, an object, made if it is not there; borrowed.  After
 * changing it in place call store_dirty().  NULL when out of memory.
 */
struct json_object *store_section(struct store *store, const char *name);

/*
 * The document has changed: write it soon.  A failure is logged, once until a
 * write succeeds, and tried again with the next change and in store_free().
 */
void store_dirty(struct store *store);

/*
 * As store_dirty(), and calls done(userdata, 0 or -errno) on the loop when this
 * state is on the disk: what must not happen before it is remembered waits for
 * that.  With no directory, or out of memory, done is called before it returns.
 * done must not free the store.  -ECANCELED: the pool has ended and the state will
 * be written by store_free().
 */
void store_sync(struct store *store, void (*done)(void *userdata, int r), void *userdata);
