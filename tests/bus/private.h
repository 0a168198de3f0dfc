/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files of the harness. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/* Remembers the signals that client gets. */
void harness_listen(sd_bus *client);
/* Takes in what has come, waiting so long for something. */
void harness_process(uint64_t usec);
bool harness_has_name(void);
/* Memory, and a copy of a string, until the process ends. */
void *harness_memory(size_t n);
const char *harness_keep(const char *s);
