/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One SCSI command on its way through the model: CDB in, bytes and sense out.
 * The rack's lock is held throughout.
 */
#pragma once

#include "scsi/transport.h"
#include "sim/rack.h"

#define SIM_NOTE_MAX 2048U

struct sim_command {
	struct sim_lu *lu;
	const struct scsi_command *in; /* the CDB and the buffers */
	uint8_t status;
	uint8_t sense[SCSI_SENSE_MAX];
	unsigned sense_length;
	uint8_t key, asc, ascq;
	size_t got;
	bool busy_page; /* answer page 09h */
	char note[SIM_NOTE_MAX];
};

/* Carries it out, now. */
void sim_execute(struct sim_command *c);

/* CHECK CONDITION with fixed sense. */
void sim_check(struct sim_command *c, unsigned key, unsigned asc, unsigned ascq);
/* Gives at most what the CDB allows and the initiator has room for. */
void sim_reply(struct sim_command *c, const uint8_t *data, size_t n, size_t allocation);

void sim_inquiry(struct sim_command *c);      /* inquiry.c */
void sim_disk_execute(struct sim_command *c); /* disk.c */
/* How much longer than the usual delay it takes. */
unsigned sim_disk_duration_ms(struct sim_command *c);
void sim_ata_pass_through(struct sim_command *c);   /* ata.c */
void sim_receive_diagnostic(struct sim_command *c); /* enclosure.c */
void sim_send_diagnostic(struct sim_command *c);    /* steer.c */

/* As the kernel keeps them in sysfs.  Returns the length, 0 = no such page. */
#define SIM_INQUIRY_MAX 256U
size_t sim_standard_inquiry(const struct sim_lu *lu, uint8_t ret[static SIM_INQUIRY_MAX]);
size_t sim_vpd(const struct sim_lu *lu, uint8_t page, uint8_t ret[static SIM_INQUIRY_MAX]);
