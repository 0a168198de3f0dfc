/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes against a wall: a copy that ends where a mapping ends, with a page
 * behind it that nobody may touch, so that a decoder that reads one byte too
 * far is killed, with and without a sanitizer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How many copies are there at once; the oldest goes for the next. */
#define GUARDED_MAX 8U

static inline const uint8_t *guarded(const void *bytes, size_t n)
{
	static struct {
		void *p;
		size_t size;
	} mappings[GUARDED_MAX];
	static unsigned next;
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	size_t size = (n + page - 1) / page * page;
	uint8_t *p;

	if (mappings[next].p)
		(void) munmap(mappings[next].p, mappings[next].size);
	p = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE) < 0)
		abort();
	mappings[next].p = p;
	mappings[next].size = size + page;
	next = (next + 1) % GUARDED_MAX;

	p += size - n;
	if (n > 0)
		memcpy(p, bytes, n);
	return p;
}
