#!/bin/sh
# Makes the directory for dumps on an NFS export, as root of this host: export-path EXPORT DIRECTORY.
# In a mount namespace of its own: the mount ends with this, whatever ends this, and the host never sees it.
# A soft mount with short limits: a server that does not answer is an error, not a task that hangs.
# MOUNT_POINT is for unit tests.
set -eu
if [ "$1" != inside ]; then
    exec unshare --mount /bin/sh "$0" inside "$@"
fi
umask 077
there=${MOUNT_POINT:-/mnt}
mount --make-rslave /
timeout -k 5 60 mount -t nfs -o soft,timeo=50,retrans=2,retry=0,nolock,nosuid,nodev,noexec "$2" "$there"
[ -d "$there/$3" ] || { mkdir -p "$there/$3" && echo "made $3"; }
probe=$(mktemp -dp "$there/$3")
rmdir "$probe"
