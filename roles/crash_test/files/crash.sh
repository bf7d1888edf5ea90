#!/bin/sh
# crash.sh COMMAND REPORT: crash the kernel. Where it still runs afterwards, REPORT holds what COMMAND printed.
# The connection dies with the kernel: Ansible must be gone, and what was written on the disk.
sync
sleep 3
sh -c "$1" >"$2.new" 2>&1
status=$?
sleep 5
echo "'$1' ended with exit status $status, and the kernel still runs" >>"$2.new"
chmod 0644 "$2.new"
mv "$2.new" "$2"
