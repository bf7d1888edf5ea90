# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways out of the own directory, or to what is in it already. Every one is refused and changes nothing on the disk."""

import contextlib
import shutil
import threading
from pathlib import Path
from typing import Callable, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.dump_gate.server import HELLO, Server, packet

LONG = "n" * 129
SFTP = "internal-sftp"
COMMANDS = [
    # no command, a shell, other programs
    "",
    " ",
    "sh",
    "/bin/bash -i",
    "bash -c 'cat /var/crash/done/vmcore'",
    "rm -rf /var/crash/done",
    "ls -l /var/crash",
    "cat /var/crash/done/vmcore",
    "tail -f /var/crash/done/vmcore",
    "dd if=/var/crash/done/vmcore",
    "test -e /var/crash/done/vmcore",
    "ln -s /etc/passwd /var/crash/x",
    "chmod 777 /var/crash/done",
    "scp -f /var/crash/done/vmcore",
    "scp -r -t /var/crash/done",
    "scp -t",
    "scp -t -f /var/crash/done",
    "scp -S /bin/sh -t /var/crash/done",
    "/usr/bin/sftp-server",
    "/usr/lib/openssh/sftp-server -d /",
    "internal-sftp -d /etc",
    "ssh-copy-id",
    "echo success kdump_test_id=1 > /var/crash/done/vmcore",
    # more than one command
    "true; id",
    "true && id",
    "exit || id",
    "mkdir -p /var/crash/x; id",
    "mkdir -p /var/crash/x && id",
    "mkdir -p /var/crash/x || id",
    "mkdir -p /var/crash/x | id",
    "mkdir -p /var/crash/x & id",
    "mkdir -p /var/crash/x\nid",
    "mkdir -p /var/crash/x\n",
    "mkdir -p /var/crash/x\r\nid",
    "umask 0000 && dd of=/var/crash/x-incomplete",
    "umask 0077 && umask 0077 && dd of=/var/crash/x-incomplete",
    "umask 0077 && rm /var/crash/done/vmcore",
    "umask 0077; dd of=/var/crash/x-incomplete",
    # what a shell would expand
    "mkdir -p /var/crash/$(id)",
    "mkdir -p /var/crash/`id`",
    "mkdir -p /var/crash/${HOME}",
    "mkdir -p $HOME",
    "mkdir -p ~/x",
    "mkdir -p /var/crash/*",
    "mkdir -p /var/crash/{a,b}",
    "mkdir -p /var/crash/!1",
    "dd of='/var/crash/$(id)-incomplete'",
    "dd of=/var/crash/x-incomplete > /var/crash/y",
    "dd of=/var/crash/x-incomplete < /etc/passwd",
    "cat > /var/crash/x-incomplete < /etc/passwd",
    "cat >> /var/crash/done/vmcore-incomplete",
    "cat /etc/passwd > /var/crash/x-incomplete",
    # quoting, blanks, other writing systems
    "mkdir -p '/var/crash/x' '/etc/x'",
    "mkdir -p '/var/crash/x",
    "mkdir -p /var/crash/x'",
    "mkdir -p '/var/crash/'x",
    'mkdir -p "/var/crash/x"',
    "mkdir -p /var/crash/\\x",
    "mkdir -p '/var/crash/x'\\''y'",
    "mkdir -p /var/crash/x ",
    " mkdir -p /var/crash/x",
    "mkdir  -p /var/crash/x",
    "mkdir\t-p /var/crash/x",
    "mkdir -p /var/crash/x\0",
    "mkdir -p /var/crash/x\x0b",
    "mkdir -p /var/crash/x\x1b[2J",
    "mkdir -p /var/crash/\u2025/x",
    "mkdir -p /var/crash\uff0fx",
    "mkdir \u2010p /var/crash/x",
    "mkdir -p /var/crash/\u202ex",
    "mkdir -p /var/crash/\udcff",
    "MKDIR -p /var/crash/x",
    # paths that lead elsewhere
    "mkdir -p /",
    "mkdir -p /etc/x",
    "mkdir -p /var",
    "mkdir -p /var/crashes",
    "mkdir -p /var/crash/../x",
    "mkdir -p /var/crash/x/../../web2/y",
    "mkdir -p /var/crash/..",
    "mkdir -p /var/crash/./x",
    "mkdir -p /var/crash/.ssh",
    "mkdir -p //var/crash/../../etc",
    "mkdir -p x",
    "mkdir -p ../web2",
    "mkdir -p AREA/web2/x",
    "mkdir -p AREA/x",
    "mkdir -p AREA/web1/../web2/x",
    "mkdir -p AREA/web10/x",
    "mkdir -p /var/crash/-rf",
    "mkdir -p /var/crash/" + LONG,
    "mkdir -p /var/crash/a/b/c/d/e",
    "mkdir -p /var/crash/" + "x/" * 600,
    "mkdir -p /var/crash/tmp.BBBBBBBBBB",
    "mkdir -p /var/crash/done/vmcore",
    "df --output=avail /etc",
    "df --output=avail AREA/web2",
    "mktemp -dqp /tmp",
    "mktemp -dqp AREA",
    "rmdir AREA/web2/secret",
    "rmdir /var/crash",
    "rmdir /var/crash/done",
    "rmdir /var/crash/tmp.BBBBBBBBBB",
    "rmdir /var/crash/../web2/tmp.AAAAAAAAAA",
    "dd of=/etc/cron.d/x-incomplete",
    "dd of=/var/crash/../web2/x-incomplete",
    "dd of=/dev/sda-incomplete",
    # overwriting, and leaving half a file under a whole one's name
    "dd of=/var/crash/done/vmcore",
    "dd of=/var/crash/done/vmcore-incomplete",
    "dd of=/var/crash/done",
    "dd of=/var/crash",
    "dd of=/var/crash/new",
    "cat > /var/crash/done/vmcore",
    "umask 0077 && dd bs=512 of='/var/crash/done/vmcore-incomplete'",
    "mv /var/crash/done/vmcore-incomplete /var/crash/done/vmcore",
    "mv /var/crash/done/vmcore /var/crash/done/other",
    "mv /var/crash/done/vmcore /var/crash/done/x-incomplete",
    "mv /var/crash/done/vmcore-incomplete /var/crash/vmcore",
    "mv /var/crash/done/vmcore-incomplete /etc/passwd",
    "mv /var/crash/done/vmcore-incomplete AREA/web2/vmcore",
    "mv /var/crash/done/vmcore-incomplete /var/crash/done/tmp.AAAAAAAAAA",
    "mv /var/crash/done/absent-incomplete /var/crash/done/x",
    "mv AREA/web2/secret/x-incomplete /var/crash/x",
    "mv -f /var/crash/done/vmcore-incomplete /var/crash/done/vmcore",
    "mv /var/crash /var/crash/x",
    "mv -t /etc /var/crash/done/vmcore-incomplete",
    # options that do something else
    "mkdir -p -m 777 /var/crash/x",
    "mkdir -m777 /var/crash/x",
    "mkdir /var/crash/x",
    "mkdir -p --context=x /var/crash/x",
    "df --output=file /var/crash",
    "df --output=avail --total /var/crash",
    "df --output=avail /var/crash /etc",
    "df -P /var/crash --output=target",
    "mktemp -dqp /var/crash --suffix=x",
    "mktemp -d /var/crash",
    "rmdir -p /var/crash/done",
    "rmdir --ignore-fail-on-non-empty /var/crash/done",
    "dd of=/var/crash/x-incomplete if=/etc/passwd",
    "dd if=/etc/passwd of=/var/crash/x-incomplete",
    "dd of=/var/crash/x-incomplete conv=notrunc",
    "dd of=/var/crash/x-incomplete seek=1",
    "dd bs=1G of=/var/crash/x-incomplete",
    "dd of=/var/crash/x-incomplete of=/etc/passwd",
    "dd oflag=append of=/var/crash/done/vmcore-incomplete",
    # rsync: the host's own key has none
    "rsync --server -logDtpre.iLsfxCIvu . /var/crash/done",
    "rsync --server --sender -logDtpre.iLsfxCIvu . /var/crash/done",
    "rsync --server --daemon .",
    "rsync -e 'sh -c id' . /var/crash",
    "rsync --rsync-path=/bin/sh . /var/crash",
    "rsync --rsh=/bin/sh --server . /var/crash",
]
LINKS = [
    "mkdir -p /var/crash/out",
    "mkdir -p /var/crash/out/x",
    "mkdir -p /var/crash/done/out/x",
    "mkdir -p /var/crash/up/web2/x",
    "mkdir -p /var/crash/tmp.AAAAAAAAAA/x",
    "df --output=avail /var/crash/out",
    "df -P /var/crash/neighbour",
    "mktemp -dqp /var/crash/out",
    "mktemp -dqp /var/crash/neighbour",
    "rmdir /var/crash/tmp.AAAAAAAAAA",
    "rmdir /var/crash/out/tmp.AAAAAAAAAA",
    "dd of=/var/crash/out/x-incomplete",
    "dd of=/var/crash/neighbour/x-incomplete",
    "dd of=/var/crash/done/link-incomplete",
    "dd of=/var/crash/done/new-incomplete",
    "cat > /var/crash/up/web2/x-incomplete",
    "mv /var/crash/done/link-incomplete /var/crash/done/mine",
    "mv /var/crash/done/new-incomplete /var/crash/done/mine",
    "mv /var/crash/done/vmcore-incomplete /var/crash/done/taken",
    "mv /var/crash/done/vmcore-incomplete /var/crash/out/passwd",
    "mv /var/crash/out/passwd-incomplete /var/crash/out/passwd",
]
SCP = b"C0644 4 "
PROTOCOLS = [
    ("scp -t /var/crash/done", b"D0755 0 x\n"),
    ("scp -t /var/crash/done", b"E\n"),
    ("scp -t /var/crash/done", SCP + b"../x\nevil\0"),
    ("scp -t /var/crash/done", SCP + b"/etc/x\nevil\0"),
    ("scp -t /var/crash/done", SCP + b"..\nevil\0"),
    ("scp -t /var/crash/done", SCP + b".ssh\nevil\0"),
    ("scp -t /var/crash/done", SCP + b"x y\nevil\0"),
    ("scp -t /var/crash/done", SCP + b"vmcore-incomplete\nevil\0"),
    ("scp -t /var/crash/done", b"C0644 -4 x\nevil\0"),
    ("scp -t /var/crash/done", b"C0644 99999999999999999999999 x\nevil\0"),
    ("scp -t /var/crash/done", b"C4755 4\n"),
    ("scp -t /var/crash/done", b"C0644 4 " + b"x" * 600 + b"\n"),
    ("scp -t /var/crash/done", b"\xff\xfe\n"),
    ("scp -t /var/crash/done/vmcore-incomplete", SCP + b"vmcore\nevil\0"),
    ("scp -t /var/crash/out", SCP + b"passwd\nevil\0"),
    ("scp -t /var/crash/done/new-incomplete", SCP + b"new\nevil\0"),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/vmcore", 1, 0)),  # to read
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/vmcore-incomplete", 0x1A, 0)),  # to overwrite
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/vmcore", 0x02, 0)),  # to change
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/vmcore", 0x0E, 0)),  # to append
    (SFTP, HELLO + packet(3, 1, "/etc/x", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "/var/crash/../web2/x", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "x", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "/var/crash/out/x", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "/var/crash/done/new-incomplete", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "/var/crash/x\0y", 0x1A, 0)),
    (SFTP, HELLO + packet(3, 1, "/var/crash/\u2025/x", 0x1A, 0)),
    (SFTP, HELLO + packet(5, 1, "0", b"\0" * 8, 4)),  # read
    (SFTP, HELLO + packet(6, 1, "0", b"\0" * 8, "evil")),  # write without a file
    (SFTP, HELLO + packet(11, 1, "/var/crash")),  # opendir
    (SFTP, HELLO + packet(12, 1, "0")),  # readdir
    (SFTP, HELLO + packet(13, 1, "/var/crash/done/vmcore")),  # remove
    (SFTP, HELLO + packet(14, 1, "/var/crash/x", 0)),  # mkdir
    (SFTP, HELLO + packet(15, 1, "/var/crash/done")),  # rmdir
    (SFTP, HELLO + packet(18, 1, "/var/crash/done/vmcore", "/var/crash/x")),  # rename
    (SFTP, HELLO + packet(19, 1, "/var/crash/out")),  # readlink
    (SFTP, HELLO + packet(20, 1, "/etc/passwd", "/var/crash/x")),  # symlink
    (SFTP, HELLO + packet(200, 1, "hardlink@openssh.com", "/etc/passwd", "/var/crash/x")),
    (SFTP, HELLO + packet(200, 1, "copy-data", "0")),
    (SFTP, HELLO + packet(17, 1, "/etc")),  # stat elsewhere
    (SFTP, HELLO + packet(3)),
    (SFTP, HELLO + packet(3, 1, 99)),
    (SFTP, b"\xff\xff\xff\xff\x01"),
    (SFTP, b"\0\0\0\x01\x01"),
    (SFTP, b"GET / HTTP/1.1\r\n\r\n"),
]
NAMES = [
    [],
    [""],
    ["."],
    [".."],
    ["../web2"],
    ["web2/secret"],
    ["/etc"],
    ["-x"],
    ["web1\n"],
    ["web3"],
    ["--collect", "web1"],
    ["web1 "],
]


def test_there_are_at_least_sixty() -> None:
    """And none twice."""
    attempts = len(COMMANDS) + len(LINKS) + len(PROTOCOLS) + len(NAMES)
    assert len(set(COMMANDS)) == len(COMMANDS)
    assert len(COMMANDS) >= 60 and attempts >= 200, attempts


@pytest.mark.parametrize(
    "command, data",
    [(command, b"evil") for command in COMMANDS + LINKS] + PROTOCOLS,
    ids=lambda value: ascii(value)[:60],
)
def test_refused(server: Server, command: str, data: bytes) -> None:
    """The status says so, so does the journal, and the disk is as before."""
    server.plant_links()
    before = server.snapshot()
    answer = server.run(command.replace("AREA", str(server.area)), data)
    assert answer.status == 1
    assert b"kept:" not in answer.output
    assert server.snapshot() == before
    (line,) = [line for line in server.said().splitlines() if " web1 REFUSED '" in line or ' web1 REFUSED "' in line]
    assert line.isprintable()


@pytest.mark.parametrize("names", NAMES, ids=str)
def test_no_folder_without_a_host(server: Server, names: List[str]) -> None:
    """An entry in authorized_keys that names no host of this server opens nothing."""
    before = server.snapshot()
    assert server.run("mkdir -p /var/crash/x", names=names).status == 1
    assert server.snapshot() == before


def test_a_link_in_place_of_the_folder(server: Server) -> None:
    """The host's own directory is not followed either."""
    shutil.rmtree(str(server.mine))
    server.mine.symlink_to(server.area / "web2")
    before = server.snapshot()
    assert server.run("mkdir -p /var/crash/x").status == 1
    assert server.snapshot() == before


def swap(path: Path, outside: Path, stop: threading.Event) -> None:
    """Make I(path) a directory and a link that leads out, in turns, as fast as it goes."""
    spare = path.with_name("spare")
    while not stop.is_set():
        for step in (
            lambda: path.rename(spare),
            lambda: path.symlink_to(outside),
            path.unlink,
            lambda: spare.rename(path),
        ):
            with contextlib.suppress(OSError):  # mkdir -p has made the directory again
                step()


def swap_file(path: Path, outside: Path, stop: threading.Event) -> None:
    """The same with a file; I(outside) is one too."""
    swap(path, outside, stop)


RACES: List[Tuple[str, str, Callable[[Path, Path, threading.Event], None]]] = [
    ("mkdir -p /var/crash/race/x{0}", "race", swap),
    ("mktemp -dqp /var/crash/race", "race", swap),
    ("dd of=/var/crash/race/x{0}-incomplete", "race", swap),
    ("df --output=avail /var/crash/race", "race", swap),
    ("mv /var/crash/race/x-incomplete /var/crash/race/x", "race", swap),
    ("mv /var/crash/race/x-incomplete /var/crash/race/x", "race/x-incomplete", swap_file),
]


@pytest.mark.parametrize("command, name, swapping", RACES)
def test_swapped_between_check_and_use(
    server: Server, command: str, name: str, swapping: Callable[[Path, Path, threading.Event], None]
) -> None:
    """However a directory or a file turns into a link in the middle of a request, nothing happens behind it."""
    server.set(entries=10000)
    outside = server.directory / "outside"
    (outside / "x-incomplete").write_bytes(b"not yours")
    race = server.mine / "race"
    race.mkdir()
    before = server.snapshot("outside")
    stop = threading.Event()
    target = outside if swapping is swap else outside / "passwd"
    (race / "x-incomplete").write_bytes(b"half")
    thread = threading.Thread(target=swapping, args=(server.mine / name, target, stop))
    thread.start()
    try:
        for number in range(60):
            server.run(command.format(number), b"evil")
            assert server.snapshot("outside") == before
    finally:
        stop.set()
        thread.join()
    assert server.snapshot("outside") == before
    assert [path for path in race.rglob("*") if path.is_symlink() and path.name == "x"] == []


WORDS = st.sampled_from(
    [
        "mkdir -p",
        "df --output=avail",
        "df -P",
        "mktemp -dqp",
        "rmdir",
        "dd of=",
        "dd bs=512 of=",
        "umask 0077 && ",
        "cat > ",
        "mv",
        "scp -t",
        "internal-sftp",
        "exit",
        "true",
        " ",
        "/",
        "'",
        "..",
        ".",
        "-",
        "/var/crash",
        "/var/crash/done/vmcore",
        "vmcore-incomplete",
        "x-incomplete",
        "x",
        "out",
        "tmp.AAAAAAAAAA",
        "neighbour",
        ";",
        "$(id)",
        "\n",
        "\x00",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=8).map("".join))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=TEXTS, data=st.binary(max_size=200))
def test_whatever_is_sent(server: Server, command: str, data: bytes) -> None:
    """No text and no bytes raise an error, reach what is outside the host's directory, or change what is complete."""
    if not (server.mine / "out").is_symlink():
        server.plant_links()
    before = server.snapshot("outside"), server.snapshot("area/web2")
    assert server.run(command, data).status in (0, 1)
    assert (server.snapshot("outside"), server.snapshot("area/web2")) == before
    assert (server.mine / "done/vmcore").read_bytes() == b"kept: whole"
