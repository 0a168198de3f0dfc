/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in file_write() is what makes it atomic: the data is on the disk
 * before the name points at it, and the name before we say it is done.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/macro.h"

/* O_NONBLOCK: a FIFO in the place of the file must not hold us. */
static int open_regular(int folder, const char *name, size_t max)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EBADF;
	else if ((unsigned long long) st.st_size > max)
		r = -EFBIG;
	if (r < 0) {
		(void) close(fd);
		return r;
	}
	return fd;
}

int file_read(int folder, const char *name, size_t max, char **ret, size_t *ret_n)
{
	_cleanup_close_ int fd = open_regular(folder, name, max);
	_cleanup_free_ char *data = NULL;
	size_t n = 0;

	if (fd < 0)
		return fd;
	/* The file may grow under us: one byte more than allowed tells. */
	data = malloc(max + 1);
	if (data == NULL)
		return -ENOMEM;
	for (;;) {
		ssize_t r = read(fd, data + n, max + 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		n += (size_t) r;
		if (n > max)
			return -EFBIG;
	}
	data[n] = 0;
	*ret = data;
	*ret_n = n;
	data = NULL;
	return 0;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t r = write(fd, data, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		data += r;
		n -= (size_t) r;
	}
	return fdatasync(fd) < 0 ? -errno : 0;
}

int file_write(int folder, const char *name, const char *data, size_t n)
{
	char temporary[NAME_MAX + 1];
	int fd, r;

	r = snprintf(temporary, sizeof(temporary), "%s.new", name);
	if (r < 0 || (size_t) r >= sizeof(temporary))
		return -ENAMETOOLONG;

	/* What a crash left, or somebody laid there, is not written through. */
	if (unlinkat(folder, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;

	r = write_all(fd, data, n);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		(void) unlinkat(folder, temporary, 0);
		return r;
	}
	return fsync(folder) < 0 ? -errno : 0;
}
