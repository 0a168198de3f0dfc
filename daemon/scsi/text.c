/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A result in words.  The texts are SPC's, as libsgutils2 prints them (ses.md
 * 1.4), kept here because the simulator has no libsgutils2: those that a disk or an enclosure
 * is likely to answer to the commands we send.  The rest stay numbers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "scsi/command.h"

static const struct {
	uint8_t asc, ascq;
	const char *text;
} additional[] = {
	{ 0x00, 0x1d, "ATA pass through information available" },
	{ 0x04, 0x00, "Logical unit not ready, cause not reportable" },
	{ 0x04, 0x01, "Logical unit is in process of becoming ready" },
	{ 0x04, 0x02, "Logical unit not ready, initializing command required" },
	{ 0x04, 0x03, "Logical unit not ready, manual intervention required" },
	{ 0x04, 0x04, "Logical unit not ready, format in progress" },
	{ 0x04, 0x09, "Logical unit not ready, self-test in progress" },
	{ 0x04, 0x0a, "Logical unit not accessible, asymmetric access state transition" },
	{ 0x04, 0x0b, "Logical unit not accessible, target port in standby state" },
	{ 0x04, 0x0c, "Logical unit not accessible, target port in unavailable state" },
	{ 0x04, 0x11, "Logical unit not ready, notify (enable spinup) required" },
	{ 0x04, 0x1a, "Logical unit not ready, start stop unit command in progress" },
	{ 0x04, 0x1b, "Logical unit not ready, sanitize in progress" },
	{ 0x04, 0x1c, "Logical unit not ready, additional power use not yet granted" },
	{ 0x04, 0x1d, "Logical unit not ready, configuration in progress" },
	{ 0x04, 0x22, "Logical unit not ready, power cycle required" },
	{ 0x0b, 0x00, "Warning" },
	{ 0x0b, 0x01, "Warning - specified temperature exceeded" },
	{ 0x0b, 0x02, "Warning - enclosure degraded" },
	{ 0x0c, 0x00, "Write error" },
	{ 0x0c, 0x02, "Write error - auto reallocation failed" },
	{ 0x11, 0x00, "Unrecovered read error" },
	{ 0x1a, 0x00, "Parameter list length error" },
	{ 0x20, 0x00, "Invalid command operation code" },
	{ 0x21, 0x00, "Logical block address out of range" },
	{ 0x24, 0x00, "Invalid field in cdb" },
	{ 0x25, 0x00, "Logical unit not supported" },
	{ 0x26, 0x00, "Invalid field in parameter list" },
	{ 0x26, 0x01, "Parameter not supported" },
	{ 0x26, 0x02, "Parameter value invalid" },
	{ 0x27, 0x00, "Write protected" },
	{ 0x28, 0x00, "Not ready to ready change, medium may have changed" },
	{ 0x29, 0x00, "Power on, reset, or bus device reset occurred" },
	{ 0x29, 0x01, "Power on occurred" },
	{ 0x29, 0x02, "SCSI bus reset occurred" },
	{ 0x29, 0x03, "Bus device reset function occurred" },
	{ 0x29, 0x04, "Device internal reset" },
	{ 0x29, 0x07, "I_T nexus loss occurred" },
	{ 0x2a, 0x01, "Mode parameters changed" },
	{ 0x2a, 0x09, "Capacity data has changed" },
	{ 0x2f, 0x00, "Commands cleared by another initiator" },
	{ 0x34, 0x00, "Enclosure failure" },
	{ 0x35, 0x00, "Enclosure services failure" },
	{ 0x35, 0x01, "Unsupported enclosure function" },
	{ 0x35, 0x02, "Enclosure services unavailable" },
	{ 0x35, 0x03, "Enclosure services transfer failure" },
	{ 0x35, 0x04, "Enclosure services transfer refused" },
	{ 0x35, 0x05, "Enclosure services checksum error" },
	{ 0x3a, 0x00, "Medium not present" },
	{ 0x3e, 0x01, "Logical unit failure" },
	{ 0x3e, 0x02, "Timeout on logical unit" },
	{ 0x3f, 0x01, "Microcode has been changed" },
	{ 0x3f, 0x03, "Inquiry data has changed" },
	{ 0x3f, 0x05, "Device identifier changed" },
	{ 0x3f, 0x0e, "Reported luns data has changed" },
	{ 0x44, 0x00, "Internal target failure" },
	{ 0x47, 0x00, "SCSI parity error" },
	{ 0x47, 0x03, "Information unit iuCRC error detected" },
	{ 0x4b, 0x00, "Data phase error" },
	{ 0x4e, 0x00, "Overlapped commands attempted" },
	{ 0x55, 0x00, "System resource failure" },
	{ 0x5d, 0x00, "Failure prediction threshold exceeded" },
	{ 0x5e, 0x00, "Low power condition on" },
};

static const char *const keys[16] = {
	"No sense",	  "Recovered error", "Not ready",      "Medium error",
	"Hardware error", "Illegal request", "Unit attention", "Data protect",
	"Blank check",	  "Vendor specific", "Copy aborted",   "Aborted command",
	"Sense key Ch",	  "Volume overflow", "Miscompare",     "Completed",
};

static const struct {
	uint8_t status;
	const char *text;
} statuses[] = {
	{ 0x04, "CONDITION MET" }, { 0x08, "BUSY" },	   { 0x18, "RESERVATION CONFLICT" },
	{ 0x28, "TASK SET FULL" }, { 0x30, "ACA ACTIVE" }, { 0x40, "TASK ABORTED" },
};

/* The kernel's DID_ codes. */
static const char *const hosts[] = {
	[0x1] = "no connection",    [0x2] = "bus busy",
	[0x3] = "timed out",	    [0x4] = "bad target",
	[0x5] = "aborted",	    [0x6] = "parity error",
	[0x7] = "adapter error",    [0x8] = "reset",
	[0xb] = "soft error",	    [0xc] = "retry",
	[0xd] = "requeue",	    [0xe] = "transport disrupted",
	[0xf] = "transport failed",
};

static void sense_text(const struct scsi_result *r, char *dst, size_t size)
{
	const char *text = NULL;

	if (r->sense_length == 0) {
		(void) snprintf(dst, size, "CHECK CONDITION without sense data");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(additional); i++)
		if (additional[i].asc == r->asc && additional[i].ascq == r->ascq)
			text = additional[i].text;
	if (text == NULL)
		text = keys[r->key & 0xf];
	(void) snprintf(dst, size, "%02x/%02x/%02x %s", r->key, r->asc, r->ascq, text);
}

static void status_text(const struct scsi_result *r, char *dst, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == r->status) {
			(void) snprintf(dst, size, "%s", statuses[i].text);
			return;
		}
	(void) snprintf(dst, size, "SCSI status %02xh", r->status);
}

char *scsi_result_text(const struct scsi_result *r, char *dst, size_t size)
{
	char buffer[128];

	switch (r->ending) {
	case SCSI_GOOD:
		(void) snprintf(dst, size, "good");
		break;
	case SCSI_SENSE:
		sense_text(r, dst, size);
		break;
	case SCSI_STATUS:
		status_text(r, dst, size);
		break;
	case SCSI_TIMEOUT:
		(void) snprintf(dst, size, "timed out");
		break;
	case SCSI_TRANSPORT:
		if (r->host_status < ARRAY_SIZE(hosts) && hosts[r->host_status] != NULL)
			(void) snprintf(dst, size, "transport error: %s", hosts[r->host_status]);
		else
			(void) snprintf(dst, size, "transport error: host status %02xh",
					r->host_status);
		break;
	case SCSI_OS:
		(void) snprintf(dst, size, "%s", strerror_r(r->os_error, buffer, sizeof(buffer)));
		break;
	}
	return dst;
}
