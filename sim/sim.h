/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A simulated rack for the daemon: the three seams to hardware and kernel, and a
 * control socket.  Loop thread, except that transport and kernel are for workers.
 */
#pragma once

#include <stddef.h>

typedef struct sd_event sd_event;
struct discovery;
struct kernel;
struct rack;
struct sim;
struct transport;

/* file: a description (sim/README.md) or a capture.  0, or -errno and "file:line: reason". */
int sim_new(const char *file, struct sim **ret, char *error, size_t n);
/* After everything that uses the seams has ended.  NULL is fine.  Returns NULL; where a thread was
 * left behind in a command, sim: no orders are taken any more, its memory stays for that thread. */
struct sim *sim_free(struct sim *sim);

/* The sim's own, and gone with it; the discovery's free() only makes it stop. */
struct transport *sim_transport(struct sim *sim);
struct discovery *sim_discovery(struct sim *sim);
struct kernel *sim_kernel(struct sim *sim);
struct rack *sim_rack(struct sim *sim);

/* Takes orders (see simctl) at a unix socket at which nobody else listens; it is removed by
 * sim_free(). 0 or -errno. */
int sim_listen(struct sim *sim, sd_event *event, const char *socket_path);

/* Carries one order out as the socket would.  Returns what it printed, to be freed; NULL and
 * error when it is refused.  Loop thread. */
char *sim_order(struct sim *sim, const char *line, char *error, size_t n);
