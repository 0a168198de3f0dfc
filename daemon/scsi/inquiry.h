/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard INQUIRY data and VPD pages 80h, 83h, B1h (ses.md 1.2, 1.3), as the
 * kernel keeps them in sysfs.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scsi_inquiry {
	uint8_t qualifier, type;
	bool encserv;
	bool command_queueing;				      /* CMDQUE, 7:1 */
	char vendor[9 * 3], product[17 * 3], revision[5 * 3]; /* cleaned */
};

/* 0, or -EBADMSG under 36 bytes. */
int scsi_inquiry_decode(const uint8_t *data, size_t n, struct scsi_inquiry *ret);

#define SCSI_DESIGNATORS_MAX 32U
#define SCSI_DESIGNATOR_BYTES 255U

struct scsi_designator {
	uint8_t protocol; /* 0xf unless PIV */
	uint8_t code_set, association, type;
	uint8_t length;
	const uint8_t *bytes; /* into the page given */
};

/* How many there are (at most SCSI_DESIGNATORS_MAX, the rest is dropped), or -EBADMSG: not page
 * 83h.  A page that ends early gives what it has. */
int scsi_designators_decode(const uint8_t *page, size_t n,
			    struct scsi_designator ret[static SCSI_DESIGNATORS_MAX]);

struct scsi_identity {
	/* lower-case hex, "" = none: NAA first, else EUI-64 (logical unit), NAA (device) */
	char unit[33];	   /* association 0 */
	char target[33];   /* association 2 */
	uint64_t ports[4]; /* association 1, SAS, NAA: as seen over this path */
	unsigned n_ports;
	bool sata; /* the unit has an ATA (T10 vendor "ATA") designator */
};

/* From page 83h.  0 or -EBADMSG. */
int scsi_identity_decode(const uint8_t *page, size_t n, struct scsi_identity *ret);

/* Page 80h: the serial number, cleaned. 0 or -EBADMSG. */
int scsi_serial_decode(const uint8_t *page, size_t n, char *ret, size_t size);

/* Page B1h: VDS coding, 0 unknown, 1 no rotating medium, else rpm. */
uint32_t scsi_rotation_decode(const uint8_t *page, size_t n);
