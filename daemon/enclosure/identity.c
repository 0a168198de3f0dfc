/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names first, places last: the NAA of the target device tells one drive from
 * another whatever its ports and units; SATA disks have only that of their unit; what has
 * no name at all is known by its serial number, then by its place.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "enclosure/identity.h"

/* VDS_STORAGE_BUS_TYPE, vds.md 3.8 */
enum bus_type {
	BUS_TYPE_SCSI = 1,
	BUS_TYPE_FIBRE = 6,
	BUS_TYPE_USB = 7,
	BUS_TYPE_ISCSI = 9,
	BUS_TYPE_SAS = 10,
	BUS_TYPE_SATA = 11,
};

void identity_escape(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; *src && n + 4 < size; src++) {
		char c = *src;

		if (c >= 'A' && c <= 'Z')
			c = (char) (c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			dst[n++] = c;
		else
			n += (size_t) snprintf(dst + n, size - n, "_%02x", (unsigned char) c);
	}
	dst[n] = '\0';
}

static void add_address(struct identity *id, uint64_t address)
{
	if (address == 0 || address == UINT64_MAX)
		return;
	for (unsigned i = 0; i < id->n_addresses; i++)
		if (id->addresses[i] == address)
			return;
	if (id->n_addresses < ARRAY_SIZE(id->addresses))
		id->addresses[id->n_addresses++] = address;
}

static uint32_t bus_type(const struct device *device)
{
	if (device->iscsi)
		return BUS_TYPE_ISCSI;
	if (device->fibre)
		return BUS_TYPE_FIBRE;
	if (device->usb)
		return BUS_TYPE_USB;
	if (device->sata || device->ata_host)
		return BUS_TYPE_SATA;
	if (device->sas_address)
		return BUS_TYPE_SAS;
	return BUS_TYPE_SCSI;
}

static void name_unit(const struct device *device, struct identity *id)
{
	char vendor[64], text[128], address[40];

	if (id->vpd.unit[0] != '\0') {
		(void) snprintf(id->unit_id, sizeof(id->unit_id), "%s", id->vpd.unit);
	} else if (id->serial[0] != '\0') {
		identity_escape(vendor, sizeof(vendor), id->inquiry.vendor);
		identity_escape(text, 100, id->serial);
		(void) snprintf(id->unit_id, sizeof(id->unit_id), "serial_%s_%s", vendor, text);
	} else if (device->id_path) {
		identity_escape(text, sizeof(text), device->id_path);
		(void) snprintf(id->unit_id, sizeof(id->unit_id), "path_%s", text);
	} else {
		identity_escape(text, sizeof(text),
				device_address(device, address, sizeof(address)));
		(void) snprintf(id->unit_id, sizeof(id->unit_id), "hctl_%s", text);
	}
}

void identity_of(const struct device *device, struct identity *ret)
{
	struct identity id = { .rotation = 0 };

	if (device->inquiry)
		(void) scsi_inquiry_decode(device->inquiry, device->inquiry_length, &id.inquiry);
	if (device->vpd83)
		(void) scsi_identity_decode(device->vpd83, device->vpd83_length, &id.vpd);
	if (device->vpd80)
		(void) scsi_serial_decode(device->vpd80, device->vpd80_length, id.serial,
					  sizeof(id.serial));
	if (id.serial[0] == '\0' && device->ata_serial)
		(void) text_clean(id.serial, sizeof(id.serial), device->ata_serial,
				  strlen(device->ata_serial));
	if (device->vpdb1)
		id.rotation = scsi_rotation_decode(device->vpdb1, device->vpdb1_length);
	else if (device->block_node && !device->rotational)
		id.rotation = 1;
	add_address(&id, device->sas_address);
	for (unsigned i = 0; i < id.vpd.n_ports; i++)
		add_address(&id, id.vpd.ports[i]);
	id.bus_type = bus_type(device);
	id.never_physical = device->iscsi || device->fibre;
	id.physical = !id.never_physical && !device->usb &&
		      (device->sas_address != 0 || device->sata || device->ata_host);
	name_unit(device, &id);
	(void) snprintf(id.drive_id, sizeof(id.drive_id), "%s",
			id.vpd.target[0] != '\0' ? id.vpd.target : id.unit_id);
	*ret = id;
}

void identity_append_place(const struct device *device, const struct identity *id, char *name,
			   size_t size)
{
	char address[40], text[80];
	size_t n = strlen(name);

	if (id->n_addresses > 0) {
		(void) snprintf(name + n, size - n, "_%016" PRIx64, id->addresses[0]);
		return;
	}
	identity_escape(text, sizeof(text),
			device->id_path ? device->id_path
					: device_address(device, address, sizeof(address)));
	(void) snprintf(name + n, size - n, "_%s", text);
}
