/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands for which address and which serial number.
 *
 * The pages are walked twice by the same code: first the map learns what there is,
 * then, sealed, it replaces.  So masked addresses are in the order of the true ones,
 * by which controllers are told apart (peers.md C.6, dual expanders).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mask_map;

/* NULL: out of memory. */
struct mask_map *mask_map_new(void);
struct mask_map *mask_map_free(struct mask_map *map);
/* From learning to replacing.  0, or -ENOMEM if learning met it. */
int mask_map_seal(struct mask_map *map);

/*
 * Eight bytes.  NAA and company (the first 28 bits) and the last 8 bits stay, so
 * that two ports of one device are seen to be neighbours; 0 and all ones stay.
 */
void mask_address(struct mask_map *map, uint8_t bytes[static 8]);
/* Text of any length; replaced by one of the same length. */
void mask_serial(struct mask_map *map, uint8_t *text, size_t n);
bool mask_knows_serial(const struct mask_map *map, const uint8_t *text, size_t n);
