#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# layers.sh DIR LAYER:USES... - the layers' archives in DIR call nothing above them.
#
# The tests of a layer fail to link if what they pull in calls upwards; this
# also sees the members no test pulls in, and what a header would let through.

set -euo pipefail
export LC_ALL=C
dir=$1
shift
failed=0
fail() { printf 'FAIL  %s\n' "$*"; failed=1; }

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

for pair in "$@"; do
	layer=${pair%%:*}
	nm -A --defined-only "$dir/lib$layer.a" 2>/dev/null |
		awk '$(NF - 1) ~ /^[TDBRC]$/ { print $NF }' | sort -u > "$work/$layer.has"
	nm -A --undefined-only "$dir/lib$layer.a" 2>/dev/null |
		awk '{ print $NF }' | sort -u > "$work/$layer.needs"
	[ -s "$work/$layer.has" ] || fail "$layer: no symbols in $dir/lib$layer.a"
done

for pair in "$@"; do
	layer=${pair%%:*}
	below=" $layer ${pair#*:} "
	for other in "$@"; do
		other=${other%%:*}
		[[ $below == *" $other "* ]] && continue
		while read -r symbol; do
			fail "$layer calls $symbol of $other"
		done < <(comm -12 "$work/$layer.needs" "$work/$other.has")
		while read -r line; do
			fail "$layer includes from $other: $line"
		done < <(grep -n "^#include \"$other/" "daemon/$layer"/*.[ch] 2>/dev/null)
	done
	[[ $layer == bus || $layer == manager ]] && continue
	while read -r line; do
		fail "D-Bus below bus/: $line"
	done < <(grep -n 'sd-bus\.h' "daemon/$layer"/*.[ch])
done

while read -r line; do
	fail "sg_* outside scsi/sgutils.c: $line"
done < <(grep -n '#include <scsi/sg_' daemon/*.[ch] daemon/*/*.[ch] | grep -v '^daemon/scsi/sgutils\.c:')

[ $failed -ne 0 ] || echo "ok    $# layers, none calls upwards"
exit $failed
