/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzz targets share.  One input is one page, or several: a page 01h
 * followed by the page that is read with it, as in the files of
 * tests/fixtures; each is as long as its PAGE LENGTH says, the last as long as
 * there is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A decoder said something that cannot be. */
#define FUZZ_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* Length of the first page in data. */
static inline size_t fuzz_first_page(const uint8_t *data, size_t size)
{
	size_t length = size < 4 ? size : 4U + (size_t) (data[2] << 8 | data[3]);

	return length < size ? length : size;
}
