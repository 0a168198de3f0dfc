/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Somebody else's decoder is asked who is right: what we make of the fixtures
 * is written down in the words of sg_ses (sg3-utils 1.46 and later) and
 * compared with what it prints.  Of its lines those are compared that begin
 * with one of the words listed for the page.
 */
#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/macro.h"
#include "ses/additional.h"
#include "ses/descriptor.h"
#include "ses/element.h"
#include "ses/status.h"
#include "tests/ses/fixture.h"

static const char *const fixtures[] = { "example-a.hex", "example-b.hex", "areca-8028.hex" };

static struct fixture *fixture;
static struct ses_config *config;
static char ours[65536], theirs[65536];

static _printf_(1, 2) void say(const char *format, ...)
{
	size_t used = strlen(ours);
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(ours + used, sizeof(ours) - used, format, ap);
	va_end(ap);
}

/* "a, b=1, status: OK" is three things said: each is compared alone. */
static void keep_lines(FILE *pipe, const char *const *words)
{
	char line[512];
	size_t used = 0;

	while (fgets(line, sizeof(line), pipe)) {
		char *rest = NULL;

		for (char *s = strtok_r(line, ",\n", &rest); s; s = strtok_r(NULL, ",\n", &rest)) {
			s += strspn(s, " ");
			for (size_t i = strlen(s); i > 0 && s[i - 1] == ' '; i--)
				s[i - 1] = '\0';
			for (unsigned i = 0; words[i]; i++)
				if (strncmp(s, words[i], strlen(words[i])) == 0) {
					used += (size_t) snprintf(theirs + used,
								  sizeof(theirs) - used, "%s\n", s);
					break;
				}
			ck_assert_uint_lt(used, sizeof(theirs));
		}
	}
}

static void ask_sg_ses(const char *name, const char *page, const char *const *words)
{
	char command[256];
	FILE *pipe;
	int r;

	(void) snprintf(command, sizeof(command),
			"sg_ses --inhex=tests/fixtures/%s --maxlen=32767 --status --page=%s", name,
			page);
	theirs[0] = '\0';
	pipe = popen(command, "re");
	ck_assert_ptr_nonnull(pipe);
	keep_lines(pipe, words);
	r = pclose(pipe);
	ck_assert_msg(WIFEXITED(r) && WEXITSTATUS(r) == 0, "%s (is sg3-utils installed?)", command);
	/* Words that it never says would compare nothing with nothing. */
	ck_assert_uint_gt(strlen(theirs), 0);
}

static void drop(char *from, const char *line)
{
	size_t n = strlen(line);

	for (char *s = strstr(from, line); s; s = strstr(s, line))
		memmove(s, s + n, strlen(s + n) + 1);
}

/* Line by line: a message with all of them is more than Check can pass on. */
static void compare(void)
{
	const char *a = ours, *b = theirs;

	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		ck_assert_msg(n == m && strncmp(a, b, n) == 0, "ours '%.*s', theirs '%.*s'",
			      (int) n, a, (int) m, b);
		a += n + (a[n] != '\0');
		b += m + (b[m] != '\0');
	}
}

static void load(const char *name)
{
	const struct fixture_page *page;

	fixture = fixture_load(name);
	page = fixture_page(fixture, 0x01);
	ck_assert_int_eq(ses_config_decode(page->bytes, page->n, &config), 0);
	ours[0] = '\0';
}

static void unload(void)
{
	config = ses_config_free(config);
	free(fixture);
}

/* "device slot" -> "Device slot" */
static void say_type(const struct ses_type *type)
{
	const char *name = ses_type_name(type->type);

	say("Element type: %c%s\nsubenclosure id: %u", toupper((unsigned char) name[0]), name + 1,
	    type->subenclosure);
}

START_TEST(agrees_on_the_configuration)
{
	static const char *const words[] = { "generation code",
					     "Subenclosure identifier",
					     "relative ES process",
					     "number of ES processes",
					     "enclosure logical",
					     "enclosure vendor",
					     "Element type",
					     "subenclosure id",
					     "number of possible",
					     "text",
					     NULL };

	load(fixtures[_i]);
	say("generation code: 0x%" PRIx32 "\n", config->generation);
	for (unsigned i = 0; i < config->n_subenclosures; i++) {
		const struct ses_subenclosure *s = &config->subenclosures[i];

		say("Subenclosure identifier: %u%s\n", s->id, s->id == 0 ? " [primary]" : "");
		say("relative ES process id: %u\nnumber of ES processes: %u\n", s->process,
		    s->n_processes);
		say("enclosure logical identifier (hex): %016" PRIx64 "\n", s->logical_id);
		say("enclosure vendor: %-8s  product: %-16s  rev: %s\n", s->vendor, s->product,
		    s->revision);
	}
	for (unsigned i = 0; i < config->n_types; i++) {
		say_type(&config->types[i]);
		say("\nnumber of possible elements: %u\ntext: %s\n", config->types[i].count,
		    config->types[i].text);
	}
	ask_sg_ses(fixtures[_i], "cf", words);
	compare();
	unload();
}
END_TEST

static void say_element(uint8_t type, const uint8_t s[static 4])
{
	static const char *const codes[] = {
		"Unsupported",	 "OK",	    "Critical",	     "Noncritical",	 "Unrecoverable",
		"Not installed", "Unknown", "Not available", "No access allowed"
	};
	uint32_t shown = ses_indicators_shown(type, s);
	struct ses_reading reading;

	say("Predicted failure=%d\nSwap=%d\nstatus: %s\n", ses_element_predicted_failure(s),
	    ses_element_swapped(s), codes[ses_element_code(s)]);
	if (ses_type_is_slot(type)) {
		say("Hot spare=%d\nRebuild/remap=%d\nDo not remove=%d\nIdent=%d\n",
		    !!(shown & INDICATOR_BIT(INDICATOR_HOT_SPARE)),
		    !!(shown & INDICATOR_BIT(INDICATOR_REBUILD)),
		    !!(shown & INDICATOR_BIT(INDICATOR_DO_NOT_REMOVE)),
		    !!(shown & INDICATOR_BIT(INDICATOR_IDENT)));
		say("Fault sensed=%d\nFault reqstd=%d\nDevice off=%d\n",
		    ses_element_fault_sensed(type, s), !!(shown & INDICATOR_BIT(INDICATOR_FAULT)),
		    !!(shown & INDICATOR_BIT(INDICATOR_DEVICE_OFF)));
		return;
	}
	say("Ident=%d\n", !!(shown & INDICATOR_BIT(INDICATOR_IDENT)));
	if (!ses_element_reading(type, s, &reading))
		return;
	if (type == 0x04)
		say("Temperature=%.0f C\n", reading.value);
	else if (type == 0x03)
		say("Actual speed=%.0f rpm\n", reading.value);
	else
		say("Voltage: %.2f volts\n", reading.value);
}

START_TEST(agrees_on_the_status)
{
	static const char *const words[] = {
		"Element type", "subenclosure id", "Predicted failure", "Swap",
		"status:",	"Hot spare",	   "Rebuild/remap",	"Do not remove",
		"Ident",	"Fault sensed",	   "Fault reqstd",	"Device off",
		"Temperature=", "Actual speed",	   "Voltage",		NULL
	};
	struct ses_status *status = NULL;
	const struct fixture_page *page;

	load(fixtures[_i]);
	page = fixture_page(fixture, 0x02);
	ck_assert_int_eq(ses_status_decode(page->bytes, page->n, config, &status), 0);
	for (unsigned t = 0; t < config->n_types; t++) {
		const struct ses_type *type = &config->types[t];

		say_type(type);
		say(" [ti=%u]\n", t);
		for (unsigned i = 0; i <= type->count; i++)
			say_element(type->type, status->elements[type->overall + i]);
	}
	ask_sg_ses(fixtures[_i], "es", words);
	/* Theirs says it of supplies and fans too, and has values of what is not there. */
	drop(theirs, "Do not remove=0\n");
	drop(ours, "Do not remove=0\n");
	drop(theirs, "Actual speed=0 rpm\n");
	drop(ours, "Actual speed=0 rpm\n");
	drop(theirs, "Voltage: 0.00 volts\n");
	compare();
	(void) ses_status_free(status);
	unload();
}
END_TEST

START_TEST(agrees_on_the_descriptors)
{
	static const char *const words[] = { "Element ", "subenclosure id", "Overall descriptor",
					     NULL };
	struct ses_descriptors *descriptors = NULL;
	const struct fixture_page *page;

	load(fixtures[_i]);
	page = fixture_page(fixture, 0x07);
	ck_assert_int_eq(ses_descriptors_decode(page->bytes, page->n, config, &descriptors), 0);
	for (unsigned t = 0; t < config->n_types; t++) {
		const struct ses_type *type = &config->types[t];
		const char *text = descriptors->texts[type->overall];

		say_type(type);
		say(" [ti=%u]\nOverall descriptor: %s\n", t, text ? text : "<empty>");
		for (unsigned i = 0; i < type->count; i++)
			say("Element %u descriptor: %s\n", i,
			    descriptors->texts[type->overall + 1 + i]);
	}
	ask_sg_ses(fixtures[_i], "ed", words);
	drop(theirs, "Element Descriptor In diagnostic page:\n");
	compare();
	(void) ses_descriptors_free(descriptors);
	unload();
}
END_TEST

static void say_slot(const struct ses_additional *a)
{
	static const char *const devices[] = { "no SAS device attached", "end device",
					       "expander device" };

	if (a->protocol == SES_PROTOCOL_PCIE) {
		say("Transport protocol: PCIe\nnot all ports: %d\ndevice slot number: %d\n",
		    a->not_all_phys, a->slot_number);
		say("serial number: %s\nmodel number: %s\n", a->nvme_serial, a->nvme_model);
		return;
	}
	say("Transport protocol: SAS\nnumber of phys: %u\nnot all phys: %d\n"
	    "device slot number: %d\n",
	    a->n_phys, a->not_all_phys, a->slot_number);
	for (unsigned i = 0; i < a->n_phys; i++)
		say("SAS device type: %s\nattached SAS address: 0x%" PRIx64
		    "\nSAS address: 0x%" PRIx64 "\nphy identifier: 0x%x\n",
		    devices[a->phys[i].device_type], a->phys[i].attached, a->phys[i].address,
		    a->phys[i].identifier);
}

START_TEST(agrees_on_the_additional_status)
{
	static const char *const words[] = { "Element type",
					     "subenclosure id",
					     "Transport",
					     "not all p",
					     "device slot",
					     "SAS device type",
					     "attached SAS",
					     "SAS address",
					     "phy identifier",
					     "serial number",
					     "model number",
					     "number of phys",
					     NULL };
	struct ses_additionals *all = NULL;
	const struct fixture_page *page;

	load(fixtures[_i]);
	page = fixture_page(fixture, 0x0a);
	ck_assert_int_eq(ses_additionals_decode(page->bytes, page->n, config, SES_INDEX_AUTO, &all),
			 0);
	for (unsigned t = 0; t < config->n_types; t++) {
		const struct ses_type *type = &config->types[t];

		for (unsigned i = 1; i <= type->count; i++) {
			const struct ses_additional *a = &all->elements[type->overall + i];

			if (!a->present)
				continue;
			if (i == 1) {
				say_type(type);
				say(" [ti=%u]\n", t);
			}
			if (ses_type_is_slot(type->type)) {
				say_slot(a);
				continue;
			}
			say("Transport protocol: SAS\n");
			/* The pairs of an expander's phys are nothing to us. */
			if (type->type != 0x18)
				say("number of phys: %u\n", a->n_phys);
			say("SAS address: 0x%" PRIx64 "\n", a->address);
		}
	}
	ask_sg_ses(fixtures[_i], "aes", words);
	drop(theirs, "number of phys: 36\n");
	compare();
	(void) ses_additionals_free(all);
	unload();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ses/sg_ses");
	TCase *tc = tcase_create("sg_ses");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, agrees_on_the_configuration, 0, (int) ARRAY_SIZE(fixtures));
	tcase_add_loop_test(tc, agrees_on_the_status, 0, (int) ARRAY_SIZE(fixtures));
	tcase_add_loop_test(tc, agrees_on_the_descriptors, 0, (int) ARRAY_SIZE(fixtures));
	tcase_add_loop_test(tc, agrees_on_the_additional_status, 0, (int) ARRAY_SIZE(fixtures));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
