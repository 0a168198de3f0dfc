/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon says of its interfaces is what dbus/org.vdsd1.xml says: members,
 * argument names and types, and which properties announce their changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bus/harness.h"

#define MEMBERS_MAX 64U
#define TEXT_MAX 65536U

static char *xml;

static void read_xml(void)
{
	FILE *f = fopen("dbus/org.vdsd1.xml", "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	xml = calloc(1, TEXT_MAX);
	ck_assert_ptr_nonnull(xml);
	n = fread(xml, 1, TEXT_MAX - 1, f);
	ck_assert_uint_lt(n, TEXT_MAX - 1);
	(void) fclose(f);
}

/* Each member as one line of its tags without blanks and comments, sorted. */
struct members {
	char *lines[MEMBERS_MAX];
	unsigned n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static bool opens(const char *tag, const char *name)
{
	return strncmp(tag, name, strlen(name)) == 0;
}

/* from: behind "<interface ...>". */
static void parse(const char *from, struct members *ret)
{
	const char *end = strstr(from, "</interface>"), *tag = from, *close;
	char line[2048] = "";
	bool within = false;

	ck_assert_ptr_nonnull(end);
	ret->n = 0;
	while ((tag = strchr(tag, '<')) && tag < end) {
		if (opens(tag, "<!--")) {
			tag = strstr(tag, "-->");
			ck_assert_ptr_nonnull(tag);
			continue;
		}
		close = strchr(tag, '>');
		ck_assert_ptr_nonnull(close);
		(void) snprintf(line + strlen(line), sizeof(line) - strlen(line), "%.*s ",
				(int) (close - tag - (close[-1] == '/')), tag);
		if (opens(tag, "<method") || opens(tag, "<signal") || opens(tag, "<property"))
			within = close[-1] != '/';
		else if (opens(tag, "</") && !opens(tag, "</annotation"))
			within = false;
		tag = close;
		if (within)
			continue;
		/* An empty element may be written with or without an end tag. */
		close = strstr(line, "</");
		if (close)
			line[close - line] = '\0';
		ck_assert_uint_lt(ret->n, MEMBERS_MAX);
		ret->lines[ret->n++] = strdup(line);
		line[0] = '\0';
	}
	qsort(ret->lines, ret->n, sizeof(*ret->lines), by_text);
}

static void forget(struct members *members)
{
	for (unsigned i = 0; i < members->n; i++)
		free(members->lines[i]);
}

static const char *interface_in(const char *text, const char *name)
{
	char tag[128];
	const char *at;

	(void) snprintf(tag, sizeof(tag), "<interface name=\"%s\">", name);
	at = strstr(text, tag);
	return at ? at + strlen(tag) : NULL;
}

static void compare(const char *path, const char *interface)
{
	static char seen[TEXT_MAX];
	struct members documented, shown_members;
	const char *text, *at;

	ck_assert_int_gt(sd_bus_message_read(call(path, "org.freedesktop.DBus.Introspectable",
						  "Introspect", NULL),
					     "s", &text),
			 0);
	(void) snprintf(seen, sizeof(seen), "%s", text);
	at = interface_in(seen, interface);
	ck_assert_msg(at, "%s has no %s", path, interface);
	parse(at, &shown_members);
	at = interface_in(xml, interface);
	ck_assert_msg(at, "%s is not documented", interface);
	parse(at, &documented);
	for (unsigned i = 0; i < documented.n && i < shown_members.n; i++)
		ck_assert_str_eq(shown_members.lines[i], documented.lines[i]);
	ck_assert_uint_eq(shown_members.n, documented.n);
	ck_assert_uint_gt(documented.n, 1);
	forget(&shown_members);
	forget(&documented);
}

START_TEST(interfaces_are_as_documented)
{
	const char *drive;

	read_xml();
	harness_start("2u-24.conf", NULL);
	drive = get_path(slot(0), SLOT, "Drive");
	call(ROOT, PROVIDER, "Refresh", NULL);

	compare(ROOT, PROVIDER);
	compare(subsystem(), SUBSYSTEM);
	compare(subsystem(), MAINTENANCE);
	compare(slot(0), SLOT);
	compare(below("element/ps_0"), ELEMENT);
	compare(drive, DRIVE);
	compare(get_strings(drive, DRIVE, "Luns")[0], LUN);
	compare(ROOT "/async/1", ASYNC);

	compare(controllers()[0], CONTROLLER);
	free(xml);
}
END_TEST

static bool has_maintenance(const char *path)
{
	const char *text;

	ck_assert_int_gt(sd_bus_message_read(call(path, "org.freedesktop.DBus.Introspectable",
						  "Introspect", NULL),
					     "s", &text),
			 0);
	return interface_in(text, MAINTENANCE);
}

/* Only where there is a lamp or an alarm. */
START_TEST(elements_with_maintenance)
{
	harness_start_text("[enclosure a]\nslots = 2\nelements = ps=1 aa=1 esc=1 ior=1 enc=1\n",
			   NULL);
	ck_assert(has_maintenance(below("element/aa_0")));
	ck_assert(has_maintenance(below("element/ps_0")));
	ck_assert(has_maintenance(below("element/enc_0")));
	ck_assert(!has_maintenance(below("element/ior_0")));
	ck_assert_str_eq(call_error(below("element/ior_0"), MAINTENANCE, "StartMaintenance", "u",
				    BLINK_LIGHT),
			 "org.freedesktop.DBus.Error.UnknownMethod");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bus/introspection");
	TCase *tc = harness_case("introspection");

	tcase_add_test(tc, interfaces_are_as_documented);
	tcase_add_test(tc, elements_with_maintenance);
	suite_add_tcase(s, tc);
	return harness_main(s);
}
