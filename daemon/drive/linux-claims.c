/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Claims are what the kernel itself uses for mounts, md, dm and swap: a claim on the whole
 * disk conflicts with one on any partition, in any namespace.
 *
 * To the kernel our own look like anybody's, so they are listed: users() must not find the
 * operation that asks, nor a QueryUsers meanwhile keep that operation from its claim.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"
#include "drive/linux.h"

/* Held, or being tried. */
struct linux_claim {
	struct linux_claim *next;
	unsigned n;
	struct {
		int fd; /* -1 = not open */
		dev_t number;
	} nodes[];
};

#define CLAIM_RETRIES 100U
#define CLAIM_PAUSE_NS 10000000L /* as long as somebody of us just tries */

int linux_open_exclusive(const char *path, dev_t number)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || st.st_rdev != number) {
		(void) close(fd);
		return -ENXIO;
	}
	return fd;
}

void linux_release(struct kernel *kernel, void *claimed)
{
	struct linux_kernel *k = linux_of(kernel);
	struct linux_claim *claim = claimed, **at;

	if (!claim)
		return;
	for (unsigned i = 0; i < claim->n; i++)
		if (claim->nodes[i].fd >= 0)
			(void) close(claim->nodes[i].fd);
	(void) pthread_mutex_lock(&k->lock);
	for (at = &k->claims; *at && *at != claim; at = &(*at)->next)
		;
	if (*at)
		*at = claim->next;
	(void) pthread_mutex_unlock(&k->lock);
	free(claim);
}

static bool has_number(const struct linux_claim *claim, dev_t number)
{
	for (unsigned i = 0; i < claim->n; i++)
		if (claim->nodes[i].number == number)
			return true;
	return false;
}

/* Do we claim one of these blocks elsewhere? */
static bool ours(struct linux_kernel *k, const struct linux_blocks *blocks)
{
	const struct linux_claim *claim;
	bool found = false;

	(void) pthread_mutex_lock(&k->lock);
	for (claim = k->claims; claim; claim = claim->next)
		for (unsigned i = 0; i < blocks->n; i++)
			found = found || has_number(claim, blocks->v[i].number);
	(void) pthread_mutex_unlock(&k->lock);
	return found;
}

/* Listed before the first node is opened. */
static struct linux_claim *claim_new(struct linux_kernel *k, const struct linux_blocks *blocks)
{
	struct linux_claim *claim = calloc(1, sizeof(*claim) + blocks->n * sizeof(claim->nodes[0]));

	if (!claim)
		return NULL;
	for (unsigned i = 0; i < blocks->n; i++)
		if (blocks->v[i].claimable) {
			claim->nodes[claim->n].fd = -1;
			claim->nodes[claim->n++].number = blocks->v[i].number;
		}
	(void) pthread_mutex_lock(&k->lock);
	claim->next = k->claims;
	k->claims = claim;
	(void) pthread_mutex_unlock(&k->lock);
	return claim;
}

/* A node that cannot be opened whoever asks is nobody's: offline, gone, no medium. */
static bool nobody_can_open(int r)
{
	return r == -ENXIO || r == -ENODEV || r == -ENOENT || r == -ENOMEDIUM;
}

/* Opens the nodes; *busy is the block that is claimed by another, for -EBUSY.  -ENXIO: none could
 * be opened by anybody. */
static int claim_open(struct linux_kernel *k, const struct linux_blocks *blocks,
		      struct linux_claim *claim, unsigned *busy)
{
	char path[PATH_MAX];
	unsigned n = 0;
	bool any = false;
	int r;

	for (unsigned i = 0; i < blocks->n; i++) {
		const struct linux_block *b = &blocks->v[i];

		if (!b->claimable)
			continue;
		r = k->open_exclusive(linux_block_path(k->dev, b->name, path, sizeof(path)),
				      b->number);
		if (r >= 0)
			any = true;
		claim->nodes[n++].fd = r >= 0 ? r : -1;
		if (r >= 0 || nobody_can_open(r))
			continue;
		*busy = i;
		return r == -EBUSY || r == -ENOMEM ? r : -EIO;
	}
	return any ? 0 : -ENXIO;
}

static int claim_blocks(struct linux_kernel *k, const struct linux_blocks *blocks,
			struct linux_claim **ret, unsigned *busy)
{
	struct linux_claim *claim = claim_new(k, blocks);
	int r;

	if (!claim)
		return -ENOMEM;
	r = claim_open(k, blocks, claim, busy);
	if (r < 0)
		linux_release(&k->kernel, claim);
	else
		*ret = claim;
	return r;
}

int linux_claim(struct kernel *kernel, const char *const *syspaths, unsigned n, void **ret)
{
	static const struct timespec pause = { .tv_nsec = CLAIM_PAUSE_NS };
	struct linux_kernel *k = linux_of(kernel);
	struct linux_claim *claimed = NULL;
	struct linux_blocks blocks;
	unsigned busy;
	int r;

	r = linux_blocks_collect(k, syspaths, n, &blocks);
	if (r == 0)
		r = claim_blocks(k, &blocks, &claimed, &busy);
	/* A QueryUsers of ours that tries the same node is done in a moment. */
	for (unsigned i = 0; r == -EBUSY && i < CLAIM_RETRIES && ours(k, &blocks); i++) {
		(void) nanosleep(&pause, NULL);
		r = claim_blocks(k, &blocks, &claimed, &busy);
	}
	linux_blocks_free(&blocks);
	if (r == 0)
		*ret = claimed;
	return r;
}

/* Nobody was found: is there a claim all the same? */
int linux_claim_hidden(struct linux_kernel *k, struct linux_blocks *blocks,
		       struct kernel_users *found)
{
	struct linux_claim *claimed = NULL;
	unsigned busy = 0;
	int r;

	/* With a claim of our own on it there is no other; or it is being tried, and found. */
	if (ours(k, blocks))
		return 0;
	r = claim_blocks(k, blocks, &claimed, &busy);
	if (r == -ENXIO || (r == -EBUSY && ours(k, blocks)))
		return 0;
	if (r != -EBUSY) {
		linux_release(&k->kernel, claimed);
		return r;
	}
	r = linux_users_suspect(k, blocks, found);
	if (r < 0 || found->n > 0)
		return r;
	return kernel_users_add(found,
				"%s is held open exclusively by something that /proc "
				"does not show",
				blocks->v[busy].label);
}
