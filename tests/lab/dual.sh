#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two ways to one chassis, two paths to each disk.  Needs the emulator with
# --dual-esm --dual-path and one enclosure.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
emulated || { echo "FAIL  this one needs labctl"; exit 1; }

install_vdsd
check "udev starts vdsd" start_by_udev
sub=$(query /org/vdsd1 HwProvider QuerySubSystems)
eid=${sub##*/}
check "one chassis" is "$(wc -w <<< "$sub")" 1
mapfile -t controllers < <(query "$sub" SubSystem QueryControllers)
check "two controllers" is ${#controllers[@]} 2
check "by their SAS addresses" is "$(printf '%s\n' "${controllers[@]##*/}" | sort)" \
	"$(labctl lus | sed -n 's/^e0[ab] .* port=\([0-9a-f]*\) .*/\1/p' | sort)"
active() {
	local c
	for c in "${controllers[@]}"; do property "$c" Controller Active; done | grep -cx true
}
check "one of them active" is "$(active)" 1
drive=$(property "$sub/slot/0" Slot Drive)
lun=$(property "$drive" Drive Luns)
check "one drive a bay" is "$(paths Drive | wc -l)" "$(labctl disks | grep -c ' lu=')"
check "one lun" is "$(wc -w <<< "$lun")" 1
check "over two paths" is "$(property "$lun" Lun Paths | grep -c running)" 2

# way NAME: the controller on the emulator's e0a or e0b
way() {
	echo "$sub/controller/$(labctl lus | sed -n "s/^$1 .* port=\([0-9a-f]*\) .*/\1/p")"
}
lamp() { # TEXT
	check "$1: lit" is "$(start "$sub/slot/0")" "$S_OK"
	check "$1: by the emulator" is "$(emulator_lit "$eid" 0)" 1
	check "$1: out" is "$(stop "$drive")" "$S_OK"
	check "$1: by the emulator" is "$(emulator_lit "$eid" 0)" 0
}
lamp "both there"

for lost in e0a e0b; do
	path=$(way $lost)
	labctl detach $lost
	gone() { has "$(property "$path" Controller Node)" VDS_E_OBJECT_DELETED; }
	check "$lost detached: its controller is gone" wait_for 15 gone
	check "the chassis is not" is "$(query /org/vdsd1 HwProvider QuerySubSystems)" "$sub"
	lamp "$lost detached"
	labctl attach $lost
	there() { property "$path" Controller Node | grep -q ^/dev/; }
	check "$lost attached: back" wait_for 15 there
	check "one active" is "$(active)" 1
done

# One answers no more, but is still there.
for sick in e0a e0b; do
	labctl fail -1 op=1d sense=04/44/00 lu=$sick
	lamp "$sick refuses to write"
	labctl ok
	check "$sick mended: the next poll finds it" wait_for 15 \
		property_is "$(way $sick)" Controller Status 1
done

labctl pull 0
check "a disk pulled: both its paths go, and the drive" wait_for 15 \
	property_is "$sub/slot/0" Slot Drive /
check "its lun" has "$(property "$lun" Lun Size)" VDS_E_OBJECT_DELETED
labctl insert 0
check "it returns" wait_for 15 property_is "$sub/slot/0" Slot Drive "$drive"
both() { [ "$(property "$lun" Lun Paths | grep -c running)" = 2 ]; }
check "with both paths" wait_for 15 both

finish_lab
