/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page 01h: the map it gives is whole. */
#include "ses/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ses_config *config = NULL;
	struct ses_element_id id;
	unsigned global = 0;

	if (ses_config_decode(data, size, &config) < 0)
		return 0;
	for (unsigned t = 0; t < config->n_types; t++)
		for (int i = -1; i < config->types[t].count; i++, global++) {
			FUZZ_ASSERT(ses_config_element(config, global, &id));
			FUZZ_ASSERT(id.header == t && id.individual == i);
		}
	FUZZ_ASSERT(global == config->n_elements && !ses_config_element(config, global, &id));
	FUZZ_ASSERT(ses_config_same_elements(config, config));
	(void) ses_config_free(config);
	return 0;
}
