/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text from devices, which is not always text (peers.md C.4): an invalid
 * string would make the bus close our connection.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copies n bytes to a NUL-terminated string: cut at the first NUL, control
 * characters and what is not UTF-8 replaced by '?' (one for each bad byte), blanks,
 * tabs and line ends at both ends removed.  Writes at most size bytes including the
 * NUL and never cuts a character in two.  Returns dst.
 */
char *text_clean(char *dst, size_t size, const void *src, size_t n);

/* 16 lower-case digits and a NUL.  Returns dst. */
char *text_hex64(char dst[static 17], uint64_t value);

/* 2n lower-case digits and a NUL; size must be at least 2n + 1.  Returns dst. */
char *text_hex(char *dst, size_t size, const uint8_t *src, size_t n);

/*
 * Hex digits with or without "0x" or "naa." in front, at most 16 digits:
 * true and *ret, else false.
 */
bool text_parse_hex64(const char *s, uint64_t *ret);

bool text_valid_utf8(const char *s);
