#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Disks and enclosures come and go.  Needs the emulator, with a disk in bay 1
# and its enclosure the only one.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
emulated || { echo "FAIL  this one needs labctl"; exit 1; }

install_vdsd
check "udev starts vdsd" start_by_udev
sub=$(query /org/vdsd1 HwProvider QuerySubSystems)
slot=$sub/slot/1
drive=$(property "$slot" Slot Drive)
lun=$(property "$drive" Drive Luns)
serial=$(property "$drive" Drive SerialNumber)
node=$(property "$drive" Drive Nodes | head -n 1)
check "bay 1 is occupied" has "$drive" ^/org/vdsd1/drive/

stdbuf -oL busctl monitor --json=short --match="type=signal,sender=org.vdsd1" > "$work/signals" 2>&1 &
monitor=$!
wait_for 10 grep -q . "$work/signals"
signal() { # MEMBER OBJECT: was there such a signal?
	grep -F "\"member\":\"$1\"" "$work/signals" | grep -qF "\"$2\""
}

# ---- a disk ----------------------------------------------------------------------

labctl pull 1
check "pulled: the bay is empty" wait_for 15 property_is "$slot" Slot Drive /
check "PropertiesChanged of the bay" wait_for 5 signal PropertiesChanged "$slot"
check "and says so" wait_for 15 property_is "$slot" Slot Occupied false
check "the drive is gone by name" has "$(start "$drive")" VDS_E_OBJECT_DELETED
check "a property of it too" has "$(property "$drive" Drive Size)" VDS_E_OBJECT_DELETED
check "and its lun" has "$(property "$lun" Lun Size)" VDS_E_OBJECT_DELETED
check "InterfacesRemoved" wait_for 5 signal InterfacesRemoved "$drive"
check "Notify" wait_for 5 signal Notify "$drive"
check "what was unplugged is found where it sat" is "$(resolve "$serial")" "$slot"
check "an empty bay lights" is "$(start "$slot")" "$S_OK"
check "by sg_ses" is "$(lit_on_any "$sub" 1)" 1

labctl insert 1
check "inserted: the bay has it" wait_for 15 property_is "$slot" Slot Drive "$drive"
check "it is the same" is "$(property "$drive" Drive SerialNumber)" "$serial"
check "InterfacesAdded" wait_for 5 signal InterfacesAdded "$drive"
check "the lamp stayed on" is "$(lit_on_any "$sub" 1)" 1
check "and is the drive's" has "$(property "$drive" Maintenance RunningOperations)" '^1 0 0 0'
check "and goes out by it" is "$(stop "$drive")" "$S_OK"
check "by the emulator" is "$(emulator_lit "${sub##*/}" 1)" 0

labctl pull 1
wait_for 15 property_is "$slot" Slot Drive /
labctl insert 1 new
new_one() {
	new=$(property "$slot" Slot Drive)
	[[ $new == /org/vdsd1/drive/* ]] && [ "$new" != "$drive" ]
}
check "another disk is another drive" wait_for 15 new_one
new=$(property "$slot" Slot Drive)
check "the former stays gone" has "$(start "$drive")" VDS_E_OBJECT_DELETED
check "the new one lights" is "$(start "$new")" "$S_OK"
check "in its bay" is "$(emulator_lit "${sub##*/}" 1)" 1
check "node names may return, drives do not" test "$(resolve "$node")" != "$drive"

# ---- the enclosure ---------------------------------------------------------------

labctl detach e0a
gone() { has "$(property "$sub" SubSystem Vendor)" VDS_E_OBJECT_DELETED; }
check "detached: the subsystem is gone" wait_for 15 gone
check "and its bays" has "$(start "$slot")" VDS_E_OBJECT_DELETED
check "the drive is not" is "$(property "$new" Drive SlotNumber)" -1
check "but without a bay to light" has "$(start "$new")" VDS_E_NOT_SUPPORTED
labctl clearlamps
labctl attach e0a
check "attached: it is back" wait_for 15 property_is "$slot" Slot Drive "$new"
relit() { [ "$(emulator_lit "${sub##*/}" 1)" = 1 ]; }
check "and what was asked before is asked again" wait_for 15 relit
check "until stopped" is "$(stop "$slot")" "$S_OK"

kill $monitor
finish_lab
