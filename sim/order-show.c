/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Orders that only look.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/log.h"
#include "sim/orders.h"
#include "sim/page.h"

static bool run_log(struct order *o)
{
	if (o->n > 1 && !strcmp(o->words[1], "clear"))
		sim_log_clear(o->rack->log);
	else if (o->n > 1)
		return order_wrong(o, "log [clear]");
	else
		sim_log_print(o->rack->log, o->out);
	return true;
}

static void show_slot(const struct sim_element *element, FILE *out)
{
	const uint8_t *s = element->status, *c = element->control;

	fprintf(out,
		" ident=%d fault=%d remove=%d insert=%d active=%d missing=%d dnr=%d off=%d"
		" prdfail=%d swap=%d array=%02x disk=%s",
		!!(s[2] & 0x02), !!(s[3] & 0x20), !!(s[2] & 0x04), !!(s[2] & 0x08), !!(c[2] & 0x80),
		!!(c[2] & 0x10), !!(s[2] & 0x40), !!(s[3] & 0x10), !!(s[0] & 0x40), !!(s[0] & 0x10),
		s[1], sim_bay_power_text(element->bay, -1));
}

static void show_element(const struct sim_enclosure *e, const struct sim_type *type, unsigned i,
			 FILE *out)
{
	const struct sim_element *element = &type->elements[i];
	const uint8_t *s = element->status;
	char name[SIM_TEXT_MAX];
	size_t n = sim_element_name(e, type, i, name);

	fprintf(out, "e%u %02x:%u code=%d", e->index, type->code, type->base + i - 1, s[0] & 15);
	if (element->bay)
		show_slot(element, out);
	else if (type->code == T_POWER || type->code == T_COOLING)
		fprintf(out, " ident=%d fail=%d on=%d", !!(s[1] & 0x80), !!(s[3] & 0x40),
			!!(s[3] & 0x20));
	else if (type->code == T_ALARM)
		fprintf(out, " ident=%d fail=%d muted=%d remind=%d tone=%d", !!(s[1] & 0x80),
			!!(s[1] & 0x40), !!(s[3] & 0x40), !!(s[3] & 0x10), s[3] & 15);
	else if (type->code == T_ENCLOSURE)
		fprintf(out, " ident=%d failure=%d warning=%d", !!(s[1] & 0x80), !!(s[3] & 2),
			!!(s[3] & 1));
	else
		fprintf(out, " ident=%d fail=%d", !!(s[1] & 0x80), !!(s[1] & 0x40));
	fprintf(out, " status=%02x%02x%02x%02x name=\"", s[0], s[1], s[2], s[3]);
	for (size_t k = 0; k < n; k++)
		fputc(isprint((unsigned char) name[k]) ? name[k] : '.', out);
	fputs("\"\n", out);
}

static void show_enclosure(const struct sim_enclosure *e, FILE *out)
{
	fprintf(out, "enclosure %u id=%016" PRIx64 " nickname=\"%.32s\" generation=%u name=%s%s\n",
		e->index, e->id, (const char *) e->nickname[0], e->generation, e->name,
		e->powered_off ? " off" : "");
	for (unsigned t = 0; t < e->n_types; t++)
		for (unsigned i = 1; i <= e->types[t].count; i++)
			show_element(e, &e->types[t], i, out);
}

static bool run_state(struct order *o)
{
	struct sim_enclosure *only = NULL, *e;

	if (o->n > 1 && !(only = order_enclosure(o, o->words[1])))
		return false;
	LIST_FOREACH (e, &o->rack->enclosures, link)
		if (!only || only == e)
			show_enclosure(e, o->out);
	return true;
}

static void show_disk(const struct sim_bay *bay, const char *name, FILE *out)
{
	const struct sim_disk *disk = bay->disk;

	if (!disk) {
		fprintf(out, "%s none\n", name);
		return;
	}
	for (unsigned lun = 0; lun < disk->luns; lun++) {
		const struct sim_unit *u = &disk->unit[lun];

		fprintf(out,
			"%s%s %s lu=%016" PRIx64 " syncs=%u starts=%u stops=%u other=%u "
			"forbidden=%u serial=%s%s",
			name, lun ? ".1" : "", sim_bay_power_text(bay, (int) lun),
			disk->id + 4 * lun, u->syncs, u->starts, u->stops, u->others, u->forbidden,
			disk->serial, disk->sata ? " sata" : "");
		if (u->user)
			fprintf(out, " user=\"%s\"", u->user);
		fputc('\n', out);
	}
}

static bool run_disks(struct order *o)
{
	struct sim_socket *socket;
	struct sim_enclosure *e;
	char name[32];

	LIST_FOREACH (e, &o->rack->enclosures, link)
		for (unsigned i = 0; i < e->form.slots; i++) {
			(void) snprintf(name, sizeof(name), "%u:%u", e->index, i);
			show_disk(&e->bays[i], name, o->out);
		}
	LIST_FOREACH (socket, &o->rack->loose, link)
		show_disk(&socket->bay, socket->bay.name, o->out);
	return true;
}

/* All paths that could be there. */
static bool listed(const struct sim_lu *lu)
{
	if (lu->bay)
		return sim_bay_port_used(lu->bay, lu->lun, lu->port);
	return lu->port < lu->enclosure->form.ioms;
}

static bool run_lus(struct order *o)
{
	struct sim_lu *lu;
	char sd[16];

	LIST_FOREACH (lu, &o->rack->lus, link) {
		if (!listed(lu))
			continue;
		fprintf(o->out,
			"%-7s %s port=%016" PRIx64 " id=%016" PRIx64 " enclosure=%016" PRIx64,
			lu->name,
			lu->attached  ? "attached"
			: lu->plugged ? "detached"
				      : "unplugged",
			sim_lu_address(lu), sim_lu_id(lu), lu->enclosure ? lu->enclosure->id : 0);
		if (lu->plugged)
			fprintf(o->out, " hctl=%u:0:%u:%u", lu->host, lu->target, lu->lun);
		if (lu->attached)
			fprintf(o->out, " sg=/dev/sg%d state=%s", lu->sg, lu->state);
		if (lu->sd >= 0)
			fprintf(o->out, " block=/dev/%s", sim_sd_name(sd, sizeof(sd), lu->sd));
		fprintf(o->out, "%s\n", lu->bay && lu->bay->disk->sata ? " sata" : "");
	}
	return true;
}

static bool run_count(struct order *o)
{
	unsigned long all = 0;
	struct sim_lu *lu;

	LIST_FOREACH (lu, &o->rack->lus, link) {
		all += lu->commands;
		if (lu->commands)
			fprintf(o->out, "%s commands=%lu failed=%lu\n", lu->name, lu->commands,
				lu->failures);
	}
	fprintf(o->out, "all commands=%lu\n", all);
	return true;
}

const struct order_entry order_shows[] = {
	{ "log", 0, run_log }, { "state", 0, run_state }, { "disks", 0, run_disks },
	{ "lus", 0, run_lus }, { "count", 0, run_count }, { NULL, 0, NULL },
};
