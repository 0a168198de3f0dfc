/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a node's name to the scsi_devices behind it.
 *
 * udev's database is asked and never the file system: a name comes from the bus, and a path
 * under /dev may lead anywhere, while DEVLINKS says what udev made.  A multipath map is
 * told by the UUID multipathd gives it ("mpath-..."; kpartx: "part1-mpath-...") and stands for its
 * paths; no other stacked device stands for a disk.
 */
#include <dirent.h>
#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "discovery/tree.h"

#define NAME_LENGTH_MAX 1024U
#define PATHS_MAX 64U	 /* of one multipath map */
#define MAP_DEPTH_MAX 3U /* partition of a map, map, path */

struct paths {
	char *syspaths[PATHS_MAX + 1];
	unsigned n;
};

char **tree_strings_free(char **strings)
{
	for (char **s = strings; s && *s; s++)
		free(*s);
	free(strings);
	return NULL;
}

static int paths_add(struct paths *paths, const char *syspath)
{
	for (unsigned i = 0; i < paths->n; i++)
		if (strcmp(paths->syspaths[i], syspath) == 0)
			return 0;
	if (paths->n == PATHS_MAX)
		return 0;
	paths->syspaths[paths->n] = strdup(syspath);
	return paths->syspaths[paths->n++] ? 0 : -ENOMEM;
}

/* "mpath-3600..." and "part2-mpath-3600..." */
static bool is_multipath(struct udev_device *block)
{
	const char *uuid = udev_device_get_sysattr_value(block, "dm/uuid");

	if (!uuid)
		return false;
	if (strncmp(uuid, "part", 4) == 0) {
		uuid = strchr(uuid, '-');
		if (!uuid)
			return false;
		uuid++;
	}
	return strncmp(uuid, "mpath-", 6) == 0;
}

static int collect(struct udev *udev, struct udev_device *device, unsigned depth,
		   struct paths *paths);

static int collect_slaves(struct udev *udev, struct udev_device *map, unsigned depth,
			  struct paths *paths)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;
	DIR *dir;

	if (snprintf(path, sizeof(path), "%s/slaves", udev_device_get_syspath(map)) >=
	    (int) sizeof(path))
		return 0;
	dir = opendir(path);
	if (!dir)
		return 0;
	while (r == 0 && (entry = readdir(dir))) {
		struct udev_device *slave;

		if (entry->d_name[0] == '.')
			continue;
		slave = udev_device_new_from_subsystem_sysname(udev, "block", entry->d_name);
		if (slave)
			r = collect(udev, slave, depth + 1, paths);
		udev_device_unref(slave);
	}
	(void) closedir(dir);
	return r;
}

/* The scsi_device above a disk or partition, or those below a multipath map. */
static int collect(struct udev *udev, struct udev_device *device, unsigned depth,
		   struct paths *paths)
{
	struct udev_device *scsi;

	scsi = udev_device_get_parent_with_subsystem_devtype(device, "scsi", "scsi_device");
	if (scsi)
		return paths_add(paths, udev_device_get_syspath(scsi));
	if (depth < MAP_DEPTH_MAX && is_multipath(device))
		return collect_slaves(udev, device, depth, paths);
	return 0;
}

static bool has_link(struct udev_device *block, const char *node)
{
	const char *links = udev_device_get_property_value(block, "DEVLINKS");
	size_t n = strlen(node);

	for (const char *at = links; at && (at = strstr(at, node)); at += n) {
		if ((at == links || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	}
	return false;
}

static struct udev_device *find_link(struct udev *udev, const char *node)
{
	struct udev_enumerate *enumerate = udev_enumerate_new(udev);
	struct udev_device *found = NULL;
	struct udev_list_entry *entry;

	if (!enumerate)
		return NULL;
	if (udev_enumerate_add_match_subsystem(enumerate, "block") < 0 ||
	    udev_enumerate_scan_devices(enumerate) < 0) {
		udev_enumerate_unref(enumerate);
		return NULL;
	}
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate))
	{
		found = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
		if (found && has_link(found, node))
			break;
		found = udev_device_unref(found);
	}
	udev_enumerate_unref(enumerate);
	return found;
}

static struct udev_device *find_node(struct udev *udev, const char *name)
{
	char node[NAME_LENGTH_MAX + sizeof("/dev/")], sysname[NAME_LENGTH_MAX];
	struct udev_device *found;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	if (name[0] == '\0' || name[0] == '.' || strlen(name) >= sizeof(sysname) ||
	    strchr(name, ' '))
		return NULL;

	/* "cciss/c0d0" is "cciss!c0d0" in sysfs */
	(void) snprintf(sysname, sizeof(sysname), "%s", name);
	for (char *c = sysname; *c; c++)
		if (*c == '/')
			*c = '!';
	found = udev_device_new_from_subsystem_sysname(udev, "block", sysname);
	if (!found)
		found = udev_device_new_from_subsystem_sysname(udev, "scsi_generic", sysname);
	if (found)
		return found;
	(void) snprintf(node, sizeof(node), "/dev/%s", name);
	return find_link(udev, node);
}

int tree_resolve_node(struct udev *udev, const char *name, char ***ret)
{
	struct paths paths = { .n = 0 };
	struct udev_device *device;
	char **copy = NULL;
	int r;

	device = find_node(udev, name);
	if (!device)
		return -ENOENT;
	r = collect(udev, device, 1, &paths);
	udev_device_unref(device);
	if (r == 0 && paths.n == 0)
		r = -ENOENT;
	if (r == 0) {
		copy = calloc(paths.n + 1, sizeof(*copy));
		r = copy ? 0 : -ENOMEM;
	}
	if (!copy) {
		for (unsigned i = 0; i < paths.n; i++)
			free(paths.syspaths[i]);
		return r;
	}
	memcpy(copy, paths.syspaths, paths.n * sizeof(*copy));
	*ret = copy;
	return 0;
}
