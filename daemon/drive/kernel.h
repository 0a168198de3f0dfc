/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam to what the kernel can be asked of a disk beside SCSI commands:
 * its device state, detaching and attaching it, and who uses it.  linux.c
 * (sysfs, /proc) is the implementation in the daemon; the simulator brings its own.
 *
 * Every call may block (a `delete` waits for commands of the whole host
 * adapter): worker threads only.  No SCSI command is sent from here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_STATE_MAX 24U
#define KERNEL_USERS_MAX 64U

/* Sentences such as "/dev/sdc2 is mounted on /srv", each of valid UTF-8. */
struct kernel_users {
	unsigned n;
	char *texts[KERNEL_USERS_MAX];
};

void kernel_users_clear(struct kernel_users *users);
/* Appends a formatted sentence; drops it beyond the limit.  0 or -ENOMEM. */
int kernel_users_add(struct kernel_users *users, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct kernel {
	/* The state the kernel gives the scsi_device: "running", "offline", ...  0, -ENODEV. */
	int (*state)(struct kernel *kernel, const char *syspath, char ret[static KERNEL_STATE_MAX]);
	/* "running" or "offline".  0, -ENODEV, -EINVAL, -EIO. */
	int (*set_state)(struct kernel *kernel, const char *syspath, const char *state);
	/* Takes the scsi_device out of the kernel.  0, -ENODEV (already gone is 0). */
	int (*detach)(struct kernel *kernel, const char *syspath);
	/* Makes the host look at exactly this address.  0, -ENODEV (no such host). */
	int (*attach)(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		      uint64_t lun);
	/* syspath of the scsi_device at that address, *ret to free; -ENOENT: none. */
	int (*find)(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		    uint64_t lun, char **ret);
	/*
	 * Who uses the unit that these paths lead to: all partitions, all paths, holders up to
	 * a name a person knows, mounts of every namespace, swap, loop devices, processes
	 * with the node open for writing.  A multipath map over the paths themselves is looked
	 * through.  0 (n = 0: nobody) or -errno.
	 */
	int (*users)(struct kernel *kernel, const char *const *syspaths, unsigned n,
		     struct kernel_users *ret);
	/*
	 * Claims the block nodes of these paths (or the multipath map over them) with
	 * O_RDONLY|O_EXCL and holds them, so that nothing can mount meanwhile; the authority
	 * on claims.  *ret is to be given to release().  0; -EBUSY; -ENXIO: no block node can be
	 * opened (offline) and so nobody can use it.
	 */
	int (*claim)(struct kernel *kernel, const char *const *syspaths, unsigned n, void **ret);
	void (*release)(struct kernel *kernel, void *claim);
	/* Serial of the disk's target in SAS terms still there?  true if the SAS end device (or
	 * whatever the host adapter reports of the plugged disk) with that address exists.  */
	bool (*target_present)(struct kernel *kernel, uint64_t sas_address);
	/* Has udev nothing to do, so that none of its rules reads a disk?  Never blocks; any
	 * thread. */
	bool (*udev_idle)(struct kernel *kernel);
};

/* The real one, a static object. */
struct kernel *kernel_linux(void);
