/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vdsd-capture: an enclosure as a file, so that a bug report is a test.  It stands
 * beside the daemon, not on it: it must work where the daemon does not.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "capture/mask.h"
#include "capture/pages.h"
#include "capture/print.h"

const char *argp_program_version = "vdsd-capture " VDSD_VERSION;

/* As in man/vdsd-capture.8. */
enum {
	EXIT_OUTPUT = 1,
	EXIT_NOT_SES = 2,
	EXIT_PERMISSION = 3,
	EXIT_BUSY = 4,
	EXIT_DEVICE = 5,
};

enum capture_option { OPTION_MASK = 256, OPTION_OUTPUT };

static const struct argp_option options[] = {
	{ "mask-serials", OPTION_MASK, NULL, 0, "Replace serial numbers and addresses", 0 },
	{ "output", OPTION_OUTPUT, "FILE", 0, "Write to FILE, instead of standard output", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

struct arguments {
	const char *node, *output;
	bool mask;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case OPTION_MASK:
		arguments->mask = true;
		return 0;
	case OPTION_OUTPUT:
		arguments->output = argument;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->node)
			argp_error(state, "one device at a time");
		arguments->node = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->node)
			argp_error(state, "which device? Such as /dev/sg3; lsscsi -g lists them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,  parse,
	"DEVICE", "Reads the diagnostic pages 00h to 0Fh of a SCSI enclosure into a text file.",
	NULL,	  NULL,
	NULL,
};

static int exit_status(int r)
{
	switch (r) {
	case 0:
		return EXIT_SUCCESS;
	case -EOPNOTSUPP:
		return EXIT_NOT_SES;
	case -EPERM:
	case -EACCES:
		return EXIT_PERMISSION;
	case -EBUSY:
	case -ESTALE:
		return EXIT_BUSY;
	default:
		return EXIT_DEVICE;
	}
}

/* For the owner alone: what is on a shelf is nobody else's business until it is published. */
static FILE *open_output(const char *name)
{
	int fd;

	if (!name)
		return stdout;
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int write_file(const struct capture *capture, const char *name)
{
	FILE *file = open_output(name);
	int r = file ? 0 : -errno;

	if (file) {
		r = capture_print(capture, time(NULL), file);
		if (file != stdout && fclose(file) != 0)
			r = -EIO;
	}
	if (r < 0)
		(void) fprintf(stderr, "vdsd-capture: %s: %s\n", name ? name : "standard output",
			       strerror(-r));
	return r < 0 ? EXIT_OUTPUT : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .node = NULL };
	struct capture capture;
	struct outcome outcome;
	int r;

	r = argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (r != 0)
		return EXIT_OUTPUT;
	r = capture_read(scsi_sgutils(), arguments.node, &capture_patience_usual, &capture,
			 &outcome);
	if (r == 0 && arguments.mask) {
		r = capture_mask(&capture);
		(void) outcome_set(&outcome, r, "out of memory");
	}
	if (r < 0)
		(void) fprintf(stderr, "vdsd-capture: %s\n", outcome.text);
	r = r < 0 ? exit_status(r) : write_file(&capture, arguments.output);
	capture_clear(&capture);
	return r;
}
