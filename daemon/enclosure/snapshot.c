/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ses.md 2.13 as code: 00h, 01h, 02h, 07h, 0Ah, 0Fh, and from the start again
 * if any of them is of another generation, at most SNAPSHOT_TRIES_MAX times.
 * Only 01h and 02h can be relied on; each other page may be missing, broken
 * or late, and its loss costs names or addresses, never the enclosure
 * (peers.md C.1, C.2).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclosure/snapshot.h"
#include "ses/element.h"
#include "ses/header.h"
#include "ses/page.h"

#define GENERATION_PAUSE_MS 20U
#define PHY_END_DEVICE 1U

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

struct snapshot *snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) > 1)
		return NULL;
	ses_config_free(snapshot->config);
	ses_descriptors_free(snapshot->descriptors);
	ses_additionals_free(snapshot->additionals);
	free(snapshot);
	return NULL;
}

static bool listed(const struct snapshot *s, uint8_t page)
{
	return !s->supported || s->supported >> page & 1;
}

/*
 * A page that can be done without could not be read.  A way that broke, or a caller out of time,
 * ends everything; a page that is not right, or that the enclosure failed to make (ses.md 7:
 * CHECK CONDITION of one without trays), does not.
 */
static bool is_fatal(struct session *session, int r)
{
	if (session->broken && session->answered)
		session->broken = session->answered = false;
	return session->broken || r == -ENOMEM || r == -ETIMEDOUT || r == -EBUSY || r == -EACCES;
}

static void remark(struct snapshot *s, const char *what, int r)
{
	if (s->remark[0] == '\0')
		(void) snprintf(s->remark, sizeof(s->remark), "%s could not be used: %s", what,
				r == -EBADMSG ? "it does not parse" : strerror(-r));
}

static int read_supported(struct session *session, struct snapshot *s)
{
	size_t n;
	int r;

	r = session_receive(session, SES_PAGE_SUPPORTED, &n);
	if (r == 0)
		r = ses_supported_decode(session->buffer, n, &s->supported);
	/* Some list nothing, or not even page 01h: then each page is tried. */
	if (r < 0 || !(s->supported >> SES_PAGE_CONFIGURATION & 1))
		s->supported = 0;
	return r < 0 && is_fatal(session, r) ? r : 0;
}

static int read_config(struct session *session, const struct quirks *quirks, struct snapshot *s)
{
	const struct ses_subenclosure *primary;
	size_t n;
	int r;

	r = session_receive(session, SES_PAGE_CONFIGURATION, &n);
	if (r == -EOPNOTSUPP && session->short_status) {
		/* peers.md C.3: an enclosure with a state and no elements */
		s->short_status = true;
		s->config = calloc(1, sizeof(*s->config));
		quirks_match(NULL, "", "", "", &s->quirk);
		return s->config ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r;
	r = ses_config_decode(session->buffer, n, &s->config);
	if (r < 0) {
		(void) snprintf(session->text, sizeof(session->text), "page 01h does not parse");
		return r;
	}
	if (s->config->n_subenclosures > 0) {
		primary = &s->config->subenclosures[0];
		quirks_match(quirks, primary->vendor, primary->product, primary->revision,
			     &s->quirk);
	} else {
		quirks_match(NULL, "", "", "", &s->quirk);
	}
	return 0;
}

static int read_descriptors(struct session *session, struct snapshot *s)
{
	size_t n;
	int r;

	if (!listed(s, SES_PAGE_DESCRIPTOR))
		return 0;
	r = session_receive(session, SES_PAGE_DESCRIPTOR, &n);
	if (r == 0)
		r = ses_descriptors_decode(session->buffer, n, s->config, &s->descriptors);
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0 && r != -ESTALE && !is_fatal(session, r)) {
		remark(s, "page 07h", r);
		return 0;
	}
	return r;
}

/* Bays that page 02h calls empty and page 0Ah gives a disk, and the reverse. */
static unsigned contradictions(const struct ses_config *config, const struct ses_status *status,
			       const struct ses_additionals *additionals)
{
	unsigned n = 0;

	for (unsigned t = 0; t < config->n_types; t++)
		for (unsigned i = 1;
		     ses_type_is_slot(config->types[t].type) && i <= config->types[t].count; i++) {
			unsigned global = config->types[t].overall + i;
			const struct ses_additional *a = &additionals->elements[global];
			bool disk = false;

			if (global >= status->known)
				continue;
			for (unsigned k = 0; a->present && !a->invalid && k < a->n_phys; k++)
				disk = disk || (a->phys[k].device_type == PHY_END_DEVICE &&
						a->phys[k].address != 0);
			switch (ses_element_code(status->elements[global])) {
			case SES_CODE_NOT_INSTALLED:
				n += disk;
				break;
			case SES_CODE_OK:
				n += !disk;
				break;
			}
		}
	return n;
}

/*
 * A page that lists only occupied bays and begins with index 1 may count from the overall
 * element, as HP does, or have an empty first bay (ses.md 5.2 rule 2): page 02h knows.
 */
static void decide_counting(const struct session *session, size_t n,
			    const struct snapshot *snapshot, const struct ses_status *status,
			    struct ses_additionals **additionals)
{
	struct ses_additionals *other = NULL;
	unsigned doubts;

	if (snapshot->quirk.index_rule != SES_INDEX_AUTO ||
	    (*additionals)->rule != SES_INDEX_GLOBAL)
		return;
	doubts = contradictions(snapshot->config, status, *additionals);
	if (doubts == 0 || ses_additionals_decode(session->buffer, n, snapshot->config,
						  SES_INDEX_INDIVIDUAL, &other) < 0)
		return;
	if (other->n_unassigned <= (*additionals)->n_unassigned &&
	    contradictions(snapshot->config, status, other) < doubts) {
		ses_additionals_free(*additionals);
		*additionals = other;
	} else {
		ses_additionals_free(other);
	}
}

static bool is_bay(const struct ses_config *config, unsigned global)
{
	struct ses_element_id id;

	return ses_config_element(config, global, &id) && id.individual >= 0 &&
	       ses_type_is_slot(config->types[id.header].type);
}

static bool disk_where_none_is(const struct ses_status *status, unsigned global,
			       const struct ses_additional *a)
{
	return a->present && a->n_phys > 0 && a->phys[0].device_type == PHY_END_DEVICE &&
	       global < status->known &&
	       ses_element_code(status->elements[global]) == SES_CODE_NOT_INSTALLED;
}

/*
 * Fewer descriptors than bays and nothing that says of which, without an index or with one that
 * repeats, while a bay that page 02h calls empty was given a disk: no disk is then known
 * to be in any bay, rather than one in the wrong bay.
 */
static void forget_doubtful_bays(const struct ses_config *config, const struct ses_status *status,
				 struct ses_additionals *additionals)
{
	bool all_listed = true, wrong = false;

	for (unsigned i = 0; i < additionals->n; i++)
		if (is_bay(config, i)) {
			all_listed = all_listed && additionals->elements[i].present;
			wrong = wrong || disk_where_none_is(status, i, &additionals->elements[i]);
		}
	for (unsigned i = 0; wrong && !all_listed && i < additionals->n; i++)
		if (is_bay(config, i)) {
			additionals->n_unassigned += additionals->elements[i].present;
			free(additionals->elements[i].phys);
			additionals->elements[i] = (struct ses_additional){ .slot_number = -1 };
		}
}

int snapshot_read_additional(struct session *session, const struct snapshot *snapshot,
			     const struct ses_status *status, struct ses_additionals **ret)
{
	struct ses_additionals *additionals = NULL;
	size_t n;
	int r;

	if (!listed(snapshot, SES_PAGE_ADDITIONAL) || snapshot->short_status)
		return -EOPNOTSUPP;
	r = session_receive(session, SES_PAGE_ADDITIONAL, &n);
	if (r < 0)
		return r;
	r = ses_additionals_decode(session->buffer, n, snapshot->config, snapshot->quirk.index_rule,
				   &additionals);
	if (r < 0)
		return r;
	if (status)
		decide_counting(session, n, snapshot, status, &additionals);
	if (status && snapshot->quirk.index_rule == SES_INDEX_AUTO &&
	    (additionals->rule == SES_INDEX_POSITION || additionals->n_unassigned > 0))
		forget_doubtful_bays(snapshot->config, status, additionals);
	*ret = additionals;
	return 0;
}

static int read_additional(struct session *session, struct snapshot *s,
			   const struct ses_status *status)
{
	int r;

	r = snapshot_read_additional(session, s, status, &s->additionals);
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0 && r != -ESTALE && !is_fatal(session, r)) {
		remark(s, "page 0Ah", r);
		return 0;
	}
	return r;
}

static int read_nickname(struct session *session, struct snapshot *s)
{
	size_t n;
	int r;

	/* Unlike 07h and 0Ah it is not worth a command that is probably refused. */
	if (!(s->supported >> SES_PAGE_NICKNAME & 1))
		return 0;
	r = session_receive(session, SES_PAGE_NICKNAME, &n);
	if (r == 0)
		r = ses_nickname_decode(session->buffer, n, s->config->generation,
					s->config->n_subenclosures ? s->config->subenclosures[0].id
								   : 0,
					s->nickname);
	if (r == 0)
		s->has_nickname = true;
	return r == -ESTALE || (r < 0 && is_fatal(session, r)) ? r : 0;
}

int snapshot_read_status(struct session *session, const struct snapshot *snapshot,
			 struct ses_status **ret)
{
	struct ses_status *status = NULL;
	size_t n;
	int r;

	r = session_receive(session, SES_PAGE_STATUS, &n);
	if (snapshot->short_status) {
		/* Page 08h is its answer to anything (ses.md 2.0); another one says that it has
		 * more to say now. */
		if (r == 0)
			return -ESTALE;
		if (!session->short_status)
			return r;
		*ret = calloc(1, sizeof(**ret));
		return *ret ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r;
	r = ses_status_decode(session->buffer, n, snapshot->config, &status);
	if (r == -EBADMSG)
		(void) snprintf(session->text, sizeof(session->text), "page 02h does not parse");
	if (r == 0 && snapshot->known && status->known != snapshot->known) {
		ses_status_free(status);
		return -ESTALE;
	}
	if (r == 0)
		*ret = status;
	return r;
}

static int read_once(struct session *session, const struct quirks *quirks, struct snapshot **ret,
		     struct ses_status **ret_status)
{
	struct ses_status *status = NULL;
	struct snapshot *s;
	int r;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	atomic_init(&s->references, 1);
	r = read_supported(session, s);
	if (r == 0)
		r = read_config(session, quirks, s);
	if (r == 0)
		r = snapshot_read_status(session, s, &status);
	if (r == 0 && !s->short_status)
		r = read_descriptors(session, s);
	if (r == 0 && !s->short_status)
		r = read_additional(session, s, status);
	if (r == 0 && !s->short_status)
		r = read_nickname(session, s);
	if (r != 0) {
		ses_status_free(status);
		snapshot_unref(s);
		return r;
	}
	s->known = status->known;
	*ret = s;
	*ret_status = status;
	return 0;
}

int snapshot_read(struct session *session, const struct quirks *quirks, struct snapshot **ret,
		  struct ses_status **ret_status)
{
	unsigned tries;
	int r;

	for (tries = 0; tries < SNAPSHOT_TRIES_MAX; tries++) {
		r = read_once(session, quirks, ret, ret_status);
		if (r != -ESTALE)
			return r;
		if (!session_pause(session, GENERATION_PAUSE_MS << tries))
			break;
	}
	(void) snprintf(session->text, sizeof(session->text),
			"its generation code keeps changing (%u readings)", SNAPSHOT_TRIES_MAX);
	return -ESTALE;
}
