/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam to the hardware: one SCSI command to one device node, blocking.
 *
 * sgutils.c is the only implementation in the daemon (libsgutils2, ses.md 6);
 * the simulator and the tests bring their own.  Worker threads only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCSI_SENSE_MAX 64U
#define SCSI_CDB_MAX 16U

struct scsi_device; /* an open device; each transport has its own */

struct scsi_command {
	uint8_t cdb[SCSI_CDB_MAX];
	unsigned cdb_length;
	uint8_t *in; /* exactly one of in and out, or neither */
	const uint8_t *out;
	size_t length;	    /* of in or out; at most 65535 */
	unsigned timeout_s; /* whole seconds, at least 1 */
};

/* What the transport saw; scsi/sense.h says what it means. */
enum scsi_ending {
	SCSI_GOOD,
	SCSI_STATUS,	/* status says: BUSY, TASK SET FULL, ... */
	SCSI_SENSE,	/* CHECK CONDITION with sense data */
	SCSI_TRANSPORT, /* host or driver error: the command may or may not have been done */
	SCSI_TIMEOUT,	/* as SCSI_TRANSPORT, and time ran out */
	SCSI_OS,	/* the command was not sent: os_error */
};

struct scsi_result {
	enum scsi_ending ending;
	uint8_t status;
	int os_error; /* positive errno */
	size_t got;   /* bytes received */
	uint8_t sense[SCSI_SENSE_MAX];
	unsigned sense_length;
	uint8_t key, asc, ascq; /* of the sense data, else 0 */
	unsigned host_status;	/* the kernel's DID_, for the log */
};

struct transport {
	/* Opens a node for reading and writing.  0 or -errno (-ENODEV, -ENXIO: gone). */
	int (*open)(struct transport *transport, const char *node, struct scsi_device **ret);
	void (*close)(struct scsi_device *device);
	/* Fills *result in always. in is zeroed before the command is sent. */
	void (*execute)(struct scsi_device *device, const struct scsi_command *command,
			struct scsi_result *result);
};

/* The real one.  A single static object; primes libsgutils2's statics, so call
 * it on the main thread before any worker starts. */
struct transport *scsi_sgutils(void);
