/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ATA PASS-THROUGH (12) and (16) of SATA disks: what spinning a disk down and
 * asking for it needs.  The answer to CK_COND is descriptor sense with an ATA
 * status return, 01/00/1D.
 */
#include "sim/bytes.h"
#include "sim/command.h"

#define CK_COND 0x20

static void status_return(struct sim_command *c, bool failed, uint8_t count)
{
	uint8_t *s = c->sense;

	c->status = 0x02;
	c->key = failed ? 0x0b : 0x01;
	c->asc = 0x00;
	c->ascq = failed ? 0x00 : 0x1d;
	c->sense_length = 22;
	s[0] = 0x72;
	s[1] = c->key;
	s[3] = c->ascq;
	s[7] = 14;
	s[8] = 0x09; /* ATA status return */
	s[9] = 12;
	s[11] = failed ? 0x04 : 0x00;
	s[13] = count;
	s[20] = 0x40;
	s[21] = failed ? 0x51 : 0x50;
}

void sim_ata_pass_through(struct sim_command *c)
{
	const uint8_t *cdb = c->in->cdb;
	struct sim_unit *u = sim_lu_unit(c->lu);
	uint8_t count = 0;
	bool failed = false;

	switch (cdb[cdb[0] == 0x85 ? 14 : 9]) {
	case 0xe5: /* CHECK POWER MODE */
		count = u->stopped || u->standby ? 0x00 : 0xff;
		break;
	case 0xe0: /* STANDBY IMMEDIATE */
		u->standby = true;
		u->stops++;
		break;
	case 0xe1: /* IDLE IMMEDIATE */
		u->standby = false;
		u->starts++;
		break;
	case 0xe7: /* FLUSH CACHE */
	case 0xea:
		u->syncs++;
		break;
	default:
		failed = true;
	}
	if (failed || (cdb[2] & CK_COND))
		status_return(c, failed, count);
}
