/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * INQUIRY data, ses.md 1.2 and 1.3, SPC-5 6.7 and 7.7.
 *
 * The pages come out of sysfs as often as from a device, and from there as long
 * as the kernel's buffer was: so a length is believed only as far as there are
 * bytes.
 */
#include "scsi/inquiry.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

enum {
	ASSOCIATION_UNIT,
	ASSOCIATION_PORT,
	ASSOCIATION_TARGET,
};

enum {
	TYPE_T10 = 1,
	TYPE_EUI64 = 2,
	TYPE_NAA = 3,
};

#define CODE_SET_BINARY 1
#define PROTOCOL_SAS 6
#define PROTOCOL_NONE 0xf

static uint32_t be16(const uint8_t *p)
{
	return (uint32_t) p[0] << 8 | p[1];
}

/* What there is of the VPD page behind its header; NULL: not that page. */
static const uint8_t *vpd(const uint8_t *page, size_t n, uint8_t code, size_t *ret_n)
{
	size_t length;

	if (n < 4 || page[1] != code)
		return NULL;
	length = be16(page + 2);
	*ret_n = length < n - 4 ? length : n - 4;
	return page + 4;
}

int scsi_inquiry_decode(const uint8_t *data, size_t n, struct scsi_inquiry *ret)
{
	if (n < 36)
		return -EBADMSG;
	*ret = (struct scsi_inquiry){
		.qualifier = data[0] >> 5,
		.type = data[0] & 0x1f,
		.encserv = data[6] & 0x40,
		.command_queueing = data[7] & 0x02,
	};
	(void) text_clean(ret->vendor, sizeof(ret->vendor), data + 8, 8);
	(void) text_clean(ret->product, sizeof(ret->product), data + 16, 16);
	(void) text_clean(ret->revision, sizeof(ret->revision), data + 32, 4);
	return 0;
}

int scsi_designators_decode(const uint8_t *page, size_t n,
			    struct scsi_designator ret[static SCSI_DESIGNATORS_MAX])
{
	const uint8_t *p = vpd(page, n, 0x83, &n);
	unsigned count = 0;

	if (p == NULL)
		return -EBADMSG;
	for (; count < SCSI_DESIGNATORS_MAX && n >= 4 && n - 4 >= p[3]; count++) {
		size_t step = 4U + p[3];

		ret[count] = (struct scsi_designator){
			.protocol = p[1] & 0x80 ? p[0] >> 4 : PROTOCOL_NONE,
			.code_set = p[0] & 0xf,
			.association = p[1] >> 4 & 0x3,
			.type = p[1] & 0xf,
			.length = p[3],
			.bytes = p + 4,
		};
		p += step;
		n -= step;
	}
	return (int) count;
}

/* NAA 6 has 16 bytes, the others have 8: anything else is not an NAA. */
static bool is_naa(const struct scsi_designator *d)
{
	if (d->type != TYPE_NAA || d->code_set != CODE_SET_BINARY || d->length < 8)
		return false;
	return d->length == (d->bytes[0] >> 4 == 6 ? 16 : 8);
}

static bool is_eui64(const struct scsi_designator *d)
{
	return d->type == TYPE_EUI64 && d->code_set == CODE_SET_BINARY &&
	       (d->length == 8 || d->length == 12 || d->length == 16);
}

/* The first of those that match; "" if none does. */
static void name_of(char ret[static 33], const struct scsi_designator *d, unsigned n,
		    unsigned association, bool (*matches)(const struct scsi_designator *d))
{
	for (unsigned i = 0; i < n && ret[0] == 0; i++)
		if (d[i].association == association && matches(&d[i]))
			(void) text_hex(ret, 33, d[i].bytes, d[i].length);
}

static void add_port(struct scsi_identity *identity, const struct scsi_designator *d)
{
	uint64_t address = 0;

	for (unsigned i = 0; i < 8; i++)
		address = address << 8 | d->bytes[i];
	for (unsigned i = 0; i < identity->n_ports; i++)
		if (identity->ports[i] == address)
			return;
	if (address != 0 && identity->n_ports < sizeof(identity->ports) / sizeof(address))
		identity->ports[identity->n_ports++] = address;
}

int scsi_identity_decode(const uint8_t *page, size_t n, struct scsi_identity *ret)
{
	struct scsi_designator d[SCSI_DESIGNATORS_MAX];
	struct scsi_identity identity = { 0 };
	int count = scsi_designators_decode(page, n, d);

	if (count < 0)
		return count;
	name_of(identity.unit, d, (unsigned) count, ASSOCIATION_UNIT, is_naa);
	name_of(identity.unit, d, (unsigned) count, ASSOCIATION_UNIT, is_eui64);
	name_of(identity.target, d, (unsigned) count, ASSOCIATION_TARGET, is_naa);

	for (int i = 0; i < count; i++) {
		if (d[i].association == ASSOCIATION_PORT && d[i].protocol == PROTOCOL_SAS &&
		    is_naa(&d[i]) && d[i].length == 8)
			add_port(&identity, &d[i]);
		if (d[i].association == ASSOCIATION_UNIT && d[i].type == TYPE_T10 &&
		    d[i].length >= 8 && memcmp(d[i].bytes, "ATA     ", 8) == 0)
			identity.sata = true;
	}
	*ret = identity;
	return 0;
}

int scsi_serial_decode(const uint8_t *page, size_t n, char *ret, size_t size)
{
	const uint8_t *p = vpd(page, n, 0x80, &n);

	if (p == NULL)
		return -EBADMSG;
	(void) text_clean(ret, size, p, n);
	return 0;
}

uint32_t scsi_rotation_decode(const uint8_t *page, size_t n)
{
	const uint8_t *p = vpd(page, n, 0xb1, &n);
	uint32_t rate = p != NULL && n >= 2 ? be16(p) : 0;

	/* SBC: 0002h-0400h and FFFFh are reserved. */
	return rate == 1 || (rate > 0x400 && rate < 0xffff) ? rate : 0;
}
