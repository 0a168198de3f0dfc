/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A search tree for asking and a list for forgetting: hardware that comes and
 * goes under ever new names (USB, test rigs) must not grow the daemon.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "bus/tombstones.h"

struct tombstone {
	struct list link;
	char path[];
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct tombstone *) a)->path, ((const struct tombstone *) b)->path);
}

/* The tree compares whole entries, so a path to look for must be one. */
static struct tombstone *make(const char *path)
{
	size_t n = strlen(path) + 1;
	struct tombstone *t = malloc(sizeof(*t) + n);

	if (t) {
		list_init(&t->link);
		memcpy(t->path, path, n);
	}
	return t;
}

static struct tombstone *find(const struct tombstones *tombstones, const char *path)
{
	struct tombstone *key = make(path);
	struct tombstone **found;

	if (!key)
		return NULL;
	found = tfind(key, (void *const *) &tombstones->tree, compare);
	free(key);
	return found ? *found : NULL;
}

static void forget(struct tombstones *tombstones, struct tombstone *t)
{
	(void) tdelete(t, &tombstones->tree, compare);
	list_unlink(&t->link);
	tombstones->n--;
	free(t);
}

void tombstones_init(struct tombstones *tombstones)
{
	tombstones->tree = NULL;
	list_init(&tombstones->order);
	tombstones->n = 0;
}

void tombstones_clear(struct tombstones *tombstones)
{
	struct tombstone *t;

	LIST_FOREACH (t, &tombstones->order, link)
		forget(tombstones, t);
}

void tombstones_add(struct tombstones *tombstones, const char *path)
{
	struct tombstone *t, **found;

	tombstones_remove(tombstones, path);
	if (tombstones->n >= TOMBSTONES_MAX)
		forget(tombstones, container_of(tombstones->order.next, struct tombstone, link));

	t = make(path);
	if (!t)
		return;
	found = tsearch(t, &tombstones->tree, compare);
	if (!found) {
		free(t);
		return;
	}
	list_append(&tombstones->order, &t->link);
	tombstones->n++;
}

void tombstones_remove(struct tombstones *tombstones, const char *path)
{
	struct tombstone *t = find(tombstones, path);

	if (t)
		forget(tombstones, t);
}

bool tombstones_contain(const struct tombstones *tombstones, const char *path)
{
	return find(tombstones, path);
}
