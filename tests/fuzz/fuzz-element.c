/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elements: type, four bytes of status, and what is wished, set and cleared.
 * What comes out never does what nobody asked for (ses.md 4.6): no power
 * cycle, no reset, no SELECT ELEMENT, no reserved bit, no supply switched off.
 */
#include <string.h>

#include "ses/element.h"
#include "tests/fuzz/fuzz.h"

struct input {
	uint8_t type, status[4], wished, set[3], clear[3];
};

static uint32_t bits(const uint8_t b[static 3])
{
	return (uint32_t) b[0] << 16 | (uint32_t) b[1] << 8 | b[2];
}

static void check_control(const struct input *in, const uint8_t control[static 4])
{
	FUZZ_ASSERT((control[0] & 0x9f) == 0x80);
	switch (in->type) {
	case 0x01:
	case 0x17:
		FUZZ_ASSERT(in->type == 0x17 || control[1] == 0);
		FUZZ_ASSERT((control[2] & 0xb1) == 0 && (control[3] & 0xc3) == 0);
		break;
	case 0x02:
	case 0x03:
		FUZZ_ASSERT(control[2] == 0 && (control[3] & 0x9f) == 0);
		FUZZ_ASSERT((control[3] & 0x20) || (in->status[3] & 0x10));
		break;
	case 0x07:
		FUZZ_ASSERT((control[1] & 0x0f) == 0 && control[2] == 0 && control[3] == 0);
		break;
	case 0x0e:
		FUZZ_ASSERT(control[2] == 0 && (control[3] & 0xfc) == 0);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *flags[SES_FLAGS_MAX];
	struct ses_reading reading;
	uint8_t control[4] = { 0 };
	struct input in;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	FUZZ_ASSERT(ses_element_flags(in.type, in.status, flags) <= SES_FLAGS_MAX);
	FUZZ_ASSERT((ses_indicators_shown(in.type, in.status) &
		     ~ses_indicators_supported(in.type)) == 0);
	if (ses_element_reading(in.type, in.status, &reading))
		FUZZ_ASSERT(reading.unit && reading.value > -1e6 && reading.value < 1e6);
	(void) ses_element_fault_sensed(in.type, in.status);
	(void) ses_element_report(in.type, in.status);
	if (ses_element_control(in.type, in.status, in.wished, bits(in.set), bits(in.clear),
				control) == 0)
		check_control(&in, control);
	else
		FUZZ_ASSERT(memcmp(control, (uint8_t[4]){ 0 }, 4) == 0);
	return 0;
}
