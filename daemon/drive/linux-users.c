/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who uses what stands on a unit, each user in a sentence for a person: /proc's processes, swap,
 * and holders that nothing more is known of; mounts are next door.  What nothing in /proc
 * shows (a namespace without a process, ZFS, a target the kernel exports) the claim finds
 * (linux.c).
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macro.h"
#include "drive/linux.h"

#define SUBJECT_MAX 1024U /* bytes of a sentence's beginning */
#define COMMAND_MAX 32U	  /* bytes of a process's name; the kernel's limit is 15, 63 for its own */

int linux_report(struct linux_search *s, unsigned block, const char *format, ...)
{
	_cleanup_free_ char *what = NULL;
	char subject[SUBJECT_MAX];
	va_list arguments;
	unsigned last;
	bool chained;
	int r;

	va_start(arguments, format);
	r = vasprintf(&what, format, arguments);
	va_end(arguments);
	if (r < 0) {
		what = NULL;
		return -ENOMEM;
	}
	for (int i = (int) block; i >= 0; i = s->blocks->v[i].parent)
		s->blocks->v[i].used = true;
	last = s->users->n;
	chained = linux_blocks_subject(s->blocks, block, subject, sizeof(subject));
	r = kernel_users_add(s->users, "%s%s %s", subject, chained ? ", which" : "", what);
	/* one thing twice: a mount over a mount, a node open twice */
	for (unsigned i = 0; r == 0 && s->users->n > last && i < last; i++) {
		if (strcmp(s->users->texts[i], s->users->texts[last]) == 0) {
			free(s->users->texts[last]);
			s->users->n = last;
		}
	}
	return r;
}

void linux_note_error(struct linux_search *s, int error)
{
	s->denied = s->denied || error == EACCES || error == EPERM;
}

void linux_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char) ((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* ---- processes ------------------------------------------------------------------- */

/* The block that a descriptor is open on, or -1. */
static int block_of(const struct linux_search *s, const char *fd)
{
	char target[PATH_MAX];
	struct statx stx;
	ssize_t n;
	int block = -1;

	/* DONT_SYNC: a descriptor on a dead network file system must not hold us */
	if (statx(AT_FDCWD, fd, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0) {
		if (!S_ISBLK(stx.stx_mode))
			return -1;
		block = linux_blocks_by_number(s->blocks,
					       makedev(stx.stx_rdev_major, stx.stx_rdev_minor));
		if (block < 0)
			return -1;
	}
	n = readlink(fd, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	if (block < 0)
		return linux_blocks_by_path(s->blocks, target);
	/* A node that /dev has no more: a disk that went, whose number this one got. */
	if (strncmp(target, "/dev/", 5) == 0 && n > 10 &&
	    strcmp(target + n - 10, " (deleted)") == 0)
		return -1;
	return block;
}

static bool open_for_writing(const struct linux_search *s, const char *pid, const char *fd)
{
	char text[256];
	const char *flags;

	if (linux_read(text, sizeof(text), "%s/%s/fdinfo/%s", s->k->proc, pid, fd) < 0)
		return false;
	flags = strstr(text, "flags:");
	return flags && (strtoul(flags + 6, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static int note_descriptors(struct linux_search *s, const char *pid, const char *command)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;
	DIR *dir;

	(void) snprintf(path, sizeof(path), "%s/%s/fd", s->k->proc, pid);
	dir = opendir(path);
	if (!dir) {
		linux_note_error(s, errno);
		return 0;
	}
	while (r == 0 && (entry = readdir(dir))) {
		int block;

		if (!isdigit((unsigned char) entry->d_name[0]))
			continue;
		(void) snprintf(path, sizeof(path), "%s/%s/fd/%s", s->k->proc, pid, entry->d_name);
		block = block_of(s, path);
		if (block >= 0 && s->suspect)
			r = linux_report(s, (unsigned) block,
					 "is held open exclusively, perhaps by %s (pid %s)",
					 command, pid);
		else if (block >= 0 && open_for_writing(s, pid, entry->d_name))
			r = linux_report(s, (unsigned) block, "is open for writing by %s (pid %s)",
					 command, pid);
	}
	(void) closedir(dir);
	return r;
}

static int note_process(struct linux_search *s, const char *pid)
{
	char command[COMMAND_MAX];
	int r;

	if (linux_read(command, sizeof(command), "%s/%s/comm", s->k->proc, pid) < 0)
		return 0; /* it has left */
	r = s->suspect ? 0 : linux_mounts_of(s, pid, command);
	return r < 0 ? r : note_descriptors(s, pid, command);
}

static int note_processes(struct linux_search *s)
{
	const struct dirent *entry;
	int r = 0;
	DIR *dir;

	dir = opendir(s->k->proc);
	if (!dir)
		return -errno;
	/* what init has mounted is just mounted */
	r = note_process(s, "1");
	while (r == 0 && (entry = readdir(dir)))
		if (isdigit((unsigned char) entry->d_name[0]) && strcmp(entry->d_name, "1") != 0)
			r = note_process(s, entry->d_name);
	(void) closedir(dir);
	return r;
}

/* ---- what else is known ---------------------------------------------------------- */

static int note_swaps(struct linux_search *s)
{
	_cleanup_free_ char *line = NULL;
	char path[PATH_MAX];
	size_t size = 0;
	FILE *file;
	int r = 0;

	(void) snprintf(path, sizeof(path), "%s/swaps", s->k->proc);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && getline(&line, &size, file) > 0) {
		int block;

		line[strcspn(line, " \t\n")] = '\0';
		linux_unescape(line);
		block = linux_blocks_by_path(s->blocks, line);
		if (block >= 0)
			r = linux_report(s, (unsigned) block, "is in use as swap");
	}
	(void) fclose(file);
	return r;
}

/* Holders and loop devices that nothing more is known of: they are the users. */
static int note_idle(struct linux_search *s)
{
	char subject[SUBJECT_MAX];
	int r = 0;

	/* the upper ones, which come later, speak for those below them */
	for (unsigned i = s->blocks->n; r == 0 && i-- > 0;) {
		struct linux_block *b = &s->blocks->v[i];

		if (b->used || (b->how != LINUX_HOLDER && b->how != LINUX_LOOP))
			continue;
		for (int below = (int) i; below >= 0; below = s->blocks->v[below].parent)
			s->blocks->v[below].used = true;
		(void) linux_blocks_subject(s->blocks, i, subject, sizeof(subject));
		r = kernel_users_add(s->users, "%s", subject);
	}
	return r;
}

/* "Nobody" would be a guess. */
static int note_denied(struct linux_search *s)
{
	if (s->users->n > 0 || !s->denied)
		return 0;
	return kernel_users_add(s->users,
				"%s may be in use: not every process may be looked into "
				"(CAP_SYS_PTRACE)",
				s->blocks->v[0].label);
}

static int look_everywhere(struct linux_search *s)
{
	int r = linux_mounts_begin(s);

	if (r == 0)
		r = note_processes(s);
	if (r == 0)
		r = linux_mounts_end(s);
	if (r == 0)
		r = note_swaps(s);
	if (r == 0)
		r = note_idle(s);
	return r < 0 ? r : note_denied(s);
}

static int search(const struct linux_kernel *k, struct linux_blocks *blocks, bool suspect,
		  struct kernel_users *users)
{
	struct linux_search *s;
	int r;

	if (blocks->n == 0)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->k = k;
	s->blocks = blocks;
	s->users = users;
	s->suspect = suspect;
	r = suspect ? note_processes(s) : look_everywhere(s);
	free(s->members);
	free(s);
	return r;
}

int linux_users_find(const struct linux_kernel *k, struct linux_blocks *blocks,
		     struct kernel_users *users)
{
	return search(k, blocks, false, users);
}

int linux_users_suspect(const struct linux_kernel *k, struct linux_blocks *blocks,
			struct kernel_users *users)
{
	return search(k, blocks, true, users);
}
