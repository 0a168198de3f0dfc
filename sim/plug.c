/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Coming and going: disks in bays, cables in devices, devices in the kernel.
 *
 * As Linux does it: what is plugged in anew gets a new target number, what is
 * scanned again keeps it; node names are the lowest that are free, so that another
 * disk's name can come back for this one.  A disk never gets its own last name
 * again, which Linux may do and nobody may count on.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "sim/rack.h"

static void report(struct sim_lu *lu, bool present)
{
	struct sim_event *event = sim_alloc(1, sizeof(*event));
	uint64_t one = 1;

	event->present = present;
	event->lu = lu;
	event->syspath = sim_lu_syspath(lu);
	list_append(&lu->rack->events, &event->link);
	/* EAGAIN: the counter is full, so the loop will come by anyway */
	if (write(lu->rack->event_fd, &one, sizeof(one)) < 0)
		return;
}

static int lowest_free(struct sim_lu **table, struct sim_lu *lu, int except)
{
	for (int i = 0; i < (int) SIM_NODES_MAX; i++)
		if (!table[i] && i != except) {
			table[i] = lu;
			return i;
		}
	return -1;
}

void sim_lu_attach(struct sim_lu *lu)
{
	if (lu->attached || !lu->plugged)
		return;
	lu->attached = true;
	lu->instance++;
	lu->sg = lowest_free(lu->rack->sg, lu, -1);
	if (lu->bay)
		lu->sd = lowest_free(lu->rack->sd, lu, lu->last_sd);
	memcpy(lu->state, "running", sizeof("running"));
	report(lu, true);
}

void sim_lu_detach(struct sim_lu *lu)
{
	if (!lu->attached)
		return;
	report(lu, false);
	lu->claimed = false;
	lu->attached = false;
	lu->instance++;
	if (lu->sg >= 0)
		lu->rack->sg[lu->sg] = NULL;
	if (lu->sd >= 0)
		lu->rack->sd[lu->sd] = NULL;
	lu->last_sd = lu->sd;
	lu->sg = lu->sd = -1;
	(void) pthread_cond_broadcast(&lu->turn);
	(void) pthread_cond_broadcast(&lu->rack->changed);
}

void sim_lu_plug(struct sim_lu *lu)
{
	struct sim_host *host = &lu->rack->hosts[lu->host];

	if (lu->plugged)
		return;
	if (lu->lun) {
		lu->target = lu->bay->lu[0][lu->port].target;
	} else {
		if (!(host->n_targets & (host->n_targets - 1))) {
			size_t n = host->n_targets ? 2 * (size_t) host->n_targets : 1;

			host->targets = reallocarray(host->targets, n, sizeof(struct sim_lu *));
			if (!host->targets)
				abort();
		}
		lu->target = host->n_targets++;
		host->targets[lu->target] = lu;
	}
	lu->plugged = true;
	lu->n_attentions = 0;
	sim_lu_attach(lu);
}

void sim_lu_unplug(struct sim_lu *lu)
{
	if (!lu->plugged)
		return;
	sim_lu_detach(lu);
	lu->plugged = false;
	if (!lu->lun)
		lu->rack->hosts[lu->host].targets[lu->target] = NULL;
	(void) pthread_cond_broadcast(&lu->turn);
}

void sim_lu_attention(struct sim_lu *lu, uint8_t asc, uint8_t ascq)
{
	if (lu->n_attentions < SIM_ATTENTIONS_MAX)
		lu->attentions[lu->n_attentions++] = (struct sim_attention){ asc, ascq };
}

/* ---- bays ------------------------------------------------------------------------ */

bool sim_bay_visible(const struct sim_bay *bay)
{
	return bay->disk && !bay->powered_off && !(bay->enclosure && bay->enclosure->powered_off);
}

bool sim_bay_port_used(const struct sim_bay *bay, unsigned lun, unsigned port)
{
	const struct sim_disk *disk = bay->disk;

	if (!disk || bay->nvme || lun >= disk->luns || port >= disk->ports)
		return false;
	if (!bay->enclosure)
		return true;
	return port < bay->enclosure->form.ioms && !(disk->sata && port);
}

static void bay_cables(struct sim_bay *bay)
{
	bool visible = sim_bay_visible(bay);

	for (unsigned port = 0; port < SIM_PORTS; port++) {
		for (unsigned lun = 0; visible && lun < SIM_LUNS; lun++)
			if (sim_bay_port_used(bay, lun, port))
				sim_lu_plug(&bay->lu[lun][port]);
		for (unsigned lun = SIM_LUNS; !visible && lun-- > 0;)
			sim_lu_unplug(&bay->lu[lun][port]);
	}
}

void sim_bay_insert(struct sim_bay *bay, struct sim_disk *disk, bool swapped)
{
	unsigned late_ms = bay->enclosure && swapped ? bay->enclosure->form.late_ms : 0;

	if (bay->last == disk)
		bay->last = NULL;
	bay->disk = disk;
	disk->bay = bay;
	for (unsigned lun = 0; lun < SIM_LUNS; lun++) {
		disk->unit[lun].stopped = disk->unit[lun].standby = false;
		disk->unit[lun].ready_at = 0;
	}
	bay->address_at = clock_monotonic() + late_ms * USEC_PER_MSEC;
	sim_element_follow(bay, swapped);
	bay_cables(bay);
}

void sim_bay_pull(struct sim_bay *bay)
{
	struct sim_disk *disk = bay->disk;

	if (!disk)
		return;
	/* The cables go first: what the kernel reports of them is of this disk. */
	for (unsigned port = 0; port < SIM_PORTS; port++)
		for (unsigned lun = SIM_LUNS; lun-- > 0;)
			sim_lu_unplug(&bay->lu[lun][port]);
	bay->disk = NULL;
	bay->last = disk;
	disk->bay = NULL;
	sim_element_follow(bay, true);
}

void sim_bay_power(struct sim_bay *bay, bool off)
{
	if (bay->powered_off == off)
		return;
	bay->powered_off = off;
	for (unsigned lun = 0; bay->disk && lun < SIM_LUNS; lun++)
		bay->disk->unit[lun].stopped = bay->disk->unit[lun].standby = false;
	bay_cables(bay);
}

const char *sim_bay_power_text(const struct sim_bay *bay, int lun)
{
	const struct sim_disk *disk = bay->disk;
	const struct sim_unit *u;

	if (!disk)
		return "none";
	if (!sim_bay_visible(bay))
		return "off";
	u = &disk->unit[lun > 0];
	if (lun < 0 && disk->luns > 1 && u->stopped)
		u = &disk->unit[1];
	if (u->stopped)
		return "stopped";
	if (u->ready_at > clock_monotonic())
		return "starting";
	return u->standby ? "standby" : "running";
}

void sim_power(struct sim_enclosure *e, bool off)
{
	if (e->powered_off == off)
		return;
	e->powered_off = off;
	for (unsigned i = 0; i < e->form.ioms; i++) {
		if (off) {
			sim_lu_unplug(&e->iom[i]);
		} else {
			sim_lu_plug(&e->iom[i]);
			sim_lu_attention(&e->iom[i], 0x29, 0x01);
		}
	}
	for (unsigned i = 0; i < e->form.slots; i++) {
		if (off)
			for (unsigned lun = 0; e->bays[i].disk && lun < SIM_LUNS; lun++)
				e->bays[i].disk->unit[lun].stopped = false;
		bay_cables(&e->bays[i]);
	}
}
