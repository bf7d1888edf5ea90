#!/bin/sh
# Makes the machine boot: GRUB 2 from the disk's master boot record.
set -eu

grub-install --target=i386-pc --no-floppy /dev/vda
update-grub
