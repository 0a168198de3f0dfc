/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors of the layers below, which are negative errnos (base/outcome.h), as
 * the contract names them (dbus-api.md section 8).  Pure; any thread.
 */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/outcome.h"

#define HRESULT_OPERATION_PENDING 0x80042409U

/*
 * Fills the error in: name, and "NAME (0xVALUE): sentence".  result is negative; an empty
 * or NULL sentence gets the table's.  Returns a negative number, for a handler to return.
 */
int bus_error_set(sd_bus_error *error, int result, const char *sentence);
int bus_error_setf(sd_bus_error *error, int result, const char *format, ...) _printf_(3, 4);

/* The sentence of an error that came without one. */
const char *bus_error_sentence(int result);
