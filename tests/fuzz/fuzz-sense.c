/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sense data: whatever it is, it means one thing, has a sentence and a percentage or none. */
#include <string.h>

#include "base/text.h"
#include "scsi/command.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_result result = { .got = 0 };
	enum scsi_verdict verdict;
	char text[240];
	int progress;

	scsi_result_sense(&result, data, size);
	FUZZ_ASSERT(result.sense_length <= SCSI_SENSE_MAX && result.sense_length <= size);
	verdict = scsi_classify(&result);
	FUZZ_ASSERT(verdict <= SCSI_NO_MEMORY);
	FUZZ_ASSERT((scsi_verdict_errno(verdict) == 0) == (verdict == SCSI_DONE));
	/* Only recovered errors and nothing at all count as done. */
	FUZZ_ASSERT(verdict != SCSI_DONE || result.key <= 1);
	progress = scsi_progress(&result);
	FUZZ_ASSERT(progress >= -1 && progress <= 100);
	(void) scsi_is_refusal(&result);
	(void) scsi_attention_is_reset(&result);
	FUZZ_ASSERT(scsi_result_text(&result, text, sizeof(text)) == text);
	FUZZ_ASSERT(text[0] != '\0' && text_valid_utf8(text));
	FUZZ_ASSERT(scsi_result_text(&result, text, 2) == text && strlen(text) < 2);
	return 0;
}
