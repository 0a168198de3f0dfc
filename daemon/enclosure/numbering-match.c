/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which bay of one list is which of another.  A bay has several names, none of which
 * every enclosure gives (peers.md C.1, C.4), so they are tried in order of trust.  All are
 * looked up in sorted lists, since an enclosure may claim to have thousands of bays.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enclosure/numbering.h"

typedef int (*compare_function)(const struct numbered *a, const struct numbered *b);

static int compare_unsigned(unsigned a, unsigned b)
{
	return a < b ? -1 : a > b;
}

static int by_number(const struct numbered *a, const struct numbered *b)
{
	return a->subenclosure != b->subenclosure
		       ? compare_unsigned(a->subenclosure, b->subenclosure)
		       : (a->reported > b->reported) - (a->reported < b->reported);
}

/* Behind a comma stands the disk's serial number (peers.md C.4), which is no bay's name. */
static int by_label(const struct numbered *a, const struct numbered *b)
{
	size_t n = strcspn(a->label, ","), m = strcspn(b->label, ",");
	int r = memcmp(a->label, b->label, n < m ? n : m);

	if (a->subenclosure != b->subenclosure)
		return compare_unsigned(a->subenclosure, b->subenclosure);
	return r ? r : compare_unsigned((unsigned) n, (unsigned) m);
}

static int by_index(const struct numbered *a, const struct numbered *b)
{
	return compare_unsigned(a->index, b->index);
}

static int by_type(const struct numbered *a, const struct numbered *b)
{
	return a->type != b->type ? compare_unsigned(a->type, b->type) : by_index(a, b);
}

static int compare_entries(const void *a, const void *b, void *userdata)
{
	compare_function *compare = userdata;

	return (*compare)(*(const struct numbered *const *) a, *(const struct numbered *const *) b);
}

/* Entries first to end - 1 in that order, the caller's to free; NULL when out of memory. */
static const struct numbered **sort(const struct numbering *n, unsigned first, unsigned end,
				    compare_function compare)
{
	const struct numbered **sorted = calloc(end - first + 1U, sizeof(struct numbered *));

	for (unsigned i = first; sorted && i < end; i++)
		sorted[i - first] = &n->entries[i];
	if (sorted)
		qsort_r(sorted, end - first, sizeof(struct numbered *), compare_entries, &compare);
	return sorted;
}

static bool has_name(const struct numbered *e, compare_function compare)
{
	return compare == by_number ? e->reported >= 0 : e->own_label;
}

/* Does this name tell every bay of the list from every other? */
static bool tells_apart(const struct numbering *n, compare_function compare)
{
	_cleanup_free_ const struct numbered **sorted = sort(n, 0, n->n_slots, compare);

	for (unsigned i = 0; sorted && i < n->n_slots; i++)
		if (!has_name(sorted[i], compare) ||
		    (i > 0 && compare(sorted[i - 1], sorted[i]) == 0))
			return false;
	return sorted && n->n_slots > 0;
}

static const struct numbered *find(const struct numbered *const *sorted, unsigned n,
				   const struct numbered *e, compare_function compare)
{
	unsigned low = 0, high = n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int r = compare(sorted[middle], e);

		if (r == 0)
			return sorted[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The entries of a list that are not spoken for, by name. */
struct match {
	const struct numbering *mine, *yours;
	int *map;
	bool *taken; /* by position in yours */
};

static bool take(struct match *m, unsigned i, unsigned k)
{
	if (m->map[i] >= 0 || m->taken[k])
		return false;
	m->map[i] = (int) k;
	m->taken[k] = true;
	return true;
}

static unsigned match_by(struct match *m, bool slots, compare_function compare)
{
	unsigned first = slots ? 0 : m->mine->n_slots;
	unsigned end = slots ? m->mine->n_slots : m->mine->n;
	unsigned from = slots ? 0 : m->yours->n_slots, to = slots ? m->yours->n_slots : m->yours->n;
	_cleanup_free_ const struct numbered **sorted = sort(m->yours, from, to, compare);
	unsigned matched = 0;

	for (unsigned i = first; sorted && i < end; i++) {
		const struct numbered *found =
			find(sorted, to - from, &m->mine->entries[i], compare);

		if (found)
			matched += take(m, i, (unsigned) (found - m->yours->entries));
	}
	return matched;
}

static int compare_claims(const void *a, const void *b)
{
	const struct numbering_claim *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static void match_by_address(struct match *m)
{
	struct numbering_claim *claims = NULL;
	unsigned n = numbering_claims(m->yours, &claims);

	for (unsigned i = 0; i < m->mine->n_slots; i++)
		for (unsigned k = 0; k < m->mine->entries[i].n_addresses; k++) {
			const struct numbering_claim wanted = { m->mine->entries[i].addresses[k],
								0 };
			const struct numbering_claim *found =
				n ? bsearch(&wanted, claims, n, sizeof(*claims), compare_claims)
				  : NULL;

			if (found)
				(void) take(m, i, found->entry);
		}
	free(claims);
}

static bool both_tell_apart(const struct match *m, compare_function compare)
{
	return tells_apart(m->mine, compare) && tells_apart(m->yours, compare);
}

int numbering_match(const struct numbering *mine, const struct numbering *yours, bool disks_stay,
		    int *map)
{
	_cleanup_free_ bool *taken = calloc(yours->n + 1U, sizeof(*taken));
	struct match m = { mine, yours, map, taken };

	for (unsigned i = 0; i < mine->n; i++)
		map[i] = -1;
	if (!taken)
		return -ENOMEM;
	(void) match_by(&m, false, by_type);
	/* Where both number their bays, a number that the other lacks is a bay it lacks. */
	if (both_tell_apart(&m, by_number) && match_by(&m, true, by_number) > 0)
		return 0;
	if (both_tell_apart(&m, by_label))
		(void) match_by(&m, true, by_label);
	if (disks_stay)
		match_by_address(&m);
	(void) match_by(&m, true, by_index);
	return 0;
}
