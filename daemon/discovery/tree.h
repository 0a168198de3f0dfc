/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two questions that discovery asks of sysfs and udev's database; pure reading, no
 * device is opened and nothing written.  Inside discovery/ only.
 */
#pragma once

#include "discovery/device.h"

struct udev;

/*
 * Reads the scsi_device with that syspath as it is now.  *ret is the caller's.
 * 0; -ENODEV: not there (any more) or no scsi_device; -ENOMEM.
 */
int tree_read_device(struct udev *udev, const char *syspath, struct device **ret);

/*
 * As resolve_node() in discovery.h.  *ret is a NULL-terminated array, the caller's with
 * each string.  0; -ENOENT: no such node, or no SCSI device behind it; -ENOMEM.
 */
int tree_resolve_node(struct udev *udev, const char *name, char ***ret);

/* Frees a NULL-terminated array of strings; NULL is fine.  Returns NULL. */
char **tree_strings_free(char **strings);
