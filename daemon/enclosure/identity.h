/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who a disk is, from what the kernel keeps of it (dbus-api.md section 2: ids
 * do not depend on discovery order, host numbers or reboots).  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "discovery/device.h"
#include "enclosure/model.h"

struct identity {
	struct scsi_inquiry inquiry;
	struct scsi_identity vpd;
	char serial[96];
	char unit_id[ID_SIZE -
		     20]; /* NAA or EUI-64, else serial_..., else path_..., else hctl_... */
	char drive_id[ID_SIZE - 20]; /* of the target device, else as unit_id */
	uint64_t addresses[6];	     /* SAS ports of the disk over this path */
	unsigned n_addresses;
	uint32_t rotation;
	uint32_t bus_type;   /* VDS_STORAGE_BUS_TYPE */
	bool physical;	     /* a drive wherever it sits: a SAS or SATA end device */
	bool never_physical; /* iSCSI, FC */
};

void identity_of(const struct device *device, struct identity *ret);

/* Lower-case letters, digits and '_' as they are, the rest as _xx of two hex digits. */
void identity_escape(char *dst, size_t size, const char *src);

/* Adds to a name that another has taken: the port it is behind, else its place. */
void identity_append_place(const struct device *device, const struct identity *id, char *name,
			   size_t size);
