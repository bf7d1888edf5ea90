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

install() {
    # shellcheck source=SCRIPTDIR/kdump-lib.sh
    . /usr/lib/kdump/kdump-lib.sh
    read_options
    local file
    inst_multiple awk bash date dmesg findmnt mkdir mv sync tr umount makedumpfile
    # What cannot be installed is told, and the capture initrd is made without it, as kdump-utils does.
    inst_multiple "${option_of[core_collector]%% *}" || :
    for file in ${option_of[kdump_pre]-} ${option_of[kdump_post]-} ${option_of[extra_bins]-}; do
        inst_binary "$file" || inst_script "$file"
    done
    case ${option_of[_fstype]-} in
    ssh) inst_multiple -o ssh "${option_of[sshkey]}" /root/.ssh/known_hosts ;;
    nfs) inst_multiple -o mount.nfs mount.nfs4 ;;
    esac
    inst_simple /etc/kdump.conf
    inst_simple /usr/lib/kdump/kdump-lib.sh
    inst_script "$moddir/kdump-capture.sh" /usr/bin/kdump-capture
    inst_hook cmdline 50 "$moddir/kdump-root.sh"
    inst_hook pre-mount 99 "$moddir/kdump-start.sh"
}
