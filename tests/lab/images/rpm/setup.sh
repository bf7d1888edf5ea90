#!/bin/sh
# The first program of the machine's first boot: gives it boot entries and a boot loader, and powers off.
export PATH=/usr/sbin:/usr/bin

power_off() {
    echo "lab-setup: $1"
    sync
    echo u >/proc/sysrq-trigger
    sleep 1
    echo o >/proc/sysrq-trigger
    sleep 60
}

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

make_bootable() {
    mount -o remount,rw / || return
    release=$(basename /lib/modules/*)
    machine=$(tr -d - </proc/sys/kernel/random/uuid)
    echo "$machine" >/etc/machine-id
    mkdir -p /boot/loader/entries
    entry "0-rescue-$machine" 0-rescue && entry "$release" "$release" || return
    grub-install --target=i386-pc --no-floppy /dev/vda &&
        grub2-editenv /boot/grub2/grubenv create &&
        grub2-editenv /boot/grub2/grubenv set "saved_entry=$machine-$release" &&
        grub2-mkconfig -o /boot/grub2/grub.cfg
}

mount -t proc proc /proc 2>/dev/null
mount -t sysfs sysfs /sys 2>/dev/null
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /run 2>/dev/null
echo 1 >/proc/sys/kernel/sysrq
if make_bootable; then
    rm -rf /lab-setup /etc/apt "/boot/initrd.img-$release"
    power_off 'done'
fi
power_off 'failed'
