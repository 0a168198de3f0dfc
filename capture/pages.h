/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pages of one enclosure, all of one generation, as they came: what cannot be
 * understood is what a bug report is about, so nothing is decoded further than
 * telling whether it is the page that was asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/outcome.h"
#include "scsi/inquiry.h"
#include "scsi/transport.h"

/* 00h to 0Fh.  Pages from 10h are the vendor's, and reading one may do something (peers.md C.3). */
#define CAPTURE_PAGES 16U
#define CAPTURE_VPD_MAX 2048U
#define CAPTURE_NOTES_MAX 4096U

struct capture {
	char node[256]; /* cleaned */
	bool has_inquiry;
	struct scsi_inquiry inquiry;
	uint8_t vpd83[CAPTURE_VPD_MAX];
	size_t n_vpd83; /* 0 = none */
	struct {
		uint8_t *bytes; /* NULL = not there */
		size_t n;
	} pages[CAPTURE_PAGES];
	bool masked;
	char notes[CAPTURE_NOTES_MAX]; /* lines for a person; each ends in a newline */
};

/* How long to go on asking. */
struct capture_patience {
	unsigned tries;	    /* for one page, and for all of them together; at least 1 */
	unsigned pause_ms;  /* between two tries */
	unsigned timeout_s; /* of one command */
};
extern const struct capture_patience capture_patience_usual;

/*
 * Sends INQUIRY and RECEIVE DIAGNOSTIC RESULTS, nothing else.  Fills *ret, which is to be
 * given to capture_clear() whatever the result.  Blocks, at most tries * (pages * timeout_s).
 * outcome is set to 0 or
 *   -EOPNOTSUPP     not an enclosure, or one without pages to capture
 *   -EPERM, -EACCES we may not
 *   -EBUSY          the enclosure, or the device, stays busy
 *   -ESTALE         page 01h is another one each time
 *   another -errno  the device cannot be opened, is gone, or does not answer
 * with a sentence that names the node.  Returns outcome->result.
 */
int capture_read(struct transport *transport, const char *node,
		 const struct capture_patience *patience, struct capture *ret,
		 struct outcome *outcome);
void capture_clear(struct capture *capture);

/* Drops one page. */
void capture_drop(struct capture *capture, uint8_t page);
/* Adds a line to the notes; one too many is lost. */
void capture_note(struct capture *capture, const char *format, ...) _printf_(2, 3);
