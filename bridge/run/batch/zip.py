"""A zip archive that can be cut back and continued, and whose directory is made from the archive itself, in constant memory.

The standard library keeps the directory of an archive in memory and loses it with the process; here it is written at the end by
walking over the headers of the members.

Source: PKWARE APPNOTE 6.3.10, 4.3 to 4.5 (ZIP64 for more than 65,535 members or 4 GiB).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from bridge.run.files import Growing

__all__ = ["Archive"]

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_EXTRA = struct.Struct("<2HQ")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")

_UTF8 = 0x800
_DEFLATE = 8
_DAY = 0x21
"""1 January 1980: the same orders give the same archive."""
_MAX32 = 0xFFFFFFFF
_MAX16 = 0xFFFF


class Archive(Growing):
    """An archive under construction: a member for each result. It can be opened once it is complete."""

    form = "plain"

    def add(self, name: str, data: bytes) -> None:
        """Add a member, deflated."""
        encoded = name.encode()
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(data) + deflate.flush()
        sizes = zlib.crc32(data), len(packed), len(data)
        self._file.write(_LOCAL.pack(b"PK\3\4", 20, _UTF8, _DEFLATE, 0, _DAY, *sizes, len(encoded), 0))
        self._file.write(encoded)
        self._file.write(packed)

    def finish(self) -> None:
        """Write the directory, and close the archive."""
        start = self._file.tell()
        count = 0
        position = start
        for entry in self._directory(start):
            self._file.seek(position)
            position += self._file.write(entry)
            count += 1
        self._file.seek(position)
        size = position - start
        if count >= _MAX16 or position >= _MAX32:
            self._file.write(_END64.pack(b"PK\6\6", _END64.size - 12, 45, 45, 0, 0, count, count, size, start))
            self._file.write(_LOCATOR.pack(b"PK\6\7", 0, position, 1))
        counts = (min(count, _MAX16),) * 2
        self._file.write(_END.pack(b"PK\5\6", 0, 0, *counts, min(size, _MAX32), min(start, _MAX32), 0))
        self.commit()
        self.close()

    def _directory(self, end: int) -> Iterator[bytes]:
        """The directory entries of the members before *end*."""
        offset = 0
        while offset < end:
            self._file.seek(offset)
            _, needed, flags, method, hour, day, crc, packed, size, length, _ = _LOCAL.unpack(self._file.read(_LOCAL.size))
            name = self._file.read(length)
            far = offset >= _MAX32
            extra = _EXTRA.pack(1, 8, offset) if far else b""
            fields = (45 if far else needed, flags, method, hour, day, crc, packed, size, length, len(extra), 0, 0, 0, 0)
            yield _CENTRAL.pack(b"PK\1\2", 45, *fields, min(offset, _MAX32)) + name + extra
            offset += _LOCAL.size + length + packed
