/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/enclosure/fake-discovery.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"

static void *copy_bytes(const void *bytes, size_t n)
{
	void *p = bytes ? malloc(n ? n : 1) : NULL;

	if (bytes) {
		ck_assert_ptr_nonnull(p);
		memcpy(p, bytes, n);
	}
	return p;
}

static char *copy_text(const char *text)
{
	return text ? copy_bytes(text, strlen(text) + 1) : NULL;
}

struct device *fake_copy(const struct device *device)
{
	struct device *copy = copy_bytes(device, sizeof(*device));

	ck_assert_ptr_null(device->links);
	copy->syspath = copy_text(device->syspath);
	copy->sg_node = copy_text(device->sg_node);
	copy->block_node = copy_text(device->block_node);
	copy->id_path = copy_text(device->id_path);
	copy->ata_serial = copy_text(device->ata_serial);
	copy->inquiry = copy_bytes(device->inquiry, device->inquiry_length);
	copy->vpd80 = copy_bytes(device->vpd80, device->vpd80_length);
	copy->vpd83 = copy_bytes(device->vpd83, device->vpd83_length);
	copy->vpdb1 = copy_bytes(device->vpdb1, device->vpdb1_length);
	return copy;
}

static struct device **find(struct fake_discovery *d, const char *syspath)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->devices[i] && strcmp(d->devices[i]->syspath, syspath) == 0)
			return &d->devices[i];
	return NULL;
}

static int do_enumerate(struct discovery *discovery)
{
	struct fake_discovery *d = container_of(discovery, struct fake_discovery, discovery);

	while (d->n_silently_gone > 0) {
		char *syspath = d->silently_gone[--d->n_silently_gone];

		d->listener.gone(d->listener.userdata, syspath);
		free(syspath);
	}
	for (unsigned i = 0; i < d->n; i++)
		if (d->devices[i])
			d->listener.present(d->listener.userdata, fake_copy(d->devices[i]));
	return 0;
}

static int do_start(struct discovery *discovery, _unused_ sd_event *event,
		    const struct discovery_listener *listener)
{
	struct fake_discovery *d = container_of(discovery, struct fake_discovery, discovery);

	d->listener = *listener;
	d->started = true;
	return do_enumerate(discovery);
}

static struct device *do_look(struct discovery *discovery, const char *syspath)
{
	struct fake_discovery *d = container_of(discovery, struct fake_discovery, discovery);
	struct device **at = find(d, syspath);

	return at ? fake_copy(*at) : NULL;
}

void fake_discovery_init(struct fake_discovery *d)
{
	memset(d, 0, sizeof(*d));
	d->discovery =
		(struct discovery){ .start = do_start, .enumerate = do_enumerate, .look = do_look };
}

void fake_discovery_end(struct fake_discovery *d)
{
	for (unsigned i = 0; i < d->n; i++)
		(void) device_free(d->devices[i]);
	while (d->n_silently_gone > 0)
		free(d->silently_gone[--d->n_silently_gone]);
}

/* ---- devices ------------------------------------------------------------------ */

static char *text(const char *format, ...) _printf_(1, 2);
static char *text(const char *format, ...)
{
	char buffer[128];
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(buffer, sizeof(buffer), format, ap);
	va_end(ap);
	return copy_text(buffer);
}

struct device *fake_device(unsigned target, uint64_t lun, uint8_t type)
{
	struct device *device = calloc(1, sizeof(*device));

	ck_assert_ptr_nonnull(device);
	device->syspath = text("/sys/devices/fake/target%u/0:0:%u:%" PRIu64, target, target, lun);
	device->target = target;
	device->lun = lun;
	device->type = type;
	device->sas_domain = 1;
	(void) snprintf(device->state, sizeof(device->state), "running");
	return device;
}

void fake_inquiry(struct device *device, const char *vendor, const char *product, bool encserv)
{
	char padded[40];

	free(device->inquiry);
	device->inquiry = calloc(1, 64);
	ck_assert_ptr_nonnull(device->inquiry);
	device->inquiry_length = 64;
	device->inquiry[0] = device->type;
	device->inquiry[4] = 59;
	device->inquiry[6] = encserv ? 0x40 : 0;
	(void) snprintf(padded, sizeof(padded), "%-8.8s%-16.16s0001", vendor, product);
	memcpy(device->inquiry + 8, padded, 28);
}

static size_t designator(uint8_t *p, uint8_t association, uint64_t naa)
{
	if (!naa)
		return 0;
	p[0] = (uint8_t) ((association ? 0x60 : 0) | 1);
	p[1] = (uint8_t) ((association ? 0x80 : 0) | association << 4 | 3);
	p[2] = 0;
	p[3] = 8;
	for (unsigned i = 0; i < 8; i++)
		p[4 + i] = (uint8_t) (naa >> (56 - 8 * i));
	return 12;
}

void fake_names(struct device *device, uint64_t unit, uint64_t target, uint64_t port)
{
	size_t n = 4;

	free(device->vpd83);
	device->vpd83 = calloc(1, 64);
	ck_assert_ptr_nonnull(device->vpd83);
	n += designator(device->vpd83 + n, 0, unit);
	n += designator(device->vpd83 + n, 1, port);
	n += designator(device->vpd83 + n, 2, target);
	device->vpd83[0] = device->type;
	device->vpd83[1] = 0x83;
	device->vpd83[3] = (uint8_t) (n - 4);
	device->vpd83_length = n;
}

void fake_serial(struct device *device, const char *serial)
{
	size_t n = strlen(serial);

	free(device->vpd80);
	device->vpd80 = calloc(1, 4 + n + 1);
	ck_assert_ptr_nonnull(device->vpd80);
	device->vpd80[1] = 0x80;
	device->vpd80[3] = (uint8_t) n;
	memcpy(device->vpd80 + 4, serial, n);
	device->vpd80_length = 4 + n;
}

struct device *fake_way(const struct fake_iom *iom, unsigned target)
{
	struct device *device = fake_device(target, 0, 0x0d);

	device->sg_node = copy_text(iom->node);
	device->sas_address = iom->sas_address;
	fake_inquiry(device, iom->shelf->vendor, iom->shelf->product, true);
	fake_names(device, iom->sas_address ? iom->sas_address + 0x100 : 0, 0, 0);
	return device;
}

struct device *fake_disk(unsigned target, uint64_t lun, uint64_t naa, uint64_t target_naa,
			 uint64_t port, const char *serial)
{
	struct device *device = fake_device(target, lun, 0x00);

	device->sg_node = text("/dev/sg%u", 1000 + target * 8 + (unsigned) lun);
	device->block_node = text("/dev/sd%u_%" PRIu64, target, lun);
	device->sas_address = port;
	device->size = 1000000000ULL;
	device->rotational = true;
	fake_inquiry(device, "ACME", "SPINNER", false);
	fake_names(device, naa, target_naa, 0);
	fake_serial(device, serial);
	return device;
}

/* ---- what happens to them ----------------------------------------------------------- */

void fake_plug(struct fake_discovery *d, struct device *device)
{
	struct device **at = find(d, device->syspath);

	if (at) {
		(void) device_free(*at);
		*at = device;
	} else {
		ck_assert_uint_lt(d->n, FAKE_DEVICES_MAX);
		d->devices[d->n++] = device;
	}
	if (d->started && !d->silent)
		d->listener.present(d->listener.userdata, fake_copy(device));
}

void fake_pull(struct fake_discovery *d, const char *syspath)
{
	struct device **at = find(d, syspath);
	struct device *device;

	ck_assert_ptr_nonnull(at);
	device = *at;
	*at = NULL;
	if (d->silent) {
		ck_assert_uint_lt(d->n_silently_gone, 64);
		d->silently_gone[d->n_silently_gone++] = copy_text(device->syspath);
	} else if (d->started) {
		d->listener.gone(d->listener.userdata, device->syspath);
	}
	(void) device_free(device);
}

const struct device *fake_planted(struct fake_discovery *d, unsigned target, uint64_t lun)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->devices[i] && d->devices[i]->target == target && d->devices[i]->lun == lun)
			return d->devices[i];
	ck_abort_msg("no such device");
	return NULL;
}

void fake_pull_at(struct fake_discovery *d, unsigned target, uint64_t lun)
{
	fake_pull(d, fake_planted(d, target, lun)->syspath);
}
