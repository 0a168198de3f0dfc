/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of users, whoever found them.  What is in a sentence (mount points, names of
 * maps and processes) comes from others and goes out on the bus, so it is cleaned here.
 */
#include "drive/kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"

void kernel_users_clear(struct kernel_users *users)
{
	while (users->n > 0)
		free(users->texts[--users->n]);
}

int kernel_users_add(struct kernel_users *users, const char *format, ...)
{
	_cleanup_free_ char *raw = NULL, *text = NULL;
	va_list arguments;
	size_t n;
	int r;

	if (users->n == KERNEL_USERS_MAX)
		return 0;
	va_start(arguments, format);
	r = vasprintf(&raw, format, arguments);
	va_end(arguments);
	if (r < 0) {
		raw = NULL;
		return -ENOMEM;
	}
	n = strlen(raw);
	text = malloc(n + 1);
	if (!text)
		return -ENOMEM;
	(void) text_clean(text, n + 1, raw, n);
	users->texts[users->n++] = text;
	text = NULL;
	return 0;
}
