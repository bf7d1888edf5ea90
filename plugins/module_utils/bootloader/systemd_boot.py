# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-boot with entries in loader/entries and unified kernel images in EFI/Linux.

The options of entries are edited in place, and not by way of kernel-install: that would build every initrd again, copy
it to a partition that may be full, and cannot be taken back. What later kernels get, kernel-install reads out of
/etc/kernel/cmdline, else /usr/lib/kernel/cmdline, else /proc/cmdline (kernel-install(8)). An image is not changed: an
add-on beside it carries crashkernel=, which every image on that partition takes.
"""

import os
from typing import Dict, List, NamedTuple, Optional

from ..crash_memory import crashkernel
from ..host.machine import Host
from ..host.mounts import mounted
from . import (
    kernel_install,
    shell_settings,
    systemd_entries,
    uki,
    uki_addons,
)
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    Plan,
    predict,
    wanted_values,
)
from .kernel_install import (
    COMMAND_LINE,
    VENDORS_COMMAND_LINE,
)

PARTITIONS = ("/efi", "/boot/efi", "/boot")  # where the EFI system partition and the extended one (XBOOTLDR) may be
ENTRIES = "/loader/entries/*.conf"
IMAGES = "/EFI/Linux/*.efi"
VARIABLES = "/sys/firmware/efi/efivars/"
LOADER = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"


class Found(NamedTuple):
    """One entry: the file, its text (None for an image), what it boots, and for an image where its add-ons are."""

    path: str
    text: Optional[str]
    entry: BootEntry
    partition: str
    image: Optional[uki.Image]


class SystemdBoot(BootLoader):
    """systemd-boot, with the partitions that it reads mounted."""

    name = "systemd_boot"

    def __init__(self, host: Host, evidence: str) -> None:
        super().__init__(host, evidence)
        self._images: Dict[str, uki.Image] = {}

    def entries(self) -> List[BootEntry]:
        return [one.entry for one in self._found()]

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        paths = [path for where in self._partitions() for path in self.host.glob(where + ENTRIES)]
        names = [entry.id for entry in entries] + [systemd_entries.identity(path) for path in paths]
        for pattern in self._defaults():
            found = [pattern] if pattern.startswith("auto-") else systemd_entries.chosen(pattern, names)
            if found:  # a pattern may mean several; which of these comes first is not followed up here
                ours = [entry for entry in entries if entry.id in found]
                return ours or [BootEntry(found[0], found[0], "", "")]
        return list(entries)

    def future_arguments(self) -> str:
        addons = [uki_addons.ours(self.host, where) for where in self._partitions()] if self._builds_images() else []
        return " ".join([kernel_install.command_line(self.host)] + [text for text in addons if text])

    def plan(self, wanted: Optional[str]) -> Plan:
        values = wanted_values(wanted)
        found = self._found()
        files: List[FileChange] = []
        for one in found:
            if one.text is not None:
                new = systemd_entries.edit(one.text, one.path, wanted)
                files += [FileChange(one.path, one.text, new)] if new != one.text else []
        commands: List[List[str]] = []
        directories: List[str] = []
        with_addon = False
        for where in self._partitions():
            images = [one for one in found if one.image and one.partition == where]
            if images or self.host.exists(where + uki_addons.OURS):
                needed = self._needs_addon(images, values)
                with_addon = with_addon or needed
                reached = {one.path: one.image for one in images if one.image}
                addon = uki_addons.changes(self.host, where, reached, values if needed else [])
                files += addon.files
                commands += addon.commands
                directories += addon.directories
        files += self._command_line_changes(None if with_addon and self._builds_images() else wanted, wanted, found)
        after = predict([one.entry for one in found], wanted)
        return Plan(values, files, commands, after, keeps_others=True, directories=directories)

    def written_by_commands(self) -> List[str]:
        names = (uki_addons.OURS, uki_addons.UNFINISHED)
        return [where + name for where in self._partitions() for name in names]

    def sources(self) -> List[str]:
        paths = (COMMAND_LINE, VENDORS_COMMAND_LINE)
        return [path for path in paths if shell_settings.sets_crashkernel(self.host.read(path) or "")]

    # ---- what is there

    def _partitions(self) -> List[str]:
        """The directories that hold entries or images; /boot counts for what it is only where it is a partition."""
        found = [where for where in PARTITIONS if self.host.glob(where + ENTRIES) or self.host.glob(where + IMAGES)]
        by_real_name = {os.path.realpath(self.host.path(where)): where for where in reversed(found)}
        found = [where for where in found if where in by_real_name.values()]
        points = [mount.directory for mount in mounted(self.host)]
        return [where for where in found if where in points] or found

    def _found(self) -> List[Found]:
        partitions = self._partitions()
        found: List[Found] = []
        for where in partitions:
            for path in self.host.glob(where + ENTRIES):
                text = self.host.read(path) or ""
                entry = systemd_entries.read_entry(text, path)
                if entry is not None:
                    name = systemd_entries.identity(path)
                    boot_entry = BootEntry(name, entry.title, entry.kernel, entry.arguments)
                    found.append(Found(path, text, boot_entry, where, None))
            for path in self.host.glob(where + IMAGES):
                image = self._image(path)
                name = systemd_entries.identity(path)
                arguments = self._image_arguments(where, path, image)
                boot_entry = BootEntry(name, image.title or name, path[len(where) :], arguments)
                found.append(Found(path, None, boot_entry, where, image))
        if not found:
            raise BootLoaderError(
                "There are no boot entries to look at: looked for {0} and {1} below {2}, and none starts Linux. "
                "Is the EFI system partition mounted? If it is, write them again (kernel-install add), and run "
                "again.".format(ENTRIES[1:], IMAGES[1:], ", ".join(PARTITIONS))
            )
        return found

    def _image(self, path: str) -> uki.Image:
        if path not in self._images:  # they are big, and nobody here writes them
            self._images[path] = uki.read(self.host.path(path), path)
        return self._images[path]

    def _image_arguments(self, where: str, path: str, image: uki.Image, with_ours: bool = True) -> str:
        """What is built in, and what add-ons bring."""
        texts = [image.arguments] + uki_addons.taken(self.host, where, path, image, with_ours)
        return " ".join(text for text in texts if text)

    def _defaults(self) -> List[str]:
        """What the entry that boots next may be named by, in the order in which systemd-boot asks; "" names none."""
        found = [self._variable("LoaderEntryOneShot"), self._variable("LoaderEntryDefault")]
        for where in self._partitions():
            found.append(systemd_entries.last(self.host.read(where + "/loader/loader.conf") or "", "default") or "")
        saved = self._variable("LoaderEntryLastBooted")
        return [saved if name == "@saved" else name for name in found]

    def _variable(self, name: str) -> str:
        return systemd_entries.variable(self.host.read(VARIABLES + name + LOADER) or "")

    def _builds_images(self) -> bool:
        """Whether later kernels get unified kernel images: by kernel-install's word, else by what is there."""
        layout = kernel_install.layout(self.host)
        return layout == "uki" if layout in ("uki", "bls") else not any(one.text is not None for one in self._found())

    # ---- what has to change

    def _command_line_changes(self, here: Optional[str], wanted: Optional[str], found: List[Found]) -> List[FileChange]:
        """/etc/kernel/cmdline with the values I(here). It is made where later kernels would get others."""
        text = self.host.read(COMMAND_LINE)
        if text is not None:
            new = crashkernel.replace(text, here)
            return [FileChange(COMMAND_LINE, text, new)] if new != text else []
        if crashkernel.values(self.future_arguments()) == wanted_values(wanted):
            return []
        vendors = self.host.read(VENDORS_COMMAND_LINE)
        following = self.next_entries([one.entry for one in found])
        chosen = next((one for one in found if one.entry in following), found[0])
        own = chosen.image.arguments if chosen.image else chosen.entry.arguments  # without what add-ons bring
        base = own + "\n" if vendors is None else vendors
        return [FileChange(COMMAND_LINE, None, crashkernel.replace(base, here))]

    def _needs_addon(self, images: List[Found], values: List[str]) -> bool:
        """Whether our add-on has to give the images their values; one that has values of its own cannot be helped."""
        own = []
        for one in images:
            arguments = self._image_arguments(one.partition, one.path, one.image, with_ours=False) if one.image else ""
            own.append((one, crashkernel.values(arguments)))
        for one, there in own:
            if there != values and (there or any(others == values for _other, others in own)):
                raise BootLoaderError(
                    "The unified kernel image {0} has '{1}' built in{2}, and a part of an image cannot be changed. "
                    "{3}, and run again.".format(
                        one.path,
                        " ".join("crashkernel=" + value for value in there) or "no crashkernel=",
                        "" if there else ", while others have the wanted one",
                        uki_addons.BUILD_AGAIN,
                    )
                )
        return bool(values) and any(there != values for _one, there in own)
