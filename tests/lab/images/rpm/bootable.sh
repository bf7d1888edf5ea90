#!/bin/sh
# Makes the machine boot: Boot Loader Specification entries, and GRUB 2 from the disk's master boot record.
set -eu

# A Boot Loader Specification entry, named by machine and version as kernel-install does, for a kernel's two files.
entry() {
    version=$1
    for file in vmlinuz initramfs; do
        suffix=${file#vmlinuz}
        suffix=${suffix:+.img}
        [ -e "/boot/$file-$version$suffix" ] || ln "/boot/$file-$release$suffix" "/boot/$file-$version$suffix"
    done
    cat >"/boot/loader/entries/$machine-$2.conf" <<EOF
title Fedora Linux ($version) 43 (the lab's stand-in)
version $version
linux /boot/vmlinuz-$version
initrd /boot/initramfs-$version.img
options $(cat /etc/kernel/cmdline)
grub_class fedora
EOF
}

release=$(basename /lib/modules/*)
machine=$(tr -d - </proc/sys/kernel/random/uuid)
echo "$machine" >/etc/machine-id
mkdir -p /boot/loader/entries
entry "0-rescue-$machine" 0-rescue
entry "$release" "$release"
grub-install --target=i386-pc --no-floppy /dev/vda
grub2-editenv /boot/grub2/grubenv create
grub2-editenv /boot/grub2/grubenv set "saved_entry=$machine-$release"
grub2-mkconfig -o /boot/grub2/grub.cfg
rm -rf /etc/apt "/boot/initrd.img-$release"
