/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages 00h and 0Dh. */
#include "ses/header.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t pages = 0;

	if (ses_supported_decode(data, size, &pages) < 0)
		FUZZ_ASSERT(pages == 0);
	return 0;
}
