/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a description of a rack (sim/README.md has the keys).
 *
 * libinih hands over neither line numbers nor empty sections; the reader
 * given to it counts, so that every complaint is "file:line: reason".
 */
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "sim/describe.h"

#define LINE_LIMIT 190 /* libinih cuts longer lines silently */
#define EMPTY "the section is empty"

struct reader {
	FILE *file;
	int line;
	int header; /* line of a section without a key so far, 0 = none */
	int bad_line;
	const char *reason;
};

static char *stop(struct reader *r, int line, const char *reason)
{
	r->bad_line = line;
	r->reason = reason;
	return NULL;
}

/* What ini_parse_stream() calls in place of fgets(). */
static char *read_line(char *buffer, int size, void *userdata)
{
	struct reader *r = userdata;
	char *line = fgets(buffer, size, r->file);

	if (!line)
		return NULL;
	r->line++;
	if (strlen(line) > LINE_LIMIT)
		return stop(r, r->line, "the line is too long");
	if (*line == '[') {
		if (r->header)
			return stop(r, r->header, EMPTY);
		r->header = r->line;
	}
	return line;
}

struct describing {
	struct description *description;
	struct reader reader;
	int bad_line;
	char reason[200];
};

static int complain(struct describing *d, int line, const char *reason)
{
	if (!d->bad_line) {
		d->bad_line = line;
		(void) snprintf(d->reason, sizeof(d->reason), "%s", reason);
	}
	return 0;
}

static struct section *section_of(struct describing *d, const char *name)
{
	struct description *all = d->description;
	char kind[16], title[SIM_NAME_MAX], rest;
	struct section *s;

	for (unsigned i = 0; i < all->n; i++)
		if (!strcmp(all->sections[i]->title, name))
			return all->sections[i];
	if (sscanf(name, "%15s %40[A-Za-z0-9._-]%c", kind, title, &rest) != 2 ||
	    (strcmp(kind, "enclosure") != 0 && strcmp(kind, "disk") != 0)) {
		(void) complain(d, d->reader.line,
				"a section is [enclosure NAME] or [disk NAME]; "
				"NAME is of letters, digits and ._-, 40 at most");
		return NULL;
	}
	if (all->n == SECTIONS_MAX) {
		(void) complain(d, d->reader.line, "too many sections");
		return NULL;
	}
	s = section_new(kind[0] == 'd', title, name, d->reader.line);
	all->sections[all->n++] = s;
	return s;
}

static int on_key(void *userdata, const char *section, const char *key, const char *value)
{
	struct describing *d = userdata;
	char reason[160] = "";
	struct section *s;

	d->reader.header = 0;
	if (d->bad_line)
		return 0;
	s = section_of(d, section);
	if (!s)
		return 0;
	s->line = d->reader.line;
	if (!section_key(s, key, value, reason, sizeof(reason)))
		return complain(d, d->reader.line, reason);
	return 1;
}

static void description_free(struct description *d)
{
	for (unsigned i = 0; i < d->n; i++)
		section_free(d->sections[i]);
	free(d);
}

static int parse(const char *file, struct describing *d, char *error, size_t size)
{
	int r;

	d->reader.file = fopen(file, "re");
	if (!d->reader.file) {
		r = -errno;
		(void) snprintf(error, size, "%s: %s", file, strerror(-r));
		return r;
	}
	r = ini_parse_stream(read_line, &d->reader, on_key, d);
	(void) fclose(d->reader.file);
	if (d->reader.bad_line)
		(void) complain(d, d->reader.bad_line, d->reader.reason);
	else if (d->reader.header && r <= 0)
		(void) complain(d, d->reader.header, EMPTY);
	if (r > 0 && (!d->bad_line || r < d->bad_line)) {
		d->bad_line = r;
		(void) snprintf(d->reason, sizeof(d->reason), "not 'key = value' or '[section]'");
	}
	if (!d->bad_line)
		return 0;
	(void) snprintf(error, size, "%s:%d: %s", file, d->bad_line, d->reason);
	return -EINVAL;
}

int rack_describe(const char *file, struct rack *rack, char *error, size_t size)
{
	struct describing d = { .description = sim_alloc(1, sizeof(struct description)) };
	int line = 0, r;

	r = parse(file, &d, error, size);
	if (r == 0) {
		rack_lock(rack);
		r = description_build(d.description, rack, &line, d.reason, sizeof(d.reason));
		rack_unlock(rack);
		if (r < 0)
			(void) snprintf(error, size, "%s:%d: %s", file, line, d.reason);
	}
	description_free(d.description);
	return r;
}
