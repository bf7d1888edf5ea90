#!/bin/sh
# Runs inside the capture kernel in place of '/etc/init.d/kdump-tools start', where a drop-in of kdump.fleet says so:
# saves the dump as kdump-tools is configured and, where it does not reach its server, on this host.
# The status of 'kdump-config savecore' cannot be asked: it is 0 for a target SSH whatever happened (1.8 to 1.10), and
# KDUMP_FAIL_CMD is never run. So its words are.
# KDUMP_ROOT is for unit tests: a directory in place of /.
root=${KDUMP_ROOT:-}
core=$root/proc/vmcore
settings=$root/etc/default/kdump-tools

[ -s "$core" ] || exec "$root/etc/init.d/kdump-tools" start # an ordinary boot

# shellcheck source=/dev/null
. "$settings"
KDUMP_COREDIR=${KDUMP_COREDIR:-/var/crash}
# As the table of mounts has it, without links and spare slashes. Now: once an export is mounted there, and hangs, no name
# below it can be looked up.
if resolved=$(readlink -m "$root/$KDUMP_COREDIR"); then
    KDUMP_COREDIR=${resolved#"$root"}
fi

# An export that hangs would take the local directory with it, on which it is mounted.
leave_export() {
    while read -r _source directory type _rest; do
        case $directory:$type in
            "$KDUMP_COREDIR":nfs*) umount -l "$directory" ;;
        esac
    done <"$root/proc/self/mounts"
}

# Laid out as kdump-tools does it for local dumps. Uncompressed but for makedumpfile's own compression.
save_here() {
    leave_export
    stamp=$(date +%Y%m%d%H%M)
    directory=$root$KDUMP_COREDIR/$stamp
    umask 077
    mkdir -p "$directory" || return
    if [ "${KDUMP_DUMP_DMESG:-1}" = 1 ]; then
        makedumpfile --dump-dmesg "$core" "$directory/dmesg.$stamp"
        sync
    fi
    # shellcheck disable=SC2086  # words on purpose, as kdump-tools has them
    if makedumpfile ${MAKEDUMP_ARGS:--c -d 31} -F "$core" >"$directory/dump-incomplete"; then
        mv "$directory/dump-incomplete" "$directory/dump.$stamp"
        sync
        echo "kdump.fleet: saved vmcore on this host, in $KDUMP_COREDIR/$stamp"
        return
    fi
    # A full root file system would keep the host from working: the log says enough then.
    free=$(df --output=avail "$directory" | tail -n 1)
    if [ "$free" -lt 65536 ]; then
        rm -f "$directory/dump-incomplete"
        echo 'kdump.fleet: this host has no room for the dump either'
    fi
    sync
    return 1
}

report=$root/run/kdump-fleet-save
kdump-config savecore 2>&1 | tee "$report"
if grep -q 'saved vmcore' "$report"; then
    reboot -f
    exit
fi
echo 'kdump.fleet: the dump did not reach its server'
if save_here; then
    reboot -f
else
    ${KDUMP_FAIL_CMD:-reboot -f}
fi
