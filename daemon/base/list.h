/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An intrusive, circular, doubly linked list.  A head and a node are the same
 * struct; an unlinked node points at itself, so that unlinking twice is safe.
 */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(head)                                                                            \
	{                                                                                          \
		&(head), &(head)                                                                   \
	}

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_unlink(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The body may unlink the current entry, but no other. */
#define LIST_FOREACH(entry, head, member)                                                          \
	for (struct list *_pos_##entry = (head)->next, *_next_##entry = _pos_##entry->next;        \
	     _pos_##entry != (head) &&                                                             \
	     ((entry) = container_of(_pos_##entry, __typeof__(*(entry)), member), 1);              \
	     _pos_##entry = _next_##entry, _next_##entry = _pos_##entry->next)
