#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What SetStatus and spinning do to real disks: the commands that each disk saw, in order, the
# kernel's states, lamps, and who is named when a disk is in use.  Needs the
# emulator, one enclosure, and in bay 0 a disk with two paths, in 1 a SATA disk, in
# 2 a disk, in 3 one with two actuators.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"
emulated || { echo "FAIL  this one needs labctl"; exit 1; }

install_vdsd
check "udev starts vdsd" start_by_udev
sub=$(query /org/vdsd1 HwProvider QuerySubSystems)
slot() { echo "$sub/slot/$1"; }
drive_in() { property "$(slot "$1")" Slot Drive; }
node_of() { property "$1" Drive Nodes | head -n 1; }
luns_of() { property "$1" Drive Luns; }
lamps_of() { property "$(slot "$1")" Slot Indicators | tr '\n' ' '; }
set_to() { busctl --timeout=120 call org.vdsd1 "$1" "org.vdsd1.${3:-Drive}" SetStatus u "$2" 2>&1; }
set_async() { bare "$(vdsd "$1" Drive SetStatusAsync u "$2")"; }
result() { busctl --timeout=120 call org.vdsd1 "$1" org.vdsd1.Async Wait 2>&1 | cut -d ' ' -f 2; }
refresh() { vdsd /org/vdsd1 HwProvider Refresh; }
# Of all paths, as vdsd tells them.
states() {
	local lun
	for lun in $(luns_of "$1"); do property "$lun" Lun Paths | cut -d ' ' -f 2; done | tr '\n' ' '
}
# seen NAME: what that disk was asked to do since `labctl log clear`
seen() {
	labctl log | grep -F " $1" | sed -n 's/.* SYNCHRONIZE_CACHE_1[06] .*/sync/p
		s/.* START_STOP_UNIT(start=0) .*/stop/p; s/.* START_STOP_UNIT(start=1) .*/start/p
		s/.* \(WRITE\|UNMAP\|FORMAT\)[^ ]* .*/WRITE/p' | tr '\n' ' '
}
# becomes TEXT DRIVE STATUS STATES LAMPS [EMULATED-DISK SEEN]
becomes() {
	local bay
	bay=$(property "$2" Drive SlotNumber)
	[ -z "${6:-}" ] || labctl log clear
	check "$1" is "$(set_to "$2" "$3")" ''
	check "$1: status, paths, lamps" is \
		"$(property "$2" Drive Status) $(states "$2")$(lamps_of "$bay")" "$3 $4$5"
	[ -z "${6:-}" ] || check "$1: commands" is "$(seen "$6")" "$7"
}

# ---- two paths ---------------------------------------------------------------------

two=$(drive_in 0)
becomes "NOT_READY" "$two" 2 'running running ' '' e0s00 'sync stop '
becomes "a stopped disk OFFLINE" "$two" 4 'offline offline ' '' e0s00 ''
becomes "OFFLINE to ONLINE" "$two" 1 'running running ' '' e0s00 'start '
becomes "FAILED" "$two" 5 'offline offline ' 'fault ' e0s00 'sync '
# The last two are the kernel's, with each `delete`.
becomes "FAILED to REMOVED" "$two" 8 '' 'fault ok-to-remove ' e0s00 'sync stop sync sync '
becomes "REMOVED to ONLINE" "$two" 1 'running running ' ''
becomes "ONLINE once more" "$two" 1 'running running ' '' e0s00 ''

# ---- a flush that fails --------------------------------------------------------------

labctl fail 2 op=35 sense=03/0c/00
check "a flush that fails: an error" has "$(set_to "$two" 8)" 'VDS_E_IO_ERROR.*03/0c/00'
labctl ok
check "nothing has changed" is "$(property "$two" Drive Status) $(states "$two")$(lamps_of 0)" \
	'1 running running '

# ---- in use ---------------------------------------------------------------------------

other=$(drive_in 2)
# refused TEXT PATTERN
refused() {
	labctl log clear
	check "$1: refused" has "$(set_to "$other" 8)" "VDS_E_DEVICE_IN_USE.*$2"
	check "$1: QueryUsers" has "$(vdsd "$other" Drive QueryUsers)" "$2"
	check "$1: nothing was done" is "$(seen e0s02)$(states "$other")" 'running running '
}
node=$(node_of "$other")
sleep 1000 3<> "$node" &
refused "a writer" 'open for writing by sleep'
kill $!; wait $! 2> /dev/null
loop=$(losetup -r -f --show "$node")
refused "a loop device" "behind $loop"
losetup -d "$loop"
echo "0 1000 linear $node 0" | dmsetup create -r held
refused "device-mapper" 'part of held'
dmsetup remove held

# ---- Cancel, one at a time, and a pull in the middle --------------------------------------

labctl hang op=35 lu=e0s00a
labctl hang op=35 lu=e0s00b
async=$(set_async "$two" 8)
check "another call meanwhile" has "$(set_to "$two" 1)" VDS_E_ANOTHER_CALL_IN_PROGRESS
check "and on its unit" has "$(set_to "$(luns_of "$two")" 4 Lun)" VDS_E_ANOTHER_CALL_IN_PROGRESS
check "Cancel is accepted" is "$(vdsd "$async" Async Cancel)" ''
check "once" has "$(vdsd "$async" Async Cancel)" VDS_E_OPERATION_CANCELED
labctl unhang
check "cancelled" is "$(result "$async")" $((0x8004240d))
check "and back" is "$(property "$two" Drive Status) $(states "$two")" '1 running running '

labctl hang op=35 lu=e0s02a
labctl hang op=35 lu=e0s02b
async=$(set_async "$other" 8)
flushing() { [ -n "$(seen e0s02)" ]; }
wait_for 5 flushing
labctl pull 2
labctl unhang
check "pulled in the middle: it is gone" is "$(result "$async")" $((0x8004240b))

# ---- power ----------------------------------------------------------------------------------

# The kernel and udev look at what is attached; a STOP before that would not last.
sata=$(drive_in 1)
check "SATA: REMOVED" is "$(set_to "$sata" 8)" ''
becomes "SATA: REMOVED to NOT_READY" "$sata" 2 'running ' ''
udevadm settle
refresh
check "SATA: it stays stopped" is "$(property "$sata" Drive Status)" 2
check "SATA: SpinDown is running" has "$(property "$sata" Maintenance RunningOperations)" '^3 0 0 '
labctl log clear
check "SATA: asking does not wake it" is "$(refresh)$(seen e0s01)$(property "$sata" Drive Status)" 2
check "SATA: Stop spins up" is "$(vdsd "$sata" Maintenance StopMaintenance u 3)" "$S_OK"
check "SATA: ONLINE" is "$(property "$sata" Drive Status)" 1

pair=$(drive_in 3)
read -rd '' -a luns < <(luns_of "$pair")
labctl log clear
check "one actuator NOT_READY" is "$(set_to "${luns[1]}" 2 Lun)" ''
check "the other saw nothing" is "$(seen 'e0s03a ')$(seen 'e0s03b ')" ''
check "the drive is not ready" is \
	"$(property "$pair" Drive Status) $(property "${luns[0]}" Lun Status)" '2 1'
becomes "the drive ONLINE: both" "$pair" 1 'running running running running ' ''

# ---- what survives ------------------------------------------------------------------------------

check "REMOVED" is "$(set_to "$two" 8)" ''
check "restart" restart_vdsd
check "still REMOVED, and lit" is "$(property "$two" Drive Status) $(lamps_of 0)" '8 ok-to-remove '
for host in /sys/class/scsi_host/host*/scan; do echo '- - -' > "$host"; done
check "attached by hand: ONLINE" wait_for 15 property_is "$two" Drive Status 1
check "its lamp goes out" wait_for 15 property_is "$(slot 0)" Slot Indicators ''
check "no data command was sent" lacks "$(labctl log)" ' (WRITE|UNMAP|FORMAT)'

finish_lab
