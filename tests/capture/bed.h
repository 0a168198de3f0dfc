/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulator as the enclosure that is captured, behind a transport that sees to it
 * that nothing but reading is done, and that can give an order at a chosen command.
 */
#pragma once

#include <check.h>

#include "capture/pages.h"
#include "scsi/transport.h"
#include "sim/sim.h"

struct bed {
	struct transport transport; /* first: execute() comes back from a device */
	struct sim *sim;
	unsigned n_commands;	   /* RECEIVE DIAGNOSTIC RESULTS so far */
	unsigned every;		   /* before each so manieth of them, */
	const char *order;	   /* this is done to the enclosure */
	unsigned pages_asked[256]; /* how often */
	struct capture capture;
	struct outcome outcome;
};

/* text: a description, or what vdsd-capture wrote. */
struct bed *bed_new(const char *text);
struct bed *bed_file(const char *path);
struct bed *bed_free(struct bed *bed);
void bed_order(struct bed *bed, const char *order);
/* Captures the device of that name (e0a, e0s00a), with three tries and next to no pause. */
int bed_read(struct bed *bed, const char *name);
/* The printed capture, to be freed. */
char *bed_print(const struct capture *capture);
/* What sg_ses says of a page of a printed capture, to be freed. */
char *bed_sg_ses(const char *text, const char *page);

int bed_main(const char *name, const TTest *const *tests, size_t n);
