/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long work: what IVdsAsync shows.  One object per operation, whichever
 * method began it; it stays OPERATION_KEEP_SECONDS after the end.  Loop thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/outcome.h"
#include "enclosure/model.h"

#define OPERATION_KEEP_SECONDS 60U
#define OPERATIONS_MAX 4096U

typedef struct sd_event sd_event;
struct operations;
struct operation;

struct operation_waiter {
	struct list link;
	void (*ended)(struct operation_waiter *waiter, struct operation *operation);
};

struct operation {
	struct object object; /* OBJECT_OPERATION */
	struct list link;
	struct operations *operations;
	uint32_t number;
	const char *kind;      /* "set-status", "spin-up", "spin-down", "reenumerate", "refresh" */
	struct object *target; /* NULL = the provider, or gone meanwhile */
	uint32_t uid;
	unsigned percent; /* 0-99 while running, 100 after */
	bool ended;
	bool cancel_requested, cancel_too_late;
	struct outcome outcome; /* valid when ended; text may be set before (a remark) */
	/* Asked to cancel; NULL = cannot be cancelled.  Called at most once. */
	void (*cancel)(struct operation *operation);
	void *work; /* its owner's */
	struct list waiters;
};

struct operations_listener {
	void (*added)(void *userdata, struct operation *operation);
	void (*changed)(void *userdata, struct operation *operation); /* percent, result, ... */
	void (*removing)(void *userdata, struct operation *operation);
	void *userdata;
};

int operations_new(sd_event *event, struct operations **ret);
struct operations *operations_free(struct operations *operations);
void operations_listen(struct operations *operations, const struct operations_listener *listener);
struct list *operations_list(struct operations *operations);
struct operation *operations_find(struct operations *operations, uint32_t number);

/* NULL: no memory, or over the limit. */
struct operation *operation_begin(struct operations *operations, const char *kind,
				  struct object *target, uint32_t uid);
void operation_progress(struct operation *operation, unsigned percent); /* never goes back */
/* Ends it; waiters are told, and it is freed by itself later. */
void operation_end(struct operation *operation, const struct outcome *outcome);
/* No way back from here. */
void operation_point_of_no_return(struct operation *operation);

/*
 * 0: accepted.  -EALREADY: cancelled before (VDS_E_OPERATION_CANCELED).
 * -ENOTRECOVERABLE: too late, or ended.  -EOPNOTSUPP: cannot be cancelled at all.
 */
int operation_cancel(struct operation *operation);

/* Tells the waiter at the end; at once (before it returns) if it has ended. */
void operation_wait(struct operation *operation, struct operation_waiter *waiter);
void operation_unwait(struct operation_waiter *waiter);

/* The target goes away: operations that name it forget it. */
void operations_forget(struct operations *operations, struct object *target);
