# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of proof.py."""

import errno
import json
import os
from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import last_capture
from ansible_collections.kdump.fleet.plugins.module_utils.host.machine import Host
from ansible_collections.kdump.fleet.plugins.module_utils.readiness import proof
from tests.unit.plugins.module_utils.host_tree import INITRD, HostTree


def error_of(tree: HostTree) -> str:
    with pytest.raises(proof.ProofError) as error:
        proof.read(tree.host())
    start = proof.RECORD + " is not a proof record: "
    end = ". Run the crash test again, which writes a new one."
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


def test_a_record_of_a_later_version_cannot_be_used(tree: HostTree) -> None:
    tree.write_record(dict(tree.record(), format=3))
    assert error_of(tree) == "its format is 3, and this version reads up to 2"


def test_a_record_of_an_older_version_is_read(tree: HostTree) -> None:
    """It held other things of each file, and fewer files; readers must not rely on any of that."""
    old = dict(tree.record(), format=1, fingerprint={"kernel": "6.12", "capture_kernel": None})
    tree.write_record(old)
    assert proof.read(tree.host()) == old


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
        "fingerprint.ram_bytes",
        "fingerprint.reservation",
        "fingerprint.capture_arguments",
        "fingerprint.target",
        "fingerprint.target.kind",
        "fingerprint.files",
        "capture.total_bytes",
        "capture.least_available_bytes",
        "capture.reserved_bytes",
    ],
)
@pytest.mark.parametrize("value", [None, [], [1], True, 1e999, float("nan")], ids=str)
def test_a_record_of_the_wrong_shape_is_told(tree: HostTree, where: str, value: Any) -> None:
    record = tree.record()
    part = record
    *above, name = where.split(".")
    for step in above:
        part = part[step]
    part[name] = value
    tree.write_record(record)
    assert error_of(tree).startswith("record." + where)


@pytest.mark.parametrize("key", ["size", "mtime_ns", "sha256"])
@pytest.mark.parametrize("value", [None, [], True, 1e999])
def test_a_file_of_the_wrong_shape_is_told(tree: HostTree, key: str, value: Any) -> None:
    record = tree.record()
    record["fingerprint"]["files"][INITRD][key] = value
    tree.write_record(record)
    assert error_of(tree) == f"record.fingerprint.files.{INITRD}.{key} is missing or of the wrong type"


@pytest.mark.parametrize(
    "where", ["capture", "fingerprint.capture_initrd", "fingerprint.mount_lines", "dump.panic", "dump.signature"]
)
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
        st.dictionaries(st.sampled_from(["kernel", "sha256", "path", "files", "target", "x"]), inner, max_size=4),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["fingerprint", "format", "dump", "capture"]), JSON))
def test_no_shape_of_a_record_is_stumbled_over(record: Dict[str, Any]) -> None:
    class Holding(Host):
        def read(self, name: str) -> Optional[str]:
            return json.dumps(record)

    with pytest.raises(proof.ProofError):
        proof.read(Holding("/nowhere"))


# ---- who may read


class Closed(Host):
    """A host whose proofs are kept from the one who asks, as they are from all but root."""

    def read(self, name: str) -> Optional[str]:
        raise PermissionError(errno.EACCES, "Permission denied", name)


def test_others_than_root_see_no_proof() -> None:
    assert proof.read(Closed("/nowhere")) is None
    assert last_capture.measured(Closed("/nowhere")) is None
