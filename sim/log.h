/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every command that any device saw, for tests to count and compare.  With the
 * rack's lock held.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "sim/command.h"

#define SIM_LOG_MAX 50000U /* entries; the oldest go */

struct sim_log;

struct sim_log *sim_log_new(uint64_t started);
struct sim_log *sim_log_free(struct sim_log *log);
/* The number is good for one sim_log_end(). */
uint64_t sim_log_begin(struct sim_log *log, const struct sim_command *c);
/* ending, unless NULL, is said in place of a status: "timeout", "transport", "gone". */
void sim_log_end(struct sim_log *log, uint64_t number, const struct sim_command *c,
		 const char *ending);
void sim_log_clear(struct sim_log *log);
void sim_log_print(const struct sim_log *log, FILE *out);
