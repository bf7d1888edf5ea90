#!/bin/sh
# What the packages of this image leave to the machine, in the tree $1. Runs on the building machine, as root of the tree.
set -eu

root=$1
in_tree() { chroot "$root" env LC_ALL=C.UTF-8 "$@"; }

# kdump-tools builds no capture initrd in a chroot, and the first boot would, for so long that others give up waiting for
# dbus.
kernel=$(basename "$root"/lib/modules/*)
settings=/var/lib/kdump/initramfs-tools
cp -a "$root/etc/initramfs-tools" "$root$settings"
cp -r "$(dirname "$0")/../debian-common/files/etc/initramfs-tools/." "$root$settings/"
in_tree mkinitramfs -d "$settings" -o "/var/lib/kdump/initrd.img-$kernel" "$kernel"
# What it was built with: kdump-config removes an initrd that has another one beside it, or none.
cp "$root/etc/kdump/sysctl.conf" "$root/var/lib/kdump/latest_sysctls-$kernel"

# An NFS server only where somebody asks for one.
in_tree systemctl --quiet disable nfs-server.service nfs-blkmap.service
