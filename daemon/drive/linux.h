/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the kernel's implementation share: where sysfs, /proc and /dev are (a
 * test has them elsewhere), and the graph of block devices that stand on a unit.
 */
#pragma once

#include <limits.h>
#include <pthread.h>
#include <sys/types.h>

#include "base/macro.h"
#include "drive/kernel.h"

struct linux_kernel {
	struct kernel kernel;
	const char *sys, *proc, *dev; /* "/sys", "/proc", "/dev" */
	/* Opens a block node O_RDONLY|O_EXCL and checks its number: descriptor or -errno. */
	int (*open_exclusive)(const char *path, dev_t number);
	const char *udev_queue; /* is there as long as udev has events to handle */
	pthread_mutex_t lock;
	struct linux_claim *claims; /* under the lock: ours */
};

/* The three strings are kept, not copied. */
void linux_kernel_init(struct linux_kernel *k, const char *sys, const char *proc, const char *dev);

/*
 * The content of a small file, without the newline at the end; cut to what fits.
 * 0 or -errno.
 */
int linux_read(char *dst, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline struct linux_kernel *linux_of(struct kernel *kernel)
{
	return container_of(kernel, struct linux_kernel, kernel);
}

/* ---- linux-blocks.c: what stands on what ------------------------------------------- */

#define LINUX_BLOCKS_MAX 4096U
#define LINUX_LABEL_MAX 300U

enum linux_how {
	LINUX_OWN,	 /* a path of the unit, or the multipath map over its paths */
	LINUX_PARTITION, /* of the parent */
	LINUX_HOLDER,	 /* stands on the parent: md, dm, bcache */
	LINUX_LOOP	 /* a loop device whose backing file is the parent's node */
};

struct linux_block {
	char name[NAME_MAX + 1];      /* the kernel's: "sdc2", "dm-3" */
	char label[LINUX_LABEL_MAX];  /* what a person calls it: "/dev/sdc2", "vg0/data" */
	char mapper[LINUX_LABEL_MAX]; /* "/dev/mapper/..." of a dm device, else "" */
	dev_t number;
	int parent; /* index, -1 = none */
	enum linux_how how;
	bool claimable;	  /* the kernel lets somebody claim it: not held by our own map */
	bool volume;	  /* LVM's: of two on each other a person knows the upper */
	bool used;	  /* something was said about it or stands on it */
	unsigned mounted; /* 1 + index of the mount namespace that showed it first */
};

struct linux_blocks {
	struct linux_block *v;
	unsigned n, size;
};

/* All that stands on these paths, the paths first.  0 or -ENOMEM; free in either case. */
int linux_blocks_collect(const struct linux_kernel *k, const char *const *syspaths, unsigned n,
			 struct linux_blocks *blocks);
void linux_blocks_free(struct linux_blocks *blocks);

/* Index or -1. */
int linux_blocks_by_number(const struct linux_blocks *blocks, dev_t number);
/* By a path of a node: "/dev/sdc2", "/dev/dm-3", "/dev/mapper/data".  Index or -1. */
int linux_blocks_by_path(const struct linux_blocks *blocks, const char *path);

/* "/dev/" and the kernel's name as it is there ("!" is "/").  Returns dst. */
char *linux_block_path(const char *dev, const char *name, char *dst, size_t size);

/*
 * The beginning of a sentence about a block: "/dev/sdc2", or how it stands on the unit:
 * "/dev/sdc is part of md0".  True in the second case: what follows needs a ", which".
 */
bool linux_blocks_subject(const struct linux_blocks *blocks, unsigned index, char *dst,
			  size_t size);

/* ---- linux-claims.c: O_EXCL ----------------------------------------------------------- */

int linux_open_exclusive(const char *path, dev_t number);
/* claim() and release() of kernel.h. */
int linux_claim(struct kernel *kernel, const char *const *syspaths, unsigned n, void **ret);
void linux_release(struct kernel *kernel, void *claimed);
/* Nobody was found to use these blocks: does somebody claim them all the same?  0 or -errno. */
int linux_claim_hidden(struct linux_kernel *k, struct linux_blocks *blocks,
		       struct kernel_users *found);

/* ---- linux-users.c, linux-mounts.c
 * --------------------------------------------------------------------- */

/* As users() in kernel.h, without trying to claim.  0 or -errno. */
int linux_users_find(const struct linux_kernel *k, struct linux_blocks *blocks,
		     struct kernel_users *users);
/* Of a unit that is claimed by somebody unknown: who has it open at all.  0 or -errno. */
int linux_users_suspect(const struct linux_kernel *k, struct linux_blocks *blocks,
			struct kernel_users *users);

#define LINUX_NAMESPACES_MAX                                                                       \
	4096U /* remembered; beyond, one is read once for each of its processes */

/* Another device of a file system that a block is part of, as a mount may name it. */
struct linux_member {
	char node[NAME_MAX + sizeof("/dev/")];
	char mapper[LINUX_LABEL_MAX];
	unsigned block;
};

struct linux_search {
	const struct linux_kernel *k;
	struct linux_blocks *blocks;
	struct kernel_users *users;
	char namespaces[LINUX_NAMESPACES_MAX][32]; /* "mnt:[4026531841]" */
	unsigned n_namespaces;
	struct linux_member *members;
	unsigned n_members;
	bool suspect; /* readers are looked for, and nothing else */
	bool denied;  /* a process may not be looked into */
};

/* Says that a block "is ...", once.  0 or -ENOMEM. */
int linux_report(struct linux_search *s, unsigned block, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes that errno, if it is one, means that we may not look. */
void linux_note_error(struct linux_search *s, int error);

/* Undoes the octal escapes of mountinfo and swaps ("\040"), in place. */
void linux_unescape(char *s);

/* To be called before any mounts are read, and after all.  0 or -ENOMEM. */
int linux_mounts_begin(struct linux_search *s);
int linux_mounts_end(struct linux_search *s);
/* Reads the mounts of a process, unless those of its namespace were.  0 or -ENOMEM. */
int linux_mounts_of(struct linux_search *s, const char *pid, const char *command);
