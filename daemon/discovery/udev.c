/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Discovery over libudev: the monitor (after udev has done its part, so that links are there)
 * and enumerations, both through one tree of devices and one function, refresh().
 *
 * An event says only that something happened at a scsi_device: a disk that is plugged in makes
 * a dozen.  The device is marked, and an idle moment of the loop reads it once from sysfs,
 * which is the truth, and reports.  A removal is kept in the mark: a device that went and came
 * back between two turns is reported as gone first, since it may be another.
 *
 * When the kernel drops events (ENOBUFS) everything is looked at again.
 */
#include <errno.h>
#include <libudev.h>
#include <search.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/list.h"
#include "base/log.h"
#include "base/macro.h"
#include "discovery/discovery.h"
#include "discovery/tree.h"

#define DEVICES_MAX 32768U	 /* scsi_devices of one machine */
#define RECEIVE_BUFFER (8 << 20) /* bytes; a shelf that is plugged in is thousands of events */
#define EVENTS_PER_TURN 256U	 /* read from the monitor before others have a turn */
#define READS_PER_TURN 32U	 /* devices read before others have a turn */

/* A scsi_device; in the tree while present or marked. */
struct known {
	char *syspath;
	bool present;	/* present() was called, gone() was not since */
	bool removed;	/* the kernel said so since the last look */
	unsigned round; /* of the enumeration that saw it last */
	struct list marked;
};

struct discovery_udev {
	struct discovery discovery;
	struct discovery_listener listener;
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *io, *idle;
	void *devices; /* tree of struct known by syspath */
	unsigned n_devices;
	unsigned round;
	struct list marked; /* to be looked at, in the order of events */
	bool overrun;	    /* events were lost */
	bool full;	    /* DEVICES_MAX was met and logged */
};

static struct discovery_udev *udev_of(struct discovery *discovery)
{
	return container_of(discovery, struct discovery_udev, discovery);
}

/* ---- the tree ------------------------------------------------------------------- */

static int compare_known(const void *a, const void *b)
{
	return strcmp(((const struct known *) a)->syspath, ((const struct known *) b)->syspath);
}

static void known_free(void *p)
{
	struct known *k = p;

	list_unlink(&k->marked);
	free(k->syspath);
	free(k);
}

static struct known *known_find(struct discovery_udev *d, const char *syspath)
{
	/* only compared, never changed */
	struct known key = { .syspath = (char *) (uintptr_t) syspath };
	struct known *const *slot = tfind(&key, &d->devices, compare_known);

	return slot ? *slot : NULL;
}

static struct known *known_new(struct discovery_udev *d, const char *syspath)
{
	struct known *k;

	if (d->n_devices >= DEVICES_MAX) {
		if (!d->full)
			log_warning("More than %u SCSI devices, the rest is not looked at",
				    DEVICES_MAX);
		d->full = true;
		return NULL;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	list_init(&k->marked);
	k->syspath = strdup(syspath);
	if (!k->syspath || !tsearch(k, &d->devices, compare_known)) {
		known_free(k);
		return NULL;
	}
	d->n_devices++;
	return k;
}

/* Sees to it that the device is looked at soon. */
static struct known *mark(struct discovery_udev *d, const char *syspath)
{
	struct known *k = known_find(d, syspath);

	if (!k)
		k = known_new(d, syspath);
	if (k && list_empty(&k->marked))
		list_append(&d->marked, &k->marked);
	return k;
}

/* ---- looking -------------------------------------------------------------------- */

/* The one place where new, known and gone are told apart.  A listener may call back in. */
static void refresh(struct discovery_udev *d, struct known *k)
{
	bool gone = k->present && k->removed;
	struct device *device = NULL;
	int r;

	list_unlink(&k->marked);
	r = tree_read_device(d->udev, k->syspath, &device);
	if (r == -ENOMEM) {
		log_warning("Out of memory reading %s", k->syspath);
		return;
	}
	gone = gone || (k->present && !device);
	k->present = device;
	k->removed = false;
	if (!device) {
		(void) tdelete(k, &d->devices, compare_known);
		d->n_devices--;
	}

	if (gone)
		d->listener.gone(d->listener.userdata, k->syspath);
	if (device)
		d->listener.present(d->listener.userdata, device);
	else
		known_free(k);
}

/* Looks at up to limit marked devices. */
static void refresh_marked(struct discovery_udev *d, unsigned limit)
{
	while (!list_empty(&d->marked) && limit-- > 0)
		refresh(d, container_of(d->marked.next, struct known, marked));
}

static void mark_if_missed(const void *node, VISIT visit, void *userdata)
{
	struct discovery_udev *d = userdata;
	struct known *k = *(struct known *const *) node;

	if (visit != postorder && visit != leaf)
		return;
	if (!k->present || k->round == d->round)
		return;
	k->removed = true;
	if (list_empty(&k->marked))
		list_append(&d->marked, &k->marked);
}

/* Marks all that is there and all that was. */
static int mark_all(struct discovery_udev *d)
{
	struct udev_enumerate *enumerate = udev_enumerate_new(d->udev);
	struct udev_list_entry *item;
	int r;

	if (!enumerate)
		return -ENOMEM;
	r = udev_enumerate_add_match_subsystem(enumerate, "scsi");
	if (r >= 0)
		r = udev_enumerate_add_match_property(enumerate, "DEVTYPE", "scsi_device");
	if (r >= 0)
		r = udev_enumerate_scan_devices(enumerate);
	if (r >= 0) {
		d->round++;
		udev_list_entry_foreach(item, udev_enumerate_get_list_entry(enumerate))
		{
			struct known *k = mark(d, udev_list_entry_get_name(item));

			if (k)
				k->round = d->round;
		}
		twalk_r(d->devices, mark_if_missed, d);
	}
	udev_enumerate_unref(enumerate);
	return r < 0 ? r : 0;
}

static int on_idle(sd_event_source *source, void *userdata)
{
	struct discovery_udev *d = userdata;

	if (d->overrun) {
		int r = mark_all(d);

		d->overrun = false;
		if (r < 0)
			log_warning("Cannot enumerate SCSI devices: %s", strerror(-r));
	}
	refresh_marked(d, READS_PER_TURN);
	return sd_event_source_set_enabled(source,
					   list_empty(&d->marked) ? SD_EVENT_OFF : SD_EVENT_ON);
}

/* ---- the monitor ----------------------------------------------------------------- */

/* The scsi_device an event belongs to: itself, or above its block or sg node. */
static void note_event(struct discovery_udev *d, struct udev_device *event)
{
	const char *subsystem = udev_device_get_subsystem(event);
	const char *action = udev_device_get_action(event);
	struct udev_device *scsi = event;
	struct known *k;

	if (!subsystem || !action)
		return;
	if (strcmp(subsystem, "scsi") != 0)
		scsi = udev_device_get_parent_with_subsystem_devtype(event, "scsi", "scsi_device");
	/* No parent: it is gone as well and has its own event, or this is no SCSI disk. */
	if (!scsi)
		return;
	k = mark(d, udev_device_get_syspath(scsi));
	if (k && scsi == event && strcmp(action, "remove") == 0)
		k->removed = true;
}

static int on_monitor(_unused_ sd_event_source *source, _unused_ int fd, _unused_ uint32_t revents,
		      void *userdata)
{
	struct discovery_udev *d = userdata;

	for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
		struct udev_device *event = udev_monitor_receive_device(d->monitor);

		if (event)
			note_event(d, event);
		else if (errno == ENOBUFS)
			d->overrun = true;
		else if (errno == EAGAIN)
			break;
		udev_device_unref(event);
	}
	if (list_empty(&d->marked) && !d->overrun)
		return 0;
	return sd_event_source_set_enabled(d->idle, SD_EVENT_ON);
}

static int monitor_open(struct discovery_udev *d)
{
	int r;

	d->monitor = udev_monitor_new_from_netlink(d->udev, "udev");
	if (!d->monitor)
		return errno > 0 ? -errno : -ENOMEM;
	/* Needs CAP_NET_ADMIN; without it the kernel's limit stays, and ENOBUFS is handled. */
	(void) udev_monitor_set_receive_buffer_size(d->monitor, RECEIVE_BUFFER);
	r = udev_monitor_filter_add_match_subsystem_devtype(d->monitor, "scsi", "scsi_device");
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(d->monitor, "scsi_generic",
								    NULL);
	if (r >= 0)
		r = udev_monitor_filter_add_match_subsystem_devtype(d->monitor, "block", "disk");
	if (r >= 0)
		r = udev_monitor_enable_receiving(d->monitor);
	return r < 0 ? r : 0;
}

/* ---- the interface ----------------------------------------------------------------- */

static int start(struct discovery *discovery, sd_event *event,
		 const struct discovery_listener *listener)
{
	struct discovery_udev *d = udev_of(discovery);
	int r;

	if (d->monitor)
		return -EALREADY;
	d->listener = *listener;
	r = monitor_open(d);
	if (r < 0)
		return r;
	r = sd_event_add_defer(event, &d->idle, on_idle, d);
	if (r < 0)
		return r;
	(void) sd_event_source_set_description(d->idle, "discovery-refresh");
	r = sd_event_source_set_enabled(d->idle, SD_EVENT_OFF);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &d->io, udev_monitor_get_fd(d->monitor), EPOLLIN, on_monitor, d);
	if (r < 0)
		return r;
	(void) sd_event_source_set_description(d->io, "discovery-monitor");
	return discovery->enumerate(discovery);
}

static int enumerate(struct discovery *discovery)
{
	struct discovery_udev *d = udev_of(discovery);
	int r = mark_all(d);

	if (r < 0)
		return r;
	/* each device once, though events may mark it again meanwhile */
	refresh_marked(d, DEVICES_MAX);
	return 0;
}

static struct device *look(struct discovery *discovery, const char *syspath)
{
	struct device *device = NULL;

	return tree_read_device(udev_of(discovery)->udev, syspath, &device) < 0 ? NULL : device;
}

static char **resolve_node(struct discovery *discovery, const char *name)
{
	char **syspaths = NULL;

	return tree_resolve_node(udev_of(discovery)->udev, name, &syspaths) < 0 ? NULL : syspaths;
}

static struct discovery *udev_free(struct discovery *discovery)
{
	struct discovery_udev *d;

	if (!discovery)
		return NULL;
	d = udev_of(discovery);
	sd_event_source_disable_unref(d->io);
	sd_event_source_disable_unref(d->idle);
	udev_monitor_unref(d->monitor);
	udev_unref(d->udev);
	tdestroy(d->devices, known_free);
	free(d);
	return NULL;
}

int discovery_udev_new(struct discovery **ret)
{
	struct discovery_udev *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->discovery = (struct discovery){ .start = start,
					   .enumerate = enumerate,
					   .look = look,
					   .resolve_node = resolve_node,
					   .free = udev_free };
	list_init(&d->marked);
	d->udev = udev_new();
	if (!d->udev) {
		(void) udev_free(&d->discovery);
		return -ENOMEM;
	}
	*ret = &d->discovery;
	return 0;
}
