# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test needs to run its sanity tests here: a copy of the checkout, interpreters, a home of its own.

ansible-test makes an environment per tool. It fetches pip for them from its makers' server, which many
networks do not reach, and it drops the PIP_* variables; both are fixed in that home.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests import pythons
from tests.checkout import ROOT, cache_directory, files

WHICH = """
import ansible_test
from importlib import metadata
print(list(ansible_test.__path__)[0])
print(metadata.version("ansible-core"))
"""
VERSIONS = ("3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

# Takes the place of get-pip.py, which is run with the arguments of "pip install" and two of its own: every Python
# brings a pip. It runs in a process of its own, because ensurepip makes pip deaf to its configuration.
GET_PIP = """
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet"] + arguments))
"""


def core_version() -> str:
    """The release of ansible-core in this environment, such as "2.21"."""
    return ".".join(metadata.version("ansible-core").split(".")[:2])


def copy_checkout(directory: Path) -> Path:
    """Copy the checkout's files to where ansible-test expects a collection below this directory."""
    target = directory / "ansible_collections" / "kdump" / "fleet"
    for name in files():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, destination, follow_symlinks=False)
    return target


def pip_versions(ansible_test: Path) -> set[str]:
    """The versions of pip for which this ansible-test would fetch get-pip.py."""
    source = (ansible_test / "_internal" / "python_requirements.py").read_text()
    return set(re.findall(r"\bpip='([0-9.]+)'", source))


def pip_settings(listed: str) -> str:
    """A pip.conf with the settings that "pip config list" printed, whether from files or from the environment."""
    settings = {}
    for line in listed.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            settings[name.rpartition(".")[2]] = ast.literal_eval(value)
    lines = [f"{name} = {value}".replace("\n", "\n    ") for name, value in sorted(settings.items())]
    return "\n".join(["[global]", *lines, ""])


def environment(python: Path) -> dict[str, str]:
    """The variables for the ansible-test that belongs to this interpreter; fills its home."""
    source, version = subprocess.check_output([python, "-c", WHICH], text=True).splitlines()
    home = cache_directory() / "ansible-test" / version  # two releases run side by side
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in pip_versions(Path(source)):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP)
    listed = subprocess.check_output([sys.executable, "-m", "pip", "config", "list"], text=True)
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(pip_settings(listed))
    return {"HOME": str(home), "PATH": os.pathsep.join([str(python.parent), str(link_pythons(home)), os.defpath])}


def link_pythons(home: Path) -> Path:
    """A directory with the interpreters that work: ansible-test trusts any name that it finds on PATH."""
    directory = home / "bin"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for version in VERSIONS:
        found = pythons.find(version)
        if found is not None:
            (directory / f"python{version}").symlink_to(found)
    return directory
