/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plain part of a device: freeing, naming, comparing.
 *
 * Comparing is here since a listener is told of a device whenever anything near it
 * happened in the kernel (discovery.h), mostly without a change in what it shows.
 */
#include "discovery/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct device *device_free(struct device *device)
{
	if (!device)
		return NULL;
	for (char **link = device->links; link && *link; link++)
		free(*link);
	free(device->links);
	free(device->syspath);
	free(device->sg_node);
	free(device->block_node);
	free(device->id_path);
	free(device->inquiry);
	free(device->vpd80);
	free(device->vpd83);
	free(device->vpdb1);
	free(device->ata_serial);
	free(device);
	return NULL;
}

char *device_address(const struct device *device, char *dst, size_t size)
{
	(void) snprintf(dst, size, "%u:%u:%u:%" PRIu64, device->host, device->channel,
			device->target, device->lun);
	return dst;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_bytes(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

static bool same_links(char **a, char **b)
{
	static char *none[] = { NULL };

	if (!a)
		a = none;
	if (!b)
		b = none;
	while (*a && *b && strcmp(*a, *b) == 0)
		a++, b++;
	return !*a && !*b;
}

static bool same_identity(const struct device *a, const struct device *b)
{
	return a->type == b->type && a->size == b->size && a->sas_address == b->sas_address &&
	       a->sas_domain == b->sas_domain && same_text(a->ata_serial, b->ata_serial) &&
	       same_bytes(a->inquiry, a->inquiry_length, b->inquiry, b->inquiry_length) &&
	       same_bytes(a->vpd80, a->vpd80_length, b->vpd80, b->vpd80_length) &&
	       same_bytes(a->vpd83, a->vpd83_length, b->vpd83, b->vpd83_length) &&
	       same_bytes(a->vpdb1, a->vpdb1_length, b->vpdb1, b->vpdb1_length);
}

bool device_equal(const struct device *a, const struct device *b)
{
	return same_text(a->syspath, b->syspath) && a->host == b->host &&
	       a->channel == b->channel && a->target == b->target && a->lun == b->lun &&
	       same_text(a->sg_node, b->sg_node) && same_text(a->block_node, b->block_node) &&
	       same_links(a->links, b->links) && same_text(a->id_path, b->id_path) &&
	       same_identity(a, b) && a->sata == b->sata && a->ata_host == b->ata_host &&
	       a->usb == b->usb && a->fibre == b->fibre && a->iscsi == b->iscsi &&
	       a->rotational == b->rotational && a->udev_done == b->udev_done &&
	       strcmp(a->state, b->state) == 0;
}
