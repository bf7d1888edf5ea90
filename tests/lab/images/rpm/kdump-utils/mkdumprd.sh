#!/usr/bin/env bash
# The lab's stand-in for kdump-utils' mkdumprd. It follows mkdumprd(8): looks whether the dump target of kdump.conf can
# take a dump, and builds the capture initrd with dracut. Usage: mkdumprd [-f] INITRD RELEASE.
# LAB_ROOT is for unit tests: a directory in place of /.

# shellcheck source=SCRIPTDIR/kdump-lib.sh
. "${LAB_ROOT:-}/usr/lib/kdump/kdump-lib.sh"

# Few modules and a quick compression: the lab's machines are emulated, and know what they have.
dracut_words=(
    --quiet --hostonly --hostonly-mode strict --no-hostonly-default-device
    --modules 'bash base fs-lib kernel-modules udev-rules kdumpbase' --compress 'lz4 -l -1'
)

refuse() {
    say "$*"
    exit 1
}

# The capture initrd's line for a device that is mounted now, or in fstab; mounted there, if that is told.
mount_words() {
    local device=$1 point=${2-} uuid type options
    uuid=$(blkid -s UUID -o value "$device") && type=$(mount_fact FSTYPE --source "$device") || exit 1
    options=$(mount_fact OPTIONS --source "$device" | sed -E 's/(^|,)(ro|noauto|nofail)(,|$)/\1rw\3/g')
    [[ $point ]] || point=/kdumproot$(mount_point_of "$device")
    printf '/dev/disk/by-uuid/%s %s %s %s' "$uuid" "$point" "$type" "$options"
}

# The same for an export, by the options of its mount or of its line in fstab; none of a mount's own addresses.
export_words() {
    local export=$1 type=$2 word kept=''
    for word in $(mount_fact OPTIONS --source "$export" | head -n 1 | tr , ' '); do
        case $word in
        addr=* | mountaddr=* | proto=* | mountproto=* | clientaddr=* | noauto | nofail) ;;
        ro) kept+=,rw ;;
        *) kept+=,$word ;;
        esac
    done
    kept=${kept:-,defaults}
    printf '%s %s %s %s' "$export" "/kdumproot$(mount_point_of "$export")" "$type" "${kept#,}"
}

mount_point_of() { mount_fact TARGET --source "$1" | head -n 1; }

check_space() {
    local free=$1 target=$2 memory
    memory=$(awk '/^MemTotal/ { print $2 }' "$root/proc/meminfo")
    if ((free < memory)); then
        warn 'There might not be enough space to save a vmcore.'
        warn "The size of $target should be greater than $memory kilo bytes."
    fi
}

free_space() { df --output=avail "$1" | tail -n 1; }

check_default_target() {
    local device
    [[ -d $root$path ]] || refuse "Dump path $path does not exist."
    device=$(dump_device)
    dracut_words+=(--mount "$(mount_words "$device")")
    check_space "$(free_space "$root$path")" "$device"
}

# A file system of its own, on a device or a server: mounted, or mounted for the look at it.
check_file_system() {
    local type=$1 target=$2 device=$2 found point mounted='' advice=''
    is_local_target && device=$(device_of "$target")
    found=$(mount_fact FSTYPE --source "$device")
    [[ $found == nfs* ]] && found=nfs
    if [[ $found && $found != "$type" ]]; then
        refuse "\"$target\" have a wrong type config \"$type\", expected \"$found\""
    fi
    point=$(mount_point_of "$device")
    if [[ -z $point ]]; then
        mounted=$(mktemp -d "$root/tmp/mkdumprd.XXXXXX")
        [[ $type == nfs ]] &&
            advice=' Please make sure nfs-utils has been installed, and nfs server is accessible.'
        mount -t "$type" "$device" "$mounted" || refuse "Failed to mount $target for kdump preflight check.$advice"
        point=${mounted#"$root"}
    elif ! findmnt --kernel "$point" >/dev/null 2>&1; then
        [[ ,$(mount_fact OPTIONS --source "$device"), == *,noauto,* ]] ||
            refuse "Dump target \"$target\" is neither mounted nor configured as \"noauto\""
        mount "$point" || refuse "Failed to mount $target on $point for kdump preflight check."
        mounted=$point
    fi
    if [[ ! -d $root$point/$path ]]; then
        [[ $mounted ]] && umount "$mounted"
        refuse "Dump path \"$path\" does not exist in dump target \"$target\""
    fi
    check_space "$(free_space "$root$point/$path")" "$target"
    if is_local_target; then dracut_words+=(--mount "$(mount_words "$device")"); fi
    [[ -z $mounted ]] || umount "$mounted"
    # Without what was mounted for the look: that has options of its own.
    if ! is_local_target; then dracut_words+=(--mount "$(export_words "$target" "$type")"); fi
}

check_server() {
    local target=$1 directory
    to_server() { ssh -qn -i "${option_of[sshkey]}" -o BatchMode=yes -o StrictHostKeyChecking=yes "$target" "$@"; }
    to_server mkdir -p "$path" >/dev/null 2>&1 || refuse "mkdir failed on $target:$path"
    directory=$(to_server mktemp -dqp "$path" 2>/dev/null) ||
        refuse "Could not create temporary directory on $target:$path." \
            'Make sure user has write permission on destination'
    to_server rmdir "$directory"
    check_space "$(to_server df --output=avail "$path" | tail -n 1)" "$target"
}

check_collector() {
    local words=("$@")
    [[ ${words[0]} == makedumpfile ]] || return
    case ${option_of[_fstype]-} in
    ssh | raw)
        [[ " $* " == *' -F '* ]] || refuse 'The specified dump target needs makedumpfile "-F" option.'
        words+=(vmcore)
        ;;
    *) words+=(vmcore dumpfile) ;;
    esac
    makedumpfile --check-params "${words[@]:1}" || refuse 'makedumpfile parameter check failed.'
}

[[ $1 == -f ]] && shift
read_options 2>/dev/null || exit # kdumpctl has told what there is to tell
path=${option_of[path]}
case ${option_of[_fstype]-} in
'') check_default_target ;;
ssh) check_server "${option_of[_target]}" ;;
raw)
    dd "if=${option_of[_target]}" of=/dev/null count=1 2>/dev/null || refuse "Bad raw disk ${option_of[_target]}"
    check_space "$(($(blockdev --getsize64 "${option_of[_target]}") / 1024))" "${option_of[_target]}"
    ;;
*) check_file_system "${option_of[_fstype]}" "${option_of[_target]}" ;;
esac
read -r -a collector <<<"${option_of[core_collector]}"
check_collector "${collector[@]}"
[[ ${option_of[failure_action]} == dump_to_rootfs ]] &&
    dracut_words+=(--mount "$(mount_words "$(mount_fact SOURCE --target "$root/")" /sysroot)")
[[ ${option_of[extra_modules]-} ]] && dracut_words+=(--add-drivers "${option_of[extra_modules]}")
while read -r word; do
    [[ $word ]] && dracut_words+=("$word")
done < <(xargs -n 1 <<<"${option_of[dracut_args]-}")
dracut "${dracut_words[@]}" -f "$@"
