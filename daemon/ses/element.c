/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests: which bit asks for what, and how the status of an element becomes
 * its control (ses.md section 3 and table 4.2).
 *
 * Both tables are indexed by element type.  A request stands in the same place
 * in status (its echo) and in control, for every type and every indicator
 * here, so one table serves both directions.  What the copy table cannot say by
 * a mask is in copy_exceptions().
 */
#include "ses/element.h"

#include <errno.h>

#include "base/macro.h"
#include "ses/config.h"

#define SELECT 0x80U
#define PRDFAIL 0x40U
#define SWAP 0x10U

struct request {
	uint8_t indicator;
	uint8_t byte;
	uint8_t bit;
};

#define REQUESTS_MAX 15U

struct requests {
	/* FAIL in status is a finding or our request: nobody can tell (4.2). */
	bool ambiguous_fault;
	uint8_t n;
	struct request list[REQUESTS_MAX];
};

#define PREDICTED                                                                                  \
	{                                                                                          \
		INDICATOR_PREDICTED_FAILURE, 0, PRDFAIL                                            \
	}
#define IDENT                                                                                      \
	{                                                                                          \
		INDICATOR_IDENT, 1, 0x80                                                           \
	}
#define FAIL                                                                                       \
	{                                                                                          \
		INDICATOR_FAULT, 1, 0x40                                                           \
	}
#define FAIL_3_6                                                                                   \
	{                                                                                          \
		INDICATOR_FAULT, 3, 0x40                                                           \
	}

#define SLOT                                                                                       \
	PREDICTED, { INDICATOR_IDENT, 2, 0x02 }, { INDICATOR_FAULT, 3, 0x20 },                     \
		{ INDICATOR_OK_TO_REMOVE, 2, 0x04 }, { INDICATOR_DO_NOT_REMOVE, 2, 0x40 },         \
		{ INDICATOR_INSERT, 2, 0x08 },                                                     \
	{                                                                                          \
		INDICATOR_DEVICE_OFF, 3, 0x10                                                      \
	}
#define ARRAY                                                                                      \
	{ INDICATOR_OK, 1, 0x80 }, { INDICATOR_RESERVED, 1, 0x40 },                                \
		{ INDICATOR_HOT_SPARE, 1, 0x20 }, { INDICATOR_CONSISTENCY_CHECK, 1, 0x10 },        \
		{ INDICATOR_IN_CRITICAL_ARRAY, 1, 0x08 }, { INDICATOR_IN_FAILED_ARRAY, 1, 0x04 },  \
		{ INDICATOR_REBUILD, 1, 0x02 },                                                    \
	{                                                                                          \
		INDICATOR_REBUILD_ABORT, 1, 0x01                                                   \
	}
#define POWERED                                                                                    \
	{                                                                                          \
		true, 4,                                                                           \
		{                                                                                  \
			PREDICTED, IDENT, FAIL_3_6,                                                \
			{                                                                          \
				INDICATOR_DO_NOT_REMOVE, 1, 0x40                                   \
			}                                                                          \
		}                                                                                  \
	}
#define PLAIN                                                                                      \
	{                                                                                          \
		true, 3,                                                                           \
		{                                                                                  \
			PREDICTED, IDENT, FAIL                                                     \
		}                                                                                  \
	}

/* ses.md 3.2 to 3.11.  Types that are not here cannot be asked for anything. */
static const struct requests requests[] = {
	[SES_DEVICE_SLOT] = { false, 7, { SLOT } },
	[SES_POWER_SUPPLY] = POWERED,
	[SES_COOLING] = POWERED,
	[SES_TEMPERATURE] = PLAIN,
	[SES_DOOR] = PLAIN,
	[SES_ALARM] = { true,
			5,
			{ PREDICTED,
			  IDENT,
			  FAIL,
			  { INDICATOR_TONE_CRITICAL, 3, 0x02 },
			  { INDICATOR_MUTE, 3, 0x40 } } },
	[SES_ES_ELECTRONICS] = { true,
				 5,
				 { PREDICTED,
				   IDENT,
				   FAIL,
				   { INDICATOR_DO_NOT_REMOVE, 1, 0x20 },
				   { INDICATOR_OK_TO_REMOVE, 1, 0x10 } } },
	[SES_SCC_ELECTRONICS] = PLAIN,
	[SES_NV_CACHE] = PLAIN,
	[SES_UPS] = { true, 3, { PREDICTED, { INDICATOR_IDENT, 3, 0x80 }, FAIL_3_6 } },
	[SES_DISPLAY] = PLAIN,
	[SES_KEY_PAD] = PLAIN,
	[SES_ENCLOSURE] = { false, 3, { PREDICTED, IDENT, { INDICATOR_FAULT, 3, 0x02 } } },
	[SES_SCSI_PORT] = PLAIN,
	[SES_LANGUAGE] = { false, 2, { PREDICTED, IDENT } },
	[SES_COMMUNICATION_PORT] = PLAIN,
	[SES_VOLTAGE] = PLAIN,
	[SES_CURRENT] = PLAIN,
	[SES_TARGET_PORT] = PLAIN,
	[SES_INITIATOR_PORT] = PLAIN,
	[SES_SIMPLE_SUBENCLOSURE] = PLAIN,
	[SES_ARRAY_SLOT] = { false, 15, { SLOT, ARRAY } },
	[SES_SAS_EXPANDER] = PLAIN,
	[SES_SAS_CONNECTOR] = { true, 3, { PREDICTED, IDENT, FAIL_3_6 } },
};

#define COPY_0 0x60U /* PRDFAIL, DISABLED -> DISABLE; RST SWAP is not a copy of SWAP */

/* Table 4.2: bits of status bytes 1 to 3 that go into control as they are. */
static const uint8_t copied[][3] = {
	[SES_DEVICE_SLOT] = { 0x00, 0x4e, 0x30 },
	[SES_POWER_SUPPLY] = { 0xc0, 0x00, 0x20 },
	[SES_COOLING] = { 0xc0, 0x00, 0x20 },
	[SES_TEMPERATURE] = { 0xbf, 0x00, 0x00 }, /* with the offset */
	[SES_DOOR] = { 0x80, 0x00, 0x01 },
	[SES_ALARM] = { 0x80, 0x00, 0x5f },
	[SES_ES_ELECTRONICS] = { 0xb0, 0x00, 0x00 },
	[SES_SCC_ELECTRONICS] = { 0x80, 0x00, 0x00 },
	[SES_NV_CACHE] = { 0x80, 0x00, 0x00 },
	[SES_UPS] = { 0x00, 0x00, 0x80 },
	[SES_DISPLAY] = { 0x83, 0xff, 0xff },
	[SES_KEY_PAD] = { 0x80, 0x00, 0x00 },
	/* Byte 2 would copy an indication into a power cycle (3.8). */
	[SES_ENCLOSURE] = { 0x80, 0x00, 0x03 },
	[SES_SCSI_PORT] = { 0x80, 0x00, 0x10 },
	[SES_LANGUAGE] = { 0x80, 0xff, 0xff },
	[SES_COMMUNICATION_PORT] = { 0x80, 0x00, 0x01 },
	[SES_VOLTAGE] = { 0x80, 0x00, 0x00 },
	[SES_CURRENT] = { 0x80, 0x00, 0x00 },
	[SES_TARGET_PORT] = { 0x80, 0x00, 0x01 },
	[SES_INITIATOR_PORT] = { 0x80, 0x00, 0x01 },
	[SES_SIMPLE_SUBENCLOSURE] = { 0x80, 0x00, 0x00 },
	[SES_ARRAY_SLOT] = { 0xff, 0x4e, 0x30 },
	[SES_SAS_EXPANDER] = { 0x80, 0x00, 0x00 },
	[SES_SAS_CONNECTOR] = { 0x80, 0x00, 0x00 },
};
_Static_assert(ARRAY_SIZE(copied) == ARRAY_SIZE(requests), "a row of 4.2 for each type of 3");

static const struct requests *requests_of(uint8_t type)
{
	static const struct requests none = { .n = 0 };

	return type < ARRAY_SIZE(requests) ? &requests[type] : &none;
}

uint32_t ses_indicators_supported(uint8_t type)
{
	const struct requests *r = requests_of(type);
	uint32_t supported = 0;

	for (unsigned i = 0; i < r->n; i++)
		supported |= INDICATOR_BIT(r->list[i].indicator);
	return supported;
}

uint32_t ses_indicators_shown(uint8_t type, const uint8_t status[static 4])
{
	const struct requests *r = requests_of(type);
	uint32_t shown = 0;

	for (unsigned i = 0; i < r->n; i++)
		if (status[r->list[i].byte] & r->list[i].bit)
			shown |= INDICATOR_BIT(r->list[i].indicator);
	return shown;
}

bool ses_element_predicted_failure(const uint8_t status[static 4])
{
	return status[0] & PRDFAIL;
}

bool ses_element_swapped(const uint8_t status[static 4])
{
	return status[0] & SWAP;
}

bool ses_element_fault_sensed(uint8_t type, const uint8_t status[static 4])
{
	if (ses_type_is_slot(type))
		return status[3] & 0x40;
	if (type == SES_ENCLOSURE)
		return status[2] & 0x02;
	return ses_indicators_shown(type, status) & INDICATOR_BIT(INDICATOR_FAULT);
}

bool ses_element_report(uint8_t type, const uint8_t status[static 4])
{
	switch (type) {
	case SES_DEVICE_SLOT:
	case SES_ARRAY_SLOT:
	case SES_ES_ELECTRONICS:
	case SES_SCC_ELECTRONICS:
	case SES_SCSI_PORT:
	case SES_TARGET_PORT:
	case SES_INITIATOR_PORT:
		return status[2] & 0x01;
	default:
		return false;
	}
}

static bool is_powered(uint8_t type)
{
	return type == SES_POWER_SUPPLY || type == SES_COOLING;
}

static void copy_exceptions(uint8_t type, const uint8_t status[static 4], uint8_t control[static 4])
{
	if (ses_type_is_slot(type)) {
		/* A drive inserted later would stay dark. */
		if (ses_element_code(status) == SES_CODE_NOT_INSTALLED)
			control[3] &= (uint8_t) ~0x10U;
		/* Of the bypasses only the host's own, which echoes elsewhere (4.3). */
		if (status[2] & 0x80)
			control[3] |= 0x08;
		if (status[3] & 0x80)
			control[3] |= 0x04;
	}
	/* RQST ON: what runs is kept running, whatever RQSTED ON says. */
	if (is_powered(type) && !(status[3] & 0x10))
		control[3] |= 0x20;
}

int ses_element_control_change(uint8_t type, uint8_t control[static 4], uint32_t set,
			       uint32_t clear)
{
	const struct requests *r = requests_of(type);

	if (r->n == 0 || ((set | clear) & ~ses_indicators_supported(type)))
		return -EOPNOTSUPP;
	/* A muted alarm would not sound. */
	if ((set & INDICATOR_BIT(INDICATOR_TONE_CRITICAL)) &&
	    !(set & INDICATOR_BIT(INDICATOR_MUTE)))
		clear |= INDICATOR_BIT(INDICATOR_MUTE);

	for (unsigned i = 0; i < r->n; i++) {
		const struct request *q = &r->list[i];

		if (clear & INDICATOR_BIT(q->indicator))
			control[q->byte] &= (uint8_t) ~q->bit;
		if (set & INDICATOR_BIT(q->indicator))
			control[q->byte] |= q->bit;
	}
	return 0;
}

int ses_element_control(uint8_t type, const uint8_t status[static 4], uint32_t wished, uint32_t set,
			uint32_t clear, uint8_t control[static 4])
{
	uint8_t code = ses_element_code(status);
	uint8_t made[4];
	int r;

	if (requests_of(type)->n == 0)
		return -EOPNOTSUPP;
	made[0] = (uint8_t) (SELECT | (status[0] & COPY_0));
	for (unsigned i = 1; i < 4; i++)
		made[i] = status[i] & copied[type][i - 1];
	copy_exceptions(type, status, made);

	if (requests_of(type)->ambiguous_fault &&
	    (wished & ~clear & INDICATOR_BIT(INDICATOR_FAULT)))
		set |= INDICATOR_BIT(INDICATOR_FAULT);
	r = ses_element_control_change(type, made, set, clear);
	if (r < 0)
		return r;
	if (is_powered(type) && code != SES_CODE_OK && code != SES_CODE_NONCRITICAL)
		return -EHOSTDOWN;

	for (unsigned i = 0; i < 4; i++)
		control[i] = made[i];
	return 0;
}
