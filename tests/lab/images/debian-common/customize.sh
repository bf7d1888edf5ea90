#!/bin/sh
# What the images with Debian's userland have in common, in the tree $1. Runs on the building machine, as root of the
# tree. KDUMP_LAB_APT: settings that the machine's apt needs too.
set -eu

root=$1
in_tree() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# What the tests install later is in the machine's package cache, so that they need no mirror.
kernel=$(basename "$root"/lib/modules/*)
in_tree apt-get --quiet clean
in_tree apt-get --quiet --yes --download-only -o APT::Install-Recommends=true install \
    kdump-tools makedumpfile kexec-tools "linux-headers-$kernel" gcc make nfs-kernel-server nfs-common

rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
printf '%s\n' "$KDUMP_LAB_APT" >"$root/etc/apt/apt.conf.d/91lab"

# The disk is a plain one: without this hook every initrd is built faster, that of the capture kernel too.
rm -f "$root/usr/share/initramfs-tools/hooks/dmsetup"

# The files of this image hold the settings of the initrd: build it again with them.
in_tree update-initramfs -c -k "$kernel"

# apt's own cache of the lists, so that no machine has to make it.
in_tree apt-cache show kdump-tools >/dev/null
