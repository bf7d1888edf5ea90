# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from tests.lab import accelerator, image, machine, packages, ssh, symbols
from tests.lab.errors import LabError
from tests.lab.machine import Machine
from tests.lab.process import environment, say
from tests.lab.recipes import RECIPES, recipe
from tests.lab.settings import run_directory

Verb = Callable[[argparse.Namespace], None]


def setup(options: argparse.Namespace) -> None:
    """install what the lab needs on this machine"""
    packages.setup()


def probe(options: argparse.Namespace) -> None:
    """say which accelerator is used here, and why"""
    choice = accelerator.choose(image.ensure(recipe(options.image)).kernel)
    print(f"{choice.name}: {choice.reason}")


def build(options: argparse.Namespace) -> None:
    """build an image and the snapshot of a machine that it boots"""
    begun = time.monotonic()
    if options.rebuild:
        image.ensure(recipe(options.image), rebuild=True)
    with machine.source(options.image) as disks:
        say(f"image {options.image} with kernel {disks.image.release}: {time.monotonic() - begun:.0f} s")
        print(disks.image.directory)


def up(options: argparse.Namespace) -> None:
    """start machines, and write the inventory of the run"""
    started = machine.up(
        options.names,
        image_name=options.image,
        memory=options.memory,
        cpus=options.cpus,
        run=options.run,
        networked=options.network,
        second_disk=options.disk,
    )
    show(started)
    print(started[0].directory.parent / "inventory.yml")


def down(options: argparse.Namespace) -> None:
    """stop machines, all of the run unless some are named; serial logs stay"""
    stopped = machine.down(options.names, options.run)
    say("stopped " + (" ".join(stopped) or "nothing: nothing runs"))


def reset(options: argparse.Namespace) -> None:
    """switch a machine off and on again, as a power cut does"""
    machine.machine(options.name, options.run).reset()


def listing(options: argparse.Namespace) -> None:
    """list the machines of all runs"""
    for run in [options.run] if options.told else machine.runs():
        show(machine.machines(run))


def serial(options: argparse.Namespace) -> None:
    """print a machine's serial log"""
    path = options.run / options.name / "serial.log"
    try:
        sys.stdout.write(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise LabError(f"There is no serial log of {options.name}: {error}.") from error


def login(options: argparse.Namespace) -> None:
    """log in to a machine, or run a command there"""
    found = machine.machine(options.name, options.run)
    command = [*ssh.command(found.port, found.key), *options.command]
    sys.stdout.flush()
    os.execvpe(command[0], command, environment())


def symbols_of(options: argparse.Namespace) -> None:
    """print the path of the vmlinux with the symbols of an image's kernel; status 3 if the mirror has none"""
    print(symbols.ensure(image.ensure(recipe(options.image))))


def show(machines: Sequence[Machine]) -> None:
    """A line for each machine."""
    for found in machines:
        process = found.pid
        if process is None:
            state = "ended by itself"
        else:
            minutes = (time.time() - found.files.pidfile.stat().st_mtime) / 60
            answer = "answers" if found.answers() else "does not answer"
            state = f"pid {process}, up {minutes:.0f} min, ssh port {found.port} {answer}"
        print(f"{found.name}  {found.image}  {state}  {found.serial}", flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    whole = argparse.ArgumentParser(prog="python -m tests.lab", description="Virtual machines that really crash.")
    verbs = whole.add_subparsers(metavar="VERB", required=True)

    def add(name: str, verb: Verb) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=verb.__doc__, description=verb.__doc__)
        one.set_defaults(verb=verb)
        return one

    def add_image(one: argparse.ArgumentParser, word: str = "image") -> None:
        if word.startswith("-"):
            one.add_argument(word, choices=sorted(RECIPES), default="debian")
        else:
            one.add_argument(word, choices=sorted(RECIPES), default="debian", nargs="?")

    def add_run(one: argparse.ArgumentParser) -> None:
        one.add_argument("--run", type=Path, metavar="DIR", help="directory of the run; default: KDUMP_LAB_RUN")

    add("setup", setup)
    add_image(add("probe", probe))
    one = add("build", build)
    add_image(one)
    one.add_argument("--rebuild", action="store_true", help="build it even if it is in the cache")
    one = add("up", up)
    one.add_argument("names", metavar="NAME", nargs="+")
    add_image(one, "--image")
    one.add_argument("--memory", type=int, metavar="MIB", help="default: the image's own")
    one.add_argument("--cpus", type=int, help="default: the image's own")
    one.add_argument("--network", action="store_true", help="on a network of their own they see each other")
    one.add_argument("--disk", action="store_true", help="each has an empty second disk; not together with --network")
    add_run(one)
    one = add("down", down)
    one.add_argument("names", metavar="NAME", nargs="*")
    add_run(one)
    one = add("reset", reset)
    one.add_argument("name", metavar="NAME")
    add_run(one)
    add_run(add("list", listing))
    one = add("serial", serial)
    one.add_argument("name", metavar="NAME")
    add_run(one)
    one = add("ssh", login)
    add_run(one)
    one.add_argument("name", metavar="NAME")
    one.add_argument("command", metavar="COMMAND", nargs=argparse.REMAINDER)
    add_image(add("symbols", symbols_of))
    return whole


def interrupted(number: int, frame: FrameType | None) -> None:
    """SIGTERM cleans up as Ctrl-C does."""
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb; the exit status."""
    options = parser().parse_args(words)
    options.told = getattr(options, "run", None) is not None
    options.run = (getattr(options, "run", None) or run_directory()).absolute()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        options.verb(options)
    except LabError as error:
        say(str(error))
        return error.status
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except OSError as error:
        say(f"{error}.")
        return 2
    return 0
