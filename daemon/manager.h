/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place that owns everything and joins it.  The daemon and the
 * simulator differ only in what they hand over here: transport, discovery and
 * kernel.
 */
#pragma once

#include "enclosure/settings.h"

struct discovery;
struct kernel;
struct transport;
typedef struct sd_event sd_event;

struct manager_parameters {
	sd_event *event;
	struct transport *transport;
	struct discovery *discovery;
	struct kernel *kernel;
	const char *address;		      /* of the bus, NULL = the system bus */
	const char *state_directory;	      /* NULL = remember nothing */
	const char *const *quirk_directories; /* NULL-terminated, later ones override */
	struct settings settings;
};

/*
 * Runs until SIGTERM or SIGINT, or until the bus is lost.  Signals are
 * blocked by it.  0, or -errno (also of a lost bus).
 */
int manager_run(const struct manager_parameters *parameters);

/*
 * Reads vdsd.conf over *settings; a line that is not right is reported and left out.  A file that
 * is not there is fine; 0 or -errno.
 */
int settings_load(const char *path, struct settings *settings);
