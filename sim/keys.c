/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of a description file, in one table each for enclosures and disks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/text.h"
#include "sim/describe.h"

enum value {
	V_TEXT,	  /* into a char array of limit + 1 */
	V_STRING, /* into a char *, limit characters */
	V_NUMBER, /* unsigned, from low to limit */
	V_BOOL,
	V_CHOICE, /* int-sized enum, index of words */
	V_SLOTS,  /* list into bool[SIM_SLOTS_MAX] */
	V_HEX64,
	V_BYTES, /* "4T" into uint64_t */
	V_OWN,	 /* has a function */
};

struct key {
	const char *name;
	enum value value;
	size_t offset;
	unsigned low, limit;
	const char *words; /* of a choice, with blanks between */
	bool (*own)(struct section *s, const char *value);
	const char *hint;
};

/* ---- lists ------------------------------------------------------------------------- */

/* "0-3,7": calls for each number. */
static bool each_number(const char *s, unsigned limit, unsigned *highest,
			bool set[static SIM_SLOTS_MAX])
{
	while (*(s += strspn(s, " ,"))) {
		unsigned from, to;
		int used = 0;

		if (sscanf(s, "%4u%n", &from, &used) != 1)
			return false;
		s += used;
		to = from;
		if (*s == '-') {
			if (sscanf(s, "-%4u%n", &to, &used) != 1)
				return false;
			s += used;
		}
		if (from > to || to >= limit || (*s && !strchr(" ,", *s)))
			return false;
		for (unsigned i = from; i <= to; i++)
			set[i] = true;
		if (to + 1 > *highest)
			*highest = to + 1;
	}
	return true;
}

static bool key_disks(struct section *s, const char *value)
{
	unsigned n;
	char rest;

	memset(s->filled, 0, sizeof(s->filled));
	s->disks = DISKS_LIST;
	if (!strcmp(value, "all"))
		s->disks = DISKS_ALL;
	else if (!strcmp(value, "none"))
		s->disks = DISKS_NONE;
	else if (sscanf(value, "%4u%c", &n, &rest) == 1) { /* a count */
		if (n > SIM_SLOTS_MAX)
			return false;
		for (unsigned i = 0; i < n; i++)
			s->filled[i] = true;
		if (n > s->highest)
			s->highest = n;
	} else {
		return each_number(value, SIM_SLOTS_MAX, &s->highest, s->filled);
	}
	return true;
}

static bool key_numbers(struct section *s, const char *value)
{
	struct sim_form *f = &s->form;
	unsigned n;
	char rest;

	f->first_number = 0;
	s->n_numbers = 0;
	if (!strcmp(value, "none")) {
		f->numbers = SIM_NUMBERS_NONE;
		return true;
	}
	if (sscanf(value, "restart %3u%c", &f->first_number, &rest) == 1 ||
	    !strcmp(value, "restart")) {
		f->numbers = SIM_NUMBERS_RESTART;
		return f->first_number < 255;
	}
	if (sscanf(value, "from %3u%c", &f->first_number, &rest) == 1) {
		f->numbers = SIM_NUMBERS_FROM;
		return f->first_number < 255;
	}
	f->numbers = SIM_NUMBERS_LIST;
	memset(f->number, 0xff, sizeof(f->number));
	for (char *end; *(value += strspn(value, " ,")); value = end) {
		n = (unsigned) strtoul(value, &end, 10);
		if (end == value || n > 255 || s->n_numbers == SIM_SLOTS_MAX)
			return false;
		f->number[s->n_numbers++] = (uint8_t) n;
	}
	return s->n_numbers > 0;
}

static bool key_slot_type(struct section *s, const char *value)
{
	bool array = !strcmp(value, "array"), device = !strcmp(value, "device");

	if (!array && !device && strcmp(value, "mixed") != 0)
		return false;
	s->form.slot_types[0] = device ? 0x01 : 0x17;
	s->form.slot_types[1] = array ? 0x17 : 0x01;
	return true;
}

static bool key_hosts(struct section *s, const char *value)
{
	unsigned n = 0;

	for (char *end; *(value += strspn(value, " ,")); value = end) {
		unsigned long host = strtoul(value, &end, 10);

		if (end == value || host >= SIM_HOSTS_MAX || n == SIM_IOMS_MAX)
			return false;
		s->form.hosts[n++] = (unsigned) host;
	}
	s->hosts_given = true;
	return n > 0;
}

static bool key_missing(struct section *s, const char *value)
{
	for (char *end; *(value += strspn(value, " ,")); value = end) {
		unsigned long page = strtoul(value, &end, 16);

		if (end == value || page > 0x3f)
			return false;
		s->form.missing_pages |= 1ULL << page;
	}
	return true;
}

static bool key_iom_addresses(struct section *s, const char *value)
{
	char word[32];
	int used;

	for (unsigned n = 0; sscanf(value, " %31[^ ,]%n", word, &used) == 1; n++) {
		if (n == SIM_IOMS_MAX || !text_parse_hex64(word, &s->iom_address[n]))
			return false;
		value += used + (int) strspn(value + used, " ,");
	}
	return !*value;
}

static bool key_id(struct section *s, const char *value)
{
	s->have_id = true;
	return text_parse_hex64(value, &s->id);
}

static bool key_in(struct section *s, const char *value)
{
	char rest;

	return sscanf(value, "%47[^: ]:%3d%c", s->where, &s->slot, &rest) == 2 && s->slot >= 0 &&
	       s->slot < (int) SIM_SLOTS_MAX;
}

static bool key_disk_sata(struct section *s, const char *value)
{
	s->sata_given = true;
	s->like.sata = !strcmp(value, "yes");
	return s->like.sata || !strcmp(value, "no");
}

static bool parse_bytes(const char *value, uint64_t *ret)
{
	unsigned long long n;
	char *end;

	n = strtoull(value, &end, 10);
	if (end == value)
		return false;
	for (const char *unit = "KMGT"; *end && *unit; unit++) {
		n *= 1000;
		if (*end == *unit && !end[1]) {
			end++;
			break;
		}
	}
	*ret = n & ~511ULL;
	return !*end && n >= 512 && n < 1ULL << 60;
}

/* ---- tables ------------------------------------------------------------------------- */

#define FORM(member) offsetof(struct section, form.member)
#define HERE(member) offsetof(struct section, member)
#define LIKE(member) offsetof(struct section, like.member)

static const struct key enclosure_keys[] = {
	{ "vendor", V_TEXT, FORM(vendor), 0, 8, 0, 0, 0 },
	{ "product", V_TEXT, FORM(product), 0, 16, 0, 0, 0 },
	{ "revision", V_TEXT, FORM(revision), 0, 4, 0, 0, 0 },
	{ "logical-id", V_OWN, 0, 0, 0, 0, key_id, "16 hex digits" },
	{ "nickname", V_TEXT, HERE(nickname), 0, 32, 0, 0, 0 },
	{ "slots", V_NUMBER, FORM(slots), 0, SIM_SLOTS_MAX, 0, 0, 0 },
	{ "disks", V_OWN, 0, 0, 0, 0, key_disks, "all, none, a count or a list such as 0-3,7" },
	{ "ioms", V_NUMBER, FORM(ioms), 1, SIM_IOMS_MAX, 0, 0, 0 },
	{ "iom-addresses", V_OWN, 0, 0, 0, 0, key_iom_addresses, "hex addresses" },
	{ "hosts", V_OWN, 0, 0, 0, 0, key_hosts, "the host number of each IOM" },
	{ "dual-path", V_BOOL, FORM(dual_path), 0, 0, 0, 0, 0 },
	{ "split-bays", V_BOOL, FORM(split_bays), 0, 0, 0, 0, 0 },
	{ "both-phys", V_BOOL, FORM(both_phys), 0, 0, 0, 0, 0 },
	{ "slot-type", V_OWN, 0, 0, 0, 0, key_slot_type, "array, device or mixed" },
	{ "slot-names", V_STRING, FORM(slot_names), 0, 160, 0, 0, 0 },
	{ "slot-numbers", V_OWN, 0, 0, 0, 0, key_numbers,
	  "from N, none, restart [N] or a list; numbers up to 255" },
	{ "slot-headers", V_NUMBER, FORM(slot_headers), 1, 16, 0, 0, 0 },
	{ "slots-last", V_BOOL, FORM(slots_last), 0, 0, 0, 0, 0 },
	{ "subenclosures", V_NUMBER, FORM(subenclosures), 1, SIM_SUBENCLOSURES_MAX, 0, 0, 0 },
	{ "elements", V_STRING, HERE(elements), 0, 180, 0, 0, 0 },
	{ "overall-names", V_BOOL, FORM(overall_names), 0, 0, 0, 0, 0 },
	{ "eiioe", V_NUMBER, FORM(eiioe), 0, 3, 0, 0, 0 },
	{ "eip", V_BOOL, FORM(eip), 0, 0, 0, 0, 0 },
	{ "element-index", V_CHOICE, FORM(index), 0, 0, "standard overall aes zero areca", 0, 0 },
	{ "empty-bays", V_CHOICE, FORM(empty), 0, 0, "zero invalid stale sparse", 0, 0 },
	{ "optional-0a", V_BOOL, FORM(optional_aes), 0, 0, 0, 0, 0 },
	{ "missing-pages", V_OWN, 0, 0, 0, 0, key_missing, "page codes in hex" },
	{ "short-status-only", V_BOOL, FORM(short_only), 0, 0, 0, 0, 0 },
	{ "generation", V_NUMBER, HERE(generation), 0, 0xffffffff, 0, 0, 0 },
	{ "generation-fixed", V_BOOL, FORM(generation_fixed), 0, 0, 0, 0, 0 },
	{ "stale-control", V_CHOICE, FORM(stale), 0, 0, "sense invop silent", 0, 0 },
	{ "encserv", V_BOOL, FORM(encserv), 0, 0, 0, 0, 0 },
	{ "power-needs-all", V_BOOL, FORM(power_all), 0, 0, 0, 0, 0 },
	{ "sata", V_SLOTS, HERE(sata), 0, 0, 0, 0, 0 },
	{ "dual-actuator", V_SLOTS, HERE(dual), 0, 0, 0, 0, 0 },
	{ "nvme", V_SLOTS, HERE(nvme), 0, 0, 0, 0, 0 },
	{ "dead-bays", V_SLOTS, HERE(dead), 0, 0, 0, 0, 0 },
	{ "disk-vendor", V_TEXT, FORM(disk_vendor), 0, 8, 0, 0, 0 },
	{ "disk-product", V_TEXT, FORM(disk_product), 0, 16, 0, 0, 0 },
	{ "disk-revision", V_TEXT, FORM(disk_revision), 0, 4, 0, 0, 0 },
	{ "disk-size", V_BYTES, FORM(disk_bytes), 0, 0, 0, 0, 0 },
	{ "disk-rotation", V_NUMBER, FORM(disk_rotation), 0, 65535, 0, 0, 0 },
	{ "delay-ms", V_NUMBER, FORM(delay_ms), 0, 3600000, 0, 0, 0 },
	{ "late-address-ms", V_NUMBER, FORM(late_ms), 0, 3600000, 0, 0, 0 },
	{ "settle-ms", V_NUMBER, FORM(settle_ms), 0, 3600000, 0, 0, 0 },
};

static const struct key disk_keys[] = {
	{ "in", V_OWN, 0, 0, 0, 0, key_in, "ENCLOSURE:SLOT" },
	{ "vendor", V_TEXT, LIKE(vendor), 0, 8, 0, 0, 0 },
	{ "product", V_TEXT, LIKE(product), 0, 16, 0, 0, 0 },
	{ "revision", V_TEXT, LIKE(revision), 0, 4, 0, 0, 0 },
	{ "serial", V_TEXT, LIKE(serial), 0, 20, 0, 0, 0 },
	{ "wwn", V_HEX64, LIKE(id), 0, 0, 0, 0, 0 },
	{ "size", V_BYTES, LIKE(bytes), 0, 0, 0, 0, 0 },
	{ "rotation", V_NUMBER, LIKE(rotation), 0, 65535, 0, 0, 0 },
	{ "ports", V_NUMBER, LIKE(ports), 1, SIM_PORTS, 0, 0, 0 },
	{ "luns", V_NUMBER, LIKE(luns), 1, SIM_LUNS, 0, 0, 0 },
	{ "sata", V_OWN, 0, 0, 0, 0, key_disk_sata, "yes or no" },
	{ "bus", V_CHOICE, LIKE(bus), 0, 0, "sas ahci usb fc iscsi", 0, 0 },
};

/* ---- reading one ---------------------------------------------------------------------- */

static bool choose(const char *words, const char *value, int *ret)
{
	size_t n = strlen(value);
	int i = 0;

	for (const char *w = words; w && n; i++) {
		if (!strncmp(w, value, n) && (w[n] == ' ' || !w[n])) {
			*ret = i;
			return true;
		}
		w = strchr(w, ' ');
		w = w ? w + 1 : NULL;
	}
	return false;
}

static bool read_value(const struct key *k, struct section *s, const char *value, char *reason,
		       size_t size)
{
	void *to = (char *) s + k->offset;
	unsigned long long n;
	char *end, *copy;

	switch (k->value) {
	case V_TEXT:
		(void) snprintf(reason, size, "%s: at most %u characters", k->name, k->limit);
		if (strlen(value) > k->limit)
			return false;
		memcpy(to, value, strlen(value) + 1);
		return true;
	case V_STRING:
		(void) snprintf(reason, size, "%s: at most %u characters", k->name, k->limit);
		if (strlen(value) > k->limit)
			return false;
		copy = sim_copy(value);
		free(*(char **) to);
		*(char **) to = copy;
		return true;
	case V_NUMBER:
		(void) snprintf(reason, size, "%s: %u to %u", k->name, k->low, k->limit);
		n = strtoull(value, &end, 0);
		if (end == value || *end || *value == '-' || n < k->low || n > k->limit)
			return false;
		*(unsigned *) to = (unsigned) n;
		return true;
	case V_BOOL:
		(void) snprintf(reason, size, "%s: yes or no", k->name);
		*(bool *) to = !strcmp(value, "yes");
		return *(bool *) to || !strcmp(value, "no");
	case V_CHOICE:
		(void) snprintf(reason, size, "%s: one of %s", k->name, k->words);
		return choose(k->words, value, to);
	case V_SLOTS:
		(void) snprintf(reason, size, "%s: a list of slots such as 0-3,7", k->name);
		return each_number(value, SIM_SLOTS_MAX, &s->highest, to);
	case V_HEX64:
		(void) snprintf(reason, size, "%s: 16 hex digits", k->name);
		return text_parse_hex64(value, to);
	case V_BYTES:
		(void) snprintf(reason, size, "%s: bytes, or with K, M, G, T", k->name);
		return parse_bytes(value, to);
	case V_OWN:
		(void) snprintf(reason, size, "%s: %s", k->name, k->hint);
		return k->own(s, value);
	}
	return false;
}

bool section_key(struct section *s, const char *key, const char *value, char *reason, size_t size)
{
	const struct key *keys = s->disk ? disk_keys : enclosure_keys;
	size_t n = s->disk ? ARRAY_SIZE(disk_keys) : ARRAY_SIZE(enclosure_keys);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(keys[i].name, key))
			return read_value(&keys[i], s, value, reason, size);
	(void) snprintf(reason, size, "%s has no key '%s'", s->disk ? "a disk" : "an enclosure",
			key);
	return false;
}

struct section *section_new(bool disk, const char *name, const char *title, int line)
{
	struct section *s = sim_alloc(1, sizeof(*s));
	struct sim_form *f = &s->form;

	s->disk = disk;
	s->line = line;
	(void) snprintf(s->name, sizeof(s->name), "%s", name);
	(void) snprintf(s->title, sizeof(s->title), "%s", title);
	s->generation = 1;
	memcpy(f->vendor, "SIM", 4);
	memcpy(f->product, "JBOD", 5);
	memcpy(f->revision, "0001", 5);
	memcpy(f->disk_vendor, "SIM", 4);
	memcpy(f->disk_product, "DISK", 5);
	memcpy(f->disk_revision, "0001", 5);
	f->disk_bytes = 4000787030016ULL;
	f->disk_rotation = 7200;
	f->slots = 12;
	f->ioms = f->subenclosures = f->slot_headers = 1;
	f->slot_types[0] = f->slot_types[1] = 0x17;
	f->eip = f->optional_aes = f->overall_names = f->encserv = true;
	f->slot_names = sim_copy("Slot {n:02}");
	return s;
}

void section_free(struct section *s)
{
	free(s->form.slot_names);
	free(s->elements);
	free(s);
}
