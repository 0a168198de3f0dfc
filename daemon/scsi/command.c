/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CDBs, byte by byte as ses.md 1.1 has them.  They are our own rather than
 * libsgutils2's helpers, which report success when the transport failed (ses.md
 * 6.2).
 */
#include "scsi/command.h"

#include <errno.h>
#include <string.h>

#define DATA_MAX 65535U /* a 16 bit allocation length */

/* Old devices look at the low byte of the allocation length only (ses.md 1.1). */
#define INQUIRY_MAX 252U
#define REQUEST_SENSE_BYTES 252U

static enum scsi_verdict run(struct transport *t, struct scsi_device *d,
			     const struct scsi_command *command, struct scsi_result *result)
{
	*result = (struct scsi_result){ 0 };
	t->execute(d, command, result);
	return scsi_classify(result);
}

static enum scsi_verdict refuse(int os_error, struct scsi_result *result)
{
	*result = (struct scsi_result){ .ending = SCSI_OS, .os_error = os_error };
	return scsi_classify(result);
}

enum scsi_verdict scsi_receive_diagnostic(struct transport *t, struct scsi_device *d, uint8_t page,
					  uint8_t *buffer, size_t size, unsigned timeout_s,
					  struct scsi_result *result)
{
	size_t n = size < DATA_MAX ? size : DATA_MAX;
	struct scsi_command command = {
		/* PCV: this page, not the answer to the last SEND DIAGNOSTIC. */
		.cdb = { 0x1c, 0x01, page, (uint8_t) (n >> 8), (uint8_t) n, 0 },
		.cdb_length = 6,
		.in = buffer,
		.length = n,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

enum scsi_verdict scsi_send_diagnostic(struct transport *t, struct scsi_device *d,
				       const uint8_t *page, size_t n, unsigned timeout_s,
				       struct scsi_result *result)
{
	struct scsi_command command = {
		/* PF and nothing else: any other bit starts a self-test. */
		.cdb = { 0x1d, 0x10, 0, (uint8_t) (n >> 8), (uint8_t) n, 0 },
		.cdb_length = 6,
		.out = page,
		.length = n,
		.timeout_s = timeout_s,
	};

	if (n == 0 || n > DATA_MAX)
		return refuse(EINVAL, result);
	return run(t, d, &command, result);
}

enum scsi_verdict scsi_test_unit_ready(struct transport *t, struct scsi_device *d,
				       unsigned timeout_s, struct scsi_result *result)
{
	struct scsi_command command = {
		.cdb = { 0x00 },
		.cdb_length = 6,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

enum scsi_verdict scsi_start_stop(struct transport *t, struct scsi_device *d, bool start,
				  bool immediate, unsigned timeout_s, struct scsi_result *result)
{
	struct scsi_command command = {
		.cdb = { 0x1b, immediate, 0, 0, start, 0 },
		.cdb_length = 6,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

enum scsi_verdict scsi_synchronize_cache(struct transport *t, struct scsi_device *d, bool wide,
					 unsigned timeout_s, struct scsi_result *result)
{
	struct scsi_command command = {
		/* Address 0 and 0 blocks: the whole medium. */
		.cdb = { wide ? 0x91 : 0x35 },
		.cdb_length = wide ? 16 : 10,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

enum scsi_verdict scsi_request_sense(struct transport *t, struct scsi_device *d, unsigned timeout_s,
				     struct scsi_result *result, uint8_t sense[static 252])
{
	struct scsi_command command = {
		.cdb = { 0x03, 0, 0, 0, REQUEST_SENSE_BYTES, 0 },
		.cdb_length = 6,
		.in = sense,
		.length = REQUEST_SENSE_BYTES,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

enum scsi_verdict scsi_inquiry(struct transport *t, struct scsi_device *d, int evpd,
			       uint8_t *buffer, size_t size, unsigned timeout_s,
			       struct scsi_result *result)
{
	size_t limit = evpd < 0 ? INQUIRY_MAX : DATA_MAX;
	size_t n = size < limit ? size : limit;
	struct scsi_command command = {
		.cdb = { 0x12, evpd >= 0, (uint8_t) (evpd < 0 ? 0 : evpd), (uint8_t) (n >> 8),
			 (uint8_t) n, 0 },
		.cdb_length = 6,
		.in = buffer,
		.length = n,
		.timeout_s = timeout_s,
	};

	return run(t, d, &command, result);
}

/*
 * The ATA registers come back as sense data, key 1 with 00/1D: an ATA status
 * return descriptor, or, in fixed format, squeezed into the INFORMATION field
 * (SAT-4 12.2.2).
 */
static const uint8_t *find_registers(const struct scsi_result *r, uint8_t *ret_status,
				     uint8_t *ret_count)
{
	const uint8_t *s = r->sense;

	if (r->ending != SCSI_SENSE || r->asc != 0x00 || r->ascq != 0x1d)
		return NULL;
	switch (s[0] & 0x7f) {
	case 0x70:
		if (r->sense_length < 14)
			return NULL;
		*ret_status = s[4];
		*ret_count = s[6];
		return s;
	case 0x72:
		for (size_t at = 8; at + 14 <= r->sense_length; at += 2U + s[at + 1])
			if (s[at] == 0x09 && s[at + 1] >= 12) {
				*ret_status = s[at + 13];
				*ret_count = s[at + 5];
				return s + at;
			}
		return NULL;
	default:
		return NULL;
	}
}

enum scsi_verdict scsi_ata_check_power_mode(struct transport *t, struct scsi_device *d,
					    unsigned timeout_s, struct scsi_result *result,
					    uint8_t *ret_mode)
{
	struct scsi_command command = {
		/* Non-data protocol, CK_COND: the registers are what we are after. */
		.cdb = { 0x85, 3 << 1, 0x20, [14] = 0xe5 },
		.cdb_length = 16,
		.timeout_s = timeout_s,
	};
	enum scsi_verdict verdict = run(t, d, &command, result);
	uint8_t status = 0, count = 0;

	if (verdict != SCSI_DONE)
		return verdict;
	/* A translator that takes the command and gives no registers says nothing. */
	if (find_registers(result, &status, &count) == NULL || (status & 0x01))
		return SCSI_UNSUPPORTED;
	*ret_mode = count;
	return SCSI_DONE;
}
