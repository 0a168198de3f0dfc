/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Coming and going, as the simulated discovery and kernel tell of it.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "discovery/discovery.h"
#include "drive/kernel.h"
#include "sim/rack.h"
#include "tests/sim/harness.h"

#define BOX "[enclosure a]\nslots=4\nioms=2\ndual-path=yes\ndisks=0-2\ndual-actuator=2\n"
#define EVENTS_MAX 64U

/* What was reported: "+ 0:0:1:0 /dev/sda", "- 0:0:1:0". */
struct bench {
	struct sim *sim;
	sd_event *event;
	char *events[EVENTS_MAX];
	unsigned n;
};

static const char *hctl(const char *syspath)
{
	return strrchr(syspath, '/') + 1;
}

static void on_present(void *userdata, struct device *d)
{
	struct bench *b = userdata;

	ck_assert_uint_lt(b->n, EVENTS_MAX);
	b->events[b->n++] = sim_format("+ %s %s", hctl(d->syspath),
				       d->block_node ? d->block_node : "enclosure");
	(void) device_free(d);
}

static void on_gone(void *userdata, const char *syspath)
{
	struct bench *b = userdata;

	ck_assert_uint_lt(b->n, EVENTS_MAX);
	b->events[b->n++] = sim_format("- %s", hctl(syspath));
}

static void forget(struct bench *b)
{
	while (b->n)
		free(b->events[--b->n]);
}

static void setup(struct bench *b, const char *description)
{
	struct discovery_listener listener = { on_present, on_gone, b };
	struct discovery *d;

	memset(b, 0, sizeof(*b));
	b->sim = harness_sim(description);
	d = sim_discovery(b->sim);
	ck_assert_int_eq(sd_event_new(&b->event), 0);
	ck_assert_int_eq(d->start(d, b->event, &listener), 0);
}

static void teardown(struct bench *b)
{
	forget(b);
	(void) sim_free(b->sim);
	(void) sd_event_unref(b->event);
}

/* Runs what is pending on the loop, and compares. */
static void expect_events(struct bench *b, const char *const *events, unsigned n)
{
	while (sd_event_run(b->event, 0) > 0)
		;
	for (unsigned i = 0; i < n; i++)
		ck_assert_str_eq(i < b->n ? b->events[i] : "nothing", events[i]);
	ck_assert_uint_eq(b->n, n);
	forget(b);
}
#define expect(b, ...)                                                                             \
	expect_events(b, (const char *const[]){ __VA_ARGS__ },                                     \
		      ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

/* A device as discovery describes it, by its address. */
static struct device *look(struct bench *b, const char *address)
{
	struct discovery *d = sim_discovery(b->sim);
	char path[64];

	(void) snprintf(path, sizeof(path), "/sys/devices/simulated/%s", address);
	return d->look(d, path);
}

/* 0:0:0:0 and 1:0:0:0 are the IOMs. */
START_TEST(all_that_is_there)
{
	struct bench b;

	setup(&b, BOX);
	expect(&b, "+ 0:0:0:0 enclosure", "+ 1:0:0:0 enclosure", "+ 0:0:1:0 /dev/sda",
	       "+ 1:0:1:0 /dev/sdb", "+ 0:0:2:0 /dev/sdc", "+ 1:0:2:0 /dev/sdd",
	       "+ 0:0:3:0 /dev/sde", "+ 0:0:3:1 /dev/sdf", "+ 1:0:3:0 /dev/sdg",
	       "+ 1:0:3:1 /dev/sdh");
	/* again, on demand */
	ck_assert_int_eq(sim_discovery(b.sim)->enumerate(sim_discovery(b.sim)), 0);
	ck_assert_uint_eq(b.n, 10);
	teardown(&b);
}
END_TEST

START_TEST(pulled_and_put_back)
{
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	harness_order(b.sim, "pull 0");
	expect(&b, "- 0:0:1:0", "- 1:0:1:0");
	ck_assert_ptr_null(look(&b, "0:0:1:0"));
	ck_assert(harness_order_fails(b.sim, "pull 0"));
	harness_order(b.sim, "insert 0");
	/* another target, and not the name it had */
	expect(&b, "+ 0:0:4:0 /dev/sdb", "+ 1:0:4:0 /dev/sda");
	ck_assert(harness_order_fails(b.sim, "insert 0"));
	teardown(&b);
}
END_TEST

START_TEST(another_disk)
{
	struct device *before, *after;
	struct bench b;

	setup(&b, BOX);
	before = look(&b, "0:0:1:0");
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 0 new");
	after = look(&b, "0:0:4:0");
	ck_assert_ptr_nonnull(after);
	ck_assert_uint_ne(after->sas_address, before->sas_address);
	(void) device_free(after);
	/* to another bay: the disk keeps what it is */
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 3 from=0");
	after = look(&b, "0:0:5:0");
	ck_assert_ptr_nonnull(after);
	ck_assert_uint_ne(after->sas_address, before->sas_address);
	(void) device_free(after);
	(void) device_free(before);
	ck_assert(harness_order_fails(b.sim, "insert 0 from=0"));
	teardown(&b);
}
END_TEST

START_TEST(device_off)
{
	struct scsi_device *e, *other;
	uint8_t page[512];
	struct bench b;
	size_t n;

	setup(&b, BOX "power-needs-all=yes\n");
	forget(&b);
	e = harness_open(b.sim, "e0a");
	other = harness_open(b.sim, "e0b");
	n = harness_control(b.sim, e, page, sizeof(page));
	memcpy(page + 12, "\x80\x00\x00\x10", 4);
	ck_assert_int_eq(harness_send(b.sim, e, page, n).ending, SCSI_GOOD);
	expect_events(&b, NULL, 0);
	ck_assert_int_eq(harness_send(b.sim, other, page, n).ending, SCSI_GOOD);
	expect(&b, "- 0:0:1:0", "- 1:0:1:0");
	page[15] = 0;
	ck_assert_int_eq(harness_send(b.sim, e, page, n).ending, SCSI_GOOD);
	expect(&b, "+ 0:0:4:0 /dev/sdb", "+ 1:0:4:0 /dev/sda");
	sim_transport(b.sim)->close(e);
	sim_transport(b.sim)->close(other);
	teardown(&b);
}
END_TEST

START_TEST(iom_with_its_paths)
{
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	harness_order(b.sim, "detach e0b all");
	expect(&b, "- 1:0:0:0", "- 1:0:1:0", "- 1:0:2:0", "- 1:0:3:0", "- 1:0:3:1");
	harness_order(b.sim, "attach e0b");
	expect(&b, "+ 1:0:4:0 enclosure");
	harness_order(b.sim, "detach e0s01a");
	expect(&b, "- 0:0:2:0");
	harness_order(b.sim, "power a off");
	ck_assert_uint_eq(harness_count(harness_order(b.sim, "lus"), " attached "), 0);
	harness_order(b.sim, "power a on");
	ck_assert_uint_eq(harness_count(harness_order(b.sim, "lus"), " attached "), 10);
	teardown(&b);
}
END_TEST

START_TEST(events_held_back)
{
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	harness_order(b.sim, "events hold");
	harness_order(b.sim, "pull 1");
	expect_events(&b, NULL, 0);
	harness_order(b.sim, "events release");
	expect(&b, "- 0:0:2:0", "- 1:0:2:0");
	teardown(&b);
}
END_TEST

START_TEST(late_address)
{
	uint8_t page[1024], address[8];
	struct scsi_device *e;
	struct bench b;

	setup(&b, BOX);
	e = harness_open(b.sim, "e0a");
	ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	memcpy(address, page + 8 + 8 + 12, 8);
	harness_order(b.sim, "late 100");
	harness_order(b.sim, "pull 0");
	harness_order(b.sim, "insert 0");
	ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	ck_assert_mem_eq(page + 8 + 8 + 12, "\0\0\0\0\0\0\0\0", 8);
	do /* the case's time-out is the limit */
		ck_assert_uint_gt(harness_page(b.sim, e, 0x0a, page, sizeof(page)), 60);
	while (memcmp(page + 8 + 8 + 12, address, 8) != 0);
	sim_transport(b.sim)->close(e);
	teardown(&b);
}
END_TEST

START_TEST(names_of_nodes)
{
	static const struct {
		const char *name;
		unsigned paths;
	} rows[] = {
		{ "sda", 1 },	    { "/dev/sda", 1 }, { "/dev/sda3", 1 }, { "sdx", 0 },
		{ "/dev/sdaa", 0 }, { "/dev/sg0", 0 }, { "", 0 },
	};
	struct discovery *d;
	struct device *disk;
	struct bench b;
	char **paths;

	setup(&b, BOX);
	d = sim_discovery(b.sim);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		paths = d->resolve_node(d, rows[i].name);
		ck_assert_msg((paths != NULL) == (rows[i].paths > 0), "%s", rows[i].name);
		for (char **p = paths; p && *p; p++)
			free(*p);
		free(paths);
	}
	/* both paths have the by-id link */
	disk = look(&b, "0:0:2:0");
	paths = d->resolve_node(d, disk->links[0]);
	ck_assert_ptr_nonnull(paths);
	ck_assert_str_eq(hctl(paths[0]), "0:0:2:0");
	ck_assert_str_eq(hctl(paths[1]), "1:0:2:0");
	ck_assert_ptr_null(paths[2]);
	free(paths[0]);
	free(paths[1]);
	free(paths);
	(void) device_free(disk);
	teardown(&b);
}
END_TEST

/* ---- struct kernel ---------------------------------------------------------------------- */

#define PATH(hctl) "/sys/devices/simulated/" hctl

START_TEST(kernel_states)
{
	char state[KERNEL_STATE_MAX];
	struct kernel *k;
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	k = sim_kernel(b.sim);
	ck_assert_int_eq(k->state(k, PATH("0:0:1:0"), state), 0);
	ck_assert_str_eq(state, "running");
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "offline"), 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "asleep"), -EINVAL);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:9:0"), "offline"), -ENODEV);
	ck_assert_int_eq(k->state(k, PATH("0:0:1:0"), state), 0);
	ck_assert_str_eq(state, "offline");
	expect_events(&b, NULL, 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "running"), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "starts=0 stops=0"));
	teardown(&b);
}
END_TEST

/* Measured: `running` written to a stopped disk starts it. */
START_TEST(running_starts)
{
	struct scsi_device *disk;
	struct kernel *k;
	struct bench b;

	setup(&b, BOX);
	k = sim_kernel(b.sim);
	disk = harness_open(b.sim, "e0s00a");
	(void) harness_command(b.sim, disk, "1b0000000000", NULL, NULL, 0, 2);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "0:0 stopped"));
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "offline"), 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "running"), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "0:0 running"));
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "log"), "START_STOP_UNIT(start=1)"));
	sim_transport(b.sim)->close(disk);
	teardown(&b);
}
END_TEST

START_TEST(detach_and_attach)
{
	char *path = NULL;
	struct kernel *k;
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	k = sim_kernel(b.sim);
	ck_assert_int_eq(k->detach(k, PATH("0:0:1:0")), 0);
	expect(&b, "- 0:0:1:0");
	ck_assert_int_eq(k->detach(k, PATH("0:0:1:0")), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "syncs=1"));
	ck_assert_int_eq(k->find(k, 0, 0, 1, 0, &path), -ENOENT);
	ck_assert(k->target_present(k, 0x50ace0acd2010001ULL));
	ck_assert_int_eq(k->attach(k, 33, 0, 1, 0), -ENODEV);
	ck_assert_int_eq(k->attach(k, 0, 0, 77, 0), 0); /* nothing is found there */
	ck_assert_int_eq(k->attach(k, 0, 0, 1, 0), 0);
	expect(&b, "+ 0:0:1:0 /dev/sdi"); /* the same address, another name */
	ck_assert_int_eq(k->find(k, 0, 0, 1, 0, &path), 0);
	ck_assert_str_eq(path, PATH("host0/target0:0:1/0:0:1:0"));
	free(path);
	harness_order(b.sim, "pull 0");
	ck_assert(!k->target_present(k, 0x50ace0acd2010001ULL));
	teardown(&b);
}
END_TEST

struct deleting {
	struct kernel *kernel;
	const char *path;
	bool done;
	pthread_mutex_t lock;
};

static void *deleter(void *p)
{
	struct deleting *d = p;

	ck_assert_int_eq(d->kernel->detach(d->kernel, d->path), 0);
	(void) pthread_mutex_lock(&d->lock);
	d->done = true;
	(void) pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void *hung_command(void *p)
{
	struct bench *b = p;
	struct scsi_device *disk = harness_open(b->sim, "e0s00a");

	(void) harness_command(b->sim, disk, "35000000000000000000", NULL, NULL, 0, 60);
	sim_transport(b->sim)->close(disk);
	return NULL;
}

/* Measured: it waits for the command under way, and the host's others wait with it. */
START_TEST(detach_waits)
{
	struct deleting d[2] = { { .path = PATH("0:0:1:0"), .lock = PTHREAD_MUTEX_INITIALIZER },
				 { .path = PATH("0:0:2:0"), .lock = PTHREAD_MUTEX_INITIALIZER } };
	pthread_t hung, threads[2];
	struct kernel *k;
	struct bench b;

	setup(&b, BOX);
	forget(&b);
	k = sim_kernel(b.sim);
	harness_order(b.sim, "hang op=35 lu=e0s00a 1");
	ck_assert_int_eq(pthread_create(&hung, NULL, hung_command, &b), 0);
	while (!strstr(harness_order(b.sim, "log"), " pending"))
		;
	d[0].kernel = d[1].kernel = k;
	ck_assert_int_eq(pthread_create(&threads[0], NULL, deleter, &d[0]), 0);
	/* it is at it */
	while (!strstr(harness_order(b.sim, "lus"), "state=cancel"))
		;
	ck_assert_int_eq(pthread_create(&threads[1], NULL, deleter, &d[1]), 0);
	/* another host's goes on, so do states */
	ck_assert_int_eq(k->detach(k, PATH("1:0:2:0")), 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:3:0"), "offline"), 0);
	for (unsigned i = 0; i < 2; i++) {
		(void) pthread_mutex_lock(&d[i].lock);
		ck_assert(!d[i].done);
		(void) pthread_mutex_unlock(&d[i].lock);
	}
	harness_order(b.sim, "unhang");
	(void) pthread_join(hung, NULL);
	for (unsigned i = 0; i < 2; i++)
		(void) pthread_join(threads[i], NULL);
	expect(&b, "- 1:0:2:0", "- 0:0:1:0", "- 0:0:2:0");
	teardown(&b);
}
END_TEST

START_TEST(users_and_claims)
{
	const char *const paths[] = { PATH("0:0:1:0"), PATH("1:0:1:0") };
	struct kernel_users users = { 0 };
	void *claim = NULL;
	struct kernel *k;
	struct bench b;

	setup(&b, BOX);
	k = sim_kernel(b.sim);
	ck_assert_int_eq(k->users(k, paths, 2, &users), 0);
	ck_assert_uint_eq(users.n, 0);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), 0);
	ck_assert(harness_order_fails(b.sim, "use 0 /dev/sda1 is mounted on /srv"));
	k->release(k, claim);

	harness_order(b.sim, "use 0 /dev/sda1 is mounted on /srv");
	ck_assert_int_eq(k->users(k, paths, 2, &users), 0);
	ck_assert_uint_eq(users.n, 1);
	ck_assert_str_eq(users.texts[0], "/dev/sda1 is mounted on /srv");
	kernel_users_clear(&users);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), -EBUSY);

	harness_order(b.sim, "use 0 mode=hidden in another world");
	ck_assert_int_eq(k->users(k, paths, 2, &users), 0);
	ck_assert_uint_eq(users.n, 0);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), -EBUSY);

	harness_order(b.sim, "use 0 mode=open qemu has /dev/sda open");
	ck_assert_int_eq(k->users(k, paths, 2, &users), 0);
	ck_assert_uint_eq(users.n, 1);
	kernel_users_clear(&users);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), 0);
	k->release(k, claim);

	harness_order(b.sim, "unuse 0");
	ck_assert_int_eq(k->set_state(k, paths[0], "offline"), 0);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), 0);
	k->release(k, claim);
	ck_assert_int_eq(k->set_state(k, paths[1], "offline"), 0);
	ck_assert_int_eq(k->claim(k, paths, 2, &claim), -ENXIO);
	teardown(&b);
}
END_TEST

HARNESS_MAIN("sim/plug", all_that_is_there, pulled_and_put_back, another_disk, device_off,
	     iom_with_its_paths, events_held_back, late_address, names_of_nodes, kernel_states,
	     running_starts, detach_and_attach, detach_waits, users_and_claims)
