/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control socket: a stream, one order per connection, the answer, the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONTROL_CLIENTS_MAX 64U

typedef struct sd_event sd_event;
struct control;
struct rack;

/* 0 or -errno. */
int control_new(struct rack *rack, sd_event *event, const char *path, struct control **ret);
struct control *control_free(struct control *control);

/* orders.c.  The answer, to be freed; NULL and error when the order is refused. */
char *rack_order(struct rack *rack, const char *line, bool *quit, char *error, size_t n);
