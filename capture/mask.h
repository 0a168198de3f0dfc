/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Takes out of a capture what tells one box and its disks from all others.
 */
#pragma once

#include "capture/pages.h"

/*
 * In place:
 *   01h        logical identifiers; vendor specific bytes of descriptors become zero
 *   03h, 04h, 06h, 0Bh, 0Ch   left out: text and bytes of the vendor's own liking
 *   07h, 0Fh   what follows a comma, what looks like a serial number or an address
 *   0Ah        addresses, NVMe serial numbers; what is of no known form becomes zero
 *   VPD 83h    addresses and identifiers
 * Lengths stay, and so do relations: see mask-map.h.  Says in the notes what it left
 * out or set to zero.  0 or -ENOMEM, after which the capture must not be published.
 */
int capture_mask(struct capture *capture);
