/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asking who uses a made-up disk, and what to expect.
 */
#pragma once

#include "tests/drive/tree.h"

#define ROOT "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"

static char *paths[4];
static unsigned n_paths;
static struct kernel_users found;

static inline void one_disk(void)
{
	paths[n_paths++] = put_disk(1, "sdzz", "65:0\n");
	put_process(1, "systemd\n", "mnt:[1]", ROOT);
}

static inline void two_paths(void)
{
	one_disk();
	paths[n_paths++] = put_disk(2, "sdzy", "65:16\n");
}

static inline void ask(void)
{
	ck_assert_int_eq(kernel_under_test.kernel.users(&kernel_under_test.kernel,
							(const char *const *) paths, n_paths,
							&found),
			 0);
}

/* Exactly these sentences, in any order. */
static inline void expect(unsigned n, const char *const *texts)
{
	ask();
	for (unsigned i = 0; i < n; i++) {
		bool there = false;

		for (unsigned j = 0; j < found.n; j++)
			there = there || strcmp(found.texts[j], texts[i]) == 0;
		ck_assert_msg(there, "\"%s\" is missing; first of %u: \"%s\"", texts[i], found.n,
			      found.n ? found.texts[0] : "");
	}
	ck_assert_msg(found.n == n, "%u sentences, the last: %s", found.n,
		      found.n ? found.texts[found.n - 1] : "");
	kernel_users_clear(&found);
}

#define EXPECT(...)                                                                                \
	expect(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *),                      \
	       (const char *const[]){ __VA_ARGS__ })
#define EXPECT_NOBODY() expect(0, NULL)

static inline void forget(void)
{
	while (n_paths > 0)
		free(paths[--n_paths]);
	kernel_users_clear(&found);
}
