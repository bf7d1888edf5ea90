# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of a run: starting, finding and stopping them. This is the interface for other tests."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.lab import accelerator, cache, disk, image, inventory, network, snapshot, ssh
from tests.lab.errors import LabError
from tests.lab.process import say, tail
from tests.lab.qemu import Files, Hardware, pid, start, stop
from tests.lab.qmp import Monitor
from tests.lab.recipes import recipe
from tests.lab.settings import BOOT_LIMIT, COMMAND_LIMIT, RESTORE_LIMIT, cache_directory, run_directory

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
STATE = "machine.json"
KEY = "id_ed25519"
PARALLEL = 2  # machines that boot at a time

# The first thing that a started machine is told. A snapshot's clock stands where it was saved.
PREPARE = """\
set -eu
date -u -s @{now:.0f} >/dev/null
printf '%s\\n' '{public}' >/root/.ssh/authorized_keys
echo {name} >/etc/hostname
hostname {name}
printf '127.0.0.1 localhost\\n127.0.1.1 {name}\\n' >/etc/hosts
"""


class Machine(NamedTuple):
    """A machine of a run, running or not."""

    name: str
    directory: Path
    image: str
    port: int
    address: str | None = None  # on the run's own network, if it is plugged in

    @property
    def files(self) -> Files:
        return Files(self.directory)

    @property
    def key(self) -> Path:
        """The private key of its run."""
        return self.directory.parent / KEY

    @property
    def serial(self) -> Path:
        """What its kernels said, the capture kernel among them."""
        return self.files.serial

    @property
    def pid(self) -> int | None:
        """The process id of its QEMU, if it runs."""
        return pid(self.files)

    def ssh(self, script: str, limit: float = COMMAND_LIMIT) -> str:
        """What a shell command prints there; a failing one is an error."""
        return ssh.execute(self.port, self.key, script, limit)

    def answers(self) -> bool:
        """Whether it lets us in."""
        return self.pid is not None and ssh.answers(self.port) and ssh.logs_in(self.port, self.key)

    def reset(self) -> None:
        """Switch it off and on again, as a power cut does: nothing is saved, and it boots."""
        with Monitor(self.files.monitor) as monitor:
            monitor.execute("system_reset")

    def wait(self, limit: float = BOOT_LIMIT) -> None:
        """Wait until it lets us in."""
        ssh.wait(self.port, self.key, limit, lambda: self.pid is not None)


def machines(run: Path | None = None) -> list[Machine]:
    """The machines of a run that have been started and not been stopped."""
    found = []
    for path in sorted((run or run_directory()).glob(f"*/{STATE}")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            facts = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                Machine(path.parent.name, path.parent.absolute(), facts["image"], facts["port"], facts.get("address"))
            )
    return found


def machine(name: str, run: Path | None = None) -> Machine:
    """One machine of a run."""
    known = {found.name: found for found in machines(run)}
    if name not in known:
        where = run or run_directory()
        raise LabError(f"There is no machine {name} in {where}; there is {', '.join(sorted(known)) or 'none'}.")
    return known[name]


def up(
    names: Sequence[str],
    *,
    image_name: str = "debian",
    memory: int | None = None,
    cpus: int | None = None,
    run: Path | None = None,
    networked: bool = False,
    second_disk: bool = False,
) -> list[Machine]:
    """Start machines that do not run yet, and write the run's inventory. All of them come up, or none stays.

    With C(networked), the named ones see each other: a second network card, and names in /etc/hosts. With
    C(second_disk) each of them gets an empty one, in the same place: a machine has one or the other.
    """
    for name in names:
        if not NAME.fullmatch(name):
            raise LabError(f"'{name}' is not a host name: small letters, digits and dashes, 63 at most.")
    if len(set(names)) < len(names):
        raise LabError(f"The same name twice: {' '.join(names)}.")
    where = (run or run_directory()).absolute()
    where.mkdir(parents=True, exist_ok=True)
    remember(where)
    with cache.lock(where / ".lock", f"machines in {where}"):
        key = where / KEY
        if not key.exists():
            ssh.make_key(key)
        running = {found.name: found for found in machines(where) if found.pid is not None}
        absent = [name for name in names if name not in running]
        if absent:
            with source(image_name, memory, cpus) as disks:
                start_all([where / name for name in absent], disks)
        if networked or second_disk:
            try:
                if networked:
                    join(where, names)
                if second_disk:
                    equip(where, names)
            except BaseException:
                for name in absent:
                    discard(where / name)
                raise
        inventory.write(where, machines(where))
    return [machine(name, where) for name in names]


class Disks(NamedTuple):
    """What machines are started from."""

    image: image.Image
    snapshot: Path
    hardware: Hardware


@contextlib.contextmanager
def source(name: str, memory: int | None = None, cpus: int | None = None) -> Iterator[Disks]:
    """Image and snapshot, built if they are missing, and kept from being replaced for as long as they are used."""
    wanted = recipe(name)
    while True:
        built = image.ensure(wanted)
        hardware = Hardware(
            accelerator.choose(built.kernel).name, memory or wanted.memory, cpus or wanted.cpus, wanted.firmware
        )
        saved = snapshot.ensure(built, hardware)
        with cache.image_lock(name, shared=True):
            if saved.exists() and built.disk.exists():  # a builder may have come in between
                yield Disks(built, saved, hardware)
                return


def start_all(directories: Sequence[Path], disks: Disks) -> None:
    """Start machines, some at a time; when one fails or a person interrupts, none of these stays."""
    cancelled = threading.Event()
    pool = ThreadPoolExecutor(PARALLEL)
    try:
        futures = [pool.submit(bring_up, directory, disks, cancelled) for directory in directories]
        for future in futures:
            future.result()
    except BaseException:
        cancelled.set()
        pool.shutdown(wait=True, cancel_futures=True)
        for directory in directories:
            discard(directory)
        raise
    pool.shutdown()


def bring_up(directory: Path, disks: Disks, cancelled: threading.Event) -> None:
    """Start one machine: from the snapshot, and if that does not answer, once more by an ordinary boot."""
    begun = time.monotonic()
    try:
        attempt(directory, disks, cancelled, restore=True)
    except LabError as error:
        if cancelled.is_set():
            raise
        say(f"{directory.name}: {error} Booting it instead.")
        try:
            attempt(directory, disks, cancelled, restore=False)
        except LabError as again:
            raise LabError(
                f"Machine {directory.name} does not come up: {again}\nIts serial log, {Files(directory).serial}, "
                f"ends with:\n{tail(Files(directory).serial)}"
            ) from again
    say(f"{directory.name}: up in {time.monotonic() - begun:.1f} s")


def attempt(directory: Path, disks: Disks, cancelled: threading.Event, *, restore: bool) -> None:
    """One try to start a machine and to make it its run's own."""
    discard(directory)
    directory.mkdir(parents=True, exist_ok=True)
    files = Files(directory)
    files.serial.unlink(missing_ok=True)
    if restore:
        snapshot.copy(disks.snapshot, disks.image, files)
    else:
        snapshot.overlay(disks.image, files)
    start(files, directory.name, disks.hardware, snapshot=restore)
    with Monitor(files.monitor) as monitor:
        port = monitor.ssh_port()

    def alive() -> bool:
        return not cancelled.is_set() and pid(files) is not None

    ssh.wait(port, disks.image.key, RESTORE_LIMIT if restore else BOOT_LIMIT, alive)
    public = directory.parent / f"{KEY}.pub"
    script = PREPARE.format(now=time.time(), public=public.read_text(encoding="utf-8").strip(), name=directory.name)
    ssh.execute(port, disks.image.key, script)
    note(directory, {"image": disks.image.recipe.name, "port": port, **disks.hardware._asdict()})


def note(directory: Path, facts: dict[str, object]) -> None:
    """Write down, in one step, what is known of a machine."""
    temporary = directory / f".{STATE}"
    temporary.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    temporary.replace(directory / STATE)


def join(run: Path, names: Sequence[str]) -> None:
    """Plug machines that run into the run's own network, and give all that are in it each other's names."""
    for name in names:
        found = machine(name, run)
        if found.address is not None:
            continue
        own = network.free(other.address for other in machines(run) if other.address)
        found.ssh(network.configure_script(own))
        with Monitor(found.files.monitor) as monitor:
            network.plug(monitor, run, own)
        found.ssh(network.arrived_script(own))
        facts = json.loads((found.directory / STATE).read_text(encoding="utf-8"))
        note(found.directory, {**facts, "address": own})
    members = {found.name: found for found in machines(run) if found.address and found.pid is not None}
    script = network.hosts_script({name: str(found.address) for name, found in members.items()})
    for found in members.values():
        found.ssh(script)


def equip(run: Path, names: Sequence[str]) -> None:
    """Plug an empty second disk into machines that run and have none."""
    for name in names:
        found = machine(name, run)
        if found.files.second_disk.exists():
            continue
        with Monitor(found.files.monitor) as monitor:
            disk.plug(monitor, found.files.second_disk)
        found.ssh(disk.ARRIVED)


def discard(directory: Path) -> None:
    """Stop the machine of a directory, if it runs, and remove all but its logs."""
    files = Files(directory)
    stop(files)
    for path in (files.disk, files.second_disk, files.variables, directory / STATE):
        path.unlink(missing_ok=True)


def down(names: Sequence[str] = (), run: Path | None = None) -> list[str]:
    """Stop machines, all of the run unless some are named; their serial logs stay. Returns what was stopped."""
    where = (run or run_directory()).absolute()
    if not where.is_dir():
        return []
    with cache.lock(where / ".lock", f"machines in {where}"):
        traces = ("disk.qcow2", "qemu.log", STATE)
        present = [path for path in sorted(where.iterdir()) if any((path / trace).exists() for trace in traces)]
        unknown = sorted(set(names) - {directory.name for directory in present})
        if unknown:
            raise LabError(f"There is no machine {', '.join(unknown)} in {where}.")
        stopped = []
        for directory in present:
            if names and directory.name not in names:
                continue
            if pid(Files(directory)) is not None:
                stopped.append(directory.name)
            discard(directory)
        inventory.write(where, machines(where))
    return stopped


def remember(run: Path) -> None:
    """Note that there are machines in this directory, for the list of all runs."""
    note = cache_directory() / "known-runs" / cache.key(str(run))
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{run}\n", encoding="utf-8")


def runs() -> list[Path]:
    """Every run that still has machines."""
    found = []
    for note in sorted((cache_directory() / "known-runs").glob("*")):
        run = Path(note.read_text(encoding="utf-8").strip())
        if machines(run):
            found.append(run)
        else:
            note.unlink(missing_ok=True)
    return found


def remove_run(run: Path) -> None:
    """Stop everything in a run and remove it with its logs."""
    down(run=run)
    shutil.rmtree(run, ignore_errors=True)
