/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How something ended: a number and a sentence.
 *
 * Below bus/ an error is a negative errno; bus/errors.c gives it its VDS name.
 * The sentence is for the person at the other end ("/dev/sdc2 is mounted on
 * /srv") and may be empty.  The errnos that have a meaning of their own here:
 *
 *   -EINVAL         argument outside its enumeration
 *   -EOPNOTSUPP     known, but this object or enclosure cannot
 *   -ENODEV         the hardware behind the object is gone
 *   -ENOENT         the named thing does not exist
 *   -EBUSY          another call is in progress, or the enclosure stays busy
 *   -EHOSTDOWN      the object has failed: enclosure unreachable, drive broken
 *   -ESTALE         what is known does not fit what the enclosure says
 *   -EBADMSG        a page does not parse
 *   -EACCES         the caller may not
 *   -EPERM          nobody may (the last controller cannot go offline)
 *   -ETXTBSY        the device is in use
 *   -ETIMEDOUT      a command of this call ran out of time
 *   -EIO            I/O error
 *   -ENOMEM         out of memory
 *   -ECANCELED      cancelled
 *   -ENOTRECOVERABLE  too late to cancel
 *   -EPROTO         a bug
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/macro.h"

#define OUTCOME_S_OK 0
#define OUTCOME_S_FALSE 1 /* done, but there was nothing to do */

struct outcome {
	int result; /* OUTCOME_S_OK, OUTCOME_S_FALSE or -errno */
	char text[240];
};

/* Fills an outcome in; returns result, so that `return outcome_set(...)` works. */
#define outcome_set(o, r, ...)                                                                     \
	((void) snprintf((o)->text, sizeof((o)->text), __VA_ARGS__), (o)->result = (r))

/* The HRESULT of a result, for where it is data (LastPing, an Async's Result). */
uint32_t outcome_hresult(int result);
