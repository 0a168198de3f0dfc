/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registry of long work.  It knows nothing about the work itself: an owner
 * says how far it is and how it ended, callers wait or ask for an end, and every
 * operation is freed by a timer of its own, so that a path answers for
 * OPERATION_KEEP_SECONDS after the end (dbus-api.md section 7).
 *
 * At the limit the one that ended first gives way: somebody who asks for the
 * present status again and again must not keep others from work.
 */
#include "enclosure/operation.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-event.h>

#include "base/clock.h"

#define LISTENERS_MAX 4U
#define TIMER_ACCURACY (USEC_PER_SEC / 10)

struct entry {
	struct operation operation;
	sd_event_source *timer;
};

struct operations {
	sd_event *event;
	struct list list; /* running and ended, in order of number */
	unsigned n;
	uint32_t last_number;
	struct operations_listener listeners[LISTENERS_MAX];
	unsigned n_listeners;
};

static void tell_changed(struct operation *operation)
{
	struct operations *operations = operation->operations;

	for (unsigned i = 0; i < operations->n_listeners; i++)
		if (operations->listeners[i].changed != NULL)
			operations->listeners[i].changed(operations->listeners[i].userdata,
							 operation);
}

/* The next of those who wait, unlinked; NULL: nobody is left. */
static struct operation_waiter *take_waiter(struct operation *operation)
{
	struct operation_waiter *waiter;

	LIST_FOREACH (waiter, &operation->waiters, link) {
		list_unlink(&waiter->link);
		return waiter;
	}
	return NULL;
}

static void remove_operation(struct operation *operation, bool tell)
{
	struct entry *entry = container_of(operation, struct entry, operation);
	struct operations *operations = operation->operations;

	if (tell)
		for (unsigned i = 0; i < operations->n_listeners; i++)
			if (operations->listeners[i].removing != NULL)
				operations->listeners[i].removing(operations->listeners[i].userdata,
								  operation);
	while (take_waiter(operation) != NULL)
		;
	list_unlink(&operation->link);
	operations->n--;
	(void) sd_event_source_disable_unref(entry->timer);
	free(entry);
}

int operations_new(sd_event *event, struct operations **ret)
{
	struct operations *operations = calloc(1, sizeof(*operations));

	if (operations == NULL)
		return -ENOMEM;
	operations->event = sd_event_ref(event);
	list_init(&operations->list);
	*ret = operations;
	return 0;
}

struct operations *operations_free(struct operations *operations)
{
	struct operation *operation;

	if (operations == NULL)
		return NULL;
	LIST_FOREACH (operation, &operations->list, link)
		remove_operation(operation, false);
	(void) sd_event_unref(operations->event);
	free(operations);
	return NULL;
}

void operations_listen(struct operations *operations, const struct operations_listener *listener)
{
	assert(operations->n_listeners < LISTENERS_MAX);
	operations->listeners[operations->n_listeners++] = *listener;
}

struct list *operations_list(struct operations *operations)
{
	return &operations->list;
}

struct operation *operations_find(struct operations *operations, uint32_t number)
{
	struct operation *operation;

	LIST_FOREACH (operation, &operations->list, link)
		if (operation->number == number)
			return operation;
	return NULL;
}

/* The oldest that ended goes; whether there was one. */
static bool make_room(struct operations *operations)
{
	struct operation *operation;

	LIST_FOREACH (operation, &operations->list, link)
		if (operation->ended) {
			remove_operation(operation, true);
			return true;
		}
	return false;
}

/* Numbers are not used again while anybody may remember them. */
static uint32_t next_number(struct operations *operations)
{
	do
		operations->last_number++;
	while (operations->last_number == 0 ||
	       operations_find(operations, operations->last_number) != NULL);
	return operations->last_number;
}

static int on_kept_long_enough(_unused_ sd_event_source *source, _unused_ uint64_t usec,
			       void *userdata)
{
	remove_operation(userdata, true);
	return 0;
}

struct operation *operation_begin(struct operations *operations, const char *kind,
				  struct object *target, uint32_t uid)
{
	struct operation *operation;
	struct entry *entry;

	if (operations->n >= OPERATIONS_MAX && !make_room(operations))
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;

	/* Made now, so that the end cannot fail for want of memory. */
	if (sd_event_add_time(operations->event, &entry->timer, CLOCK_MONOTONIC, UINT64_MAX,
			      TIMER_ACCURACY, on_kept_long_enough, &entry->operation) < 0 ||
	    sd_event_source_set_enabled(entry->timer, SD_EVENT_OFF) < 0) {
		(void) sd_event_source_disable_unref(entry->timer);
		free(entry);
		return NULL;
	}
	(void) sd_event_source_set_description(entry->timer, "operation");

	operation = &entry->operation;
	operation->object.kind = OBJECT_OPERATION;
	operation->operations = operations;
	operation->number = next_number(operations);
	operation->kind = kind;
	operation->target = target;
	operation->uid = uid;
	list_init(&operation->waiters);
	list_append(&operations->list, &operation->link);
	operations->n++;

	for (unsigned i = 0; i < operations->n_listeners; i++)
		if (operations->listeners[i].added != NULL)
			operations->listeners[i].added(operations->listeners[i].userdata,
						       operation);
	return operation;
}

void operation_progress(struct operation *operation, unsigned percent)
{
	if (percent > 99)
		percent = 99;
	if (operation->ended || percent <= operation->percent)
		return;
	operation->percent = percent;
	tell_changed(operation);
}

void operation_end(struct operation *operation, const struct outcome *outcome)
{
	struct entry *entry = container_of(operation, struct entry, operation);
	struct operation_waiter *waiter;
	uint64_t now = 0;

	if (operation->ended)
		return;
	operation->ended = true;
	operation->percent = 100;
	operation->outcome = *outcome;
	operation->work = NULL;
	operation->cancel = NULL;

	(void) sd_event_now(operation->operations->event, CLOCK_MONOTONIC, &now);
	(void) sd_event_source_set_time(entry->timer, now + OPERATION_KEEP_SECONDS * USEC_PER_SEC);
	(void) sd_event_source_set_enabled(entry->timer, SD_EVENT_ONESHOT);

	tell_changed(operation);
	while ((waiter = take_waiter(operation)) != NULL)
		waiter->ended(waiter, operation);
}

void operation_point_of_no_return(struct operation *operation)
{
	operation->cancel_too_late = true;
}

int operation_cancel(struct operation *operation)
{
	if (operation->ended)
		return -ENOTRECOVERABLE;
	if (operation->cancel_requested)
		return -EALREADY;
	if (operation->cancel_too_late)
		return -ENOTRECOVERABLE;
	if (operation->cancel == NULL)
		return -EOPNOTSUPP;
	operation->cancel_requested = true;
	operation->cancel(operation);
	return 0;
}

void operation_wait(struct operation *operation, struct operation_waiter *waiter)
{
	list_init(&waiter->link);
	if (operation->ended) {
		waiter->ended(waiter, operation);
		return;
	}
	list_append(&operation->waiters, &waiter->link);
}

void operation_unwait(struct operation_waiter *waiter)
{
	list_unlink(&waiter->link);
}

void operations_forget(struct operations *operations, struct object *target)
{
	struct operation *operation;

	LIST_FOREACH (operation, &operations->list, link)
		if (operation->target == target)
			operation->target = NULL;
}
