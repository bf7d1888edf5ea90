#!/bin/sh
# Puts GRUB Legacy into the tree $1. Debian 13 has it in name only: the package comes from Debian 12. Runs on the
# building machine, as root of the tree.
set -eu

root=$1
in_tree() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

sed 's/trixie/bookworm/g' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/grub.list"
cat >"$root/etc/apt/preferences.d/grub" <<EOF
Package: grub-legacy
Pin: release n=/^bookworm/
Pin-Priority: 1000

Package: *
Pin: release n=/^bookworm/
Pin-Priority: -1
EOF
in_tree apt-get --quiet update
in_tree apt-get --quiet --yes --no-install-recommends install grub-legacy

# The machine knows Debian 13 alone. The package stays as it is.
in_tree apt-mark hold grub-legacy
rm -f "$root"/etc/apt/sources.list.d/grub.list "$root"/etc/apt/preferences.d/grub
rm -f "$root"/var/lib/apt/lists/*bookworm* "$root"/var/cache/apt/*.bin
