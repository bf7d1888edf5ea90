#!/bin/sh
# Turns the fresh tree $1 into a bare lab machine that looks like a Fedora host. Runs on the building machine, as root
# of the tree.
set -eu

root=$1
here=$(dirname "$0")
in_tree() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 INITRD=No "$@"; }

# The kernel is that of Debian 13, and nothing else is: crash 9.0.2 opens no dump of the suite's own, 7.2.
sed 's/forky/trixie/g' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/kernel.list"
cat >"$root/etc/apt/preferences.d/kernel" <<EOF
Package: linux-image-*
Pin: release n=/^trixie/
Pin-Priority: 1000

Package: *
Pin: release n=/^trixie/
Pin-Priority: -1
EOF
in_tree apt-get --quiet update
in_tree apt-get --quiet --yes --no-install-recommends install linux-image-cloud-amd64
kernel=$(basename "$root"/lib/modules/*)

ln -sf bash "$root/usr/bin/sh"

# What Fedora calls otherwise, and what Ansible looks for.
ln -sf fedora-release "$root/etc/redhat-release"
ln -sf fedora-release "$root/etc/system-release"
ln -s dnf5 "$root/usr/bin/dnf"
ln -s dnf5 "$root/usr/bin/yum"
for command in install mkconfig editenv set-default reboot; do
    ln -s "$(in_tree which "grub-$command")" "$root/usr/sbin/grub2-$command"
done
rm -rf "$root/boot/grub"
mkdir "$root/boot/grub2"
ln -s grub2 "$root/boot/grub"
find "$root/etc/grub.d" -type f ! -name 00_header ! -name 10_entries -delete

# The packages, in repositories on the machine's own disk: tests need no mirror.
cp -RL --no-preserve=ownership "$here" "$root/tmp/image"
in_tree /tmp/image/packages/build.sh /tmp/image
rm -rf "$root/tmp/image"

# The initrd of few modules. Building the disk looks for it under its name on Debian.
rm -f "$root/boot/initrd.img-$kernel"
in_tree dracut --quiet --modules 'bash base fs-lib initqueue kernel-modules rootfs-block udev-rules' \
    --drivers 'ext4 virtio_blk virtio_pci' "/boot/initramfs-$kernel.img" "$kernel"
ln -s "initramfs-$kernel.img" "$root/boot/initrd.img-$kernel"

# Debian's package manager steps back: what looks for a host's own must find dnf. Its database stays, for the version
# of the kernel, and its configuration until the first boot, for the program that builds the tree.
rm -rf "$root/etc/debian_version" "$root/var/lib/apt" "$root/var/cache/apt"
mkdir -p "$root/usr/lib/lab"
mv "$root"/usr/bin/apt* "$root"/usr/bin/dpkg* "$root"/usr/sbin/dpkg* "$root"/usr/sbin/update-* "$root/usr/lib/lab/"
