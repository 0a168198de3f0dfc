/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What simctl can ask for.  An order is one line; the words are separated by
 * blanks.  Grammar and output follow the lab's labctl, so that a test's steps
 * work on both.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "sim/rack.h"

#define ORDER_WORDS_MAX 32
#define ORDER_LINE_MAX 1024U

struct order {
	struct rack *rack;
	int n;
	char **words;
	FILE *out;
	char *error; /* what was wrong */
	size_t error_size;
	bool quit;
};

struct order_entry {
	const char *name;
	int least; /* words after the name */
	/* With the lock held.  False: o->error says why. */
	bool (*run)(struct order *o);
};

extern const struct order_entry order_rules[]; /* order-rules.c: what goes wrong */
extern const struct order_entry order_shows[]; /* order-show.c: what is */
extern const struct order_entry order_plugs[]; /* order-plug.c: hardware */
extern const char order_help[];

/* Sets the error; returns false. */
bool order_wrong(struct order *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The value of KEY=value, NULL = not given. */
const char *order_value(const struct order *o, const char *key);
/* These set the error when there is no such thing. */
struct sim_enclosure *order_enclosure(struct order *o, const char *word);
struct sim_bay *order_bay(struct order *o, const char *word, unsigned *lun);
struct sim_lu *order_lu(struct order *o, const char *word);
bool order_number(struct order *o, const char *word, unsigned base, unsigned limit, unsigned *ret);
/* Bytes in hex, at most max; 0 = none or nonsense. */
unsigned order_bytes(const char *hex, uint8_t *ret, unsigned max);
