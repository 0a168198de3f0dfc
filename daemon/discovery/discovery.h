/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam to the kernel's device tree.  udev.c is the implementation in the
 * daemon; the simulator brings its own.  Loop thread.
 *
 * Enumeration and monitor go through one function, so that known or unknown,
 * added or removed, is decided in one place and no event falls in between: the
 * monitor is enabled first, the enumeration follows.
 */
#pragma once

#include <stdbool.h>

#include "discovery/device.h"

typedef struct sd_event sd_event;

struct discovery_listener {
	/*
	 * A device is there: new, or known and changed in any field (so a listener
	 * compares).  The device becomes the listener's.
	 */
	void (*present)(void *userdata, struct device *device);
	/* The device with that syspath is gone. */
	void (*gone)(void *userdata, const char *syspath);
	void *userdata;
};

struct discovery {
	/* Starts reporting, at first from event, then for all that is there: present() is
	 * called before it returns.  0 or -errno. */
	int (*start)(struct discovery *discovery, sd_event *event,
		     const struct discovery_listener *listener);
	/* Looks again at everything: present() for each device, gone() for those that are
	 * no more. Never makes the kernel scan a host.  0 or -errno. */
	int (*enumerate)(struct discovery *discovery);
	/* Reads one device again (its kernel state sends no event).  NULL if it is gone. */
	struct device *(*look)(struct discovery *discovery, const char *syspath);
	/*
	 * The syspath of the scsi_devices that a block node stands for: "sdc", "/dev/sdc",
	 * "/dev/sdc1", "/dev/disk/by-id/...", "/dev/dm-3" (a multipath map: its
	 * paths); looked up in udev's database, never through the file system.
	 * NULL-terminated, the caller's to free with each string; NULL: no such node.
	 */
	char **(*resolve_node)(struct discovery *discovery, const char *name);
	struct discovery *(*free)(struct discovery *discovery);
};

/* The real one.  0 or -errno. */
int discovery_udev_new(struct discovery **ret);
