/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What udev would tell of the hardware, when something of it has come or gone.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake-private.h"

#define UNIT_NAA 0x5000c50000000010ULL
#define TARGET_NAA 0x5000c50000000003ULL

static struct discovery_listener listener;
static unsigned reported[FAKE_UNITS][FAKE_PATHS]; /* sg number, 0 = not */
static bool reported_probed[FAKE_UNITS][FAKE_PATHS];
static sd_event_source *changed_source;
static int changed_fd = -1;

void fake_tell_changed(void)
{
	if (changed_fd >= 0)
		(void) eventfd_write(changed_fd, 1);
}

static uint8_t *copy(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n);

	ck_assert_ptr_nonnull(p);
	memcpy(p, bytes, n);
	return p;
}

static void put_naa(uint8_t *designator, uint8_t association, uint64_t naa)
{
	designator[0] = 0x61;
	designator[1] = (uint8_t) (0x80 | association << 4 | 3);
	designator[3] = 8;
	for (unsigned i = 0; i < 8; i++)
		designator[4 + i] = (uint8_t) (naa >> (56 - 8 * i));
}

static struct device *device_of(unsigned u, unsigned p)
{
	uint8_t inquiry[36] = { 0, 0, 6, 2, 31 }, vpd83[4 + 24] = { 0, 0x83, 0, 24 };
	uint8_t vpd80[4 + 6] = { 0, 0x80, 0, 6, 'F', 'A', 'K', 'E', '0', '1' };
	struct device *device = calloc(1, sizeof(*device));
	char text[64];

	ck_assert_ptr_nonnull(device);
	memcpy(inquiry + 8, fake->units[u].ata ? "ATA     " : "FAKE    ", 8);
	memcpy(inquiry + 16, "DISK            0001", 20);
	put_naa(vpd83 + 4, 0, UNIT_NAA + u);
	put_naa(vpd83 + 16, 2, TARGET_NAA);
	fake_syspath(u, p, text);
	device->syspath = strdup(text);
	(void) snprintf(text, sizeof(text), "/dev/sg%u", fake->units[u].paths[p].sg);
	device->sg_node = strdup(text);
	(void) snprintf(text, sizeof(text), "/dev/sd%u", fake->units[u].paths[p].sg);
	device->block_node = strdup(text);
	device->udev_done = !fake->probed;
	device->host = p;
	device->target = 7;
	device->lun = u;
	device->inquiry = copy(inquiry, device->inquiry_length = sizeof(inquiry));
	device->vpd83 = copy(vpd83, device->vpd83_length = sizeof(vpd83));
	device->vpd80 = copy(vpd80, device->vpd80_length = sizeof(vpd80));
	device->sas_address = FAKE_SAS_ADDRESS;
	device->sas_domain = p + 1;
	device->size = 1ULL << 40;
	strcpy(device->state, fake->units[u].paths[p].offline ? "offline" : "running");
	return device;
}

static void report(unsigned u, unsigned p)
{
	struct device *device = NULL;
	char syspath[64];
	bool probed, same;
	unsigned sg;

	(void) pthread_mutex_lock(&fake_lock);
	sg = fake->units[u].paths[p].attached ? fake->units[u].paths[p].sg : 0;
	probed = fake->probed;
	same = sg == reported[u][p] && (sg == 0 || probed == reported_probed[u][p]);
	if (!same && sg != 0)
		device = device_of(u, p);
	(void) pthread_mutex_unlock(&fake_lock);

	if (same)
		return;
	if (reported[u][p] != 0 && reported[u][p] != sg) {
		fake_syspath(u, p, syspath);
		listener.gone(listener.userdata, syspath);
	}
	reported[u][p] = sg;
	reported_probed[u][p] = probed;
	if (device != NULL)
		listener.present(listener.userdata, device);
}

static int on_changed(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents,
		      _unused_ void *userdata)
{
	eventfd_t n;

	(void) eventfd_read(fd, &n);
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++)
			report(u, p);
	return 0;
}

static int discovery_start(_unused_ struct discovery *discovery, sd_event *event_loop,
			   const struct discovery_listener *l)
{
	listener = *l;
	memset(reported, 0, sizeof(reported));
	changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(changed_fd, 0);
	ck_assert_int_ge(
		sd_event_add_io(event_loop, &changed_source, changed_fd, EPOLLIN, on_changed, NULL),
		0);
	return on_changed(NULL, changed_fd, 0, NULL);
}

static int discovery_enumerate(_unused_ struct discovery *discovery)
{
	return 0;
}

static struct device *discovery_look(_unused_ struct discovery *discovery,
				     _unused_ const char *syspath)
{
	return NULL;
}

static char **discovery_resolve(_unused_ struct discovery *discovery, _unused_ const char *name)
{
	return NULL;
}

struct discovery fake_discovery = { discovery_start, discovery_enumerate, discovery_look,
				    discovery_resolve, NULL };

void fake_discovery_end(void)
{
	changed_source = sd_event_source_disable_unref(changed_source);
	(void) close(changed_fd);
	changed_fd = -1;
}
