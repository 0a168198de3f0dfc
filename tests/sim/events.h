/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A simulator whose discovery is listened to: what was reported, as text.
 */
#pragma once

#include "base/macro.h"
#include "tests/sim/harness.h"

typedef struct sd_event sd_event;

#define EVENTS_MAX 64U

struct events {
	struct sim *sim;
	sd_event *event;
	char *events[EVENTS_MAX]; /* "+ 0:0:1:0 /dev/sda", "- 0:0:1:0" */
	unsigned n;
};

/* Starts to listen; what is there at first has been reported when it returns. */
void events_setup(struct events *b, const char *description);
void events_teardown(struct events *b);
void events_forget(struct events *b);
/* Runs what is pending on the loop, compares and forgets. */
void events_expect(struct events *b, const char *const *events, unsigned n);
#define expect_events(b, ...)                                                                      \
	events_expect(b, (const char *const[]){ __VA_ARGS__ },                                     \
		      ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))
/* The last part of a syspath. */
const char *events_address(const char *syspath);
