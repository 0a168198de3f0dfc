/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct transport over the rack: blocking, as SG_IO is.
 *
 * A device works on one command at a time; the others queue behind it and each
 * has its own time-out, counted from when it was sent.  A device that the kernel lost
 * answers ENODEV, one that is offline ENXIO (measured on Linux 6.1), a cable pulled under
 * a running command ends it as DID_NO_CONNECT, patience as DID_TIME_OUT.
 */
#include "sim/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "sim/command.h"
#include "sim/log.h"
#include "sim/rules.h"

#define DID_NO_CONNECT 1
#define DID_TIME_OUT 3
#define DID_ERROR 7

struct sim_transport {
	struct transport transport;
	struct rack *rack;
};

struct scsi_device {
	struct rack *rack;
	struct sim_lu *lu;
	unsigned instance;
	bool block; /* opened through the block node */
};

struct waiting { /* in the queue of a device */
	struct list link;
	uint64_t deadline;
	unsigned instance;
};

static int sim_open(struct transport *transport, const char *node, struct scsi_device **ret)
{
	struct rack *rack = container_of(transport, struct sim_transport, transport)->rack;
	struct scsi_device *device;
	struct sim_lu *lu;
	int r = 0;

	device = sim_alloc(1, sizeof(*device));
	rack_lock(rack);
	lu = rack_find_node(rack, node);
	if (!lu) {
		r = -ENODEV;
	} else {
		device->rack = rack;
		device->lu = lu;
		device->instance = lu->instance;
		device->block = strncmp(node, "/dev/sg", 7) != 0;
		if (device->block && !strcmp(lu->state, "offline"))
			r = -ENXIO;
	}
	rack->n_open += r == 0;
	rack_unlock(rack);
	if (r < 0) {
		free(device);
		return r;
	}
	*ret = device;
	return 0;
}

static void sim_close(struct scsi_device *device)
{
	rack_lock(device->rack);
	device->rack->n_open--;
	rack_unlock(device->rack);
	free(device);
}

static void wait_until(struct sim_lu *lu, uint64_t usec)
{
	struct timespec t = {
		.tv_sec = (time_t) (usec / USEC_PER_SEC),
		.tv_nsec = (long) (usec % USEC_PER_SEC * 1000),
	};

	(void) pthread_cond_timedwait(&lu->turn, &lu->rack->lock, &t);
}

/* Waits until due, the deadline, or the device's end.  True: due. */
static bool sit_out(struct sim_lu *lu, const struct waiting *w, uint64_t due)
{
	while (lu->instance == w->instance) {
		uint64_t now = clock_monotonic();

		if (now >= due)
			return true;
		if (now >= w->deadline)
			return false;
		wait_until(lu, due < w->deadline ? due : w->deadline);
	}
	return false;
}

/* Waits while hanging rules hold the command.  True: let go. */
static bool hang(struct sim_lu *lu, const struct waiting *w)
{
	unsigned let_go = lu->rack->let_go;

	while (lu->instance == w->instance && clock_monotonic() < w->deadline) {
		if (lu->rack->let_go != let_go)
			return true;
		wait_until(lu, w->deadline);
	}
	return false;
}

static void succeed(const struct sim_command *c, struct scsi_result *result)
{
	result->ending = c->status == 0 ? SCSI_GOOD : c->status == 0x02 ? SCSI_SENSE : SCSI_STATUS;
	result->status = c->status;
	result->got = c->got;
	if (c->status != 0x02)
		return;
	memcpy(result->sense, c->sense, sizeof(result->sense));
	result->sense_length = c->sense_length;
	result->key = c->key;
	result->asc = c->asc;
	result->ascq = c->ascq;
}

static const char *fail(struct scsi_result *result, enum scsi_ending ending, unsigned host_status,
			const char *text)
{
	result->ending = ending;
	result->host_status = host_status;
	return text;
}

/* The command is at the head of the queue.  Returns what the log calls an end without an answer. */
static const char *serve(struct sim_command *c, const struct waiting *w, struct scsi_result *result)
{
	struct sim_lu *lu = c->lu;
	uint64_t due = clock_monotonic();
	const struct sim_rule *rule;

	due += (uint64_t) (lu->delay_ms + sim_disk_duration_ms(c)) * USEC_PER_MSEC;
	if ((sim_rule_match(c, SIM_RULE_HANG) && !hang(lu, w)) || !sit_out(lu, w, due)) {
		if (lu->instance != w->instance)
			return fail(result, SCSI_TRANSPORT, DID_NO_CONNECT, "gone");
		return fail(result, SCSI_TIMEOUT, DID_TIME_OUT, "timeout");
	}
	rule = sim_rule_match(c, SIM_RULE_TRANSPORT);
	if (rule)
		return fail(result, SCSI_TRANSPORT, DID_ERROR, "transport");
	if (c->in->cdb[0] == 0x1c && sim_rule_match(c, SIM_RULE_BUSY))
		c->busy_page = true;
	sim_execute(c);
	if (sim_rule_match(c, SIM_RULE_LOST))
		return fail(result, SCSI_TRANSPORT, DID_ERROR, "lost");
	succeed(c, result);
	return NULL;
}

static void run(struct sim_command *c, struct scsi_result *result)
{
	struct sim_lu *lu = c->lu;
	struct waiting w = {
		.deadline = clock_monotonic() + c->in->timeout_s * USEC_PER_SEC,
		.instance = lu->instance,
	};
	uint64_t number = sim_log_begin(lu->rack->log, c);
	const char *ending;

	lu->commands++;
	lu->outstanding++;
	list_append(&lu->queue, &w.link);
	while (lu->queue.next != &w.link && lu->instance == w.instance &&
	       clock_monotonic() < w.deadline)
		wait_until(lu, w.deadline);
	if (lu->instance != w.instance)
		ending = fail(result, SCSI_TRANSPORT, DID_NO_CONNECT, "gone");
	else if (lu->queue.next != &w.link)
		ending = fail(result, SCSI_TIMEOUT, DID_TIME_OUT, "timeout");
	else
		ending = serve(c, &w, result);
	list_unlink(&w.link);
	lu->outstanding--;
	if (ending || c->status)
		lu->failures++;
	sim_log_end(lu->rack->log, number, c, ending);
	(void) pthread_cond_broadcast(&lu->turn);
	(void) pthread_cond_broadcast(&lu->rack->changed);
}

static void sim_transport_execute(struct scsi_device *device, const struct scsi_command *command,
				  struct scsi_result *result)
{
	struct sim_command *c = sim_alloc(1, sizeof(*c));
	struct sim_lu *lu = device->lu;

	memset(result, 0, sizeof(*result));
	if (command->in)
		memset(command->in, 0, command->length);
	c->lu = lu;
	c->in = command;
	rack_lock(device->rack);
	if (lu->instance != device->instance || !lu->attached) {
		result->ending = SCSI_OS;
		result->os_error = ENODEV;
	} else if (strcmp(lu->state, "running") != 0) {
		result->ending = SCSI_OS;
		result->os_error = ENXIO;
	} else {
		run(c, result);
	}
	rack_unlock(device->rack);
	free(c);
}

struct transport *sim_transport_new(struct rack *rack)
{
	struct sim_transport *t = sim_alloc(1, sizeof(*t));

	t->transport.open = sim_open;
	t->transport.close = sim_close;
	t->transport.execute = sim_transport_execute;
	t->rack = rack;
	return &t->transport;
}

bool sim_transport_in_use(struct transport *transport)
{
	struct rack *rack = container_of(transport, struct sim_transport, transport)->rack;
	bool in_use;

	rack_lock(rack);
	in_use = rack->n_open > 0;
	rack_unlock(rack);
	return in_use;
}

struct transport *sim_transport_free(struct transport *transport)
{
	if (transport)
		free(container_of(transport, struct sim_transport, transport));
	return NULL;
}
