/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page 0Ah read with a page 01h, by every rule: only elements that may have a
 * descriptor get one. */
#include "base/text.h"
#include "ses/additional.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct ses_additional *a, const struct ses_config *config, unsigned global)
{
	struct ses_element_id id;

	FUZZ_ASSERT(a->slot_number >= -1 && a->slot_number < 255);
	FUZZ_ASSERT(a->n_phys <= SES_PHYS_MAX && (a->n_phys == 0 || a->phys));
	FUZZ_ASSERT(text_valid_utf8(a->nvme_serial) && text_valid_utf8(a->nvme_model));
	if (!a->present) {
		FUZZ_ASSERT(a->slot_number == -1 && a->n_phys == 0 && a->address == 0);
		return;
	}
	FUZZ_ASSERT(ses_config_element(config, global, &id) && id.individual >= 0);
	switch (config->types[id.header].type) {
	case 0x01:
	case 0x17:
	case 0x18:
	case 0x07:
	case 0x14:
	case 0x15:
		break;
	default:
		abort();
	}
	FUZZ_ASSERT(!a->invalid || a->n_phys == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = fuzz_first_page(data, size);
	struct ses_config *config = NULL;

	if (ses_config_decode(data, first, &config) < 0)
		return 0;
	for (enum ses_index_rule rule = SES_INDEX_AUTO; rule < SES_INDEX_MIXED; rule++) {
		struct ses_additionals *all = NULL;

		if (ses_additionals_decode(data + first, size - first, config, rule, &all) < 0)
			continue;
		FUZZ_ASSERT(all->rule != SES_INDEX_AUTO && all->rule < _SES_INDEX_MAX);
		for (unsigned i = 0; i < all->n; i++)
			check(&all->elements[i], config, i);
		(void) ses_additionals_free(all);
	}
	(void) ses_config_free(config);
	return 0;
}
