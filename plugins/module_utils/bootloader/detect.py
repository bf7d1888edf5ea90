# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the boot loader of a host by what it has, never by the name of its distribution."""

import os
import re
from typing import Callable, List, NamedTuple, Optional, Tuple

from ..host.machine import Host
from ..host.mounts import mounted
from .base import (
    BLS_ENTRIES,
    BootLoader,
    BootLoaderError,
)
from .efi import VARIABLES, booted_directory
from .grub2 import SETTINGS, Grub2

OSTREE = "/run/ostree-booted"
EFI_VARIABLES = VARIABLES
LOADER_INFO = EFI_VARIABLES + "/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
STUB_INFO = LOADER_INFO.replace("LoaderInfo", "StubInfo")  # by the stub of a unified kernel image
SYSTEMD_BOOT = ("/boot/efi", "/efi", "/boot")  # where the EFI system partition may be mounted
ZIPL = "/etc/zipl.conf"
LEGACY_STAGE = "/boot/grub/stage2"
LEGACY_MENUS = ("/boot/grub/grub.conf", "/boot/grub/menu.lst")
LEGACY_EFI = "/boot/efi/EFI/*/grub.efi"  # of RHEL 6, which reads grub.conf beside it
BLSCFG = re.compile(r"^[ \t]*blscfg\b", re.MULTILINE)
OWN_ENTRIES = re.compile(r"^[ \t]*linux(?:16|efi)?[ \t]", re.MULTILINE)
BLS_ENABLED = re.compile(r"""^[ \t]*GRUB_ENABLE_BLSCFG=["']?true\b""", re.MULTILINE)
EFI_MENUS = "/boot/efi/EFI/*/grub.cfg"
MENUS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("/boot/grub2/grub.cfg", ("grub2-mkconfig",)),
    ("/boot/grub/grub.cfg", ("update-grub", "grub-mkconfig")),
)
LOOKED_FOR = "{0}; {1}, {2}, {3} or systemd-boot's files below {4}; {5}; {6} with {7}; {8}; {9}, {10} or {11}".format(
    OSTREE,
    LOADER_INFO,
    STUB_INFO,
    EFI_VARIABLES,
    ", ".join(SYSTEMD_BOOT),
    ZIPL,
    " or ".join(LEGACY_MENUS),
    LEGACY_STAGE,
    LEGACY_EFI,
    MENUS[0][0],
    MENUS[1][0],
    EFI_MENUS,
)


class Candidate(NamedTuple):
    """A boot loader that the host seems to use. Without I(loader) it cannot be changed, and I(remedy) says what can."""

    name: str
    evidence: str
    loader: Optional[BootLoader] = None
    reason: str = ""
    remedy: str = ""


Probe = Callable[[Host], List[Candidate]]


def detect(host: Host) -> BootLoader:
    """The boot loader of I(host); none, two, or one that is not supported is an error that says what was found."""
    found = next((decided for decided in (probe(host) for probe in DECISIVE) if decided), None)
    if found is None:
        found = [candidate for probe in POSSIBLE for candidate in probe(host)]
    if not found:
        raise BootLoaderError(
            "No boot loader was found. Looked for {0}. If the kernel's arguments come from elsewhere (a hypervisor, "
            "the network), set crashkernel= there.".format(LOOKED_FOR)
        )
    if len(found) > 1:
        raise BootLoaderError(
            "It is unknown which boot loader is used: found {0}. "
            "Remove the files of the one that does not boot this host, and run again.".format(
                " and ".join("{0.name} ({0.evidence})".format(candidate) for candidate in found)
            )
        )
    if found[0].loader is None:
        raise BootLoaderError(
            "This host boots through {0.name} ({0.evidence}), {0.reason}. {0.remedy}.".format(found[0])
        )
    return found[0].loader


def _rpm_ostree(host: Host) -> List[Candidate]:
    """GRUB's files are there as well, but the deployments own the arguments."""
    if not host.exists(OSTREE):
        return []
    if not host.which("rpm-ostree"):
        return [
            Candidate(
                "ostree",
                OSTREE,
                None,
                "and rpm-ostree, which edits the arguments of deployments, is not installed",
                "On an image for bootc put crashkernel= into a file in /usr/lib/bootc/kargs.d of the image",
            )
        ]
    from .rpm_ostree import RpmOstree  # as below

    return [Candidate("rpm-ostree", OSTREE, RpmOstree(host, OSTREE))]


def _booted_by_systemd_boot(host: Host) -> List[Candidate]:
    """systemd-boot gives its name to the running system, in UTF-16."""
    said = (host.read(LOADER_INFO) or "").replace("\0", "")
    return [_systemd_boot(host, LOADER_INFO)] if "systemd-boot" in said else []


def _booted_by_firmware(host: Host) -> List[Candidate]:
    """A unified kernel image that no boot loader started, or one that does not give its name, as GRUB may not."""
    return [_systemd_boot(host, STUB_INFO)] if host.exists(STUB_INFO) and not host.exists(LOADER_INFO) else []


def _systemd_boot_files(host: Host) -> List[Candidate]:
    if host.glob(EFI_VARIABLES + "/*"):  # where variables can be read, silence means that it did not boot the host
        return []
    patterns = [directory + "/EFI/systemd/systemd-boot*.efi" for directory in SYSTEMD_BOOT]
    return [_systemd_boot(host, path) for pattern in patterns for path in host.glob(pattern)][:1]


def _systemd_boot(host: Host, evidence: str) -> Candidate:
    # Imported where it is needed: a host compiles what it imports again at every call.
    from .systemd_boot import SystemdBoot

    return Candidate("systemd-boot", evidence, SystemdBoot(host, evidence))


def _grubby(host: Host, evidence: str, menu: Optional[str]) -> BootLoader:
    from .grubby import Grubby  # as above

    return Grubby(host, evidence, menu)


def _zipl(host: Host) -> List[Candidate]:
    if not host.exists(ZIPL):
        return []
    entries = len(host.glob(BLS_ENTRIES + "/*.conf"))
    if not entries or not host.which("grubby"):
        from .zipl import Zipl  # as above

        return [Candidate("zipl", ZIPL, Zipl(host, ZIPL))]
    evidence = "{0}, {1} has {2} entries".format(ZIPL, BLS_ENTRIES, entries)
    return [Candidate("zipl with Boot Loader Specification entries", evidence, _grubby(host, evidence, None))]


def _grub_legacy(host: Host) -> List[Candidate]:
    from .grub_legacy import GrubLegacy  # as above

    return [
        Candidate("GRUB Legacy", evidence, GrubLegacy(host, evidence, menu)) for menu, evidence in _legacy_menus(host)
    ]


def _legacy_menus(host: Host) -> List[Tuple[str, str]]:
    """The menus of GRUB Legacy, and what says that they are.

    A menu alone proves nothing: some images of GRUB 2 systems carry one for their hypervisor.
    """
    if host.exists("/sys/firmware/efi"):
        programs = [(os.path.join(os.path.dirname(path), "grub.conf"), path) for path in host.glob(LEGACY_EFI)]
        found = [(menu, "{0}, read by {1}".format(menu, path)) for menu, path in programs if host.exists(menu)]
        if found:
            return found
    menus = [path for path in LEGACY_MENUS if host.exists(path)] if host.exists(LEGACY_STAGE) else []
    if len({os.path.realpath(host.path(menu)) for menu in menus}) == 1:
        menus = menus[:1]
    # Which one is read stands in stage2, as Debian and Red Hat build it with different names.
    stage = host.read(LEGACY_STAGE) or ""
    named = [menu for menu in menus if "/grub/" + os.path.basename(menu) in stage]
    return [(menu, "{0}, read by {1}".format(menu, LEGACY_STAGE)) for menu in (named if len(named) == 1 else menus)]


def _grub2(host: Host) -> List[Candidate]:
    return [_grub2_candidate(host, menu, generators) for menu, generators in _menus(host)]


def _grub2_candidate(host: Host, menu: str, generators: Tuple[str, ...]) -> Candidate:
    evidence = _bls_evidence(host, menu)
    if evidence is not None:
        name = "GRUB 2 with Boot Loader Specification entries"
        if host.which("grubby"):
            return Candidate(name, evidence, _grubby(host, evidence, menu))
        return Candidate(
            name, evidence, None, "and grubby, which edits them, is not installed", "Install the package grubby"
        )
    generator = next((name for name in generators if host.which(name)), None)
    evidence = "{0}, written by {1}".format(menu, generator or "a generator that is not installed")
    if host.which("transactional-update") and any(
        mount.directory == "/" and "ro" in mount.options for mount in mounted(host)
    ):
        return Candidate(
            "GRUB 2",
            evidence,
            None,
            "and its root file system is read-only: transactional-update alone writes there, into the next snapshot",
            "Run 'transactional-update setup-kdump', or put crashkernel= into GRUB_CMDLINE_LINUX in /etc/default/grub "
            "and run 'transactional-update grub.cfg', then reboot",
        )
    return Candidate("GRUB 2", evidence, Grub2(host, evidence, menu, generators))


def _bls_evidence(host: Host, menu: str) -> Optional[str]:
    """What says that the entries are those of the Boot Loader Specification, or None.

    A menu with entries of its own and C(blscfg) has both kinds; what counts then is whether the latter finds any.
    """
    text = host.read(menu) or ""
    entries = len(host.glob(BLS_ENTRIES + "/*.conf"))
    own = OWN_ENTRIES.search(text) is not None
    if BLSCFG.search(text) and (entries or not own):
        return "{0} says blscfg, {1} has {2} entries".format(menu, BLS_ENTRIES, entries)
    if entries and not own and text.strip() and BLS_ENABLED.search(host.read(SETTINGS) or ""):
        return "{0} says GRUB_ENABLE_BLSCFG=true, {1} has {2} entries".format(SETTINGS, BLS_ENTRIES, entries)
    return None


def _menus(host: Host) -> List[Tuple[str, Tuple[str, ...]]]:
    """The menus of GRUB 2 and what writes them. On EFI some systems keep theirs in the EFI system partition."""
    if host.exists("/sys/firmware/efi") and host.which("grub2-mkconfig"):
        # Others have a file there that only hands over to the one in /boot.
        whole = [path for path in host.glob(EFI_MENUS) if "menuentry" in (host.read(path) or "")]
        if len(whole) > 1:  # of a host that was migrated: the firmware knows which one is read
            booted = (booted_directory(host) or "").lower()
            whole = [path for path in whole if path.split("/")[-2].lower() == booted] or whole
        if whole:
            return [(path, ("grub2-mkconfig",)) for path in whole]
    menus = [(menu, generators) for menu, generators in MENUS if host.exists(menu)]
    if len({os.path.realpath(host.path(menu)) for menu, _generators in menus}) == 1:
        menus = [pair for pair in menus if host.which(pair[1][-1])][:1] or menus[:1]
    return [pair for pair in menus if host.which(pair[1][-1])] or menus


DECISIVE: Tuple[Probe, ...] = (_rpm_ostree, _booted_by_systemd_boot)
POSSIBLE: Tuple[Probe, ...] = (_booted_by_firmware, _systemd_boot_files, _zipl, _grub_legacy, _grub2)
