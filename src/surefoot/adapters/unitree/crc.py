"""The checksum of Unitree's command messages.

CRC-32 of the C structure without its last word: polynomial 0x04C11DB7, most significant bit first,
initial value 0xFFFFFFFF, word after word. That is zlib's CRC with every bit order turned round.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

_MOTOR = [("mode", "u1"), ("q", "f4"), ("dq", "f4"), ("tau", "f4"), ("kp", "f4"), ("kd", "f4")]
# The C structures, padded as a compiler does.
_STRUCTURES = {
    "go": np.dtype(
        [
            ("head", "u1", 2),
            ("level_flag", "u1"),
            ("frame_reserve", "u1"),
            ("sn", "u4", 2),
            ("version", "u4", 2),
            ("bandwidth", "u2"),
            ("motor_cmd", np.dtype([*_MOTOR, ("reserve", "u4", 3)], align=True), 20),
            ("bms_cmd", np.dtype([("off", "u1"), ("reserve", "u1", 3)])),
            ("wireless_remote", "u1", 40),
            ("led", "u1", 12),
            ("fan", "u1", 2),
            ("gpio", "u1"),
            ("reserve", "u4"),
            ("crc", "u4"),
        ],
        align=True,
    ),
    "hg": np.dtype(
        [
            ("mode_pr", "u1"),
            ("mode_machine", "u1"),
            ("motor_cmd", np.dtype([*_MOTOR, ("reserve", "u4")], align=True), 35),
            ("reserve", "u4", 4),
            ("crc", "u4"),
        ],
        align=True,
    ),
}
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def checksum(family: str, command: Any) -> int:
    """CRC of a ``LowCmd_`` message of one of the SDK's families.

    Parameters
    ----------
    family
        ``"go"`` or ``"hg"``.
    command
        The message.
    """
    structure = np.zeros((), _STRUCTURES[family])
    _copy(structure, command)
    return crc32(structure.tobytes()[:-4])


def crc32(data: bytes) -> int:
    """CRC of little-endian 32-bit words."""
    words = np.frombuffer(data, "<u4").astype(">u4").tobytes()
    reflected = zlib.crc32(words.translate(_REVERSED)) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def _copy(structure: Any, message: Any) -> None:
    """Fill a structured scalar from a message with fields of the same names."""
    for name in structure.dtype.names:
        value = getattr(message, name)
        field = structure[name]
        if structure.dtype[name].subdtype is not None and structure.dtype[name].base.names:
            names = structure.dtype[name].base.names
            field[:] = [tuple(_plain(getattr(item, part)) for part in names) for item in value]
        elif structure.dtype[name].names:
            _copy(field, value)
        else:
            structure[name] = value


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple, np.ndarray)) else value
