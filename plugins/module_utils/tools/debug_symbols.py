# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The debugging symbols of the running kernel: which package has them, from which repositories, and are they here."""

import re
from typing import Dict, List, NamedTuple, Optional, Set

from ..host.machine import Host

REPOSITORIES = "/etc/yum.repos.d/*.repo"
# Variants of a kernel stand behind its release (uname -r) and in front of the package's name.
_VARIANT = re.compile(r"(.+)\+((?:rt-64k|rt|64k|16k)(?:-debug)?|debug|zfcpdump)\Z")
_SECTION = re.compile(r"\[([^\]]+)\]\s*\Z")
_ENABLED = re.compile(r"enabled\s*[=:]\s*(\S+)", re.IGNORECASE)
_FALSE = ("0", "no", "false", "off")


class Symbols(NamedTuple):
    """I(vmlinux) is the file with the symbols, None when it is not here."""

    package: str
    repositories: List[str]
    vmlinux: Optional[str]


def rpm_package(release: str) -> str:
    """The package of a kernel's symbols where kernels are RPMs, with the exact release.

    Kernels of their own line say so in the release: C(+debug), C(+rt), C(+64k) of Fedora and RHEL, C(.rt) of EL 8,
    C(uek) of Oracle Linux.
    """
    found = _VARIANT.match(release)
    if found:
        return "kernel-{0}-debuginfo-{1}".format(found.group(2), found.group(1))
    if re.search(r"\.rt[0-9]", release):
        return "kernel-rt-debuginfo-" + release
    if "uek" in release:
        return "kernel-uek-debuginfo-" + release
    return "kernel-debuginfo-" + release


def repositories(texts: List[str]) -> Dict[str, bool]:
    """The repositories of .repo files (dnf.conf(5)), and whether each is enabled; that is their default."""
    found: Dict[str, bool] = {}
    name = None
    for line in "\n".join(texts).split("\n"):
        section = _SECTION.match(line.strip())
        if section:
            name = section.group(1)
            found[name] = True
        enabled = _ENABLED.match(line.strip())
        if enabled and name is not None:
            found[name] = enabled.group(1).lower() not in _FALSE
    return found


def debug_repositories(known: Dict[str, bool]) -> List[str]:
    """The debuginfo repositories that belong to the enabled ones; where none can be matched, all there are.

    Names: C(fedora-debuginfo), C(baseos-debuginfo) of the rebuilds, C(...-debug-rpms) of RHEL, C(..._debuginfo).
    """
    wanted: Set[str] = set()
    for name, enabled in known.items():
        if enabled and "debug" not in name:
            wanted.update((name + "-debuginfo", name + "_debuginfo", name + "-debug"))
            wanted.add(re.sub(r"-rpms\Z", "-debug-rpms", name))
    matching = [name for name in known if name in wanted and "debug" in name]
    return sorted(matching or [name for name in known if "debug" in name])


def of_rpm_host(host: Host, release: str) -> Symbols:
    """The symbols of the running kernel on a host with dnf."""
    known = repositories([host.read(path) or "" for path in host.glob(REPOSITORIES)])
    return Symbols(
        rpm_package(release),
        debug_repositories(known),
        _there(host, "/usr/lib/debug/lib/modules/{0}/vmlinux".format(release)),
    )


def of_debian_host(host: Host, release: str) -> Symbols:
    """The symbols of the running kernel on a host with apt. Ubuntu names the package -dbgsym."""
    suffix = "-dbgsym" if "ubuntu" in (host.read("/etc/os-release") or "").lower() else "-dbg"
    return Symbols(
        "linux-image-{0}{1}".format(release, suffix),
        [],
        _there(host, "/usr/lib/debug/boot/vmlinux-{0}".format(release)),
    )


def _there(host: Host, path: str) -> Optional[str]:
    return path if host.exists(path) else None
