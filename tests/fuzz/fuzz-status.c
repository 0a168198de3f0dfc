/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 02h read with a page 01h, and a control page with everything selected:
 * its length is the status page's, and nothing has SELECT that was refused.
 */
#include "ses/control.h"
#include "ses/element.h"
#include "tests/fuzz/fuzz.h"

static void control(const struct ses_config *config, const struct ses_status *status)
{
	struct ses_control control;
	unsigned n = 0;

	if (ses_control_begin(status, &control) < 0)
		return;
	for (unsigned i = 0; i < config->n_elements; i++) {
		int r = ses_control_select(&control, config, status, i, i,
					   INDICATOR_BIT(INDICATOR_IDENT), 0);

		if (r == 0)
			n++;
		FUZZ_ASSERT(i >= status->known
				    ? r < 0
				    : !(control.page[8 + 4 * (size_t) i] & 0x80) == (r < 0));
	}
	FUZZ_ASSERT(control.length == status->page_length && control.n_selected == n);
	FUZZ_ASSERT(control.page[1] == 0);
	ses_control_end(&control);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = fuzz_first_page(data, size);
	struct ses_config *config = NULL;
	struct ses_status *status = NULL;

	if (ses_config_decode(data, first, &config) < 0)
		return 0;
	if (ses_status_decode(data + first, size - first, config, &status) == 0) {
		FUZZ_ASSERT(status->known <= config->n_elements);
		control(config, status);
	}
	(void) ses_status_free(status);
	(void) ses_config_free(config);
	return 0;
}
