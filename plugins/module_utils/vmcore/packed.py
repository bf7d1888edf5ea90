# Copyright (c) 2026 The kdump.fleet authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump that was sent through gzip and the like, as kdump-tools does when KDUMP_COMPRESSION is set.

The packer ends well even when makedumpfile, in front of it, did not. So the end is in sight only when the file is
unpacked, which is done as far as that takes seconds.
"""

import importlib
import io
from typing import Any, BinaryIO, Callable, Dict, NamedTuple, Optional, cast

from .base import (
    Dump,
    FormatError,
    Header,
    LimitError,
    Source,
)
from .elf import ElfDump
from .flattened import END, FlattenedDump
from .kdump_compressed import CompressedDump

BEGINNING = 65536  # bytes that are unpacked for the header: headers and notes are in the first few KiB
STEP = 4096  # bytes that are read at a time for it
PACKED_LIMIT = 256 << 20  # bytes of a file that is unpacked to its end
UNPACKED_LIMIT = 256 << 20  # bytes that this may give
XZ_MEMORY = 72 << 20  # bytes that xz may take: its highest preset takes 65 MiB, a file may ask for 4 GiB
CHUNK = 1048576  # bytes that are read at a time otherwise


class _Packer(NamedTuple):
    """What a packed file begins with, and what opens it."""

    magic: bytes
    open: Optional[Callable[[BinaryIO], BinaryIO]]


def _class(module: str, name: str) -> Callable[[BinaryIO], BinaryIO]:
    """A class of a module that a host's Python may have been built without."""

    def opened(stream: BinaryIO) -> BinaryIO:
        of: Any = getattr(importlib.import_module(module), name)
        found: BinaryIO = of(fileobj=stream) if module == "gzip" else of(stream)
        return found

    return opened


class _Xz(object):
    """What xz unpacks. LZMAFile takes as much memory as the file says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lzma: Any = importlib.import_module("lzma")
        self._stream = stream
        self._inside: Any = None
        self._raw = b""

    def read(self, size: int) -> bytes:
        """The next bytes, or none at the end."""
        while True:
            if self._inside is None:
                self._raw = (self._raw or self._stream.read(STEP)).lstrip(b"\0")  # streams are padded with zeros
                if not self._raw:
                    return b""
                self._inside = self._lzma.LZMADecompressor(self._lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            elif self._inside.needs_input:
                self._raw = self._stream.read(STEP)
                if not self._raw:
                    raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            data = bytes(self._inside.decompress(self._raw, size))
            self._raw = b""
            if self._inside.eof:
                self._raw, self._inside = self._inside.unused_data, None
            if data:
                return data


def _xz(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _Xz(stream))


_PACKERS: Dict[str, _Packer] = {
    "gzip": _Packer(b"\x1f\x8b\x08", _class("gzip", "GzipFile")),
    "bzip2": _Packer(b"BZh", _class("bz2", "BZ2File")),
    "xz": _Packer(b"\xfd7zXZ\0", _xz),
    "lz4": _Packer(b"\x04\x22\x4d\x18", None),  # Python's library unpacks neither of these two
    "zstd": _Packer(b"\x28\xb5\x2f\xfd", None),
}


def _packer(head: bytes) -> Optional[str]:
    return next((name for name, packer in _PACKERS.items() if head.startswith(packer.magic)), None)


class _BrokenError(Exception):
    """A packed stream that ends too early or is damaged."""


def _read(stream: BinaryIO, length: int) -> bytes:
    """The next bytes of an unpacked stream."""
    try:
        return stream.read(length)
    except LimitError:
        raise
    except Exception as error:  # each of the libraries has errors of its own
        if "limit" in str(error).lower():
            raise LimitError("unpacking it takes more than {0} MiB of memory".format(XZ_MEMORY >> 20)) from error
        raise _BrokenError(str(error)) from error


class _Beginning(Source):
    """Bytes in memory."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.size = len(raw)

    def read(self, offset: int, length: int) -> bytes:
        """At most I(length) bytes from I(offset)."""
        return self._raw[offset : offset + length] if offset >= 0 else b""


class _Stream(io.RawIOBase):
    """A source as a file that is read from its beginning on."""

    def __init__(self, source: Source) -> None:
        super(_Stream, self).__init__()
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        raw = self._source.read(self._at, len(buffer))
        buffer[: len(raw)] = raw
        self._at += len(raw)
        return len(raw)


class PackedDump(Dump):
    """A dump of any format, packed as a whole."""

    @classmethod
    def recognise(cls, head: bytes) -> bool:
        """Whether a file that begins with I(head) is packed."""
        return _packer(head) is not None

    def __init__(self, source: Source) -> None:
        super(PackedDump, self).__init__(source)
        self.packed = _packer(source.read(0, 64))
        self._inner: Optional[Dump] = None
        stream = self._open()
        if stream is None:
            return
        beginning = _Beginning(self._beginning(stream))
        head = beginning.read(0, 64)
        kind = next((one for one in (FlattenedDump, CompressedDump, ElfDump) if one.recognise(head)), None)
        if kind is None:
            raise FormatError("Packed with {0}, but no dump was found inside.".format(self.packed))
        self._inner = kind(beginning)
        self.name, self.content = kind.name, self._inner.content

    def _open(self) -> Optional[BinaryIO]:
        """The unpacked content, or None where this Python cannot unpack it."""
        unpack = _PACKERS[self.packed or ""].open
        try:
            return unpack(io.BufferedReader(_Stream(self.source), CHUNK)) if unpack else None
        except ImportError:
            return None

    def _beginning(self, stream: BinaryIO) -> bytes:
        """The first bytes of the content, in steps so that an incomplete file gives what it has."""
        found = b""
        try:
            while len(found) < BEGINNING:
                chunk = _read(stream, STEP)
                if not chunk:
                    break
                found += chunk
        except _BrokenError as error:
            if not found:
                raise FormatError("Packed with {0}, and cannot be unpacked: {1}.".format(self.packed, error)) from error
        return found

    def header(self) -> Header:
        """What the dump inside says of the kernel that crashed; nothing when it cannot be unpacked here."""
        return self._inner.header() if self._inner else Header()

    def marked(self) -> Optional[str]:
        """What the header of the dump inside says of it being incomplete."""
        return self._inner.marked() if self._inner else None

    def incomplete(self) -> Optional[str]:
        """Why the dump is not complete, or None.

        Proven of a flattened dump of at most 256 MiB: that it can be unpacked, and ends with the end mark.
        """
        marked = self.marked()
        if marked:
            return marked
        if isinstance(self._inner, FlattenedDump):
            if self.source.size <= PACKED_LIMIT:
                return self._end_missing()
            self.limits.append("It has more than {0} MiB and was not unpacked.".format(PACKED_LIMIT >> 20))
        self._cannot_tell()
        return None

    def _cannot_tell(self) -> None:
        self.unknown = (
            "It is packed with {0}, and its end cannot be seen here. Unpack it and look again; "
            "let makedumpfile compress (-c, -l or -z) instead of setting KDUMP_COMPRESSION.".format(self.packed)
        )

    def _end_missing(self) -> Optional[str]:
        """What is wrong with the end of the stream."""
        tail, size = b"", 0
        stream = self._open()
        try:
            while stream and size <= UNPACKED_LIMIT:
                chunk = _read(stream, CHUNK)
                if not chunk:
                    break
                tail, size = (tail + chunk)[-len(END) :], size + len(chunk)
        except _BrokenError as error:
            return "It is packed with {0}, and breaks off or is damaged: {1}.".format(self.packed, error)
        if size > UNPACKED_LIMIT:
            self.limits.append("Only the first {0} MiB inside were unpacked.".format(UNPACKED_LIMIT >> 20))
            self._cannot_tell()
            return None
        if tail != END:
            return "The end mark of the flattened format is missing inside: makedumpfile did not end well."
        return None
