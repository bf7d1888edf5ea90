#!/bin/sh
# Makes the machine boot: GRUB Legacy from the disk's master boot record, with the menu of its own update-grub.
set -eu

mkdir -p /boot/grub
echo '(hd0) /dev/vda' >/boot/grub/device.map
update-grub

# The serial log is where a machine, and its capture kernel, speak. Emulated on a busy computer, the time stamp counter
# looks unstable. An administrator changes the kernel's arguments in the same line, and calls the same program.
sed -i -e 's/^timeout\b.*/timeout\t\t0/' \
    -e 's/^color\b.*/serial --unit=0 --speed=115200\nterminal serial/' \
    -e 's/^# kopt=.*/& console=ttyS0 tsc=reliable/' /boot/grub/menu.lst
update-grub
rm -f /boot/grub/menu.lst~

grub-install --no-floppy /dev/vda
