#!/bin/sh
# Makes a disk image out of a tree in a tar archive. Usage: assemble.sh TAR WORKPLACE GIBIBYTES SECTOR OPTION...
# Standard input is the partition table for sfdisk; the tree's partition begins at SECTOR, and mke2fs makes its file
# system with OPTION... Runs as root, or under fakeroot. Leaves disk.raw, vmlinuz, initrd.img, and the kernel's release
# and version in the file kernel.
set -eu

archive=$1
cd "$2"
size=$3
first=$4
shift 4
tree=tree

truncate -s "${size}G" disk.raw
sfdisk --quiet disk.raw

mkdir -p "$tree/dev"
tar -x -f "$archive" -C "$tree" --numeric-owner --exclude './dev/*'

release=$(basename "$tree"/lib/modules/*)
version=$(dpkg-query --admindir="$tree/var/lib/dpkg" --showformat='${Version}' --show "linux-image-$release")
printf '%s\n%s\n' "$release" "$version" >kernel
cp "$tree/boot/vmlinuz-$release" vmlinuz
cp "$tree/boot/initrd.img-$release" initrd.img
chmod 0644 vmlinuz initrd.img

# The last 2 MiB of the disk hold the partition table's copy. Few inodes and no lazy work for the first boot.
mke2fs -q "$@" -L lab-root -N 262144 -d "$tree" \
    -E "offset=$((first * 512)),lazy_itable_init=0,lazy_journal_init=0" disk.raw \
    "$((size * 1024 * 1024 - first / 2 - 2048))k"
rm -rf "$tree"
