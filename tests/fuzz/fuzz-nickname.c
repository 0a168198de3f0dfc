/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page 0Fh, for the subenclosure and generation that its own head has. */
#include "base/text.h"
#include "ses/descriptor.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t generation = 0;
	char name[33 * 3];

	for (size_t i = 4; i < 8 && i < size; i++)
		generation = generation << 8 | data[i];
	for (unsigned id = 0; id < 3; id++)
		if (ses_nickname_decode(data, size, generation, (uint8_t) id, name) == 0)
			FUZZ_ASSERT(text_valid_utf8(name));
	return 0;
}
