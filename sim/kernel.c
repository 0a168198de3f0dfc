/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct kernel over the rack, with the manners of Linux 6.1 that were measured
 * (issue 3): a `delete` flushes, and waits for commands under way; one delete or
 * scan at a time for each host adapter; a state that is written sends no event; what
 * comes to run while it is stopped gets started.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "sim/log.h"
#include "sim/transport.h"

struct sim_kernel {
	struct kernel kernel;
	struct rack *rack;
};

struct claim {
	unsigned n;
	struct {
		struct sim_lu *lu;
		unsigned instance;
	} held[];
};

static struct rack *rack_of(struct kernel *kernel)
{
	return container_of(kernel, struct sim_kernel, kernel)->rack;
}

static struct sim_lu *attached(struct rack *rack, const char *syspath)
{
	struct sim_lu *lu = rack_find_syspath(rack, syspath);

	return lu && lu->attached ? lu : NULL;
}

/* A command of the kernel's own.  It shows in the log as such. */
static void kernel_command(struct sim_lu *lu, const uint8_t *cdb, unsigned length)
{
	struct scsi_command in = { .cdb_length = length, .timeout_s = 1 };
	struct sim_command *c = sim_alloc(1, sizeof(*c));
	uint64_t number;

	memcpy(in.cdb, cdb, length);
	c->lu = lu;
	c->in = &in;
	number = sim_log_begin(lu->rack->log, c);
	sim_execute(c);
	(void) snprintf(c->note, sizeof(c->note), " (kernel)");
	sim_log_end(lu->rack->log, number, c, NULL);
	free(c);
}

static void start_if_stopped(struct sim_lu *lu)
{
	static const uint8_t start[6] = { 0x1b, 0x01, 0, 0, 0x01, 0 };
	const struct sim_unit *u = sim_lu_unit(lu);

	if (u && u->stopped)
		kernel_command(lu, start, sizeof(start));
}

static int sim_state(struct kernel *kernel, const char *syspath, char ret[static KERNEL_STATE_MAX])
{
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;

	rack_lock(rack);
	lu = attached(rack, syspath);
	if (lu)
		(void) snprintf(ret, KERNEL_STATE_MAX, "%s", lu->state);
	rack_unlock(rack);
	return lu ? 0 : -ENODEV;
}

static int sim_set_state(struct kernel *kernel, const char *syspath, const char *state)
{
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;
	int r = 0;

	if (strcmp(state, "running") != 0 && strcmp(state, "offline") != 0)
		return -EINVAL;
	rack_lock(rack);
	lu = attached(rack, syspath);
	if (!lu) {
		r = -ENODEV;
	} else if (!strcmp(lu->state, "cancel")) {
		r = -EINVAL;
	} else {
		(void) snprintf(lu->state, sizeof(lu->state), "%s", state);
		if (state[0] == 'r')
			start_if_stopped(lu);
	}
	rack_unlock(rack);
	return r;
}

static void host_take(struct rack *rack, unsigned host)
{
	while (rack->hosts[host].scanning)
		(void) pthread_cond_wait(&rack->changed, &rack->lock);
	rack->hosts[host].scanning = true;
}

static void host_give(struct rack *rack, unsigned host)
{
	rack->hosts[host].scanning = false;
	(void) pthread_cond_broadcast(&rack->changed);
}

static int sim_detach(struct kernel *kernel, const char *syspath)
{
	static const uint8_t flush[10] = { 0x35 };
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;
	unsigned instance;

	rack_lock(rack);
	lu = attached(rack, syspath);
	if (!lu) {
		rack_unlock(rack);
		return 0;
	}
	instance = lu->instance;
	host_take(rack, lu->host);
	if (lu->instance == instance) {
		bool running = !strcmp(lu->state, "running");

		(void) snprintf(lu->state, sizeof(lu->state), "cancel");
		while (lu->outstanding && lu->instance == instance)
			(void) pthread_cond_wait(&rack->changed, &rack->lock);
		if (lu->instance == instance) {
			if (running && lu->bay && !sim_lu_unit(lu)->stopped)
				kernel_command(lu, flush, sizeof(flush));
			sim_lu_detach(lu);
		}
	}
	host_give(rack, lu->host);
	rack_unlock(rack);
	return 0;
}

static int sim_attach(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		      uint64_t lun)
{
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;

	rack_lock(rack);
	if (host >= SIM_HOSTS_MAX || !rack->hosts[host].n_targets) {
		rack_unlock(rack);
		return -ENODEV;
	}
	host_take(rack, host);
	lu = rack_find_address(rack, host, channel, target, lun);
	if (lu && !lu->attached) {
		sim_lu_attach(lu);
		start_if_stopped(lu);
	}
	host_give(rack, host);
	rack_unlock(rack);
	return 0;
}

static int sim_find(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		    uint64_t lun, char **ret)
{
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;
	bool found;

	rack_lock(rack);
	lu = rack_find_address(rack, host, channel, target, lun);
	found = lu && lu->attached;
	if (found)
		*ret = sim_lu_syspath(lu);
	rack_unlock(rack);
	return found ? 0 : -ENOENT;
}

static int sim_users(struct kernel *kernel, const char *const *syspaths, unsigned n,
		     struct kernel_users *ret)
{
	struct rack *rack = rack_of(kernel);
	const struct sim_unit *last = NULL;
	int r = 0;

	rack_lock(rack);
	for (unsigned i = 0; i < n && r == 0; i++) {
		struct sim_lu *lu = attached(rack, syspaths[i]);
		const struct sim_unit *u = lu ? sim_lu_unit(lu) : NULL;

		if (u && u != last && u->user && u->use != SIM_USED_HIDDEN)
			r = kernel_users_add(ret, "%s", u->user);
		last = u;
	}
	rack_unlock(rack);
	return r;
}

static int claim_all(struct rack *rack, const char *const *syspaths, unsigned n,
		     struct claim *claim)
{
	for (unsigned i = 0; i < n; i++) {
		struct sim_lu *lu = attached(rack, syspaths[i]);
		const struct sim_unit *u = lu ? sim_lu_unit(lu) : NULL;

		if (!u || lu->sd < 0 || strcmp(lu->state, "running") != 0)
			continue;
		if (lu->claimed || (u->user && u->use != SIM_USED_OPEN))
			return -EBUSY;
		claim->held[claim->n].lu = lu;
		claim->held[claim->n++].instance = lu->instance;
	}
	for (unsigned i = 0; i < claim->n; i++)
		claim->held[i].lu->claimed = true;
	return claim->n ? 0 : -ENXIO;
}

static int sim_claim(struct kernel *kernel, const char *const *syspaths, unsigned n, void **ret)
{
	struct rack *rack = rack_of(kernel);
	struct claim *claim = sim_alloc(1, sizeof(*claim) + n * sizeof(claim->held[0]));
	int r;

	rack_lock(rack);
	r = claim_all(rack, syspaths, n, claim);
	rack_unlock(rack);
	if (r < 0)
		free(claim);
	else
		*ret = claim;
	return r;
}

static void sim_release(struct kernel *kernel, void *p)
{
	struct rack *rack = rack_of(kernel);
	struct claim *claim = p;

	if (!claim)
		return;
	rack_lock(rack);
	for (unsigned i = 0; i < claim->n; i++)
		if (claim->held[i].lu->instance == claim->held[i].instance)
			claim->held[i].lu->claimed = false;
	rack_unlock(rack);
	free(claim);
}

/* No rules: who is told of a disk is told all of it. */
static bool sim_udev_idle(struct kernel *kernel)
{
	(void) kernel;
	return true;
}

static bool sim_target_present(struct kernel *kernel, uint64_t sas_address)
{
	struct rack *rack = rack_of(kernel);
	struct sim_lu *lu;
	bool found = false;

	rack_lock(rack);
	LIST_FOREACH (lu, &rack->lus, link)
		found = found || (lu->plugged && sim_lu_address(lu) == sas_address);
	rack_unlock(rack);
	return found;
}

struct kernel *sim_kernel_new(struct rack *rack)
{
	struct sim_kernel *k = sim_alloc(1, sizeof(*k));

	k->rack = rack;
	k->kernel = (struct kernel){
		.state = sim_state,
		.set_state = sim_set_state,
		.detach = sim_detach,
		.attach = sim_attach,
		.find = sim_find,
		.users = sim_users,
		.claim = sim_claim,
		.release = sim_release,
		.target_present = sim_target_present,
		.udev_idle = sim_udev_idle,
	};
	return &k->kernel;
}

struct kernel *sim_kernel_free(struct kernel *kernel)
{
	if (kernel)
		free(container_of(kernel, struct sim_kernel, kernel));
	return NULL;
}
