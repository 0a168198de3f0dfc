/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page 07h read with a page 01h: whatever comes out may go on the bus. */
#include "base/text.h"
#include "ses/descriptor.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = fuzz_first_page(data, size);
	struct ses_descriptors *descriptors = NULL;
	struct ses_config *config = NULL;

	if (ses_config_decode(data, first, &config) < 0)
		return 0;
	if (ses_descriptors_decode(data + first, size - first, config, &descriptors) == 0)
		for (unsigned i = 0; i < config->n_elements; i++)
			FUZZ_ASSERT(!descriptors->texts[i] ||
				    (descriptors->texts[i][0] != '\0' &&
				     text_valid_utf8(descriptors->texts[i])));
	(void) ses_descriptors_free(descriptors);
	(void) ses_config_free(config);
	return 0;
}
