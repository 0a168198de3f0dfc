/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct discovery over the rack: what udev would say.
 *
 * Events are queued with the lock held, by whoever plugs, and delivered on the
 * loop without it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "sim/command.h"
#include "sim/transport.h"

struct sim_discovery {
	struct discovery discovery;
	struct rack *rack;
	struct discovery_listener listener;
	sd_event_source *source;
};

static uint8_t *copy_page(const uint8_t *page, size_t n, size_t *ret)
{
	uint8_t *p;

	if (!n)
		return NULL;
	p = sim_alloc(n, 1);
	memcpy(p, page, n);
	*ret = n;
	return p;
}

static void describe_links(const struct sim_lu *lu, struct device *d)
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	char **links = sim_alloc(5, sizeof(char *));
	unsigned n = 0;

	links[n++] = sim_format("/dev/disk/by-id/wwn-0x%016" PRIx64, sim_lu_id(lu));
	links[n++] = sim_format("/dev/disk/by-id/scsi-3%016" PRIx64, sim_lu_id(lu));
	links[n++] = sim_format("/dev/disk/by-id/%s-%s_%s_%s", disk->sata ? "ata" : "scsi-S",
				disk->vendor, disk->product, disk->serial);
	links[n++] = sim_format("/dev/disk/by-path/%s", d->id_path);
	d->links = links;
}

static void describe_disk(const struct sim_lu *lu, struct device *d)
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	uint8_t page[SIM_INQUIRY_MAX] = { 0 };
	char name[16];

	if (lu->sd >= 0)
		d->block_node = sim_format("/dev/%s", sim_sd_name(name, sizeof(name), lu->sd));
	d->udev_done = true;
	describe_links(lu, d);
	d->vpdb1 = copy_page(page, sim_vpd(lu, 0xb1, page), &d->vpdb1_length);
	d->size = disk->bytes / disk->luns & ~511ULL;
	d->rotational = disk->rotation != 1;
	d->sata = disk->sata && disk->bus == SIM_SAS;
	d->ata_host = disk->bus == SIM_AHCI;
	d->usb = disk->bus == SIM_USB;
	d->fibre = disk->bus == SIM_FC;
	d->iscsi = disk->bus == SIM_ISCSI;
	if (disk->sata)
		d->ata_serial = sim_copy(disk->serial);
}

static const char *bus_name(const struct sim_lu *lu)
{
	const struct sim_disk *disk = sim_lu_disk(lu);

	switch (disk ? disk->bus : SIM_SAS) {
	case SIM_AHCI:
		return "ata";
	case SIM_USB:
		return "usb";
	case SIM_FC:
		return "fc";
	case SIM_ISCSI:
		return "iscsi";
	case SIM_SAS:
		break;
	}
	return "sas";
}

static struct device *describe(const struct sim_lu *lu)
{
	const struct sim_disk *disk = sim_lu_disk(lu);
	struct device *d = sim_alloc(1, sizeof(*d));
	uint8_t page[SIM_INQUIRY_MAX] = { 0 };

	d->syspath = sim_lu_syspath(lu);
	d->host = lu->host;
	d->target = lu->target;
	d->lun = lu->lun;
	d->type = disk ? 0x00 : 0x0d;
	if (lu->sg >= 0)
		d->sg_node = sim_format("/dev/sg%d", lu->sg);
	if (!disk || disk->bus == SIM_SAS) {
		d->sas_address = sim_lu_address(lu);
		d->sas_domain = rack_address(0x50ace0a000000000ULL, SIM_KIND_IOM, lu->host, 15, 15);
		d->id_path = sim_format("sim-host%u-sas-0x%016" PRIx64 "-lun-%u", lu->host,
					sim_lu_address(lu), lu->lun);
	} else {
		d->id_path = sim_format("sim-host%u-%s-%s-lun-%u", lu->host, bus_name(lu),
					lu->bay->name, lu->lun);
	}
	d->inquiry = copy_page(page, sim_standard_inquiry(lu, page), &d->inquiry_length);
	d->vpd80 = copy_page(page, sim_vpd(lu, 0x80, page), &d->vpd80_length);
	d->vpd83 = copy_page(page, sim_vpd(lu, 0x83, page), &d->vpd83_length);
	if (disk)
		describe_disk(lu, d);
	memcpy(d->state, lu->state, sizeof(d->state));
	return d;
}

static struct sim_event *next_event(struct sim_discovery *s)
{
	struct sim_event *event = NULL;

	rack_lock(s->rack);
	if (!list_empty(&s->rack->events) && !s->rack->hold_events) {
		event = container_of(s->rack->events.next, struct sim_event, link);
		list_unlink(&event->link);
	}
	rack_unlock(s->rack);
	return event;
}

static void flush(struct sim_discovery *s)
{
	struct sim_event *event;

	while (s->source && (event = next_event(s))) {
		struct device *d = NULL;

		rack_lock(s->rack);
		if (event->present && event->lu->attached)
			d = describe(event->lu);
		rack_unlock(s->rack);
		/* As with udev, the device can be gone again, or another, by the time it is read.
		 */
		if (d)
			s->listener.present(s->listener.userdata, d);
		else if (!event->present)
			s->listener.gone(s->listener.userdata, event->syspath);
		free(event->syspath);
		free(event);
	}
}

static int on_event(sd_event_source *source _unused_, int fd, uint32_t revents _unused_,
		    void *userdata)
{
	struct sim_discovery *s = userdata;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return -errno;
	flush(s);
	return 0;
}

static int sim_enumerate(struct discovery *discovery)
{
	struct sim_discovery *s = container_of(discovery, struct sim_discovery, discovery);
	struct device **found;
	struct sim_lu *lu;
	size_t n = 0;

	flush(s);
	rack_lock(s->rack);
	LIST_FOREACH (lu, &s->rack->lus, link)
		n += lu->attached;
	found = sim_alloc(n, sizeof(*found));
	n = 0;
	LIST_FOREACH (lu, &s->rack->lus, link)
		if (lu->attached)
			found[n++] = describe(lu);
	rack_unlock(s->rack);
	for (size_t i = 0; i < n; i++)
		s->listener.present(s->listener.userdata, found[i]);
	free(found);
	return 0;
}

static int sim_start(struct discovery *discovery, sd_event *event,
		     const struct discovery_listener *listener)
{
	struct sim_discovery *s = container_of(discovery, struct sim_discovery, discovery);
	struct sim_event *old;
	int r;

	r = sd_event_add_io(event, &s->source, s->rack->event_fd, EPOLLIN, on_event, s);
	if (r < 0)
		return r;
	s->listener = *listener;
	/* what was plugged before is found by looking */
	while ((old = next_event(s))) {
		free(old->syspath);
		free(old);
	}
	return sim_enumerate(discovery);
}

static struct device *sim_look(struct discovery *discovery, const char *syspath)
{
	struct sim_discovery *s = container_of(discovery, struct sim_discovery, discovery);
	struct device *d = NULL;
	struct sim_lu *lu;

	rack_lock(s->rack);
	lu = rack_find_syspath(s->rack, syspath);
	if (lu && lu->attached)
		d = describe(lu);
	rack_unlock(s->rack);
	return d;
}

/* "sdc", "/dev/sdc1": without the partition; and whatever udev links to the disk. */
static bool names(struct sim_lu *lu, const char *name)
{
	struct device *d = describe(lu);
	size_t n = d->block_node ? strlen(d->block_node) : 0;
	const char *end = name + n;
	bool found;

	found = n && !strncmp(d->block_node, name, n) && strspn(end, "0123456789") == strlen(end);
	for (char **link = d->links; link && *link && !found; link++)
		found = !strcmp(*link, name);
	(void) device_free(d);
	return found;
}

static char **sim_resolve(struct discovery *discovery, const char *name)
{
	struct sim_discovery *s = container_of(discovery, struct sim_discovery, discovery);
	char **paths = NULL, *full;
	struct sim_lu *lu;
	size_t n = 0;

	full = name[0] == '/' ? sim_copy(name) : sim_format("/dev/%s", name);
	rack_lock(s->rack);
	LIST_FOREACH (lu, &s->rack->lus, link) {
		if (!lu->attached || !lu->bay || !names(lu, full))
			continue;
		paths = reallocarray(paths, n + 2, sizeof(char *));
		if (!paths)
			abort();
		paths[n++] = sim_lu_syspath(lu);
		paths[n] = NULL;
	}
	rack_unlock(s->rack);
	free(full);
	return paths;
}

static struct discovery *stop(struct discovery *discovery)
{
	struct sim_discovery *s;

	if (!discovery)
		return NULL;
	s = container_of(discovery, struct sim_discovery, discovery);
	s->source = sd_event_source_disable_unref(s->source);
	return NULL;
}

struct discovery *sim_discovery_free(struct discovery *discovery)
{
	if (!discovery)
		return NULL;
	(void) stop(discovery);
	free(container_of(discovery, struct sim_discovery, discovery));
	return NULL;
}

struct discovery *sim_discovery_new(struct rack *rack)
{
	struct sim_discovery *s = sim_alloc(1, sizeof(*s));

	s->rack = rack;
	s->discovery.start = sim_start;
	s->discovery.enumerate = sim_enumerate;
	s->discovery.look = sim_look;
	s->discovery.resolve_node = sim_resolve;
	s->discovery.free = stop;
	return &s->discovery;
}
