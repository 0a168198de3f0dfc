/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages, to the journal when stderr is connected to it, else to stderr.
 *
 * A function logs or returns, not both: ses/ and scsi/ return; enclosure/ and
 * up log a failure once, where it is decided not to pass it on.
 */
#pragma once

#include <syslog.h>

#include "base/macro.h"

/* Messages above this level are dropped; LOG_INFO by default.  Loop thread. */
void log_set_level(int level);

void log_message(int level, const char *format, ...) _printf_(2, 3);

#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_message(LOG_ERR, __VA_ARGS__)
