/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Never blocks: a client is read until its line is there, and written to as far
 * as it takes it.  The answer is begun when the loop has nothing else to do, so that the
 * daemon has heard of what an order plugged before the client hears that it is done.
 */
#include "sim/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/list.h"
#include "base/macro.h"
#include "sim/orders.h"

struct control {
	struct rack *rack;
	sd_event *event;
	char *path;
	int fd;
	sd_event_source *source;
	struct list clients;
	unsigned n_clients;
};

struct client {
	struct list link;
	struct control *control;
	int fd;
	sd_event_source *io, *later;
	char line[ORDER_LINE_MAX];
	size_t got;
	char *answer;
	size_t length, sent;
	bool quit;
};

static void client_free(struct client *c)
{
	list_unlink(&c->link);
	c->control->n_clients--;
	(void) sd_event_source_disable_unref(c->io);
	(void) sd_event_source_disable_unref(c->later);
	(void) close(c->fd);
	free(c->answer);
	free(c);
}

static int send_answer(struct client *c)
{
	while (c->sent < c->length) {
		ssize_t n = send(c->fd, c->answer + c->sent, c->length - c->sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			return sd_event_source_set_io_events(c->io, EPOLLOUT);
		if (n < 0)
			break;
		c->sent += (size_t) n;
	}
	if (c->quit)
		(void) sd_event_exit(c->control->event, 0);
	client_free(c);
	return 0;
}

static int on_idle(sd_event_source *source _unused_, void *userdata)
{
	return send_answer(userdata);
}

static int obey(struct client *c)
{
	char error[300] = "";

	c->answer = rack_order(c->control->rack, c->line, &c->quit, error, sizeof(error));
	if (!c->answer)
		c->answer = sim_format("error: %s\n", error);
	c->length = strlen(c->answer);
	(void) sd_event_source_set_io_events(c->io, 0);
	if (sd_event_add_defer(c->control->event, &c->later, on_idle, c) < 0)
		return send_answer(c);
	return sd_event_source_set_priority(c->later, SD_EVENT_PRIORITY_IDLE);
}

static int on_client(sd_event_source *source _unused_, int fd, uint32_t revents, void *userdata)
{
	struct client *c = userdata;
	ssize_t n;

	if (c->answer) {
		if (revents & (EPOLLHUP | EPOLLERR)) {
			client_free(c);
			return 0;
		}
		return send_answer(c);
	}
	n = recv(fd, c->line + c->got, sizeof(c->line) - 1 - c->got, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0) {
		client_free(c);
		return 0;
	}
	c->got += (size_t) n;
	c->line[c->got] = '\0';
	/* a line, the end of the sender's side, or more than a line can be */
	if (!n || memchr(c->line, '\n', c->got) || c->got == sizeof(c->line) - 1)
		return obey(c);
	return 0;
}

static int on_connection(sd_event_source *source _unused_, int fd, uint32_t revents _unused_,
			 void *userdata)
{
	struct control *control = userdata;
	struct client *c;
	int r, client;

	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return 0;
	if (control->n_clients == CONTROL_CLIENTS_MAX) {
		(void) close(client);
		return 0;
	}
	c = sim_alloc(1, sizeof(*c));
	c->control = control;
	c->fd = client;
	control->n_clients++;
	list_append(&control->clients, &c->link);
	r = sd_event_add_io(control->event, &c->io, client, EPOLLIN, on_client, c);
	if (r < 0)
		client_free(c);
	return 0;
}

int control_new(struct rack *rack, sd_event *event, const char *path, struct control **ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *control;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	control = sim_alloc(1, sizeof(*control));
	control->rack = rack;
	control->event = sd_event_ref(event);
	list_init(&control->clients);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* One that was killed left its socket behind, at which nobody listens. */
	if (control->fd >= 0 &&
	    connect(control->fd, (const struct sockaddr *) &address, sizeof(address)) == 0) {
		r = -EADDRINUSE;
		goto fail;
	}
	if (errno == ECONNREFUSED)
		(void) unlink(path);
	if (control->fd < 0 ||
	    bind(control->fd, (const struct sockaddr *) &address, sizeof(address)) < 0) {
		r = -errno;
		goto fail;
	}
	control->path = sim_copy(path);
	if (listen(control->fd, 16) < 0) {
		r = -errno;
		goto fail;
	}
	r = sd_event_add_io(event, &control->source, control->fd, EPOLLIN, on_connection, control);
	if (r < 0)
		goto fail;
	*ret = control;
	return 0;

fail:
	(void) control_free(control);
	return r;
}

struct control *control_free(struct control *control)
{
	struct client *c;

	if (!control)
		return NULL;
	LIST_FOREACH (c, &control->clients, link)
		client_free(c);
	(void) sd_event_source_disable_unref(control->source);
	(void) sd_event_unref(control->event);
	if (control->path)
		(void) unlink(control->path);
	if (control->fd >= 0)
		(void) close(control->fd);
	free(control->path);
	free(control);
	return NULL;
}
