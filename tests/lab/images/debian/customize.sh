#!/bin/sh
# Turns the fresh tree $1 into a bare lab machine. Runs on the building machine, as root of the tree.
# KDUMP_LAB_PUBKEY: the public key that may log in as root. KDUMP_LAB_APT: settings that the machine's apt needs too.
set -eu

root=$1
here=$(dirname "$0")
in_tree() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# What the tests install later is in the machine's package cache, so that they need no mirror.
kernel=$(basename "$root"/lib/modules/*)
in_tree apt-get --quiet clean
in_tree apt-get --quiet --yes --download-only -o APT::Install-Recommends=true install \
    kdump-tools makedumpfile kexec-tools "linux-headers-$kernel" gcc make

cp -R --no-preserve=ownership "$here/files/." "$root/"
echo lab >"$root/etc/hostname"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
printf '%s\n' "$KDUMP_LAB_APT" >"$root/etc/apt/apt.conf.d/91lab"

# Key login for root, and no password that anybody could know.
in_tree passwd --quiet --lock root
mkdir -p "$root/root/.ssh"
chmod 0700 "$root/root/.ssh"
printf '%s\n' "$KDUMP_LAB_PUBKEY" >"$root/root/.ssh/authorized_keys"
chmod 0600 "$root/root/.ssh/authorized_keys"

# A machine of the lab lives for minutes: nothing may wake up and take its processors or the package lock.
in_tree systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer grub-common.service systemd-pstore.service \
    getty@tty1.service serial-getty@ttyS0.service
in_tree systemctl --quiet enable systemd-networkd.service ssh.service

# The disk is a plain one: without this hook every initrd is built faster, that of the capture kernel too.
rm -f "$root/usr/share/initramfs-tools/hooks/dmsetup"

# The files above hold the settings of the initrd: build it again with them.
in_tree update-initramfs -c -k "$kernel"

# apt's own cache of the lists, so that no machine has to make it.
in_tree apt-cache show kdump-tools >/dev/null
