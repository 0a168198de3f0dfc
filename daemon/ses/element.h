/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the four bytes of an element mean, type by type (ses.md section 3), and
 * how status becomes control (4.2).  All rows are tables; pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ses/page.h"

/*
 * What a lamp says.  The order is that of the contract's list of names; the
 * enum is also used above ses/, where a bay may one day be no SES element.
 */
enum indicator {
	INDICATOR_IDENT,
	INDICATOR_FAULT,
	INDICATOR_OK_TO_REMOVE,
	INDICATOR_DO_NOT_REMOVE,
	INDICATOR_INSERT,
	INDICATOR_HOT_SPARE,
	INDICATOR_OK,
	INDICATOR_REBUILD,
	INDICATOR_REBUILD_ABORT,
	INDICATOR_IN_CRITICAL_ARRAY,
	INDICATOR_IN_FAILED_ARRAY,
	INDICATOR_CONSISTENCY_CHECK,
	INDICATOR_RESERVED,
	INDICATOR_PREDICTED_FAILURE,
	INDICATOR_DEVICE_OFF,
	/* not named on the bus: alarm elements only */
	INDICATOR_TONE_CRITICAL,
	INDICATOR_MUTE,
	_INDICATOR_MAX,
	_INDICATOR_PUBLIC_MAX = INDICATOR_TONE_CRITICAL,
};

#define INDICATOR_BIT(i) (1U << (i))

/* "ident", "ok-to-remove", ...; the two alarm ones have "tone-critical", "mute". */
const char *indicator_name(enum indicator indicator);
/* Of the public ones: the indicator, or -EINVAL. */
int indicator_from_name(const char *name);

/* sg_ses's abbreviation ("ps", "coo", "arr", ...); "v80".."vff" for vendor types, "r1a".. reserved.
 */
const char *ses_type_abbreviation(uint8_t type);
/* "power supply", ... for people */
const char *ses_type_name(uint8_t type);

/* "ok", "critical", "not-installed", ... as in the contract's StatusCode; reserved codes:
 * "unknown". */
const char *ses_code_name(uint8_t code);

/* Bits INDICATOR_BIT() that an element of this type can be asked for. */
uint32_t ses_indicators_supported(uint8_t type);

/*
 * Those that a status element shows as requested.  For the types whose FAIL bit does
 * not part request from finding (power supply, fan, sensors, ...)
 * INDICATOR_FAULT follows FAIL.
 */
uint32_t ses_indicators_shown(uint8_t type, const uint8_t status[static 4]);

static inline uint8_t ses_element_code(const uint8_t status[static 4])
{
	return status[0] & 0x0f;
}
bool ses_element_predicted_failure(const uint8_t status[static 4]);
bool ses_element_swapped(const uint8_t status[static 4]);
/* Slots: FAULT SENSED. Other types with a FAIL bit: FAIL (0Eh: FAILURE INDICATION). */
bool ses_element_fault_sensed(uint8_t type, const uint8_t status[static 4]);
/* 07h, 08h, 0Fh, 14h, 15h and slots: REPORT */
bool ses_element_report(uint8_t type, const uint8_t status[static 4]);

/*
 * Control bytes of an element to be changed (SELECT set): what status shows is
 * kept by the copy table (ses.md 4.2), except that INDICATOR_FAULT of types
 * whose FAIL is ambiguous is taken from wished (what was asked through us and
 * not taken back); then the indicators in set are set and those in clear cleared.
 * Setting INDICATOR_TONE_CRITICAL clears INDICATOR_MUTE, unless that is set too.
 * An indicator in both is set.
 *   -EOPNOTSUPP  the type lacks one of them, or cannot be asked for anything
 *   -EHOSTDOWN   power supply or fan whose code is neither OK nor noncritical:
 *                selecting it might switch it off (4.2)
 */
int ses_element_control(uint8_t type, const uint8_t status[static 4], uint32_t wished, uint32_t set,
			uint32_t clear, uint8_t control[static 4]);

/* Changes indicators in bytes made by ses_element_control().  0 or -EOPNOTSUPP. */
int ses_element_control_change(uint8_t type, uint8_t control[static 4], uint32_t set,
			       uint32_t clear);

/* A reading, where the type measures: false if it does not, or has no value now. */
struct ses_reading {
	double value;
	const char *unit; /* "C", "rpm", "V", "A" */
};
bool ses_element_reading(uint8_t type, const uint8_t status[static 4], struct ses_reading *ret);

/*
 * Names of the condition flags that are set ("over-temperature-warning",
 * "ac-fail", "off", "hot-swap", "disabled", "swap", ...), static strings; returns how many.
 */
#define SES_FLAGS_MAX 32U
unsigned ses_element_flags(uint8_t type, const uint8_t status[static 4],
			   const char *ret[static SES_FLAGS_MAX]);
