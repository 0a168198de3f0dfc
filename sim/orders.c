/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a line to the function that does it.
 */
#include "sim/orders.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/control.h"

const char order_help[] =
	"log [clear]              all commands seen, one per line\n"
	"state [E]                every element of enclosure E (default: all)\n"
	"disks                    every disk: power state, counters, use\n"
	"lus                      names, addresses, nodes and kernel states of all devices\n"
	"count                    commands of every device, and how many failed\n"
	"fail N [MATCH] [sense=05/24/00 | status=08 | transport | lost]\n"
	"                         fail the next N commands (-1: all until ok); lost: done, but no\n"
	"                         answer\n"
	"hang [N] [MATCH]         never answer (until unhang)\n"
	"busy [N] [MATCH]         page 09h instead of the next N pages asked for\n"
	"    MATCH: op=1c (hex; default 1c for sense and status; any) page=02 lu=e0a\n"
	"ok                       forget fail and busy rules\n"
	"unhang                   forget hang rules, answer what was held\n"
	"delay MS [lu=e0a | lu=*] per command; default: all enclosure processes\n"
	"spin MS                  a disk takes so long to start\n"
	"ua ASC/ASCQ [lu=e0a] [n=N]  pending unit attentions\n"
	"gen [E]                  next generation code\n"
	"gen-at N [E] [shape=S] [op=1c] [page=0a]  right before the Nth next such command;\n"
	"                         usually SEND DIAGNOSTIC\n"
	"shape E S                other type descriptors, next generation code; S: last (slots\n"
	"                         behind the others), first, reverse (bays), more (an element)\n"
	"late MS                  until page 0Ah shows a disk inserted from now on\n"
	"settle MS                until page 02h shows what was requested\n"
	"dead [E:]SLOT [on|off] [lu=e0a]  ident and fault do not light there, or not through\n"
	"                         that IOM\n"
	"clearlamps [E]           no request is left, as after a reset; 29/00\n"
	"elem [E:]TYPE:I HEX8     set an element's status (type in hex)\n"
	"patch E PAGE OFFSET HEX  change bytes of a page as sent\n"
	"cut E PAGE LENGTH        send a page cut short\n"
	"lie E PAGE LENGTH        another PAGE LENGTH in a page\n"
	"page E PAGE as PAGE2     the wrong page\n"
	"unpatch E                undo these four\n"
	"pull [E:]SLOT            take a disk out\n"
	"insert [E:]SLOT [new | from=[E:]SLOT]  put it back, or another one\n"
	"detach LU [all], attach LU [all]  one device, such as e0b or e0s03a; all: of an IOM,\n"
	"                         with every path through it\n"
	"power E off|on           a whole enclosure\n"
	"use [E:]SLOT[.1] [mode=open|hidden] TEXT   somebody uses the disk: TEXT; open: only for\n"
	"                         writing; hidden: nobody can see who\n"
	"unuse [E:]SLOT[.1]\n"
	"kstate LU [STATE]        the kernel's state of a device\n"
	"events hold|release      what the kernel says of coming and going, late\n"
	"sync                     wait until all plugging is done\n"
	"quit                     end the simulator\n"
	"    E: number or name of an enclosure; SLOT: also the name of a loose disk\n";

bool order_wrong(struct order *o, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(o->error, o->error_size, format, ap);
	va_end(ap);
	return false;
}

const char *order_value(const struct order *o, const char *key)
{
	size_t n = strlen(key);

	for (int i = 1; i < o->n; i++)
		if (!strncmp(o->words[i], key, n) && o->words[i][n] == '=')
			return o->words[i] + n + 1;
	return NULL;
}

struct sim_enclosure *order_enclosure(struct order *o, const char *word)
{
	struct sim_enclosure *e = rack_enclosure(o->rack, word);

	if (!e)
		(void) order_wrong(o, "no such enclosure");
	return e;
}

struct sim_lu *order_lu(struct order *o, const char *word)
{
	struct sim_lu *lu = rack_find(o->rack, word);

	if (!lu)
		(void) order_wrong(o, "no such device");
	return lu;
}

bool order_number(struct order *o, const char *word, unsigned base, unsigned limit, unsigned *ret)
{
	unsigned long n;
	char *end;

	n = strtoul(word, &end, (int) base);
	if (end == word || *end || *word == '-' || n > limit)
		return order_wrong(o, "%s: a number up to %u", word, limit);
	*ret = (unsigned) n;
	return true;
}

struct sim_bay *order_bay(struct order *o, const char *word, unsigned *lun)
{
	char name[SIM_NAME_MAX + 8];
	struct sim_socket *socket;
	struct sim_enclosure *e;
	char *colon, *point;
	unsigned slot = 0;

	(void) snprintf(name, sizeof(name), "%s", word);
	point = strrchr(name, '.');
	if (lun) {
		*lun = point && !strcmp(point, ".1");
		if (*lun)
			*point = '\0';
	}
	LIST_FOREACH (socket, &o->rack->loose, link)
		if (!strcmp(socket->bay.name, name))
			return &socket->bay;
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	e = rack_enclosure(o->rack, colon ? name : "0");
	if (!e || !order_number(o, colon ? colon + 1 : name, 10, SIM_SLOTS_MAX, &slot) ||
	    slot >= e->form.slots) {
		(void) order_wrong(o, "no such slot");
		return NULL;
	}
	return &e->bays[slot];
}

unsigned order_bytes(const char *hex, uint8_t *ret, unsigned max)
{
	unsigned n = 0, byte;
	int used;

	for (; *hex; hex += used) {
		if (n == max || sscanf(hex, "%2x%n", &byte, &used) != 1 || used != 2)
			return 0;
		ret[n++] = (uint8_t) byte;
	}
	return n;
}

static const struct order_entry *find(const struct order_entry *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* Carries out what the words say. */
static bool run(struct order *o)
{
	const struct order_entry *entry;
	bool done;

	if (!o->n)
		return order_wrong(o, "nothing to do; see help");
	if (!strcmp(o->words[0], "help")) {
		fputs(order_help, o->out);
		return true;
	}
	if (!strcmp(o->words[0], "sync"))
		return true;
	if (!strcmp(o->words[0], "quit")) {
		o->quit = true;
		return true;
	}
	entry = find(order_rules, o->words[0]);
	if (!entry)
		entry = find(order_shows, o->words[0]);
	if (!entry)
		entry = find(order_plugs, o->words[0]);
	if (!entry || o->n - 1 < entry->least)
		return order_wrong(o, "unknown or incomplete: %s; see help", o->words[0]);
	rack_lock(o->rack);
	done = entry->run(o);
	rack_unlock(o->rack);
	return done;
}

char *rack_order(struct rack *rack, const char *line, bool *quit, char *error, size_t n)
{
	char copy[ORDER_LINE_MAX], *words[ORDER_WORDS_MAX], *save = NULL, *text = NULL;
	struct order o = { .rack = rack, .words = words, .error = error, .error_size = n };
	size_t size = 0;
	bool done;

	if (strlen(line) >= sizeof(copy)) {
		(void) order_wrong(&o, "the line is too long");
		return NULL;
	}
	(void) snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " \t\n", &save); w && o.n < ORDER_WORDS_MAX;
	     w = strtok_r(NULL, " \t\n", &save))
		words[o.n++] = w;
	o.out = open_memstream(&text, &size);
	if (!o.out)
		abort();
	done = run(&o);
	(void) fclose(o.out);
	if (!done) {
		free(text);
		return NULL;
	}
	*quit = o.quit;
	return text;
}
