# Copyright (c) 2026 The kdump.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump that was sent through gzip and the like, as kdump-tools does when KDUMP_COMPRESSION is set.

Its beginning is unpacked to read the header. Its end could only be seen by unpacking it all.
"""

import importlib
from typing import Callable, Dict, NamedTuple, Optional

from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.base import Dump, FormatError, Header, Source
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.elf import ElfDump
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.flattened import FlattenedDump
from ansible_collections.kdump.fleet.plugins.module_utils.vmcore.kdump_compressed import CompressedDump

PACKED = 1 << 20  # bytes that are unpacked: bzip2 gives nothing before its first block of up to 900 kB
UNPACKED = 1 << 16  # bytes that are wanted: the headers and notes of a dump are in its first few KiB
DICTIONARY = 32 << 20  # bytes of memory that xz may use; its default needs 9 MiB


class _Packer(NamedTuple):
    """What a packed file begins with, and how to unpack at most so many bytes of it."""

    magic: bytes
    unpack: Optional[Callable[[bytes], bytes]]


def _gzip(raw: bytes) -> bytes:
    unpacked: bytes = importlib.import_module("zlib").decompressobj(31).decompress(raw, UNPACKED)
    return unpacked


def _bzip2(raw: bytes) -> bytes:
    unpacked: bytes = importlib.import_module("bz2").BZ2Decompressor().decompress(raw, UNPACKED)
    return unpacked


def _xz(raw: bytes) -> bytes:
    unpacked: bytes = importlib.import_module("lzma").LZMADecompressor(memlimit=DICTIONARY).decompress(raw, UNPACKED)
    return unpacked


_PACKERS: Dict[str, _Packer] = {
    "gzip": _Packer(b"\x1f\x8b\x08", _gzip),
    "bzip2": _Packer(b"BZh", _bzip2),
    "xz": _Packer(b"\xfd7zXZ\0", _xz),
    "lz4": _Packer(b"\x04\x22\x4d\x18", None),  # Python's library unpacks neither of these two
    "zstd": _Packer(b"\x28\xb5\x2f\xfd", None),
}


def _packer(head: bytes) -> Optional[str]:
    return next((name for name, packer in _PACKERS.items() if head.startswith(packer.magic)), None)


class _Beginning(Source):
    """Bytes in memory."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.size = len(raw)

    def read(self, offset: int, length: int) -> bytes:
        """At most I(length) bytes from I(offset)."""
        return self._raw[max(offset, 0) : max(offset, 0) + length]


class PackedDump(Dump):
    """A dump of any format, packed as a whole."""

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) is packed."""
        return _packer(head) is not None

    def __init__(self, source: Source) -> None:
        super(PackedDump, self).__init__(source)
        self.packer = _packer(source.read(0, 64)) or ""
        self._inner: Optional[Dump] = None
        unpack = _PACKERS[self.packer].unpack
        if unpack is None:
            return
        try:
            beginning = _Beginning(unpack(source.read(0, PACKED)))
        except Exception as error:  # each of the libraries has errors of its own, and may be absent
            raise FormatError("Packed with {0}, and cannot be unpacked: {1}.".format(self.packer, error)) from error
        head = beginning.read(0, 64)
        kind = next((one for one in (FlattenedDump, CompressedDump, ElfDump) if one.recognise(head)), None)
        if kind is None:
            raise FormatError("Packed with {0}, but no dump was found inside.".format(self.packer))
        self._inner = kind(beginning)

    def header(self) -> Header:
        """What the dump inside says of the kernel that crashed; nothing when it cannot be unpacked here."""
        return self._inner.header() if self._inner else Header()

    def marked(self) -> Optional[str]:
        """What the header of the dump inside says of it being incomplete."""
        return self._inner.marked() if self._inner else None

    def incomplete(self) -> Optional[str]:
        """Why the dump does not count as whole: its end is out of sight."""
        return self.marked() or (
            "It is packed with {0}{1}: whether it is whole can only be told by unpacking it. "
            "Let makedumpfile compress (-c, -l or -z) instead of setting KDUMP_COMPRESSION.".format(
                self.packer, ", {0} inside".format(self._inner.name) if self._inner else ""
            )
        )
