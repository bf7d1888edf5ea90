# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of proof.py."""

import copy
import errno
import hashlib
import json
import os
from typing import Any, Callable, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils import proof
from ansible_collections.kdump.fleet.plugins.module_utils.host import Host
from ansible_collections.kdump.fleet.plugins.module_utils.kdump_tools import read as read_setup
from ansible_collections.kdump.fleet.plugins.module_utils.setup import Policy
from tests.unit.plugins.module_utils.host_tree import CONFIGURATION, INITRD, KERNEL, HostTree

IMAGE = "/boot/vmlinuz-" + KERNEL


def fingerprint(tree: HostTree, record: Optional[Dict[str, Any]] = None, kernel: str = KERNEL) -> Dict[str, Any]:
    host = tree.host()
    return proof.fingerprint(host, read_setup(host, Policy()), kernel, record)


def error_of(tree: HostTree) -> str:
    with pytest.raises(proof.ProofError) as error:
        proof.read(tree.host())
    start = proof.RECORD + " is no proof record: "
    end = ". Run the crash test again, which writes it anew."
    message = str(error.value)
    assert message.startswith(start)
    assert message.endswith(end)
    return message[len(start) : -len(end)]


# ---- reading


def test_a_record_is_read_as_it_was_written(tree: HostTree) -> None:
    assert proof.read(tree.host()) == tree.record()


def test_no_record_is_none(tree: HostTree) -> None:
    tree.remove(proof.RECORD)
    assert proof.read(tree.host()) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "record is missing or of the wrong type"),
        ("null", "record is missing or of the wrong type"),
        ("[]", "record is missing or of the wrong type"),
        ('"text"', "record is missing or of the wrong type"),
        ("3", "record is missing or of the wrong type"),
        ("{}", "record.format is missing or of the wrong type"),
        ("{", "it is not JSON"),
        ("\udcff", "it is not JSON"),
        ("\0" * 100, "it is not JSON"),
        ("[" * 100000, "it is not JSON"),
    ],
)
def test_broken_files_are_told(tree: HostTree, text: str, why: str) -> None:
    tree.write(proof.RECORD, text)
    assert error_of(tree) == why


def test_a_directory_in_its_place_is_told(tree: HostTree) -> None:
    tree.remove(proof.RECORD)
    tree.directory(proof.RECORD)
    assert error_of(tree) == "Is a directory"


def test_a_link_in_circles_is_told(tree: HostTree) -> None:
    tree.link(proof.RECORD, "proof.json")
    assert error_of(tree) == os.strerror(errno.ELOOP)


def test_a_record_of_another_version_is_told(tree: HostTree) -> None:
    tree.write_record(dict(tree.record(), format=2))
    assert error_of(tree) == "its format is 2, and this version reads format 1"


@pytest.mark.parametrize(
    "where",
    [
        "format",
        "host",
        "time",
        "trigger",
        "seconds",
        "dump",
        "dump.path",
        "dump.size_bytes",
        "fingerprint",
        "fingerprint.kernel",
        "fingerprint.capture_kernel.path",
        "fingerprint.capture_kernel.sha256",
        "fingerprint.capture_initrd.mtime_ns",
        "fingerprint.configuration.size",
        "capture.total_bytes",
        "capture.least_available_bytes",
        "capture.reserved_bytes",
    ],
)
@pytest.mark.parametrize("value", [None, [], [1], {}, 1e999, float("nan")], ids=str)
def test_a_record_of_the_wrong_shape_is_told(tree: HostTree, where: str, value: Any) -> None:
    record = tree.record()
    part = record
    *above, name = where.split(".")
    for step in above:
        part = part[step]
    part[name] = value
    tree.write_record(record)
    assert error_of(tree).startswith("record." + where)


@pytest.mark.parametrize("where", ["capture", "fingerprint.capture_initrd", "dump.panic", "dump.signature"])
def test_what_may_be_missing_is_not_missed(tree: HostTree, where: str) -> None:
    record = tree.record()
    above, _dot, name = where.rpartition(".")
    (record[above] if above else record)[name] = None
    tree.write_record(record)
    assert proof.read(tree.host()) == record


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["kernel", "sha256", "path", "time", "x", *proof.FILES]), inner, max_size=4),
    ),
    max_leaves=8,
)
EMPTY: Dict[str, Any] = {"kernel": "6.12", "capture_kernel": None, "capture_initrd": None, "configuration": None}


@given(st.dictionaries(st.sampled_from(["fingerprint", "format", "dump", "capture"]), JSON))
def test_no_shape_of_a_record_is_stumbled_over(record: Dict[str, Any]) -> None:
    class Holding(Host):
        def read(self, name: str) -> Optional[str]:
            return json.dumps(record)

    with pytest.raises(proof.ProofError):
        proof.read(Holding("/nowhere"))
    assert isinstance(proof.changed(record, EMPTY), list)


# ---- who may read


class Closed(Host):
    """A host whose proofs are kept from the one who asks, as they are from all but root."""

    def read(self, name: str) -> Optional[str]:
        raise PermissionError(errno.EACCES, "Permission denied", name)


def test_others_than_root_see_no_proof() -> None:
    assert proof.read(Closed("/nowhere")) is None
    assert proof.measured(Closed("/nowhere")) is None


# ---- measurement of a capture


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        (None, None),
        ("", None),
        ("total 100\n", None),
        ("least_available 7\n", None),
        ("total 100\nleast_available x\n", None),
        ("total 100\nleast_available \u00b2\n", None),
        ("\0\0\0\0", None),
        ("total 100\nleast_available 7\n", {"total_bytes": 102400, "least_available_bytes": 7168}),
        ("garbage\udcff\ntotal 100\nleast_available 7", {"total_bytes": 102400, "least_available_bytes": 7168}),
    ],
)
def test_a_measurement_is_read(tree: HostTree, text: Optional[str], measured: Optional[Dict[str, int]]) -> None:
    if text is not None:
        tree.write(proof.MEASURED, text)
    assert proof.measured(tree.host()) == measured


# ---- fingerprints


def test_a_fingerprint_names_what_was_proven(tree: HostTree) -> None:
    found = fingerprint(tree)
    assert found["kernel"] == KERNEL
    for name, path in (("capture_kernel", IMAGE), ("capture_initrd", INITRD), ("configuration", CONFIGURATION)):
        status = tree.path(path).stat()
        assert found[name] == {
            "path": path,
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": hashlib.sha256(tree.path(path).read_bytes()).hexdigest(),
        }


def test_big_files_are_read_in_pieces(tree: HostTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "CHUNK", 7)
    tree.write(INITRD, "x" * 7 * 5 + "end")
    assert fingerprint(tree)["capture_initrd"]["sha256"] == hashlib.sha256(b"x" * 35 + b"end").hexdigest()


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> List[str]:
    """The files that are read from end to end."""
    paths: List[str] = []
    original = proof._checksum

    def checksum(path: str) -> str:
        paths.append(path)
        return original(path)

    monkeypatch.setattr(proof, "_checksum", checksum)
    return paths


def test_nothing_is_read_while_size_and_time_are_as_recorded(tree: HostTree, summed: List[str]) -> None:
    record = tree.record()
    assert fingerprint(tree, record) == record["fingerprint"]
    assert summed == []


@pytest.mark.parametrize("change", ["size", "mtime_ns", "path", "sha256"])
def test_a_file_is_read_when_it_may_have_changed(tree: HostTree, summed: List[str], change: str) -> None:
    record = tree.record()
    record["fingerprint"]["capture_initrd"][change] = ""
    assert fingerprint(tree, record) == tree.record()["fingerprint"]
    assert summed == [str(tree.path(INITRD))]


def test_everything_is_read_without_a_record(tree: HostTree, summed: List[str]) -> None:
    assert fingerprint(tree) == tree.record()["fingerprint"]
    assert len(summed) == 3


def gone(tree: HostTree) -> None:
    tree.remove(INITRD)


def directory(tree: HostTree) -> None:
    gone(tree)
    tree.directory(INITRD)


def pipe(tree: HostTree) -> None:
    gone(tree)
    os.mkfifo(str(tree.path(INITRD)))


@pytest.mark.parametrize("change", [gone, directory, pipe])
def test_what_is_no_file_has_no_checksum(tree: HostTree, change: Callable[[HostTree], None]) -> None:
    change(tree)
    assert fingerprint(tree)["capture_initrd"] is None


def test_a_file_that_goes_away_meanwhile_has_no_identity(tree: HostTree) -> None:
    setup = read_setup(tree.host(), Policy())._replace(capture_initrd="/gone")
    assert proof.fingerprint(tree.host(), setup, KERNEL)["capture_initrd"] is None


# ---- what has changed


def test_nothing_changed_is_nothing(tree: HostTree) -> None:
    assert proof.changed(tree.record(), fingerprint(tree)) == []


def test_a_new_time_alone_changes_nothing(tree: HostTree) -> None:
    os.utime(str(tree.path(INITRD)), (1, 1))
    assert proof.changed(tree.record(), fingerprint(tree, tree.record())) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tree: tree.write(INITRD, "other"), "capture initrd " + INITRD),
        (gone, "capture initrd is gone"),
        (lambda tree: tree.append(CONFIGURATION, "#\n"), "configuration " + CONFIGURATION),
        (lambda tree: tree.write(IMAGE, "kernex"), "capture kernel " + IMAGE),
    ],
)
def test_a_change_is_named(tree: HostTree, change: Callable[[HostTree], None], said: str) -> None:
    change(tree)
    assert proof.changed(tree.record(), fingerprint(tree, tree.record())) == [said]


def test_another_kernel_is_named_with_both_releases(tree: HostTree) -> None:
    current = dict(fingerprint(tree), kernel="6.13")
    assert proof.changed(tree.record(), current) == ["kernel 6.13 (proven: {0})".format(KERNEL)]


def test_several_changes_are_all_named(tree: HostTree) -> None:
    current = copy.deepcopy(dict(fingerprint(tree), kernel="6.13", capture_kernel=None))
    assert [said.split()[0] for said in proof.changed(tree.record(), current)] == ["kernel", "capture"]
