/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses are numbered in rising order: number k takes the place of bits 8 to 35.
 * The first 28 bits being kept, the order of all is kept, and no two become one.
 */
#include "capture/mask-map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOW_BITS 8
#define HIGH_SHIFT 36
#define SERIALS_MAX 4096U /* more are all replaced by the same */
#define ADDRESSES_MAX 131072U

struct serial {
	uint8_t *text;
	size_t n;
};

struct mask_map {
	bool sealed, failed;
	size_t n_keys, room;
	uint64_t *keys; /* addresses without their last 8 bits */
	size_t n_serials;
	struct serial serials[SERIALS_MAX];
};

struct mask_map *mask_map_new(void)
{
	return calloc(1, sizeof(struct mask_map));
}

struct mask_map *mask_map_free(struct mask_map *map)
{
	if (map) {
		for (size_t i = 0; i < map->n_serials; i++)
			free(map->serials[i].text);
		free(map->keys);
		free(map);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

int mask_map_seal(struct mask_map *map)
{
	size_t n = 0;

	if (map->failed)
		return -ENOMEM;
	if (map->n_keys > 0)
		qsort(map->keys, map->n_keys, sizeof(*map->keys), compare);
	for (size_t i = 0; i < map->n_keys; i++)
		if (n == 0 || map->keys[i] != map->keys[n - 1])
			map->keys[n++] = map->keys[i];
	map->n_keys = n;
	map->sealed = true;
	return 0;
}

static void learn_key(struct mask_map *map, uint64_t key)
{
	uint64_t *keys;

	if (map->n_keys == map->room) {
		size_t room = map->room ? 2 * map->room : 256;

		keys = room <= ADDRESSES_MAX ? reallocarray(map->keys, room, sizeof(*keys)) : NULL;
		if (!keys) {
			map->failed = true;
			return;
		}
		map->keys = keys;
		map->room = room;
	}
	map->keys[map->n_keys++] = key;
}

void mask_address(struct mask_map *map, uint8_t bytes[static 8])
{
	uint64_t address = 0, key, number = 0;
	const uint64_t *found;

	for (unsigned i = 0; i < 8; i++)
		address = address << 8 | bytes[i];
	if (address == 0 || address == UINT64_MAX)
		return;
	key = address >> LOW_BITS;
	if (!map->sealed) {
		learn_key(map, key);
		return;
	}
	found = map->n_keys ? bsearch(&key, map->keys, map->n_keys, sizeof(key), compare) : NULL;
	if (found)
		number = (uint64_t) (found - map->keys) + 1;
	address = address >> HIGH_SHIFT << HIGH_SHIFT | number << LOW_BITS | (address & 0xff);
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (address >> (56 - 8 * i));
}

/* ---- serial numbers ----------------------------------------------------------------- */

static size_t find_serial(const struct mask_map *map, const uint8_t *text, size_t n)
{
	size_t i;

	for (i = 0; i < map->n_serials; i++)
		if (map->serials[i].n == n && memcmp(map->serials[i].text, text, n) == 0)
			break;
	return i;
}

bool mask_knows_serial(const struct mask_map *map, const uint8_t *text, size_t n)
{
	return find_serial(map, text, n) < map->n_serials;
}

static void learn_serial(struct mask_map *map, const uint8_t *text, size_t n)
{
	uint8_t *copy;

	if (map->n_serials == SERIALS_MAX || mask_knows_serial(map, text, n))
		return;
	copy = malloc(n);
	if (!copy) {
		map->failed = true;
		return;
	}
	memcpy(copy, text, n);
	map->serials[map->n_serials].text = copy;
	map->serials[map->n_serials++].n = n;
}

/* "XXXX002A"; what is too short for a number is X alone. */
void mask_serial(struct mask_map *map, uint8_t *text, size_t n)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t number, width = n < 4 ? 0 : n < 6 ? n - 1 : 4;

	if (n == 0)
		return;
	if (!map->sealed) {
		learn_serial(map, text, n);
		return;
	}
	number = find_serial(map, text, n) + 1;
	memset(text, 'X', n);
	for (size_t i = 0; i < width; i++, number /= 36)
		text[n - 1 - i] = (uint8_t) digits[number % 36];
}
