/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel: states, detaching and attaching, users and claims; and the hand that pulls the disk.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-private.h"

void fake_syspath(unsigned u, unsigned p, char dst[static 64])
{
	(void) snprintf(dst, 64, "/sys/fake/host%u/target%u:0:7/%u:0:7:%u", p, p, p, u);
}

/* Under the lock. */
static struct fake_path *find_syspath(const char *syspath, unsigned *ret_u, unsigned *ret_p)
{
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			char name[64];

			fake_syspath(u, p, name);
			if (strcmp(name, syspath) != 0)
				continue;
			*ret_u = u;
			*ret_p = p;
			return fake->units[u].paths[p].attached ? &fake->units[u].paths[p] : NULL;
		}
	return NULL;
}

static int kernel_state(_unused_ struct kernel *kernel, const char *syspath,
			char ret[static KERNEL_STATE_MAX])
{
	struct fake_path *path;
	unsigned u, p;

	(void) pthread_mutex_lock(&fake_lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL)
		strcpy(ret, path->offline ? "offline" : "running");
	(void) pthread_mutex_unlock(&fake_lock);
	return path == NULL ? -ENODEV : 0;
}

static int kernel_set_state(_unused_ struct kernel *kernel, const char *syspath, const char *state)
{
	enum fake_what happens;
	struct fake_path *path;
	unsigned u, p;
	int r = -ENODEV;

	(void) pthread_mutex_lock(&fake_lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL) {
		happens = fake_event(u, (int) p, state);
		r = happens == FAKE_FAIL || happens == FAKE_TIMEOUT ? -EIO : 0;
		if (r == 0)
			path->offline = strcmp(state, "offline") == 0;
		if (r == 0 && !path->offline)
			fake_power(&fake->units[u], true);
		fake_after(happens);
	}
	(void) pthread_mutex_unlock(&fake_lock);
	return r;
}

static void plug(bool in)
{
	(void) pthread_mutex_lock(&fake_lock);
	fake->present = in;
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			struct fake_path *path = &fake->units[u].paths[p];

			*path = (struct fake_path){ .attached = in,
						    .sg = in ? ++fake->next_sg : path->sg };
			fake->units[u].stopped = false;
		}
	(void) pthread_mutex_unlock(&fake_lock);
}

void fake_unplug_unnoticed(void)
{
	plug(false);
}

void fake_unplug(void)
{
	plug(false);
	fake_tell_changed();
}

void fake_plug(void)
{
	plug(true);
	fake_tell_changed();
}

void fake_probed(bool queued)
{
	(void) pthread_mutex_lock(&fake_lock);
	fake->probed = false;
	fake->queued = queued;
	(void) pthread_mutex_unlock(&fake_lock);
	fake_tell_changed();
}

static int kernel_detach(_unused_ struct kernel *kernel, const char *syspath)
{
	enum fake_what happens;
	struct fake_path *path;
	unsigned u, p;
	int r = 0;

	(void) pthread_mutex_lock(&fake_lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL) {
		happens = fake_event(u, (int) p, "delete");
		ck_assert_msg(!fake->units[u].claimed, "detached while claimed");
		if (happens == FAKE_FAIL || happens == FAKE_TIMEOUT)
			r = -EIO;
		else
			path->attached = false;
		fake_after(happens);
	}
	(void) pthread_mutex_unlock(&fake_lock);
	fake_tell_changed();
	return r;
}

static int kernel_attach(_unused_ struct kernel *kernel, unsigned host, unsigned channel,
			 unsigned target, uint64_t lun)
{
	enum fake_what happens;
	struct fake_path *path;
	int r = 0;

	if (host >= fake->n_paths || channel != 0 || target != 7 || lun >= fake->n_units)
		return -ENODEV;
	(void) pthread_mutex_lock(&fake_lock);
	path = &fake->units[lun].paths[host];
	happens = fake_event((unsigned) lun, (int) host, "scan");
	if (happens == FAKE_FAIL || happens == FAKE_TIMEOUT) {
		r = -EIO;
	} else if (!path->attached && fake->present) {
		*path = (struct fake_path){ .attached = true, .sg = ++fake->next_sg };
		fake_power(&fake->units[lun], true);
	}
	fake_after(happens);
	(void) pthread_mutex_unlock(&fake_lock);
	fake_tell_changed();
	return r;
}

static int kernel_find(_unused_ struct kernel *kernel, unsigned host, unsigned channel,
		       unsigned target, uint64_t lun, char **ret)
{
	char syspath[64];
	int r = -ENOENT;

	(void) pthread_mutex_lock(&fake_lock);
	if (host < fake->n_paths && channel == 0 && target == 7 && lun < fake->n_units &&
	    fake->units[lun].paths[host].attached) {
		fake_syspath((unsigned) lun, host, syspath);
		*ret = strdup(syspath);
		ck_assert_ptr_nonnull(*ret);
		r = 0;
	}
	(void) pthread_mutex_unlock(&fake_lock);
	return r;
}

static int kernel_users_of(_unused_ struct kernel *kernel, const char *const *syspaths, unsigned n,
			   struct kernel_users *ret)
{
	enum fake_what happens;
	unsigned u = 0, p;
	int r = 0;

	if (n == 0)
		return 0;
	(void) pthread_mutex_lock(&fake_lock);
	(void) find_syspath(syspaths[0], &u, &p);
	happens = fake_event(u, -1, "users");
	if (fake->user[0] != 0)
		r = kernel_users_add(ret, "%s", fake->user);
	else if (happens == FAKE_FAIL)
		r = kernel_users_add(ret, "/dev/sdx1 is mounted on /srv");
	(void) pthread_mutex_unlock(&fake_lock);
	return r;
}

static int kernel_claim(_unused_ struct kernel *kernel, const char *const *syspaths, unsigned n,
			void **ret)
{
	enum fake_what happens;
	bool any = false;
	unsigned u = 0, p;
	int r = 0;

	(void) pthread_mutex_lock(&fake_lock);
	for (unsigned i = 0; i < n; i++) {
		struct fake_path *path = find_syspath(syspaths[i], &u, &p);

		any = any || (path != NULL && !path->offline);
	}
	happens = fake_event(u, -1, "claim");
	ck_assert(!fake->units[u].claimed);
	if (!any)
		r = -ENXIO;
	else if (fake->units[u].claimed_by_other || happens == FAKE_FAIL)
		r = -EBUSY;
	if (r == 0) {
		fake->units[u].claimed = true;
		*ret = &fake->units[u];
	}
	fake_after(happens);
	(void) pthread_mutex_unlock(&fake_lock);
	return r;
}

static void kernel_release(_unused_ struct kernel *kernel, void *claim)
{
	struct fake_unit *unit = claim;

	(void) pthread_mutex_lock(&fake_lock);
	ck_assert(unit->claimed);
	unit->claimed = false;
	(void) fake_event((unsigned) (unit - fake->units), -1, "release");
	(void) pthread_mutex_unlock(&fake_lock);
}

static bool kernel_udev_idle(_unused_ struct kernel *kernel)
{
	bool idle;

	(void) pthread_mutex_lock(&fake_lock);
	idle = !fake->queued;
	(void) pthread_mutex_unlock(&fake_lock);
	return idle;
}

static bool kernel_target_present(_unused_ struct kernel *kernel, uint64_t sas_address)
{
	bool present;

	(void) pthread_mutex_lock(&fake_lock);
	present = fake->present && sas_address == FAKE_SAS_ADDRESS;
	(void) pthread_mutex_unlock(&fake_lock);
	return present;
}

struct kernel fake_kernel = {
	.state = kernel_state,
	.set_state = kernel_set_state,
	.detach = kernel_detach,
	.attach = kernel_attach,
	.find = kernel_find,
	.users = kernel_users_of,
	.claim = kernel_claim,
	.release = kernel_release,
	.target_present = kernel_target_present,
	.udev_idle = kernel_udev_idle,
};
