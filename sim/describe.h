/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A description file between reading and building: describe.c reads, keys.c knows
 * the keys, assemble.c makes hardware of it.
 */
#pragma once

#include "sim/rack.h"

#define SECTIONS_MAX (SIM_ENCLOSURES_MAX + SIM_LOOSE_MAX)

enum disks_form { DISKS_ALL, DISKS_NONE, DISKS_LIST };

struct section {
	bool disk; /* [disk NAME], else [enclosure NAME] */
	char name[SIM_NAME_MAX], title[SIM_NAME_MAX + 16];
	int line; /* of its last key */

	/* an enclosure */
	struct sim_form form;
	char *elements;
	bool have_id;
	uint64_t id;
	uint32_t generation;
	uint64_t iom_address[SIM_IOMS_MAX];
	bool hosts_given;
	bool filled[SIM_SLOTS_MAX], sata[SIM_SLOTS_MAX], dual[SIM_SLOTS_MAX], nvme[SIM_SLOTS_MAX],
		dead[SIM_SLOTS_MAX];
	enum disks_form disks;
	char nickname[33];
	unsigned highest; /* slot named anywhere, + 1 */
	unsigned n_numbers;

	/* a disk */
	char where[SIM_NAME_MAX]; /* the enclosure's name, "" = none */
	int slot;
	struct sim_disk like; /* what was given: "" and 0 = as usual */
	bool sata_given;
};

struct description {
	struct section *sections[SECTIONS_MAX];
	unsigned n;
};

struct section *section_new(bool disk, const char *name, const char *title, int line);
void section_free(struct section *s);
/* False: reason says why not. */
bool section_key(struct section *s, const char *key, const char *value, char *reason, size_t size);

/* With the rack's lock held.  0, or -EINVAL with the line and the reason. */
int description_build(const struct description *d, struct rack *rack, int *line, char *reason,
		      size_t size);
