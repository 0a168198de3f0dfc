/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which element a descriptor of page 0Ah is about: the arithmetic of ses.md
 * 5.2, without the bytes.  Private to ses/ and its tests.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ses/additional.h"

/* What the body of a descriptor says about the type of its element (2.8). */
enum ses_claim_kind {
	SES_CLAIM_ANY,	   /* nothing: INVALID, Fibre Channel, unknown */
	SES_CLAIM_SLOT,	   /* SAS type 0, PCIe: 01h, 17h */
	SES_CLAIM_NO_SLOT, /* SAS type 1: 18h, 07h, 14h, 15h */
	_SES_CLAIM_MAX,
};

struct ses_claim {
	bool eip;
	uint8_t eiioe; /* 0 to 3, if eip */
	uint8_t index; /* if eip */
	enum ses_claim_kind kind;
	int element; /* out: global index, -1 = none */
};

/*
 * Fills in the element of each claim, no element twice, by the rule given or,
 * for SES_INDEX_AUTO, by the first rule of 5.2 under which every claim fits,
 * else that under which most do.  0 and the rule, or -ENOMEM.
 */
int ses_claims_assign(struct ses_claim *claims, unsigned n, const struct ses_config *config,
		      enum ses_index_rule rule, enum ses_index_rule *ret);
