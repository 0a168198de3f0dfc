/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of the bus has decided before a message comes here.
 */
#include "bus/authorize.h"

int bus_authorize(const struct face *face, sd_bus_message *m, enum action action,
		  const char *operation, sd_bus_error *error)
{
	(void) face;
	(void) m;
	(void) action;
	(void) operation;
	(void) error;
	return 1;
}
