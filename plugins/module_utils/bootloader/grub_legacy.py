# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB Legacy (0.97): its menu is what stage2 reads at boot, so the C(kernel) lines themselves are edited.

Where Debian's update-grub keeps the menu, the commented lines from which it takes arguments are edited as well. It is
not run: it probes drives, squeezes white space, writes the file in place, and would come to the same entries.
"""

import os
from typing import List, Optional

from ..host.machine import Host
from . import legacy_menu, shell_settings
from .base import (
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    Plan,
    predict,
    wanted_values,
)

SAVED = "default"  # the file beside the menu in which "savedefault" and grub-set-default keep a number


class GrubLegacy(BootLoader):
    """GRUB Legacy with the menu I(menu)."""

    name = "grub_legacy"

    def __init__(self, host: Host, evidence: str, menu: str) -> None:
        super().__init__(host, evidence)
        self.menu = menu

    def entries(self) -> List[BootEntry]:
        items = self._menu(self._text()).items
        found = [_entry(number, item) for number, item in enumerate(items) if item.is_linux]
        if not found:
            raise BootLoaderError(
                "{0} has {1} boot entries, but none with a 'kernel' line that starts Linux. Restore the file "
                "(Debian's update-grub keeps a copy in {0}~), and run again.".format(self.menu, len(items))
            )
        return found

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        menu = self._menu(self._text())
        number = menu.default or "0"
        if number == "saved":
            saved = self.host.read(os.path.join(os.path.dirname(self.menu), SAVED)) or "0"
            number = saved.partition("\n")[0].strip()
        if not number.isdigit() or int(number) >= len(menu.items):  # what then boots depends on "fallback"
            return list(entries)
        found = _entry(int(number), menu.items[int(number)])
        return [entry for entry in entries if entry.id == found.id] or [found]

    def future_arguments(self) -> str:
        """By update-grub's settings; grubby and new-kernel-pkg copy the arguments of the entry that is the default."""
        future = legacy_menu.future(self._text(), self.menu)
        entries = self.entries()
        chosen = [entry for entry in self.next_entries(entries) if entry in entries] or entries
        return chosen[0].arguments if future is None else future

    def plan(self, wanted: Optional[str]) -> Plan:
        before = self._text()
        entries = self.entries()
        after = legacy_menu.edit(before, self.menu, wanted)
        files = [FileChange(self.menu, before, after)] if after != before else []
        return Plan(wanted_values(wanted), files, [], predict(entries, wanted), keeps_others=True)

    def written_by_commands(self) -> List[str]:
        return []

    def sources(self) -> List[str]:
        text = self._text()
        lines = [text[line.start : line.end] for line in legacy_menu.magic(text, self.menu) or []]
        return [self.menu] if any(shell_settings.sets_crashkernel(line) for line in lines) else []

    def _text(self) -> str:
        text = self.host.read(self.menu)
        if text is None or not text.strip():
            raise BootLoaderError(
                "{0} {1}, so there are no boot entries to look at. Restore the file (Debian's update-grub keeps a "
                "copy in {0}~), and run again.".format(self.menu, "does not exist" if text is None else "is empty")
            )
        return text

    def _menu(self, text: str) -> legacy_menu.Menu:
        return legacy_menu.read_menu(text, self.menu)


def _entry(number: int, item: legacy_menu.Item) -> BootEntry:
    """Entries go by their number, as C(default) and C(savedefault) count them."""
    return BootEntry(str(number), item.title, item.kernel, item.arguments)
