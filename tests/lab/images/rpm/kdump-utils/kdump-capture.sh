#!/usr/bin/env bash
# The lab's stand-in for the capture service of kdump-utils: what the capture kernel does, as kdump.conf(5) describes
# it. The dump is written as vmcore-incomplete and gets its name when it is complete. Dumps go to block devices only.
# LAB_ROOT is for unit tests: a directory in place of /.

# shellcheck source=SCRIPTDIR/kdump-lib.sh
. "${LAB_ROOT:-}/usr/lib/kdump/kdump-lib.sh"
umask 077

# The kernel's log goes to the console, and into kexec-dmesg.log.
say() { echo "<5>kdump: $*" >>"$root/dev/kmsg"; }

mount_target() {
    local device type options _rest
    case ${option_of[_fstype]-} in
    '' | ext[234] | minix | btrfs | xfs) ;;
    *)
        say "the lab's stand-in cannot save to a target of type ${option_of[_fstype]}"
        return 1
        ;;
    esac
    # mkdumprd has written the line.
    read -r device mount_point type options _rest <"$root/etc/fstab"
    mkdir -p "$root$mount_point"
    mount -t "$type" -o "$options" "$device" "$root$mount_point" && return
    say "mounting $device failed"
    return 1
}

save_dmesg() {
    say "saving vmcore-dmesg.txt to $directory"
    if makedumpfile --dump-dmesg "$root/proc/vmcore" "$directory/vmcore-dmesg-incomplete.txt" >/dev/null; then
        mv "$directory/vmcore-dmesg-incomplete.txt" "$directory/vmcore-dmesg.txt"
        say 'saving vmcore-dmesg.txt complete'
    else
        say 'saving vmcore-dmesg.txt failed'
    fi
}

save_vmcore() {
    local word collector=()
    for word in ${option_of[core_collector]}; do
        [[ $word == -F ]] || collector+=("$word") # a file can be written at any place: it needs no flat format
    done
    say 'saving vmcore'
    if "${collector[@]}" "$root/proc/vmcore" "$directory/vmcore-incomplete" && sync; then
        mv "$directory/vmcore-incomplete" "$directory/vmcore"
        say 'saving vmcore complete'
    else
        say "saving vmcore failed, exitcode:$?"
        return 1
    fi
}

capture() {
    local mount_point='' directory status=0
    read_options || return
    mount_target || return
    # A path without a target is the running system's path; with one it is a path of the target.
    directory=$root/kdumproot/${option_of[path]}
    [[ ${option_of[_target]-} ]] && directory=$root$mount_point/${option_of[path]}
    directory=$(tr -s / <<<"$directory/127.0.0.1-$(date +%Y-%m-%d-%H:%M:%S)")
    if [[ ${option_of[kdump_pre]-} ]] && ! "$root${option_of[kdump_pre]}"; then
        say "kdump_pre script exited with non-zero status: no dump"
        return 1
    fi
    say "saving to $directory/"
    mkdir -p "$directory" && save_dmesg && save_vmcore || status=$?
    [[ ${option_of[kdump_post]-} ]] && "$root${option_of[kdump_post]}" "$status"
    say "saving the kexec-dmesg.log to $directory/"
    dmesg -T >"$directory/kexec-dmesg.log"
    sync
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
    dump_to_rootfs) say "the lab's stand-in does not dump to the root file system: rebooting" ;;&
    *) echo b >"$root/proc/sysrq-trigger" ;;
    esac
}

if capture; then
    finish "${option_of[final_action]}"
else
    finish "${option_of[failure_action]:-reboot}"
fi
