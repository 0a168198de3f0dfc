/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdsd-sim: the daemon's own layers over simulated hardware.  Everything above
 * the three seams (transport, discovery, kernel) is what vdsd runs.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/log.h"
#include "manager.h"
#include "sim/sim.h"

const char *argp_program_version = "vdsd-sim " VDSD_VERSION;

enum sim_option {
	OPTION_SIMULATE = 256,
	OPTION_ADDRESS,
	OPTION_CONTROL,
	OPTION_STATE,
	OPTION_CONFIG,
	OPTION_QUIRKS,
	OPTION_DEBUG,
};

static const struct argp_option options[] = {
	{ "simulate", OPTION_SIMULATE, "FILE", 0,
	  "Description of the hardware (sim/samples/), or a capture of a real enclosure", 0 },
	{ "address", OPTION_ADDRESS, "ADDRESS", 0, "Bus to be on, instead of the system bus", 0 },
	{ "control", OPTION_CONTROL, "SOCKET", 0, "Where simctl finds it", 0 },
	{ "state-directory", OPTION_STATE, "DIR", 0,
	  "What must survive a restart; default: nothing does", 0 },
	{ "config", OPTION_CONFIG, "FILE", 0, "Settings as in vdsd.conf", 0 },
	{ "quirks", OPTION_QUIRKS, "DIR", 0, "Quirk files, instead of none", 0 },
	{ "debug", OPTION_DEBUG, NULL, 0, "Say more", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

struct arguments {
	const char *simulate, *address, *control, *state, *config, *quirks;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case OPTION_SIMULATE:
		arguments->simulate = argument;
		return 0;
	case OPTION_ADDRESS:
		arguments->address = argument;
		return 0;
	case OPTION_CONTROL:
		arguments->control = argument;
		return 0;
	case OPTION_STATE:
		arguments->state = argument;
		return 0;
	case OPTION_CONFIG:
		arguments->config = argument;
		return 0;
	case OPTION_QUIRKS:
		arguments->quirks = argument;
		return 0;
	case OPTION_DEBUG:
		log_set_level(LOG_DEBUG);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no arguments are taken", argument);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->simulate)
			argp_error(state, "--simulate FILE is needed; sim/samples/ has some");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, NULL, "The daemon vdsd on simulated enclosures: no hardware, no root.",
	NULL,	 NULL,	NULL,
};

static int run(const struct arguments *arguments, struct sim *sim, sd_event *event)
{
	const char *const quirks[] = { arguments->quirks, NULL };
	struct manager_parameters parameters = {
		.event = event,
		.transport = sim_transport(sim),
		.discovery = sim_discovery(sim),
		.kernel = sim_kernel(sim),
		.address = arguments->address,
		.state_directory = arguments->state,
		.quirk_directories = quirks,
		.settings = SETTINGS_DEFAULT,
	};
	int r;

	if (arguments->config) {
		r = settings_load(arguments->config, &parameters.settings);
		if (r < 0)
			return r;
	}
	if (arguments->control) {
		r = sim_listen(sim, event, arguments->control);
		if (r < 0)
			return r;
	}
	return manager_run(&parameters);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .simulate = NULL };
	struct sim *sim = NULL;
	sd_event *event = NULL;
	char error[256] = "";
	int r;

	if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
		return EXIT_FAILURE;
	r = sim_new(arguments.simulate, &sim, error, sizeof(error));
	if (r < 0) {
		log_error("%s", error[0] ? error : strerror(-r));
		return EXIT_FAILURE;
	}
	r = sd_event_default(&event);
	if (r >= 0)
		r = run(&arguments, sim, event);
	if (r < 0)
		log_error("vdsd-sim ends: %s", strerror(-r));
	sim_free(sim);
	sd_event_unref(event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
