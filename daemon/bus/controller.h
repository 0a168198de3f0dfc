/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Controller's status is, which the Notify signal needs as well. */
#pragma once

#include <stdint.h>

struct way;

/* VDS_CONTROLLER_STATUS */
uint32_t controller_status(const struct way *way);
