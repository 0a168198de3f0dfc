/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few macros the tree agrees on.  More would be a dialect.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) ((type *) ((char *) (ptr) -offsetof(type, member)))

#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))

static inline void cleanup_free(void *p)
{
	free(*(void **) p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		(void) close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(cleanup_free)))
#define _cleanup_close_ __attribute__((cleanup(cleanup_close)))
