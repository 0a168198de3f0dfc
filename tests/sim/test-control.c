/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Orders: over the socket, with simctl, and those that are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/macro.h"
#include "sim/rack.h"
#include "tests/sim/harness.h"

#define BOX "[enclosure shelf]\nslots=4\nelements=ps=1\n[disk lone]\nrotation=1\n"

struct bench {
	struct sim *sim;
	sd_event *event;
	char folder[32], socket[64], output[64];
};

static void setup(struct bench *b)
{
	memcpy(b->folder, "/tmp/vdsd-simctl-XXXXXX", 24);
	ck_assert_ptr_nonnull(mkdtemp(b->folder));
	(void) snprintf(b->socket, sizeof(b->socket), "%s/control", b->folder);
	(void) snprintf(b->output, sizeof(b->output), "%s/output", b->folder);
	b->sim = harness_sim(BOX);
	ck_assert_int_eq(sd_event_new(&b->event), 0);
	ck_assert_int_eq(sim_listen(b->sim, b->event, b->socket), 0);
}

static void teardown(struct bench *b)
{
	(void) sim_free(b->sim);
	(void) sd_event_unref(b->event);
	ck_assert_int_ne(access(b->socket, F_OK), 0); /* it is gone with the simulator */
	(void) unlink(b->output);
	ck_assert_int_eq(rmdir(b->folder), 0);
}

/* Runs simctl while the loop runs; its exit status, and what it printed in text. */
static int simctl(struct bench *b, const char *order, char *text, size_t size)
{
	const char *build = getenv("VDSD_BUILD");
	char *line = sim_format("exec %s/simctl --socket %s %s > %s 2>&1", build ? build : "build",
				b->socket, order, b->output);
	pid_t pid = fork();
	int status = -1;
	FILE *f;
	size_t n;

	if (pid == 0) {
		(void) execl("/bin/sh", "sh", "-c", line, (char *) NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	while (waitpid(pid, &status, WNOHANG) == 0)
		(void) sd_event_run(b->event, 10000);
	free(line);
	f = fopen(b->output, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	(void) fclose(f);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(the_program)
{
	static char text[65536];
	struct bench b;

	setup(&b);
	ck_assert_int_eq(simctl(&b, "state", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "e0 17:3 code=1 ident=0 fault=0"));
	ck_assert_ptr_nonnull(strstr(text, "e0 02:0 code=1 ident=0 fail=0 on=1"));
	ck_assert_int_eq(simctl(&b, "pull shelf:3", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(simctl(&b, "disks", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "0:3 none\n"));
	ck_assert_ptr_nonnull(strstr(text, "lone running"));
	ck_assert_int_eq(simctl(&b, "pull 3", text, sizeof(text)), 1);
	ck_assert_str_eq(text, "error: the slot is empty\n");
	ck_assert_int_eq(simctl(&b, "", text, sizeof(text)), 2);
	ck_assert_int_eq(simctl(&b, "help", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "gen-at N"));
	teardown(&b);
}
END_TEST

START_TEST(quit)
{
	char text[256];
	struct bench b;
	int code = -1;

	setup(&b);
	ck_assert_int_eq(simctl(&b, "quit", text, sizeof(text)), 0);
	while (sd_event_get_state(b.event) != SD_EVENT_FINISHED)
		(void) sd_event_run(b.event, 0);
	ck_assert_int_eq(sd_event_get_exit_code(b.event, &code), 0);
	ck_assert_int_eq(code, 0);
	teardown(&b);
}
END_TEST

static int connect_to(const struct bench *b)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, b->socket, sizeof(b->socket));
	ck_assert_int_eq(connect(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
	return fd;
}

/* Clients that dawdle, talk too much or leave hold nobody up. */
START_TEST(rude_clients)
{
	int idle, gone, much;
	char text[4096], line[3000];
	struct bench b;

	setup(&b);
	idle = connect_to(&b);
	ck_assert_int_eq(send(idle, "sta", 3, 0), 3);
	gone = connect_to(&b);
	ck_assert_int_eq(send(gone, "log\n", 4, 0), 4);
	ck_assert_int_eq(close(gone), 0);
	much = connect_to(&b);
	memset(line, 'x', sizeof(line));
	ck_assert_int_gt(send(much, line, sizeof(line), 0), 0);
	ck_assert_int_eq(simctl(&b, "count", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "all commands=0\n");
	ck_assert_int_gt(recv(much, text, sizeof(text), 0), 0);
	ck_assert_int_eq(strncmp(text, "error: ", 7), 0);
	(void) close(much);
	ck_assert_int_eq(recv(idle, text, sizeof(text), 0), -1);
	(void) close(idle);
	teardown(&b);
}
END_TEST

/* An answer larger than a socket's buffer arrives whole. */
START_TEST(long_answer)
{
	static char text[4000000];
	struct scsi_device *e;
	struct bench b;

	setup(&b);
	e = harness_open(b.sim, "e0a");
	for (unsigned i = 0; i < 20000; i++)
		(void) harness_command(b.sim, e, "000000000000", NULL, NULL, 0, 1);
	ck_assert_int_eq(simctl(&b, "log", text, sizeof(text)), 0);
	ck_assert_uint_eq(harness_count(text, "TEST_UNIT_READY"), 20000);
	sim_transport(b.sim)->close(e);
	teardown(&b);
}
END_TEST

START_TEST(refused)
{
	static const char *const orders[] = {
		"",
		"frobnicate",
		"pull",
		"pull 4",
		"pull 1:0",
		"pull x",
		"insert 0",
		"state 7",
		"detach e0z",
		"detach e0b",
		"detach e0s00a all",
		"attach e0s00b",
		"elem 17 01000000",
		"elem 17:9 01000000",
		"elem 17:0 0100",
		"patch 0 02 8",
		"patch 0 02 8 0g",
		"patch 0 02 65535 00",
		"cut 0 02 -1",
		"page 0 02 01",
		"delay fast",
		"delay 5 lu=nobody",
		"fail one",
		"fail 1 sense=05",
		"hang 1 lu=nobody",
		"ua",
		"ua zz",
		"ua 29/00 n=100",
		"gen-at x",
		"shape 0 sideways",
		"dead lone",
		"power 0 maybe",
		"use 0.1 somebody",
		"use 0 mode=odd x",
		"kstate e0s00a thisstateistoolongtobeone",
		"events maybe",
		"log dance",
	};
	struct sim *sim = harness_sim(BOX);

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++)
		ck_assert_msg(harness_order_fails(sim, orders[i]), "%s", orders[i]);
	/* and nothing came of it */
	ck_assert_uint_eq(harness_count(harness_order(sim, "lus"), " attached "), 6);
	(void) sim_free(sim);
}
END_TEST

START_TEST(elements)
{
	struct sim *sim = harness_sim(BOX);

	harness_order(sim, "elem 17:2 02000240");
	harness_order(sim, "elem shelf:2:0 02000060");
	ck_assert_ptr_nonnull(
		strstr(harness_order(sim, "state 0"), "e0 17:2 code=2 ident=1 fault=0"));
	ck_assert_ptr_nonnull(strstr(harness_order(sim, "state"), "e0 02:0 code=2 ident=0 fail=1"));
	/* a status given by hand stays when the disk goes */
	harness_order(sim, "pull 2");
	ck_assert_ptr_nonnull(strstr(harness_order(sim, "state"), "e0 17:2 code=2"));
	(void) sim_free(sim);
}
END_TEST

static int bind_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
	return fd;
}

/* The socket of a simulator that was killed is in nobody's way; that of another one is. */
START_TEST(left_behind)
{
	struct sim *sim = harness_sim(BOX), *other = harness_sim(BOX);
	sd_event *event = NULL;
	char path[64];

	(void) snprintf(path, sizeof(path), "/tmp/vdsd-left-behind-%d", (int) getpid());
	ck_assert_int_eq(sd_event_new(&event), 0);
	(void) close(bind_to(path));
	ck_assert_int_eq(sim_listen(sim, event, path), 0);
	ck_assert_int_eq(sim_listen(other, event, path), -EADDRINUSE);
	ck_assert_int_eq(access(path, F_OK), 0);
	(void) sim_free(other);
	(void) sim_free(sim);
	(void) sd_event_unref(event);
}
END_TEST

HARNESS_MAIN("sim/control", the_program, left_behind, quit, rude_clients, long_answer, refused,
	     elements)
