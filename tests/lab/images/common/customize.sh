#!/bin/sh
# What every machine of the lab has in common, in the tree $1. Runs on the building machine, as root of the tree.
# KDUMP_LAB_PUBKEY: the public key that may log in as root.
set -eu

root=$1
in_tree() { chroot "$root" env LC_ALL=C.UTF-8 "$@"; }

echo lab >"$root/etc/hostname"

# Key login for root, and no password that anybody could know.
in_tree passwd --quiet --lock root
mkdir -p "$root/root/.ssh"
chmod 0700 "$root/root/.ssh"
printf '%s\n' "$KDUMP_LAB_PUBKEY" >"$root/root/.ssh/authorized_keys"
chmod 0600 "$root/root/.ssh/authorized_keys"

# A machine of the lab lives for minutes: nothing may wake up and take its processors or the package lock.
in_tree systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer grub-common.service grub2-common.service \
    systemd-pstore.service getty@tty1.service serial-getty@ttyS0.service
in_tree systemctl --quiet enable systemd-networkd.service ssh.service
