/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a fuzz target without a fuzzer: over every file of its corpus, and over
 * mutations of each that are the same every time, so that a failure can be had
 * again.  An input stands at the end of a mapping with a wall behind it.
 *
 *   fuzz-NAME DIRECTORY
 *
 * A corpus that is missing or empty is a failure: it would be a test of nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/lib/guard.h"

#define INPUT_MAX 65536U
#define MUTATIONS 4000U

/* xorshift64*: seeded with the mutation's number, the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static size_t mutate(uint8_t *bytes, size_t n, size_t room, uint64_t *state)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
	unsigned changes = 1 + (unsigned) (next_random(state) % 4);

	while (changes-- > 0 && n > 0) {
		uint64_t random = next_random(state);
		size_t at = (size_t) (random >> 8) % n;

		switch (random % 6) {
		case 0:
			bytes[at] ^= (uint8_t) (1U << (random >> 60 & 7));
			break;
		case 1:
			bytes[at] = edges[(random >> 56) % sizeof(edges)];
			break;
		case 2:
			bytes[at] = (uint8_t) (random >> 56);
			break;
		case 3: /* cut */
			n = at;
			break;
		case 4: /* a piece twice */
			if (n + (n - at) <= room) {
				memmove(bytes + n, bytes + at, n - at);
				n += n - at;
			}
			break;
		default: /* a piece less */
			memmove(bytes + at, bytes + at + 1, n - at - 1);
			n--;
			break;
		}
	}
	return n;
}

static void run_file(const uint8_t *bytes, size_t n)
{
	static uint8_t changed[2 * INPUT_MAX];

	(void) LLVMFuzzerTestOneInput(guarded(bytes, n), n);
	for (uint64_t i = 1; i <= MUTATIONS; i++) {
		uint64_t state = i * 0x9e3779b97f4a7c15ULL;
		size_t size;

		memcpy(changed, bytes, n);
		size = mutate(changed, n, sizeof(changed), &state);
		(void) LLVMFuzzerTestOneInput(guarded(changed, size), size);
	}
}

static int run_path(const char *directory, const char *name)
{
	static uint8_t bytes[INPUT_MAX];
	char path[512];
	FILE *file;
	size_t n;

	(void) snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	if (!file) {
		(void) fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	n = fread(bytes, 1, sizeof(bytes), file);
	(void) fclose(file);
	run_file(bytes, n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const struct dirent *entry;
	unsigned n = 0;
	DIR *dir;

	if (argc != 2) {
		(void) fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return EXIT_FAILURE;
	}
	dir = opendir(argv[1]);
	if (!dir) {
		(void) fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (run_path(argv[1], entry->d_name) < 0) {
			(void) closedir(dir);
			return EXIT_FAILURE;
		}
		n++;
	}
	(void) closedir(dir);
	if (n == 0) {
		(void) fprintf(stderr, "%s: no corpus\n", argv[1]);
		return EXIT_FAILURE;
	}
	(void) printf("%s: %u inputs, %u mutations of each\n", name ? name + 1 : "fuzz", n,
		      MUTATIONS);
	return EXIT_SUCCESS;
}
