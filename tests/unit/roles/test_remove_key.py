# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of remove-key.sh of role kdump, on keys of the real ssh-keygen: only keys that the role made go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

FILES = ROOT / "roles/kdump/files"
COMMENTS = ["kdump-web1", "kdump-" + "w" * 40 + ".example.com"]  # the second one's length is a printable character


def made(key: Path, comment: str, *more: str) -> None:
    options = more or ("-t", "ed25519")
    subprocess.run(["ssh-keygen", "-q", *options, "-N", "", "-C", comment, "-f", key], check=True)


def removed(how: str, *keys: Path, comment: str = COMMENTS[0]) -> str:
    done = subprocess.run(
        ["/bin/sh", FILES / "remove-key.sh", comment, how, *keys], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("type_", [["-t", "ed25519"], ["-t", "ecdsa", "-b", "384"]])
def test_a_key_of_the_role_goes_with_its_public_one(tmp_path: Path, comment: str, type_: list[str]) -> None:
    key, new = tmp_path / "key", tmp_path / "key.new"
    made(key, comment, *type_)
    made(new, comment, *type_)
    (tmp_path / "key.pub").unlink()  # the private key alone says whose it is
    assert removed("look", key, new, comment=comment) == f"removed {key}\nremoved {new}\n"
    assert key.exists() and new.exists()
    assert removed("write", key, new, comment=comment) == f"removed {key}\nremoved {new}\n"
    assert list(tmp_path.iterdir()) == []
    assert removed("write", key, new, comment=comment) == ""


def test_the_key_that_make_key_makes_goes(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["/bin/sh", FILES / "make-key.sh", key, COMMENTS[0], "write"], check=True, capture_output=True)
    assert removed("write", key) == f"removed {key}\n"


@pytest.mark.parametrize("comment", ["root@web1", "kdump-web10", "kdump-web", "dumps kdump-web1", ""])
def test_the_key_of_somebody_else_stays(tmp_path: Path, comment: str) -> None:
    key = tmp_path / "key"
    made(key, comment)
    assert removed("write", key) == ""
    assert key.exists()


def test_links_encrypted_keys_and_other_formats_stay(tmp_path: Path) -> None:
    real, link, encrypted, old = (tmp_path / name for name in ("real", "link", "encrypted", "old"))
    made(real, COMMENTS[0])
    link.symlink_to(real)
    made(old, COMMENTS[0], "-t", "rsa", "-m", "PEM")
    subprocess.run(["ssh-keygen", "-q", "-N", "secret", "-C", COMMENTS[0], "-f", encrypted], check=True)
    assert removed("write", link, encrypted, old, tmp_path, tmp_path / "missing") == ""
