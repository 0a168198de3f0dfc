#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In the lab's guest: one bay lit, and a whole shelf of 60, by vdsd, sg_ses,
# ledctl and sysfs on the same enclosure; how many SCSI commands the enclosure saw, how
# long it took, and what was lit in the end.  Not a test: numbers to look at.
. "$(dirname -- "$(readlink -f -- "$0")")/../lab/common.sh"

install_vdsd
start_by_udev
cd /sys/class/enclosure || exit 1
enclosure=$(echo *)
sg=/dev/$(echo "$enclosure"/device/scsi_generic/* | sed 's|.*/||')
mapfile -t slots < <(paths Slot)
mapfile -t bays < <(cd "$enclosure" && printf '%s\n' */locate | sed 's|/locate||' | sort)
mapfile -t disks < <(for d in /sys/block/sd*; do echo "/dev/${d##*/}"; done)
n=${#slots[@]}

dark() {
	labctl clearlamps
	sleep 1
	for s in "${slots[@]}"; do
		property_is "$s" Slot Identify true && stop "$s"
	done > /dev/null 2>&1
	sg_turs "$sg" > /dev/null 2>&1
}

# measure NAME COMMAND...: a row, with ratios to vdsd's, which comes first
measure() {
	local name=$1 begin commands lit ms
	shift
	dark
	labctl log clear
	begin=$EPOCHREALTIME
	"$@" > /dev/null 2>&1
	ms=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", (b - a) * 1000 }')
	commands=$(labctl log | grep -c ' e0a .*DIAGNOSTIC')
	lit=$(labctl state 0 | grep -c ident=1)
	[ "$name" != vdsd ] || { base_commands=$commands base_ms=$ms; }
	awk -v n="$name" -v c="$commands" -v m="$ms" -v l="$lit" -v bc="$base_commands" -v bm="$base_ms" \
		'BEGIN { printf "%-9s %5d commands (x%.1f)  %6d ms (x%.1f)  %3d lit\n", n, c, c / bc, m, m / bm, l }'
}

one_sysfs() { echo 1 > "/sys/class/enclosure/$enclosure/${bays[7]}/locate"; }
all_sysfs() { for b in "${bays[@]}"; do echo 1 > "/sys/class/enclosure/$enclosure/$b/locate"; done; }
all_sg_ses() { for ((i = 0; i < n; i++)); do sg_ses --index=$i --set=ident "$sg"; done; }
all_ledctl() { (IFS=,; ledctl "locate=${disks[*]}"); }

echo "One bay of $n (vdsd reads back what it wrote; the others do not)"
measure vdsd start "${slots[7]}"
measure sg_ses sg_ses --index=7 --set=ident "$sg"
measure ledctl ledctl "locate=${disks[7]}"
measure sysfs one_sysfs
echo "All $n bays"
measure vdsd /host/light-all StartMaintenance "${slots[@]}"
measure sg_ses all_sg_ses
measure ledctl all_ledctl
measure sysfs all_sysfs
