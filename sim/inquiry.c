/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INQUIRY (ses.md 1.2, 1.3): standard data and the vital product data pages, of
 * disks and of enclosure services processes.  A SATA disk looks as its SAT layer shows it: no
 * target device, and a target port that is the expander's.
 */
#include "base/macro.h"
#include "sim/bytes.h"
#include "sim/command.h"

#define ASSOCIATION_UNIT 0
#define ASSOCIATION_PORT 1
#define ASSOCIATION_DEVICE 2

size_t sim_standard_inquiry(const struct sim_lu *lu, uint8_t b[static SIM_INQUIRY_MAX])
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	const struct sim_form *form = lu->enclosure ? &lu->enclosure->form : NULL;

	memset(b, 0, SIM_INQUIRY_MAX);
	b[0] = disk ? 0x00 : 0x0d;
	b[2] = 6; /* SPC-4 */
	b[3] = 0x12;
	b[4] = 96 - 5;
	if (disk ? disk->ports > 1 : form && form->ioms > 1)
		b[6] |= 0x10; /* MULTIP */
	b[7] = 0x02;	      /* CMDQUE */
	if (disk) {
		put_text(b + 8, 8, disk->vendor);
		put_text(b + 16, 16, disk->product);
		put_text(b + 32, 4, disk->revision);
	} else if (form) {
		b[6] |= form->encserv ? 0x40 : 0;
		put_text(b + 8, 8, form->vendor);
		put_text(b + 16, 16, form->product);
		put_text(b + 32, 4, form->revision);
	}
	put16(b + 58, 0x00c0);
	put16(b + 60, 0x0460);
	put16(b + 62, disk ? 0x04c0 : 0x0580);
	return 96;
}

static size_t naa(uint8_t *p, unsigned association, uint64_t value)
{
	p[0] = association == ASSOCIATION_UNIT ? 0x01 : 0x61; /* binary; SAS */
	p[1] = (uint8_t) (association << 4 | 3 | (association == ASSOCIATION_UNIT ? 0 : 0x80));
	p[2] = 0;
	p[3] = 8;
	put64(p + 4, value);
	return 12;
}

static const char *serial(const struct sim_lu *lu, char buffer[21])
{
	const struct sim_disk *disk = sim_lu_disk(lu);

	if (disk)
		return disk->serial;
	(void) snprintf(buffer, 21, "SIM%04XIOM%c",
			lu->enclosure ? (unsigned) (lu->enclosure->base >> 20 & 0xffff) : 0,
			'A' + (int) lu->port);
	return buffer;
}

static size_t identification(const struct sim_lu *lu, uint8_t *b)
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	size_t n = naa(b, ASSOCIATION_UNIT, sim_lu_id(lu));
	char sn[21];

	if (disk && disk->sata) { /* T10 vendor identification */
		uint8_t *p = b + n;

		memcpy(p, (uint8_t[]){ 0x02, 0x01, 0, 68 }, 4);
		put_text(p + 4, 8, "ATA");
		put_text(p + 12, 40, disk->product);
		put_text(p + 52, 20, serial(lu, sn));
		n += 72;
	}
	if (disk && disk->bus != SIM_SAS)
		return n;
	n += naa(b + n, ASSOCIATION_PORT, sim_lu_address(lu));
	memcpy(b + n, (uint8_t[]){ 0x61, 0x94, 0, 4, 0, 0, 0, (uint8_t) (1 + lu->port) }, 8);
	n += 8;
	if (!disk || !disk->sata)
		n += naa(b + n, ASSOCIATION_DEVICE, (disk ? disk->id : sim_lu_id(lu)) + 3);
	return n;
}

size_t sim_vpd(const struct sim_lu *lu, uint8_t page, uint8_t b[static SIM_INQUIRY_MAX])
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	size_t n = 0;
	char sn[21];

	memset(b, 0, SIM_INQUIRY_MAX);
	b[0] = disk ? 0x00 : 0x0d;
	b[1] = page;
	switch (page) {
	case 0x00:
		memcpy(b + 4, (uint8_t[]){ 0x00, 0x80, 0x83, 0xb1 }, 4);
		n = disk ? 4 : 3;
		break;
	case 0x80:
		n = strlen(serial(lu, sn));
		memcpy(b + 4, serial(lu, sn), n);
		break;
	case 0x83:
		n = identification(lu, b + 4);
		break;
	case 0xb1:
		if (!disk)
			return 0;
		put16(b + 4, disk->rotation);
		n = 0x3c;
		break;
	default:
		return 0;
	}
	put16(b + 2, (unsigned) n);
	return n + 4;
}

void sim_inquiry(struct sim_command *c)
{
	const uint8_t *cdb = c->in->cdb;
	uint8_t b[SIM_INQUIRY_MAX];
	size_t n = 0;

	if (cdb[1] & 1)
		n = sim_vpd(c->lu, cdb[2], b);
	else if (!cdb[2])
		n = sim_standard_inquiry(c->lu, b);
	if (n)
		sim_reply(c, b, n, get16(cdb + 3));
	else
		sim_check(c, 5, 0x24, 0);
}
