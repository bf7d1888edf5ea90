# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorized_keys of a dump server, and whom it serves."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.filter import dump_server_hosts, dump_server_keys
from ansible_collections.kdump.fleet.plugins.filter.dump_server_of import dump_server_of

GATE = "/usr/local/libexec/kdump-gate"
WEB1 = f'restrict,command="{GATE} web1 /var/crash" ssh-ed25519 AAAA1 web1\n'
WEB2 = f'restrict,command="{GATE} web2 /data/dumps" ecdsa-sha2-nistp256 AAAA2== web2\n'
VARIABLES: dict[str, dict[str, Any]] = {
    "web1": {"kdump_ssh_public_keys": ["ssh-ed25519 AAAA1 kdump-web1"]},
    "web2": {"kdump_ssh_public_key": "ecdsa-sha2-nistp256 AAAA2== root@web2\n", "kdump_path": "/data/dumps"},
    "both": {"kdump_ssh_public_keys": ["ssh-ed25519 OLD", "ssh-ed25519 NEW"]},
    "silent": {"kdump_path": None},
}
WRITE = dump_server_keys.dump_server_keys


def rsa(*numbers: bytes, name: bytes = b"ssh-rsa", after: bytes = b"") -> str:
    """A public key."""
    content = b"".join(len(field).to_bytes(4, "big") + field for field in (name, *numbers)) + after
    return "ssh-rsa " + base64.b64encode(content).decode("ascii")


E = b"\x01\x00\x01"
N = b"\x00" + b"\xc5" * 256


@pytest.mark.parametrize(
    "key",
    [
        rsa(E, b"\x00" + N),
        rsa(E, b"\x00\x7f" + b"\xc5" * 255),
        rsa(E, after=b"\x00"),
        rsa(E, after=b"\x00\x00\x00\x00"),
        rsa(b"\x00" + E, N),
        rsa(E, N, after=b"\x00"),
        rsa(E, N, b""),
        rsa(E, b""),
        rsa(E, N, name=b"ssh-ed25519"),
        rsa(E, N)[:-4],
        rsa(E, N) + "=",
        rsa(E, b"\x00\xc5")[:-2] + "V=",
    ],
)
def test_another_text_for_the_same_rsa_key_is_refused(key: str) -> None:
    """sshd takes it for web1's: the dumps of web1 would go into the directory of the first of both."""
    hosts = {"aaa": {"kdump_ssh_public_keys": [key]}, "web1": {"kdump_ssh_public_keys": [rsa(E, N)]}}
    content = WRITE(["aaa", "web1"], hosts, GATE).splitlines()
    assert content[0] == f'restrict,command="{GATE} web1 /var/crash" {rsa(E, N)} web1'
    assert content[1].startswith("refused\taaa\tThe public RSA key of aaa is not written as ssh writes it.")
    assert len(content) == 2


@pytest.mark.parametrize("first", [b"\x01", b"\x7f", b"\x00\x80", b"\x00\xff"])
def test_an_rsa_key_as_ssh_writes_it(first: bytes) -> None:
    """A zero in front of a number that would be negative without it."""
    key = rsa(E, first + b"\xc5" * 255)
    assert WRITE(["web1"], {"web1": {"kdump_ssh_public_keys": [key]}}, GATE) == (
        f'restrict,command="{GATE} web1 /var/crash" {key} web1\n'
    )


def test_of_what_is_no_key_the_beginning_is_shown() -> None:
    content = WRITE(["aaa"], {"aaa": {"kdump_ssh_public_keys": ["x" * 80 + "y"]}}, GATE)
    assert content.startswith(f"refused\taaa\tThe public key of aaa is {'x' * 80!r}, which is not a line of")


def test_every_host_has_its_entry() -> None:
    """Sorted, whatever the order of the inventory; two while keys are rotated."""
    assert WRITE(["web2", "web1"], VARIABLES, GATE) == WEB1 + WEB2
    assert WRITE(["both"], VARIABLES, GATE).count(f'command="{GATE} both /var/crash"') == 2
    assert WRITE([], VARIABLES, GATE) == ""


def test_a_host_whose_key_is_not_known_has_no_entry_here() -> None:
    """It was not reached, or is named in dump_server_hosts and not in the inventory. The server keeps what it has."""
    assert WRITE(["silent", "web1", "ghost"], VARIABLES, GATE) == WEB1


def test_a_collector() -> None:
    """It has its own entry."""
    content = WRITE([], VARIABLES, GATE, collectors=["ssh-ed25519 AAAA7 x"])
    assert content == f'restrict,command="{GATE} --collect" ssh-ed25519 AAAA7 collector\n'


@pytest.mark.parametrize(
    "key",
    [
        "garbage",
        "ssh-ed25519",
        "ssh-dss AAAA",
        'command="/bin/sh" ssh-ed25519 AAAA',
        "ssh-ed25519 AAAA\nssh-ed25519 EVIL",
        'ssh-ed25519 AAAA"\n',
        "ssh-ed25519 AA$(id)",
    ],
)
def test_what_a_host_says_is_not_trusted(key: str) -> None:
    """A key with more in it than a key is refused, with the host's name; the others are enrolled."""
    content = WRITE(["aaa", "web2"], {**VARIABLES, "aaa": {"kdump_ssh_public_keys": [key]}}, GATE)
    entries, refused = content[: len(WEB2)], content[len(WEB2) :]
    assert entries == WEB2
    assert refused.startswith("refused\taaa\tThe public key of aaa is ")
    assert refused.count("\n") == 1
    with pytest.raises(AnsibleFilterError, match="public key of a collector"):
        WRITE([], {}, GATE, collectors=[key])


@pytest.mark.parametrize(
    "host, path", [("web 1", "/var/crash"), ('we"b', "/x"), ("..", "/x"), ("web1", "x"), ("web1", "/a b")]
)
def test_names_that_cannot_be_folders(host: str, path: str) -> None:
    """Refused, and the others are enrolled; also where the key is not known."""
    for key in ("ssh-ed25519 AAAA", None):
        content = WRITE([host, "web2"], {**VARIABLES, host: {"kdump_ssh_public_key": key, "kdump_path": path}}, GATE)
        assert content.startswith(f"{WEB2}refused\t{host}\t{host!r} with kdump_path {path!r} cannot have a directory")
        assert content.count("\n") == 2


def refusal(host: str, other: str) -> str:
    return f"refused\t{host}\tthe public key that it gives is that of {other}\n"


def test_a_key_of_another_is_refused() -> None:
    """As merge-keys.sh refuses it, by what is known on the controller; with both names, and for this host alone."""
    clone = {**VARIABLES, "aaa": VARIABLES["web1"]}
    hosts = ["aaa", "web1", "web2"]
    assert WRITE(hosts, clone, GATE) == WEB2 + refusal("aaa", "web1") + refusal("web1", "aaa")
    assert WRITE(hosts, clone, GATE, enrolled=WEB1) == WEB1 + WEB2 + refusal("aaa", "web1")
    assert WRITE(["aaa"], clone, GATE, enrolled=WEB2 + WEB1) == refusal("aaa", "web1")
    both = WEB1 + WEB1.replace("web1", "web0")
    assert WRITE(["web1", "web2"], clone, GATE, enrolled=both) == WEB2 + refusal("web1", "web0")
    collector = f'restrict,command="{GATE} --collect" ssh-ed25519 AAAA1 collector\n'
    expected = collector + WEB2 + refusal("web1", "a collector")
    assert WRITE(["web1", "web2"], VARIABLES, GATE, collectors=["ssh-ed25519 AAAA1 x"]) == expected


def test_a_rotation_of_a_cloned_key() -> None:
    """The new key is the host's own."""
    clone = {"web1": VARIABLES["web1"], "web2": {"kdump_ssh_public_keys": ["ssh-ed25519 AAAA1", "ssh-ed25519 NEW"]}}
    own = f'restrict,command="{GATE} web2 /var/crash" ssh-ed25519 NEW web2\n'
    assert WRITE(["web1", "web2"], clone, GATE, enrolled=WEB1) == WEB1 + own + refusal("web2", "web1")


@given(st.text(max_size=30))
def test_no_comment_gets_into_the_file(comment: str) -> None:
    """Whatever a host writes behind its key."""
    content = WRITE(["web1"], {"web1": {"kdump_ssh_public_key": "ssh-ed25519 AAAA1 " + comment}}, GATE)
    assert content == WEB1 or (content.startswith("refused\tweb1\t") and len(content.splitlines()) == 1)


def test_whom_a_server_serves() -> None:
    """Every host has one server; servers are not their own clients."""
    servers = ["dump1", "dump2"]
    hosts = [f"web{number}" for number in range(20)]
    variables: dict[str, dict[str, Any]] = {name: {"kdump_dump_servers": servers} for name in hosts + servers}
    variables["else"] = {}
    variables["other"] = {"kdump_dump_servers": ["dump3"]}
    served = {name: dump_server_hosts.dump_server_hosts(variables, variables, name) for name in servers}
    assert sorted(served["dump1"] + served["dump2"]) == sorted(hosts)
    assert all(dump_server_of(host, servers) == server for server in servers for host in served[server])


def test_the_filters_by_name() -> None:
    """What Ansible loads."""
    assert dump_server_keys.FilterModule().filters() == {"dump_server_keys": WRITE}
    assert dump_server_hosts.FilterModule().filters() == {"dump_server_hosts": dump_server_hosts.dump_server_hosts}
