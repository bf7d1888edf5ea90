# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One stub host: a directory with a host's files, and what a test has scripted for it.

The files are the host tree of the unit tests, so kdump_info's own code judges them. What a real host would do to
its files when a package is installed, a service started or a kernel booted is done here by hand.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.kdump.fleet.plugins.module_utils.bootloader import grub_drop_in
from ansible_collections.kdump.fleet.plugins.module_utils.host import identity
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import CommandResult
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof, rules
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import report as readiness
from ansible_collections.kdump.fleet.plugins.module_utils.readiness.codes import Finding
from ansible_collections.kdump.fleet.plugins.module_utils.tools.policy import Policy
from tests.unit.plugins.module_utils import host_tree
from tests.unit.plugins.module_utils.host_tree import HostTree, ready_host

BOOT_ID = "/proc/sys/kernel/random/boot_id"
RESERVED = "/sys/kernel/kexec_crash_size"
LOADED = "/sys/kernel/kexec_crash_loaded"
FADUMP = "/sys/kernel/fadump/"
TOOLS = ("/usr/sbin/kdump-config", "/usr/sbin/kexec", "/usr/bin/makedumpfile")
PACKAGED = "/usr/share/kdump-tools/kdump-tools.conf"
CAPTURE_LINKS = ("/var/lib/kdump/vmlinuz", "/var/lib/kdump/initrd.img")
PANICS = {
    "sysrq": "Kernel panic - not syncing: sysrq triggered crash",
    "module": "Kernel panic - kdump.fleet crash test",
}
KERNEL_LOG = "[    0.000000] crashkernel reservation failed - No suitable area found.\n"
STATES = ("bare", "installed", "staged", "armed", "proven", "plain")


class StubHost:
    """A Debian host with kdump-tools, below a directory of one run."""

    def __init__(self, run: Path, name: str) -> None:
        self.run, self.name = run, name
        self.tree = HostTree(run / "hosts" / name)
        self.tree.runner = self._command

    def _command(self, argv: list[str], timeout: float) -> CommandResult:
        """What kdump_info runs; the script knows more commands than these."""
        for known in self.script().get("commands", []):
            if known["match"] in " ".join(argv):
                return CommandResult(argv, known.get("rc", 0), known.get("stdout", ""), "")
        if argv == ["dmesg"]:
            return CommandResult(argv, 0, KERNEL_LOG, "")
        return host_tree.refuses(argv, timeout)

    # ---- what the test has scripted, and what has happened so far

    @property
    def _script(self) -> Path:
        return self.run / "scripts" / f"{self.name}.json"

    def script(self) -> dict[str, Any]:
        """What the test says of this host, with the counters of its faults."""
        found: dict[str, Any] = json.loads(self._script.read_text())
        return found

    def write_script(self, script: dict[str, Any]) -> None:
        """Keep it for the next task, which runs in another process."""
        self._script.parent.mkdir(parents=True, exist_ok=True)
        self._script.write_text(json.dumps(script))

    def make(self, script: dict[str, Any]) -> None:
        """The files of the wanted state: each one is the next one with something taken away."""
        state = script.get("state", "bare")
        if state not in STATES:
            raise ValueError(f"no stub host is {state}: {STATES}")
        tree = ready_host(self.tree.root)
        self.write_script({"dumps": [], **script})
        tree.write(identity.NODENAME, script.get("nodename", self.name) + "\n")
        self.new_boot()
        if script.get("fadump"):
            self._firmware_keeps_memory()
        if state == "proven":
            return
        tree.remove(proof.RECORD)
        if state == "armed":
            return
        tree.nothing_reserved()
        tree.running(None)
        if state == "staged":
            return
        tree.menu(None, None)
        tree.remove(grub_drop_in.PATH, host_tree.WANTED_BY_BOOT)
        tree.write(host_tree.CONFIGURATION, host_tree.PACKAGED)
        if state != "installed":
            self.uninstall()

    def _firmware_keeps_memory(self) -> None:
        """IBM Power with fadump=on: the kernel is registered with firmware, and no capture kernel is loaded."""
        for name, value in (("enabled", "1"), ("registered", "1"), ("mem_reserved", "201326592")):
            self.tree.write(FADUMP + name, value + "\n")
        self.tree.write(LOADED, "0\n")

    # ---- what happens on a host

    def new_boot(self) -> str:
        """Another boot id."""
        found = str(uuid.uuid4())
        self.tree.write(BOOT_ID, found + "\n")
        return found

    def read(self, name: str) -> str:
        """A file, stripped; nothing where there is none."""
        path = self.tree.path(name)
        return path.read_text().strip() if path.is_file() else ""

    def install(self) -> bool:
        """The packages, with their defaults; whether anything was missing."""
        if self.tree.path(TOOLS[0]).exists():
            return False
        for name in TOOLS:
            self.tree.program(name)
        self.tree.write(PACKAGED, host_tree.PACKAGED)
        self.tree.write(host_tree.CONFIGURATION, host_tree.PACKAGED)
        self.enable()
        return True

    def uninstall(self) -> bool:
        """The packages and their configuration are gone."""
        if not self.tree.path(TOOLS[0]).exists():
            return False
        for name in (*TOOLS, PACKAGED, host_tree.CONFIGURATION, host_tree.WANTED_BY_BOOT, *CAPTURE_LINKS):
            if self.tree.path(name).is_symlink() or self.tree.path(name).exists():
                self.tree.remove(name)
        self.tree.write(LOADED, "0\n")
        return True

    def enable(self) -> None:
        """The service starts at the next boot."""
        self.tree.link(host_tree.WANTED_BY_BOOT, "/usr/lib/systemd/system/kdump-tools.service")

    def load(self) -> None:
        """What a start of the service does."""
        if self.tree.path(TOOLS[0]).exists() and int(self.read(RESERVED) or 0):
            build = str(uuid.uuid4()) if self.script().get("rebuilds_initrd") else ""
            self.tree.write(host_tree.INITRD, "initrd" + build)
            self.tree.link(CAPTURE_LINKS[0], "/boot/vmlinuz-" + host_tree.KERNEL)
            self.tree.link(CAPTURE_LINKS[1], host_tree.INITRD)
            self.tree.write(FADUMP + "registered" if self.script().get("fadump") else LOADED, "1\n")

    def staged(self) -> str | None:
        """The crashkernel value of the boot entry that boots next."""
        for line in self.read(host_tree.MENU).splitlines():
            if line.strip().startswith("linux"):
                return next((word[12:] for word in line.split() if word.startswith("crashkernel=")), None)
        return None

    def running(self) -> str | None:
        """The crashkernel value that the running kernel was booted with."""
        words = self.read("/proc/cmdline").split()
        return next((word[12:] for word in words if word.startswith("crashkernel=")), None)

    def stage(self, value: str | None) -> bool:
        """What module crashkernel does to the boot menu; whether that was a change."""
        changed = self.staged() != value
        self.tree.menu(value, value)
        if value is None:
            self.tree.path(grub_drop_in.PATH).unlink(missing_ok=True)
        else:
            self.tree.drop_in(value)
        return changed

    def boot(self) -> str:
        """The next boot: with the staged arguments, unless the script says that it ignores them."""
        value = self.running() if self.script().get("reboot_ignores_menu") else self.staged()
        self.tree.running(value)
        if value is None or self.script().get("reboot_reserves_nothing"):
            self.tree.nothing_reserved()
        else:
            self.tree.write("/proc/iomem", host_tree.IOMEM)
            self.tree.write(RESERVED, "201326592\n")
            self.tree.write(LOADED, "0\n")
            if self.tree.path(host_tree.WANTED_BY_BOOT).is_symlink():
                self.load()
        return self.new_boot()

    def crash(self, trigger: str, now: str) -> None:
        """The kernel dies, dumps where the script says (by default here), and boots."""
        script = self.script()
        told = script.get("dump", {})
        if told is not None and "1" in (self.read(LOADED), self.read(FADUMP + "registered")):
            keeper = StubHost(self.run, told.get("on", self.name))
            stamp = f"{len(script.get('crashes', [])) + 1:012d}"
            directory = told.get("directory") or f"/var/crash/{stamp}"
            dump = {
                "path": f"{directory}/dump.{stamp}",
                "directory": directory,
                "host": self.name,
                "time": now,
                "kernel": self.read("/proc/sys/kernel/osrelease"),
                "nodename": self.read(identity.NODENAME),
                "size_bytes": 93975628,
                "disk_bytes": 93975628,
                "format": "flattened",
                "flattened_content": "compressed",
                "packed": None,
                "complete": True,
                "incomplete_reason": None,
                "dmesg": f"{directory}/dmesg.{stamp}",
                "panic": PANICS[trigger],
                "signature": "0123456789abcdef",
                "error": None,
                "log": script.get("log", []),
                **{key: value for key, value in told.items() if key != "on"},
            }
            if told.get("dmesg", "") is None:
                dump["panic"] = None
            kept = keeper.script()
            kept["dumps"].append(dump)
            keeper.write_script(kept)
        script = self.script()
        script["crashes"] = [*script.get("crashes", []), now]
        self.write_script(script)
        self.boot()

    # ---- what a module answers

    @contextmanager
    def _scripted_findings(self) -> Iterator[None]:
        more = [Finding(code, message) for code, message in self.script().get("findings", {}).items()]
        judge = rules.judge
        with mock.patch.object(rules, "judge", lambda facts: judge(facts) + more):
            yield

    def report(self, policy: dict[str, Any], fingerprint: bool = False) -> dict[str, Any]:
        """The answer of kdump_info, by its own code. Dump servers are not asked."""
        with self._scripted_findings():
            return readiness.report(self.tree.host(), Policy.of(policy), fingerprint)
