/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rack out of a few lines, commands to it as bytes, and sg_ses as the judge of
 * what comes back.
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scsi/transport.h"
#include "sim/sim.h"

/* description: the text of a file.  Aborts the test when it is refused. */
struct sim *harness_sim(const char *description);
struct sim *harness_file(const char *path);
/* The reason why it is refused, without the file's name; "" = it is not.  Static. */
const char *harness_refused(const char *description);

/* Runs an order; the test fails if it is refused.  Freed with the next one. */
const char *harness_order(struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* True: refused. */
bool harness_order_fails(struct sim *sim, const char *order);

/* Opens by the simulator's name: e0a, e0s03a. */
struct scsi_device *harness_open(struct sim *sim, const char *name);
/* One command; cdb as hex. */
struct scsi_result harness_command(struct sim *sim, struct scsi_device *device, const char *cdb,
				   uint8_t *in, const uint8_t *out, size_t n, unsigned timeout_s);
/* RECEIVE DIAGNOSTIC; the bytes received, 0 = refused. */
size_t harness_page(struct sim *sim, struct scsi_device *device, uint8_t page, uint8_t *buffer,
		    size_t size);
struct scsi_result harness_send(struct sim *sim, struct scsi_device *device, const uint8_t *page,
				size_t n);

/* The output of sg_ses OPTIONS over these pages (codes, 0-terminated), to be freed. */
char *harness_sg_ses(struct sim *sim, struct scsi_device *device, const char *pages,
		     const char *options);

/* Page 02h with nothing selected, ready to be sent: its length. */
size_t harness_control(struct sim *sim, struct scsi_device *device, uint8_t *buffer, size_t size);

/* The simulator's node for a name: "/dev/sg0".  Static. */
const char *harness_node(struct sim *sim, const char *name);

/* How often needle is in text. */
unsigned harness_count(const char *text, const char *needle);

/* One suite of one case, which has 30 s for each test.  Returns main()'s value. */
int harness_main(const char *name, const TTest *const *tests, size_t n);
#define HARNESS_MAIN(name, ...)                                                                    \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *const tests[] = { __VA_ARGS__ };                                      \
                                                                                                   \
		return harness_main(name, tests, sizeof(tests) / sizeof(tests[0]));                \
	}
