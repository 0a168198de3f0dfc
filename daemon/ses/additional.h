/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page 0Ah, additional element status (ses.md 2.8), and the arithmetic of its
 * element index (5.2), the part of SES that most software gets wrong.
 *
 * Decoding goes in two steps: descriptors as they stand in the page, then
 * their assignment to elements by the rules of 5.2 in order, so that each rule
 * can be looked at and tested alone.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ses/config.h"
#include "ses/page.h"

enum ses_protocol {
	SES_PROTOCOL_FC = 0x0,
	SES_PROTOCOL_SAS = 0x6,
	SES_PROTOCOL_PCIE = 0xb,
};

#define SES_PHYS_MAX 255U

struct ses_phy {
	uint8_t device_type; /* 0 nothing, 1 end device, 2 and 3 expander */
	bool sata;
	uint64_t address; /* the drive's port, or what the expander made up for SATA */
	uint64_t attached;
	uint8_t identifier;
};

struct ses_additional {
	bool present; /* a descriptor was assigned to this element */
	bool invalid; /* INVALID bit: no phys, nothing below is to be believed but slot of EIP */
	uint8_t protocol;
	int slot_number; /* DEVICE SLOT NUMBER, -1 = none */
	bool not_all_phys;
	uint64_t address; /* type 1: the expander's; ESC electronics and ports: of the first phy */
	unsigned n_phys;
	struct ses_phy *phys;
	/* protocol PCIe */
	char nvme_serial[21 * 3], nvme_model[41 * 3]; /* cleaned */
};

/* How ELEMENT INDEX was taken, for the log and for quirks. */
enum ses_index_rule {
	SES_INDEX_AUTO,	      /* argument only: decide by the rules of 5.2 */
	SES_INDEX_INDIVIDUAL, /* overall elements not counted (EIIOE 0, 2, 3) */
	SES_INDEX_GLOBAL,     /* overall elements counted (EIIOE 1, or HP) */
	SES_INDEX_ADDITIONAL, /* among the types that may have a descriptor (broken_ei) */
	SES_INDEX_POSITION,   /* by order: EIP = 0, or an index that makes no sense */
	SES_INDEX_MIXED,      /* result only: descriptors differ (EIP or EIIOE per descriptor) */
	_SES_INDEX_MAX,
};
const char *ses_index_rule_name(enum ses_index_rule rule);

struct ses_additionals {
	unsigned n;			 /* config->n_elements */
	struct ses_additional *elements; /* by global index */
	enum ses_index_rule rule;	 /* that was used */
	unsigned n_unassigned;		 /* descriptors that fit no element */
};

/*
 * 0, -EAGAIN, -EOPNOTSUPP, -EBADMSG, -ESTALE, -ENOMEM.  A page that ends early
 * gives what it has.  rule: SES_INDEX_AUTO, or what a quirk file says.
 */
int ses_additionals_decode(const uint8_t *page, size_t n, const struct ses_config *config,
			   enum ses_index_rule rule, struct ses_additionals **ret);
struct ses_additionals *ses_additionals_free(struct ses_additionals *additionals);
