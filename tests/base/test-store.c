/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state file: what is remembered, what is not, and what a crash leaves.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/pool.h"
#include "base/store.h"

static char top[64], folder[80];
static sd_event *event;
static struct pool *pool;

static void open_loop(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(pool_new(event, 2, 0, &pool), 0);
}

static void setup(void)
{
	log_set_level(LOG_CRIT);
	(void) snprintf(top, sizeof(top), "/tmp/vdsd-test-store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void) snprintf(folder, sizeof(folder), "%s/state", top);
	open_loop();
}

static const char *path(const char *name)
{
	static char buffers[4][512];
	static unsigned turn;
	char *buffer = buffers[turn++ % 4];

	(void) snprintf(buffer, sizeof(buffers[0]), "%s/%s", folder, name);
	return buffer;
}

/* How many names in the folder begin so; the last of them in found. */
static char found[300];

static unsigned count(const char *prefix)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    strncmp(entry->d_name, prefix, strlen(prefix)) == 0) {
			(void) snprintf(found, sizeof(found), "%s", entry->d_name);
			n++;
		}
	(void) closedir(dir);
	return n;
}

static void teardown(void)
{
	pool = pool_free(pool, 10 * USEC_PER_SEC);
	event = sd_event_unref(event);
	while (count("") > 0)
		if (remove(path(found)) < 0)
			break;
	(void) rmdir(folder);
	(void) rmdir(top);
}

static unsigned answers;
static int answer;

static void on_answer(_unused_ void *userdata, int r)
{
	answers++;
	answer = r;
}

static int sync_and_wait(struct store *store)
{
	unsigned before = answers;

	store_sync(store, on_answer, NULL);
	while (answers == before)
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
	ck_assert_uint_eq(answers, before + 1);
	return answer;
}

static void put(struct store *store, const char *section, const char *key, int value)
{
	struct json_object *object = store_section(store, section);

	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(json_object_object_add(object, key, json_object_new_int(value)), 0);
}

/* -1: not there. */
static int get(struct store *store, const char *section, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(store_section(store, section), key, &value))
		return -1;
	return json_object_get_int(value);
}

static struct store *open_store(void)
{
	struct store *store = NULL;

	ck_assert_int_eq(store_new(pool, folder, &store), 0);
	return store;
}

START_TEST(remembers)
{
	struct store *store = open_store();
	struct stat st;

	ck_assert_uint_eq(count(""), 0);
	put(store, "lamps", "bay 7", 42);
	put(store, "marks", "disk", 1);
	ck_assert_int_eq(sync_and_wait(store), 0);

	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(lstat(path("state.json"), &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_uint_eq(count(""), 1);
	store = store_free(store);

	store = open_store();
	ck_assert_int_eq(get(store, "lamps", "bay 7"), 42);
	ck_assert_int_eq(get(store, "marks", "disk"), 1);
	ck_assert_int_eq(get(store, "marks", "other"), -1);
	store = store_free(store);
	ck_assert_ptr_null(store);
}
END_TEST

START_TEST(sections_are_made_once)
{
	struct store *store = open_store();

	ck_assert_ptr_eq(store_section(store, "a"), store_section(store, "a"));
	ck_assert_ptr_ne(store_section(store, "a"), store_section(store, "b"));
	store = store_free(store);
	/* Looking is not changing. */
	ck_assert_uint_eq(count(""), 0);
}
END_TEST

START_TEST(in_memory_nothing_waits)
{
	struct store *store = NULL;

	ck_assert_int_eq(store_new(pool, NULL, &store), 0);
	put(store, "lamps", "bay", 1);
	store_dirty(store);
	store_sync(store, on_answer, NULL);
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(answer, 0);
	ck_assert_int_eq(get(store, "lamps", "bay"), 1);
	store = store_free(store);
	ck_assert_uint_eq(count(""), 0);
	ck_assert_ptr_null(store_free(NULL));
}
END_TEST

/* A burst: what is on the disk when the last is answered is the last. */
START_TEST(changes_during_a_write_go_out_next)
{
	struct store *store = open_store();

	for (int i = 0; i < 100; i++) {
		put(store, "n", "n", i);
		store_sync(store, on_answer, NULL);
	}
	while (answers < 100)
		ck_assert_int_ge(sd_event_run(event, UINT64_MAX), 0);
	ck_assert_int_eq(answer, 0);

	{
		struct store *other = open_store();

		ck_assert_int_eq(get(other, "n", "n"), 99);
		other = store_free(other);
	}
	store = store_free(store);
}
END_TEST

START_TEST(free_writes_the_rest)
{
	struct store *store = open_store();

	put(store, "n", "n", 1);
	store_dirty(store);
	put(store, "n", "n", 2);
	store_sync(store, on_answer, NULL);
	store = store_free(store);
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(answer, 0);

	store = open_store();
	ck_assert_int_eq(get(store, "n", "n"), 2);
	store = store_free(store);
}
END_TEST

START_TEST(free_writes_when_the_pool_is_gone)
{
	struct store *store = open_store();

	pool = pool_free(pool, 10 * USEC_PER_SEC);
	put(store, "n", "n", 3);
	store_sync(store, on_answer, NULL);
	ck_assert_uint_eq(answers, 1);
	ck_assert_int_eq(answer, -ECANCELED);
	store = store_free(store);
	ck_assert_uint_eq(answers, 1);

	ck_assert_int_eq(pool_new(event, 2, 0, &pool), 0);
	store = open_store();
	ck_assert_int_eq(get(store, "n", "n"), 3);
	store = store_free(store);
}
END_TEST

START_TEST(a_failed_write_is_told_and_tried_again)
{
	struct store *store = open_store();

	put(store, "n", "n", 1);
	ck_assert_int_eq(mkdir(path("state.json.new"), 0700), 0);
	ck_assert_int_eq(sync_and_wait(store), -EISDIR);
	ck_assert_int_ne(access(path("state.json"), F_OK), 0);
	ck_assert_int_eq(rmdir(path("state.json.new")), 0);
	ck_assert_int_eq(sync_and_wait(store), 0);
	store = store_free(store);

	store = open_store();
	ck_assert_int_eq(get(store, "n", "n"), 1);
	store = store_free(store);
}
END_TEST

START_TEST(too_large_is_not_written)
{
	struct store *store = open_store();
	char *large = malloc(STORE_FILE_MAX + 1);

	put(store, "n", "n", 1);
	ck_assert_int_eq(sync_and_wait(store), 0);
	memset(large, 'x', STORE_FILE_MAX);
	large[STORE_FILE_MAX] = 0;
	ck_assert_int_eq(json_object_object_add(store_section(store, "n"), "large",
						json_object_new_string(large)),
			 0);
	ck_assert_int_eq(sync_and_wait(store), -EFBIG);
	store = store_free(store);
	free(large);

	store = open_store();
	ck_assert_int_eq(get(store, "n", "n"), 1);
	store = store_free(store);
}
END_TEST

/* ---- damage --------------------------------------------------------------- */

#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *text;
	size_t n;
} damages[] = {
	{ BYTES("") },
	{ BYTES("{") },
	{ BYTES("[]") },
	{ BYTES("null") },
	{ BYTES("\"text\"") },
	{ BYTES("{}x") },
	{ BYTES("{}{}") },
	{ BYTES("{}\0") },
	{ BYTES("{\"a\":}") },
	{ BYTES("{\"a\":1,}") },
	{ BYTES("{\"a\":{\"b\":\"\xff\"}}") },
	{ BYTES("{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}") },
	{ BYTES("\0\0\0\0\0\0\0\0") },
};

static void check_set_aside(void)
{
	struct store *store = open_store();

	ck_assert_uint_eq(count("state.json"), 1);
	ck_assert_uint_eq(count("state.json.bad-2"), 1);
	ck_assert_int_eq(get(store, "a", "b"), -1);
	put(store, "a", "b", 5);
	ck_assert_int_eq(sync_and_wait(store), 0);
	store = store_free(store);
	ck_assert_uint_eq(count("state.json"), 2);

	store = open_store();
	ck_assert_int_eq(get(store, "a", "b"), 5);
	store = store_free(store);
}

START_TEST(damaged_is_set_aside)
{
	char *kept = NULL;
	size_t n = 0;
	int fd;

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	fd = open(path("state.json"), O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, damages[_i].text, damages[_i].n), (ssize_t) damages[_i].n);
	(void) close(fd);
	check_set_aside();

	ck_assert_uint_eq(count("state.json.bad-2"), 1);
	ck_assert_int_eq(file_read(AT_FDCWD, path(found), 1000, &kept, &n), 0);
	ck_assert_uint_eq(n, damages[_i].n);
	ck_assert_mem_eq(kept, damages[_i].text, n);
	free(kept);
}
END_TEST

START_TEST(too_large_is_set_aside)
{
	int fd;

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	fd = open(path("state.json"), O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(ftruncate(fd, STORE_FILE_MAX + 1), 0);
	(void) close(fd);
	check_set_aside();
}
END_TEST

static void make_link(void)
{
	ck_assert_int_eq(symlink("/etc/passwd", path("state.json")), 0);
}

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path("state.json"), 0600), 0);
}

static void make_folder(void)
{
	ck_assert_int_eq(mkdir(path("state.json"), 0700), 0);
}

static void make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", path("state.json"));
	ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
	(void) close(fd);
}

static void (*const makers[])(void) = { make_link, make_fifo, make_folder, make_socket };

START_TEST(what_is_no_file_is_set_aside)
{
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	makers[_i]();
	check_set_aside();
}
END_TEST

START_TEST(a_section_of_another_kind_is_replaced)
{
	struct store *store;
	int fd;

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	fd = open(path("state.json"), O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(dprintf(fd, "{\"a\": [1, 2], \"b\": {\"n\": 3}}\n\n"), 30);
	(void) close(fd);

	store = open_store();
	ck_assert(json_object_is_type(store_section(store, "a"), json_type_object));
	ck_assert_int_eq(get(store, "b", "n"), 3);
	store = store_free(store);
	ck_assert_uint_eq(count(""), 1);
}
END_TEST

START_TEST(nowhere_to_put_it)
{
	struct store *store = NULL;

	(void) snprintf(folder, sizeof(folder), "%s/no/state", top);
	ck_assert_int_eq(store_new(pool, folder, &store), -ENOENT);
	ck_assert_int_eq(store_new(pool, "/dev/null", &store), -ENOTDIR);
	ck_assert_ptr_null(store);
}
END_TEST

/* What somebody left under the temporary name is not written through. */
START_TEST(temporary_link_is_not_followed)
{
	struct store *store = open_store();
	char victim[100];
	int fd;

	(void) snprintf(victim, sizeof(victim), "%s/victim", top);
	fd = open(victim, O_WRONLY | O_CREAT, 0600);
	(void) close(fd);
	ck_assert_int_eq(symlink(victim, path("state.json.new")), 0);
	put(store, "a", "b", 1);
	ck_assert_int_eq(sync_and_wait(store), 0);
	store = store_free(store);

	fd = open(victim, O_RDONLY);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 0);
	(void) close(fd);
	ck_assert_int_eq(unlink(victim), 0);
	ck_assert_uint_eq(count(""), 1);
}
END_TEST

/* ---- kill -9 -------------------------------------------------------------- */

/* Documents of every size, each of which says how long it is. */
_Noreturn static void write_forever(int say)
{
	struct store *store;

	open_loop();
	store = open_store();
	for (int i = 0;; i++) {
		struct json_object *list = json_object_new_array();

		for (int k = 0; k < i % 700; k++)
			(void) json_object_array_add(list, json_object_new_int(i));
		(void) json_object_object_add(store_section(store, "s"), "list", list);
		put(store, "s", "n", i % 700);
		if (sync_and_wait(store) != 0 || write(say, "x", 1) != 1)
			_exit(1);
	}
}

START_TEST(killed_at_any_moment)
{
	unsigned kills = 0;

	pool = pool_free(pool, 0);
	event = sd_event_unref(event);
	for (unsigned round = 0; round < 40; round++) {
		int fds[2], status;
		struct json_object *root, *s, *n, *items;
		pid_t child;
		char byte;

		ck_assert_int_eq(pipe(fds), 0);
		child = fork();
		ck_assert_int_ge(child, 0);
		if (child == 0)
			write_forever(fds[1]);
		(void) close(fds[1]);
		for (unsigned i = 0; i <= round; i++)
			ck_assert_int_eq(read(fds[0], &byte, 1), 1);
		(void) usleep(round * 37 % 1000);
		(void) kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		kills += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		(void) close(fds[0]);

		root = json_object_from_file(path("state.json"));
		ck_assert_ptr_nonnull(root);
		ck_assert(json_object_object_get_ex(root, "s", &s));
		ck_assert(json_object_object_get_ex(s, "n", &n));
		ck_assert(json_object_object_get_ex(s, "list", &items));
		ck_assert_int_eq(json_object_get_int(n), (int) json_object_array_length(items));
		(void) json_object_put(root);
		ck_assert_uint_eq(count("state.json.bad"), 0);
	}
	ck_assert_uint_eq(kills, 40);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/store");
	TCase *tc = tcase_create("store");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, remembers);
	tcase_add_test(tc, sections_are_made_once);
	tcase_add_test(tc, in_memory_nothing_waits);
	tcase_add_test(tc, changes_during_a_write_go_out_next);
	tcase_add_test(tc, free_writes_the_rest);
	tcase_add_test(tc, free_writes_when_the_pool_is_gone);
	tcase_add_test(tc, a_failed_write_is_told_and_tried_again);
	tcase_add_test(tc, too_large_is_not_written);
	tcase_add_loop_test(tc, damaged_is_set_aside, 0, ARRAY_SIZE(damages));
	tcase_add_test(tc, too_large_is_set_aside);
	tcase_add_loop_test(tc, what_is_no_file_is_set_aside, 0, ARRAY_SIZE(makers));
	tcase_add_test(tc, a_section_of_another_kind_is_replaced);
	tcase_add_test(tc, nowhere_to_put_it);
	tcase_add_test(tc, temporary_link_is_not_followed);
	tcase_add_test(tc, killed_at_any_moment);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
