#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A restart forgets nothing that is lit, and leaves nothing lit by accident.

# shellcheck source=common.sh
. "$(dirname -- "$(readlink -f -- "$0")")/common.sh"

install_vdsd
check "the first call over the bus starts vdsd" wait_for 30 on_bus
check "through systemd" systemctl -q is-active vdsd.service
sub=$(query /org/vdsd1 HwProvider QuerySubSystems | head -n 1)
slot() { echo "$sub/slot/$1"; }
dark() { [ "$(lit_on_any "$sub" "$1")" = 0 ]; }
pid() { systemctl show -P MainPID vdsd.service; }

check "bay 0 lit" is "$(start "$(slot 0)")" "$S_OK"
check "bay 1 pulsing" is "$(vdsd "$(slot 1)" Maintenance PulseMaintenance uu 1 600)" "$S_OK"
check "bay 2 lit for 20 s" is "$(vdsd "$(slot 2)" Maintenance StartMaintenanceFor uu 1 20)" "$S_OK"
timed=$SECONDS
check "restart" restart_vdsd
check "bay 0 is still lit" is "$(lit_on_any "$sub" 0)" 1
check "and known to run" has "$(property "$(slot 0)" Maintenance RunningOperations)" '^1 0 0 '
check "bay 1 is dark for good" wait_for 5 dark 1
check "and not running" is "$(property "$(slot 1)" Maintenance RunningOperations)" ''
check "bay 2 is lit" is "$(lit_on_any "$sub" 2)" 1
check "and runs until its time" has "$(property "$(slot 2)" Maintenance RunningOperations)" \
	'^1 0 [1-9][0-9]+ '
check "which comes" wait_for 30 dark 2
check "not before" test $((SECONDS - timed)) -ge 19

# The same, without a word of warning.
check "bay 1 pulsing" is "$(vdsd "$(slot 1)" Maintenance PulseMaintenance uu 1 600)" "$S_OK"
check "bay 2 lit for 2 s" is "$(vdsd "$(slot 2)" Maintenance StartMaintenanceFor uu 1 2)" "$S_OK"
old=$(pid)
systemctl kill -s KILL vdsd.service
back() { [ "$(pid)" != "$old" ] && on_bus; }
check "killed: systemd starts it again" wait_for 30 back
check "bay 0 is still lit" is "$(lit_on_any "$sub" 0)" 1
check "bay 1 goes dark" wait_for 5 dark 1
check "bay 2 at its time, or at once if that has passed" wait_for 10 dark 2
check "stop" is "$(stop "$(slot 0)")" "$S_OK"
check "all dark" is "$(for n in 0 1 2; do lit_on_any "$sub" $n; done | tr -d '\n')" 000

before=$SECONDS
systemctl stop vdsd.service
check "it stops within 5 s" test $((SECONDS - before)) -le 5
check "in good order" is "$(systemctl show -P Result vdsd.service)" success
check "and starts" restart_vdsd

finish_lab
