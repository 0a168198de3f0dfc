/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quirks.d/NAME.conf: what cannot be found out by asking the enclosure, by vendor,
 * product and revision (shell patterns).  A bad file is reported with line and
 * reason and left out whole; the daemon starts.
 *
 *   [Match]
 *   Vendor=HGST
 *   Product=H4060-J*
 *
 *   [Quirk]
 *   ElementIndex=global          auto individual global additional position
 *   SlotOffset=-1                added to the reported numbers
 *   SlotOrder=reverse            forward reverse
 *   LabelPrefix=Bay              label is this and the reported number
 *   LabelBeforeComma=yes         "SLOT 039,SERIAL"
 *   Separate=yes                 never merge with another chassis of the same identifier
 *   SettleMs=1000                time for a request to show
 *   Owner=1:0-29 2:30-59         services process: slot positions
 *   IgnoreSensors=13 12:3        element types (hex), or one element of a type
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "enclosure/quirks.h"

#define QUIRK_FILES_MAX 1024U
#define QUIRK_SETTLE_MAX_MS 10000U

enum given {
	GIVEN_INDEX = 1 << 0,
	GIVEN_OFFSET = 1 << 1,
	GIVEN_ORDER = 1 << 2,
	GIVEN_PREFIX = 1 << 3,
	GIVEN_COMMA = 1 << 4,
	GIVEN_SEPARATE = 1 << 5,
	GIVEN_SETTLE = 1 << 6,
	GIVEN_OWNER = 1 << 7,
	GIVEN_IGNORE = 1 << 8,
};

struct entry {
	char vendor[64], product[64], revision[64]; /* patterns, "" = any */
	unsigned given;				    /* enum given */
	struct quirk quirk;
};

struct quirks {
	unsigned n;
	struct entry *entries;
};

/* ---- one file --------------------------------------------------------------------- */

struct parse {
	struct entry *entry;
	bool matched; /* a [Match] with at least one key was seen */
	const char *reason;
};

static bool parse_bool(const char *text, bool *ret)
{
	if (strcasecmp(text, "yes") == 0 || strcmp(text, "1") == 0 || strcasecmp(text, "true") == 0)
		*ret = true;
	else if (strcasecmp(text, "no") == 0 || strcmp(text, "0") == 0 ||
		 strcasecmp(text, "false") == 0)
		*ret = false;
	else
		return false;
	return true;
}

static bool parse_long(const char *text, int base, long low, long high, char **ret_end, long *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, base);
	if (end == text || errno || value < low || value > high || (!ret_end && *end))
		return false;
	if (ret_end)
		*ret_end = end;
	*ret = value;
	return true;
}

static bool parse_index(const char *text, enum ses_index_rule *ret)
{
	for (unsigned rule = SES_INDEX_AUTO; rule < SES_INDEX_MIXED; rule++)
		if (strcmp(text, ses_index_rule_name((enum ses_index_rule) rule)) == 0) {
			*ret = (enum ses_index_rule) rule;
			return true;
		}
	return false;
}

/* "1:0-29 2:30-59" */
static bool parse_owners(char *text, struct quirk *quirk)
{
	char *save = NULL, *end;
	long process, first, last;

	for (char *word = strtok_r(text, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (quirk->n_owners == QUIRK_OWNERS_MAX ||
		    !parse_long(word, 10, 0, 7, &end, &process) || *end != ':' ||
		    !parse_long(end + 1, 10, 0, 65535, &end, &first) || *end != '-' ||
		    !parse_long(end + 1, 10, first, 65535, &end, &last) || *end)
			return false;
		quirk->owners[quirk->n_owners].process = (uint8_t) process;
		quirk->owners[quirk->n_owners].first = (unsigned) first;
		quirk->owners[quirk->n_owners++].last = (unsigned) last;
	}
	return quirk->n_owners > 0;
}

/* "13 12:3" */
static bool parse_ignores(char *text, struct quirk *quirk)
{
	char *save = NULL, *end;
	long type, index;

	for (char *word = strtok_r(text, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		index = -1;
		if (quirk->n_ignores == QUIRK_IGNORES_MAX ||
		    !parse_long(word, 16, 0, 255, &end, &type) ||
		    (*end == ':' && !parse_long(end + 1, 10, 0, 255, &end, &index)) || *end)
			return false;
		quirk->ignores[quirk->n_ignores].type = (uint8_t) type;
		quirk->ignores[quirk->n_ignores++].index = (int) index;
	}
	return quirk->n_ignores > 0;
}

static const char *parse_match(struct parse *parse, const char *key, const char *value)
{
	char *to = strcasecmp(key, "Vendor") == 0     ? parse->entry->vendor
		   : strcasecmp(key, "Product") == 0  ? parse->entry->product
		   : strcasecmp(key, "Revision") == 0 ? parse->entry->revision
						      : NULL;

	if (!to)
		return "[Match] knows Vendor, Product and Revision";
	if (*value == '\0' || strlen(value) >= sizeof(parse->entry->vendor))
		return "a pattern has 1 to 63 bytes";
	(void) snprintf(to, sizeof(parse->entry->vendor), "%s", value);
	parse->matched = true;
	return NULL;
}

static const char *parse_quirk(struct entry *e, const char *key, const char *value)
{
	struct quirk *quirk = &e->quirk;
	char text[256];
	long number;

	(void) snprintf(text, sizeof(text), "%s", value);
	if (strcasecmp(key, "ElementIndex") == 0) {
		e->given |= GIVEN_INDEX;
		return parse_index(value, &quirk->index_rule)
			       ? NULL
			       : "ElementIndex is auto, individual, global, additional or position";
	}
	if (strcasecmp(key, "SlotOffset") == 0) {
		e->given |= GIVEN_OFFSET;
		if (!parse_long(value, 10, -255, 255, NULL, &number))
			return "SlotOffset is a number from -255 to 255";
		quirk->slot_offset = (int) number;
		return NULL;
	}
	if (strcasecmp(key, "SlotOrder") == 0) {
		e->given |= GIVEN_ORDER;
		quirk->slot_reverse = strcmp(value, "reverse") == 0;
		return quirk->slot_reverse || strcmp(value, "forward") == 0
			       ? NULL
			       : "SlotOrder is forward or reverse";
	}
	if (strcasecmp(key, "LabelPrefix") == 0) {
		e->given |= GIVEN_PREFIX;
		if (*value == '\0' || strlen(value) >= sizeof(quirk->label_prefix) ||
		    strcmp(text_clean(text, sizeof(text), value, strlen(value)), value) != 0)
			return "LabelPrefix has 1 to 63 bytes of UTF-8 text";
		(void) snprintf(quirk->label_prefix, sizeof(quirk->label_prefix), "%s", value);
		return NULL;
	}
	if (strcasecmp(key, "LabelBeforeComma") == 0) {
		e->given |= GIVEN_COMMA;
		return parse_bool(value, &quirk->label_before_comma)
			       ? NULL
			       : "LabelBeforeComma is yes or no";
	}
	if (strcasecmp(key, "Separate") == 0) {
		e->given |= GIVEN_SEPARATE;
		return parse_bool(value, &quirk->separate) ? NULL : "Separate is yes or no";
	}
	if (strcasecmp(key, "SettleMs") == 0) {
		e->given |= GIVEN_SETTLE;
		if (!parse_long(value, 10, 1, QUIRK_SETTLE_MAX_MS, NULL, &number))
			return "SettleMs is a number from 1 to 10000";
		quirk->settle_ms = (unsigned) number;
		return NULL;
	}
	if (strcasecmp(key, "Owner") == 0) {
		e->given |= GIVEN_OWNER;
		return parse_owners(text, quirk) ? NULL
						 : "Owner is PROCESS:FIRST-LAST, at most 8 of them";
	}
	if (strcasecmp(key, "IgnoreSensors") == 0) {
		e->given |= GIVEN_IGNORE;
		return parse_ignores(text, quirk)
			       ? NULL
			       : "IgnoreSensors is TYPE or TYPE:INDEX, at most 16 of them";
	}
	return "[Quirk] does not know this key";
}

static int on_key(void *userdata, const char *section, const char *key, const char *value)
{
	struct parse *parse = userdata;
	const char *reason;

	if (strcmp(section, "Match") == 0)
		reason = parse_match(parse, key, value);
	else if (strcmp(section, "Quirk") == 0)
		reason = parse_quirk(parse->entry, key, value);
	else
		reason = "the sections are [Match] and [Quirk]";
	if (reason && !parse->reason)
		parse->reason = reason;
	return reason == NULL;
}

static bool load_file(const char *path, const char *name, struct entry *entry)
{
	struct parse parse = { .entry = entry };
	int line;

	*entry = (struct entry){ .given = 0 };
	line = ini_parse(path, on_key, &parse);
	if (line < 0) {
		log_warning("%s cannot be read and is left out", path);
		return false;
	}
	if (line > 0) {
		log_warning("%s:%d: %s; the file is left out", path, line,
			    parse.reason ? parse.reason
					 : "this is neither KEY=VALUE nor [SECTION]");
		return false;
	}
	if (!parse.matched) {
		log_warning("%s: no [Match] with Vendor, Product or Revision; the file is left out",
			    path);
		return false;
	}
	(void) snprintf(entry->quirk.name, sizeof(entry->quirk.name), "%s", name);
	return true;
}

/* ---- all files ---------------------------------------------------------------------- */

struct found {
	char name[256];
	char path[4096];
};

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A file of a later directory takes the place of one of the same name. */
static void note_file(struct found *found, unsigned *n, const char *directory, const char *name)
{
	unsigned i;

	for (i = 0; i < *n; i++)
		if (strcmp(found[i].name, name) == 0)
			break;
	if (i == *n && *n == QUIRK_FILES_MAX) {
		log_warning("More than %u quirk files: %s/%s is left out", QUIRK_FILES_MAX,
			    directory, name);
		return;
	}
	(void) snprintf(found[i].name, sizeof(found[i].name), "%s", name);
	(void) snprintf(found[i].path, sizeof(found[i].path), "%s/%s", directory, name);
	*n += i == *n;
}

static void note_directory(struct found *found, unsigned *n, const char *directory)
{
	struct dirent *file;
	DIR *dir;

	dir = opendir(directory);
	if (!dir) {
		if (errno != ENOENT)
			log_warning("%s cannot be read: %s", directory, strerror(errno));
		return;
	}
	while ((file = readdir(dir))) {
		size_t length = strlen(file->d_name);

		if (file->d_name[0] != '.' && length > 5 &&
		    strcmp(file->d_name + length - 5, ".conf") == 0)
			note_file(found, n, directory, file->d_name);
	}
	(void) closedir(dir);
}

int quirks_load(const char *const *directories, struct quirks **ret)
{
	_cleanup_free_ struct found *found = calloc(QUIRK_FILES_MAX, sizeof(*found));
	struct quirks *quirks = calloc(1, sizeof(*quirks));
	unsigned n = 0;

	if (quirks)
		quirks->entries = calloc(QUIRK_FILES_MAX, sizeof(*quirks->entries));
	if (!found || !quirks || !quirks->entries) {
		quirks_free(quirks);
		return -ENOMEM;
	}
	for (; *directories; directories++)
		note_directory(found, &n, *directories);
	qsort(found, n, sizeof(*found), compare_found);
	for (unsigned i = 0; i < n; i++)
		if (load_file(found[i].path, found[i].name, &quirks->entries[quirks->n]))
			quirks->n++;
	*ret = quirks;
	return 0;
}

struct quirks *quirks_free(struct quirks *quirks)
{
	if (quirks) {
		free(quirks->entries);
		free(quirks);
	}
	return NULL;
}

/* ---- matching ------------------------------------------------------------------------- */

static bool fits(const char *pattern, const char *text)
{
	return pattern[0] == '\0' || fnmatch(pattern, text, 0) == 0;
}

static void merge(struct quirk *to, const struct entry *e)
{
	const struct quirk *from = &e->quirk;

	if (e->given & GIVEN_INDEX)
		to->index_rule = from->index_rule;
	if (e->given & GIVEN_OFFSET)
		to->slot_offset = from->slot_offset;
	if (e->given & GIVEN_ORDER)
		to->slot_reverse = from->slot_reverse;
	if (e->given & GIVEN_PREFIX)
		memcpy(to->label_prefix, from->label_prefix, sizeof(to->label_prefix));
	if (e->given & GIVEN_COMMA)
		to->label_before_comma = from->label_before_comma;
	if (e->given & GIVEN_SEPARATE)
		to->separate = from->separate;
	if (e->given & GIVEN_SETTLE)
		to->settle_ms = from->settle_ms;
	if (e->given & GIVEN_OWNER) {
		to->n_owners = from->n_owners;
		memcpy(to->owners, from->owners, sizeof(to->owners));
	}
	if (e->given & GIVEN_IGNORE) {
		to->n_ignores = from->n_ignores;
		memcpy(to->ignores, from->ignores, sizeof(to->ignores));
	}
	memcpy(to->name, from->name, sizeof(to->name));
}

void quirks_match(const struct quirks *quirks, const char *vendor, const char *product,
		  const char *revision, struct quirk *ret)
{
	*ret = (struct quirk){ .index_rule = SES_INDEX_AUTO };
	for (unsigned i = 0; quirks && i < quirks->n; i++) {
		const struct entry *e = &quirks->entries[i];

		if (fits(e->vendor, vendor) && fits(e->product, product) &&
		    fits(e->revision, revision))
			merge(ret, e);
	}
}
