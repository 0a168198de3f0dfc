/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands on a unit and is mounted, in any namespace that a process lives in.
 *
 * A mount is told by its device number; a file system over several devices (btrfs, bcachefs) has a
 * number of its own and names one device, or all with colons, as its source.  Each mount
 * namespace is read once; what the first one, init's, shows is not repeated for the others.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/macro.h"
#include "drive/linux.h"

#define MEMBERS_MAX 1024U /* devices of btrfs file systems that the unit is part of */

/* ---- file systems over several devices ------------------------------------------- */

static int add_member(struct linux_search *s, const char *name, unsigned block)
{
	struct linux_member *m;
	char mapped[LINUX_LABEL_MAX - sizeof("/dev/mapper/")];

	if (s->n_members == MEMBERS_MAX)
		return 0;
	m = realloc(s->members, (s->n_members + 1) * sizeof(*m));
	if (!m)
		return -ENOMEM;
	s->members = m;
	m += s->n_members++;
	(void) linux_block_path("/dev", name, m->node, sizeof(m->node));
	m->mapper[0] = '\0';
	if (linux_read(mapped, sizeof(mapped), "%s/class/block/%s/dm/name", s->k->sys, name) == 0)
		(void) snprintf(m->mapper, sizeof(m->mapper), "/dev/mapper/%s", mapped);
	m->block = block;
	return 0;
}

/* One mounted btrfs: if one of its devices is ours, all of them name it. */
static int note_btrfs(struct linux_search *s, const char *id)
{
	char path[PATH_MAX], node[NAME_MAX + sizeof("/dev/")];
	const struct dirent *entry;
	int ours = -1, r = 0;
	DIR *dir;

	(void) snprintf(path, sizeof(path), "%s/fs/btrfs/%s/devices", s->k->sys, id);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (ours < 0 && (entry = readdir(dir)))
		ours = linux_blocks_by_path(
			s->blocks, linux_block_path("/dev", entry->d_name, node, sizeof(node)));
	rewinddir(dir);
	while (ours >= 0 && r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = add_member(s, entry->d_name, (unsigned) ours);
	(void) closedir(dir);
	return r;
}

int linux_mounts_begin(struct linux_search *s)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;
	DIR *dir;

	(void) snprintf(path, sizeof(path), "%s/fs/btrfs", s->k->sys);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = note_btrfs(s, entry->d_name);
	(void) closedir(dir);
	return r;
}

static int by_source(const struct linux_search *s, char *source)
{
	char *rest = NULL;

	if (source[0] != '/')
		return -1;
	for (char *node = strtok_r(source, ":", &rest); node; node = strtok_r(NULL, ":", &rest)) {
		int block = linux_blocks_by_path(s->blocks, node);

		if (block >= 0)
			return block;
		for (unsigned i = 0; i < s->n_members; i++)
			if (strcmp(node, s->members[i].node) == 0 ||
			    strcmp(node, s->members[i].mapper) == 0)
				return (int) s->members[i].block;
	}
	return -1;
}

/* ---- mounts ---------------------------------------------------------------------- */

struct mount {
	unsigned major_number, minor_number;
	char *point, *source;
};

/* "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sdc2 rw", taken apart in place. */
static bool parse_mount(char *line, struct mount *mount)
{
	char *tail = strstr(line, " - "), *rest = NULL, *field;

	if (!tail)
		return false;
	*tail = '\0';
	if (!strtok_r(line, " ", &rest) || !strtok_r(NULL, " ", &rest))
		return false;
	field = strtok_r(NULL, " ", &rest);
	if (!field || sscanf(field, "%9u:%9u", &mount->major_number, &mount->minor_number) != 2 ||
	    !strtok_r(NULL, " ", &rest))
		return false;
	mount->point = strtok_r(NULL, " ", &rest);
	if (!mount->point || !strtok_r(tail + 3, " ", &rest))
		return false;
	mount->source = strtok_r(NULL, " \n", &rest);
	if (!mount->source)
		return false;
	linux_unescape(mount->point);
	linux_unescape(mount->source);
	return true;
}

static int note_mount(struct linux_search *s, struct mount *mount, const char *pid,
		      const char *command)
{
	struct linux_block *b;
	int block;

	block = mount->major_number == 0
			? by_source(s, mount->source)
			: linux_blocks_by_number(s->blocks,
						 makedev(mount->major_number, mount->minor_number));
	if (block < 0)
		return 0;
	b = &s->blocks->v[block];
	if (b->mounted == 0)
		b->mounted = s->n_namespaces;
	if (b->mounted != s->n_namespaces)
		return 0;
	if (s->n_namespaces <= 1)
		return linux_report(s, (unsigned) block, "is mounted on %s", mount->point);
	return linux_report(s, (unsigned) block, "is mounted on %s for %s (pid %s)", mount->point,
			    command, pid);
}

static int read_mounts(struct linux_search *s, const char *pid, const char *command)
{
	_cleanup_free_ char *line = NULL;
	char path[PATH_MAX];
	size_t size = 0;
	FILE *file;
	int r = 0;

	(void) snprintf(path, sizeof(path), "%s/%s/mountinfo", s->k->proc, pid);
	file = fopen(path, "re");
	if (!file) {
		linux_note_error(s, errno);
		return 0;
	}
	while (r == 0 && getline(&line, &size, file) > 0) {
		struct mount mount;

		if (parse_mount(line, &mount))
			r = note_mount(s, &mount, pid, command);
	}
	(void) fclose(file);
	return r;
}

int linux_mounts_of(struct linux_search *s, const char *pid, const char *command)
{
	char path[PATH_MAX], id[sizeof(s->namespaces[0])];
	ssize_t n;

	(void) snprintf(path, sizeof(path), "%s/%s/ns/mnt", s->k->proc, pid);
	n = readlink(path, id, sizeof(id) - 1);
	if (n < 0) {
		linux_note_error(s, errno);
		return 0;
	}
	id[n] = '\0';
	for (unsigned i = 0; i < s->n_namespaces; i++)
		if (strcmp(s->namespaces[i], id) == 0)
			return 0;
	if (s->n_namespaces < LINUX_NAMESPACES_MAX)
		memcpy(s->namespaces[s->n_namespaces++], id, sizeof(id));
	return read_mounts(s, pid, command);
}

/* A btrfs that no namespace shows mounted is held by the kernel all the same. */
int linux_mounts_end(struct linux_search *s)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < s->n_members; i++)
		if (!s->blocks->v[s->members[i].block].used)
			r = linux_report(s, s->members[i].block,
					 "is part of a mounted btrfs file system");
	return r;
}
