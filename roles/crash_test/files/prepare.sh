#!/bin/sh
# prepare.sh MARK DIRECTORY REPORT: what must be there before a kernel is crashed.
# Fails where the proof could not be written afterwards. Says "marked" where the kernel's log holds MARK, by which the dump
# of this crash is known, else "unmarked": printk.devkmsg=off swallows such lines, and some hosts have no dmesg.
# KDUMP_KMSG is for unit tests: a file in place of /dev/kmsg.
set -e
mark=$1 directory=$2 report=$3
rm -f -- "$report" "$report.new" # of a crash that failed during the same boot
[ -d "$directory" ] || mkdir -m 0700 -- "$directory"
probe=$(mktemp -- "$directory/writable.XXXXXX")
trap 'rm -f -- "$probe"' EXIT
head -c 65536 /dev/zero >"$probe"
if { echo "$mark" >"${KDUMP_KMSG:-/dev/kmsg}" && dmesg | tail -n 1000 | grep -qF -- "$mark"; } 2>/dev/null; then
    echo marked
else
    echo unmarked
fi
