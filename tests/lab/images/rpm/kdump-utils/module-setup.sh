#!/usr/bin/env bash
# The lab's stand-in for kdump-utils' dracut module: takes the capture service into a capture initrd.
# dracut reads this file, and calls its functions with $moddir and $initdir set.
# shellcheck disable=SC2154  # these two

check() {
    return 255 # mkdumprd asks for it, nobody else
}

depends() {
    echo bash base fs-lib kernel-modules udev-rules
}

installkernel() {
    # shellcheck source=SCRIPTDIR/kdump-lib.sh
    . /usr/lib/kdump/kdump-lib.sh
    read_options
    is_network_target || return 0
    # The cards of this machine, as they are now.
    local driver
    for driver in /sys/class/net/*/device/driver/module; do
        [[ -e $driver ]] && hostonly='' instmods "$(basename "$(readlink -f "$driver")")"
    done
    [[ ${option_of[_fstype]} != nfs ]] || hostonly='' instmods nfs nfsv3 nfsv4
}

# The network of the running system, as systemd-networkd has it.
install_network() {
    local file
    inst_multiple getent hostname ip sed sleep /etc/hosts
    inst_multiple /usr/lib/systemd/systemd-networkd /usr/lib/systemd/systemd-networkd-wait-online
    for file in passwd group; do # dracut writes them, with root alone
        grep '^systemd-network:' "/etc/$file" >>"$initdir/etc/$file"
    done
    inst_multiple -o /etc/nsswitch.conf /etc/resolv.conf /etc/systemd/network/* /usr/lib/systemd/network/*
    inst_libdir_file 'libnss_files.so.*' 'libnss_dns.so.*'
}

install() {
    # shellcheck source=SCRIPTDIR/kdump-lib.sh
    . /usr/lib/kdump/kdump-lib.sh
    read_options
    local file
    inst_multiple awk bash date dmesg findmnt grep mkdir mv sync tr umount makedumpfile
    # What cannot be installed is told, and the capture initrd is made without it, as kdump-utils does.
    inst_multiple "${option_of[core_collector]%% *}" || :
    for file in ${option_of[kdump_pre]-} ${option_of[kdump_post]-} ${option_of[extra_bins]-}; do
        inst_binary "$file" || inst_script "$file"
    done
    case ${option_of[_fstype]-} in
    ssh) inst_multiple -o ssh scp "${option_of[sshkey]}" /root/.ssh/known_hosts ;;
    nfs) inst_multiple -o mount.nfs mount.nfs4 /etc/netconfig /etc/nfsmount.conf ;;
    esac
    if is_network_target; then install_network; fi
    inst_simple /etc/kdump.conf
    inst_simple /usr/lib/kdump/kdump-lib.sh
    inst_script "$moddir/kdump.sh" /usr/bin/kdump.sh
    inst_hook cmdline 50 "$moddir/kdump-root.sh"
    inst_hook pre-mount 99 "$moddir/kdump-start.sh"
}
