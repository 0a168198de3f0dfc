/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands on a unit, from sysfs: partitions, holders (md, dm, bcache) of each and of what
 * they make, loop devices over any of their nodes.
 *
 * A multipath map over nothing but the unit's own paths is the unit by another name, idle or not;
 * so are kpartx's maps on it ("part1-mpath-..."). They take the place of the
 * paths, which they hold.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "drive/linux.h"

#define UUID_MAX 256U /* bytes; the kernel's limit is 129 */
#define CHAIN_MAX 16U /* stacked blocks named in one sentence */
#define LVM_UUID_PREFIX "LVM-"

char *linux_block_path(const char *dev, const char *name, char *dst, size_t size)
{
	size_t n = (size_t) snprintf(dst, size, "%s/", dev);

	(void) snprintf(dst + n, size - n, "%s", name);
	for (char *c = dst + n; *c; c++)
		if (*c == '!')
			*c = '/';
	return dst;
}

void linux_blocks_free(struct linux_blocks *blocks)
{
	free(blocks->v);
	*blocks = (struct linux_blocks){ .n = 0 };
}

int linux_blocks_by_number(const struct linux_blocks *blocks, dev_t number)
{
	for (unsigned i = 0; i < blocks->n; i++)
		if (blocks->v[i].number == number)
			return (int) i;
	return -1;
}

int linux_blocks_by_path(const struct linux_blocks *blocks, const char *path)
{
	char node[NAME_MAX + sizeof("/dev/")];

	for (unsigned i = 0; i < blocks->n; i++) {
		const struct linux_block *b = &blocks->v[i];

		if (strcmp(path, linux_block_path("/dev", b->name, node, sizeof(node))) == 0 ||
		    (b->mapper[0] && strcmp(path, b->mapper) == 0))
			return (int) i;
	}
	return -1;
}

static int by_name(const struct linux_blocks *blocks, const char *name)
{
	for (unsigned i = 0; i < blocks->n; i++)
		if (strcmp(blocks->v[i].name, name) == 0)
			return (int) i;
	return -1;
}

/* ---- names ----------------------------------------------------------------------- */

/* device-mapper's "vg--a-data" is volume "data" of group "vg-a". */
static void volume_name(const char *name, char *dst, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		dst[n] = *name;
		if (*name == '-') {
			if (name[1] == '-')
				name++;
			else
				dst[n] = '/';
		}
		n++;
	}
	dst[n] = '\0';
}

static void name_mapped(const struct linux_kernel *k, struct linux_block *b, char *uuid)
{
	char name[UUID_MAX];

	uuid[0] = '\0';
	if (linux_read(name, sizeof(name), "%s/class/block/%s/dm/name", k->sys, b->name) < 0)
		return;
	(void) linux_read(uuid, UUID_MAX, "%s/class/block/%s/dm/uuid", k->sys, b->name);
	(void) snprintf(b->mapper, sizeof(b->mapper), "/dev/mapper/%s", name);
	b->volume = strncmp(uuid, LVM_UUID_PREFIX, strlen(LVM_UUID_PREFIX)) == 0;
	if (b->volume)
		volume_name(name, b->label, sizeof(b->label));
	else
		(void) snprintf(b->label, sizeof(b->label), "%s", name);
}

static void name_plain(struct linux_block *b)
{
	bool known_by_name = b->how == LINUX_HOLDER ||
			     (b->how == LINUX_PARTITION && strncmp(b->name, "md", 2) == 0);

	if (known_by_name)
		(void) snprintf(b->label, sizeof(b->label), "%s", b->name);
	else
		(void) linux_block_path("/dev", b->name, b->label, sizeof(b->label));
}

static dev_t read_number(const struct linux_kernel *k, const char *name)
{
	unsigned major_number, minor_number;
	char text[64];

	if (linux_read(text, sizeof(text), "%s/class/block/%s/dev", k->sys, name) < 0 ||
	    sscanf(text, "%9u:%9u", &major_number, &minor_number) != 2)
		return 0;
	return makedev(major_number, minor_number);
}

/* ---- multipath maps -------------------------------------------------------------- */

/* The names in a folder of a block device in sysfs; to be read to the end. */
struct names {
	DIR *dir;
};

static struct names names_open(const struct linux_kernel *k, const char *block, const char *folder)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/class/block/%s/%s", k->sys, block, folder) >=
	    (int) sizeof(path))
		return (struct names){ .dir = NULL };
	return (struct names){ .dir = opendir(path) };
}

/* The next name; NULL at the end, after which the folder is closed. */
static const char *names_next(struct names *names)
{
	const struct dirent *entry;

	while (names->dir && (entry = readdir(names->dir)))
		if (entry->d_name[0] != '.')
			return entry->d_name;
	if (names->dir)
		(void) closedir(names->dir);
	names->dir = NULL;
	return NULL;
}

/* Everything below the map is the unit's own. */
static bool over_own(const struct linux_kernel *k, const struct linux_blocks *blocks,
		     const char *map)
{
	struct names slaves = names_open(k, map, "slaves");
	bool own = true, any = false;
	const char *name;

	while ((name = names_next(&slaves))) {
		int i = by_name(blocks, name);

		own = own && i >= 0 && blocks->v[i].how == LINUX_OWN;
		any = true;
	}
	return own && any;
}

static void cover(const struct linux_kernel *k, struct linux_blocks *blocks, const char *map)
{
	struct names slaves = names_open(k, map, "slaves");
	const char *name;

	while ((name = names_next(&slaves))) {
		int i = by_name(blocks, name);

		if (i >= 0)
			blocks->v[i].claimable = false;
	}
}

/* Takes a map for what it covers, if it is multipathd's or kpartx's over our paths. */
static void look_through(const struct linux_kernel *k, struct linux_blocks *blocks,
			 struct linux_block *map, const char *uuid)
{
	const char *rest = strncmp(uuid, "part", 4) == 0 ? strchr(uuid, '-') : NULL;
	bool partition = rest;

	if (strncmp(partition ? rest + 1 : uuid, "mpath-", 6) != 0 ||
	    !over_own(k, blocks, map->name))
		return;
	map->how = partition ? LINUX_PARTITION : LINUX_OWN;
	map->claimable = true;
	(void) snprintf(map->label, sizeof(map->label), "%s", map->mapper);
	cover(k, blocks, map->name);
}

/* ---- the graph ------------------------------------------------------------------- */

static int add(const struct linux_kernel *k, struct linux_blocks *blocks, const char *name,
	       int parent, enum linux_how how)
{
	char uuid[UUID_MAX];
	struct linux_block *b;

	/* Beyond the limit there are users enough to say that it is in use. */
	if (by_name(blocks, name) >= 0 || blocks->n == LINUX_BLOCKS_MAX)
		return 0;
	if (blocks->n == blocks->size) {
		unsigned size = blocks->size ? 2 * blocks->size : 16;

		b = realloc(blocks->v, size * sizeof(*b));
		if (!b)
			return -ENOMEM;
		blocks->v = b;
		blocks->size = size;
	}
	b = &blocks->v[blocks->n];
	*b = (struct linux_block){ .parent = parent, .how = how, .claimable = how == LINUX_OWN };
	(void) snprintf(b->name, sizeof(b->name), "%s", name);
	b->number = read_number(k, name);
	name_plain(b);
	name_mapped(k, b, uuid);
	if (how == LINUX_HOLDER)
		look_through(k, blocks, b, uuid);
	blocks->n++;
	return 0;
}

static int add_partitions(const struct linux_kernel *k, struct linux_blocks *blocks, int parent)
{
	char disk[NAME_MAX + 1], text[16];
	struct names names;
	const char *name;
	int r = 0;

	(void) snprintf(disk, sizeof(disk), "%s", blocks->v[parent].name);
	names = names_open(k, disk, "");
	while ((name = names_next(&names)))
		if (r == 0 && strncmp(name, disk, strlen(disk)) == 0 &&
		    linux_read(text, sizeof(text), "%s/class/block/%s/%s/partition", k->sys, disk,
			       name) == 0)
			r = add(k, blocks, name, parent, LINUX_PARTITION);
	return r;
}

static int add_holders(const struct linux_kernel *k, struct linux_blocks *blocks, int parent)
{
	struct names names = names_open(k, blocks->v[parent].name, "holders");
	const char *name;
	int r = 0;

	while ((name = names_next(&names)))
		if (r == 0)
			r = add(k, blocks, name, parent, LINUX_HOLDER);
	return r;
}

static int add_loops(const struct linux_kernel *k, struct linux_blocks *blocks)
{
	struct names names = names_open(k, "", "");
	char backing[PATH_MAX];
	const char *name;
	int r = 0;

	while ((name = names_next(&names))) {
		int parent;

		if (r < 0 || strncmp(name, "loop", 4) != 0 ||
		    linux_read(backing, sizeof(backing), "%s/class/block/%s/loop/backing_file",
			       k->sys, name) < 0)
			continue;
		parent = linux_blocks_by_path(blocks, backing);
		if (parent >= 0)
			r = add(k, blocks, name, parent, LINUX_LOOP);
	}
	return r;
}

static int add_path(const struct linux_kernel *k, struct linux_blocks *blocks, const char *syspath)
{
	char folder[PATH_MAX];
	const struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (snprintf(folder, sizeof(folder), "%s/block", syspath) >= (int) sizeof(folder))
		return 0;
	dir = opendir(folder);
	if (!dir)
		return 0;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = add(k, blocks, entry->d_name, -1, LINUX_OWN);
	(void) closedir(dir);
	return r;
}

int linux_blocks_collect(const struct linux_kernel *k, const char *const *syspaths, unsigned n,
			 struct linux_blocks *blocks)
{
	int r = 0;

	*blocks = (struct linux_blocks){ .n = 0 };
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = add_path(k, blocks, syspaths[i]);
	for (unsigned i = 0; r == 0 && i < blocks->n; i++) {
		if (blocks->v[i].how != LINUX_PARTITION)
			r = add_partitions(k, blocks, (int) i);
		if (r == 0)
			r = add_holders(k, blocks, (int) i);
		/* at the end of what is there so far, since a loop may be over any of it */
		if (r == 0 && i + 1 == blocks->n)
			r = add_loops(k, blocks);
	}
	return r;
}

/* ---- sentences ------------------------------------------------------------------- */

/* Is it left out of a sentence, since the block on top of it says more? */
static bool spoken_for(const struct linux_block *b, const struct linux_block *upper)
{
	/* a partition speaks for its disk, a volume for those it is made of */
	return upper && (upper->how == LINUX_PARTITION || (b->volume && upper->volume));
}

bool linux_blocks_subject(const struct linux_blocks *blocks, unsigned index, char *dst, size_t size)
{
	const struct linux_block *chain[CHAIN_MAX], *upper = NULL;
	unsigned n = 0, i;
	size_t at = 0;

	/* down to the path, or to the map that a unit is known by */
	for (const struct linux_block *b = &blocks->v[index];; b = &blocks->v[b->parent]) {
		if (!spoken_for(b, upper) && n < CHAIN_MAX)
			chain[n++] = b;
		upper = b;
		if (b->how == LINUX_OWN || b->parent < 0)
			break;
	}
	for (i = n; i > 0 && at < size; i--) {
		const struct linux_block *b = chain[i - 1];

		if (i == n)
			at = (size_t) snprintf(dst, size, "%s", b->label);
		else
			at += (size_t) snprintf(
				dst + at, size - at, "%s is %s %s", i + 1 < n ? ", which" : "",
				b->how == LINUX_LOOP ? "behind" : "part of", b->label);
	}
	return n > 1;
}
