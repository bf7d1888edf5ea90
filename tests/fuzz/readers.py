# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for everything that reads what hosts send: a clear answer, within the limits, whatever the bytes are.

The seeds are the dumps, logs and commands of the unit tests, with parts changed, moved, repeated and cut.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory import request as crashkernel_request
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate import grammar
from ansible_collections.kdump.fleet.plugins.module_utils.dump_gate.refusal import RefusedError
from ansible_collections.kdump.fleet.plugins.module_utils.host.printable import is_printable
from ansible_collections.kdump.fleet.plugins.module_utils.tools.kdumpctl import conf
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore import panic
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import MeteredSource
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.judgement import judge
from tests.unit.plugins.module_utils.dump_gate.server import Server
from tests.unit.plugins.module_utils.vmcore.dumps import Memory, elf, fixture, flat, kdump, records

Case = Callable[[st.DataObject], bool]

COMPRESSED = [kdump().content, kdump(">", "arm", False).content, kdump(split=(0, 1000), erased=b"x").content]
ELF = [elf(), elf(">", False), elf(extended=True)]
FLATTENED = [flat(list(records(COMPRESSED[0], 1000))), flat(list(records(ELF[0], 100))), fixture("tiny-flattened")]
PACKED = [pack(FLATTENED[1]) for pack in (gzip.compress, bz2.compress, lzma.compress)]
LOGS = [fixture(f"{name}.dmesg").decode("utf-8", "replace") for name in ("kdumpctl-local", "kdump-tools-local")]
NUMBERS = [b"\0" * 8, b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\xff" * 7 + b"\x7f", b"\x01" + b"\0" * 7, b"\0\x10\0\0"]
CONF = st.sampled_from([*sorted(conf.DIRECTIVES), " ", "\t", "\n", "#", "\\", "/", "a:/b", "-d 31", "\0", "\u202e"])
REQUEST = st.sampled_from(
    ["crashkernel=", "256M", "1G-4G:", ",high", ",low", ",cma", "@", "-", ":", ",", "9" * 30, " "]
)
COMMAND = st.sampled_from(
    ["mkdir -p ", "dd of=", "cat > ", "mv ", "scp -t ", "df -P ", "umask 0077 && ", "/var/crash", "/..", "'", " ", "\n"]
    + [";", "$(id)", "a" * 129, "internal-sftp", "-f AUTH", "\u202e", "tmp.0123456789"]
)


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with parts changed, moved, repeated and cut."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _number in range(draw(st.integers(0, 6))):
        near = draw(st.sampled_from([0, 400, 4096, 8192, 12288, 16384, len(content)]))
        at = max(0, min(len(content), near + draw(st.integers(-64, 192))))
        size = draw(st.integers(0, 64))
        other = draw(
            st.one_of(st.sampled_from(NUMBERS), st.binary(max_size=9), st.just(bytes(content[at : at + size])))
        )
        content[at : at + (size if draw(st.booleans()) else len(other))] = other * draw(st.sampled_from([1, 1, 1, 40]))
    return bytes(content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])


def _dump(seeds: list[bytes]) -> Case:
    def case(data: st.DataObject) -> bool:
        source = MeteredSource(Memory(data.draw(damaged(seeds))))
        found = judge(source)
        assert found.format in ("compressed", "flattened", "elf", "unknown")
        assert source.reads < 50000
        return not (found.error or found.reason or found.unknown)

    return case


def kernel_log(data: st.DataObject) -> bool:
    lines = data.draw(st.sampled_from(LOGS)).splitlines()
    start = data.draw(st.integers(0, len(lines)))
    part = lines[start : start + data.draw(st.integers(0, 300))]
    for _number in range(data.draw(st.integers(0, 5))):
        part.insert(data.draw(st.integers(0, len(part))), data.draw(st.text(max_size=200)))
    crash = panic.analyse("\n".join(part))
    if crash is None:
        return False
    assert is_printable(crash.message)
    assert len(panic.signature_of(crash)) == 16
    return True


def kdump_conf_file(data: st.DataObject) -> bool:
    text = "".join(data.draw(st.lists(st.one_of(CONF, st.text(max_size=5)), max_size=30)))
    conf.targets(conf.parse(text))
    problems = conf.check(text)
    assert all(is_printable(str(part)) for problem in problems for part in problem)
    return not problems


def crashkernel_value(data: st.DataObject) -> bool:
    line = "".join(data.draw(st.lists(st.one_of(REQUEST, st.text(max_size=3)), max_size=12)))
    machine = crashkernel_request.architecture(data.draw(st.sampled_from(["x86_64", "aarch64"])), (6, 12), None)
    ram = data.draw(st.integers(1 << 20, 1 << 44))
    try:
        crashkernel_request.asked(line, ram, machine, ("high", "low"), False)
    except crashkernel_request.RefusedError as refused:
        assert str(refused).strip()
        return False
    return True


def gate_command(data: st.DataObject) -> bool:
    command = "".join(data.draw(st.lists(st.one_of(COMMAND, st.text(max_size=4)), max_size=8)))
    try:
        request = grammar.parse(command)
        for path in request.paths:
            parts = grammar.parts(path, ["/", "/srv/kdump/web1"])
            assert all(part not in (".", "..") and "/" not in part for part in parts)
    except RefusedError as refused:
        assert str(refused).strip()
        return False
    return True


def _gate_session(commands: list[str], seeds: list[bytes]) -> Case:
    """A whole session of a host: whatever it sends, nothing outside of its own directory changes."""

    def case(data: st.DataObject) -> bool:
        with tempfile.TemporaryDirectory() as directory:
            server = Server(Path(directory))
            before = server.snapshot("outside"), server.snapshot("area/web2")
            with contextlib.redirect_stderr(io.StringIO()) as said:  # a refusal for each
                answer = server.run(data.draw(st.sampled_from(commands)), data.draw(damaged(seeds)))
            assert (server.snapshot("outside"), server.snapshot("area/web2")) == before
            assert b"Traceback" not in answer.output and "Traceback" not in said.getvalue()
            assert "error in the gate itself" not in said.getvalue()
            return answer.status == 0

    return case


def _seed(name: str) -> bytes:
    return (Path(__file__).parent.parent / "unit" / "fixtures" / "dump_gate" / name).read_bytes()


CASES: dict[str, Case] = {
    "gate_scp": _gate_session(["scp -t /var/crash"], [_seed("scp-folder.bin"), b"C0600 3 a\nabc\0"]),
    "gate_sftp": _gate_session(["internal-sftp"], [_seed("sftp-file.bin"), _seed("sftp-folder.bin")]),
    "dump_compressed": _dump(COMPRESSED),
    "dump_elf": _dump(ELF),
    "dump_flattened": _dump(FLATTENED),
    "dump_packed": _dump(PACKED),
    **{case.__name__: case for case in (kernel_log, kdump_conf_file, crashkernel_value, gate_command)},
}
