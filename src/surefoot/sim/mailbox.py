"""The newest message of one process to another, through memory that both have."""

from __future__ import annotations

import mmap
import os
import struct
import zlib

_HEAD = struct.Struct("<QI")  # number of the message, check sum of the rest


class Mailbox:
    """Holds the newest message of its one writer; neither side ever waits for the other.

    A message that is read while the other side writes it is seen by its check sum.

    Parameters
    ----------
    size
        Of every message, bytes.
    file
        Descriptor of the shared memory; None makes it.

    Attributes
    ----------
    file
        To hand to the other process, which inherits it.
    """

    def __init__(self, size: int, file: int | None = None) -> None:
        self._size = size
        if file is None:
            file = os.memfd_create("surefoot")
            os.ftruncate(file, _HEAD.size + size)
        self.file = file
        self._memory = mmap.mmap(file, _HEAD.size + size)
        self._number = 0

    def put(self, message: bytes) -> None:
        """Replace the message."""
        if len(message) != self._size:
            raise ValueError(f"a message of {len(message)} bytes, not {self._size}")
        self._number += 1
        check = zlib.crc32(message, self._number & 0xFFFFFFFF)
        self._memory[:] = _HEAD.pack(self._number, check) + message

    def get(self) -> tuple[int, bytes] | None:
        """The newest message and its number; None if there is none, or it is just being written."""
        data = self._memory[:]
        number, check = _HEAD.unpack_from(data)
        message = data[_HEAD.size :]
        if number == 0 or zlib.crc32(message, number & 0xFFFFFFFF) != check:
            return None
        return number, message

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
        os.close(self.file)
