#!/bin/sh
# Makes the lab's packages and repositories out of Debian's own programs. Runs in the tree, as its root.
# Usage: build.sh IMAGE, the directory of this image's files, in the tree. Leaves /srv/repositories, and in the package
# database what a fresh machine has installed.
set -eu

image=$1
work=$(mktemp -d)
rpms=$work/rpms
repositories=/srv/repositories
uname=$(basename /lib/modules/*)
cd "$work"

build() {
    specification=$1
    shift
    rpmbuild --quiet -bb -D "_topdir $work/build" -D "_rpmdir $rpms" -D '_rpmfilename %%{NAME}.rpm' "$@" \
        "$image/packages/$specification.spec"
}

# Debian's version in two parts, without what an RPM's version and release cannot hold.
upstream() { echo "$1" | sed 's/^[0-9]*://; s/-[^-]*$//; s/[+~].*//'; }
revision() { echo "${1##*-}" | sed 's/[^A-Za-z0-9.]/./g'; }

publish() {
    repository=$repositories/$1
    shift
    mkdir -p "$repository"
    for name; do mv "$rpms/$name.rpm" "$repository/"; done
    createrepo_c --quiet "$repository"
}

# The programs, and the libraries that they need and Debian's base system has not.
mkdir debs all
(
    cd debs
    apt-get --simulate --no-install-recommends install kexec-tools makedumpfile crash |
        sed -n 's/^Inst \(lib[^ ]*\|kexec-tools\|makedumpfile\|crash\) .*/\1/p' |
        xargs apt-get --quiet download
)
for archive in debs/*.deb; do dpkg-deb --extract "$archive" all; done
export LD_LIBRARY_PATH="$work/all/usr/lib/x86_64-linux-gnu"
mkdir -p libraries/usr/lib/x86_64-linux-gnu
ldd all/usr/sbin/kexec all/usr/bin/makedumpfile all/usr/bin/crash | sed -n "s|.* => \($work/all/[^ ]*\) .*|\1|p" |
    sort -u | xargs cp -t libraries/usr/lib/x86_64-linux-gnu
unset LD_LIBRARY_PATH
build debian -D 'package debian-libraries' -D 'upstream 1' -D 'revision 1' -D "tree $work/libraries"
for program in usr/sbin/kexec:kexec-tools usr/bin/makedumpfile:makedumpfile usr/bin/crash:crash; do
    path=${program%:*} package=${program#*:}
    wants='%{nil}'
    [ "$package" = kexec-tools ] && wants=kdump-utils # a wish, not a need: whoever wants both names both
    version=$(dpkg-deb --field debs/"$package"_*.deb Version)
    install -D -m 0755 "all/$path" "$package/$path"
    build debian -D "package $package" -D "upstream $(upstream "$version")" -D "revision $(revision "$version")" \
        -D 'needs debian-libraries' -D "wants $wants" -D "tree $work/$package"
done

# The kernel's symbols, of exactly the installed kernel.
version=$(dpkg-query --showformat='${Version}' --show "linux-image-$uname")
apt-get --quiet download "linux-image-$uname-dbg=$version"
# Debian 13 keeps it in one of these places, later releases in the other, with a link to it.
dpkg-deb --fsys-tarfile linux-image-*-dbg_*.deb |
    tar -x "./usr/lib/debug/boot/vmlinux-$uname" "./usr/lib/debug/lib/modules/$uname/vmlinux"
rm linux-image-*-dbg_*.deb
build kernel -D "uname $uname" -D "upstream $(upstream "$version")" -D "revision $(revision "$version")" \
    -D "symbols $(readlink -f "usr/lib/debug/boot/vmlinux-$uname")"

build base
build grubby -D "sources $image/grubby"
build kdump-utils -D "sources $image/kdump-utils"

# kernel-debuginfo is big: it is moved, not copied.
publish updates-debuginfo kernel-debuginfo kernel-debuginfo-common-x86_64
publish fedora-debuginfo
publish updates kdump-utils
publish fedora debian-libraries kexec-tools makedumpfile crash
dnf5 --assumeyes --quiet --disable-repo='*' install "$rpms"/*.rpm
publish fedora grubby kernel-core
dnf5 --quiet --enable-repo='*' makecache
cd /
rm -rf "$work"
