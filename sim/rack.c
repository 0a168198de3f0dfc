/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rack: what there is, what it is called, and its addresses.
 */
#include "sim/rack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/macro.h"
#include "sim/log.h"
#include "sim/rules.h"

void *sim_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

char *sim_copy(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	return p;
}

char *sim_format(const char *format, ...)
{
	char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&s, format, ap);
	va_end(ap);
	if (n < 0)
		abort();
	return s;
}

void rack_lock(struct rack *rack)
{
	(void) pthread_mutex_lock(&rack->lock);
}

void rack_unlock(struct rack *rack)
{
	(void) pthread_mutex_unlock(&rack->lock);
}

static void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void) pthread_condattr_init(&attributes);
	(void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void) pthread_cond_init(condition, &attributes);
	(void) pthread_condattr_destroy(&attributes);
}

struct rack *rack_new(void)
{
	struct rack *rack = sim_alloc(1, sizeof(*rack));

	(void) pthread_mutex_init(&rack->lock, NULL);
	condition_init(&rack->changed);
	list_init(&rack->enclosures);
	list_init(&rack->disks);
	list_init(&rack->lus);
	list_init(&rack->loose);
	list_init(&rack->events);
	list_init(&rack->rules);
	rack->sg = sim_alloc(SIM_NODES_MAX, sizeof(struct sim_lu *));
	rack->sd = sim_alloc(SIM_NODES_MAX, sizeof(struct sim_lu *));
	rack->started = clock_monotonic();
	rack->log = sim_log_new(rack->started);
	rack->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rack->event_fd < 0)
		return rack_free(rack);
	return rack;
}

static void bay_done(struct sim_bay *bay)
{
	for (unsigned lun = 0; lun < SIM_LUNS; lun++)
		for (unsigned port = 0; port < SIM_PORTS; port++)
			(void) pthread_cond_destroy(&bay->lu[lun][port].turn);
}

static void enclosure_free(struct sim_enclosure *e)
{
	list_unlink(&e->link);
	sim_patches_clear(e);
	for (unsigned t = 0; t < e->n_types; t++) {
		for (unsigned i = 0; i <= e->types[t].count; i++)
			free(e->types[t].elements[i].name);
		free(e->types[t].elements);
		free(e->types[t].text);
	}
	for (unsigned i = 0; e->bays && i < e->form.slots; i++)
		bay_done(&e->bays[i]);
	for (unsigned i = 0; i < SIM_IOMS_MAX; i++)
		(void) pthread_cond_destroy(&e->iom[i].turn);
	for (unsigned i = 0; e->raw && i < 256; i++)
		free(e->raw[i].bytes);
	free(e->raw);
	free(e->bays);
	free(e->form.slot_names);
	free(e);
}

struct rack *rack_free(struct rack *rack)
{
	struct sim_enclosure *e;
	struct sim_socket *socket;
	struct sim_disk *disk;
	struct sim_event *event;

	if (!rack)
		return NULL;
	LIST_FOREACH (event, &rack->events, link) {
		list_unlink(&event->link);
		free(event->syspath);
		free(event);
	}
	LIST_FOREACH (e, &rack->enclosures, link)
		enclosure_free(e);
	LIST_FOREACH (socket, &rack->loose, link) {
		list_unlink(&socket->link);
		bay_done(&socket->bay);
		free(socket);
	}
	LIST_FOREACH (disk, &rack->disks, link) {
		list_unlink(&disk->link);
		for (unsigned lun = 0; lun < SIM_LUNS; lun++)
			free(disk->unit[lun].user);
		free(disk);
	}
	for (unsigned i = 0; i < SIM_HOSTS_MAX; i++)
		free(rack->hosts[i].targets);
	sim_rules_clear(rack);
	sim_log_free(rack->log);
	free(rack->sg);
	free(rack->sd);
	if (rack->event_fd >= 0)
		(void) close(rack->event_fd);
	(void) pthread_cond_destroy(&rack->changed);
	(void) pthread_mutex_destroy(&rack->lock);
	free(rack);
	return NULL;
}

/* ---- addresses ------------------------------------------------------------------ */

static bool base_taken(struct rack *rack, uint64_t base)
{
	struct sim_enclosure *e;
	struct sim_disk *disk;

	LIST_FOREACH (e, &rack->enclosures, link)
		if (e->base == base)
			return true;
	LIST_FOREACH (disk, &rack->disks, link)
		if ((disk->id & ~0xfffffULL) == base)
			return true;
	return false;
}

uint64_t rack_base(struct rack *rack, const char *name)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	uint64_t base;

	for (; *name; name++)
		hash = (hash ^ (uint8_t) *name) * 16777619U;
	hash ^= hash >> 16;
	do
		base = 0x50ace0a000000000ULL | (uint64_t) (hash++ & 0xffff) << 20;
	while (base_taken(rack, base));
	return base;
}

uint64_t rack_address(uint64_t base, enum sim_kind kind, unsigned slot, unsigned model,
		      unsigned sub)
{
	return base | (uint64_t) kind << 16 | (slot & 0xff) << 8 | (model & 15) << 4 | (sub & 15);
}

struct sim_disk *sim_lu_disk(const struct sim_lu *lu)
{
	return lu->bay ? lu->bay->disk : NULL;
}

struct sim_unit *sim_lu_unit(const struct sim_lu *lu)
{
	struct sim_disk *disk = sim_lu_disk(lu);

	return disk ? &disk->unit[lu->lun] : NULL;
}

uint64_t sim_lu_id(const struct sim_lu *lu)
{
	struct sim_disk *disk = sim_lu_disk(lu);

	if (disk)
		return disk->id + 4 * lu->lun;
	return lu->enclosure ? rack_address(lu->enclosure->base, SIM_KIND_IOM, lu->port, 0, 0) : 0;
}

uint64_t sim_lu_address(const struct sim_lu *lu)
{
	struct sim_disk *disk = sim_lu_disk(lu);

	if (lu->bay && lu->bay->aes_address[lu->port])
		return lu->bay->aes_address[lu->port];
	if (!disk)
		return lu->enclosure->iom_address[lu->port] ? lu->enclosure->iom_address[lu->port]
							    : sim_lu_id(lu) + 1;
	if (disk->sata && lu->enclosure) /* the expander's invention: it names the bay */
		return rack_address(lu->enclosure->base, SIM_KIND_STP, lu->bay->slot, 0, lu->port);
	return disk->id + 1 + lu->port;
}

uint64_t sim_expander_address(const struct sim_enclosure *enclosure, unsigned iom)
{
	return rack_address(enclosure->base, SIM_KIND_IOM, iom, 0, 15);
}

/* ---- making -------------------------------------------------------------------- */

static void lu_init(struct sim_lu *lu, struct rack *rack, struct sim_enclosure *e, unsigned port,
		    unsigned host)
{
	lu->rack = rack;
	lu->enclosure = e;
	lu->port = port;
	lu->host = host;
	lu->sg = lu->sd = lu->last_sd = -1;
	lu->delay_ms = e ? e->form.delay_ms : 0;
	list_init(&lu->queue);
	condition_init(&lu->turn);
	list_append(&rack->lus, &lu->link);
}

static void bay_wire(struct sim_bay *bay, const char *name, const unsigned hosts[SIM_PORTS])
{
	(void) snprintf(bay->name, sizeof(bay->name), "%s", name);
	for (unsigned port = 0; port < SIM_PORTS; port++)
		for (unsigned lun = 0; lun < SIM_LUNS; lun++) {
			struct sim_lu *lu = &bay->lu[lun][port];

			lu_init(lu, bay->rack, bay->enclosure, port, hosts[port]);
			lu->bay = bay;
			lu->lun = lun;
			lu->delay_ms = 0;
			(void) snprintf(lu->name, sizeof(lu->name), "%.40s%c%s", name,
					'a' + (int) port, lun ? ".1" : "");
		}
}

struct sim_enclosure *sim_enclosure_new(struct rack *rack, const char *name)
{
	struct sim_enclosure *e = sim_alloc(1, sizeof(*e));

	e->rack = rack;
	e->index = rack->n_enclosures++;
	(void) snprintf(e->name, sizeof(e->name), "%s", name);
	e->base = rack_base(rack, name);
	e->id = rack_address(e->base, SIM_KIND_ENCLOSURE, 0, 0, 0);
	e->generation = 1;
	for (unsigned i = 0; i < SIM_IOMS_MAX; i++) {
		lu_init(&e->iom[i], rack, e, i, 0);
		(void) snprintf(e->iom[i].name, sizeof(e->iom[i].name), "e%u%c", e->index,
				'a' + (int) i);
	}
	list_append(&rack->enclosures, &e->link);
	return e;
}

void sim_enclosure_wire(struct sim_enclosure *e)
{
	e->bays = sim_alloc(e->form.slots, sizeof(*e->bays));
	for (unsigned i = 0; i < SIM_IOMS_MAX; i++) {
		e->iom[i].host = e->form.hosts[i];
		e->iom[i].delay_ms = e->form.delay_ms;
	}
	for (unsigned i = 0; i < e->form.slots; i++) {
		char name[SIM_NAME_MAX];

		e->bays[i].rack = e->rack;
		e->bays[i].enclosure = e;
		e->bays[i].slot = i;
		(void) snprintf(name, sizeof(name), "e%us%02u", e->index, i);
		bay_wire(&e->bays[i], name, e->form.hosts);
	}
}

struct sim_socket *sim_socket_new(struct rack *rack, const char *name)
{
	struct sim_socket *socket = sim_alloc(1, sizeof(*socket));

	rack->n_loose++;
	socket->hosts[1] = 1;
	socket->bay.rack = rack;
	bay_wire(&socket->bay, name, socket->hosts);
	list_append(&rack->loose, &socket->link);
	return socket;
}

struct sim_disk *sim_disk_new(struct sim_bay *bay)
{
	const struct sim_enclosure *e = bay->enclosure;
	struct sim_disk *disk = sim_alloc(1, sizeof(*disk));
	uint64_t base = e	    ? e->base
			: bay->last ? bay->last->id & ~0xfffffULL
				    : rack_base(bay->rack, bay->name);

	disk->sata = bay->sata_bay;
	disk->ports = e && e->form.dual_path ? 2 : 1;
	disk->luns = 1;
	disk->bytes = e ? e->form.disk_bytes : 4000787030016ULL;
	disk->rotation = e ? e->form.disk_rotation : 7200;
	(void) snprintf(disk->vendor, sizeof(disk->vendor), "%s",
			disk->sata ? "ATA"
			: e	   ? e->form.disk_vendor
				   : "SIM");
	(void) snprintf(disk->product, sizeof(disk->product), "%s",
			e ? e->form.disk_product : "DISK");
	(void) snprintf(disk->revision, sizeof(disk->revision), "%s",
			e ? e->form.disk_revision : "0001");
	disk->id = rack_address(base, SIM_KIND_DISK, bay->slot, bay->model, 0);
	(void) snprintf(disk->serial, sizeof(disk->serial), "SIM%04X%03u%X",
			(unsigned) (base >> 20 & 0xffff), bay->slot, bay->model & 15);
	bay->model++;
	list_append(&bay->rack->disks, &disk->link);
	return disk;
}

/* ---- finding -------------------------------------------------------------------- */

struct sim_lu *rack_find(struct rack *rack, const char *name)
{
	struct sim_lu *lu;

	LIST_FOREACH (lu, &rack->lus, link)
		if (!strcmp(lu->name, name))
			return lu;
	return NULL;
}

struct sim_enclosure *rack_enclosure(struct rack *rack, const char *name)
{
	struct sim_enclosure *e;
	char number[16];

	LIST_FOREACH (e, &rack->enclosures, link) {
		(void) snprintf(number, sizeof(number), "%u", e->index);
		if (!strcmp(number, name) || !strcmp(e->name, name))
			return e;
	}
	return NULL;
}

static bool sd_number(const char *name, unsigned *ret)
{
	unsigned n = 0;

	if (!*name)
		return false;
	for (; *name >= 'a' && *name <= 'z'; name++) {
		n = n * 26 + (unsigned) (*name - 'a' + 1);
		if (n > SIM_NODES_MAX)
			return false;
	}
	*ret = n - 1;
	return !*name && n > 0;
}

char *sim_sd_name(char *dst, size_t size, int number)
{
	char letters[8];
	unsigned n = (unsigned) number + 1, i = sizeof(letters);

	letters[--i] = '\0';
	for (; n && i; n = (n - 1) / 26)
		letters[--i] = (char) ('a' + (n - 1) % 26);
	(void) snprintf(dst, size, "sd%s", letters + i);
	return dst;
}

struct sim_lu *rack_find_node(struct rack *rack, const char *node)
{
	unsigned n;
	char end;

	if (strncmp(node, "/dev/", 5))
		return NULL;
	node += 5;
	if (sscanf(node, "sg%u%c", &n, &end) == 1 && n < SIM_NODES_MAX)
		return rack->sg[n];
	if (!strncmp(node, "sd", 2) && sd_number(node + 2, &n) && n < SIM_NODES_MAX)
		return rack->sd[n];
	return NULL;
}

struct sim_lu *rack_find_address(struct rack *rack, unsigned host, unsigned channel,
				 unsigned target, uint64_t lun)
{
	struct sim_lu *lu;

	if (host >= SIM_HOSTS_MAX || channel || target >= rack->hosts[host].n_targets)
		return NULL;
	lu = rack->hosts[host].targets[target];
	if (lun && lu)
		lu = lun < SIM_LUNS && lu->bay ? &lu->bay->lu[lun][lu->port] : NULL;
	return lu && lu->plugged ? lu : NULL;
}

struct sim_lu *rack_find_syspath(struct rack *rack, const char *syspath)
{
	const char *slash = strrchr(syspath, '/');
	unsigned host, channel, target;
	uint64_t lun;
	char end;

	if (!slash ||
	    sscanf(slash + 1, "%u:%u:%u:%" SCNu64 "%c", &host, &channel, &target, &lun, &end) != 4)
		return NULL;
	return rack_find_address(rack, host, channel, target, lun);
}

char *sim_lu_syspath(const struct sim_lu *lu)
{
	return sim_format("/sys/devices/simulated/host%u/target%u:0:%u/%u:0:%u:%u", lu->host,
			  lu->host, lu->target, lu->host, lu->target, lu->lun);
}
