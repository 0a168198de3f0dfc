/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's side of a disk through sysfs: state, delete, scan.
 *
 * Nothing here sends a SCSI command itself; the kernel does at times (seen with
 * Linux 6.1: `delete` sends SYNCHRONIZE CACHE, `running` written to a stopped disk starts it, an
 * O_RDONLY|O_EXCL open does neither).
 */
#include "drive/linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/text.h"

#define SCAN_LUN_MAX 9999999999ULL /* `scan` reads ten characters of each number */

int linux_read(char *dst, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	ssize_t n;
	int r;

	va_start(arguments, format);
	r = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (r < 0 || r >= (int) sizeof(path))
		return -ENAMETOOLONG;

	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	do
		n = read(fd, dst, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	while (n > 0 && dst[n - 1] == '\n')
		n--;
	dst[n] = '\0';
	return 0;
}

/* One write() of the whole text, as sysfs wants it.  0 or -errno. */
static int write_attribute(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* <syspath>/<name>, for what is really below sysfs's devices.  0 or -ENODEV. */
static int attribute_path(const struct linux_kernel *k, const char *syspath, const char *name,
			  char path[static PATH_MAX])
{
	size_t n = strlen(k->sys);

	if (strncmp(syspath, k->sys, n) != 0 || strncmp(syspath + n, "/devices/", 9) != 0 ||
	    strstr(syspath, "/../"))
		return -ENODEV;
	return snprintf(path, PATH_MAX, "%s/%s", syspath, name) < PATH_MAX ? 0 : -ENODEV;
}

/* What a failed access to an attribute of a device means in kernel.h's terms. */
static int device_error(int r)
{
	switch (r) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -ENOTDIR:
		return -ENODEV;
	case -EINVAL:
	case -ENOMEM:
		return r;
	default:
		return r < 0 ? -EIO : 0;
	}
}

static int state(struct kernel *kernel, const char *syspath, char ret[static KERNEL_STATE_MAX])
{
	char path[PATH_MAX], text[KERNEL_STATE_MAX];
	int r = attribute_path(linux_of(kernel), syspath, "state", path);

	if (r == 0)
		r = linux_read(text, sizeof(text), "%s", path);
	if (r < 0)
		return -ENODEV;
	(void) text_clean(ret, KERNEL_STATE_MAX, text, strlen(text));
	return 0;
}

static int set_state(struct kernel *kernel, const char *syspath, const char *wanted)
{
	char path[PATH_MAX];
	int r;

	/* the kernel compares up to and with the newline */
	if (strcmp(wanted, "running") == 0)
		wanted = "running\n";
	else if (strcmp(wanted, "offline") == 0)
		wanted = "offline\n";
	else
		return -EINVAL;
	r = attribute_path(linux_of(kernel), syspath, "state", path);
	return r < 0 ? r : device_error(write_attribute(path, wanted));
}

static int detach(struct kernel *kernel, const char *syspath)
{
	char path[PATH_MAX];
	int r = attribute_path(linux_of(kernel), syspath, "delete", path);

	if (r < 0)
		return r;
	r = device_error(write_attribute(path, "1"));
	return r == -ENODEV ? 0 : r;
}

static int attach(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		  uint64_t lun)
{
	char path[PATH_MAX], text[64];

	if (lun > SCAN_LUN_MAX)
		return -EOPNOTSUPP;
	(void) snprintf(path, sizeof(path), "%s/class/scsi_host/host%u/scan", linux_of(kernel)->sys,
			host);
	(void) snprintf(text, sizeof(text), "%u %u %" PRIu64, channel, target, lun);
	return device_error(write_attribute(path, text));
}

static int find(struct kernel *kernel, unsigned host, unsigned channel, unsigned target,
		uint64_t lun, char **ret)
{
	char link[PATH_MAX];
	char *path;

	(void) snprintf(link, sizeof(link), "%s/bus/scsi/devices/%u:%u:%u:%" PRIu64,
			linux_of(kernel)->sys, host, channel, target, lun);
	path = realpath(link, NULL);
	if (!path)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	*ret = path;
	return 0;
}

/* ---- who uses it ------------------------------------------------------------------ */

static int users(struct kernel *kernel, const char *const *syspaths, unsigned n,
		 struct kernel_users *ret)
{
	struct linux_kernel *k = linux_of(kernel);
	struct kernel_users found = { .n = 0 };
	struct linux_blocks blocks;
	int r;

	r = linux_blocks_collect(k, syspaths, n, &blocks);
	if (r == 0)
		r = linux_users_find(k, &blocks, &found);
	if (r == 0 && found.n == 0)
		r = linux_claim_hidden(k, &blocks, &found);
	linux_blocks_free(&blocks);
	if (r < 0)
		kernel_users_clear(&found);
	else
		*ret = found;
	return r;
}

/* ---- SAS ------------------------------------------------------------------------- */

/* Is there an entry in that folder of sysfs, its name beginning so, with that sas_address? */
static bool address_in(const struct linux_kernel *k, const char *folder, const char *prefix,
		       uint64_t address)
{
	char path[PATH_MAX], text[64];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	(void) snprintf(path, sizeof(path), "%s/%s", k->sys, folder);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		uint64_t value;

		found = entry->d_name[0] != '.' &&
			strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			linux_read(text, sizeof(text), "%s/%s/%s/sas_address", k->sys, folder,
				   entry->d_name) == 0 &&
			text_parse_hex64(text, &value) && value == address;
	}
	(void) closedir(dir);
	return found;
}

static bool target_present(struct kernel *kernel, uint64_t sas_address)
{
	const struct linux_kernel *k = linux_of(kernel);

	/* The transport class keeps the end device of a disk that was detached; adapters
	 * without it (peers.md C.3: mpi3mr) have the address on the disk alone. */
	return sas_address != 0 && (address_in(k, "class/sas_device", "end_device-", sas_address) ||
				    address_in(k, "bus/scsi/devices", "", sas_address));
}

static bool udev_idle(struct kernel *kernel)
{
	return access(linux_of(kernel)->udev_queue, F_OK) < 0;
}

static const struct kernel functions = {
	.state = state,
	.set_state = set_state,
	.detach = detach,
	.attach = attach,
	.find = find,
	.users = users,
	.claim = linux_claim,
	.release = linux_release,
	.target_present = target_present,
	.udev_idle = udev_idle,
};

void linux_kernel_init(struct linux_kernel *k, const char *sys, const char *proc, const char *dev)
{
	*k = (struct linux_kernel){ .kernel = functions,
				    .sys = sys,
				    .proc = proc,
				    .dev = dev,
				    .udev_queue = "/run/udev/queue",
				    .open_exclusive = linux_open_exclusive };
	(void) pthread_mutex_init(&k->lock, NULL);
}

struct kernel *kernel_linux(void)
{
	static struct linux_kernel k;

	if (!k.sys)
		linux_kernel_init(&k, "/sys", "/proc", "/dev");
	return &k.kernel;
}
