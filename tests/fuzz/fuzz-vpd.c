/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VPD pages 80h, 83h, B1h: each decoder is given whatever page it is. */
#include <string.h>

#include "base/text.h"
#include "scsi/inquiry.h"
#include "tests/fuzz/fuzz.h"

static void check_designators(const uint8_t *data, size_t size)
{
	struct scsi_designator designators[SCSI_DESIGNATORS_MAX];
	int n = scsi_designators_decode(data, size, designators);

	FUZZ_ASSERT(n <= (int) SCSI_DESIGNATORS_MAX);
	for (int i = 0; i < n; i++)
		FUZZ_ASSERT(designators[i].bytes >= data &&
			    designators[i].bytes + designators[i].length <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scsi_identity identity;
	char serial[256] = "";

	check_designators(data, size);
	if (scsi_identity_decode(data, size, &identity) == 0) {
		FUZZ_ASSERT(strnlen(identity.unit, sizeof(identity.unit)) < sizeof(identity.unit));
		FUZZ_ASSERT(strspn(identity.unit, "0123456789abcdef") == strlen(identity.unit));
		FUZZ_ASSERT(strspn(identity.target, "0123456789abcdef") == strlen(identity.target));
		FUZZ_ASSERT(identity.n_ports <= 4);
	}
	if (scsi_serial_decode(data, size, serial, sizeof(serial)) == 0)
		FUZZ_ASSERT(text_valid_utf8(serial));
	(void) scsi_rotation_decode(data, size);
	return 0;
}
