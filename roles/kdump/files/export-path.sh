#!/bin/sh
# Makes the directory for dumps on an NFS export, as root of this host: export-path EXPORT DIRECTORY.
# A soft mount with short limits: a server that does not answer is an error, not a task that hangs.
set -eu
umask 077
mounted=$(mktemp -d)
trap 'umount "$mounted" 2>/dev/null || :; rmdir "$mounted"' EXIT
timeout 60 mount -t nfs -o soft,timeo=50,retrans=2,retry=0,nosuid,nodev,noexec "$1" "$mounted"
[ -d "$mounted/$2" ] || { mkdir -p "$mounted/$2" && echo "made $2"; }
probe=$(mktemp -dp "$mounted/$2")
rmdir "$probe"
