/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What arrives on stderr, looked at from the other end of a pipe.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

static int out;

static void setup(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	(void) close(fds[1]);
	out = fds[0];
	(void) unsetenv("JOURNAL_STREAM");
}

static const char *written(void)
{
	static char text[65536];
	ssize_t n;

	(void) fflush(stderr);
	(void) close(STDERR_FILENO);
	n = read(out, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = 0;
	return text;
}

START_TEST(one_line_each)
{
	log_info("bay %d", 7);
	log_warning("two\nlines\x1b[31m");
	log_debug("not shown");
	ck_assert_str_eq(written(), "bay 7\ntwo?lines?[31m\n");
}
END_TEST

START_TEST(level)
{
	log_set_level(LOG_DEBUG);
	log_debug("shown");
	log_set_level(LOG_ERR);
	log_warning("not shown");
	log_error("%s", "shown too");
	ck_assert_str_eq(written(), "shown\nshown too\n");
}
END_TEST

START_TEST(keeps_errno)
{
	errno = ENXIO;
	log_info("failed: %m");
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_str_eq(written(), "failed: No such device or address\n");
}
END_TEST

START_TEST(long_messages_are_cut_to_a_line)
{
	char message[3000];
	const char *text;

	memset(message, 'x', sizeof(message));
	message[sizeof(message) - 1] = 0;
	log_info("%s", message);
	text = written();
	ck_assert_uint_gt(strlen(text), 1000);
	ck_assert_uint_lt(strlen(text), 1100);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

static void *chatter(void *p)
{
	for (int i = 0; i < 100; i++)
		log_info("%s", (const char *) p);
	return NULL;
}

START_TEST(threads_do_not_mix_lines)
{
	static char words[2][100];
	pthread_t threads[2];
	unsigned lines = 0;
	char *text;

	for (int i = 0; i < 2; i++) {
		memset(words[i], 'a' + i, sizeof(words[i]) - 1);
		ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, words[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		(void) pthread_join(threads[i], NULL);
	text = strdup(written());
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++)
		ck_assert(strcmp(line, words[0]) == 0 || strcmp(line, words[1]) == 0);
	ck_assert_uint_eq(lines, 200);
	free(text);
}
END_TEST

/* Nobody listens there in a test, but it is not on stderr either. */
START_TEST(journal_when_stderr_is_it)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void) snprintf(stream, sizeof(stream), "%llu:%llu",
			(unsigned long long) st.st_dev + (unsigned) _i,
			(unsigned long long) st.st_ino);
	(void) setenv("JOURNAL_STREAM", stream, 1);
	log_info("hello");
	ck_assert_str_eq(written(), _i == 0 ? "" : "hello\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/log");
	TCase *tc = tcase_create("log");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, one_line_each);
	tcase_add_test(tc, level);
	tcase_add_test(tc, keeps_errno);
	tcase_add_test(tc, long_messages_are_cut_to_a_line);
	tcase_add_test(tc, threads_do_not_mix_lines);
	tcase_add_loop_test(tc, journal_when_stderr_is_it, 0, 2);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
