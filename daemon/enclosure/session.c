/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One loop around one command, for both directions: ask again after a unit
 * attention at once (several may be queued, ses.md 1.4), after "busy" in all its
 * spellings with a pause that doubles, and never past the deadline.  What the
 * verdicts mean is scsi/sense.c's; how long patience lasts is decided here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "enclosure/session.h"
#include "ses/page.h"

int session_open(struct session *session, struct transport *transport, const char *node,
		 unsigned timeout_s, uint64_t deadline)
{
	int r;

	*session = (struct session){ .transport = transport,
				     .timeout_s = timeout_s,
				     .deadline = deadline };
	session->buffer = calloc(1, SES_PAGE_MAX);
	if (!session->buffer)
		return -ENOMEM;
	r = transport->open(transport, node, &session->device);
	if (r < 0) {
		session->broken = true;
		(void) snprintf(session->text, sizeof(session->text), "%s cannot be opened: %s",
				node, strerror(-r));
		free(session->buffer);
		session->buffer = NULL;
		/* No node, no device: a name that udev gave is taken away when it goes. */
		return r == -ENXIO || r == -ENOENT ? -ENODEV : r == -EPERM ? -EACCES : r;
	}
	return 0;
}

void session_close(struct session *session)
{
	if (session->device)
		session->transport->close(session->device);
	free(session->buffer);
	session->device = NULL;
	session->buffer = NULL;
}

static uint64_t left_us(const struct session *session)
{
	uint64_t now = clock_monotonic();

	if (!session->deadline)
		return UINT64_MAX;
	return session->deadline > now ? session->deadline - now : 0;
}

bool session_pause(struct session *session, unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long) (ms % 1000) * 1000000 };

	if (left_us(session) <= ms * USEC_PER_MSEC)
		return false;
	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
	return true;
}

struct exchange {
	uint8_t page;
	const uint8_t *out; /* NULL: receive */
	size_t n;
};

static enum scsi_verdict once(struct session *session, const struct exchange *x,
			      struct scsi_result *result)
{
	uint64_t left = left_us(session) / USEC_PER_SEC;
	unsigned timeout = session->timeout_s;

	if (left < timeout)
		timeout = left ? (unsigned) left : 1;
	if (x->out)
		return scsi_send_diagnostic(session->transport, session->device, x->out, x->n,
					    timeout, result);
	return scsi_receive_diagnostic(session->transport, session->device, x->page,
				       session->buffer, SES_PAGE_MAX, timeout, result);
}

/* Busy for longer than we wait is not broken: the shelf is there and says so. */
static int give_up(struct session *session, enum scsi_verdict verdict,
		   const struct scsi_result *result)
{
	char why[100];

	(void) scsi_result_text(result, why, sizeof(why));
	(void) snprintf(session->text, sizeof(session->text), "%s", why);
	switch (verdict) {
	case SCSI_TIMED_OUT:
		session->broken = true;
		return -ETIMEDOUT;
	case SCSI_GONE:
		session->broken = true;
		return -ENODEV;
	case SCSI_PATH_FAILED:
		session->broken = true;
		return -EHOSTDOWN;
	case SCSI_TRY_AGAIN:
	case SCSI_ATTENTION:
		return -EBUSY;
	case SCSI_NOT_READY:
	case SCSI_FAILED:
		session->broken = true;
		session->answered = result->ending == SCSI_SENSE || result->ending == SCSI_STATUS;
		return -EHOSTDOWN;
	case SCSI_REFUSED:
		return -EACCES;
	case SCSI_DONE:
	case SCSI_STALE:
	case SCSI_UNSUPPORTED:
	case SCSI_CONFLICT:
	case SCSI_NO_MEMORY:
		break;
	}
	return scsi_verdict_errno(verdict);
}

static bool wait_for_it(struct session *session, unsigned *pause_ms)
{
	if (session->busy_ms + *pause_ms > SESSION_BUSY_MAX_MS ||
	    !session_pause(session, *pause_ms))
		return false;
	session->busy_ms += *pause_ms;
	*pause_ms = *pause_ms * 2 > SESSION_PAUSE_LAST_MS ? SESSION_PAUSE_LAST_MS : *pause_ms * 2;
	return true;
}

static int exchange(struct session *session, const struct exchange *x, struct scsi_result *result)
{
	unsigned attentions = 0, pause_ms = SESSION_PAUSE_FIRST_MS;
	enum scsi_verdict verdict;
	bool refused = false;

	session->text[0] = '\0';
	for (;;) {
		if (left_us(session) == 0) {
			(void) snprintf(session->text, sizeof(session->text), "no time left");
			return -ETIMEDOUT;
		}
		verdict = once(session, x, result);
		if (verdict == SCSI_DONE) {
			if (x->out || result->got == 0 || session->buffer[0] != SES_PAGE_BUSY ||
			    x->page == SES_PAGE_BUSY)
				return 0;
			/* Page 09h: the enclosure is busy (ses.md 2.7). */
			if (wait_for_it(session, &pause_ms))
				continue;
			(void) snprintf(session->text, sizeof(session->text),
					"the enclosure says that it is busy (page 09h)");
			return -EBUSY;
		}
		if (verdict == SCSI_ATTENTION && attentions < SESSION_ATTENTIONS_MAX) {
			attentions++;
			if (scsi_attention_is_reset(result))
				session->reset_seen = true;
			else
				session->changed_seen = true;
			continue;
		}
		/* Once it may be a mood, twice it is the answer (ses.md 1.4). */
		if (scsi_is_refusal(result) && refused)
			return give_up(session, SCSI_UNSUPPORTED, result);
		refused = refused || scsi_is_refusal(result);
		if (verdict == SCSI_TRY_AGAIN && wait_for_it(session, &pause_ms))
			continue;
		return give_up(session, verdict, result);
	}
}

int session_receive(struct session *session, uint8_t page, size_t *ret_n)
{
	const struct exchange x = { .page = page };
	struct scsi_result result;
	int r;

	session->short_status = false;
	r = exchange(session, &x, &result);
	if (r < 0)
		return r;
	if (result.got < 4 || session->buffer[0] != page) {
		if (result.got >= 1 && session->buffer[0] == SES_PAGE_SHORT_STATUS) {
			session->short_status = true;
			(void) snprintf(session->text, sizeof(session->text),
					"the enclosure knows only short status (page 08h)");
			return -EOPNOTSUPP;
		}
		(void) snprintf(session->text, sizeof(session->text),
				"asked for page %02xh, got %zu bytes of page %02xh", page,
				result.got, session->buffer[0]);
		return -EBADMSG;
	}
	*ret_n = result.got;
	return 0;
}

int session_send(struct session *session, const uint8_t *page, size_t n)
{
	const struct exchange x = { .page = page[0], .out = page, .n = n };
	struct scsi_result result;

	return exchange(session, &x, &result);
}
