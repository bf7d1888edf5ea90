# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot Loader Specification entries that grubby edits, with GRUB 2 or, on IBM Z, zipl: Fedora and EL 8 and newer.

What grubby does was read in its script, of EL 8, EL 9 and Fedora. It sends every line through unquoted words of the
shell and through sed, so lines that would not come out complete are written here instead. /etc/default/grub is always
written here: some releases of grubby overwrite GRUB_CMDLINE_LINUX_DEFAULT as well.
"""

import os
import re
from typing import Dict, List, NamedTuple, Optional

from ..crash_memory import crashkernel
from ..host.machine import SBIN, Host
from . import (
    bls,
    grub_menu,
    kernel_install,
    shell_settings,
)
from .base import (
    BLS_ENTRIES,
    BootEntry,
    BootLoader,
    BootLoaderError,
    FileChange,
    Plan,
    differing,
    predict,
    wanted_values,
)
from .grub2 import OTHER_VARIABLES, SETTINGS, VARIABLE
from .kernel_install import (
    COMMAND_LINE,
    VENDORS_COMMAND_LINE,
)

ENVIRONMENT = "/boot/grub2/grubenv"  # the one that grubby edits
SCRIPT = "/usr/libexec/grubby/grubby-bls"
INSTALLER = "/usr/lib/kernel/install.d/20-grub.install"
KERNELOPTS = "kernelopts"
PLAIN_OPTIONS = re.compile("^options ", re.MULTILINE)  # behind a tab grubby finds nothing, and writes just that
# Patterns of file names, replacements of sed, what echo takes for an option, quotes (blanks between them would be
# lost, and crashkernel= between them is not an argument of its own), arguments of init, and crashkernel without a
# value.
MANGLED = re.compile(r'["\\&*?\[\x00-\x08\x0b-\x1f\x7f]|^\s*-|(?:^|\s)(?:--|crashkernel)(?:\s|$)')


class Found(NamedTuple):
    """One entry's file as it was read."""

    path: str
    text: str
    entry: bls.Entry


class Grubby(BootLoader):
    """Entries that the C(blscfg) of the grub.cfg I(menu) reads; without a menu it is zipl that does."""

    name = "grubby"

    def __init__(self, host: Host, evidence: str, menu: Optional[str]) -> None:
        super().__init__(host, evidence)
        self.menu = menu

    def entries(self) -> List[BootEntry]:
        variables = self._variables()
        return [
            BootEntry(one.entry.id, one.entry.title, one.entry.kernel, _arguments(one.entry, variables))
            for one in self._found()
        ]

    def next_entries(self, entries: List[BootEntry]) -> List[BootEntry]:
        menu = self._menu()
        item = bls.next_item(menu, self.menu or "", entries, self._environment()) if menu else None
        if item is None:
            return list(entries)
        kernel, arguments = item.kernels[0] if item.kernels else ("", "")
        ours = [entry for entry in entries if not item.script and entry.id == item.name]
        return ours or [BootEntry(item.name or item.path, item.title, kernel, arguments)]

    def future_arguments(self) -> str:
        if self._installs_kernelopts():
            return self._variables().get(KERNELOPTS, "")
        return kernel_install.command_line(self.host)

    def plan(self, wanted: Optional[str]) -> Plan:
        values = wanted_values(wanted)
        entries = self.entries()
        files = self._settings_changes(wanted, entries)
        commands: List[List[str]] = []
        finish: List[List[str]] = []
        kernelopts = self._kernelopts()
        if differing(entries, values) or crashkernel.values(kernelopts) != (values if kernelopts else []):
            if self._grubby_can(wanted):
                commands = [self._grubby(values)]
            else:
                files += self._entry_changes(wanted)
            finish = self._zipl()
        return Plan(values, files, commands, predict(entries, wanted), finish, keeps_others=True)

    def written_by_commands(self) -> List[str]:
        # For old firmware of POWER grubby also runs grub2-mkconfig, which writes the menu by way of menu.new.
        menus = [self.menu, self.menu + ".new"] if self.menu else []
        settings = [self._environment_path(), ENVIRONMENT, SETTINGS] if self.menu else []
        return [one.path for one in self._found()] + settings + [COMMAND_LINE] + menus

    def sources(self) -> List[str]:
        paths = [COMMAND_LINE, VENDORS_COMMAND_LINE]
        if self.menu:
            paths += [SETTINGS, self._environment_path()]
        return [path for path in paths if shell_settings.sets_crashkernel(self.host.read(path) or "")]

    # ---- what is there

    def _found(self) -> List[Found]:
        """The entries' files, in the order of GRUB's menu."""
        pattern = BLS_ENTRIES + "/*" + bls.SUFFIX
        paths = self.host.glob(pattern)
        found = []
        for path in paths:
            text = self.host.read(path)
            entry = None if text is None else bls.read_entry(text, path)
            if text is not None and entry is not None:
                found.append(Found(path, text, entry))
        if not found:
            raise BootLoaderError(
                "There are no boot entries to look at: {0} matches {1} files, and none has a 'linux' line. "
                "Is /boot mounted? If it is, write them again (kernel-install add), and run again.".format(
                    pattern, len(paths)
                )
            )
        return sorted(found, key=lambda one: bls.newest_first(one.entry.id), reverse=True)

    def _menu(self) -> str:
        return self.host.read(self.menu) or "" if self.menu else ""

    def _environment_path(self) -> str:
        return os.path.join(os.path.dirname(self.menu or ENVIRONMENT), "grubenv")

    def _environment(self) -> Dict[str, str]:
        text = self.host.read(self._environment_path()) if self.menu else None
        return grub_menu.read_environment((text or "").rstrip("#"))

    def _variables(self) -> Dict[str, str]:
        """The variables that GRUB expands in entries."""
        variables = self._environment()
        menu = self._menu()
        for name in (KERNELOPTS, "default_" + KERNELOPTS):
            given = bls.fallback(menu, name)
            if given is not None and not variables.get(name):
                variables[name] = given
        return variables

    def _installs_kernelopts(self) -> bool:
        """Whether new kernels get C($kernelopts), as in EL 8; the installer's own text says so."""
        script = self.host.read(INSTALLER) if self.menu else None
        return script is not None and "$" + KERNELOPTS in script and COMMAND_LINE not in script

    def _kernelopts(self) -> str:
        """The variable's value where entries, or later kernels, take their arguments from it."""
        used = self._installs_kernelopts() or any(
            bls.uses(one.entry.options or "", KERNELOPTS) for one in self._found() if self.menu
        )
        return self._variables().get(KERNELOPTS, "") if used else ""

    def _makes_command_line(self) -> bool:
        """Whether grubby would make /etc/kernel/cmdline (from the last entry, the one for rescue) and keep it."""
        return COMMAND_LINE in self._script() and not self._installs_kernelopts()

    def _script(self) -> str:
        """The text of grubby itself: releases differ in what they know."""
        return "".join(self.host.read(path) or "" for path in (self.host.which("grubby"), SCRIPT) if path)

    # ---- what to do

    def _settings_changes(self, wanted: Optional[str], entries: List[BootEntry]) -> List[FileChange]:
        """/etc/default/grub, from which grub2-mkconfig would bring back old values, and /etc/kernel/cmdline."""
        changes: List[FileChange] = []
        text = self.host.read(SETTINGS) if self.menu else None
        if text is not None:
            new = shell_settings.edit(text, wanted, VARIABLE, OTHER_VARIABLES, SETTINGS)
            changes += [FileChange(SETTINGS, text, new)] if new != text else []
        text = self.host.read(COMMAND_LINE)
        if text is not None:
            new = crashkernel.replace(text, wanted)
            # Untouched while /etc/default/grub is newer, grub2-mkconfig would write it again from that.
            changes += [FileChange(COMMAND_LINE, text, new)] if new != text or changes else []
        elif self._makes_command_line() and crashkernel.values(self.future_arguments()) != wanted_values(wanted):
            vendors = self.host.read(VENDORS_COMMAND_LINE)
            chosen = [entry for entry in self.next_entries(entries) if entry in entries] or entries
            base = chosen[0].arguments + "\n" if vendors is None else vendors
            changes.append(FileChange(COMMAND_LINE, None, crashkernel.replace(base, wanted)))
        return changes

    def _grubby(self, values: List[str]) -> List[str]:
        argv = ["grubby", "--update-kernel=ALL", "--remove-args=crashkernel"]
        if values:
            argv.append("--args=" + " ".join("crashkernel=" + value for value in values))
        # Behind everything else: releases that know it skip the word that follows.
        return argv + (["--no-etc-grub-update"] if "no-etc-grub-update" in self._script() else [])

    def _grubby_can(self, wanted: Optional[str]) -> bool:
        """Whether grubby brings every line to the wanted values without harm to other arguments."""
        lines = (self.host.read(COMMAND_LINE) or "").rstrip("\n").split("\n")
        if len(lines) > 1:  # of which grubby would keep the first
            return False
        texts = [one.entry.options if PLAIN_OPTIONS.search(one.text) else None for one in self._found()]
        kernelopts = self._kernelopts()
        if kernelopts:
            if not self._environment().get(KERNELOPTS) or not self._is_grubbys(self._environment_path()):
                return False
            if any(bls.uses(text or "", KERNELOPTS) and crashkernel.values(text or "") for text in texts):
                return False  # such an entry's own values stay
            texts.append(kernelopts)
        return not MANGLED.search(lines[0]) and all(
            text is not None and not MANGLED.search(text) and crashkernel.replace(text, wanted).strip()
            for text in texts
        )

    def _is_grubbys(self, path: str) -> bool:
        return os.path.realpath(self.host.path(path)) == os.path.realpath(self.host.path(ENVIRONMENT))

    def _entry_changes(self, wanted: Optional[str]) -> List[FileChange]:
        """The entries' files and grubenv as they must be."""
        changes: List[FileChange] = []
        variables = self._variables()
        for one in self._found():
            old = one.entry.options
            if old is None:
                new = crashkernel.replace(_arguments(one.entry, variables), wanted)
                is_right = new == _arguments(one.entry, variables)
            else:
                new = crashkernel.replace(old, None if self.menu and bls.uses(old, KERNELOPTS) else wanted)
                is_right = new == old
            if not is_right:
                changes.append(FileChange(one.path, one.text, bls.with_options(one.text, new)))
        kernelopts = self._kernelopts()
        if crashkernel.values(kernelopts) != wanted_values(wanted) and kernelopts:
            path = self._environment_path()
            before = self.host.read(path)
            new = crashkernel.replace(kernelopts, wanted)
            changes.append(FileChange(path, before, bls.with_variable(before or "", KERNELOPTS, new, path)))
        return changes

    def _zipl(self) -> List[List[str]]:
        """On IBM Z the entries are read when zipl runs, and not when the machine starts."""
        if self.menu:
            return []
        if not self.host.which("zipl"):
            raise BootLoaderError(
                "/etc/zipl.conf is there, but not zipl, which has to run for a change of the boot entries to count: "
                "looked in {0}. Install the package that brings it (s390utils-core), and run again.".format(
                    ", ".join(SBIN)
                )
            )
        return [["zipl"]]


def _arguments(entry: bls.Entry, variables: Dict[str, str]) -> str:
    options: Optional[str] = entry.options
    if options is None:
        options = variables.get("default_" + KERNELOPTS, "")
    return bls.expand(options, variables) if variables else options
