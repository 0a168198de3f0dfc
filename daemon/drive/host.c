/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel detaches and scans one device at a time per host adapter, and one that hangs
 * holds up the others: a strand for each adapter costs one thread then, not one for
 * each disk that waits.
 */
#include <stdlib.h>

#include "drive/private.h"

struct host {
	struct list link;
	unsigned number;
	struct strand *strand;
};

struct strand *host_strand(struct drives *drives, unsigned number)
{
	struct host *host;

	LIST_FOREACH (host, &drives->hosts, link)
		if (host->number == number)
			return host->strand;
	host = calloc(1, sizeof(*host));
	if (host == NULL)
		return NULL;
	host->number = number;
	host->strand = strand_new(drives->pool);
	if (host->strand == NULL) {
		free(host);
		return NULL;
	}
	list_append(&drives->hosts, &host->link);
	return host->strand;
}

void hosts_free(struct drives *drives)
{
	struct host *host;

	LIST_FOREACH (host, &drives->hosts, link) {
		list_unlink(&host->link);
		(void) strand_free(host->strand);
		free(host);
	}
}
