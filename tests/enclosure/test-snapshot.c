/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All pages of one generation, or as much of them as there is (snapshot.h, ses.md 2.12,
 * 2.13, peers.md C.2, C.3).
 */
#include <errno.h>

#include "enclosure/snapshot.h"
#include "tests/enclosure/fake-bed.h"

static struct session session;
static struct fake_shelf *shelf;
static struct fake_iom *iom;
static struct snapshot *snapshot;
static struct ses_status *status;

static void begin(void)
{
	shelf = bed_shelf(4, 1);
	iom = &shelf->ioms[0];
	fake_insert(fake_bay(shelf, 1), 0x5000123400000001);
	ck_assert_int_eq(session_open(&session, &bed.world.transport, iom->node, 8, 0), 0);
	fake_count(shelf);
}

static int read_all(void)
{
	snapshot = NULL;
	status = NULL;
	return snapshot_read(&session, NULL, &snapshot, &status);
}

static void end(void)
{
	snapshot = snapshot_unref(snapshot);
	status = ses_status_free(status);
	session_close(&session);
}

static unsigned slot_global(unsigned n)
{
	return n + 1;
}

START_TEST(six_commands_tell_all)
{
	begin();
	ck_assert_int_eq(read_all(), 0);
	ck_assert_str_eq(shelf->log, "A:r00 A:r01 A:r02 A:r07 A:r0a A:r0f ");
	ck_assert_uint_eq(snapshot->config->n_individual, 4 + 2 + 2 + 1 + 1 + 1 + 1);
	ck_assert_str_eq(snapshot->descriptors->texts[slot_global(3)], "SLOT 03");
	ck_assert_uint_eq(snapshot->additionals->elements[slot_global(1)].phys[0].address,
			  0x5000123400000001);
	ck_assert(snapshot->has_nickname);
	ck_assert_str_eq(snapshot->remark, "");
	ck_assert_uint_eq(status->known, snapshot->config->n_elements);
	end();
}
END_TEST

/* The configuration moves before the n-th command: a bay more, in front of all others. */
static void a_bay_more(struct fake_shelf *s, _unused_ void *userdata)
{
	(void) fake_add(s, &s->types[0], 0);
}

START_TEST(pages_of_two_generations_are_never_mixed)
{
	for (unsigned n = 1; n <= 7; n++) {
		begin();
		shelf->before_command = n;
		shelf->happens = a_bay_more;
		ck_assert_int_eq(read_all(), 0);
		ck_assert_uint_eq(snapshot->config->generation, n <= 6 ? 8 : 7);
		ck_assert_uint_eq(status->generation, snapshot->config->generation);
		ck_assert_uint_eq(status->n_elements, snapshot->config->n_elements);
		ck_assert_uint_le(iom->commands, 12);
		/* The disk that was in bay 1 is in bay 2 now, in every page alike. */
		if (n <= 6) {
			ck_assert_str_eq(snapshot->descriptors->texts[slot_global(2)], "SLOT 01");
			ck_assert_uint_eq(
				snapshot->additionals->elements[slot_global(2)].phys[0].address,
				0x5000123400000001);
			ck_assert_uint_eq(ses_element_code(status->elements[slot_global(2)]), 1);
		}
		end();
	}
}
END_TEST

static void another_generation(struct fake_shelf *s, _unused_ void *userdata)
{
	s->generation++;
}

START_TEST(a_generation_that_keeps_changing_is_given_up)
{
	uint64_t start;

	begin();
	shelf->every_command = 1;
	shelf->happens = another_generation;
	start = clock_monotonic();
	ck_assert_int_eq(read_all(), -ESTALE);
	ck_assert_uint_le(iom->commands, 6 * SNAPSHOT_TRIES_MAX);
	ck_assert_uint_ge(iom->commands, 3 * SNAPSHOT_TRIES_MAX);
	ck_assert_uint_le(clock_monotonic() - start, 5 * USEC_PER_SEC);
	ck_assert_ptr_nonnull(strstr(session.text, "keeps changing"));
	end();
}
END_TEST

/* ---- pages that can be done without -------------------------------------------------- */

START_TEST(only_01h_and_02h_are_needed)
{
	static const struct {
		bool all_listed, no_list;
	} lists[] = { { false, false }, { true, false }, { false, true } };

	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++) {
		begin();
		shelf->missing = 1U << 0x07 | 1U << 0x0a | 1U << 0x0f;
		shelf->all_listed = lists[i].all_listed;
		shelf->no_list = lists[i].no_list;
		ck_assert_int_eq(read_all(), 0);
		ck_assert_ptr_null(snapshot->descriptors);
		ck_assert_ptr_null(snapshot->additionals);
		ck_assert(!snapshot->has_nickname);
		ck_assert_uint_eq(snapshot->config->n_individual, 12);
		ck_assert_uint_eq(status->known, snapshot->config->n_elements);
		end();
	}
}
END_TEST

START_TEST(without_01h_it_is_no_enclosure)
{
	begin();
	shelf->missing = 1U << 0x01;
	ck_assert_int_eq(read_all(), -EOPNOTSUPP);
	end();
}
END_TEST

static const struct fake_trouble spoilt[] = {
	{ .kind = FAKE_SENSE, .a = 4, .b = 0x44 },	      /* hardware error */
	{ .kind = FAKE_SENSE, .a = 5, .b = 0x55 },	      /* something else entirely */
	{ .kind = FAKE_SENSE, .a = 2, .b = 0x3a },	      /* not ready for good */
	{ .kind = FAKE_SENSE, .a = 4, .b = 0x35, .c = 0x01 }, /* 35/01 */
	{ .kind = FAKE_CUT, .a = 0 },
	{ .kind = FAKE_CUT, .a = 5 },
	{ .kind = FAKE_CUT, .a = 9 },
	{ .kind = FAKE_CUT, .a = 40 },
	{ .kind = FAKE_LIE, .a = 0xffff },
	{ .kind = FAKE_LIE, .a = 0 },
	{ .kind = FAKE_LIE, .a = 4 },
	{ .kind = FAKE_LIE, .a = 21 },
	{ .kind = FAKE_PAD },
	{ .kind = FAKE_OTHER_PAGE, .a = 0x04 },
	{ .kind = FAKE_SHORT_PAGE },
};

START_TEST(a_spoilt_page_costs_names_or_addresses_only)
{
	static const int pages[] = { 0x00, 0x07, 0x0a, 0x0f };

	for (unsigned p = 0; p < ARRAY_SIZE(pages); p++)
		for (unsigned i = 0; i < ARRAY_SIZE(spoilt); i++) {
			struct fake_trouble trouble = spoilt[i];

			begin();
			trouble.page = FAKE_PAGE(pages[p]);
			fake_trouble(iom, &trouble);
			ck_assert_int_eq(read_all(), 0);
			ck_assert(!session.broken);
			ck_assert_uint_eq(status->known, snapshot->config->n_elements);
			ck_assert_uint_le(iom->commands, 12);
			end();
		}
}
END_TEST

START_TEST(what_is_wrong_is_remarked)
{
	begin();
	fake_trouble(iom,
		     &(struct fake_trouble){ .kind = FAKE_SENSE, .page = 0x0a, .a = 4, .b = 0x44 });
	ck_assert_int_eq(read_all(), 0);
	ck_assert_ptr_null(snapshot->additionals);
	ck_assert_ptr_nonnull(strstr(snapshot->remark, "0Ah"));
	ck_assert_str_eq(snapshot->descriptors->texts[slot_global(0)], "SLOT 00");
	end();
}
END_TEST

START_TEST(a_way_that_breaks_meanwhile_ends_it)
{
	begin();
	fake_trouble(iom, &(struct fake_trouble){ .kind = FAKE_TIMEOUT, .page = 0x07 });
	ck_assert_int_eq(read_all(), -ETIMEDOUT);
	ck_assert(session.broken);
	ck_assert_uint_eq(iom->commands, 4);
	end();
}
END_TEST

/* ---- 01h and 02h that lie --------------------------------------------------------------- */

START_TEST(a_page_01h_that_ends_early_does_not_parse)
{
	begin();
	for (unsigned n = 0; n < 72; n++) {
		fake_trouble(iom, &(struct fake_trouble){
					  .kind = FAKE_CUT, .page = 1, .times = 1, .a = n });
		ck_assert_int_eq(read_all(), -EBADMSG);
		ck_assert_ptr_null(snapshot);
	}
	ck_assert_int_eq(read_all(), 0);
	end();
}
END_TEST

START_TEST(a_page_02h_that_ends_early_is_used_as_far_as_it_goes)
{
	begin();
	fake_trouble(iom,
		     &(struct fake_trouble){ .kind = FAKE_CUT, .page = 2, .a = 8 + 3 * 4 + 2 });
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(status->known, 3);
	end();
}
END_TEST

START_TEST(padding_is_no_configuration)
{
	begin();
	fake_trouble(iom, &(struct fake_trouble){ .kind = FAKE_PAD, .page = 2 });
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(status->known, snapshot->config->n_elements);
	end();
}
END_TEST

START_TEST(short_status_only_is_an_enclosure_without_elements)
{
	begin();
	iom->short_status_only = true;
	ck_assert_int_eq(read_all(), 0);
	ck_assert(snapshot->short_status);
	ck_assert_uint_eq(snapshot->config->n_elements, 0);
	status = ses_status_free(status);
	fake_count(shelf);
	ck_assert_int_eq(snapshot_read_status(&session, snapshot, &status), 0);
	ck_assert_uint_eq(iom->commands, 1);
	/* it was only starting */
	iom->short_status_only = false;
	status = ses_status_free(status);
	ck_assert_int_eq(snapshot_read_status(&session, snapshot, &status), -ESTALE);
	end();
}
END_TEST

START_TEST(no_slots_is_legal)
{
	shelf = fake_shelf(&bed.world, 0x50aa000000000009, "3PARdata", "VV");
	iom = fake_iom(shelf, "/dev/sg9", 0);
	(void) fake_type(shelf, 0x00, 1, "Unspecified");
	ck_assert_int_eq(session_open(&session, &bed.world.transport, iom->node, 8, 0), 0);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(snapshot->config->n_individual, 1);
	end();
}
END_TEST

/* ---- the status page again ----------------------------------------------------------------- */

static int status_again(void)
{
	status = ses_status_free(status);
	fake_count(shelf);
	return snapshot_read_status(&session, snapshot, &status);
}

START_TEST(status_is_one_command)
{
	begin();
	ck_assert_int_eq(read_all(), 0);
	ck_assert_int_eq(status_again(), 0);
	ck_assert_str_eq(shelf->log, "A:r02 ");
	shelf->generation++;
	ck_assert_int_eq(status_again(), -ESTALE);
	end();
}
END_TEST

/* ses.md 7: MD1420, Data60, Areca say 0 whatever happens. */
START_TEST(a_stuck_generation_shows_in_the_length)
{
	for (unsigned more = 0; more < 2; more++) {
		begin();
		shelf->generation = 0;
		shelf->generation_stuck = true;
		ck_assert_int_eq(read_all(), 0);
		ck_assert_int_eq(status_again(), 0);
		if (more)
			(void) fake_add(shelf, &shelf->types[0], 2);
		else
			fake_remove(shelf, &shelf->types[0], 2);
		fake_set(fake_element(shelf, 0x0e, 0), 0, 0x0f, 1);
		ck_assert_int_eq(status_again(), -ESTALE);
		end();
	}
}
END_TEST

/* peers.md C.2: shorter than page 01h implies, always: then that is how it is. */
START_TEST(a_page_that_is_always_short_is_no_change)
{
	begin();
	shelf->extra_zeros = 3;
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(status->known, snapshot->config->n_elements - 3);
	ck_assert_int_eq(status_again(), 0);
	ck_assert_uint_eq(iom->commands, 1);
	end();
}
END_TEST

START_TEST(additional_status_is_one_command)
{
	struct ses_additionals *additionals = NULL;

	begin();
	ck_assert_int_eq(read_all(), 0);
	fake_insert(fake_bay(shelf, 3), 0x5000123400000007);
	fake_count(shelf);
	ck_assert_int_eq(snapshot_read_additional(&session, snapshot, status, &additionals), 0);
	ck_assert_str_eq(shelf->log, "A:r0a ");
	ck_assert_uint_eq(additionals->elements[slot_global(3)].phys[0].address,
			  0x5000123400000007);
	additionals = ses_additionals_free(additionals);
	shelf->generation++;
	ck_assert_int_eq(snapshot_read_additional(&session, snapshot, status, &additionals),
			 -ESTALE);
	end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		six_commands_tell_all,
		pages_of_two_generations_are_never_mixed,
		a_generation_that_keeps_changing_is_given_up,
		only_01h_and_02h_are_needed,
		without_01h_it_is_no_enclosure,
		a_spoilt_page_costs_names_or_addresses_only,
		what_is_wrong_is_remarked,
		a_way_that_breaks_meanwhile_ends_it,
		a_page_01h_that_ends_early_does_not_parse,
		a_page_02h_that_ends_early_is_used_as_far_as_it_goes,
		padding_is_no_configuration,
		short_status_only_is_an_enclosure_without_elements,
		no_slots_is_legal,
		status_is_one_command,
		a_stuck_generation_shows_in_the_length,
		a_page_that_is_always_short_is_no_change,
		additional_status_is_one_command,
		NULL,
	};

	return bed_main("snapshot", tests);
}
