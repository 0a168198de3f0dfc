/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What things are called: indicators as the contract spells them, element
 * types as sg_ses abbreviates them and as people say (ses.md 3.1), status
 * codes (2.3).
 */
#include "ses/element.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

static const char *const indicators[] = {
	[INDICATOR_IDENT] = "ident",
	[INDICATOR_FAULT] = "fault",
	[INDICATOR_OK_TO_REMOVE] = "ok-to-remove",
	[INDICATOR_DO_NOT_REMOVE] = "do-not-remove",
	[INDICATOR_INSERT] = "insert",
	[INDICATOR_HOT_SPARE] = "hot-spare",
	[INDICATOR_OK] = "ok",
	[INDICATOR_REBUILD] = "rebuild",
	[INDICATOR_REBUILD_ABORT] = "rebuild-abort",
	[INDICATOR_IN_CRITICAL_ARRAY] = "in-critical-array",
	[INDICATOR_IN_FAILED_ARRAY] = "in-failed-array",
	[INDICATOR_CONSISTENCY_CHECK] = "consistency-check",
	[INDICATOR_RESERVED] = "reserved",
	[INDICATOR_PREDICTED_FAILURE] = "predicted-failure",
	[INDICATOR_DEVICE_OFF] = "device-off",
	[INDICATOR_TONE_CRITICAL] = "tone-critical",
	[INDICATOR_MUTE] = "mute",
};
_Static_assert(ARRAY_SIZE(indicators) == _INDICATOR_MAX, "a name for each");

static const struct {
	const char *abbreviation, *name;
} types[] = {
	[SES_UNSPECIFIED] = { "un", "unspecified" },
	[SES_DEVICE_SLOT] = { "dev", "device slot" },
	[SES_POWER_SUPPLY] = { "ps", "power supply" },
	[SES_COOLING] = { "coo", "cooling" },
	[SES_TEMPERATURE] = { "ts", "temperature sensor" },
	[SES_DOOR] = { "do", "door" },
	[SES_ALARM] = { "aa", "audible alarm" },
	[SES_ES_ELECTRONICS] = { "esc", "enclosure services controller electronics" },
	[SES_SCC_ELECTRONICS] = { "sce", "SCC controller electronics" },
	[SES_NV_CACHE] = { "nc", "nonvolatile cache" },
	[SES_INVALID_OPERATION] = { "ior", "invalid operation reason" },
	[SES_UPS] = { "ups", "uninterruptible power supply" },
	[SES_DISPLAY] = { "dis", "display" },
	[SES_KEY_PAD] = { "kpe", "key pad entry" },
	[SES_ENCLOSURE] = { "enc", "enclosure" },
	[SES_SCSI_PORT] = { "sp", "SCSI port/transceiver" },
	[SES_LANGUAGE] = { "lan", "language" },
	[SES_COMMUNICATION_PORT] = { "cp", "communication port" },
	[SES_VOLTAGE] = { "vs", "voltage sensor" },
	[SES_CURRENT] = { "cs", "current sensor" },
	[SES_TARGET_PORT] = { "stp", "SCSI target port" },
	[SES_INITIATOR_PORT] = { "sip", "SCSI initiator port" },
	[SES_SIMPLE_SUBENCLOSURE] = { "ss", "simple subenclosure" },
	[SES_ARRAY_SLOT] = { "arr", "array device slot" },
	[SES_SAS_EXPANDER] = { "sse", "SAS expander" },
	[SES_SAS_CONNECTOR] = { "ssc", "SAS connector" },
};

/* The types without a name, 10h to FFh so that rows are whole. */
#define ROW(h)                                                                                     \
	h "0", h "1", h "2", h "3", h "4", h "5", h "6", h "7", h "8", h "9", h "a", h "b", h "c", \
		h "d", h "e", h "f"
static const char unnamed[][4] = {
	ROW("r1"), ROW("r2"), ROW("r3"), ROW("r4"), ROW("r5"), ROW("r6"), ROW("r7"), ROW("v8"),
	ROW("v9"), ROW("va"), ROW("vb"), ROW("vc"), ROW("vd"), ROW("ve"), ROW("vf"),
};
_Static_assert(ARRAY_SIZE(unnamed) == 0xf0, "10h to FFh");

static const char *const codes[] = {
	[SES_CODE_UNSUPPORTED] = "unsupported",
	[SES_CODE_OK] = "ok",
	[SES_CODE_CRITICAL] = "critical",
	[SES_CODE_NONCRITICAL] = "noncritical",
	[SES_CODE_UNRECOVERABLE] = "unrecoverable",
	[SES_CODE_NOT_INSTALLED] = "not-installed",
	[SES_CODE_UNKNOWN] = "unknown",
	[SES_CODE_NOT_AVAILABLE] = "not-available",
	[SES_CODE_NO_ACCESS] = "no-access",
};

const char *indicator_name(enum indicator indicator)
{
	return indicators[indicator];
}

int indicator_from_name(const char *name)
{
	for (int i = 0; i < (int) _INDICATOR_PUBLIC_MAX; i++)
		if (strcmp(indicators[i], name) == 0)
			return i;
	return -EINVAL;
}

const char *ses_type_abbreviation(uint8_t type)
{
	return type < ARRAY_SIZE(types) ? types[type].abbreviation : unnamed[type - 0x10];
}

const char *ses_type_name(uint8_t type)
{
	if (type < ARRAY_SIZE(types))
		return types[type].name;
	return type < 0x80 ? "reserved" : "vendor specific";
}

const char *ses_code_name(uint8_t code)
{
	return code < ARRAY_SIZE(codes) ? codes[code] : codes[SES_CODE_UNKNOWN];
}
