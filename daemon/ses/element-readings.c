/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an element says about itself and cannot be asked for: measured values
 * and conditions (ses.md 3.2 to 3.11).
 *
 * A value is shown only under a status code that vouches for it; behind "not
 * installed" the bytes may be stale (2.3).  Code "unsupported" is common on
 * sensors that do read something, so there a value that is not zero counts.
 */
#include "ses/element.h"

#include "base/macro.h"

struct flag {
	uint8_t type, byte, bit;
	const char *name;
};

#define ANY_TYPE 0xffU

static const struct flag flags[] = {
	{ ANY_TYPE, 0, 0x40, "predicted-failure" },
	{ ANY_TYPE, 0, 0x20, "disabled" },
	{ ANY_TYPE, 0, 0x10, "swap" },
	{ SES_DEVICE_SLOT, 2, 0x80, "app-client-bypassed-a" },
	{ SES_DEVICE_SLOT, 2, 0x20, "enclosure-bypassed-a" },
	{ SES_DEVICE_SLOT, 2, 0x10, "enclosure-bypassed-b" },
	{ SES_DEVICE_SLOT, 2, 0x01, "report" },
	{ SES_DEVICE_SLOT, 3, 0x80, "app-client-bypassed-b" },
	{ SES_DEVICE_SLOT, 3, 0x40, "fault-sensed" },
	{ SES_DEVICE_SLOT, 3, 0x10, "off" },
	{ SES_DEVICE_SLOT, 3, 0x08, "bypassed-a" },
	{ SES_DEVICE_SLOT, 3, 0x04, "bypassed-b" },
	{ SES_DEVICE_SLOT, 3, 0x02, "device-bypassed-a" },
	{ SES_DEVICE_SLOT, 3, 0x01, "device-bypassed-b" },
	{ SES_POWER_SUPPLY, 2, 0x08, "dc-over-voltage" },
	{ SES_POWER_SUPPLY, 2, 0x04, "dc-under-voltage" },
	{ SES_POWER_SUPPLY, 2, 0x02, "dc-over-current" },
	{ SES_POWER_SUPPLY, 3, 0x80, "hot-swap" },
	{ SES_POWER_SUPPLY, 3, 0x40, "fail" },
	{ SES_POWER_SUPPLY, 3, 0x20, "requested-on" },
	{ SES_POWER_SUPPLY, 3, 0x10, "off" },
	{ SES_POWER_SUPPLY, 3, 0x08, "over-temperature-failure" },
	{ SES_POWER_SUPPLY, 3, 0x04, "over-temperature-warning" },
	{ SES_POWER_SUPPLY, 3, 0x02, "ac-fail" },
	{ SES_POWER_SUPPLY, 3, 0x01, "dc-fail" },
	{ SES_COOLING, 3, 0x80, "hot-swap" },
	{ SES_COOLING, 3, 0x40, "fail" },
	{ SES_COOLING, 3, 0x20, "requested-on" },
	{ SES_COOLING, 3, 0x10, "off" },
	{ SES_TEMPERATURE, 1, 0x40, "fail" },
	{ SES_TEMPERATURE, 3, 0x08, "over-temperature-failure" },
	{ SES_TEMPERATURE, 3, 0x04, "over-temperature-warning" },
	{ SES_TEMPERATURE, 3, 0x02, "under-temperature-failure" },
	{ SES_TEMPERATURE, 3, 0x01, "under-temperature-warning" },
	{ SES_DOOR, 1, 0x40, "fail" },
	{ SES_DOOR, 3, 0x02, "open" },
	{ SES_DOOR, 3, 0x01, "unlocked" },
	{ SES_ALARM, 1, 0x40, "fail" },
	{ SES_ALARM, 3, 0x80, "mute-requested" },
	{ SES_ALARM, 3, 0x40, "muted" },
	{ SES_ALARM, 3, 0x10, "remind" },
	{ SES_ALARM, 3, 0x08, "tone-info" },
	{ SES_ALARM, 3, 0x04, "tone-noncritical" },
	{ SES_ALARM, 3, 0x02, "tone-critical" },
	{ SES_ALARM, 3, 0x01, "tone-unrecoverable" },
	{ SES_ES_ELECTRONICS, 1, 0x40, "fail" },
	{ SES_ES_ELECTRONICS, 2, 0x01, "report" },
	{ SES_ES_ELECTRONICS, 3, 0x80, "hot-swap" },
	{ SES_SCC_ELECTRONICS, 1, 0x40, "fail" },
	{ SES_SCC_ELECTRONICS, 2, 0x01, "report" },
	{ SES_NV_CACHE, 1, 0x40, "fail" },
	{ SES_UPS, 2, 0x80, "ac-low" },
	{ SES_UPS, 2, 0x40, "ac-high" },
	{ SES_UPS, 2, 0x20, "ac-quality" },
	{ SES_UPS, 2, 0x10, "ac-fail" },
	{ SES_UPS, 2, 0x08, "dc-fail" },
	{ SES_UPS, 2, 0x04, "ups-fail" },
	{ SES_UPS, 2, 0x02, "warning" },
	{ SES_UPS, 2, 0x01, "interface-fail" },
	{ SES_UPS, 3, 0x40, "fail" },
	{ SES_UPS, 3, 0x02, "battery-fail" },
	{ SES_UPS, 3, 0x01, "battery-predicted-failure" },
	{ SES_DISPLAY, 1, 0x40, "fail" },
	{ SES_KEY_PAD, 1, 0x40, "fail" },
	{ SES_ENCLOSURE, 2, 0x02, "failure-indication" },
	{ SES_ENCLOSURE, 2, 0x01, "warning-indication" },
	{ SES_ENCLOSURE, 3, 0x02, "failure-requested" },
	{ SES_ENCLOSURE, 3, 0x01, "warning-requested" },
	{ SES_SCSI_PORT, 1, 0x40, "fail" },
	{ SES_SCSI_PORT, 2, 0x01, "report" },
	{ SES_SCSI_PORT, 3, 0x10, "port-disabled" },
	{ SES_SCSI_PORT, 3, 0x02, "loss-of-link" },
	{ SES_SCSI_PORT, 3, 0x01, "transmitter-fail" },
	{ SES_COMMUNICATION_PORT, 1, 0x40, "fail" },
	{ SES_COMMUNICATION_PORT, 3, 0x01, "port-disabled" },
	{ SES_VOLTAGE, 1, 0x40, "fail" },
	{ SES_VOLTAGE, 1, 0x08, "over-voltage-warning" },
	{ SES_VOLTAGE, 1, 0x04, "under-voltage-warning" },
	{ SES_VOLTAGE, 1, 0x02, "over-voltage-critical" },
	{ SES_VOLTAGE, 1, 0x01, "under-voltage-critical" },
	{ SES_CURRENT, 1, 0x40, "fail" },
	{ SES_CURRENT, 1, 0x08, "over-current-warning" },
	{ SES_CURRENT, 1, 0x02, "over-current-critical" },
	{ SES_TARGET_PORT, 1, 0x40, "fail" },
	{ SES_TARGET_PORT, 2, 0x01, "report" },
	{ SES_TARGET_PORT, 3, 0x01, "port-enabled" },
	{ SES_INITIATOR_PORT, 1, 0x40, "fail" },
	{ SES_INITIATOR_PORT, 2, 0x01, "report" },
	{ SES_INITIATOR_PORT, 3, 0x01, "port-enabled" },
	{ SES_SIMPLE_SUBENCLOSURE, 1, 0x40, "fail" },
	{ SES_SAS_EXPANDER, 1, 0x40, "fail" },
	{ SES_SAS_CONNECTOR, 3, 0x80, "mated" },
	{ SES_SAS_CONNECTOR, 3, 0x40, "fail" },
	{ SES_SAS_CONNECTOR, 3, 0x20, "over-current" },
};

unsigned ses_element_flags(uint8_t type, const uint8_t status[static 4],
			   const char *ret[static SES_FLAGS_MAX])
{
	/* Both kinds of slot have the same conditions. */
	uint8_t row = type == SES_ARRAY_SLOT ? SES_DEVICE_SLOT : type;
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(flags) && n < SES_FLAGS_MAX; i++)
		if ((flags[i].type == ANY_TYPE || flags[i].type == row) &&
		    (status[flags[i].byte] & flags[i].bit))
			ret[n++] = flags[i].name;
	return n;
}

static bool code_vouches(const uint8_t status[static 4], bool is_zero)
{
	switch (ses_element_code(status)) {
	case SES_CODE_OK:
	case SES_CODE_CRITICAL:
	case SES_CODE_NONCRITICAL:
	case SES_CODE_UNRECOVERABLE:
		return true;
	case SES_CODE_UNSUPPORTED:
		return !is_zero;
	default:
		return false;
	}
}

/* ses.md 3.4; factor 3 is reserved. */
static bool fan_speed(const uint8_t status[static 4], double *ret)
{
	unsigned raw = (status[1] & 0x07U) << 8 | status[2];
	bool turning = (status[3] & 0x07) != 0 && !(status[3] & 0x10);

	/* Some that run report a speed of 0: not known, that is. */
	if (raw == 0 && turning)
		return false;
	switch (status[1] >> 3 & 0x03) {
	case 0:
		*ret = raw * 10.0;
		return true;
	case 1:
		*ret = raw * 10.0 + 20480.0;
		return true;
	case 2:
		*ret = raw * 100.0;
		return true;
	default:
		return false;
	}
}

bool ses_element_reading(uint8_t type, const uint8_t status[static 4], struct ses_reading *ret)
{
	unsigned raw = (unsigned) status[2] << 8 | status[3];
	double value;

	switch (type) {
	case SES_TEMPERATURE:
		if (status[2] == 0 || !code_vouches(status, false))
			return false;
		*ret = (struct ses_reading){ .value = status[2] - 20, .unit = "C" };
		return true;
	case SES_COOLING:
		if (!code_vouches(status, (status[1] & 0x07) == 0 && status[2] == 0) ||
		    !fan_speed(status, &value))
			return false;
		*ret = (struct ses_reading){ .value = value, .unit = "rpm" };
		return true;
	case SES_VOLTAGE:
	case SES_CURRENT:
		if (!code_vouches(status, raw == 0))
			return false;
		*ret = (struct ses_reading){ .value = (int16_t) raw / 100.0,
					     .unit = type == SES_VOLTAGE ? "V" : "A" };
		return true;
	default:
		return false;
	}
}
