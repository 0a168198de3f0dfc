/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files, whole.  Any thread.
 */
#pragma once

#include <stddef.h>

/*
 * The content of a regular file of at most max bytes, with a NUL behind it; the
 * caller frees it.  -ELOOP for a symbolic link, -EBADF for what is not a file,
 * -EFBIG over max, else as open() and read().
 */
int file_read(int folder, const char *name, size_t max, char **ret, size_t *ret_n);

/*
 * Puts n bytes in the place of the file, mode 0600, so that at any moment, also
 * after a crash, the name stands for all of the old content or all of the new.
 * Uses NAME.new meanwhile: one writer at a time.
 */
int file_write(int folder, const char *name, const char *data, size_t n);
