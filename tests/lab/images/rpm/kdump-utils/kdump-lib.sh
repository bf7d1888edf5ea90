#!/usr/bin/env bash
# The lab's stand-in for the part of kdump-utils that kdumpctl, mkdumprd and the capture service share: messages,
# reading /etc/kdump.conf as kdump.conf(5) describes it, and finding the dump target.
# LAB_ROOT is for unit tests: a directory in place of /.
# shellcheck disable=SC2034  # what is not used here is used where this file is read

root=${LAB_ROOT:-}
conf=$root/etc/kdump.conf

# Messages go to standard error, and a warning says that it is one.
say() { printf 'kdump: %s\n' "$*" >&2; }
warn() { say "WARNING: $*"; }

# The lines of kdump.conf that mean something, one "option value" each. A value ends at the first "#", wherever it
# stands, and loses one pair of quotation marks.
directives() {
    local option value
    while read -r option value || [[ $option ]]; do
        case $option in '' | \#*) continue ;; esac
        read -r value <<<"${value%%\#*}"
        case $value in \"*\") value=${value:1:-1} ;; esac
        printf '%s %s\n' "$option" "$value"
    done <"$conf"
}

# The options, by name, after a call of read_options. The target is in _fstype and _target.
declare -A option_of

keep() {
    local option=$1 value=$2
    if [[ -z $value ]]; then
        say "Invalid kdump config value for option '$option'"
        return 1
    fi
    if [[ ${option_of[$option]-} ]]; then
        case $option in
        _*) say 'More than one dump targets specified' ;;
        *) say "Duplicated kdump config value of option $option" ;;
        esac
        return 1
    fi
    option_of[$option]=$value
}

# Reads kdump.conf; refuses what kdumpctl(8) would refuse.
read_options() {
    local option value words
    option_of=()
    while read -r option value; do
        case $option in
        raw | ext[234] | minix | btrfs | xfs | nfs | ssh | virtiofs)
            keep _fstype "$option" && keep _target "$value" || return
            continue
            ;;
        dracut_args)
            if [[ $value == *--mount*--mount* ]]; then
                say 'Multiple mount targets specified in one "dracut_args".'
                return 1
            elif [[ $value == *--mount* ]]; then
                read -r -a words <<<"$(tr -d \"\' <<<"${value#*--mount}")"
                keep _fstype "${words[2]-}" && keep _target "${words[0]-}" || return
            fi
            ;;
        sshkey)
            if [[ $value && ! -f $root$value ]]; then
                warn "'$value' doesn't exist, using default value '/root/.ssh/kdump_id_rsa'"
                value=/root/.ssh/kdump_id_rsa
            fi
            ;;
        default)
            warn "Option 'default' was renamed 'failure_action' and will be removed in the future."
            warn "Please update /etc/kdump.conf to use option 'failure_action' instead."
            option=failure_action
            ;;
        path | core_collector | kdump_pre | kdump_post | kdump_emergency | extra_bins | extra_modules) ;;
        failure_action | final_action | force_rebuild | force_no_rebuild | auto_reset_crashkernel) ;;
        fence_kdump_args | fence_kdump_nodes) ;;
        net | options | link_delay | disk_timeout | debug_mem_level | blacklist)
            say "Deprecated kdump config option: $option. Refer to kdump.conf manpage for alternatives."
            return 1
            ;;
        *)
            say "Invalid kdump config option $option"
            return 1
            ;;
        esac
        keep "$option" "$value" || return
    done < <(directives)
    option_of[path]=$(tr -s / <<<"${option_of[path]:-/var/crash}")
    : "${option_of[sshkey]:=/root/.ssh/kdump_id_rsa}" "${option_of[failure_action]:=reboot}"
    : "${option_of[final_action]:=reboot}"
    : "${option_of[core_collector]:=makedumpfile -l --message-level 7 -d 31}"
}

# Whether the target is a file system on a block device that kdump.conf names.
is_local_target() {
    case ${option_of[_fstype]-} in ext[234] | minix | btrfs | xfs) ;; *) false ;; esac
}

# Whether the way to the target is a network.
is_network_target() {
    case ${option_of[_fstype]-} in nfs | ssh) ;; *) false ;; esac
}

# The device of a target that may be told as UUID= or LABEL=.
device_of() {
    case $1 in
    UUID=*) blkid -U "${1#UUID=}" ;;
    LABEL=*) blkid -L "${1#LABEL=}" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# One fact (findmnt's column) about a mounted file system, or else about one in fstab.
mount_fact() {
    local column=$1
    shift
    findmnt --kernel -nr -o "$column" "$@" 2>/dev/null || findmnt --fstab -nr -o "$column" "$@" 2>/dev/null
}

# The device that the dump is written to, for a local target or none in kdump.conf; nothing if there is no such thing.
dump_device() {
    if [[ ${option_of[_target]-} ]]; then
        device_of "${option_of[_target]}"
    elif [[ -d $root${option_of[path]} ]]; then
        mount_fact SOURCE --target "$root${option_of[path]}"
    fi
}
