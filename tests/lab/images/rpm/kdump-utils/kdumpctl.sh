#!/usr/bin/env bash
# The lab's stand-in for kdump-utils' kdumpctl. It follows kdumpctl(8): its verbs, messages and exit statuses, also
# where they surprise: restart unloads the capture kernel before it reads kdump.conf, start does nothing when one is
# loaded, and estimate may build the capture initrd.
# LAB_ROOT is for unit tests: a directory in place of /.

KDUMP_KERNELVER='' KDUMP_COMMANDLINE='' KDUMP_COMMANDLINE_REMOVE='' KDUMP_COMMANDLINE_APPEND='' KEXEC_ARGS=''
VMCORE_CREATION_NOTIFICATION=''
# shellcheck source=SCRIPTDIR/kdump-lib.sh
. "${LAB_ROOT:-}/usr/lib/kdump/kdump-lib.sh"
# shellcheck source=SCRIPTDIR/kdump.sysconfig disable=SC1091
[[ -f $root/etc/sysconfig/kdump ]] && . "$root/etc/sysconfig/kdump"

sys=$root/sys/kernel
default_crashkernel='2G-64G:256M,64G-:512M'
release=${KDUMP_KERNELVER:-$(uname -r)}
kernel=$root/boot/vmlinuz-$release
initrd=$root/boot/initramfs-${release}kdump.img

is_loaded() { [[ $(cat "$sys/kexec_crash_loaded" 2>/dev/null) == 1 ]]; }

# MiB that are reserved for the capture kernel.
reserved() { echo $(($(cat "$sys/kexec_crash_size" 2>/dev/null || echo 0) / 1048576)); }

# MiB of memory, as the kernel was told of it.
memory() {
    local range kib=0
    while read -r range; do
        kib=$((kib + (0x${range#*-} + 1 - 0x${range%-*}) / 1024))
    done < <(sed -n 's/^\([0-9a-f]*-[0-9a-f]*\) : System RAM$/\1/p' "$root/proc/iomem")
    echo $((kib / 1024))
}

# --- the configuration ----------------------------------------------------------------------------------------------

check_options() {
    local node
    read_options || return
    case ${option_of[failure_action]} in
    reboot | halt | poweroff | shell | dump_to_rootfs) ;;
    *)
        say 'Usage kdump.conf: failure_action {reboot|halt|poweroff|shell|dump_to_rootfs}'
        return 1
        ;;
    esac
    case ${option_of[final_action]} in
    reboot | halt | poweroff) ;;
    *)
        say 'Usage kdump.conf: final_action {reboot|halt|poweroff}'
        return 1
        ;;
    esac
    for node in ${option_of[fence_kdump_nodes]-}; do
        if [[ " $(hostname) $(hostname -I) " == *" $node "* ]]; then
            say "Option fence_kdump_nodes cannot contain $node"
            return 1
        fi
    done
    [[ ${option_of[_fstype]-} == ssh ]] || return 0
    local target=${option_of[_target]}
    if [[ $target != *@* ]]; then
        say "Please verify that /etc/kdump.conf contains 'ssh <user>@<host>' and that it is properly formatted."
        return 1
    fi
    # ssh's own opinion: it writes names in small letters, and its configuration may know another name.
    if [[ ${target#*@} != "$(ssh -G "$target" | sed -n 's/^hostname //p')" ]]; then
        say "Invalid ssh destination $target provided."
        return 1
    fi
}

# Makes the path on an ssh server, which also shows that the server lets us in. At boot the network may not be up yet:
# kdump-utils waits three minutes for it, but not where the server has answered.
check_server() {
    [[ ${option_of[_fstype]-} == ssh ]] || return 0
    local where=${option_of[_target]}:${option_of[path]} begun=$SECONDS warned='' answer
    while true; do
        answer=$(ssh -i "${option_of[sshkey]}" -o BatchMode=yes "${option_of[_target]}" mkdir -p "${option_of[path]}" \
            </dev/null 2>&1) && return
        if (($? != 255)); then
            say "Could not create $where, you should check the privilege on server side"
            return 1
        fi
        case $answer in *'Permission denied'* | *'Host key verification failed'*) break ;; esac
        ((SECONDS - begun < 180)) || break
        [[ $warned ]] || warn 'Network dump target is not usable, waiting for it to be ready'
        warned=1
        sleep 1
    done
    say "Could not create $where, you probably need to run \"kdumpctl propagate\""
    return 1
}

# --- the capture initrd ---------------------------------------------------------------------------------------------

# Status 0: the capture initrd is as new as everything that is in it; 1: build it; 2: nothing can be built.
initrd_is_current() {
    local force=${option_of[force_rebuild]:-0} never=${option_of[force_no_rebuild]:-0}
    if [[ $never != [01] ]]; then
        say 'Error: force_no_rebuild value is invalid'
        return 2
    elif [[ $force != [01] ]]; then
        say 'Error: force_rebuild value is invalid'
        return 2
    elif [[ $force == 1 && $never == 1 ]]; then
        say 'Error: force_rebuild and force_no_rebuild are enabled simultaneously in kdump.conf'
        return 2
    elif [[ $never == 1 ]]; then
        return 0
    elif [[ $force == 1 ]]; then
        say "Force rebuild $initrd"
        return 1
    elif [[ ! -f $initrd ]]; then
        say 'No kdump initial ramdisk found.'
        return 1
    fi
    local changed=0
    files_are_older || changed=$?
    ((changed == 2)) && return 2
    target_is_the_same || {
        (($? == 2)) && return 2
        changed=1
    }
    return "$changed"
}

files_are_older() {
    local programs file modified=''
    programs="${option_of[kdump_pre]-} ${option_of[kdump_post]-} ${option_of[extra_bins]-}"
    for file in $programs; do
        if [[ ! -e $root$file ]]; then
            say "Error: $file not found."
            return 2
        elif [[ ! -x $root$file ]]; then
            say "Error: $file is not executable."
            return 2
        fi
    done
    for file in /etc/kdump.conf "${kernel#"$root"}" $programs /etc/fstab /etc/kdump/pre.d/* /etc/kdump/post.d/*; do
        [[ $root$file -nt $initrd ]] && modified+=" $file"
    done
    file=$(type -P "${option_of[core_collector]%% *}") && [[ $file -nt $initrd ]] && modified+=" $file"
    [[ $modified ]] || return 0
    say "Detected change(s) in the following file(s): $modified"
    return 1
}

target_is_the_same() {
    [[ -z ${option_of[_target]-} ]] || is_local_target || return 0
    local device
    device=$(dump_device)
    if [[ -z $device || -z $(mount_fact FSTYPE --source "$device") ]]; then
        say 'Dump target is invalid'
        return 2
    fi
    [[ $device == "$(mount_fact SOURCE --target "$root/")" ]] && return 0
    local built
    built=$(lsinitrd "$initrd" -f usr/lib/dracut/build-parameter.txt)
    [[ $built == *"/dev/disk/by-uuid/$(blkid -s UUID -o value "$device") "* ]] && return
    say 'Detected change in File System'
    return 1
}

build_initrd() {
    say "Rebuilding $initrd"
    if ! mkdumprd -f "$initrd" "$release"; then
        say 'mkdumprd: failed to make kdump initrd'
        return 1
    fi
    sync -f "$initrd"
}

ensure_initrd() {
    local state=0
    initrd_is_current || state=$?
    case $state in
    0) ;;
    1) build_initrd ;;
    *) return 1 ;;
    esac
}

# --- the capture kernel ---------------------------------------------------------------------------------------------

# The capture kernel's command line: the running kernel's or KDUMP_COMMANDLINE, without what would be wrong there and
# without KDUMP_COMMANDLINE_REMOVE, with KDUMP_COMMANDLINE_APPEND.
command_line() {
    local word kept=() dropped=" $KDUMP_COMMANDLINE_REMOVE crashkernel panic_on_warn root rd.lvm.lv rd.luks.uuid"
    dropped+=' rd.dm.uuid rd.md.uuid fcoe netroot rd.iscsi.initiator iscsi_initiator '
    for word in ${KDUMP_COMMANDLINE:-$(<"$root/proc/cmdline")}; do
        [[ $dropped == *" ${word%%=*} "* ]] || kept+=("$word")
    done
    printf '%s %s disable_cpu_apicid=%s\n' "${kept[*]}" "$KDUMP_COMMANDLINE_APPEND" "$(boot_processor)"
}

boot_processor() {
    awk -F '[ \t]*: ' '$1 == "initial apicid" { print $2; exit }' "$root/proc/cpuinfo"
}

load() {
    # shellcheck disable=SC2086  # arguments, split as they are meant
    if ! kexec $KEXEC_ARGS -p "--command-line=$(command_line)" "--initrd=$initrd" "$kernel"; then
        say 'kexec: failed to load kdump kernel'
        return 1
    fi
    say 'kexec: loaded kdump kernel'
}

start() {
    if [[ ! -e $sys/kexec_crash_loaded ]]; then
        say 'Kdump is not supported on this kernel'
        return 1
    elif (($(reserved) == 0)); then
        say 'No memory reserved for crash kernel'
        return 1
    fi
    check_options || return
    if [[ ${option_of[_fstype]-} == raw && ! -b ${option_of[_target]} ]]; then
        say "raw partition ${option_of[_target]} not found"
        return 1
    fi
    if is_loaded; then
        warn 'Kdump already running: [WARNING]'
        return 0
    fi
    check_server && ensure_initrd && load && say 'Starting kdump: [OK]'
}

stop() {
    # shellcheck disable=SC2046  # as for loading
    if ! kexec $([[ " $KEXEC_ARGS " == *' -s '* ]] && echo -s) -p -u; then
        say 'kexec: failed to unload kdump kernel'
        return 1
    fi
    say 'kexec: unloaded kdump kernel'
    say 'Stopping kdump: [OK]'
}

or_failed() {
    local what=$1
    shift
    "$@" && return
    say "$what kdump: [FAILED]"
    exit 1
}

tell_tested() {
    [[ ${VMCORE_CREATION_NOTIFICATION,,} == yes ]] && warn 'No vmcore creation test performed!'
    return 0
}

# --- what else there is to ask --------------------------------------------------------------------------------------

estimate() {
    local range name size _rest image=0 modules=0 initramfs runtime=16 wanted recommended=0 large='' mib=1048576
    check_options && ensure_initrd || return
    while read -r range; do
        image=$((image + 0x${range#*-} + 1 - 0x${range%-*}))
    done < <(sed -n 's/^ *\([0-9a-f]*-[0-9a-f]*\) : Kernel .*/\1/p' "$root/proc/iomem")
    wanted=" $(lsinitrd "$initrd" -f usr/lib/dracut/hostonly-kernel-modules.txt | tr '\n' ' ') "
    while read -r name size _rest; do
        [[ $wanted == *" $name "* ]] || continue
        modules=$((modules + size))
        ((size >= mib)) && large+=$'\n'"    $name: $size"
    done <"$root/proc/modules"
    initramfs=$(stat -c %s "$initrd")
    (($(memory) >= 2047)) && recommended=256
    (($(memory) >= 65535)) && recommended=512
    wanted=$(((image + modules + 3 * initramfs) / mib + runtime))
    ((recommended < wanted)) && recommended=$wanted
    cat <<EOF
Reserved crashkernel:    $(reserved)M
Recommended crashkernel: ${recommended}M

Kernel image size:   $((image / mib))M
Kernel modules size: $((modules / mib))M
Initramfs size:      $((initramfs / mib))M
Runtime reservation: ${runtime}M
Large modules:${large:- <none>}
EOF
    if (($(reserved) < recommended)); then
        echo "WARNING: Current crashkernel size is lower than recommended size ${recommended}M."
    fi
}

# Gives boot entries the default crashkernel=: those of the running kernel, unless --kernel names others.
reset_crashkernel() {
    local word which=/boot/vmlinuz-$release line index path old
    for word; do
        case $word in
        --kernel=*)
            which=${word#*=}
            if [[ -z $which ]] || ! grubby --info="$which" >/dev/null 2>&1; then
                say "Invalid $word, please specify a valid kernel path, ALL or DEFAULT"
                return 1
            fi
            ;;
        --fadump=*)
            say 'Option --fadump only valid on PPC'
            return 1
            ;;
        *)
            say "$word not recognized"
            return 1
            ;;
        esac
    done
    while read -r line; do
        case $line in
        index=*) index=${line#*=} ;;
        kernel=*) path=$(tr -d '"' <<<"${line#*=}") ;;
        args=*)
            old=$(sed -n 's/.*[ "]crashkernel=\([^ "]*\).*/\1/p' <<<"$line")
            if [[ $old == "$default_crashkernel" ]]; then
                say "No need to update crashkernel value for kernel=$path, grub entry index=$index"
                continue
            fi
            grubby --update-kernel="$index" --args="crashkernel=$default_crashkernel"
            say "Updated crashkernel=$default_crashkernel for kernel=$path, grub entry index=$index."
            if (($(memory) < 2047)); then
                warn 'No memory will be reserved for crash kernel for this system because the system memory is' \
                    'smaller than the requirement. kdump requires more than 2GB memory.'
            else
                warn 'Please reboot the system for the change to take effect.'
            fi
            ;;
        esac
    done < <(grubby --info="$which")
}

main() {
    local verb=${1-}
    shift
    case $verb in
    start) or_failed Starting start && tell_tested ;;
    stop) or_failed Stopping stop ;;
    restart)
        or_failed Stopping stop
        or_failed Starting start && tell_tested
        ;;
    status)
        local state=0
        if is_loaded; then
            say 'Kdump is operational'
        else
            say 'Kdump is not operational'
            state=3
        fi
        tell_tested
        return "$state"
        ;;
    rebuild) check_options && check_server && build_initrd ;;
    showmem) say "Reserved $(reserved)MB memory for crash kernel" ;;
    estimate) estimate ;;
    get-default-crashkernel) printf %s "$default_crashkernel" ;;
    reset-crashkernel) reset_crashkernel "$@" ;;
    propagate | test | reload | setup-crypttab)
        say "The lab's stand-in for kdumpctl has no '$verb'."
        return 1
        ;;
    *)
        say "Usage: $0 {estimate|start|stop|status|restart|reload|rebuild|reset-crashkernel|propagate|showmem|test|setup-crypttab|get-default-crashkernel}"
        return 1
        ;;
    esac
}

if [[ ! -f $conf ]]; then
    say 'Error: No kdump config file found!'
    exit 1
fi

# One at a time, and nobody gives up.
exec 9>"$root/run/lock/kdump"
until flock -n 9; do
    say 'Another app is currently holding the kdump lock; waiting for it to exit...'
    flock -w 5 9 && break
done
main "$@" 9>&-
