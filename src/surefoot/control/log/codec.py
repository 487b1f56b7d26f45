"""Protobuf messages of dataclasses, made at run time: no .proto files, nothing to compile.

A field of type float, int, bool or str is a protobuf scalar (None a NaN, an enum its value's text),
an array a packed repeated field, row after row. Foxglove and every other reader of MCAP files finds
the description in the file itself.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from types import UnionType
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from surefoot.data import InputError

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: dict[type, Any] = {
    float: _Field.TYPE_DOUBLE,
    int: _Field.TYPE_INT64,
    bool: _Field.TYPE_BOOL,
    str: _Field.TYPE_STRING,
}
_ARRAYS: dict[type, Any] = {
    np.float64: _Field.TYPE_DOUBLE,
    np.float32: _Field.TYPE_FLOAT,
    np.bool_: _Field.TYPE_BOOL,
}
_DTYPES = {value: key for key, value in _ARRAYS.items()}
_PACKAGE = "surefoot"


class Encoder:
    """Turns objects of one dataclass into protobuf messages.

    Parameters
    ----------
    kind
        The dataclass. Fields of other types than those above are left out.

    Attributes
    ----------
    name
        Full name of the message.
    schema
        Its ``FileDescriptorSet``, as MCAP wants it.
    """

    def __init__(self, kind: type) -> None:
        self.name = f"{_PACKAGE}.{kind.__name__}"
        file = descriptor_pb2.FileDescriptorProto(
            name=f"{_PACKAGE}/{kind.__name__}.proto", package=_PACKAGE, syntax="proto3"
        )
        message = file.message_type.add(name=kind.__name__)
        hints = typing.get_type_hints(kind)
        self._scalars: list[str] = []
        self._arrays: list[str] = []
        for number, item in enumerate(fields(kind), start=1):
            found = _protobuf_type(hints[item.name])
            if found is None:
                continue
            code, repeated = found
            label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            message.field.add(name=item.name, number=number, type=code, label=label)
            (self._arrays if repeated else self._scalars).append(item.name)
        self.schema = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
        self._message = message_class(self.schema, self.name)

    def columns(self, value: Any) -> dict[str, str]:
        """Number of columns of each two-dimensional array of an object: protobuf's are flat."""
        arrays = {name: getattr(value, name) for name in self._arrays}
        return {
            name: str(array.shape[1])
            for name, array in arrays.items()
            if isinstance(array, np.ndarray) and array.ndim == 2
        }

    def encode(self, value: Any) -> bytes:
        """The object as a serialised message."""
        message = self._message()
        for name in self._scalars:
            item = getattr(value, name)
            setattr(message, name, _scalar(item))
        for name in self._arrays:
            array = getattr(value, name)
            if array is not None:
                getattr(message, name).extend(np.asarray(array).ravel().tolist())
        return bytes(message.SerializeToString())


class Decoder:
    """Turns serialised messages back into scalars and arrays, by the schema in the file.

    Parameters
    ----------
    schema, name
        ``FileDescriptorSet`` and full name of the message.
    columns
        As `Encoder.columns` gave them.

    Raises
    ------
    InputError
        If the schema does not describe the message.
    """

    def __init__(self, schema: bytes, name: str, columns: Mapping[str, str]) -> None:
        try:
            self._message = message_class(schema, name)
        except Exception as error:  # protobuf raises several kinds, and a bare TypeError
            raise InputError("log", f"has no readable schema of {name}: {error}") from None
        self._columns = {key: int(value) for key, value in columns.items()}
        self._fields: list[tuple[str, Any]] = [
            (field.name, _DTYPES.get(field.type, np.float64) if field.is_repeated else None)
            for field in self._message.DESCRIPTOR.fields
        ]

    def decode(self, data: bytes) -> dict[str, Any]:
        """Fields of a message by name."""
        message = self._message.FromString(data)
        values: dict[str, Any] = {}
        for name, dtype in self._fields:
            value = getattr(message, name)
            if dtype is not None:
                value = np.array(value, dtype=dtype)
                if name in self._columns:
                    value = value.reshape(-1, self._columns[name])
            values[name] = value
        return values


def message_class(schema: bytes, name: str) -> Any:
    """Class of the protobuf message `name` described in a ``FileDescriptorSet``."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(schema).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def _protobuf_type(hint: Any) -> tuple[Any, bool] | None:
    """Type code and whether it is repeated; None for what is not logged."""
    if typing.get_origin(hint) in (UnionType, typing.Union):
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return _protobuf_type(kinds[0]) if len(kinds) == 1 else None
    if typing.get_origin(hint) is np.ndarray:
        scalar = typing.get_args(typing.get_args(hint)[1])[0]
        return (_ARRAYS[scalar], True) if scalar in _ARRAYS else None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _Field.TYPE_STRING, False
    return (_SCALARS[hint], False) if hint in _SCALARS else None


def _scalar(value: Any) -> Any:
    if value is None:
        return np.nan
    return str(value.value) if isinstance(value, Enum) else value


FloatArray = npt.NDArray[np.float32]
