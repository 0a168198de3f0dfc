/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Orders that a hand, or another program on the same machine, would carry out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/orders.h"

static bool run_pull(struct order *o)
{
	struct sim_bay *bay = order_bay(o, o->words[1], NULL);

	if (!bay)
		return false;
	if (!bay->disk)
		return order_wrong(o, "the slot is empty");
	sim_bay_pull(bay);
	return true;
}

static struct sim_disk *another(struct sim_bay *bay)
{
	struct sim_disk *disk = sim_disk_new(bay);
	const struct sim_disk *last = bay->last;

	if (last) {
		disk->luns = last->luns;
		disk->ports = last->ports;
		disk->sata = last->sata;
		disk->bus = last->bus;
		memcpy(disk->vendor, last->vendor, sizeof(disk->vendor));
	}
	return disk;
}

static bool run_insert(struct order *o)
{
	struct sim_bay *bay = order_bay(o, o->words[1], NULL), *source = NULL;
	const char *from = order_value(o, "from");
	struct sim_disk *disk;

	if (!bay)
		return false;
	if (bay->disk)
		return order_wrong(o, "the slot is taken");
	if (from) {
		source = order_bay(o, from, NULL);
		if (!source)
			return false;
		disk = source->last;
		if (!disk)
			return order_wrong(o, "no disk was pulled there");
		source->last = NULL;
	} else if (o->n > 2) {
		if (strcmp(o->words[2], "new") != 0)
			return order_wrong(o, "insert [E:]SLOT [new | from=[E:]SLOT]");
		disk = another(bay);
	} else {
		disk = bay->last ? bay->last : another(bay);
	}
	sim_bay_insert(bay, disk, true);
	return true;
}

static void plug(struct sim_lu *lu, bool in)
{
	if (!in) {
		sim_lu_unplug(lu);
	} else {
		sim_lu_plug(lu);
		if (!lu->bay)
			sim_lu_attention(lu, 0x29, 0x01);
	}
}

/* An IOM with all that hangs on it, or a disk's port with all its units. */
static bool run_attach(struct order *o)
{
	struct sim_lu *lu = order_lu(o, o->words[1]);
	bool in = o->words[0][0] == 'a', all = o->n > 2;
	struct sim_enclosure *e;

	if (!lu)
		return false;
	if (all && (strcmp(o->words[2], "all") != 0 || lu->bay))
		return order_wrong(o, "all is for an enclosure's process");
	if (lu->lun)
		return order_wrong(o, "LUN 1 comes and goes with LUN 0");
	if (lu->bay && in && !(sim_bay_visible(lu->bay) && sim_bay_port_used(lu->bay, 0, lu->port)))
		return order_wrong(o, "there is no disk");
	e = lu->enclosure;
	if (!lu->bay && (lu->port >= e->form.ioms || e->powered_off))
		return order_wrong(o, "the enclosure is off, or has no such IOM");
	for (unsigned lun = SIM_LUNS; lu->bay && !in && lun-- > 0;)
		plug(&lu->bay->lu[lun][lu->port], false);
	for (unsigned lun = 0; lu->bay && in && lun < SIM_LUNS; lun++)
		if (sim_bay_port_used(lu->bay, lun, lu->port))
			plug(&lu->bay->lu[lun][lu->port], true);
	if (!lu->bay)
		plug(lu, in);
	for (unsigned i = 0; all && lu->port < SIM_PORTS && i < e->form.slots; i++)
		for (unsigned lun = 0; lun < SIM_LUNS; lun++)
			if (!in || (sim_bay_visible(&e->bays[i]) &&
				    sim_bay_port_used(&e->bays[i], lun, lu->port)))
				plug(&e->bays[i].lu[lun][lu->port], in);
	return true;
}

static bool run_power(struct order *o)
{
	struct sim_enclosure *e = order_enclosure(o, o->words[1]);
	bool off = !strcmp(o->words[2], "off");

	if (!e)
		return false;
	if (!off && strcmp(o->words[2], "on") != 0)
		return order_wrong(o, "power E off|on");
	sim_power(e, off);
	return true;
}

static bool run_use(struct order *o)
{
	const char *mode = order_value(o, "mode");
	char text[ORDER_LINE_MAX] = "";
	struct sim_bay *bay;
	struct sim_unit *u;
	unsigned lun;
	size_t n = 0;

	bay = order_bay(o, o->words[1], &lun);
	if (!bay)
		return false;
	if (!bay->disk || lun >= bay->disk->luns)
		return order_wrong(o, "there is no such unit");
	if (mode && strcmp(mode, "open") != 0 && strcmp(mode, "hidden") != 0)
		return order_wrong(o, "mode=open or mode=hidden");
	for (unsigned port = 0; port < SIM_PORTS; port++)
		if (bay->lu[lun][port].claimed && !(mode && mode[0] == 'o'))
			return order_wrong(o, "the disk is claimed");
	for (int i = mode ? 3 : 2; i < o->n; i++)
		n += (size_t) snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "",
				       o->words[i]);
	u = &bay->disk->unit[lun];
	free(u->user);
	u->user = sim_copy(n ? text : "somebody uses it");
	u->use = !mode ? SIM_USED : mode[0] == 'o' ? SIM_USED_OPEN : SIM_USED_HIDDEN;
	return true;
}

static bool run_unuse(struct order *o)
{
	unsigned lun;
	struct sim_bay *bay = order_bay(o, o->words[1], &lun);

	if (!bay)
		return false;
	if (!bay->disk)
		return order_wrong(o, "there is no disk");
	free(bay->disk->unit[lun].user);
	bay->disk->unit[lun].user = NULL;
	return true;
}

static bool run_kstate(struct order *o)
{
	struct sim_lu *lu = order_lu(o, o->words[1]);

	if (!lu)
		return false;
	if (!lu->attached)
		return order_wrong(o, "the kernel does not have it");
	if (o->n > 2 && strlen(o->words[2]) >= sizeof(lu->state))
		return order_wrong(o, "that is no state");
	if (o->n > 2)
		(void) snprintf(lu->state, sizeof(lu->state), "%s", o->words[2]);
	else
		fprintf(o->out, "%s\n", lu->state);
	return true;
}

static bool run_events(struct order *o)
{
	bool hold = !strcmp(o->words[1], "hold");
	uint64_t one = 1;

	if (!hold && strcmp(o->words[1], "release") != 0)
		return order_wrong(o, "events hold|release");
	o->rack->hold_events = hold;
	if (!hold && write(o->rack->event_fd, &one, sizeof(one)) < 0)
		return order_wrong(o, "the event counter is full");
	return true;
}

const struct order_entry order_plugs[] = {
	{ "pull", 1, run_pull },     { "insert", 1, run_insert }, { "detach", 1, run_attach },
	{ "attach", 1, run_attach }, { "power", 2, run_power },	  { "use", 1, run_use },
	{ "unuse", 1, run_unuse },   { "kstate", 1, run_kstate }, { "events", 1, run_events },
	{ NULL, 0, NULL },
};
