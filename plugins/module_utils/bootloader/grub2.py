# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2 whose menu is written by grub-mkconfig from /etc/default/grub and the scripts in /etc/grub.d."""

import os
from typing import Dict, List, Optional, Tuple

from ..crash_memory import crashkernel
from ..host.machine import SBIN, Host
from . import grub_drop_in, grub_menu, shell_settings
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    Plan,
    differing,
    predict,
    wanted_values,
)

SETTINGS = "/etc/default/grub"
DROP_INS = "/etc/default/grub.d"
VARIABLE = "GRUB_CMDLINE_LINUX"
OTHER_VARIABLES = ("GRUB_CMDLINE_LINUX_DEFAULT",)


class Grub2(BootLoader):
    """GRUB 2 with the menu I(menu), which I(generators) (the first that is installed) writes."""

    name = "grub2"

    def __init__(self, host: Host, evidence: str, menu: str, generators: Tuple[str, ...]) -> None:
        super().__init__(host, evidence)
        self.menu = menu
        self.generators = generators

    def entries(self) -> List[BootEntry]:
        menu = self._menu()
        found = [entry for item in menu.items if self._is_reached(item) for entry in _entries(menu, item)]
        if not found:
            raise BootLoaderError(
                "{0} has {1} boot entries, but none with a 'linux' line that a script in /etc/grub.d writes from {2}. "
                "Let the generator write it again ({3}), and run again.".format(
                    self.menu, len(menu.items), VARIABLE, " or ".join(self.generators)
                )
            )
        return found

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        menu = self._menu()
        environment = self.host.read(os.path.join(os.path.dirname(self.menu), "grubenv"))
        item = grub_menu.next_item(menu, grub_menu.read_environment(environment or ""))
        if item is None:
            return list(entries)
        found = _entries(menu, item) or [BootEntry(item.path, item.title, "", "")]
        return [entry for entry in entries if entry.id == found[0].id] or found

    def future_arguments(self) -> str:
        variables: Dict[str, str] = {}
        for path, text in self._settings():
            if path == grub_drop_in.PATH:
                for name in (VARIABLE,) + OTHER_VARIABLES:
                    variables[name] = crashkernel.replace(variables.get(name, ""), None)
                variables[VARIABLE] = "{0} {1}".format(grub_drop_in.words(text), variables[VARIABLE])
            else:
                shell_settings.evaluate(text, variables)
        return " ".join(variables.get(name, "").strip() for name in (VARIABLE,) + OTHER_VARIABLES).strip()

    def plan(self, wanted: Optional[str]) -> Plan:
        generator = self._generator()
        values = wanted_values(wanted)
        entries = self.entries()
        change = self._drop_in_change(values) if self._reads_drop_ins() else self._settings_change(wanted)
        files = [change] if change.before != change.after else []
        commands = [generator] if files or differing(entries, values) else []
        return Plan(values, files, commands, predict(entries, wanted))

    def written_by_commands(self) -> List[str]:
        # The generator writes the second, then the first. When it fails the second stays, and so does a full disk.
        return [self.menu, self.menu + ".new"]

    def sources(self) -> List[str]:
        return [
            path
            for path, text in self._settings()
            if path != grub_drop_in.PATH and shell_settings.sets_crashkernel(text)
        ]

    def _menu(self) -> grub_menu.Menu:
        text = self.host.read(self.menu)
        if not (text or "").strip():
            raise BootLoaderError(
                "{0} {1}, so there are no boot entries to look at. Let the generator write it ({2}), "
                "and run again.".format(
                    self.menu, "does not exist" if text is None else "is empty", " or ".join(self.generators)
                )
            )
        return grub_menu.read_menu(text or "", self.menu)

    def _is_reached(self, item: grub_menu.MenuItem) -> bool:
        """Whether the script that wrote the item takes arguments from the settings.

        Entries of other systems (os-prober), memory tests and what administrators write by hand do not.
        """
        return bool(item.script) and VARIABLE in (self.host.read(item.script) or "")

    def _generator(self) -> List[str]:
        for name in self.generators:
            if self.host.which(name):
                return [name] if name == "update-grub" else [name, "-o", self.menu]
        raise BootLoaderError(
            "{0} is there, but nothing that writes it: looked for {1} in {2}. "
            "Install the package that brings it (grub2-common, grub2-tools), and run again.".format(
                self.menu, " and ".join(self.generators), ", ".join(SBIN)
            )
        )

    def _reads_drop_ins(self) -> bool:
        """Whether the generator's own text says so: releases and distributions differ."""
        script = self.host.which(self.generators[-1])
        return script is not None and DROP_INS[len("/etc/") :] in (self.host.read(script) or "")

    def _settings(self) -> List[Tuple[str, str]]:
        """The settings files that the generator reads, in its order, and their text."""
        drop_ins = self.host.glob(DROP_INS + "/*.cfg") if self._reads_drop_ins() else []
        return [(path, self.host.read(path) or "") for path in [SETTINGS] + drop_ins]

    def _drop_in_change(self, values: List[str]) -> FileChange:
        return FileChange(
            path=grub_drop_in.PATH,
            before=self.host.read(grub_drop_in.PATH),
            after=grub_drop_in.text(values) if values or self.sources() else None,
        )

    def _settings_change(self, wanted: Optional[str]) -> FileChange:
        before = self.host.read(SETTINGS)
        if before is None:
            raise BootLoaderError(
                "{0} does not exist, and {1} reads no {2}: there is no place for kernel arguments. "
                "Install the package that brings {0}, and run again.".format(SETTINGS, self.generators[-1], DROP_INS)
            )
        return FileChange(
            path=SETTINGS,
            before=before,
            after=shell_settings.edit(before, wanted, VARIABLE, OTHER_VARIABLES, SETTINGS),
        )


def _entries(menu: grub_menu.Menu, item: grub_menu.MenuItem) -> List[BootEntry]:
    """The boot entries of a menu item: one for each of its C(linux) lines."""
    # grubby of EL7 copies entries with their --id. GRUB takes the first, so the others go by their position.
    namesake = next(other for other in menu.items if other.name == item.name)
    name = item.name if item.name and namesake is item else item.path
    return [BootEntry(name, item.title, kernel, arguments) for kernel, arguments in item.kernels]
