# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boots: a machine's memory, what stands on its command line, and what the pair is there to show.

A kernel that puts itself at a random address can be in the way of a region: where a region must lie at an address it
has nokaslr, and elsewhere there is room enough on both sides of it.
"""

from __future__ import annotations

from typing import NamedTuple

FEDORA = "2G-64G:256M,64G-:512M"  # what Fedora and EL 10 write on x86_64
EL9 = "1G-4G:192M,4G-64G:256M,64G-:512M"


class Case(NamedTuple):
    """One boot."""

    memory: int  # MiB
    value: str  # of crashkernel=; several are separated by blanks
    shows: str
    extra: str = ""  # what else the command line holds
    machine: str = "q35"


CASES = (
    Case(512, "64M", "a plain size"),
    Case(1024, "100000001", "not rounded to pages"),
    Case(1024, "0x8000000", "a hexadecimal number"),
    Case(1024, "0-:0200M", "an octal number"),
    Case(1024, "256M@128M", "at an address", "nokaslr"),
    Case(1024, "256M@129M", "at an address that is not a multiple of 16 MiB"),
    Case(512, FEDORA, "a small machine gets nothing"),
    Case(1920, FEDORA, "128 MiB below the range"),
    Case(1921, FEDORA, "1 MiB more: rounded up into the range, since Linux 6.0"),
    Case(2047, FEDORA, "1 MiB below the range: rounded up into it, since Linux 6.0"),
    Case(2048, FEDORA, "at the start of the range"),
    Case(896, EL9, "128 MiB below the first range"),
    Case(1023, EL9, "1 MiB below the first range: rounded up into it, since Linux 6.0"),
    Case(3968, EL9, "128 MiB below the second range"),
    Case(4095, EL9, "1 MiB below the second range: rounded up into it, since Linux 6.0"),
    Case(4096, EL9, "at the start of the second range"),
    Case(1024, "0-2G:64M,1G-:128M", "of two ranges that match the first counts"),
    Case(1024, "512M-2G:64M,oops", "nothing behind the match is looked at"),
    Case(1024, "1G-:64Mjunk@128M", "but for the address", "nokaslr"),
    Case(1024, "512M-1G:64M,1G-2G:2G,2G-:1M", "a size above the RAM"),
    Case(1024, "2G-4G:1G,1G-:64M", "a wrong range in front of the match"),
    Case(1024, "512M-1G:64M,oops,1G-:64M", "no range in front of the match"),
    Case(1024, "1G-1G:64M", "an empty range"),
    Case(1024, "128M 160M", "the last of several counts"),
    Case(1024, "oops 160M", "even if the first is wrong"),
    Case(1024, "160M oops", "and if it is wrong itself"),
    Case(1024, "128M,high", "nothing above 4 GiB: it goes below"),
    Case(4096, "300M,high", "above 4 GiB, with the default below"),
    Case(4096, "300M,high 64M,low", "above 4 GiB, with 64 MiB below"),
    Case(4096, "300M,high 0,low", "above 4 GiB, with nothing below"),
    Case(4096, "300M,high 64X,low", "a wrong low value"),
    Case(4096, "200M 300M,high 64M,low", "high and low are ignored beside a plain size"),
    Case(4096, "oops 300M,high", "a wrong plain value beside a high one"),
    Case(4096, "300M,high", "room for the bounce buffers", "swiotlb=262144", "pc"),
    Case(8192, "2304M", "a plain size that finds no room below 4 GiB"),
    Case(1024, "64M,low", "low alone"),
    Case(1024, "1G-:64M,high", "a range with a suffix"),
    Case(1024, "128M 65M,cma", "CMA beside a plain size"),
    Case(4096, "300M,high 100M,cma", "CMA beside a high one"),
    Case(1024, "256M@129M 64M,cma", "CMA beside a region that finds no room"),
    Case(1024, "64M,cma", "CMA alone"),
    Case(1024, "auto", "what RHEL 8 writes"),
    Case(1024, "256X", "no such unit"),
    Case(1024, "256MB", "a letter too many"),
    Case(1024, "M", "a unit without a number"),
    Case(1024, "M-1T:64M", "a unit without a number in a range"),
    Case(4096, "300M,high M,low", "a unit without a number as low value"),
    Case(1024, "0", "zero"),
    Case(1024, "1G", "all there is"),
    Case(1024, "18446744073709551616M", "more than 64 bits"),
    Case(8064, "2G-8G:256M,8G-:512M", "128 MiB below the last range"),
    Case(8191, "2G-8G:256M,8G-:512M", "1 MiB below the last range: rounded up into it, since Linux 6.0"),
)
