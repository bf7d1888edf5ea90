# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The language of crashkernel=: strict where a person writes, and never stricter than it says."""

import contextlib
from typing import List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import (
    CrashkernelError,
    Range,
    Value,
    check,
    parse,
    replace,
    resolve,
    rounds_ram,
    to_text,
    values,
)

MIB = 1 << 20
GIB = 1 << 30

SIZES = st.one_of(
    st.integers(min_value=0, max_value=(1 << 64) - 1),
    st.integers(min_value=1, max_value=4096).map(lambda count: count * MIB),
)
ENDS = st.one_of(st.none(), SIZES)


def _ordered(one: Range) -> bool:
    return one.end is None or one.end > one.start


RANGES = st.lists(st.builds(Range, SIZES, ENDS, SIZES).filter(_ordered), min_size=1, max_size=5).map(tuple)
PARSED = st.one_of(
    st.just(Value("auto")),
    st.builds(Value, st.sampled_from(("high", "low", "cma")), SIZES, st.just(0), st.just(())),
    st.builds(Value, st.just("size"), SIZES, SIZES, st.just(())),
    st.builds(Value, st.just("ranges"), st.just(0), SIZES, RANGES),
)
PIECES = ("256M", "0", "1G", "0x40M", "-", ":", ",", "@", "high", "low", "cma", "auto", " ", "M", "X", '"', "\t", "64M")


@pytest.mark.parametrize(
    ("cmdline", "expected"),
    [
        ("", []),
        ("ro quiet", []),
        ("crashkernel=256M", ["256M"]),
        ("ro crashkernel=1G,high quiet crashkernel=128M,low", ["1G,high", "128M,low"]),
        ("crashkernel=auto\n", ["auto"]),
        ("crashkernel=", [""]),
        ("xcrashkernel=1M crashkernelx=2M", []),
        ('dyndbg="file crashkernel=1M +p" crashkernel=64M', ["64M"]),
        ('"crashkernel=256M"', ['256M"']),
        ("crashkernel=64M -- crashkernel=1M", ["64M", "1M"]),
    ],
)
def test_values(cmdline: str, expected: List[str]) -> None:
    assert values(cmdline) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("256M", Value("size", 256 * MIB)),
        ("256m@0x10M", Value("size", 256 * MIB, 16 * MIB)),
        ("1G,high", Value("high", GIB)),
        ("0,low", Value("low", 0)),
        ("64M,cma", Value("cma", 64 * MIB)),
        ("auto", Value("auto")),
        ("1G-:64M", Value("ranges", ranges=(Range(GIB, None, 64 * MIB),))),
        (
            "1G-2G:64M,2G-:128M@16M",
            Value("ranges", 0, 16 * MIB, (Range(GIB, 2 * GIB, 64 * MIB), Range(2 * GIB, None, 128 * MIB))),
        ),
    ],
)
def test_parse(part: str, expected: Value) -> None:
    assert parse(part) == expected


@given(PARSED)
def test_what_is_printed_is_read_back(value: Value) -> None:
    assert parse(to_text(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "256M",
        "16M",
        "0x10000000",
        "268435456",
        "256M@16M",
        "256M@4096",
        "0-2G:0,2G-:256M",
        "0M-1G:0M,1G-:128M@0",
        "1M-:16M",
        "512M,high 1M,low 2M,cma",
        "2G-64G:256M,64G-:512M",
        "0-1G:0,1G-:128M",
        "512M,high",
        "512M,high 128M,low",
        " 512M,high  0,low ",
        "256M 64M,cma",
        "1G-:256M\t64M,cma",
        "512M,high 128M,low 1G,cma",
    ],
)
def test_values_that_stand(value: str) -> None:
    check(value)


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("", "it is empty"),
        (" \t", "it is empty"),
        ("256X", "the size is '256X', not a number"),
        ("256MB", "the size is '256MB', not a number"),
        ("512", "'512' reserves 512 bytes, and 16 MiB is the least"),
        ("1", "'1' reserves 1 bytes, and 16 MiB is the least"),
        ("1k", "'1k' reserves 1 KiB, and 16 MiB is the least"),
        ("64K", "'64K' reserves 64 KiB, and 16 MiB is the least"),
        ("16777215", "reserves 16777215 bytes"),
        ("512,high", "'512,high' reserves 512 bytes, and 16 MiB is the least"),
        ("512M,high 128,low", "'128,low' reserves 128 bytes, and 1 MiB is the least"),
        ("256M 64,cma", "'64,cma' reserves 64 bytes, and 1 MiB is the least"),
        ("1G-4G:192,4G-:256M", "'1G-4G:192,4G-:256M' reserves 192 bytes"),
        ("2-4G:192M", "a range that begins or ends at 2 bytes of RAM"),
        ("1-4G:192M", "a range that begins or ends at 1 bytes of RAM"),
        ("0-64:192M,64-:256M", "a range that begins or ends at 64 bytes of RAM"),
        ("0256M", "the kernel reads '0256M' as an octal number, 174 MiB"),
        ("1G-4G:0300M", "the kernel reads '0300M' as an octal number, 192 MiB"),
        ("256M@016M", "the kernel reads '016M' as an octal number, 14 MiB"),
        ("M", "the size is 'M', not a number"),
        ("1.5G", "not a number"),
        ("-256M", "not a number"),
        ("crashkernel=256M", "not a number"),
        ("256M@", "the offset behind '@' is ''"),
        ("256M@there", "the offset behind '@' is 'there'"),
        ("0", "'0' is a size of zero"),
        ("0M,high", "'0M,high' is a size of zero"),
        ("99999999999999G", "more than 64 bits can hold"),
        ("256M,hgih", "',hgih' is none of ',high', ',low' and ',cma'"),
        ("256M,", "',' is none of"),
        ("256M@16M,high", "the size is '256M@16M'"),
        ("1G-2G", "the size is '1G-2G'"),
        ("1G:64M", "'1G:64M' is not '<start>-[<end>]:<size>'"),
        ("1G-2G:64M,", "'' is not '<start>-[<end>]:<size>'"),
        ("2G-1G:64M", "in '2G-1G:64M' the end is not above the start"),
        ("1G-1G:64M", "the end is not above the start"),
        ("-2G:64M", "the start of '-2G:64M' is ''"),
        ("1G-x:64M", "the end of '1G-x:64M' is 'x'"),
        ("1G-2G:", "the size of '1G-2G:' is ''"),
        ("1G-:64M:128M", "the size of '1G-:64M:128M' is '64M:128M'"),
        ("1G-:256M,high", "a range cannot have ',high'"),
        ("1G-:256M@x", "the offset behind '@' is 'x'"),
        ("auto", "only the kernels of RHEL 7 and 8 know 'auto'"),
        ("256M 512M", "there are 2 values without a suffix, and only the last would count"),
        ("1G,high 2G,high", "there are 2 values with ',high'"),
        ("256M 1G,high", "',high' and ',low' are ignored beside '256M'"),
        ("256M 128M,low", "',high' and ',low' are ignored beside '256M'"),
        ("128M,low", "',low' reserves nothing without"),
        ("64M,cma", "',cma' reserves nothing without"),
        ('"256M"', "not a number"),
    ],
)
def test_values_that_do_not_stand(value: str, wrong: str) -> None:
    with pytest.raises(CrashkernelError) as caught:
        check(value)
    message = str(caught.value)
    assert wrong in message
    assert message.startswith("The crashkernel value '{0}' cannot be used: ".format(value))
    assert "Write for example '256M'" in message


def test_auto_stands_where_the_kernel_knows_it() -> None:
    check("auto", auto_supported=True)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.integers(min_value=1, max_value=1 << 44))
def test_what_stands_is_not_refused_for_its_form(value: str, ram: int) -> None:
    """Whatever the RAM, the kernel has nothing to say about the form of a value that check() lets through."""
    try:
        check(value)
    except CrashkernelError:
        return
    reason = resolve(replace("ro", value), ram).reason or ""
    assert "expected" not in reason
    assert "unrecognized" not in reason
    assert "end <= start" not in reason


@given(st.text(max_size=40))
def test_any_text_is_checked_without_another_error(value: str) -> None:
    with contextlib.suppress(CrashkernelError):
        check(value)


@pytest.mark.parametrize(
    ("arguments", "wanted", "expected"),
    [
        ("ro quiet", "256M", "ro quiet crashkernel=256M"),
        ("ro quiet", "512M,high 128M,low", "ro quiet crashkernel=512M,high crashkernel=128M,low"),
        ("ro crashkernel=128M quiet", "256M", "ro crashkernel=256M quiet"),
        ("ro crashkernel=128M quiet", None, "ro quiet"),
        ("ro crashkernel=128M quiet", "", "ro quiet"),
        ('dyndbg="file crashkernel=1M +p"', None, 'dyndbg="file crashkernel=1M +p"'),
        ("ro -- crashkernel=128M", "256M", "ro crashkernel=256M --"),
    ],
)
def test_replace(arguments: str, wanted: Optional[str], expected: str) -> None:
    assert replace(arguments, wanted) == expected


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("4.18.0-553.el8_10.x86_64", True),
        ("5.14.0-570.12.1.el9_6.x86_64", True),
        ("6.12.0-55.el10_0.x86_64", True),
        ("5.17.5-300.fc36.x86_64", True),
        ("3.10.0-1160.el7.x86_64", None),
        ("5.15.0-300.163.18.el9uek.x86_64", None),
        ("5.15.0-91-generic", None),
        ("6.12.117+deb13-cloud-amd64", None),
        ("", None),
    ],
)
def test_kernels_that_round_before_6_0(release: str, expected: Optional[bool]) -> None:
    assert rounds_ram(release) is expected


WORDS = ("ro", "quiet", 'dyndbg="file a.c +p"', "crashkernel=128M", "crashkernel=1G,high", "--", "root=/dev/sda1", "  ")
LINES = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
WANTED = st.lists(PARSED, min_size=1, max_size=3).map(lambda found: [to_text(one) for one in found])


@given(LINES, WANTED)
def test_what_is_put_in_is_found_again(line: str, wanted: List[str]) -> None:
    once = replace(line, " ".join(wanted))
    assert values(once) == wanted
    assert replace(once, " ".join(wanted)) == once


@given(LINES, WANTED)
def test_put_in_and_taken_out_gives_back_the_same_bytes(line: str, wanted: List[str]) -> None:
    bare = replace(line, None)
    assert values(bare) == []
    assert replace(replace(bare, " ".join(wanted)), None) == bare


@given(PARSED, st.integers(min_value=1, max_value=1 << 40))
def test_the_kernel_reads_what_is_printed_as_it_was_meant(value: Value, ram: int) -> None:
    found = resolve("crashkernel=" + to_text(value), ram)
    if found.size and not found.high:
        assert found.offset == value.offset
        assert found.size in [value.size, *(one.size for one in value.ranges)]


@pytest.mark.parametrize("wanted", ['"256M"', "256M\n", "256\x00M", "256M\tquiet"])
def test_replace_refuses_what_would_change_other_words(wanted: str) -> None:
    with pytest.raises(CrashkernelError, match="quotes or control characters"):
        replace("ro", wanted)
