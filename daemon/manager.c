/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lifetime: layers are made from the bottom up and taken down in an order that
 * lets every parked caller be answered: the bus stops taking calls, the
 * worker threads end (what they had not begun is cancelled), the layers go from the top,
 * and last the bus is flushed.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/store.h"
#include "bus/bus.h"
#include "drive/drive.h"
#include "enclosure/inventory.h"
#include "enclosure/operation.h"
#include "enclosure/quirks.h"
#include "maintenance/maintenance.h"
#include "manager.h"

/* A command that hangs in the hardware does not keep the daemon from ending. */
#define END_WAIT_US (1 * USEC_PER_SEC)

struct manager {
	const struct manager_parameters *p;
	struct pool *pool;	/* enclosures, and what is written to the state directory */
	struct pool *disk_pool; /* a shelf of disks that hang must not take the lamps' threads */
	struct store *store;
	struct quirks *quirks;
	struct operations *operations;
	struct inventory *inventory;
	struct drives *drives;
	struct maintenance *maintenance;
	struct bus *bus;
};

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info, void *userdata)
{
	struct manager *manager = userdata;

	(void) s;
	log_info("Ending on %s", strsignal((int) info->ssi_signo));
	return sd_event_exit(manager->p->event, 0);
}

static void on_bus_lost(void *userdata)
{
	struct manager *manager = userdata;

	(void) sd_event_exit(manager->p->event, -ECONNRESET);
}

static void on_bus_named(void *userdata)
{
	(void) userdata;
	(void) sd_notify(0, "READY=1");
}

static int take_signals(struct manager *manager)
{
	static const int signals[] = { SIGTERM, SIGINT };
	sigset_t mask;
	int r = 0;

	(void) sigemptyset(&mask);
	for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
		(void) sigaddset(&mask, signals[i]);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	(void) signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; r >= 0 && i < ARRAY_SIZE(signals); i++)
		r = sd_event_add_signal(manager->p->event, NULL, signals[i], on_signal, manager);
	return r;
}

static int make_bottom(struct manager *m)
{
	static const char *const none[] = { NULL };
	int r;

	r = pool_new(m->p->event, m->p->settings.threads_max, SD_EVENT_PRIORITY_NORMAL, &m->pool);
	if (r >= 0)
		r = pool_new(m->p->event, m->p->settings.threads_max, SD_EVENT_PRIORITY_NORMAL,
			     &m->disk_pool);
	if (r >= 0)
		r = store_new(m->pool, m->p->state_directory, &m->store);
	if (r >= 0)
		r = quirks_load(m->p->quirk_directories ? m->p->quirk_directories : none,
				&m->quirks);
	if (r >= 0)
		r = operations_new(m->p->event, &m->operations);
	return r;
}

static int make_layers(struct manager *m)
{
	const struct inventory_parameters inventory = {
		.event = m->p->event,
		.pool = m->pool,
		.store = m->store,
		.transport = m->p->transport,
		.discovery = m->p->discovery,
		.settings = &m->p->settings,
		.quirks = m->quirks,
	};
	struct drives_parameters drives = {
		.event = m->p->event,
		.pool = m->disk_pool,
		.store = m->store,
		.transport = m->p->transport,
		.kernel = m->p->kernel,
		.operations = m->operations,
		.settings = &m->p->settings,
	};
	struct maintenance_parameters maintenance = {
		.event = m->p->event,
		.store = m->store,
		.settings = &m->p->settings,
	};
	struct bus_parameters bus = {
		.event = m->p->event,
		.address = m->p->address,
		.operations = m->operations,
		.lost = on_bus_lost,
		.named = on_bus_named,
		.userdata = m,
	};
	int r;

	r = inventory_new(&inventory, &m->inventory);
	if (r < 0)
		return r;
	drives.inventory = maintenance.inventory = bus.inventory = m->inventory;
	r = drives_new(&drives, &m->drives);
	if (r < 0)
		return r;
	maintenance.drives = bus.drives = m->drives;
	r = maintenance_new(&maintenance, &m->maintenance);
	if (r < 0)
		return r;
	bus.maintenance = m->maintenance;
	return bus_new(&bus, &m->bus);
}

static void take_down(struct manager *m)
{
	if (m->bus)
		bus_stop(m->bus);
	if (m->inventory)
		inventory_stop(m->inventory);
	m->disk_pool = pool_free(m->disk_pool, END_WAIT_US / 2);
	m->pool = pool_free(m->pool, END_WAIT_US / 2);
	m->maintenance = maintenance_free(m->maintenance);
	m->drives = drives_free(m->drives);
	m->inventory = inventory_free(m->inventory);
	m->operations = operations_free(m->operations);
	m->quirks = quirks_free(m->quirks);
	m->store = store_free(m->store);
	m->bus = bus_free(m->bus);
}

int manager_run(const struct manager_parameters *parameters)
{
	struct manager manager = { .p = parameters };
	int r;

	r = take_signals(&manager);
	if (r >= 0)
		r = make_bottom(&manager);
	if (r >= 0)
		r = make_layers(&manager);
	if (r >= 0)
		r = inventory_start(manager.inventory);
	if (r >= 0) {
		(void) sd_event_set_watchdog(parameters->event, true);
		r = sd_event_loop(parameters->event);
		(void) sd_notify(0, "STOPPING=1");
	}
	take_down(&manager);
	return r < 0 ? r : 0;
}
