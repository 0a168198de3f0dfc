/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Additional element status (0Ah), ses.md 2.8
 *
 * First the descriptors are cut out of the page, then additional-index.c says
 * which elements they are about, and only then are their bodies read: expander
 * and ESC electronics share a descriptor type and differ in layout, so the
 * element decides.  Cut descriptors give the phys that are whole.
 */
#include "ses/additional.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "base/text.h"
#include "ses/additional-index.h"
#include "ses/header.h"

/* One for each element would be all; the rest is a page gone wrong. */
#define DESCRIPTORS_MAX SES_ELEMENTS_MAX

#define NO_SLOT_NUMBER 0xffU
#define PCIE_NVME 1U
#define PHY 28U

struct descriptor {
	bool invalid;
	bool eip;
	uint8_t protocol;
	struct cursor body; /* behind the index: the same for EIP 0 and 1 but for the slot */
};

static enum ses_claim_kind claim_kind(const struct descriptor *d)
{
	struct cursor c = d->body;
	uint8_t type;

	if (d->invalid)
		return SES_CLAIM_ANY;
	if (d->protocol == SES_PROTOCOL_PCIE)
		return SES_CLAIM_SLOT;
	if (d->protocol != SES_PROTOCOL_SAS)
		return SES_CLAIM_ANY;
	cursor_skip(&c, 1);
	type = cursor_u8(&c) >> 6;
	if (!cursor_ok(&c) || type > 1)
		return SES_CLAIM_ANY;
	return type == 0 ? SES_CLAIM_SLOT : SES_CLAIM_NO_SLOT;
}

/* False at the end of the list.  Two zeros are padding: no descriptor is empty. */
static bool next_descriptor(struct cursor *c, struct descriptor *d, struct ses_claim *claim)
{
	uint8_t head = cursor_u8(c), length = cursor_u8(c);

	if (!cursor_ok(c) || (head == 0 && length == 0))
		return false;
	*d = (struct descriptor){ .invalid = head & 0x80,
				  .eip = head & 0x10,
				  .protocol = head & 0x0f,
				  .body = cursor_cut(c, length < c->left ? length : c->left) };
	*claim = (struct ses_claim){ .eip = d->eip, .element = -1 };
	if (d->eip) {
		claim->eiioe = cursor_u8(&d->body) & 0x03;
		claim->index = cursor_u8(&d->body);
		/* Without its index it could be anybody's. */
		if (!cursor_ok(&d->body))
			return false;
	}
	claim->kind = claim_kind(d);
	return true;
}

static unsigned count_descriptors(struct cursor c)
{
	struct ses_claim claim;
	struct descriptor d;
	unsigned n = 0;

	while (n < DESCRIPTORS_MAX && next_descriptor(&c, &d, &claim))
		n++;
	return n;
}

static int phys_alloc(struct ses_additional *a, unsigned n)
{
	a->phys = n > 0 ? calloc(n, sizeof(*a->phys)) : NULL;
	return n > 0 && !a->phys ? -ENOMEM : 0;
}

static uint8_t slot_number(struct cursor *c, const struct descriptor *d)
{
	if (!d->eip)
		return NO_SLOT_NUMBER;
	cursor_skip(c, 1);
	return cursor_u8(c);
}

static void set_slot_number(struct ses_additional *a, const struct cursor *c, uint8_t number)
{
	if (cursor_ok(c) && number != NO_SLOT_NUMBER)
		a->slot_number = number;
}

static struct ses_phy decode_slot_phy(struct cursor *c)
{
	struct cursor d = cursor_cut(c, PHY);
	struct ses_phy phy = { .device_type = cursor_u8(&d) >> 4 & 0x07 };

	cursor_skip(&d, 2);
	/* SATA DEVICE, or a port selector in front of one. */
	phy.sata = cursor_u8(&d) & 0x81;
	phy.attached = cursor_be64(&d);
	phy.address = cursor_be64(&d);
	phy.identifier = cursor_u8(&d);
	return phy;
}

static int decode_sas_slot(const struct descriptor *d, struct ses_additional *a)
{
	struct cursor c = d->body;
	unsigned n = cursor_u8(&c);
	uint8_t number;
	int r;

	a->not_all_phys = cursor_u8(&c) & 0x01;
	number = slot_number(&c, d);
	set_slot_number(a, &c, number);
	if (a->invalid)
		return 0;

	r = phys_alloc(a, n);
	while (r == 0 && a->n_phys < n && c.left >= PHY)
		a->phys[a->n_phys++] = decode_slot_phy(&c);
	return r;
}

/* 18h.  Its phys have numbers in the list and no address of their own. */
static void decode_sas_expander(const struct descriptor *d, struct ses_additional *a)
{
	struct cursor c = d->body;
	uint64_t address;

	cursor_skip(&c, 4);
	address = cursor_be64(&c);
	if (cursor_ok(&c))
		a->address = address;
}

/* 07h, 14h, 15h */
static int decode_sas_port(const struct descriptor *d, struct ses_additional *a)
{
	struct cursor c = d->body;
	unsigned n = cursor_u8(&c);
	int r;

	cursor_skip(&c, 3);
	r = phys_alloc(a, n);
	while (r == 0 && a->n_phys < n && c.left >= 12) {
		struct ses_phy *phy = &a->phys[a->n_phys++];

		phy->identifier = cursor_u8(&c);
		cursor_skip(&c, 3);
		phy->address = cursor_be64(&c);
		if (a->address == 0)
			a->address = phy->address;
	}
	return r;
}

static int decode_sas(const struct descriptor *d, uint8_t element_type, struct ses_additional *a)
{
	struct cursor c = d->body;
	uint8_t type;

	cursor_skip(&c, 1);
	type = cursor_u8(&c) >> 6;
	if (!cursor_ok(&c))
		return 0;
	/* Of an INVALID one only what a bay calls itself is of use. */
	if (a->invalid ? ses_type_is_slot(element_type) : type == 0)
		return decode_sas_slot(d, a);
	if (a->invalid || type != 1)
		return 0;
	if (element_type != SES_SAS_EXPANDER)
		return decode_sas_port(d, a);
	decode_sas_expander(d, a);
	return 0;
}

/* With EIP = 0 it is not agreed where anything is (ses.md 2.8): left alone. */
static int decode_fc(const struct descriptor *d, struct ses_additional *a)
{
	struct cursor c = d->body;
	unsigned n = cursor_u8(&c);
	uint64_t node_name;
	uint8_t number;
	int r;

	if (!d->eip)
		return 0;
	cursor_skip(&c, 2);
	number = cursor_u8(&c);
	set_slot_number(a, &c, number);
	node_name = cursor_be64(&c);
	if (a->invalid || !cursor_ok(&c))
		return 0;

	a->address = node_name;
	r = phys_alloc(a, n);
	while (r == 0 && a->n_phys < n && c.left >= 16) {
		struct ses_phy *phy = &a->phys[a->n_phys++];

		phy->device_type = 1;
		phy->identifier = cursor_u8(&c);
		cursor_skip(&c, 7);
		phy->address = cursor_be64(&c);
	}
	return r;
}

static void decode_pcie(const struct descriptor *d, struct ses_additional *a)
{
	struct cursor c = d->body;
	const uint8_t *serial, *model;
	uint8_t type, number;

	cursor_skip(&c, 1);
	type = cursor_u8(&c);
	cursor_skip(&c, 1);
	number = cursor_u8(&c);
	if (!cursor_ok(&c) || (!a->invalid && type >> 5 != PCIE_NVME))
		return;
	set_slot_number(a, &c, number);
	if (a->invalid)
		return;

	a->not_all_phys = type & 0x01;
	/* reserved, PCI vendor */
	cursor_skip(&c, 4);
	serial = cursor_take(&c, 20);
	model = cursor_take(&c, 40);
	if (serial)
		(void) text_clean(a->nvme_serial, sizeof(a->nvme_serial), serial, 20);
	if (model)
		(void) text_clean(a->nvme_model, sizeof(a->nvme_model), model, 40);
}

static int decode_body(const struct descriptor *d, uint8_t element_type, struct ses_additional *a)
{
	a->present = true;
	a->invalid = d->invalid;
	a->protocol = d->protocol;
	switch (d->protocol) {
	case SES_PROTOCOL_SAS:
		return decode_sas(d, element_type, a);
	case SES_PROTOCOL_FC:
		return decode_fc(d, a);
	case SES_PROTOCOL_PCIE:
		decode_pcie(d, a);
		return 0;
	default:
		return 0;
	}
}

static uint8_t type_of(const struct ses_config *config, unsigned global)
{
	struct ses_element_id id;

	return ses_config_element(config, global, &id) ? config->types[id.header].type : 0;
}

/*
 * An INVALID descriptor may be all zero behind its head, and then 0 is not its
 * slot number.  It is believed where a first bay would say it and nobody else
 * does; another number when nobody else has it.
 */
static void drop_doubtful_numbers(struct ses_additionals *all, const struct ses_config *config)
{
	bool used[256] = { false };
	struct ses_element_id id;

	for (unsigned i = 0; i < all->n; i++)
		if (all->elements[i].slot_number >= 0 && !all->elements[i].invalid)
			used[all->elements[i].slot_number] = true;
	for (unsigned i = 0; i < all->n; i++) {
		struct ses_additional *a = &all->elements[i];

		if (!a->invalid || a->slot_number < 0)
			continue;
		if (used[a->slot_number] ||
		    (a->slot_number == 0 && (!ses_config_element(config, i, &id) || id.individual)))
			a->slot_number = -1;
		else
			used[a->slot_number] = true;
	}
}

static int decode_descriptors(struct cursor c, const struct ses_config *config,
			      enum ses_index_rule rule, struct ses_additionals *all)
{
	unsigned n = count_descriptors(c);
	_cleanup_free_ struct descriptor *descriptors = calloc(n + 1, sizeof(*descriptors));
	_cleanup_free_ struct ses_claim *claims = calloc(n + 1, sizeof(*claims));
	int r;

	if (!descriptors || !claims)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		(void) next_descriptor(&c, &descriptors[i], &claims[i]);
	r = ses_claims_assign(claims, n, config, rule, &all->rule);

	for (unsigned i = 0; i < n && r == 0; i++) {
		int element = claims[i].element;

		if (element < 0)
			all->n_unassigned++;
		else
			r = decode_body(&descriptors[i], type_of(config, (unsigned) element),
					&all->elements[element]);
	}
	return r;
}

static int decode(const uint8_t *page, size_t n, const struct ses_config *config,
		  enum ses_index_rule rule, struct ses_additionals *all)
{
	uint32_t generation;
	struct cursor c;
	int r;

	r = ses_page_open(page, n, SES_PAGE_ADDITIONAL, &c, NULL);
	if (r < 0)
		return r;
	generation = cursor_be32(&c);
	if (!cursor_ok(&c))
		return -EBADMSG;
	if (generation != config->generation)
		return -ESTALE;

	all->elements = calloc(config->n_elements + 1, sizeof(*all->elements));
	if (!all->elements)
		return -ENOMEM;
	all->n = config->n_elements;
	for (unsigned i = 0; i < all->n; i++)
		all->elements[i].slot_number = -1;
	r = decode_descriptors(c, config, rule, all);
	if (r == 0)
		drop_doubtful_numbers(all, config);
	return r;
}

int ses_additionals_decode(const uint8_t *page, size_t n, const struct ses_config *config,
			   enum ses_index_rule rule, struct ses_additionals **ret)
{
	struct ses_additionals *all = calloc(1, sizeof(*all));
	int r;

	if (!all)
		return -ENOMEM;
	r = decode(page, n, config, rule, all);
	if (r < 0) {
		(void) ses_additionals_free(all);
		return r;
	}
	*ret = all;
	return 0;
}

struct ses_additionals *ses_additionals_free(struct ses_additionals *additionals)
{
	if (!additionals)
		return NULL;
	for (unsigned i = 0; i < additionals->n; i++)
		free(additionals->elements[i].phys);
	free(additionals->elements);
	free(additionals);
	return NULL;
}

const char *ses_index_rule_name(enum ses_index_rule rule)
{
	static const char *const names[] = {
		[SES_INDEX_AUTO] = "auto",	   [SES_INDEX_INDIVIDUAL] = "individual",
		[SES_INDEX_GLOBAL] = "global",	   [SES_INDEX_ADDITIONAL] = "additional",
		[SES_INDEX_POSITION] = "position", [SES_INDEX_MIXED] = "mixed",
	};
	_Static_assert(ARRAY_SIZE(names) == _SES_INDEX_MAX, "a name for each");

	return names[rule];
}
