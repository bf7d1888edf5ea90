# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache: keys, whole artifacts, locks."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from tests.lab import cache


def test_a_key_changes_with_each_part() -> None:
    keys = {cache.key("a"), cache.key("b"), cache.key("a", "b"), cache.key(["a", "b"]), cache.key(("a", 1))}
    assert len(keys) == 5
    assert cache.key("a", {"b": 1}) == cache.key("a", {"b": 1})


def test_a_digest_sees_name_content_and_mode(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    file = tree / "one"
    file.write_text("1")
    digests = [cache.files_digest([tree])]
    file.write_text("2")
    digests.append(cache.files_digest([tree]))
    file.chmod(0o755)
    digests.append(cache.files_digest([tree]))
    file.rename(tree / "two")
    digests.append(cache.files_digest([tree]))
    (tree / "below").mkdir()
    (tree / "below" / "three").write_text("")
    digests.append(cache.files_digest([tree]))
    assert len(set(digests)) == len(digests)


def test_an_artifact_is_built_once(tmp_path: Path) -> None:
    built = []

    def build(workplace: Path) -> None:
        built.append(workplace)
        (workplace / "file").write_text("x")

    directory = tmp_path / "kind" / "key"
    for _time in range(2):
        assert (cache.artifact(directory, build) / "file").read_text() == "x"
    assert len(built) == 1
    assert list(directory.parent.iterdir()) == [directory]


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build(workplace: Path) -> None:
        (workplace / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.artifact(tmp_path / "kind" / "key", build)
    assert list((tmp_path / "kind").iterdir()) == []


def test_what_a_killed_builder_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".building-old"
    left.mkdir()
    cache.artifact(tmp_path / "key", lambda workplace: None)
    assert not left.exists()


def test_older_artifacts_go(tmp_path: Path) -> None:
    for name in ("old", "older", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    cache.remove_others(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    cache.remove(tmp_path / "new")
    cache.remove(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_waits_for_its_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locks" / "one"
    order: list[str] = []
    told = threading.Event()

    def say(text: str) -> None:
        order.append(text)
        told.set()

    def take() -> None:
        with cache.lock(path, "image x"):
            order.append("second")

    monkeypatch.setattr(cache, "say", say)
    with cache.lock(path, "image x"):
        waiting = threading.Thread(target=take)
        waiting.start()
        assert told.wait(60)
        order.append("first")
    waiting.join()
    assert order == ["waiting for another process of the lab: image x", "first", "second"]


def test_machines_that_start_share_the_lock(own_cache: Path) -> None:
    file = own_cache / "locks" / "debian"
    with (
        cache.image_lock("debian", shared=True),
        cache.image_lock("debian", shared=True),
        file.open() as stream,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
