/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-disk.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/pool.h"
#include "base/store.h"
#include "discovery/discovery.h"
#include "enclosure/inventory.h"
#include "scsi/transport.h"

#define SAS_ADDRESS 0x5000c50000000001ULL
#define UNIT_NAA 0x5000c50000000010ULL
#define TARGET_NAA 0x5000c50000000003ULL

struct fake_hardware *fake;

/* Of this process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static enum fake_what what;
static unsigned at_event;
static const char *at_name;
static bool hit, go_on;
static int changed_fd = -1;

void fake_new(unsigned n_units, unsigned n_paths)
{
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(fake != MAP_FAILED);
	fake->n_units = n_units;
	fake->n_paths = n_paths;
	fake->present = true;
	for (unsigned u = 0; u < n_units; u++)
		for (unsigned p = 0; p < n_paths; p++)
			fake->units[u].paths[p] =
				(struct fake_path){ .attached = true, .sg = ++fake->next_sg };
	fake_at(0, FAKE_NOTHING);
}

void fake_free(void)
{
	(void) munmap(fake, sizeof(*fake));
	fake = NULL;
}

/* ---- events -------------------------------------------------------------------------- */

void fake_at(unsigned event, enum fake_what happens)
{
	(void) pthread_mutex_lock(&lock);
	at_event = fake->n_events + event;
	at_name = NULL;
	what = happens;
	hit = go_on = false;
	(void) pthread_mutex_unlock(&lock);
}

void fake_at_name(const char *name, enum fake_what happens)
{
	fake_at(0, happens);
	(void) pthread_mutex_lock(&lock);
	at_name = name;
	(void) pthread_mutex_unlock(&lock);
}

bool fake_was_hit(void)
{
	bool was;

	(void) pthread_mutex_lock(&lock);
	was = hit;
	(void) pthread_mutex_unlock(&lock);
	return was;
}

void fake_release(void)
{
	(void) pthread_mutex_lock(&lock);
	go_on = true;
	(void) pthread_cond_broadcast(&released);
	(void) pthread_mutex_unlock(&lock);
}

static void note(const char *text)
{
	size_t n = strlen(fake->log);

	ck_assert_uint_lt(n + strlen(text) + 2, sizeof(fake->log));
	(void) snprintf(fake->log + n, sizeof(fake->log) - n, "%s%s", n > 0 ? " " : "", text);
}

/* Under the lock, which is given up while it waits.  What is to happen to the event. */
static enum fake_what event(unsigned u, int p, const char *word)
{
	enum fake_what happens = FAKE_NOTHING;
	char text[64];

	if (p < 0)
		(void) snprintf(text, sizeof(text), "%u:%s", u, word);
	else
		(void) snprintf(text, sizeof(text), "%u.%d:%s", u, p, word);
	if (!hit && what != FAKE_NOTHING &&
	    (at_name != NULL ? strcmp(word, at_name) == 0 : fake->n_events == at_event)) {
		hit = true;
		happens = what;
	}
	fake->n_events++;
	if (happens == FAKE_DIE)
		_exit(0);
	note(text);
	while (happens == FAKE_WAIT && !go_on)
		(void) pthread_cond_wait(&released, &lock);
	return happens;
}

/* After the event has had its effect. */
static void after(enum fake_what happens)
{
	if (happens == FAKE_DIE_AFTER)
		_exit(0);
}

/* What only asks is left out: it comes as often as it likes. */
static bool is_question(const char *word)
{
	return strstr(word, ":TUR") != NULL || strstr(word, ":users") != NULL ||
	       strstr(word, ":mode") != NULL;
}

const char *fake_log(void)
{
	static char text[FAKE_LOG];
	char copy[FAKE_LOG], *save = NULL;

	(void) pthread_mutex_lock(&lock);
	memcpy(copy, fake->log, sizeof(copy));
	(void) pthread_mutex_unlock(&lock);
	text[0] = 0;
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		if (!is_question(word)) {
			size_t n = strlen(text);

			(void) snprintf(text + n, sizeof(text) - n, "%s%s", n > 0 ? " " : "", word);
		}
	return text;
}

unsigned fake_count(const char *word)
{
	unsigned n = 0;

	(void) pthread_mutex_lock(&lock);
	for (const char *at = fake->log; (at = strstr(at, word)) != NULL; at++)
		n++;
	(void) pthread_mutex_unlock(&lock);
	return n;
}

void fake_clear_log(void)
{
	(void) pthread_mutex_lock(&lock);
	fake->log[0] = 0;
	(void) pthread_mutex_unlock(&lock);
}

/* ---- transport ------------------------------------------------------------------------- */

struct scsi_device {
	unsigned unit, path;
};

static int fake_open(_unused_ struct transport *transport, const char *node,
		     struct scsi_device **ret)
{
	int r = -ENXIO;

	(void) pthread_mutex_lock(&lock);
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			char name[32];

			(void) snprintf(name, sizeof(name), "/dev/sg%u",
					fake->units[u].paths[p].sg);
			if (!fake->units[u].paths[p].attached || strcmp(name, node) != 0)
				continue;
			*ret = malloc(sizeof(**ret));
			ck_assert_ptr_nonnull(*ret);
			**ret = (struct scsi_device){ u, p };
			r = 0;
		}
	(void) pthread_mutex_unlock(&lock);
	return r;
}

static void fake_close(struct scsi_device *device)
{
	free(device);
}

static void sense(struct scsi_result *result, uint8_t key, uint8_t asc, uint8_t ascq)
{
	*result = (struct scsi_result){ .ending = SCSI_SENSE,
					.status = 2,
					.sense = { 0x72, key, asc, ascq },
					.sense_length = 8,
					.key = key,
					.asc = asc,
					.ascq = ascq };
}

static void test_unit_ready(struct fake_unit *unit, struct scsi_result *result)
{
	if (unit->attentions > 0) {
		unit->attentions--;
		sense(result, 6, 0x29, 0);
	} else if (unit->sense[0] != 0)
		sense(result, unit->sense[0], unit->sense[1], unit->sense[2]);
	else if (unit->ata)
		return; /* the translator's word */
	else if (unit->stopped)
		sense(result, 2, 4, 2);
	else if (unit->to_go > 0) {
		unit->to_go--;
		sense(result, 2, 4, 1);
	}
}

static const char *name_of(const struct scsi_command *command)
{
	switch (command->cdb[0]) {
	case 0x00:
		return "TUR";
	case 0x1b:
		return command->cdb[4] & 1 ? "START" : "STOP";
	case 0x35:
		return "FLUSH10";
	case 0x91:
		return "FLUSH16";
	case 0x85:
		return "mode";
	default:
		ck_abort_msg("operation %02x must not be sent to a disk", command->cdb[0]);
		return "";
	}
}

static void power(struct fake_unit *unit, bool start)
{
	if (start && unit->stopped)
		unit->to_go = unit->polls;
	unit->stopped = !start;
}

static void power_mode(const struct fake_unit *unit, struct scsi_result *result)
{
	sense(result, 1, 0, 0x1d);
	result->sense[7] = 14;
	result->sense[8] = 0x09;
	result->sense[9] = 12;
	result->sense[13] = unit->stopped ? 0x00 : 0xff;
	result->sense[21] = 0x50;
	result->sense_length = 22;
}

static void perform(struct fake_unit *unit, const struct scsi_command *command,
		    struct scsi_result *result)
{
	switch (command->cdb[0]) {
	case 0x00:
		test_unit_ready(unit, result);
		return;
	case 0x1b:
		power(unit, command->cdb[4] & 1);
		return;
	case 0x85:
		if (unit->ata)
			power_mode(unit, result);
		else
			sense(result, 5, 0x20, 0);
		return;
	default:
		if (unit->stopped)
			sense(result, 2, 4, 2);
		return;
	}
}

static void fake_execute(struct scsi_device *device, const struct scsi_command *command,
			 struct scsi_result *result)
{
	struct fake_unit *unit = &fake->units[device->unit];
	const char *name = name_of(command);
	enum fake_what happens = FAKE_NOTHING;

	*result = (struct scsi_result){ .ending = SCSI_GOOD };
	(void) pthread_mutex_lock(&lock);
	if (!unit->paths[device->path].attached || unit->paths[device->path].offline) {
		*result = (struct scsi_result){ .ending = SCSI_OS, .os_error = ENXIO };
		(void) pthread_mutex_unlock(&lock);
		return;
	}
	if (command->cdb[0] != 0x00 && command->cdb[0] != 0x85)
		happens = event(device->unit, -1, name);
	else if (at_name != NULL && strcmp(at_name, name) == 0)
		happens = event(device->unit, -1, name);
	else
		note(device->unit == 0 ? "0:TUR" : "1:TUR");
	switch (happens) {
	case FAKE_FAIL:
		sense(result, 3, 0x0c, 0);
		break;
	case FAKE_REFUSE:
		sense(result, 5, 0x20, 0);
		break;
	case FAKE_TIMEOUT:
		*result = (struct scsi_result){ .ending = SCSI_TIMEOUT };
		break;
	case FAKE_NOTHING:
	case FAKE_WAIT:
	case FAKE_DIE:
	case FAKE_DIE_AFTER:
		perform(unit, command, result);
		break;
	}
	after(happens);
	(void) pthread_mutex_unlock(&lock);
}

static struct transport transport = { fake_open, fake_close, fake_execute };

/* ---- kernel ------------------------------------------------------------------------------ */

static void syspath_of(unsigned u, unsigned p, char dst[static 64])
{
	(void) snprintf(dst, 64, "/sys/fake/host%u/target%u:0:7/%u:0:7:%u", p, p, p, u);
}

/* Under the lock. */
static struct fake_path *find_syspath(const char *syspath, unsigned *ret_u, unsigned *ret_p)
{
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			char name[64];

			syspath_of(u, p, name);
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

	(void) pthread_mutex_lock(&lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL)
		strcpy(ret, path->offline ? "offline" : "running");
	(void) pthread_mutex_unlock(&lock);
	return path == NULL ? -ENODEV : 0;
}

static int kernel_set_state(_unused_ struct kernel *kernel, const char *syspath, const char *state)
{
	enum fake_what happens;
	struct fake_path *path;
	unsigned u, p;
	int r = -ENODEV;

	(void) pthread_mutex_lock(&lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL) {
		happens = event(u, (int) p, state);
		r = happens == FAKE_FAIL || happens == FAKE_TIMEOUT ? -EIO : 0;
		if (r == 0)
			path->offline = strcmp(state, "offline") == 0;
		if (r == 0 && !path->offline)
			power(&fake->units[u], true);
		after(happens);
	}
	(void) pthread_mutex_unlock(&lock);
	return r;
}

static void tell_changed(void)
{
	if (changed_fd >= 0)
		(void) eventfd_write(changed_fd, 1);
}

static void plug(bool in)
{
	(void) pthread_mutex_lock(&lock);
	fake->present = in;
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++) {
			struct fake_path *path = &fake->units[u].paths[p];

			*path = (struct fake_path){ .attached = in,
						    .sg = in ? ++fake->next_sg : path->sg };
			fake->units[u].stopped = false;
		}
	(void) pthread_mutex_unlock(&lock);
	tell_changed();
}

void fake_unplug(void)
{
	plug(false);
}

void fake_plug(void)
{
	plug(true);
}

static int kernel_detach(_unused_ struct kernel *kernel, const char *syspath)
{
	enum fake_what happens;
	struct fake_path *path;
	unsigned u, p;
	int r = 0;

	(void) pthread_mutex_lock(&lock);
	path = find_syspath(syspath, &u, &p);
	if (path != NULL) {
		happens = event(u, (int) p, "delete");
		ck_assert_msg(!fake->units[u].claimed, "detached while claimed");
		if (happens == FAKE_FAIL || happens == FAKE_TIMEOUT)
			r = -EIO;
		else
			path->attached = false;
		after(happens);
	}
	(void) pthread_mutex_unlock(&lock);
	tell_changed();
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
	(void) pthread_mutex_lock(&lock);
	path = &fake->units[lun].paths[host];
	happens = event((unsigned) lun, (int) host, "scan");
	if (happens == FAKE_FAIL || happens == FAKE_TIMEOUT) {
		r = -EIO;
	} else if (!path->attached && fake->present) {
		*path = (struct fake_path){ .attached = true, .sg = ++fake->next_sg };
		power(&fake->units[lun], true);
	}
	after(happens);
	(void) pthread_mutex_unlock(&lock);
	tell_changed();
	return r;
}

static int kernel_find(_unused_ struct kernel *kernel, unsigned host, unsigned channel,
		       unsigned target, uint64_t lun, char **ret)
{
	char syspath[64];
	int r = -ENOENT;

	(void) pthread_mutex_lock(&lock);
	if (host < fake->n_paths && channel == 0 && target == 7 && lun < fake->n_units &&
	    fake->units[lun].paths[host].attached) {
		syspath_of((unsigned) lun, host, syspath);
		*ret = strdup(syspath);
		ck_assert_ptr_nonnull(*ret);
		r = 0;
	}
	(void) pthread_mutex_unlock(&lock);
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
	(void) pthread_mutex_lock(&lock);
	(void) find_syspath(syspaths[0], &u, &p);
	happens = event(u, -1, "users");
	if (fake->user[0] != 0)
		r = kernel_users_add(ret, "%s", fake->user);
	else if (happens == FAKE_FAIL)
		r = kernel_users_add(ret, "/dev/sdx1 is mounted on /srv");
	(void) pthread_mutex_unlock(&lock);
	return r;
}

static int kernel_claim(_unused_ struct kernel *kernel, const char *const *syspaths, unsigned n,
			void **ret)
{
	enum fake_what happens;
	bool any = false;
	unsigned u = 0, p;
	int r = 0;

	(void) pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < n; i++) {
		struct fake_path *path = find_syspath(syspaths[i], &u, &p);

		any = any || (path != NULL && !path->offline);
	}
	happens = event(u, -1, "claim");
	ck_assert(!fake->units[u].claimed);
	if (!any)
		r = -ENXIO;
	else if (fake->units[u].claimed_by_other || happens == FAKE_FAIL)
		r = -EBUSY;
	if (r == 0) {
		fake->units[u].claimed = true;
		*ret = &fake->units[u];
	}
	after(happens);
	(void) pthread_mutex_unlock(&lock);
	return r;
}

static void kernel_release(_unused_ struct kernel *kernel, void *claim)
{
	struct fake_unit *unit = claim;

	(void) pthread_mutex_lock(&lock);
	ck_assert(unit->claimed);
	unit->claimed = false;
	(void) event((unsigned) (unit - fake->units), -1, "release");
	(void) pthread_mutex_unlock(&lock);
}

static bool kernel_target_present(_unused_ struct kernel *kernel, uint64_t sas_address)
{
	bool present;

	(void) pthread_mutex_lock(&lock);
	present = fake->present && sas_address == SAS_ADDRESS;
	(void) pthread_mutex_unlock(&lock);
	return present;
}

static struct kernel kernel = {
	.state = kernel_state,
	.set_state = kernel_set_state,
	.detach = kernel_detach,
	.attach = kernel_attach,
	.find = kernel_find,
	.users = kernel_users_of,
	.claim = kernel_claim,
	.release = kernel_release,
	.target_present = kernel_target_present,
};

/* ---- discovery --------------------------------------------------------------------------- */

static struct discovery_listener listener;
static unsigned reported[FAKE_UNITS][FAKE_PATHS]; /* sg number, 0 = not */
static sd_event_source *changed_source;

static uint8_t *copy(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n);

	ck_assert_ptr_nonnull(p);
	memcpy(p, bytes, n);
	return p;
}

static void put_naa(uint8_t *designator, uint8_t association, uint64_t naa)
{
	designator[0] = 0x61;
	designator[1] = (uint8_t) (0x80 | association << 4 | 3);
	designator[3] = 8;
	for (unsigned i = 0; i < 8; i++)
		designator[4 + i] = (uint8_t) (naa >> (56 - 8 * i));
}

static struct device *device_of(unsigned u, unsigned p)
{
	uint8_t inquiry[36] = { 0, 0, 6, 2, 31 }, vpd83[4 + 24] = { 0, 0x83, 0, 24 };
	uint8_t vpd80[4 + 6] = { 0, 0x80, 0, 6, 'F', 'A', 'K', 'E', '0', '1' };
	struct device *device = calloc(1, sizeof(*device));
	char text[64];

	ck_assert_ptr_nonnull(device);
	memcpy(inquiry + 8, fake->units[u].ata ? "ATA     " : "FAKE    ", 8);
	memcpy(inquiry + 16, "DISK            0001", 20);
	put_naa(vpd83 + 4, 0, UNIT_NAA + u);
	put_naa(vpd83 + 16, 2, TARGET_NAA);
	syspath_of(u, p, text);
	device->syspath = strdup(text);
	(void) snprintf(text, sizeof(text), "/dev/sg%u", fake->units[u].paths[p].sg);
	device->sg_node = strdup(text);
	(void) snprintf(text, sizeof(text), "/dev/sd%u", fake->units[u].paths[p].sg);
	device->block_node = strdup(text);
	device->host = p;
	device->target = 7;
	device->lun = u;
	device->inquiry = copy(inquiry, device->inquiry_length = sizeof(inquiry));
	device->vpd83 = copy(vpd83, device->vpd83_length = sizeof(vpd83));
	device->vpd80 = copy(vpd80, device->vpd80_length = sizeof(vpd80));
	device->sas_address = SAS_ADDRESS;
	device->sas_domain = p + 1;
	device->size = 1ULL << 40;
	strcpy(device->state, fake->units[u].paths[p].offline ? "offline" : "running");
	return device;
}

static void report(unsigned u, unsigned p)
{
	struct device *device = NULL;
	char syspath[64];
	unsigned sg;

	(void) pthread_mutex_lock(&lock);
	sg = fake->units[u].paths[p].attached ? fake->units[u].paths[p].sg : 0;
	if (sg != reported[u][p] && sg != 0)
		device = device_of(u, p);
	(void) pthread_mutex_unlock(&lock);

	if (sg == reported[u][p])
		return;
	if (reported[u][p] != 0) {
		syspath_of(u, p, syspath);
		listener.gone(listener.userdata, syspath);
	}
	reported[u][p] = sg;
	if (device != NULL)
		listener.present(listener.userdata, device);
}

static int on_changed(_unused_ sd_event_source *source, int fd, _unused_ uint32_t revents,
		      _unused_ void *userdata)
{
	eventfd_t n;

	(void) eventfd_read(fd, &n);
	for (unsigned u = 0; u < fake->n_units; u++)
		for (unsigned p = 0; p < fake->n_paths; p++)
			report(u, p);
	return 0;
}

static int discovery_start(_unused_ struct discovery *discovery, sd_event *event_loop,
			   const struct discovery_listener *l)
{
	listener = *l;
	memset(reported, 0, sizeof(reported));
	changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(changed_fd, 0);
	ck_assert_int_ge(sd_event_add_io(event_loop, &changed_source, changed_fd, 1 /* EPOLLIN */,
					 on_changed, NULL),
			 0);
	return on_changed(NULL, changed_fd, 0, NULL);
}

static int discovery_enumerate(_unused_ struct discovery *discovery)
{
	return 0;
}

static struct device *discovery_look(_unused_ struct discovery *discovery,
				     _unused_ const char *syspath)
{
	return NULL;
}

static char **discovery_resolve(_unused_ struct discovery *discovery, _unused_ const char *name)
{
	return NULL;
}

static struct discovery discovery = { discovery_start, discovery_enumerate, discovery_look,
				      discovery_resolve, NULL };

/* ---- the layer on top of it ---------------------------------------------------------------- */

static void on_added(void *userdata, struct object *object)
{
	((struct bed *) userdata)->n_added += object->kind == OBJECT_DRIVE;
}

static void on_removing(void *userdata, struct object *object)
{
	((struct bed *) userdata)->n_removed += object->kind == OBJECT_DRIVE;
}

static void on_ready(void *userdata)
{
	((struct bed *) userdata)->ready = true;
}

static bool is_set(void *userdata)
{
	return *(bool *) userdata;
}

static void on_object_changed(_unused_ void *userdata, _unused_ struct object *object)
{
}

void bed_up(struct bed *bed, const char *directory)
{
	struct model_listener model = { .added = on_added,
					.changed = on_object_changed,
					.removing = on_removing,
					.ready = on_ready,
					.userdata = bed };

	log_set_level(LOG_ERR); /* failures are what is tested */
	*bed = (struct bed){ .settings = SETTINGS_DEFAULT };
	bed->settings.poll_seconds = 1;
	ck_assert_int_ge(sd_event_new(&bed->event), 0);
	ck_assert_int_eq(pool_new(bed->event, 8, 0, &bed->pool), 0);
	ck_assert_int_eq(store_new(bed->pool, directory, &bed->store), 0);
	ck_assert_int_eq(operations_new(bed->event, &bed->operations), 0);
	ck_assert_int_eq(inventory_new(
				 &(struct inventory_parameters){
					 .event = bed->event,
					 .pool = bed->pool,
					 .store = bed->store,
					 .transport = &transport,
					 .discovery = &discovery,
					 .settings = &bed->settings,
				 },
				 &bed->inventory),
			 0);
	ck_assert_int_eq(drives_new(&(struct drives_parameters){ .event = bed->event,
								 .pool = bed->pool,
								 .store = bed->store,
								 .transport = &transport,
								 .kernel = &kernel,
								 .inventory = bed->inventory,
								 .operations = bed->operations,
								 .settings = &bed->settings },
				    &bed->drives),
			 0);
	ck_assert_int_eq(inventory_listen(bed->inventory, &model), 0);
	ck_assert_int_eq(inventory_start(bed->inventory), 0);
	bed_until(bed, is_set, &bed->ready);
	bed_settle(bed);
}

void bed_down(struct bed *bed)
{
	bed->pool = pool_free(bed->pool, 5 * USEC_PER_SEC);
	bed->drives = drives_free(bed->drives);
	bed->inventory = inventory_free(bed->inventory);
	bed->operations = operations_free(bed->operations);
	bed->store = store_free(bed->store);
	changed_source = sd_event_source_disable_unref(changed_source);
	(void) close(changed_fd);
	changed_fd = -1;
	bed->event = sd_event_unref(bed->event);
}

void bed_until(struct bed *bed, bool (*so)(void *userdata), void *userdata)
{
	uint64_t end = clock_monotonic() + 10 * USEC_PER_SEC;

	while (!so(userdata)) {
		ck_assert_msg(clock_monotonic() < end, "it never came: %s", fake->log);
		ck_assert_int_ge(sd_event_run(bed->event, 50 * USEC_PER_MSEC), 0);
	}
}

static bool has_ended(void *userdata)
{
	return ((struct operation *) userdata)->ended;
}

int bed_wait(struct bed *bed, struct operation *operation)
{
	bed_until(bed, has_ended, operation);
	return operation->outcome.result;
}

static void on_refreshed(void *userdata, _unused_ int result)
{
	*(bool *) userdata = true;
}

void bed_settle(struct bed *bed)
{
	bool refreshed = false;

	drives_refresh(bed->drives, on_refreshed, &refreshed);
	bed_until(bed, is_set, &refreshed);
}

struct drive *bed_drive(struct bed *bed)
{
	return inventory_find_drive(bed->inventory, "5000c50000000003");
}

struct unit *bed_unit(struct bed *bed, unsigned lun)
{
	return inventory_find_unit(bed->inventory,
				   lun == 0 ? "5000c50000000010" : "5000c50000000011");
}

static int set_status(struct bed *bed, struct object *object, enum status status)
{
	struct outcome error = { 0 };
	struct operation *operation = drive_set_status(bed->drives, object, status, 0, &error);

	return operation == NULL ? error.result : bed_wait(bed, operation);
}

int bed_set_status(struct bed *bed, enum status status)
{
	ck_assert_ptr_nonnull(bed_drive(bed));
	return set_status(bed, &bed_drive(bed)->object, status);
}

int bed_set_unit_status(struct bed *bed, unsigned lun, enum status status)
{
	ck_assert_ptr_nonnull(bed_unit(bed, lun));
	return set_status(bed, &bed_unit(bed, lun)->object, status);
}
