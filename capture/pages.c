/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading in the order of ses.md 2.13, and again from the start when the
 * generation changes or page 09h answers (2.12).  What differs from the daemon's
 * snapshot: a page that breaks the rules is kept, with a note, since it is why
 * somebody wants a capture.
 */
#include "capture/pages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "scsi/command.h"
#include "ses/header.h"
#include "ses/page.h"

#define INQUIRY_MAX 96U
#define TEXT_MAX 160U
#define bit(n) (1ULL << (n))

/* Tried one by one where page 00h is missing or does not list page 01h. */
#define USUAL_PAGES                                                                                \
	(bit(SES_PAGE_CONFIGURATION) | bit(SES_PAGE_STATUS) | bit(SES_PAGE_THRESHOLD) |            \
	 bit(SES_PAGE_DESCRIPTOR) | bit(SES_PAGE_ADDITIONAL) | bit(SES_PAGE_NICKNAME))

/* Those with a generation code (ses.md 2.0). */
#define GENERATION_PAGES (USUAL_PAGES | bit(0x0b) | bit(0x0c) | bit(0x0e))

/* Not part of an enclosure's state: what it says instead of a page. */
#define SUBSTITUTES (bit(SES_PAGE_SHORT_STATUS) | bit(SES_PAGE_BUSY))

const struct capture_patience capture_patience_usual = {
	.tries = 8,
	.pause_ms = 1000,
	.timeout_s = 20,
};

struct session {
	struct transport *transport;
	struct scsi_device *device;
	const struct capture_patience *patience;
	struct capture *capture;
	struct scsi_result result;
	uint8_t buffer[SES_PAGE_MAX];
};

/* What an attempt came to, beside a negative errno. */
#define ATTEMPT_GOOD 0
#define ATTEMPT_MIXED 1 /* page 01h is the same before and after, another page's code differs */

void capture_note(struct capture *capture, const char *format, ...)
{
	size_t used = strlen(capture->notes), left = sizeof(capture->notes) - used;
	char line[TEXT_MAX * 2];
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (strlen(line) + 2 <= left)
		(void) snprintf(capture->notes + used, left, "%s\n", line);
}

void capture_drop(struct capture *capture, uint8_t page)
{
	free(capture->pages[page].bytes);
	capture->pages[page].bytes = NULL;
	capture->pages[page].n = 0;
}

void capture_clear(struct capture *capture)
{
	for (unsigned page = 0; page < CAPTURE_PAGES; page++)
		capture_drop(capture, (uint8_t) page);
}

static uint32_t generation(const uint8_t *page, size_t n)
{
	struct cursor c = cursor_over(page, n);

	cursor_skip(&c, 4);
	return cursor_be32(&c);
}

/* ---- one page ----------------------------------------------------------------------- */

static void pause_between(const struct session *s)
{
	struct timespec time = { .tv_sec = s->patience->pause_ms / 1000,
				 .tv_nsec = s->patience->pause_ms % 1000 * 1000000L };

	(void) nanosleep(&time, NULL);
}

/* The command until it is answered: 0 and *ret_n bytes in the buffer, or -errno. */
static int receive(struct session *s, uint8_t page, size_t *ret_n)
{
	enum scsi_verdict verdict = SCSI_TRY_AGAIN;
	bool refused = false;

	for (unsigned i = 0; i < s->patience->tries; i++) {
		verdict = scsi_receive_diagnostic(s->transport, s->device, page, s->buffer,
						  sizeof(s->buffer), s->patience->timeout_s,
						  &s->result);
		if (verdict == SCSI_DONE) {
			*ret_n = s->result.got;
			return 0;
		}
		if (verdict != SCSI_TRY_AGAIN && verdict != SCSI_ATTENTION)
			break;
		if (refused && scsi_is_refusal(&s->result))
			return -EOPNOTSUPP;
		refused = scsi_is_refusal(&s->result);
		if (verdict == SCSI_TRY_AGAIN)
			pause_between(s);
	}
	return scsi_verdict_errno(verdict);
}

/* Nothing more will come from this device. */
static bool is_fatal(int r)
{
	return r == -ENODEV || r == -EPERM || r == -EACCES || r == -ETIMEDOUT || r == -EHOSTDOWN ||
	       r == -ENOMEM || r == -EBUSY;
}

/* Bytes behind what PAGE LENGTH promises; some adapters count what they did not receive. */
static void note_length(struct capture *capture, uint8_t page, const uint8_t *bytes, size_t n,
			size_t promised)
{
	size_t beyond = 0;

	for (size_t i = promised; i < n; i++)
		beyond += bytes[i] != 0;
	if (beyond)
		capture_note(capture,
			     "page %02xh: %zu bytes that are not zero beyond its PAGE LENGTH are "
			     "left out",
			     page, beyond);
	if (promised > n)
		capture_note(capture, "page %02xh: PAGE LENGTH promises %zu bytes, %zu came", page,
			     promised, n);
}

/* 0; -EAGAIN: page 09h came; -EBADMSG: another page, or none. */
static int keep(struct session *s, uint8_t page, size_t n)
{
	struct capture *capture = s->capture;
	size_t promised;
	uint8_t *copy;

	if (n < 4)
		return -EBADMSG;
	if (s->buffer[0] == SES_PAGE_BUSY)
		return -EAGAIN;
	if (s->buffer[0] != page)
		return -EBADMSG;
	promised = 4 + ((size_t) s->buffer[2] << 8 | s->buffer[3]);
	note_length(capture, page, s->buffer, n, promised);
	n = n < promised ? n : promised;
	copy = malloc(n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, s->buffer, n);
	capture_drop(capture, page);
	capture->pages[page].bytes = copy;
	capture->pages[page].n = n;
	return 0;
}

static int take(struct session *s, uint8_t page)
{
	char text[TEXT_MAX];
	size_t n = 0;
	int r;

	r = receive(s, page, &n);
	if (r == 0) {
		r = keep(s, page, n);
		if (r == -EBADMSG && n < 4)
			capture_note(s->capture, "page %02xh: %zu bytes came", page, n);
		else if (r == -EBADMSG)
			capture_note(s->capture, "page %02xh: page %02xh came instead", page,
				     s->buffer[0]);
	} else if (!is_fatal(r)) {
		capture_note(s->capture, "page %02xh: %s", page,
			     scsi_result_text(&s->result, text, sizeof(text)));
	}
	return r;
}

/* ---- all pages ---------------------------------------------------------------------- */

static uint64_t listed(const struct capture *capture)
{
	uint64_t supported = 0;

	if (!capture->pages[0].bytes ||
	    ses_supported_decode(capture->pages[0].bytes, capture->pages[0].n, &supported) < 0 ||
	    !(supported & bit(SES_PAGE_CONFIGURATION)))
		supported = USUAL_PAGES;
	return supported & ~SUBSTITUTES;
}

/* Page 01h once more: an enclosure whose code never changes has changed all the same. */
static int check_configuration(struct session *s)
{
	const uint8_t *first = s->capture->pages[SES_PAGE_CONFIGURATION].bytes;
	size_t n = s->capture->pages[SES_PAGE_CONFIGURATION].n, got = 0;
	int r;

	r = receive(s, SES_PAGE_CONFIGURATION, &got);
	if (r < 0)
		return r;
	if (got >= 4 && s->buffer[0] == SES_PAGE_BUSY)
		return -EAGAIN;
	return got >= n && memcmp(first, s->buffer, n) == 0 ? 0 : -ESTALE;
}

static int attempt(struct session *s)
{
	struct capture *capture = s->capture;
	uint32_t first;
	uint64_t wanted;
	bool mixed = false;
	int r;

	capture_clear(capture);
	capture->notes[0] = '\0';
	r = take(s, SES_PAGE_SUPPORTED);
	if (r == -EAGAIN || is_fatal(r))
		return r;
	r = take(s, SES_PAGE_CONFIGURATION);
	if (r < 0)
		return r;
	first = generation(capture->pages[SES_PAGE_CONFIGURATION].bytes,
			   capture->pages[SES_PAGE_CONFIGURATION].n);
	wanted = listed(capture);
	for (uint8_t page = SES_PAGE_STATUS; page < CAPTURE_PAGES; page++) {
		if (!(wanted & bit(page)))
			continue;
		r = take(s, page);
		if (r == -EAGAIN || is_fatal(r))
			return r;
		if (r == 0 && GENERATION_PAGES & bit(page) &&
		    generation(capture->pages[page].bytes, capture->pages[page].n) != first) {
			mixed = true;
			capture_note(capture, "page %02xh is of another generation than page 01h",
				     page);
		}
	}
	r = check_configuration(s);
	return r < 0 ? r : mixed ? ATTEMPT_MIXED : ATTEMPT_GOOD;
}

static int explain(struct session *s, int r, struct outcome *outcome)
{
	const char *node = s->capture->node;
	char text[TEXT_MAX];

	switch (r) {
	case -EAGAIN:
		return outcome_set(outcome, -EBUSY, "%s: the enclosure stays busy (page 09h)",
				   node);
	case -ESTALE:
		return outcome_set(outcome, r, "%s: the configuration keeps changing", node);
	case -EBADMSG:
		if (s->buffer[0] == SES_PAGE_SHORT_STATUS)
			return outcome_set(
				outcome, -EOPNOTSUPP,
				"%s: the enclosure knows only its short status, page 08h", node);
		return outcome_set(outcome, -EOPNOTSUPP,
				   "%s: not a SES device: something else came for page 01h", node);
	case -EOPNOTSUPP:
		return outcome_set(outcome, r, "%s: not a SES device: no page 01h (%s)", node,
				   scsi_result_text(&s->result, text, sizeof(text)));
	case -EPERM:
	case -EACCES:
		return outcome_set(outcome, r, "%s: not permitted; this needs root", node);
	case -EBUSY:
		return outcome_set(outcome, r, "%s: the device stays busy (%s)", node,
				   scsi_result_text(&s->result, text, sizeof(text)));
	case -ENOMEM:
		return outcome_set(outcome, r, "out of memory");
	default:
		return outcome_set(outcome, r, "%s: %s", node,
				   scsi_result_text(&s->result, text, sizeof(text)));
	}
}

static int read_pages(struct session *s, struct outcome *outcome)
{
	int r = -EAGAIN;

	for (unsigned i = 0; i < s->patience->tries; i++) {
		if (i > 0)
			pause_between(s);
		r = attempt(s);
		if (r != ATTEMPT_MIXED && r != -EAGAIN && r != -ESTALE)
			break;
	}
	/* Mixed every time while page 01h stays: not bad luck, but how this one is. */
	return r >= 0 ? outcome_set(outcome, 0, "%s", "") : explain(s, r, outcome);
}

/* ---- who it is ---------------------------------------------------------------------- */

static enum scsi_verdict inquire(struct session *s, int evpd, size_t size)
{
	enum scsi_verdict verdict = SCSI_TRY_AGAIN;

	for (unsigned i = 0; i < s->patience->tries; i++) {
		verdict = scsi_inquiry(s->transport, s->device, evpd, s->buffer, size,
				       s->patience->timeout_s, &s->result);
		if (verdict != SCSI_TRY_AGAIN && verdict != SCSI_ATTENTION)
			break;
	}
	return verdict;
}

static int read_identity(struct session *s, struct outcome *outcome)
{
	struct capture *capture = s->capture;
	enum scsi_verdict verdict = inquire(s, -1, INQUIRY_MAX);
	int r = scsi_verdict_errno(verdict);

	if (s->result.ending == SCSI_OS && !is_fatal(r))
		return outcome_set(outcome, -EOPNOTSUPP, "%s: not a SCSI device", capture->node);
	if (is_fatal(r))
		return explain(s, r, outcome);
	capture->has_inquiry =
		r == 0 && scsi_inquiry_decode(s->buffer, s->result.got, &capture->inquiry) == 0;
	/* PDT 0Dh or ENCSERV (ses.md 1.2): some have the one, some the other. */
	if (capture->has_inquiry && capture->inquiry.type != 0x0d && !capture->inquiry.encserv)
		return outcome_set(outcome, -EOPNOTSUPP,
				   "%s: not a SES device: %s %s is of type %02xh, without ENCSERV",
				   capture->node, capture->inquiry.vendor, capture->inquiry.product,
				   capture->inquiry.type);
	if (inquire(s, 0x83, CAPTURE_VPD_MAX) == SCSI_DONE && s->result.got >= 4 &&
	    s->buffer[1] == 0x83) {
		size_t n = 4 + ((size_t) s->buffer[2] << 8 | s->buffer[3]);

		capture->n_vpd83 = n < s->result.got ? n : s->result.got;
		memcpy(capture->vpd83, s->buffer, capture->n_vpd83);
	}
	return 0;
}

int capture_read(struct transport *transport, const char *node,
		 const struct capture_patience *patience, struct capture *ret,
		 struct outcome *outcome)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	*ret = (struct capture){ .n_vpd83 = 0 };
	(void) text_clean(ret->node, sizeof(ret->node), node, strlen(node));
	if (!s)
		return outcome_set(outcome, -ENOMEM, "out of memory");
	s->transport = transport;
	s->patience = patience;
	s->capture = ret;
	r = transport->open(transport, node, &s->device);
	if (r == -EPERM || r == -EACCES) {
		(void) outcome_set(outcome, r, "%s: not permitted; this needs root", ret->node);
	} else if (r < 0) {
		(void) outcome_set(outcome, r, "%s: %s", ret->node, strerror(-r));
	} else {
		r = read_identity(s, outcome);
		if (r == 0)
			r = read_pages(s, outcome);
		transport->close(s->device);
	}
	free(s);
	return r;
}
