# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that mount a directory in the place of an NFS export, in a real mount namespace.

unshare(1) gives one to any user where user namespaces are allowed, as Debian, Fedora and their relatives do.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import List

MOUNT = """\
#!/bin/sh
case $1 in
    --make-rslave) ;;
    *) for last; do :; done; set -- --bind "{export}" "$last" ;;
esac
exec "{program}" "$@"
"""
UNSHARE = '#!/bin/sh\nexec "{program}" --map-root-user "$@"\n'
HELD = '#!/bin/sh\ntouch "{0}/held"\nexec sleep 60\n'


def programs(directory: Path, export: Path) -> None:
    """Write them into I(directory)."""
    for name, text in (("mount", MOUNT), ("unshare", UNSHARE)):
        path = directory / name
        path.write_text(text.format(program=shutil.which(name), export=export))
        path.chmod(0o755)


def stop(argv: List[str], sent: signal.Signals, stubs: Path, export: Path, here: Path, **variables: str) -> None:
    """Stop a command that has mounted I(export) at I(here): all of it, in the middle of its work there."""
    (stubs / "mktemp").write_text(HELD.format(here))
    (stubs / "mktemp").chmod(0o755)
    environment = dict(os.environ, PATH="{0}:{1}".format(stubs, os.environ["PATH"]))
    environment.update(variables)
    # Tests that nohup runs ignore SIGHUP, and what they start would as well.
    command = subprocess.Popen(["env", "--default-signal"] + argv, env=environment, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (export / "held").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (export / "held").exists()
    assert list(here.iterdir()) == []  # to all others nothing is mounted there
    os.killpg(command.pid, sent)
    assert command.wait(60) == -sent
    assert str(here) not in Path("/proc/self/mounts").read_text()
    here.rmdir()
