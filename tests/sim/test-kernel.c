/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulated kernel has the manners of a real one.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "drive/kernel.h"
#include "tests/sim/events.h"

#define BOX "[enclosure a]\nslots=4\nioms=2\ndual-path=yes\ndisks=0-2\ndual-actuator=2\n"
#define PATH(hctl) "/sys/devices/simulated/" hctl

START_TEST(kernel_states)
{
	char state[KERNEL_STATE_MAX];
	struct kernel *k;
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
	k = sim_kernel(b.sim);
	ck_assert_int_eq(k->state(k, PATH("0:0:1:0"), state), 0);
	ck_assert_str_eq(state, "running");
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "offline"), 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "asleep"), -EINVAL);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:9:0"), "offline"), -ENODEV);
	ck_assert_int_eq(k->state(k, PATH("0:0:1:0"), state), 0);
	ck_assert_str_eq(state, "offline");
	events_expect(&b, NULL, 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "running"), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "starts=0 stops=0"));
	events_teardown(&b);
}
END_TEST

/* Measured: `running` written to a stopped disk starts it. */
START_TEST(running_starts)
{
	struct scsi_device *disk;
	struct kernel *k;
	struct events b;

	events_setup(&b, BOX);
	k = sim_kernel(b.sim);
	disk = harness_open(b.sim, "e0s00a");
	(void) harness_command(b.sim, disk, "1b0000000000", NULL, NULL, 0, 2);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "0:0 stopped"));
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "offline"), 0);
	ck_assert_int_eq(k->set_state(k, PATH("0:0:1:0"), "running"), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "0:0 running"));
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "log"), "START_STOP_UNIT(start=1)"));
	sim_transport(b.sim)->close(disk);
	events_teardown(&b);
}
END_TEST

START_TEST(detach_and_attach)
{
	char *path = NULL;
	struct kernel *k;
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
	k = sim_kernel(b.sim);
	ck_assert_int_eq(k->detach(k, PATH("0:0:1:0")), 0);
	expect_events(&b, "- 0:0:1:0");
	ck_assert_int_eq(k->detach(k, PATH("0:0:1:0")), 0);
	ck_assert_ptr_nonnull(strstr(harness_order(b.sim, "disks"), "syncs=1"));
	ck_assert_int_eq(k->find(k, 0, 0, 1, 0, &path), -ENOENT);
	ck_assert(k->target_present(k, 0x50ace0acd2010001ULL));
	ck_assert_int_eq(k->attach(k, 33, 0, 1, 0), -ENODEV);
	ck_assert_int_eq(k->attach(k, 0, 0, 77, 0), 0); /* nothing is found there */
	ck_assert_int_eq(k->attach(k, 0, 0, 1, 0), 0);
	expect_events(&b, "+ 0:0:1:0 /dev/sdi"); /* the same address, another name */
	ck_assert_int_eq(k->find(k, 0, 0, 1, 0, &path), 0);
	ck_assert_str_eq(path, PATH("host0/target0:0:1/0:0:1:0"));
	free(path);
	harness_order(b.sim, "pull 0");
	ck_assert(!k->target_present(k, 0x50ace0acd2010001ULL));
	events_teardown(&b);
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
	struct events *b = p;
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
	struct events b;

	events_setup(&b, BOX);
	events_forget(&b);
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
	expect_events(&b, "- 1:0:2:0", "- 0:0:1:0", "- 0:0:2:0");
	events_teardown(&b);
}
END_TEST

START_TEST(users_and_claims)
{
	const char *const paths[] = { PATH("0:0:1:0"), PATH("1:0:1:0") };
	struct kernel_users users = { 0 };
	void *claim = NULL;
	struct kernel *k;
	struct events b;

	events_setup(&b, BOX);
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
	events_teardown(&b);
}
END_TEST

HARNESS_MAIN("sim/kernel", kernel_states, running_starts, detach_and_attach, detach_waits,
	     users_and_claims)
