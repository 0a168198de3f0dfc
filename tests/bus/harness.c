/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each test is a process with a bus and a daemon of its own; both die with it.
 * The directory of a test that failed stays, with what the daemon said.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bus/harness.h"
#include "tests/bus/private.h"

#define PATH_SIZE 512U
#define OUTPUT_SIZE (4U << 20)

static struct {
	char directory[64], address[PATH_SIZE];
	char description[PATH_SIZE], config[PATH_SIZE];
	pid_t bus, daemon;
	sd_bus *client;
} h;

uint64_t harness_deadline(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000U + (uint64_t) now.tv_nsec / 1000U +
	       HARNESS_SECONDS * 1000000ULL;
}

static uint64_t left(uint64_t deadline)
{
	uint64_t now = harness_deadline() - HARNESS_SECONDS * 1000000ULL;

	return now < deadline ? deadline - now : 0;
}

void harness_wait_more(uint64_t deadline, const char *what)
{
	if (left(deadline) == 0)
		ck_abort_msg("waited in vain for %s", what);
	harness_process(10000); /* a signal ends it earlier */
}

/* ---- processes ----------------------------------------------------------------------- */

static const char *program(const char *name)
{
	static char path[PATH_SIZE];
	const char *build = getenv("VDSD_BUILD");

	(void) snprintf(path, sizeof(path), "%s/%s", build ? build : "build", name);
	return path;
}

/* What it says goes to a file beside the bus, which is there to be read when the test fails. */
static pid_t spawn(char *const argv[], int out)
{
	char path[PATH_SIZE];
	pid_t pid = fork();
	int log;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void) snprintf(path, sizeof(path), "%s/log", h.directory);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log >= 0)
		(void) dup2(log, STDERR_FILENO);
	if (out >= 0)
		(void) dup2(out, STDOUT_FILENO);
	(void) execvp(argv[0], argv);
	(void) fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Everything is allowed; or what a system bus allows, and what dbus/org.vdsd1.conf adds. */
static const char anything[] =
	"<allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>"
	"<allow receive_sender=\"*\"/></policy>";
static const char as_installed[] =
	"<allow user=\"*\"/><deny own=\"*\"/><deny send_type=\"method_call\"/>"
	"<allow send_type=\"signal\"/>"
	"<allow send_requested_reply=\"true\" send_type=\"method_return\"/>"
	"<allow send_requested_reply=\"true\" send_type=\"error\"/>"
	"<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>"
	"<allow receive_type=\"error\"/><allow receive_type=\"signal\"/>"
	"<allow send_destination=\"org.freedesktop.DBus\"/></policy>"
	"<include>%s/dbus/org.vdsd1.conf</include>";

static void start_bus(bool installed)
{
	static const char format[] =
		"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration "
		"1.0//EN\"\n"
		" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
		"<busconfig><type>system</type><listen>unix:path=%s/bus</listen>\n"
		"<auth>EXTERNAL</auth>\n"
		"<policy context=\"default\">%s\n"
		"<limit name=\"max_replies_per_connection\">4096</limit></busconfig>\n";
	char policy[2048], here[PATH_SIZE];
	char config[PATH_SIZE], option[PATH_SIZE + 16], text[4096];
	char *argv[] = { (char *) "dbus-daemon",       option,
			 (char *) "--nofork",	       (char *) "--nopidfile",
			 (char *) "--print-address=1", NULL };
	int fds[2];

	(void) snprintf(config, sizeof(config), "%s/bus.conf", h.directory);
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void) snprintf(policy, sizeof(policy), as_installed, here);
	(void) snprintf(text, sizeof(text), format, h.directory, installed ? policy : anything);
	write_file(config, text);
	(void) snprintf(option, sizeof(option), "--config-file=%s", config);
	(void) snprintf(h.address, sizeof(h.address), "unix:path=%s/bus", h.directory);

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	h.bus = spawn(argv, fds[1]);
	(void) close(fds[1]);
	/* It says its address when it listens. */
	ck_assert_int_gt(read(fds[0], text, sizeof(text)), 0);
	(void) close(fds[0]);
}

sd_bus *client_new(void)
{
	sd_bus *bus = NULL;

	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_address(bus, h.address), 0);
	ck_assert_int_ge(sd_bus_set_bus_client(bus, true), 0);
	ck_assert_int_ge(sd_bus_set_method_call_timeout(bus, HARNESS_SECONDS * 1500000ULL), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
	return bus;
}

sd_bus *client(void)
{
	return h.client;
}

/* Waits for the name; the daemon must not have ended. */
static void start_daemon(void)
{
	char control[PATH_SIZE], state[PATH_SIZE];
	char *argv[] = { strdup(program("vdsd-sim")),
			 (char *) "--simulate",
			 h.description,
			 (char *) "--address",
			 h.address,
			 (char *) "--control",
			 control,
			 (char *) "--state-directory",
			 state,
			 NULL,
			 NULL,
			 NULL };
	uint64_t deadline = harness_deadline();
	int status;

	(void) snprintf(control, sizeof(control), "%s/control", h.directory);
	(void) snprintf(state, sizeof(state), "%s/state", h.directory);
	(void) unlink(control);
	(void) setenv("VDSD_SIM_SOCKET", control, 1);
	if (*h.config) {
		argv[9] = (char *) "--config";
		argv[10] = h.config;
	}
	h.daemon = spawn(argv, -1);
	free(argv[0]);
	while (!harness_has_name()) {
		ck_assert_msg(waitpid(h.daemon, &status, WNOHANG) == 0,
			      "vdsd-sim ended at once, see %s/log", h.directory);
		ck_assert_msg(left(deadline) > 0, "the name did not come");
		harness_process(100000);
	}
}

static void start(const char *config, bool installed)
{
	const char *tmp = getenv("TMPDIR");

	(void) snprintf(h.directory, sizeof(h.directory), "%.40s/vdsd-test-XXXXXX",
			tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(h.directory));
	if (config) {
		(void) snprintf(h.config, sizeof(h.config), "%s/vdsd.conf", h.directory);
		write_file(h.config, config);
	}
	start_bus(installed);
	h.client = client_new();
	harness_listen(h.client);
}

void harness_start(const char *sample, const char *config)
{
	start(config, false);
	(void) snprintf(h.description, sizeof(h.description), "sim/samples/%s", sample);
	start_daemon();
}

void harness_start_installed(const char *sample)
{
	start(NULL, true);
	ck_assert_int_eq(chmod(h.directory, 0711), 0);
	(void) snprintf(h.description, sizeof(h.description), "sim/samples/%s", sample);
	start_daemon();
}

static void describe(const char *text)
{
	(void) snprintf(h.description, sizeof(h.description), "%s/hardware.conf", h.directory);
	write_file(h.description, text);
}

void harness_start_text(const char *description, const char *config)
{
	start(config, false);
	describe(description);
	start_daemon();
}

/* It ends by itself, and well: a leak or a race under a sanitizer is a status. */
void harness_end(void)
{
	uint64_t deadline = harness_deadline();
	int status = -1;
	pid_t ended;

	ck_assert_int_eq(kill(h.daemon, SIGTERM), 0);
	while ((ended = waitpid(h.daemon, &status, WNOHANG)) == 0)
		harness_wait_more(deadline, "the end of vdsd-sim");
	ck_assert_int_eq(ended, h.daemon);
	h.daemon = 0;
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "vdsd-sim ended with 0x%x, see %s/log", (unsigned) status, h.directory);
}

void harness_restart_text(const char *description)
{
	uint64_t deadline = harness_deadline();

	harness_end();
	while (harness_has_name())
		harness_wait_more(deadline, "the loss of the name");
	signals_forget();
	describe(description);
	start_daemon();
}

static void remove_directory(void)
{
	char command[PATH_SIZE];

	(void) snprintf(command, sizeof(command), "rm -rf '%s'", h.directory);
	ck_assert_int_eq(system(command), 0);
}

void harness_stop(void)
{
	if (h.daemon > 0)
		harness_end();
	h.client = sd_bus_close_unref(h.client);
	if (h.bus > 0) {
		(void) kill(h.bus, SIGTERM);
		(void) waitpid(h.bus, NULL, 0);
	}
	remove_directory();
}

TCase *harness_case(const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, NULL, harness_stop);
	tcase_set_timeout(tc, 120);
	return tc;
}

int harness_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/* ---- the hardware --------------------------------------------------------------------- */

const char *simctl(const char *format, ...)
{
	static char output[OUTPUT_SIZE];
	char command[2 * PATH_SIZE], order[PATH_SIZE];
	va_list ap;
	FILE *f;
	size_t n;

	va_start(ap, format);
	(void) vsnprintf(order, sizeof(order), format, ap);
	va_end(ap);
	(void) snprintf(command, sizeof(command), "%s %s", program("simctl"), order);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(output, 1, sizeof(output) - 1, f);
	output[n] = '\0';
	ck_assert_msg(pclose(f) == 0, "simctl %s was refused", order);
	return output;
}

bool shown(const char *element, const char *what)
{
	char prefix[64], line[1024];
	const char *at, *end;

	(void) snprintf(prefix, sizeof(prefix), "\ne0 %s ", element);
	at = strstr(simctl("state 0"), prefix);
	ck_assert_msg(at, "there is no element %s", element);
	end = strchr(at + 1, '\n');
	(void) snprintf(line, sizeof(line), "%.*s ", (int) (end - at - 1), at + 1);
	(void) snprintf(prefix, sizeof(prefix), " %s ", what);
	return strstr(line, prefix);
}

unsigned enclosure_commands(void)
{
	unsigned all = 0, n, enclosure;
	char iom[8];

	for (const char *line = simctl("count"); line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "e%u%7[a-d] commands=%u", &enclosure, iom, &n) == 3)
			all += n;
	}
	return all;
}
