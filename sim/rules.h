/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that make commands fail, hang, or be told that the enclosure is busy.
 * With the rack's lock held.
 */
#pragma once

#include "sim/command.h"

enum sim_rule_kind {
	SIM_RULE_FAIL,	    /* sense or status */
	SIM_RULE_HANG,	    /* no answer until unhang, or the initiator's patience ends */
	SIM_RULE_BUSY,	    /* page 09h */
	SIM_RULE_TRANSPORT, /* a host adapter's error; the command was not done */
	SIM_RULE_LOST,	    /* the same, but it was done */
};

struct sim_rule {
	struct list link;
	enum sim_rule_kind kind;
	int left;	       /* how many more; -1 = no limit */
	int op, page;	       /* -1 = any */
	char lu[SIM_NAME_MAX]; /* "" or "*" = any */
	uint8_t status, key, asc, ascq;
};

/* Copies it.  The first that fits a command is used. */
void sim_rule_add(struct rack *rack, const struct sim_rule *rule);
/* The rule of that kind that fits, counted down; NULL = none. */
const struct sim_rule *sim_rule_match(const struct sim_command *c, enum sim_rule_kind kind);
void sim_rules_forget(struct rack *rack, enum sim_rule_kind kind);
void sim_rules_clear(struct rack *rack);
