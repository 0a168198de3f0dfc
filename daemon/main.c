/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdsd: options, and the hardware for manager.c.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/log.h"
#include "discovery/discovery.h"
#include "drive/kernel.h"
#include "manager.h"
#include "scsi/transport.h"

#ifndef VDSD_SYSCONFDIR
#define VDSD_SYSCONFDIR "/etc"
#endif

const char *argp_program_version = "vdsd " VDSD_VERSION;

enum vdsd_option {
	OPTION_ADDRESS = 256,
	OPTION_CONFIG,
	OPTION_STATE,
	OPTION_DEBUG,
};

static const struct argp_option options[] = {
	{ "address", OPTION_ADDRESS, "ADDRESS", 0, "Bus to be on, instead of the system bus", 0 },
	{ "config", OPTION_CONFIG, "FILE", 0,
	  "Settings, instead of " VDSD_SYSCONFDIR "/vdsd/vdsd.conf", 0 },
	{ "state-directory", OPTION_STATE, "DIR", 0,
	  "What must survive a restart, instead of $STATE_DIRECTORY or /var/lib/vdsd", 0 },
	{ "debug", OPTION_DEBUG, NULL, 0, "Say more", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

struct arguments {
	const char *address, *config, *state;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case OPTION_ADDRESS:
		arguments->address = argument;
		return 0;
	case OPTION_CONFIG:
		arguments->config = argument;
		return 0;
	case OPTION_STATE:
		arguments->state = argument;
		return 0;
	case OPTION_DEBUG:
		log_set_level(LOG_DEBUG);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no arguments are taken", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse,
	NULL,	 "Finds SCSI enclosures and disks, and offers their maintenance on D-Bus.",
	NULL,	 NULL,
	NULL,
};

int main(int argc, char **argv)
{
	/* Wherever it was installed: as udev and systemd do, so that a build fits any prefix. */
	static const char *const quirks[] = { "/usr/share/vdsd/quirks.d",
					      "/usr/local/share/vdsd/quirks.d",
					      VDSD_SYSCONFDIR "/vdsd/quirks.d", NULL };
	const char *from_systemd = getenv("STATE_DIRECTORY");
	struct arguments arguments = { .config = VDSD_SYSCONFDIR "/vdsd/vdsd.conf",
				       .state = from_systemd ? from_systemd : "/var/lib/vdsd" };
	struct manager_parameters parameters = { .settings = SETTINGS_DEFAULT };
	int r;

	r = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (r != 0)
		return EXIT_FAILURE;
	r = settings_load(arguments.config, &parameters.settings);
	if (r < 0)
		log_warning("%s cannot be read, the defaults apply: %s", arguments.config,
			    strerror(-r));
	r = sd_event_default(&parameters.event);
	if (r >= 0)
		r = discovery_udev_new(&parameters.discovery);
	if (r >= 0) {
		parameters.transport = scsi_sgutils();
		parameters.kernel = kernel_linux();
		parameters.address = arguments.address;
		parameters.state_directory = arguments.state;
		parameters.quirk_directories = quirks;
		r = manager_run(&parameters);
	}
	if (r < 0)
		log_error("vdsd ends: %s", strerror(-r));
	if (parameters.discovery)
		parameters.discovery->free(parameters.discovery);
	sd_event_unref(parameters.event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
