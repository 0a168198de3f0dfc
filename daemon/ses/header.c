/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header all pages share, ses.md 2.0.  Pages 08h and 09h come with GOOD
 * status in place of the page that was asked for (2.0, "two substitutes"), and
 * USB bridges return some page of their own (peers.md C.3): byte 0 decides.
 */
#include "ses/header.h"

#include <errno.h>

#include "ses/page.h"

#define HEADER 4U

int ses_page_open(const uint8_t *page, size_t n, uint8_t expected, struct cursor *ret,
		  bool *ret_short)
{
	struct cursor c = cursor_over(page, n);
	uint8_t code = cursor_u8(&c);
	size_t length;

	cursor_skip(&c, 1);
	length = cursor_be16(&c);
	if (!cursor_ok(&c))
		return -EBADMSG;
	if (code != expected) {
		if (code == SES_PAGE_BUSY)
			return -EAGAIN;
		return code == SES_PAGE_SHORT_STATUS ? -EOPNOTSUPP : -EBADMSG;
	}

	if (ret_short)
		*ret_short = length > c.left;
	*ret = cursor_over(c.p, length < c.left ? length : c.left);
	return 0;
}

int ses_supported_decode(const uint8_t *page, size_t n, uint64_t *ret)
{
	uint64_t supported = 0;
	struct cursor c;
	int r;

	if (n < HEADER)
		return -EBADMSG;
	r = ses_page_open(page, n, page[0] == 0x0d ? 0x0d : SES_PAGE_SUPPORTED, &c, NULL);
	if (r < 0)
		return r;

	/* 00h is a page only as the first entry; later on it is padding (ses.md 2.1). */
	for (bool first = true; c.left > 0; first = false) {
		uint8_t code = cursor_u8(&c);

		if (code == 0 && !first)
			break;
		if (code < 64)
			supported |= 1ULL << code;
	}
	*ret = supported;
	return 0;
}
