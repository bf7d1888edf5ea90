#!/usr/bin/env bash
# The lab's stand-in for the capture service of kdump-utils: what the capture kernel does, as kdump.conf(5) describes
# it. The dump is written as vmcore-incomplete and gets its name when it is complete. It goes to a file system, on a
# block device or a server (NFS), or to a server by ssh; not to a raw device. As in 1.0.60 and 1.0.61, whose version the
# package has, a dump that did not reach its server is lost on the root file system too: makedumpfile refuses -F there.
# LAB_ROOT is for unit tests: a directory in place of /.

# shellcheck source=SCRIPTDIR/kdump-lib.sh
. "${LAB_ROOT:-}/usr/lib/kdump/kdump-lib.sh"
umask 077
set -o pipefail

vmcore=$root/proc/vmcore
fallback=/sysroot # where mkdumprd has told to mount the root file system

# The kernel's log goes to the console, and into kexec-dmesg.log.
say() { echo "<5>kdump: $*" >>"$root/dev/kmsg"; }

# Mounts what mkdumprd has written into fstab: the root file system (-e) or the target (-v).
mount_line() {
    local device type options _rest
    read -r device mount_point type options _rest < <(grep "$1" " $fallback " "$root/etc/fstab")
    mkdir -p "$root$mount_point"
    mount -t "$type" -o "$options" "$device" "$root$mount_point" && return
    say "mounting $device failed"
    return 1
}

# The network comes up as in the running system; then this host has an address on the way to the server.
bring_network_up() {
    local server found try
    ip link set lo up
    (
        umask 022                    # it is not root for long
        mkdir -p "$root/run/systemd" # which systemd makes elsewhere
        exec "$root/usr/lib/systemd/systemd-networkd"
    ) &
    "$root/usr/lib/systemd/systemd-networkd-wait-online" --timeout=60
    for ((try = 0; try < 60; try++)); do
        server=$(getent ahostsv4 "$1" | awk 'NR == 1 { print $1 }') # without an address it finds none
        found=$(ip -4 -o route get "$server" 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')
        if [[ $found ]]; then
            address=$found
            return
        fi
        sleep 1
    done
    say "no way to $1"
    return 1
}

# The settings, with the collector as it is run: flattened for a server by ssh, and not for others.
get_kdump_confs() {
    read_options || return
    local word collector=()
    [[ ${option_of[core_collector]} == *makedumpfile* ]] || return 0
    for word in ${option_of[core_collector]}; do
        [[ $word == -F ]] || collector+=("$word")
    done
    [[ ${option_of[_fstype]-} == ssh ]] && collector+=(-F)
    option_of[core_collector]=${collector[*]}
}

folder() { tr -s / <<<"$1/${option_of[path]}/$address-$(date +%Y-%m-%d-%H:%M:%S)"; }

# --- a file system --------------------------------------------------------------------------------------------------

save_dmesg() {
    say "saving vmcore-dmesg.txt to $directory"
    if makedumpfile --dump-dmesg "$vmcore" "$directory/vmcore-dmesg-incomplete.txt" >/dev/null; then
        mv "$directory/vmcore-dmesg-incomplete.txt" "$directory/vmcore-dmesg.txt"
        say 'saving vmcore-dmesg.txt complete'
    else
        say 'saving vmcore-dmesg.txt failed'
    fi
}

save_vmcore() {
    say 'saving vmcore'
    # shellcheck disable=SC2086  # a command with its options
    if ${option_of[core_collector]} "$vmcore" "$directory/vmcore-incomplete" &&
        sync -f "$directory/vmcore-incomplete" && mv "$directory/vmcore-incomplete" "$directory/vmcore"; then
        say 'saving vmcore complete'
    else
        say "saving vmcore failed, exitcode:$?"
        return 1
    fi
}

save_below() {
    local status=0
    directory=$(folder "$root${1:-/kdumproot}")
    say "saving to $directory/"
    mkdir -p "$directory" && save_dmesg && save_vmcore || status=$?
    run_kdump_post "$status"
    say "saving the kexec-dmesg.log to $directory/"
    dmesg -T >"$directory/kexec-dmesg.log"
    sync
    return "$status"
}

# --- a server, by ssh -----------------------------------------------------------------------------------------------

ssh_words() { printf '%s\n' -q -i "${option_of[sshkey]}" -o BatchMode=yes -o StrictHostKeyChecking=yes; }

to_server() {
    # shellcheck disable=SC2046,SC2029  # words; and it is meant to be expanded here
    ssh $(ssh_words) "${option_of[_target]}" "$@"
}

# The commands are kdump-utils' own: the dump server's gate grants no others.
send_dmesg() {
    local log=$root/tmp/vmcore-dmesg.txt
    say "saving vmcore-dmesg.txt to ${option_of[_target]}:$directory"
    mkdir -p "$root/tmp"
    if makedumpfile --dump-dmesg "$vmcore" "$log" >/dev/null &&
        to_server "umask 0077 && dd of='$directory/vmcore-dmesg-incomplete.txt'" <"$log" &&
        to_server mv "$directory/vmcore-dmesg-incomplete.txt" "$directory/vmcore-dmesg.txt"; then
        say 'saving vmcore-dmesg.txt complete'
    else
        say 'saving vmcore-dmesg.txt failed'
    fi
}

send_vmcore() {
    say 'saving vmcore'
    # shellcheck disable=SC2086  # a command with its options
    if ${option_of[core_collector]} "$vmcore" |
        to_server "umask 0077 && dd bs=512 of='$directory/vmcore-incomplete'" &&
        to_server "mv '$directory/vmcore-incomplete' '$directory/vmcore.flat'"; then
        say 'saving vmcore complete'
    else
        say "saving vmcore failed, exitcode:$?"
        return 1
    fi
}

send_to_server() {
    local status=0
    directory=$(folder '')
    say "saving to ${option_of[_target]}:$directory/"
    to_server mkdir -p "$directory" && send_dmesg && send_vmcore || status=$?
    run_kdump_post "$status"
    say "saving the kexec-dmesg.log to ${option_of[_target]}:$directory/"
    dmesg -T >"$root/tmp/kexec-dmesg.log"
    # shellcheck disable=SC2046  # words
    scp $(ssh_words) "$root/tmp/kexec-dmesg.log" "${option_of[_target]}:$directory/" ||
        say 'saving the kexec-dmesg.log failed'
    return "$status"
}

# --- a crash --------------------------------------------------------------------------------------------------------

run_kdump_post() {
    [[ -z ${option_of[kdump_post]-} ]] || "$root${option_of[kdump_post]}" "$1"
}

capture() {
    local mount_point=''
    case ${option_of[_fstype]-} in
    ssh) bring_network_up "${option_of[_target]#*@}" || return ;;
    nfs) bring_network_up "${option_of[_target]%%:/*}" && mount_line -v || return ;;
    '' | ext[234] | minix | btrfs | xfs) mount_line -v || return ;;
    *)
        say "the lab's stand-in cannot save to a target of type ${option_of[_fstype]}"
        return 1
        ;;
    esac
    if [[ ${option_of[kdump_pre]-} ]] && ! "$root${option_of[kdump_pre]}"; then
        say "kdump_pre script exited with non-zero status: no dump"
        return 1
    fi
    if [[ ${option_of[_fstype]-} == ssh ]]; then
        send_to_server
        return
    fi
    # A path without a target is the running system's path; with one it is a path of the target.
    # After a failure it stays mounted: its server may be dead.
    save_below "${option_of[_target]:+$mount_point}" || return
    umount "$root$mount_point"
    return 0
}

dump_to_rootfs() {
    local mount_point status=0
    say "trying to dump to the root file system"
    mount_line -e || return
    save_below "$mount_point" || status=$?
    umount "$root$mount_point"
    return "$status"
}

finish() {
    say "action: $1"
    sync
    case $1 in
    poweroff) echo o >"$root/proc/sysrq-trigger" ;;
    shell) exec bash -i ;;
    halt) sleep infinity ;;
    *) echo b >"$root/proc/sysrq-trigger" ;;
    esac
}

address=127.0.0.1
get_kdump_confs || finish reboot
if capture; then
    finish "${option_of[final_action]}"
elif [[ ${option_of[failure_action]} == dump_to_rootfs ]]; then
    dump_to_rootfs
    finish "${option_of[final_action]}"
else
    finish "${option_of[failure_action]}"
fi
