/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who calls.  The bus knows the uid behind a unique name and has to be asked;
 * meanwhile the calls of that sender wait here, all of them and in their order,
 * and nobody else's do.
 *
 * Unique names are not used twice while a bus lives, so what was learnt stays
 * true; how many are remembered is limited.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/list.h"

#define SENDERS_MAX 256U       /* remembered; those with calls under way are never dropped */
#define SENDER_CALLS_MAX 4096U /* waiting of one sender */

/* Calls that wait for an answer from below: of one sender, of all, and of all but root, who must
 * get through whatever others do. */
#define CALLS_SENDER_MAX 2048U
#define CALLS_MAX 8192U
#define CALLS_OTHERS_MAX 4096U

#define SENDER_UID_UNKNOWN 0xFFFFFFFFU

struct sender;

struct senders {
	struct list list; /* least recently heard first */
	unsigned n;
	unsigned n_calls, n_others;
};

void senders_init(struct senders *senders);
void senders_clear(struct senders *senders);

/*
 * To be asked of each call before it is looked at.  0: go on, the uid is known.  1: the
 * message is kept, and comes again through the connection's queue; or it was
 * refused, and that has been answered.  -errno.
 */
int senders_hold(struct senders *senders, sd_bus_message *m);

/* SENDER_UID_UNKNOWN: it had left the bus before it could be asked. */
uint32_t senders_uid(struct senders *senders, sd_bus_message *m);

/* A call of that sender begins to wait for an answer, and ends.  0 and *ret; -ENOBUFS: there
 * are too many. */
int senders_begin(struct senders *senders, sd_bus_message *m, struct sender **ret);
void senders_end(struct senders *senders, struct sender *sender);
