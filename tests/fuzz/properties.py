# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for every boot loader: nothing but clear errors, and every byte that is not crashkernel= stays.

Set, then removed, gives back the same bytes where there was none before; set twice equals set once, removed twice
equals removed once; all other arguments keep their order, quotes and white space.
"""

from __future__ import annotations

import fnmatch
import os
import subprocess
import tempfile
from collections.abc import Callable

from hypothesis import assume
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import bls, grub_drop_in, shell_settings
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.base import BootEntry, BootLoader, Plan, differing
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub2 import OTHER_VARIABLES, SETTINGS, VARIABLE
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grub_legacy import GrubLegacy
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.grubby import Grubby
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.rpm_ostree import RpmOstree
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.systemd_boot import SystemdBoot
from ansible_collections.kdump.fleet.plugins.module_utils.bootloader.zipl import Zipl
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import crashkernel
from ansible_collections.kdump.fleet.plugins.module_utils.host.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host.kernel_arguments import words
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult, Host
from tests.fuzz import inputs

Case = Callable[[st.DataObject], bool]  # False: refused with a clear error


class MemoryHost(Host):
    """A host whose files are in memory; its rpm-ostree is a stand-in, and other commands do nothing."""

    def __init__(self, files: dict[str, str], arguments: str = "") -> None:
        super().__init__("/nowhere", self._run)
        self.files = files
        self.arguments = arguments

    def exists(self, name: str) -> bool:
        return name in self.files

    def read(self, name: str) -> str | None:
        return self.files.get(name)

    def glob(self, pattern: str) -> list[str]:
        return sorted(name for name in self.files if fnmatch.fnmatchcase(name, pattern))

    def which(self, command: str) -> str | None:
        return "/usr/sbin/" + command if command == "zipl" else None

    def _run(self, argv: list[str], timeout: float) -> CommandResult:
        for option, _equals, value in [word.partition("=") for word in argv[2:]]:
            found = [word for word in words(self.arguments) if word.text == value]
            if option == "--delete":
                start, end = found[0].start, found[0].end
                self.arguments = self.arguments[: max(start - 1, 0)] + self.arguments[end + (not start) :]
            elif option == "--append":
                self.arguments += (" " if self.arguments else "") + value
        return CommandResult(argv, 0, self.arguments, "")


class RefusedError(Exception):
    """The backend said that it cannot work with this."""


def carry_out(loader: BootLoader, host: MemoryHost, wanted: str | None) -> Plan:
    """What apply() does, in memory: files, commands, and a look whether the entries are right."""
    try:
        plan = loader.plan(wanted)
        before = dict(host.files), host.arguments
        for change in plan.files:
            assert host.files.get(change.path) == change.before
            if change.after is None:
                del host.files[change.path]
            else:
                host.files[change.path] = change.after
        for argv in plan.commands:
            host.run(argv)
        wrong = differing(loader.entries(), plan.wanted)
        if wrong:
            host.files, host.arguments = before
            raise RefusedError
        loader.next_entries(loader.entries())
        assert crashkernel.values(loader.future_arguments()) == plan.wanted or not isinstance(loader, GrubLegacy)
        loader.sources()
    except KdumpError as error:
        message = str(error)
        assert message.strip() and "Traceback" not in message
        raise RefusedError from error
    return plan


def others(loader: BootLoader) -> dict[str, list[str]]:
    """The arguments that are not crashkernel=, as they are written."""
    return {entry.id: rest(entry) for entry in loader.entries()}


def rest(entry: BootEntry) -> list[str]:
    return [word.text for word in words(entry.arguments) if not crashkernel.values(word.text)]


def holds(loader: BootLoader, host: MemoryHost, wanted: str, ours: tuple[str, ...] = ()) -> bool:
    """The properties, for a backend on a host; I(ours) are files that may be made and stay."""
    original, line = dict(host.files), host.arguments
    had = any("crashkernel=" in text for text in [*original.values(), line])
    try:
        before = others(loader)
    except KdumpError:
        return False
    try:
        carry_out(loader, host, wanted)
        once = dict(host.files), host.arguments
        assert others(loader) == before
        assert carry_out(loader, host, wanted).is_empty
        assert (host.files, host.arguments) == once
        carry_out(loader, host, None)
        removed = dict(host.files), host.arguments
        assert others(loader) == before
        assert carry_out(loader, host, None).is_empty
        assert (host.files, host.arguments) == removed
    except RefusedError:
        return False
    if not had:
        assert removed[1] == line
        assert {name: text for name, text in removed[0].items() if name in original or name not in ours} == original
    return True


# ---- the backends


def grub_legacy(data: st.DataObject) -> bool:
    host = MemoryHost({"/boot/grub/menu.lst": data.draw(inputs.legacy_menu(data.draw(st.booleans())))})
    return holds(GrubLegacy(host, "", "/boot/grub/menu.lst"), host, data.draw(inputs.WANTED))


def systemd_boot(data: st.DataObject) -> bool:
    old = data.draw(st.booleans())
    files = {
        f"/efi/loader/entries/{name}.conf": data.draw(inputs.bls_entry(old))
        for name in data.draw(st.sampled_from(["a", "ab"]))
    }
    files["/proc/cmdline"] = "BOOT_IMAGE=x " + data.draw(inputs.arguments(old)) + "\n"
    command_line = "/etc/kernel/cmdline"
    if data.draw(st.booleans()):
        files[command_line] = data.draw(inputs.broken(data.draw(inputs.arguments(old)) + "\n"))
    files["/efi/loader/loader.conf"] = data.draw(inputs.broken("timeout 3\ndefault a*\n"))
    host = MemoryHost(files)
    return holds(SystemdBoot(host, ""), host, data.draw(inputs.WANTED), ours=(command_line,))


def zipl(data: st.DataObject) -> bool:
    host = MemoryHost({"/etc/zipl.conf": data.draw(inputs.zipl_configuration(data.draw(st.booleans())))})
    return holds(Zipl(host, ""), host, data.draw(inputs.WANTED))


def rpm_ostree(data: st.DataObject) -> bool:
    text = inputs.one_line(data.draw(inputs.arguments(data.draw(st.booleans()), odd=False)))
    # The tool takes the line apart at blanks and puts it together again, so there is no other white space.
    host = MemoryHost({}, " ".join(word.text for word in words(text)))
    return holds(RpmOstree(host, ""), host, data.draw(inputs.WANTED))


def grubby(data: st.DataObject) -> bool:
    """Entries that are written without grubby, as those that it would damage are."""
    old = data.draw(st.booleans())
    files = {
        f"/boot/loader/entries/{name}.conf": data.draw(inputs.bls_entry(old))
        for name in data.draw(st.sampled_from(["a", "ab"]))
    }
    # A second line makes the command of no use.
    files["/etc/kernel/cmdline"] = data.draw(inputs.arguments(old)) + "\n# \n"
    files["/boot/grub2/grub.cfg"] = "blscfg\n"
    if data.draw(st.booleans()):
        files[SETTINGS] = data.draw(inputs.grub_settings(old))
    host = MemoryHost(files)
    return holds(Grubby(host, "", "/boot/grub2/grub.cfg"), host, data.draw(inputs.WANTED))


def grub_environment(data: st.DataObject) -> bool:
    """grubenv, in which EL 8 keeps the arguments of all entries."""
    old = inputs.one_line(data.draw(inputs.arguments(data.draw(st.booleans()))))
    text = bls.with_variable("", "kernelopts", old, "grubenv")
    new = crashkernel.replace(old, data.draw(inputs.WANTED))
    changed = bls.with_variable(text, "kernelopts", new, "grubenv")
    assert len(changed.encode("utf-8", "surrogateescape")) == 1024
    assert bls.with_variable(changed, "kernelopts", old, "grubenv") == text
    return True


def grub_settings(data: st.DataObject) -> bool:
    """/etc/default/grub where it is edited itself."""
    text = data.draw(inputs.grub_settings(data.draw(st.booleans())))
    wanted = data.draw(inputs.WANTED)
    try:
        once = edit(text, wanted)
        assert edit(once, wanted) == once
        removed = edit(once, None)
        assert edit(removed, None) == removed
    except KdumpError:
        return False
    if "crashkernel=" not in text:
        assert removed == text
    return True


def edit(text: str, wanted: str | None) -> str:
    return shell_settings.edit(text, wanted, VARIABLE, OTHER_VARIABLES, SETTINGS)


def grub_drop_in_file(data: st.DataObject) -> bool:
    """The drop-in, sourced by the real shell."""
    before = inputs.one_line(data.draw(inputs.arguments(data.draw(st.booleans()))))
    assume("\0" not in before)
    values = data.draw(inputs.WANTED).split() if data.draw(st.integers(0, 3)) else []
    with tempfile.NamedTemporaryFile(suffix=".cfg") as stream:
        stream.write(grub_drop_in.text(values).encode())
        stream.flush()
        script = '. "$1"; printf "%s" "$GRUB_CMDLINE_LINUX"'
        said = subprocess.run(
            ["sh", "-eu", "-c", script, "sh", stream.name],
            env={"PATH": os.environ["PATH"], "GRUB_CMDLINE_LINUX": before},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.decode("utf-8", "surrogateescape")
    assert crashkernel.values(said) == values or '"' in before
    if before.count('"') % 2 == 0:
        assert rest(BootEntry("", "", "", said)) == rest(BootEntry("", "", "", before))
    return True


def command_line(data: st.DataObject) -> bool:
    """The command line alone, on which all of them rest: /etc/kernel/cmdline is nothing else."""
    text = data.draw(inputs.arguments(data.draw(st.booleans())))
    wanted = data.draw(inputs.WANTED)
    once = crashkernel.replace(text, wanted)
    assert crashkernel.values(once) == wanted.split()
    assert crashkernel.replace(once, wanted) == once
    removed = crashkernel.replace(once, None)
    assert rest(BootEntry("", "", "", removed)) == rest(BootEntry("", "", "", text))
    if not crashkernel.values(text):
        assert removed == text
    return True


CASES: dict[str, Case] = {
    case.__name__: case
    for case in (
        command_line,
        grub_settings,
        grub_drop_in_file,
        grubby,
        grub_environment,
        grub_legacy,
        systemd_boot,
        zipl,
        rpm_ostree,
    )
}
