/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that waited are put back at the end of the connection's queue.  What the same sender
 * sent later may already be in that queue, before them; so until the last of those that
 * waited has come again, whatever else comes from that sender is sent round once more behind it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bus/sender.h"

struct waiting {
	struct list link;
	sd_bus_message *message;
};

struct sender {
	struct list link;
	char *name;
	bool known;
	uint32_t uid;
	sd_bus_slot *asking;
	struct list waiting; /* when known: in the connection's queue, in this order */
	unsigned n_waiting;
	unsigned n_calls; /* that wait for an answer from below */
};

void senders_init(struct senders *senders)
{
	*senders = (struct senders){ 0 };
	list_init(&senders->list);
}

static void waiting_drop(struct sender *sender, struct waiting *w)
{
	list_unlink(&w->link);
	sender->n_waiting--;
	sd_bus_message_unref(w->message);
	free(w);
}

static void sender_free(struct senders *senders, struct sender *sender)
{
	struct waiting *w;

	LIST_FOREACH (w, &sender->waiting, link)
		waiting_drop(sender, w);
	sd_bus_slot_unref(sender->asking);
	list_unlink(&sender->link);
	senders->n--;
	free(sender->name);
	free(sender);
}

void senders_clear(struct senders *senders)
{
	struct sender *sender;

	LIST_FOREACH (sender, &senders->list, link)
		sender_free(senders, sender);
}

static struct sender *find(struct senders *senders, const char *name)
{
	struct sender *sender;

	LIST_FOREACH (sender, &senders->list, link) {
		if (strcmp(sender->name, name) != 0)
			continue;
		list_unlink(&sender->link);
		list_append(&senders->list, &sender->link);
		return sender;
	}
	return NULL;
}

static int requeue(sd_bus_message *m)
{
	return sd_bus_enqueue_for_read(sd_bus_message_get_bus(m), m);
}

static int on_uid(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct sender *sender = userdata;
	struct waiting *w;
	uint32_t uid;
	int r;

	(void) error;

	/* An error says that it has left; its calls are carried out all the same (nobody else
	 * could have sent them past the bus's policy), in nobody's name. */
	if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "u", &uid) >= 0)
		sender->uid = uid;
	sender->known = true;
	sender->asking = sd_bus_slot_unref(sender->asking);

	LIST_FOREACH (w, &sender->waiting, link) {
		r = requeue(w->message);
		if (r < 0) {
			(void) sd_bus_reply_method_errno(w->message, r, NULL);
			waiting_drop(sender, w);
		}
	}
	return 1;
}

static struct sender *add(struct senders *senders, sd_bus *bus, const char *name)
{
	struct sender *sender, *old;

	if (senders->n >= SENDERS_MAX) {
		LIST_FOREACH (old, &senders->list, link) {
			if (old->known && list_empty(&old->waiting) && old->n_calls == 0) {
				sender_free(senders, old);
				break;
			}
		}
		if (senders->n >= SENDERS_MAX)
			return NULL;
	}

	sender = calloc(1, sizeof(*sender));
	if (!sender)
		return NULL;
	list_init(&sender->waiting);
	sender->uid = SENDER_UID_UNKNOWN;
	list_append(&senders->list, &sender->link);
	senders->n++;
	sender->name = strdup(name);
	if (!sender->name ||
	    sd_bus_call_method_async(bus, &sender->asking, "org.freedesktop.DBus",
				     "/org/freedesktop/DBus", "org.freedesktop.DBus",
				     "GetConnectionUnixUser", on_uid, sender, "s", name) < 0) {
		sender_free(senders, sender);
		return NULL;
	}
	return sender;
}

static int refuse(sd_bus_message *m)
{
	int r = sd_bus_reply_method_errorf(m, SD_BUS_ERROR_LIMITS_EXCEEDED,
					   "Too many calls are waiting");

	return r < 0 ? r : 1;
}

static int wait_here(struct sender *sender, sd_bus_message *m)
{
	struct waiting *w;
	int r;

	if (sender->n_waiting >= SENDER_CALLS_MAX)
		return refuse(m);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	if (sender->known) {
		r = requeue(m);
		if (r < 0) {
			free(w);
			return r;
		}
	}
	w->message = sd_bus_message_ref(m);
	list_append(&sender->waiting, &w->link);
	sender->n_waiting++;
	return 1;
}

int senders_hold(struct senders *senders, sd_bus_message *m)
{
	const char *name = sd_bus_message_get_sender(m);
	struct waiting *first;
	struct sender *sender;

	if (!name)
		return 0;
	sender = find(senders, name);
	if (!sender)
		sender = add(senders, sd_bus_message_get_bus(m), name);
	if (!sender)
		return refuse(m);

	if (sender->known) {
		if (list_empty(&sender->waiting))
			return 0;
		first = container_of(sender->waiting.next, struct waiting, link);
		if (first->message == m) {
			waiting_drop(sender, first);
			return 0;
		}
	}
	return wait_here(sender, m);
}

uint32_t senders_uid(struct senders *senders, sd_bus_message *m)
{
	const char *name = sd_bus_message_get_sender(m);
	const struct sender *sender = name ? find(senders, name) : NULL;

	return sender ? sender->uid : SENDER_UID_UNKNOWN;
}

/* A message without a sender comes from no bus, and there is nobody to count. */
int senders_begin(struct senders *senders, sd_bus_message *m, struct sender **ret)
{
	const char *name = sd_bus_message_get_sender(m);
	struct sender *sender = name ? find(senders, name) : NULL;

	if (senders->n_calls >= CALLS_MAX)
		return -ENOBUFS;
	if (sender && sender->n_calls >= CALLS_SENDER_MAX)
		return -ENOBUFS;
	if (sender && sender->uid != 0 && senders->n_others >= CALLS_OTHERS_MAX)
		return -ENOBUFS;
	senders->n_calls++;
	if (sender) {
		sender->n_calls++;
		senders->n_others += sender->uid != 0;
	}
	*ret = sender;
	return 0;
}

void senders_end(struct senders *senders, struct sender *sender)
{
	senders->n_calls--;
	if (sender) {
		sender->n_calls--;
		senders->n_others -= sender->uid != 0;
	}
}
