/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard INQUIRY data: what is text may go on the bus. */
#include "base/text.h"
#include "scsi/inquiry.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_inquiry inquiry;

	if (scsi_inquiry_decode(data, size, &inquiry) < 0)
		return 0;
	FUZZ_ASSERT(text_valid_utf8(inquiry.vendor) && text_valid_utf8(inquiry.product) &&
		    text_valid_utf8(inquiry.revision));
	return 0;
}
