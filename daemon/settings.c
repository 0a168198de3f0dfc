/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdsd.conf: a few numbers in [vdsd].  A line that is not right is said and left
 * out: a daemon that finds dead disks does not stay down for a typing error.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "manager.h"

static const struct {
	const char *key;
	size_t offset;
	unsigned low, high;
} keys[] = {
	{ "PollSeconds", offsetof(struct settings, poll_seconds), 0, 86400 },
	{ "PulseHalfPeriodMs", offsetof(struct settings, pulse_half_period_ms), 50, 60000 },
	{ "SettleMs", offsetof(struct settings, settle_ms), 1, 10000 },
	{ "CommandTimeoutSeconds", offsetof(struct settings, command_timeout_s), 1, 60 },
	{ "ReadyCheckSeconds", offsetof(struct settings, ready_check_seconds), 0, 86400 },
	{ "Threads", offsetof(struct settings, threads_max), 2, 256 },
};

struct load {
	struct settings *settings;
	const char *path;
};

static int on_key(void *userdata, const char *section, const char *key, const char *value)
{
	struct load *load = userdata;
	unsigned long number;
	char *end;

	if (strcasecmp(section, "vdsd") != 0) {
		log_warning("%s: [%s] is not known; only [vdsd] is", load->path, section);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcasecmp(key, keys[i].key) != 0)
			continue;
		errno = 0;
		number = strtoul(value, &end, 10);
		if (errno || end == value || *end || value[0] == '-' || number < keys[i].low ||
		    number > keys[i].high) {
			log_warning("%s: %s=%s is left out; it is a number from %u to %u",
				    load->path, key, value, keys[i].low, keys[i].high);
			return 1;
		}
		*(unsigned *) ((char *) load->settings + keys[i].offset) = (unsigned) number;
		return 1;
	}
	log_warning("%s: %s is not known and left out", load->path, key);
	return 1;
}

int settings_load(const char *path, struct settings *settings)
{
	struct load load = { .settings = settings, .path = path };
	int line;

	if (access(path, R_OK) < 0)
		return errno == ENOENT ? 0 : -errno;
	line = ini_parse(path, on_key, &load);
	if (line < 0)
		return -EIO;
	if (line > 0)
		log_warning("%s:%d: this is neither KEY=VALUE nor [SECTION] and is left out", path,
			    line);
	return 0;
}
