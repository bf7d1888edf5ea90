# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as one file: a script that holds the gate's sources, and imports them out of itself.

Python reads a script once, through one open file. A request of a host whose dump is on its way is carried out by the
old gate or by the new one, never by a mixture, whenever the file is replaced. (Python comes back to a zip archive for
every import.)
"""

import contextlib
import json
import os
import pkgutil
import sys
import tempfile
from typing import Any, Dict, List, NamedTuple, Optional

from . import dump_gate
from .dump_gate import main as gate_main
from .host.errors import KdumpError
from .host.machine import CommandError, Host

PACKAGE = "dump_gate"
SCRIPT = '''\
#!{python} -I
"""What sshd runs for the keys of hosts that send crash dumps. Written by kdump.fleet: the next run replaces it."""

import importlib.abc
import importlib.util
import sys

SOURCES = {sources}


class Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the modules that stand above."""

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name in SOURCES else None

    def is_package(self, name):
        return name == {package}

    def get_source(self, name):
        return SOURCES[name]


sys.meta_path.insert(0, Sources())  # before what they are needed for

from {main} import run

sys.exit(run({settings}))
'''
OLDEST = (3, 6)
STABLE = ("/usr/bin/python3", "/usr/libexec/platform-python")
ALTERNATIVES = "/etc/alternatives/python3"


class Wanted(NamedTuple):
    """A file as it should be."""

    path: str
    content: bytes
    mode: int


def sources() -> Dict[str, str]:
    """The gate's sources by the names of their modules."""
    found = {PACKAGE: ""}
    for module in pkgutil.iter_modules(dump_gate.__path__):
        data = pkgutil.get_data(dump_gate.__name__, module.name + ".py")
        if data is None:
            raise KdumpError(
                "The source of the gate's {0} cannot be read where this module runs. Unset whatever changes how "
                "Ansible sends modules, and run again.".format(module.name)
            )
        found["{0}.{1}".format(PACKAGE, module.name)] = data.decode("utf-8")
    return found


def script(python: str, settings: str) -> bytes:
    """The program that reads its settings from the file I(settings), run by the interpreter I(python)."""
    text = SCRIPT.format(
        python=python,
        sources=_literal(sources()),
        package=ascii(PACKAGE),
        main="{0}.{1}".format(PACKAGE, gate_main.__name__.rpartition(".")[2]),
        settings=ascii(settings),
    )
    return text.encode("utf-8")


def _literal(texts: Dict[str, str]) -> str:
    """Texts as Python, line by line, so that a person can read them and C(--diff) shows what differs."""
    lines = ["{"]
    for name in sorted(texts):
        lines.append("    {0}: (".format(ascii(name)))
        lines += ["        " + ascii(line) for line in texts[name].splitlines(True) or [""]]
        lines.append("    ),")
    return "\n".join(lines + ["}"])


def files(host: Host, given: Dict[str, Any]) -> List[Wanted]:
    """The program and its settings, by the parameters of the module dump_gate."""
    for name in ("path", "settings_path"):
        if not os.path.isabs(given[name]):
            raise KdumpError("{0} is '{1}'. sshd needs an absolute path.".format(name, given[name]))
    python = _stable(host) if given["python"] is None else given["python"]
    _try(host, python)
    settings = json.dumps(given["settings"], indent=4, sort_keys=True) + "\n"
    # The settings first: a new gate may ask for one that the previous one did not know.
    return [
        Wanted(given["settings_path"], settings.encode("utf-8"), 0o644),
        Wanted(given["path"], script(python, given["settings_path"]), 0o755),
    ]


def _try(host: Host, python: str) -> None:
    """Run the interpreter once."""
    if not os.path.isabs(python) or python.split() != [python]:
        raise KdumpError(
            "'{0}' cannot stand in the first line of a program. Name Python by an absolute path without blanks "
            "(dump_server_python).".format(python)
        )
    check = "import sys; sys.exit(sys.version_info < {0})".format(OLDEST)
    try:
        host.run([python, "-I", "-c", check])
    except CommandError as error:
        raise KdumpError(
            "The gate needs Python {0}.{1} or newer, and {2} is not: {3} Set dump_server_python.".format(
                OLDEST[0], OLDEST[1], python, error
            )
        ) from error


def _stable(host: Host) -> str:
    """The distribution's own name of Python 3, which an upgrade of the server keeps, else what runs this.

    Ansible finds names with a minor version, such as /usr/bin/python3.11, and these go with the version. Where
    alternatives(8) manages /usr/bin/python3 (EL 8), it goes with a package; the system's own name stays.
    """
    names = list(STABLE)
    if host.exists(ALTERNATIVES):
        names.reverse()
    for name in names:
        with contextlib.suppress(KdumpError):
            if host.exists(name):
                _try(host, name)
                return name
    return sys.executable


def install(module: Any, wanted: List[Wanted], show: bool) -> Dict[str, Any]:
    """Put files in place, for the user that runs this and nobody else to write; what the module returns."""
    replaced: List[str] = []
    diff: List[Dict[str, Any]] = []
    for file in wanted:
        before = _read(file.path)
        # A link is replaced: what it points to is somebody else's to write.
        changed = before != file.content or os.path.islink(file.path)
        if changed:
            diff += [_difference(file, before)] if show else []  # else the sources would fill every job's records
            if not module.check_mode:
                _replace(module, file)
        if not (changed and module.check_mode):
            attributes: Dict[str, Any] = {}
            others = module.set_mode_if_different(file.path, file.mode, False, diff=attributes)
            others = module.set_owner_if_different(file.path, str(os.geteuid()), others, diff=attributes)
            if others and not changed:
                header = {"before_header": file.path, "after_header": file.path}
                diff.append(dict(header, **{side: json.dumps(attributes[side]) + "\n" for side in sorted(attributes)}))
            changed = changed or others
        if changed:
            replaced.append(file.path)
    return {"changed": bool(replaced), "files": replaced, "diff": diff}


def _difference(file: Wanted, before: Optional[bytes]) -> Dict[str, Any]:
    return {
        "before_header": file.path if before is not None else file.path + " (absent)",
        "after_header": file.path,
        "before": (before or b"").decode("utf-8", "replace"),
        "after": file.content.decode("utf-8"),
    }


def _read(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _replace(module: Any, file: Wanted) -> None:
    directory = os.path.dirname(file.path)
    if not os.path.isdir(directory):
        raise KdumpError("There is no directory {0} for {1}. Make it, and run again.".format(directory, file.path))
    handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as stream:
        stream.write(file.content)
    module.atomic_move(temporary, file.path)
