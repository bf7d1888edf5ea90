#!/bin/sh
# Makes a disk image with a BIOS boot partition and a root partition out of a tree in a tar archive.
# Usage: assemble.sh TAR WORKPLACE GIBIBYTES. Runs as root, or under fakeroot. Leaves disk.raw, vmlinuz, initrd.img,
# and the kernel's release and version in the file kernel.
set -eu

archive=$1
cd "$2"
size=$3
tree=tree
first=4096 # the first sector of the root partition

mkdir -p "$tree/dev"
tar -x -f "$archive" -C "$tree" --numeric-owner --exclude './dev/*'

release=$(basename "$tree"/lib/modules/*)
version=$(dpkg-query --admindir="$tree/var/lib/dpkg" --showformat='${Version}' --show "linux-image-$release")
printf '%s\n%s\n' "$release" "$version" >kernel
cp "$tree/boot/vmlinuz-$release" vmlinuz
cp "$tree/boot/initrd.img-$release" initrd.img
chmod 0644 vmlinuz initrd.img

truncate -s "${size}G" disk.raw
sfdisk --quiet disk.raw <<EOF
label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
start=$first, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
EOF
# The end of the disk holds the partition table's copy. Few inodes and no lazy work for the first boot.
mke2fs -q -t ext4 -L lab-root -N 262144 -d "$tree" \
    -E "offset=$((first * 512)),lazy_itable_init=0,lazy_journal_init=0" disk.raw "$((size * 1024 * 1024 - 4096))k"
rm -rf "$tree"
