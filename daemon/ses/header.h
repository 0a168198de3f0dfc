/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all pages begin with (ses.md 2.0), and pages 00h/0Dh (2.1), which are
 * nothing but a list of numbers.  Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ses/cursor.h"

/*
 * Checks that n received bytes are the page that was asked for and returns a
 * cursor over what follows the four header bytes, as long as PAGE LENGTH says.
 *   -EAGAIN      page 09h instead: the enclosure is busy
 *   -EOPNOTSUPP  page 08h instead: this enclosure knows only short status
 *   -EBADMSG     another page, or fewer than 4 bytes
 * A PAGE LENGTH beyond what was received is cut to it and *ret_short is set
 * (may be NULL): "what can be known is shown".
 */
int ses_page_open(const uint8_t *page, size_t n, uint8_t expected, struct cursor *ret,
		  bool *ret_short);

/* Page 00h or 0Dh: one bit for each page 00h to 3Fh.  0 or as ses_page_open(). */
int ses_supported_decode(const uint8_t *page, size_t n, uint64_t *ret);
