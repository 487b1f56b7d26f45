"""What a tick hands to the process that writes its log: bytes, made in microseconds.

Pickle takes three times as long for the many short arrays of a tick. Both sides are the same
interpreter.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from surefoot.control.log.records import Control, PhaseChange, PlanNodes, State, Truth, Tuned
from surefoot.control.raw_tick import RawTick
from surefoot.control.timings import Timings
from surefoot.data import JointCommand, SensorData

_PLAIN = frozenset((float, int, bool, str, type(None)))
_FLOAT64 = np.dtype(np.float64)
_ARRAY, _TUPLE, _RAW, _OTHER = "array", "tuple", "raw", "other"  # others are names of records
_KINDS = (
    SensorData,
    JointCommand,
    Timings,
    State,
    Control,
    PlanNodes,
    Truth,
    PhaseChange,
    Tuned,
)
_RECORDS: dict[str, type] = {kind.__name__: kind for kind in _KINDS}
_FIELDS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*kind.__dataclass_fields__) for kind in _KINDS
}


def packed(value: Any) -> bytes:
    """A value as bytes: records, arrays, tuples, and whatever else can be pickled."""
    return marshal.dumps(_plain(value))


def unpacked(data: bytes) -> Any:
    """What `packed` was given; arrays are read-only."""
    return _restored(marshal.loads(data))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is np.ndarray:
        if value.ndim == 1 and value.dtype is _FLOAT64:  # as a rule
            return value.tobytes()
        return _ARRAY, value.shape, value.dtype.str, value.tobytes()
    fields = _FIELDS.get(kind)
    if fields is not None:
        return kind.__name__, *map(_plain, fields(value))
    if kind is tuple:
        return _TUPLE, *map(_plain, value)
    if kind is RawTick:  # whose health is plain already, and whose plan is logged on its own
        return _RAW, _plain(value.sample_fields), value.health_fields
    return float(value) if isinstance(value, float) else (_OTHER, pickle.dumps(value))


def _restored(value: Any) -> Any:
    if isinstance(value, bytes):
        return np.frombuffer(value)
    if not isinstance(value, tuple):
        return value
    kind, *rest = value
    if kind == _ARRAY:
        shape, dtype, data = rest
        return np.frombuffer(data, dtype).reshape(shape)
    if kind == _TUPLE:
        return tuple(map(_restored, rest))
    if kind == _RAW:
        return RawTick(_restored(rest[0]), rest[1], None)
    if kind == _OTHER:
        return pickle.loads(rest[0])
    return _RECORDS[kind](*map(_restored, rest))
