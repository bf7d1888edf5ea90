#!/bin/sh
# The first program of the machine's first boot: makes its disk bootable, as the image's bootable.sh says, and powers
# off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

power_off() {
    echo "lab-setup: $1"
    sync
    echo u >/proc/sysrq-trigger
    sleep 1
    echo o >/proc/sysrq-trigger
    sleep 60
}

mount -t proc proc /proc 2>/dev/null
mount -t sysfs sysfs /sys 2>/dev/null
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -t tmpfs tmpfs /run 2>/dev/null
echo 1 >/proc/sys/kernel/sysrq
if mount -o remount,rw / && /lab-bootable; then
    rm -f /lab-setup /lab-bootable
    power_off 'done'
fi
power_off 'failed'
