/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk: no medium, but a motor.  What would change data is counted and
 * refused; a test then asks for `disks` and finds forbidden=0.
 *
 * libata answers TEST UNIT READY for a disk behind AHCI by itself, and so do USB bridges: such a
 * disk is ready even when it is stopped, and only CHECK POWER MODE tells.
 */
#include "base/clock.h"
#include "base/macro.h"
#include "sim/bytes.h"
#include "sim/command.h"

#define SECTOR 512U

static bool changes_data(uint8_t op)
{
	static const uint8_t ops[] = {
		0x04, 0x07, 0x0a, 0x15, 0x2a, 0x2e, 0x3b, 0x3f, 0x41, 0x42, 0x48, 0x4c, 0x53,
		0x55, 0x5f, 0x7f, 0x83, 0x89, 0x8a, 0x8b, 0x8e, 0x93, 0x9a, 0xaa, 0xae,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i] == op)
			return true;
	return false;
}

/* NOT READY, with the progress of a spin-up in 65536ths (sense-key specific bytes). */
static void not_ready(struct sim_command *c, const struct sim_unit *u)
{
	uint64_t now = clock_monotonic(), whole = u->ready_at - u->started_at;

	if (u->stopped) {
		sim_check(c, 2, 0x04, 0x02);
		return;
	}
	sim_check(c, 2, 0x04, 0x01);
	c->sense[15] = 0x80;
	if (whole && now > u->started_at)
		put16(c->sense + 16, (unsigned) ((now - u->started_at) * 65535 / whole));
}

static bool is_ready(struct sim_unit *u)
{
	if (u->ready_at && clock_monotonic() >= u->ready_at)
		u->ready_at = 0;
	return !u->stopped && !u->ready_at;
}

static bool starts(const uint8_t *cdb)
{
	return cdb[0] == 0x1b && (cdb[4] >> 4 == 1 || (cdb[4] >> 4 == 0 && (cdb[4] & 1)));
}

unsigned sim_disk_duration_ms(struct sim_command *c)
{
	const uint8_t *cdb = c->in->cdb;
	struct sim_unit *u = sim_lu_unit(c->lu);

	if (!u || !starts(cdb) || (cdb[1] & 1))
		return 0;
	return u->stopped ? c->lu->rack->spin_ms : 0;
}

static void start_stop(struct sim_command *c, struct sim_unit *u)
{
	const uint8_t *cdb = c->in->cdb;
	unsigned condition = cdb[4] >> 4;

	if (condition == 2 || condition == 3 || condition == 7 || condition == 10 ||
	    condition == 11)
		return; /* idle, standby: stays ready */
	if (condition > 1) {
		sim_check(c, 5, 0x24, 0);
		return;
	}
	if (!starts(cdb)) {
		u->stopped = true;
		u->ready_at = 0;
		u->stops++;
		return;
	}
	if (u->stopped && (cdb[1] & 1) && c->lu->rack->spin_ms) { /* IMMED */
		u->started_at = clock_monotonic();
		u->ready_at = u->started_at + c->lu->rack->spin_ms * USEC_PER_MSEC;
	}
	u->stopped = u->standby = false;
	u->starts++;
}

static void request_sense(struct sim_command *c, struct sim_unit *u)
{
	const uint8_t *cdb = c->in->cdb;
	struct sim_command asked = { .lu = c->lu, .in = c->in };

	if (c->lu->n_attentions) {
		struct sim_attention *first = c->lu->attentions;

		sim_check(&asked, 6, first->asc, first->ascq);
		c->lu->n_attentions--;
		memmove(first, first + 1, c->lu->n_attentions * sizeof(*first));
	} else if (u && !is_ready(u)) {
		not_ready(&asked, u);
	} else {
		sim_check(&asked, 0, 0, 0);
	}
	sim_reply(c, asked.sense, 18, cdb[4]);
}

static void capacity(struct sim_command *c, bool wide)
{
	uint64_t last = sim_lu_disk(c->lu)->bytes / SECTOR - 1;
	uint8_t b[32] = { 0 };

	if (wide) {
		put64(b, last);
		put32(b + 8, SECTOR);
		sim_reply(c, b, sizeof(b), get32(c->in->cdb + 10));
	} else {
		put32(b, last > 0xffffffff ? 0xffffffff : (uint32_t) last);
		put32(b + 4, SECTOR);
		sim_reply(c, b, 8, 8);
	}
}

void sim_disk_execute(struct sim_command *c)
{
	const uint8_t *cdb = c->in->cdb;
	struct sim_disk *disk = sim_lu_disk(c->lu);
	struct sim_unit *u = &disk->unit[c->lu->lun];
	bool translated = disk->bus == SIM_AHCI || disk->bus == SIM_USB;

	switch (cdb[0]) {
	case 0x03:
		request_sense(c, u);
		return;
	case 0x1b:
		start_stop(c, u);
		return;
	case 0x35:
	case 0x91:
		u->syncs++;
		return;
	case 0x85:
	case 0xa1:
		if (disk->sata)
			sim_ata_pass_through(c);
		else
			sim_check(c, 5, 0x20, 0);
		return;
	default:
		break;
	}
	if (changes_data(cdb[0])) {
		u->forbidden++;
		sim_check(c, 7, 0x27, 0);
		return;
	}
	if (!is_ready(u) && !(translated && cdb[0] == 0x00)) {
		not_ready(c, u);
		return;
	}
	u->others += cdb[0] != 0x00;
	switch (cdb[0]) {
	case 0x00:
		return;
	case 0x25:
		capacity(c, false);
		return;
	case 0x9e:
		if ((cdb[1] & 0x1f) == 0x10)
			capacity(c, true);
		else
			sim_check(c, 5, 0x24, 0);
		return;
	default: /* without a medium, reading is not possible either */
		sim_check(c, 5, 0x20, 0);
		return;
	}
}
