/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages from tests/fixtures, in the format that `sg_ses --inhex` reads, so that
 * somebody else's decoder can be asked who is right: hex digits, comments only
 * at the start of a line, an empty line before each page.
 */
#pragma once

#include <check.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_PAGES_MAX 16U
#define FIXTURE_PAGE_MAX 8192U

struct fixture_page {
	size_t n;
	uint8_t bytes[FIXTURE_PAGE_MAX];
};

struct fixture {
	unsigned n;
	struct fixture_page pages[FIXTURE_PAGES_MAX];
};

static inline void fixture_line(struct fixture *f, const char *line, int *begins)
{
	const char *s = line + strspn(line, " \t\r\n");

	if (*s == '\0') {
		*begins = 1;
		return;
	}
	if (*s == '#')
		return;
	if (*begins) {
		ck_assert_uint_lt(f->n, FIXTURE_PAGES_MAX);
		f->n++;
		*begins = 0;
	}
	while (*s) {
		struct fixture_page *page = &f->pages[f->n - 1];
		char *end;
		unsigned long byte = strtoul(s, &end, 16);

		ck_assert_msg(end != s && byte < 256 && page->n < FIXTURE_PAGE_MAX, "line: %s",
			      line);
		page->bytes[page->n++] = (uint8_t) byte;
		s = end + strspn(end, " \t\r\n");
	}
}

/* name below tests/fixtures; the tests run in the root of the tree. */
static inline struct fixture *fixture_load(const char *name)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[256], line[512];
	int begins = 1;
	FILE *file;

	ck_assert_ptr_nonnull(f);
	(void) snprintf(path, sizeof(path), "tests/fixtures/%s", name);
	file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s", path);
	while (fgets(line, sizeof(line), file))
		fixture_line(f, line, &begins);
	(void) fclose(file);
	ck_assert_uint_gt(f->n, 0);
	return f;
}

/* The page of that code; a fixture has it, or the test is wrong. */
static inline const struct fixture_page *fixture_page(const struct fixture *f, uint8_t code)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->pages[i].bytes[0] == code)
			return &f->pages[i];
	ck_abort_msg("no page %02x", code);
	return NULL;
}
