/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * simctl - tells a running vdsd-sim what its hardware does: `simctl help`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_LENGTH 1023U /* what the simulator takes, with the end of the line */

static const char usage[] = "simctl [--socket PATH] ORDER...\n"
			    "\n"
			    "Tells a running vdsd-sim what its hardware does; `simctl help` lists\n"
			    "the orders.  PATH is $VDSD_SIM_SOCKET unless given.\n";

static int complain(const char *what, int error)
{
	(void) fprintf(stderr, "simctl: %s%s%s\n", what, error ? ": " : "",
		       error ? strerror(error) : "");
	return 2;
}

static int reach(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0) {
		int error = errno;

		(void) close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The answer goes to stdout, or to stderr if it says that it is an error. */
static int answer(int fd)
{
	FILE *in = fdopen(fd, "r"), *to = stdout;
	char part[4096];
	size_t n;
	int first = 1, failed = 0;

	if (!in)
		return complain("the answer", errno);
	while ((n = fread(part, 1, sizeof(part), in))) {
		if (first && n >= 7 && !memcmp(part, "error: ", 7)) {
			failed = 1;
			to = stderr;
		}
		first = 0;
		(void) fwrite(part, 1, n, to);
	}
	(void) fclose(in);
	return fflush(stdout) ? complain("stdout", errno) : failed;
}

int main(int argc, char **argv)
{
	const char *path = getenv("VDSD_SIM_SOCKET");
	char line[LINE_MAX_LENGTH + 2] = "";
	size_t n = 0;
	int fd, i = 1;

	if (argc > 2 && !strcmp(argv[1], "--socket")) {
		path = argv[2];
		i = 3;
	}
	if (i >= argc || !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
		(void) fputs(usage, i >= argc ? stderr : stdout);
		return i >= argc ? 2 : 0;
	}
	if (!path)
		return complain("no socket: give --socket PATH or set VDSD_SIM_SOCKET", 0);
	for (; i < argc; i++) {
		size_t length = strlen(argv[i]);

		if (n + length + 1 > LINE_MAX_LENGTH)
			return complain("the order is too long", 0);
		memcpy(line + n, argv[i], length);
		n += length;
		line[n++] = i + 1 < argc ? ' ' : '\n';
	}
	fd = reach(path);
	if (fd < 0)
		return complain(path, errno);
	if (send(fd, line, n, MSG_NOSIGNAL) != (ssize_t) n)
		return complain(path, errno);
	return answer(fd);
}
