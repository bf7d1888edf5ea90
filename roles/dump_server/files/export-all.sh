#!/bin/sh
# export-all EXPORTS: has the NFS server read what is exported. exportfs leaves a client out whose name it cannot
# resolve, and ends well: here that is an error, if the client is in the file EXPORTS.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin
status=0
said=$(exportfs -ra 2>&1) || status=$?
[ -z "$said" ] || printf '%s\n' "$said" >&2
[ "$status" -eq 0 ] || exit "$status"
unresolved=$(
    printf '%s\n' "$said" | sed -n 's/.*Failed to resolve \([^ ]*\).*/\1/p' | sort -u | while IFS= read -r name; do
        if grep -qF " $name(" "$1"; then printf ' %s' "$name"; fi
    done
)
[ -n "$unresolved" ] || exit 0
echo "Not exported, because this server cannot resolve these names of hosts:$unresolved. Give each such host" \
    "dump_client_addresses, the list of the addresses that it mounts from, or add it to this server's name service." >&2
exit 1
