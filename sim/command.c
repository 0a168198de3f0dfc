/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is common to all devices: rules that fail a command, unit attentions, the
 * commands that are answered before them, sense data (ses.md 1.4).
 */
#include "sim/command.h"

#include "sim/bytes.h"
#include "sim/rules.h"

void sim_check(struct sim_command *c, unsigned key, unsigned asc, unsigned ascq)
{
	c->status = 0x02;
	c->got = 0;
	c->key = (uint8_t) key;
	c->asc = (uint8_t) asc;
	c->ascq = (uint8_t) ascq;
	c->sense_length = 18;
	memset(c->sense, 0, sizeof(c->sense));
	c->sense[0] = 0x70;
	c->sense[2] = (uint8_t) key;
	c->sense[7] = 10;
	c->sense[12] = (uint8_t) asc;
	c->sense[13] = (uint8_t) ascq;
}

void sim_reply(struct sim_command *c, const uint8_t *data, size_t n, size_t allocation)
{
	if (n > allocation)
		n = allocation;
	if (n > c->in->length)
		n = c->in->length;
	if (!c->in->in)
		n = 0;
	if (n)
		memcpy(c->in->in, data, n);
	c->got = n;
}

static void report_luns(struct sim_command *c)
{
	unsigned n = sim_lu_disk(c->lu) ? sim_lu_disk(c->lu)->luns : 1;
	uint8_t b[8 + 8 * SIM_LUNS] = { 0 };

	put32(b, 8 * n);
	for (unsigned i = 0; i < n; i++)
		b[8 + 8 * i + 1] = (uint8_t) i;
	sim_reply(c, b, 8 + 8 * (size_t) n, get32(c->in->cdb + 6));
}

static void sense_of_enclosure(struct sim_command *c)
{
	uint8_t b[18] = { 0x70, 0, 0, 0, 0, 0, 0, 10 };

	if (c->lu->n_attentions) {
		b[2] = 6;
		b[12] = c->lu->attentions[0].asc;
		b[13] = c->lu->attentions[0].ascq;
		c->lu->n_attentions--;
		memmove(c->lu->attentions, c->lu->attentions + 1,
			c->lu->n_attentions * sizeof(c->lu->attentions[0]));
	}
	sim_reply(c, b, sizeof(b), c->in->cdb[4]);
}

static void execute_enclosure(struct sim_command *c)
{
	switch (c->in->cdb[0]) {
	case 0x00:
		return;
	case 0x1c:
		sim_receive_diagnostic(c);
		return;
	case 0x1d:
		sim_send_diagnostic(c);
		return;
	default:
		sim_check(c, 5, 0x20, 0);
		return;
	}
}

void sim_execute(struct sim_command *c)
{
	const struct sim_rule *rule = sim_rule_match(c, SIM_RULE_FAIL);
	struct sim_lu *lu = c->lu;
	uint8_t op = c->in->cdb[0];

	if (rule) {
		if (rule->status == 0x02)
			sim_check(c, rule->key, rule->asc, rule->ascq);
		c->status = rule->status;
		return;
	}
	/* These three answer whatever is pending. */
	if (op == 0x12) {
		sim_inquiry(c);
		return;
	}
	if (op == 0xa0) {
		report_luns(c);
		return;
	}
	if (op == 0x03 && !lu->bay) {
		sense_of_enclosure(c);
		return;
	}
	if (lu->n_attentions && op != 0x03) {
		sim_check(c, 6, lu->attentions[0].asc, lu->attentions[0].ascq);
		lu->n_attentions--;
		memmove(lu->attentions, lu->attentions + 1,
			lu->n_attentions * sizeof(lu->attentions[0]));
		return;
	}
	if (lu->bay)
		sim_disk_execute(c);
	else
		execute_enclosure(c);
}
