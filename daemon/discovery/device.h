/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A SCSI device as the kernel shows it: one path to one logical unit.  Plain data,
 * filled in by a discovery (udev.c, or the simulator's) and owned by
 * whoever got it.  Nothing in it is trusted by those who use it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_LINKS_MAX 64U
#define DEVICE_VPD_MAX 4096U

struct device {
	char *syspath; /* of the scsi_device: /sys/devices/.../0:0:3:0; the key */
	unsigned host, channel, target;
	uint64_t lun;
	uint8_t type; /* peripheral device type */

	char *sg_node;	  /* "/dev/sg4", NULL = none (yet) */
	char *block_node; /* "/dev/sdc", NULL = none */
	char **links;	  /* symlinks of the block node, NULL-terminated, may be NULL */
	bool udev_done;	  /* with the block node: its rules read the disk no more */
	char *id_path;	  /* udev's ID_PATH, NULL = none */

	/* as the kernel keeps them; NULL and 0 = not there */
	uint8_t *inquiry, *vpd80, *vpd83, *vpdb1;
	size_t inquiry_length, vpd80_length, vpd83_length, vpdb1_length;

	uint64_t sas_address; /* of the SAS end device, or the driver's attribute; 0 = not SAS */
	/* Tells SAS domains apart (one address may be seen by two host adapters, peers.md C.6):
	 * the kernel's number of the SCSI host plus 1; 0 = unknown. */
	uint64_t sas_domain;
	bool sata;     /* the end device speaks SATA/STP */
	bool ata_host; /* an ATA host (libata): AHCI */
	bool usb;
	bool fibre, iscsi;
	char *ata_serial; /* udev's ID_SERIAL_SHORT of an ATA disk, NULL = none */

	uint64_t size; /* bytes */
	bool rotational;
	char state[24]; /* the kernel's: "running", "offline", ... */
};

/* NULL is fine.  Returns NULL. */
struct device *device_free(struct device *device);

/* "H:C:T:L"; returns dst. */
char *device_address(const struct device *device, char *dst, size_t size);

/* All fields alike, whatever the order of allocation. */
bool device_equal(const struct device *a, const struct device *b);
