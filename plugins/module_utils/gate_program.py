# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as one file: its sources in a zip archive that Python runs (PEP 441), as the library's zipapp makes them.

One file is put in place in one moment: a host whose dump is on its way meets the old gate or the new one, never a
mixture.
"""

import io
import json
import os
import pkgutil
import tempfile
import zipfile
from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils import dump_gate
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import main as gate_main
from ansible_collections.kdump.fleet.plugins.module_utils.errors import KdumpError
from ansible_collections.kdump.fleet.plugins.module_utils.host import CommandError, Host

PACKAGE = "dump_gate"
MAIN = '''\
"""What sshd runs for the keys of hosts that send crash dumps. Made by kdump.fleet: the next run replaces it."""

import sys

from {package}.{module} import run

sys.exit(run({settings!r}))
'''
OLDEST = (3, 6)
ALWAYS = (1980, 1, 1, 0, 0, 0)  # the time of every member: the same sources make the same bytes
REGULAR = 0o100644


class Wanted(NamedTuple):
    """A file as it should be."""

    path: str
    content: bytes
    mode: int


def sources() -> Dict[str, bytes]:
    """The gate's source files by their names in the archive."""
    found = {PACKAGE + "/__init__.py": b""}
    for module in pkgutil.iter_modules(dump_gate.__path__):
        name = module.name + ".py"
        found["{0}/{1}".format(PACKAGE, name)] = pkgutil.get_data(dump_gate.__name__, name) or b""
    return found


def archive(python: str, settings: str) -> bytes:
    """The program that reads its settings from the file I(settings), run by the interpreter I(python).

    The same bytes on every release of Python: nothing is compressed, and no time is kept.
    """
    main = MAIN.format(package=PACKAGE, module=gate_main.__name__.rpartition(".")[2], settings=settings)
    members = dict(sources(), **{"__main__.py": main.encode("utf-8")})
    stream = io.BytesIO()
    stream.write("#!{0} -I\n".format(python).encode("utf-8"))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, ALWAYS)
            member.create_system = 3  # Unix
            member.external_attr = REGULAR << 16
            file.writestr(member, members[name])
    return stream.getvalue()


def files(host: Host, given: Dict[str, Any]) -> List[Wanted]:
    """The program and its settings, by the parameters of the module dump_gate."""
    python = given["python"]
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
    settings = json.dumps(given["settings"], indent=4, sort_keys=True) + "\n"
    return [
        Wanted(given["settings_path"], settings.encode("utf-8"), 0o644),
        Wanted(given["path"], archive(python, given["settings_path"]), 0o755),
    ]


def install(module: Any, wanted: List[Wanted]) -> Dict[str, Any]:
    """Put files in place, for the user that runs this and nobody else to write; what the module returns."""
    replaced, diff = [], []
    for file in wanted:
        before = _read(file.path)
        changed = before != file.content
        diff += differences(file.path, before, file.content)
        if changed and not module.check_mode:
            _replace(module, file)
        if before is not None or not module.check_mode:
            changed = module.set_mode_if_different(file.path, file.mode, changed)
            changed = module.set_owner_if_different(file.path, str(os.geteuid()), changed)
        if changed:
            replaced.append(file.path)
    return {"changed": bool(replaced), "files": replaced, "diff": diff}


def _read(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _replace(module: Any, file: Wanted) -> None:
    _make_directory(os.path.dirname(file.path))
    handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as stream:
        stream.write(file.content)
    module.atomic_move(temporary, file.path)


def _make_directory(path: str) -> None:
    """With its parents, for everybody to read, whatever root's umask is: sshd runs the gate as another user."""
    if not os.path.isdir(path):
        _make_directory(os.path.dirname(path))
        os.mkdir(path)
        os.chmod(path, 0o755)


def differences(path: str, before: Optional[bytes], after: bytes) -> List[Dict[str, Any]]:
    """What C(--diff) shows of a file that is replaced; of an archive, its first line and each member that differs."""
    old, new = _texts(path, before), _texts(path, after)
    return [
        {
            "before_header": name if name in old else name + " (absent)",
            "after_header": name if name in new else name + " (absent)",
            "before": old.get(name, ""),
            "after": new.get(name, ""),
        }
        for name in sorted(set(old) | set(new))
        if old.get(name) != new.get(name)
    ]


def _texts(path: str, content: Optional[bytes]) -> Dict[str, str]:
    if content is None:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            texts = {"{0}: {1}".format(path, name): _text(file.read(name)) for name in file.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):  # somebody else's file
        return {path: _text(content)}
    return dict(texts, **{path: _text(content.partition(b"\n")[0]) + "\n"})


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
