/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A made-up /sys and /proc in a temporary folder, for the kernel's implementation: plain files,
 * and links that lead nowhere where the kernel has magic ones.  Names are such that no real
 * device has them.  A header, so that each test program has what it uses.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "drive/linux.h"

static char tree[64], tree_sys[80], tree_proc[80], tree_dev[80];
static struct linux_kernel kernel_under_test;

/* Names of nodes that somebody has claimed; the rest opens. */
static const char *claimed[4];
static unsigned n_opened;
static int open_error; /* for all nodes, 0 = none */

static inline int pretend_open(const char *path, _unused_ dev_t number)
{
	if (open_error)
		return open_error;
	for (unsigned i = 0; i < ARRAY_SIZE(claimed); i++)
		if (claimed[i] && strcmp(strrchr(path, '/') + 1, claimed[i]) == 0)
			return -EBUSY;
	n_opened++;
	return dup(0);
}

__attribute__((format(printf, 1, 0))) static inline char *tree_path(const char *format,
								    va_list arguments)
{
	char *rest, *path;

	ck_assert_int_ge(vasprintf(&rest, format, arguments), 0);
	ck_assert_int_ge(asprintf(&path, "%s/%s", tree, rest), 0);
	free(rest);
	for (char *c = path + strlen(tree) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*c = '/';
	}
	return path;
}

/* Makes a file and the folders above it. */
__attribute__((format(printf, 2, 3))) static inline void put(const char *text, const char *format,
							     ...)
{
	va_list arguments;
	FILE *file;
	char *path;

	va_start(arguments, format);
	path = tree_path(format, arguments);
	va_end(arguments);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	free(path);
}

__attribute__((format(printf, 2, 3))) static inline void put_link(const char *target,
								  const char *format, ...)
{
	va_list arguments;
	char *path;

	va_start(arguments, format);
	path = tree_path(format, arguments);
	va_end(arguments);
	ck_assert_int_eq(symlink(target, path), 0);
	free(path);
}

/* What is in a file now, to be freed. */
static inline char *content(const char *name)
{
	char *path, *text = calloc(1, 4096);
	FILE *file;

	ck_assert_int_ge(asprintf(&path, "%s/%s", tree, name), 0);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	(void) fread(text, 1, 4095, file);
	(void) fclose(file);
	free(path);
	return text;
}

/* A block device in sys/class/block. */
static inline void put_block(const char *name, const char *number)
{
	put(number, "sys/class/block/%s/dev", name);
}

/* The scsi_device "7:0:T:0" with a disk; returns its syspath, to be freed. */
static inline char *put_disk(unsigned target, const char *name, const char *number)
{
	char *syspath;

	put("running\n", "sys/devices/host7/7:0:%u:0/state", target);
	put("", "sys/devices/host7/7:0:%u:0/delete", target);
	put("", "sys/devices/host7/7:0:%u:0/block/%s/size", target, name);
	put_block(name, number);
	ck_assert_int_ge(asprintf(&syspath, "%s/devices/host7/7:0:%u:0", tree_sys, target), 0);
	return syspath;
}

static inline void put_partition(const char *disk, const char *name, const char *number)
{
	put("1\n", "sys/class/block/%s/%s/partition", disk, name);
	put_block(name, number);
}

/* upper stands on lower */
static inline void put_holder(const char *lower, const char *upper)
{
	put_link("anywhere", "sys/class/block/%s/holders/%s", lower, upper);
	put_link("anywhere", "sys/class/block/%s/slaves/%s", upper, lower);
}

static inline void put_mapped(const char *name, const char *number, const char *mapped,
			      const char *uuid)
{
	put_block(name, number);
	put(mapped, "sys/class/block/%s/dm/name", name);
	put(uuid, "sys/class/block/%s/dm/uuid", name);
}

static inline void put_process(unsigned pid, const char *command, const char *space,
			       const char *mountinfo)
{
	put(command, "proc/%u/comm", pid);
	put(mountinfo, "proc/%u/mountinfo", pid);
	put_link(space, "proc/%u/ns/mnt", pid);
	put("", "proc/%u/fd/none", pid);
}

static inline void put_descriptor(unsigned pid, unsigned fd, const char *node, const char *flags)
{
	char info[128];

	(void) snprintf(info, sizeof(info), "pos:\t0\nflags:\t%s\nmnt_id:\t25\n", flags);
	put_link(node, "proc/%u/fd/%u", pid, fd);
	put(info, "proc/%u/fdinfo/%u", pid, fd);
}

static inline int remove_one(const char *path, _unused_ const struct stat *st, _unused_ int type,
			     _unused_ struct FTW *ftw)
{
	return remove(path);
}

static inline void setup(void)
{
	(void) snprintf(tree, sizeof(tree), "/tmp/vdsd-tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
	(void) snprintf(tree_sys, sizeof(tree_sys), "%s/sys", tree);
	(void) snprintf(tree_proc, sizeof(tree_proc), "%s/proc", tree);
	(void) snprintf(tree_dev, sizeof(tree_dev), "%s/dev", tree);
	linux_kernel_init(&kernel_under_test, tree_sys, tree_proc, tree_dev);
	kernel_under_test.open_exclusive = pretend_open;
	put("Filename\tType\tSize\tUsed\tPriority\n", "proc/swaps");
}

static inline void teardown(void)
{
	ck_assert_int_eq(nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Runs the tests of one case, each on a tree of its own. */
static inline int tree_run(const char *name, void (*add_tests)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	add_tests(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
