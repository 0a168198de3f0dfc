/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sg_ses 1.46 takes '#' for a comment at the start of a line alone (ses.md 8), and
 * the simulator takes an empty line for the end of a page, so that one whose length
 * lies ends where it did end.  Pages are in rising order, 01h before those that
 * cannot be decoded without it.
 */
#include "capture/print.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

#define BYTES_IN_LINE 16U

static const char *const names[CAPTURE_PAGES] = {
	"Supported diagnostic pages",
	"Configuration",
	"Enclosure status",
	"Help text",
	"String in",
	"Threshold in",
	"Array status",
	"Element descriptors",
	"Short enclosure status",
	"Enclosure busy",
	"Additional element status",
	"Subenclosure help text",
	"Subenclosure string in",
	"Supported SES diagnostic pages",
	"Download microcode status",
	"Subenclosure nickname status",
};

static const char *masked_text =
	"# masked: serial numbers in texts and on page 0Ah, and the middle of SAS addresses and\n"
	"# identifiers: bits 8 to 35; what was alike is alike, in the same order\n";

static void print_designator(const struct capture *capture, const struct scsi_designator *d,
			     FILE *file)
{
	char text[2 * SCSI_DESIGNATOR_BYTES + 1];

	(void) fprintf(file, "# VPD 83h: association %u, type %u, protocol %u: ", d->association,
		       d->type, d->protocol);
	if (d->code_set == 1)
		(void) fprintf(file, "%s\n", text_hex(text, sizeof(text), d->bytes, d->length));
	else
		(void) fprintf(file, "%s\n",
			       capture->masked
				       ? "text, masked"
				       : text_clean(text, sizeof(text), d->bytes, d->length));
}

static void print_identity(const struct capture *capture, FILE *file)
{
	struct scsi_designator designators[SCSI_DESIGNATORS_MAX];
	int n;

	if (capture->has_inquiry)
		(void) fprintf(file,
			       "# INQUIRY: type %02xh, ENCSERV %u, vendor \"%s\", product \"%s\", "
			       "revision \"%s\"\n",
			       capture->inquiry.type, capture->inquiry.encserv,
			       capture->inquiry.vendor, capture->inquiry.product,
			       capture->inquiry.revision);
	else
		(void) fputs("# INQUIRY: no answer\n", file);
	n = scsi_designators_decode(capture->vpd83, capture->n_vpd83, designators);
	for (int i = 0; i < n; i++)
		print_designator(capture, &designators[i], file);
}

static void print_notes(const struct capture *capture, FILE *file)
{
	for (const char *s = capture->notes, *end; *s; s = end + 1) {
		end = s + strcspn(s, "\n");
		(void) fprintf(file, "# note: %.*s\n", (int) (end - s), s);
	}
}

static void print_page(unsigned page, const uint8_t *bytes, size_t n, FILE *file)
{
	(void) fprintf(file, "\n# %s (%02xh)\n", names[page], page);
	for (size_t i = 0; i < n; i++)
		(void) fprintf(file, "%02x%s", bytes[i],
			       i + 1 == n || i % BYTES_IN_LINE == BYTES_IN_LINE - 1 ? "\n"
			       : i % BYTES_IN_LINE == BYTES_IN_LINE / 2 - 1	    ? "  "
										    : " ");
}

int capture_print(const struct capture *capture, time_t when, FILE *file)
{
	char date[32] = "unknown time";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		(void) strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void) fprintf(file, "# Pages of a SCSI enclosure, as they were read; to look at them:\n"
			     "#   sg_ses --inhex=FILE --status --page=cf   (es, ed, aes, ...)\n"
			     "#   vdsd-sim --simulate FILE\n");
	(void) fprintf(file, "# vdsd-capture %s, %s\n# node: %s\n", VDSD_VERSION, date,
		       capture->node);
	print_identity(capture, file);
	if (capture->masked)
		(void) fputs(masked_text, file);
	print_notes(capture, file);
	for (unsigned page = 0; page < CAPTURE_PAGES; page++)
		if (capture->pages[page].bytes)
			print_page(page, capture->pages[page].bytes, capture->pages[page].n, file);
	return fflush(file) == 0 && !ferror(file) ? 0 : -EIO;
}
