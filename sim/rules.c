/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules are kept in the order given; those used up stay until forgotten, since a
 * command under way may still look at one.
 */
#include "sim/rules.h"

#include <stdlib.h>
#include <string.h>

void sim_rule_add(struct rack *rack, const struct sim_rule *rule)
{
	struct sim_rule *r = sim_alloc(1, sizeof(*r));

	*r = *rule;
	list_append(&rack->rules, &r->link);
}

static bool fits(const struct sim_rule *r, const struct sim_command *c)
{
	const struct scsi_command *in = c->in;
	int page = -1;

	if (in->cdb[0] == 0x1c)
		page = in->cdb[2];
	else if (in->cdb[0] == 0x1d && in->out && in->length)
		page = in->out[0];
	if (!r->left || (r->op >= 0 && r->op != in->cdb[0]) || (r->page >= 0 && r->page != page))
		return false;
	return !r->lu[0] || !strcmp(r->lu, "*") || !strcmp(r->lu, c->lu->name);
}

const struct sim_rule *sim_rule_match(const struct sim_command *c, enum sim_rule_kind kind)
{
	struct sim_rule *r;

	LIST_FOREACH (r, &c->lu->rack->rules, link) {
		if (r->kind != kind || !fits(r, c))
			continue;
		if (r->left > 0)
			r->left--;
		return r;
	}
	return NULL;
}

void sim_rules_forget(struct rack *rack, enum sim_rule_kind kind)
{
	struct sim_rule *r;

	LIST_FOREACH (r, &rack->rules, link)
		if (r->kind == kind) {
			list_unlink(&r->link);
			free(r);
		}
}

void sim_rules_clear(struct rack *rack)
{
	struct sim_rule *r;

	LIST_FOREACH (r, &rack->rules, link) {
		list_unlink(&r->link);
		free(r);
	}
}
