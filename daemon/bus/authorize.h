/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * May this caller do that (dbus-api.md section 9)?
 *
 * Whoever gets past the policy of the bus (dbus/org.vdsd1.conf: root only, for what changes
 * anything) may.  The question is asked where the contract has it: after arguments and
 * existence, before support and state.
 */
#pragma once

#include <systemd/sd-bus.h>

struct face;

enum action {
	ACTION_LOCATE,
	ACTION_INDICATE,
	ACTION_POWER,
	ACTION_SET_STATUS,
	ACTION_RESCAN,
};

/* 1: go on.  0: asked; return 1 from the handler, which runs again from the top with the
 * answer.  Negative: refused, the error is filled in.  operation is a word for people. */
int bus_authorize(const struct face *face, sd_bus_message *m, enum action action,
		  const char *operation, sd_bus_error *error);
