/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hardware out of a description: what a single key cannot know is checked here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "sim/describe.h"

struct assembling {
	const struct description *all;
	struct rack *rack;
	int *line;
	char *reason;
	size_t size;
};

static int wrong(const struct assembling *a, const struct section *s, const char *reason)
{
	*a->line = s->line;
	(void) snprintf(a->reason, a->size, "%s", reason);
	return -EINVAL;
}

static void plug_ioms(struct sim_enclosure *e)
{
	for (unsigned i = 0; i < e->form.ioms; i++)
		sim_lu_plug(&e->iom[i]);
}

/* [disk] sections that say what sits in this bay. */
static const struct section *special(const struct assembling *a, const struct sim_bay *bay)
{
	for (unsigned i = 0; i < a->all->n; i++) {
		const struct section *s = a->all->sections[i];

		if (s->disk && !strcmp(s->where, bay->enclosure->name) &&
		    s->slot == (int) bay->slot)
			return s;
	}
	return NULL;
}

static void customise(struct sim_disk *disk, const struct section *s)
{
	const struct sim_disk *like = &s->like;

	if (like->vendor[0])
		memcpy(disk->vendor, like->vendor, sizeof(disk->vendor));
	if (like->product[0])
		memcpy(disk->product, like->product, sizeof(disk->product));
	if (like->revision[0])
		memcpy(disk->revision, like->revision, sizeof(disk->revision));
	if (like->serial[0])
		memcpy(disk->serial, like->serial, sizeof(disk->serial));
	if (like->id)
		disk->id = like->id;
	if (like->bytes)
		disk->bytes = like->bytes;
	if (like->rotation)
		disk->rotation = like->rotation;
	if (like->ports)
		disk->ports = like->ports;
	if (like->luns)
		disk->luns = like->luns;
	disk->bus = like->bus;
	if (s->sata_given)
		disk->sata = like->sata;
	if (disk->bus == SIM_AHCI)
		disk->sata = true;
	if (disk->sata && !like->vendor[0])
		memcpy(disk->vendor, "ATA", 4);
	if (disk->sata)
		disk->ports = disk->luns = 1;
}

static void fill(const struct assembling *a, const struct section *s, struct sim_bay *bay)
{
	const struct section *one = special(a, bay);
	struct sim_disk *disk;

	bay->sata_bay = s->sata[bay->slot];
	bay->nvme = s->nvme[bay->slot];
	bay->dead = s->dead[bay->slot] ? SIM_DEAD : 0;
	if (!one && (s->disks == DISKS_NONE || (s->disks == DISKS_LIST && !s->filled[bay->slot])))
		return;
	disk = sim_disk_new(bay);
	if (s->dual[bay->slot])
		disk->luns = 2;
	if (disk->sata)
		disk->ports = disk->luns = 1;
	if (one)
		customise(disk, one);
	sim_bay_insert(bay, disk, false);
}

static const char *contradiction(const struct section *s)
{
	const struct sim_form *f = &s->form;

	if (s->highest > f->slots)
		return "a slot is named that the enclosure does not have";
	if (s->n_numbers && s->n_numbers != f->slots)
		return "slot-numbers: as many as there are slots";
	if (f->dual_path && f->ioms < 2)
		return "dual-path wants two IOMs";
	if (f->split_bays && f->ioms < 2)
		return "split-bays wants two IOMs";
	if (f->index != SIM_INDEX_STANDARD && f->index != SIM_INDEX_ARECA && f->eiioe)
		return "element-index other than standard reports EIIOE 0";
	if (f->missing_pages & 0x6)
		return "an enclosure has pages 01h and 02h";
	return NULL;
}

static int assemble_enclosure(const struct assembling *a, struct section *s)
{
	const char *reason = contradiction(s);
	struct sim_enclosure *e;

	if (reason)
		return wrong(a, s, reason);
	if (a->rack->n_enclosures == SIM_ENCLOSURES_MAX)
		return wrong(a, s, "too many enclosures");
	e = sim_enclosure_new(a->rack, s->name);
	e->form = s->form;
	s->form.slot_names = NULL;
	if (!s->hosts_given)
		for (unsigned i = 0; i < SIM_IOMS_MAX; i++)
			e->form.hosts[i] = i;
	if (s->have_id)
		e->id = s->id;
	e->generation = s->generation;
	memcpy(e->iom_address, s->iom_address, sizeof(e->iom_address));
	memcpy(e->nickname[0], s->nickname, sizeof(e->nickname[0]));
	sim_enclosure_wire(e);
	if (sim_enclosure_build(e, s->elements, a->reason, a->size) < 0) {
		*a->line = s->line;
		return -EINVAL;
	}
	plug_ioms(e);
	for (unsigned i = 0; i < e->form.slots; i++)
		fill(a, s, &e->bays[i]);
	e->info = false;
	return 0;
}

static int assemble_loose(const struct assembling *a, const struct section *s)
{
	struct sim_socket *socket;
	struct sim_disk *disk;

	if (a->rack->n_loose == SIM_LOOSE_MAX)
		return wrong(a, s, "too many disks");
	socket = sim_socket_new(a->rack, s->name);
	disk = sim_disk_new(&socket->bay);
	customise(disk, s);
	sim_bay_insert(&socket->bay, disk, false);
	return 0;
}

static int check_place(const struct assembling *a, const struct section *s)
{
	struct sim_enclosure *e = NULL, *x;

	LIST_FOREACH (x, &a->rack->enclosures, link)
		if (!strcmp(x->name, s->where))
			e = x;
	if (!e)
		return wrong(a, s, "in: there is no such enclosure");
	if (s->slot >= (int) e->form.slots)
		return wrong(a, s, "in: the enclosure does not have that slot");
	return 0;
}

int description_build(const struct description *d, struct rack *rack, int *line, char *reason,
		      size_t size)
{
	struct assembling a = { d, rack, line, reason, size };
	int r = 0;

	for (unsigned i = 0; i < d->n && r == 0; i++)
		if (!d->sections[i]->disk)
			r = assemble_enclosure(&a, d->sections[i]);
	for (unsigned i = 0; i < d->n && r == 0; i++) {
		const struct section *s = d->sections[i];

		if (s->disk)
			r = s->where[0] ? check_place(&a, s) : assemble_loose(&a, s);
	}
	if (r == 0 && !d->n) {
		*line = 1;
		(void) snprintf(reason, size, "nothing is described");
		return -EINVAL;
	}
	return r;
}
