# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolution: what the kernel does with a command line, to the byte, whatever stands on it."""

from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.crashkernel import Resolution, resolve
from ansible_collections.kdump.fleet.plugins.module_utils.crash_memory.request import ARCHITECTURES

MIB = 1 << 20
GIB = 1 << 30
DEFAULT = "crashkernel=2G-64G:256M,64G-:512M"
# Two machines that begin at address 0: a small one, and one with 2 GiB below and 6 GiB above 4 GiB.
SMALL = [(0x1000, 0x9FBFF), (MIB, GIB - 1)]
LARGE = [(0x1000, 0x9FBFF), (MIB, 2 * GIB - 1), (4 * GIB, 10 * GIB - 1)]

PIECES = (
    "crashkernel=",
    "crashkernel",
    "=",
    "256M",
    "1G",
    "0",
    "0x",
    "9" * 30,
    "M",
    "-",
    ":",
    ",",
    "@",
    ",high",
    ",low",
    ",cma",
    "auto",
    " ",
    " ",
    '"',
    "--",
    "\t",
    "\0",
    "\n",
    "swiotlb=9",
    "fadump=on",
    "\udcff",
)
LINES = st.one_of(st.text(max_size=50), st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
RAM = st.integers(min_value=0, max_value=1 << 46)
MAPS = st.one_of(st.none(), st.sampled_from([SMALL, LARGE, []]))


@pytest.mark.parametrize(
    ("cmdline", "ram", "size"),
    [
        ("crashkernel=256M", 2 * GIB, 256 * MIB),
        ("crashkernel=256m", 2 * GIB, 256 * MIB),
        ("crashkernel=0x10000000", 2 * GIB, 256 * MIB),
        ("crashkernel=0400M", 2 * GIB, 256 * MIB),
        ("crashkernel=100000001", GIB, 100000001),  # no rounding on x86_64
        ("crashkernel=256M\n", 2 * GIB, 256 * MIB),
        ("ro crashkernel=256M quiet", 2 * GIB, 256 * MIB),
        ("crashkernel=128M crashkernel=256M", 2 * GIB, 256 * MIB),  # the last one counts
        (DEFAULT, 2 * GIB, 256 * MIB),
        (DEFAULT, 64 * GIB - 1, 512 * MIB),  # rounded up to 64 GiB
        (DEFAULT, 64 * GIB - 128 * MIB, 256 * MIB),
        (DEFAULT, 64 * GIB - 128 * MIB + 1, 512 * MIB),
        (DEFAULT, 2 * GIB - 128 * MIB + 1, 256 * MIB),
        ("crashkernel=0-4G:64M,1G-:128M", 2 * GIB, 64 * MIB),  # the first match counts
        ("crashkernel=1G-:64Mjunk", 2 * GIB, 64 * MIB),  # nothing behind the match is looked at
        ("crashkernel=1G-:64M,nonsense", 2 * GIB, 64 * MIB),
        ("crashkernel=1G-2G:64M,2G-:128M@16M", 4 * GIB, 128 * MIB),
        ("crashkernel=M-1T:64M", GIB, 64 * MIB),  # a lone unit is zero
        ("crashkernel=256M@", 2 * GIB, 256 * MIB),  # nothing behind "@" is address 0: the kernel chooses
        ("crashkernel=256M@0", 2 * GIB, 256 * MIB),
        ("crashkernel=16777216T", 2 * GIB, 0),  # 2 to the power of 64
        ('foo="bar crashkernel=64M baz"', GIB, 64 * MIB),  # quotes mean nothing to this parameter
        ("quiet -- crashkernel=64M", GIB, 64 * MIB),  # nor does the end of the kernel's arguments
        ("x.crashkernel=64M", GIB, 64 * MIB),  # nor do names that end like it
        ("crashkernel=1Mcrashkernel=64M", GIB, 64 * MIB),
        ("crashkernel=64M\0crashkernel=1M", GIB, 64 * MIB),
        ("crashkernel=1G@3G", 8 * GIB, GIB),  # the map is not known: the GiB below 4 GiB may be RAM here
        ("crashkernel=1G@3073M", 8 * GIB, 0),
    ],
)
def test_size(cmdline: str, ram: int, size: int) -> None:
    assert resolve(cmdline, ram).size == size


@pytest.mark.parametrize(
    ("cmdline", "ram", "value", "reason"),
    [
        ("crashkernel=auto", GIB, "auto", "crashkernel: memory value expected"),
        ("crashkernel=", GIB, "", "crashkernel: memory value expected"),
        ("crashkernel= 256M", GIB, "", "crashkernel: memory value expected"),
        ("crashkernel=256X", GIB, "256X", "crashkernel: unrecognized char: X"),
        ("crashkernel=256MB", GIB, "256MB", "crashkernel: unrecognized char: B"),
        ("crashkernel=256M\tquiet", GIB, "256M\tquiet", "crashkernel: unrecognized char: \t"),
        ('"crashkernel=256M"', GIB, '256M"', 'crashkernel: unrecognized char: "'),
        ('crashkernel="256M"', GIB, '"256M"', "crashkernel: memory value expected"),
        ("crashkernel=256M,hgih", GIB, "256M,hgih", "crashkernel: unrecognized char: ,"),
        ("crashkernel=0", GIB, "0", "the size is zero"),
        ("crashkernel=M", GIB, "M", "the size is zero"),
        ("crashkernel=1G", GIB, "1G", "the size 1G is not below the RAM of 1G"),
        (DEFAULT, GIB, DEFAULT[12:], "crashkernel size resulted in zero bytes: no range holds 1G of RAM"),
        ("crashkernel=1G-:0", GIB, "1G-:0", "crashkernel size resulted in zero bytes"),
        ("crashkernel=:64M", GIB, ":64M", "crashkernel: Memory value expected"),
        ("crashkernel=1G:64M", GIB, "1G:64M", "crashkernel: '-' expected"),
        ("crashkernel=1G-x:64M", GIB, "1G-x:64M", "crashkernel: Memory value expected"),
        ("crashkernel=1G-1G:64M", GIB, "1G-1G:64M", "crashkernel: end <= start"),
        ("crashkernel=0-2Gx:64M", GIB, "0-2Gx:64M", "crashkernel: ':' expected"),
        ("crashkernel=1G-:", GIB, "1G-:", "crashkernel: Memory value expected"),
        ("crashkernel=2G-3G:1G,1G-:64M", GIB, "2G-3G:1G,1G-:64M", "crashkernel: invalid size"),
        ("crashkernel=1G-:64M@x", GIB, "1G-:64M@x", "crashkernel: Memory value expected after '@'"),
        # An invalid range in front of the one that would match spoils everything.
        ("crashkernel=512M-1G:64M,oops,1G-:64M", GIB, "512M-1G:64M,oops,1G-:64M", "crashkernel: Memory value expected"),
        # What is not a comma behind a range ends the list.
        (
            "crashkernel=2G-:64Mx,1G-:64M",
            GIB,
            "2G-:64Mx,1G-:64M",
            "crashkernel size resulted in zero bytes: no range holds 1G of RAM",
        ),
        ("crashkernel=1G-:64M,high", GIB, "1G-:64M,high", "crashkernel: unrecognized char: -"),
        ("crashkernel=256M@17M", GIB, "256M@17M", "crashkernel reservation failed - memory is in use."),
        ("crashkernel=0,high", GIB, "0,high", "the size is zero"),
        ("crashkernel=,high", GIB, ",high", "crashkernel: memory value expected"),
        ("crashkernel=1Gx,high", 8 * GIB, "1Gx,high", "crashkernel: unrecognized char: x"),
        # A wrong low value takes the high one with it.
        (
            "crashkernel=1G,high crashkernel=64X,low",
            8 * GIB,
            "64X,low",
            "crashkernel: unrecognized char: X",
        ),
        ("crashkernel=128M,low", GIB, "128M,low", "it reserves nothing without a plain size or '<size>,high'"),
        ("crashkernel=128M,cma", GIB, "128M,cma", "it reserves nothing without a plain size or '<size>,high'"),
    ],
)
def test_refusal(cmdline: str, ram: int, value: str, reason: str) -> None:
    found = resolve(cmdline, ram)
    assert (found.value, found.reason) == (value, reason)
    assert (found.size, found.low, found.cma) == (0, 0, 0)


def test_no_parameter_is_no_refusal() -> None:
    assert resolve("ro quiet", GIB) == Resolution(0, 0, 0, 0, False, None, None, False)


@pytest.mark.parametrize(
    ("cmdline", "ram", "expected"),
    [
        ("crashkernel=512M,high", 8 * GIB, (512, 256, True)),
        ("crashkernel=512M,high crashkernel=64M,low", 8 * GIB, (512, 64, True)),
        ("crashkernel=512M,high crashkernel=0,low", 8 * GIB, (512, 0, True)),
        ("crashkernel=512M,high", GIB, (512, 0, True)),  # nothing above 4 GiB: it goes below
        ("crashkernel=512M,high crashkernel=200M", 8 * GIB, (200, 0, False)),  # not looked at
        ("crashkernel=200M crashkernel=64M,low", 8 * GIB, (200, 0, False)),
        ("crashkernel=4G", 16 * GIB, (4096, 256, False)),  # no room below 4 GiB
        ("crashkernel=512M,high swiotlb=262144", 8 * GIB, (512, 520, True)),  # 2 KiB each, and 8 MiB
        ("crashkernel=512M,high swiotlb=262143,force", 8 * GIB, (512, 520, True)),
        ("crashkernel=512M,high swiotlb=force", 8 * GIB, (512, 256, True)),
        ("crashkernel=512M,high swiotlb=32768", 8 * GIB, (512, 256, True)),
        ("crashkernel=512M,high -- swiotlb=262144", 8 * GIB, (512, 256, True)),
    ],
)
def test_high_and_low(cmdline: str, ram: int, expected: Tuple[int, int, bool]) -> None:
    found = resolve(cmdline, ram)
    assert (found.size // MIB, found.low // MIB, found.high) == expected
    assert found.reason is None


@pytest.mark.parametrize(
    ("cmdline", "ranges", "expected"),
    [
        ("crashkernel=512M,high", LARGE, (512, 256, None)),
        ("crashkernel=512M,high", SMALL, (512, 0, None)),
        ("crashkernel=1G", LARGE, (1024, 0, None)),
        ("crashkernel=3G", LARGE, (3072, 256, None)),
        ("crashkernel=3G swiotlb=1048576", LARGE, (0, 0, "cannot allocate crashkernel low memory (size:0x80800000).")),
        ("crashkernel=7G", LARGE, (0, 0, "cannot allocate crashkernel (size:0x1c0000000)")),
        ("crashkernel=1G@5G", LARGE, (1024, 0, None)),
        ("crashkernel=1G@3G", LARGE, (0, 0, "crashkernel reservation failed - memory is in use.")),
    ],
)
def test_room(cmdline: str, ranges: List[Tuple[int, int]], expected: Tuple[int, int, str]) -> None:
    found = resolve(cmdline, 8 * GIB, ram_ranges=ranges)
    assert (found.size // MIB, found.low // MIB, found.reason) == expected


@pytest.mark.parametrize(
    ("cmdline", "ranges", "size", "low"),
    [
        # To the byte: 16 MiB that begin at an address that the kernel may choose.
        ("crashkernel=16M", [(0, 32 * MIB - 1)], 16, 0),
        ("crashkernel=16M", [(0, 32 * MIB - 2)], 0, 0),
        ("crashkernel=16M", [(16 * MIB, 32 * MIB - 1)], 16, 0),
        ("crashkernel=16M", [(16 * MIB + 1, 32 * MIB - 1)], 0, 0),
        ("crashkernel=16M@16M", [(16 * MIB, 32 * MIB - 1)], 16, 0),
        ("crashkernel=16M@16M", [(16 * MIB, 32 * MIB - 2)], 0, 0),
        ("crashkernel=16M@4G", [(MIB, GIB - 1), (4 * GIB, 5 * GIB - 1)], 16, 0),
        ("crashkernel=256M,high", [(0, GIB - 1), (4 * GIB, 4 * GIB + 256 * MIB - 1)], 256, 256),
        ("crashkernel=256M,high", [(0, GIB - 1), (4 * GIB, 4 * GIB + 256 * MIB - 2)], 256, 0),
    ],
)
def test_room_to_the_byte(cmdline: str, ranges: List[Tuple[int, int]], size: int, low: int) -> None:
    found = resolve(cmdline, 8 * GIB, ram_ranges=ranges)
    assert (found.size // MIB, found.low // MIB) == (size, low)


def test_an_old_kernel_brings_a_low_region_along_beside_an_address_above_4_gib() -> None:
    ranges = [(MIB, 2 * GIB - 1), (4 * GIB, 6 * GIB - 1)]
    for offset, low in (("4G", 256), ("5G", 256), ("1G", 0)):
        found = resolve("crashkernel=128M@" + offset, 4 * GIB, linux=(6, 1), ram_ranges=ranges)
        assert (found.size // MIB, found.low // MIB) == (128, low)


@pytest.mark.parametrize(
    ("cmdline", "ram", "size", "low"),
    [
        ("crashkernel=2G", 3 * GIB, 2048, 0),
        ("crashkernel=3056M", 8 * GIB, 3056, 0),
        ("crashkernel=3072M", 8 * GIB, 3072, 256),
        ("crashkernel=2G,high", 5 * GIB, 2048, 256),
        ("crashkernel=2G,high", 5 * GIB - 1, 2048, 0),
    ],
)
def test_without_a_map_ram_ends_at_3_gib_and_goes_on_at_4_gib(cmdline: str, ram: int, size: int, low: int) -> None:
    found = resolve(cmdline, ram)
    assert (found.size // MIB, found.low // MIB) == (size, low)


@pytest.mark.parametrize(
    ("arch", "cmdline", "low", "reason"),
    [
        ("aarch64", "crashkernel=512M", 0, None),
        ("aarch64", "crashkernel=512M,high", 0, None),
        ("riscv64", "crashkernel=512M", 0, "cannot allocate crashkernel low memory (size:0x8000000)."),
    ],
)
def test_no_ram_below_4_gib(arch: str, cmdline: str, low: int, reason: Optional[str]) -> None:
    found = resolve(cmdline, 8 * GIB, arch=arch, ram_ranges=[(32 * GIB, 40 * GIB - 1)])
    assert (found.low, found.reason) == (low, reason)


def test_room_is_taken_for_granted_where_the_map_is_unknown() -> None:
    assert resolve("crashkernel=7G", 8 * GIB).size == 7 * GIB
    assert resolve("crashkernel=64M@512M", GIB).offset == 512 * MIB


@pytest.mark.parametrize(
    ("cmdline", "cma"),
    [
        ("crashkernel=256M crashkernel=64M,cma", 64),
        ("crashkernel=512M,high crashkernel=64M,cma crashkernel=32M,cma", 32),
        ("crashkernel=256M crashkernel=64Mx,cma", 64),  # read, refused, and used all the same
        ("crashkernel=256M crashkernel=x,cma", 0),
        ("crashkernel=256M", 0),
    ],
)
def test_cma(cmdline: str, cma: int) -> None:
    found = resolve(cmdline, 8 * GIB)
    assert (found.cma, found.reason) == (cma * MIB, None)
    assert found.size


def test_cma_is_kept_where_the_region_finds_no_room() -> None:
    found = resolve("crashkernel=256M@65M crashkernel=64M,cma", 8 * GIB)
    assert (found.size, found.cma, found.reason) == (
        0,
        64 * MIB,
        "crashkernel reservation failed - memory is in use.",
    )


def test_cma_is_reserved_in_steps() -> None:
    assert resolve("crashkernel=256M crashkernel=65M,cma", 8 * GIB).cma == 66 * MIB


@pytest.mark.parametrize(
    ("linux", "cma_supported", "size", "reason"),
    [
        ((6, 16), None, 0, "crashkernel: unrecognized char: ,"),
        ((6, 16), True, 256 * MIB, None),  # a distribution that brought it
        ((6, 17), None, 256 * MIB, None),
        ((6, 17), False, 0, "crashkernel: unrecognized char: ,"),
        ((), None, 256 * MIB, None),  # a version that is not known is a new one
    ],
)
def test_cma_spoils_the_plain_value_where_it_is_unknown(
    linux: Tuple[int, ...], cma_supported: Optional[bool], size: int, reason: Optional[str]
) -> None:
    found = resolve("crashkernel=256M crashkernel=64M,cma", 8 * GIB, linux=linux, cma_supported=cma_supported)
    assert (found.size, found.reason) == (size, reason)


@pytest.mark.parametrize(
    ("cmdline", "size", "low", "reason"),
    [
        # A broken plain value is passed over for a high one, and a broken low one for the default.
        ("crashkernel=oops crashkernel=300M,high", 300, 256, None),
        ("crashkernel=64G-:1G crashkernel=300M,high", 300, 256, None),
        ("crashkernel=0 crashkernel=300M,high crashkernel=64X,low", 300, 256, None),
        ("crashkernel=oops crashkernel=64M,low", 0, 0, "crashkernel: memory value expected"),
        ("crashkernel=8G crashkernel=300M,high", 0, 0, "crashkernel reservation failed - No suitable area found."),
        # Addresses need be multiples of 1 MiB only.
        ("crashkernel=128M@100M", 128, 0, None),
        ("crashkernel=128M@100000000", 0, 0, "crashkernel reservation failed - memory is in use."),
        # The low region comes with whatever lies above 4 GiB.
        ("crashkernel=256M@4352M", 256, 256, None),
        ("crashkernel=3G crashkernel=64M,low", 3072, 64, None),
        ("crashkernel=7G", 0, 0, "crashkernel reservation failed - No suitable area found."),
    ],
)
def test_kernels_before_6_7_on_x86_64(cmdline: str, size: int, low: int, reason: Optional[str]) -> None:
    found = resolve(cmdline, 8 * GIB, linux=(6, 1), ram_ranges=LARGE)
    assert (found.size // MIB, found.low // MIB, found.reason) == (size, low, reason)


@pytest.mark.parametrize(
    ("linux", "rounded", "size"),
    [
        ((5, 19), None, 0),
        ((6, 0), None, 256),
        ((5, 14), True, 256),  # a distribution that brought it
        ((6, 12), False, 0),
        ((), None, 256),
    ],
)
def test_kernels_before_6_0_compare_the_ram_as_it_is(
    linux: Tuple[int, ...], rounded: Optional[bool], size: int
) -> None:
    assert resolve(DEFAULT, 2 * GIB - 1, linux=linux, rounded=rounded).size == size * MIB
    assert resolve(DEFAULT, 2 * GIB, linux=linux, rounded=rounded).size == 256 * MIB


@pytest.mark.parametrize(
    ("cmdline", "before", "since"),
    [
        ("crashkernel=M", (0, "the size is zero"), (0, "crashkernel: memory value expected")),
        ("crashkernel=M-1T:64M", (64, None), (0, "crashkernel: Memory value expected")),
        ("crashkernel=64M@M", (64, None), (64, None)),
        (
            "crashkernel=64M,high crashkernel=M,low",
            (64, None),
            (0, "crashkernel: memory value expected"),
        ),
        ("crashkernel=64M crashkernel=M,cma", (64, None), (64, None)),
        ("crashkernel=0M-:64M", (64, None), (64, None)),
    ],
)
def test_a_unit_without_a_number(cmdline: str, before: Tuple[int, str], since: Tuple[int, str]) -> None:
    for linux, (size, reason) in (((7, 2), before), ((7, 3), since)):
        found = resolve(cmdline, 8 * GIB, linux=linux)
        assert (found.size // MIB, found.reason) == (size, reason)


def test_auto_is_left_to_the_kernels_that_know_it() -> None:
    found = resolve("crashkernel=auto", 8 * GIB, auto_supported=True)
    assert (found.size, found.value) == (0, "auto")
    assert found.reason == "what 'auto' reserves is decided by the distribution's kernel"


@pytest.mark.parametrize(
    ("arch", "cmdline", "expected"),
    [
        ("aarch64", "crashkernel=512M,high", {"size": 512 * MIB, "low": 128 * MIB}),
        ("aarch64", "crashkernel=512M,high swiotlb=262144", {"low": 128 * MIB}),
        ("aarch64", "crashkernel=256M@6M", {"size": 256 * MIB, "offset": 6 * MIB}),
        ("riscv64", "crashkernel=512M,high", {"low": 128 * MIB}),
        ("loongarch64", "crashkernel=512M,high", {"low": 128 * MIB}),
        ("unheard-of", "crashkernel=512M,high", {"low": 256 * MIB}),  # as x86_64
        ("s390x", "crashkernel=1000000", {"size": MIB}),
        ("aarch64", "crashkernel=256M crashkernel=64M,cma", {"size": 256 * MIB, "cma": 0}),
        ("s390x", "crashkernel=256M crashkernel=64M,cma", {"size": 256 * MIB, "cma": 0}),
        ("s390x", "crashkernel=512M,high", {"size": 0, "value": "512M,high"}),
        ("ppc64le", "crashkernel=1000000@33M", {"size": 1 << 20, "offset": 33 * MIB, "fadump": False}),
        ("ppc64le", "crashkernel=1048577", {"size": MIB + (64 << 10)}),
        ("ppc64le", "crashkernel=1000000 fadump=off", {"size": 1 << 20, "fadump": False}),
        ("ppc64le", "crashkernel=1G fadump=on", {"size": GIB, "fadump": True}),
        ("ppc64le", "crashkernel=1G@32M fadump=nocma", {"size": GIB, "offset": 0, "fadump": True}),
        ("ppc64le", "crashkernel=7G fadump=on", {"size": 2 * GIB, "fadump": True}),
        ("ppc64le", "fadump=on", {"size": 256 * MIB, "value": None, "reason": None, "fadump": True}),
        ("ppc64le", "fadump=on fadump=off crashkernel=1G", {"size": GIB, "fadump": False}),
        ("ppc64le", "fadump=on fadump_reserve_mem=512M", {"size": 512 * MIB, "fadump": True}),
        ("ppc64le", "fadump=on fadump_reserve_mem=512M fadump_reserve_mem=1G", {"size": GIB}),
        ("ppc64le", "fadump=on fadump_reserve_mem=512M crashkernel=1G", {"size": GIB}),
        ("ppc64le", "fadump=on fadump_reserve_mem=512M crashkernel=oops", {"size": 512 * MIB, "reason": None}),
        ("ppc64le", "fadump=on fadump_reserve_mem=oops", {"size": 256 * MIB}),
        ("ppc64le", "fadump_reserve_mem=512M", {"size": 0, "fadump": False}),
        ("ppc64le", "fadump=on fadump=maybe crashkernel=auto", {"size": 256 * MIB, "reason": None, "fadump": True}),
        ("x86_64", "fadump=on", {"size": 0, "fadump": False}),
    ],
)
def test_architectures(arch: str, cmdline: str, expected: Dict[str, Any]) -> None:
    found = resolve(cmdline, 8 * GIB, arch=arch)
    assert {name: getattr(found, name) for name in expected} == expected


def test_a_suffix_of_another_architecture_is_told() -> None:
    reason = resolve("crashkernel=512M,high", 8 * GIB, arch="s390x").reason
    assert reason == "it reserves nothing without a plain size on this architecture"


@given(
    cmdline=LINES,
    system_ram_bytes=RAM,
    arch=st.sampled_from(sorted(ARCHITECTURES)),
    linux=st.sampled_from([(), (4, 18), (6, 1), (6, 12), (7, 3)]),
    auto_supported=st.booleans(),
    cma_supported=st.sampled_from([None, True, False]),
    ram_ranges=MAPS,
    rounded=st.sampled_from([None, True, False]),
)
def test_anything_is_resolved(**given_values: Any) -> None:
    found = resolve(**given_values)
    if found.reason is None:
        assert found.size > 0 or found.value is None
    else:
        assert (found.size, found.low, found.fadump) == (0, 0, False)
        assert found.value is not None
    assert found.low == 0 or found.size > 0
    if found.value is not None:
        assert "crashkernel=" + found.value in given_values["cmdline"]


@given(st.integers(min_value=1, max_value=1 << 40), RAM)
def test_a_plain_size_is_reserved_as_it_stands(size: int, ram: int) -> None:
    assert resolve("crashkernel={0}".format(size), ram).size == (size if size < ram else 0)


@given(st.lists(st.integers(min_value=1, max_value=1 << 36), min_size=2, max_size=6, unique=True).map(sorted), RAM)
def test_exactly_the_range_that_holds_the_rounded_ram_counts(limits: List[int], ram: int) -> None:
    total = -(-ram // (128 * MIB)) * 128 * MIB
    steps = list(zip(limits, limits[1:]))
    text = ",".join("{0}-{1}:{2}K".format(start, end, number + 1) for number, (start, end) in enumerate(steps))
    expected = [number + 1 for number, (start, end) in enumerate(steps) if start <= total < end]
    size = resolve("crashkernel=" + text, ram).size
    if total > len(steps) * 1024:
        fits = [number for number in expected if number * 1024 < ram]
        assert size == (fits[0] * 1024 if fits else 0)
    else:
        assert size == 0


@pytest.mark.parametrize(
    ("first", "cmdline", "ram", "before", "since"),
    [
        ((6, 0), DEFAULT, 64 * GIB - 1, {"size": 256 * MIB}, {"size": 512 * MIB}),
        (
            (6, 7),
            "crashkernel=1G",
            GIB,
            {"reason": "crashkernel reservation failed - No suitable area found."},
            {"reason": "the size 1G is not below the RAM of 1G"},
        ),
        ((6, 17), "crashkernel=128M crashkernel=64M,cma", 2 * GIB, {"size": 0}, {"size": 128 * MIB, "cma": 64 * MIB}),
        ((7, 3), "crashkernel=M-1T:64M", GIB, {"size": 64 * MIB}, {"size": 0}),
    ],
)
def test_the_version_that_does_it_first(
    first: Tuple[int, int], cmdline: str, ram: int, before: Dict[str, Any], since: Dict[str, Any]
) -> None:
    last = (first[0], first[1] - 1, 99) if first[1] else (first[0] - 1, 19)
    for linux, expected in ((last, before), (first, since)):
        found = resolve(cmdline, ram, linux=linux)._asdict()
        assert {name: found[name] for name in expected} == expected
