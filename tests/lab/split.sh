#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each of two controllers has its half of the bays, and takes requests for the
# others without doing anything.  Needs the emulator with --split-bays.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
emulated || { echo "FAIL  this one needs labctl"; exit 1; }

install_vdsd
check "udev starts vdsd" start_by_udev
sub=$(query /org/vdsd1 HwProvider QuerySubSystems)
eid=${sub##*/}
count=$(paths Slot | wc -l)
wrong='' dark=''
for ((n = 0; n < count; n++)); do
	slot=$sub/slot/$n
	[ "$(property "$slot" Slot StatusCode)" = no-access ] && wrong+=" $n:no-access"
	[ "$(start "$slot")" = "$S_OK" ] || wrong+=" $n:start"
	[ "$(emulator_lit "$eid" $n)" = 1 ] || dark+=" $n"
	[ "$(property "$slot" Slot Identify)" = true ] || wrong+=" $n:Identify"
	drive=$(property "$slot" Slot Drive)
	[ "$drive" = / ] || [ "$(property "$drive" Maintenance RunningOperations)" ] || wrong+=" $n:drive"
done
check "all $count bays are somebody's" is "$wrong" ''
check "and all are lit" is "$dark" ''
wrong=''
for ((n = 0; n < count; n++)); do
	[ "$(stop "$sub/slot/$n")" = "$S_OK" ] || wrong+=" $n:stop"
	[ "$(emulator_lit "$eid" $n)" = 0 ] || wrong+=" $n:lit"
done
check "and all go out" is "$wrong" ''

labctl detach e0b
lost=$sub/slot/$((count - 1))
unreachable() { has "$(start "$lost")" 'VDS_E_OBJECT_STATUS_FAILED|VDS_E_NOT_SUPPORTED'; }
check "without its controller a bay cannot be lit, and says so" wait_for 15 unreachable
check "those of the other can" is "$(start "$sub/slot/0")" "$S_OK"
check "by the emulator" is "$(emulator_lit "$eid" 0)" 1
labctl attach e0b
back() { [ "$(start "$lost")" = "$S_OK" ]; }
check "back, it lights" wait_for 15 back
check "by the emulator" is "$(emulator_lit "$eid" $((count - 1)))" 1

finish_lab
