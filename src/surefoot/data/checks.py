"""Checks of values at public entries: one place, one wording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from surefoot.data.errors import InputError

Array = npt.NDArray[np.float64]
T = TypeVar("T")


def finite_array(name: str, value: npt.ArrayLike, shape: Sequence[int]) -> Array:
    """Return `value` as a float array of exactly `shape`, every entry finite.

    Raises
    ------
    InputError
        If it is not numeric, has another shape or holds a NaN or an infinity.
    """
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(name, "is not an array of numbers") from None
    if array.shape != tuple(shape):
        raise InputError(name, f"has shape {array.shape}, expected {tuple(shape)}")
    if not np.isfinite(array).all():
        raise InputError(name, "holds a NaN or an infinite value")
    return array


def finite_number(name: str, value: float) -> float:
    """Return `value` as a finite float.

    Raises
    ------
    InputError
        If it is not a finite number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(name, f"{value!r} is not a number") from None
    if not np.isfinite(number):
        raise InputError(name, f"{number} is not finite")
    return number


def instance_of(name: str, value: object, kind: type[T]) -> T:
    """Return `value` if it is a `kind`.

    Raises
    ------
    InputError
        If it is something else.
    """
    if not isinstance(value, kind):
        raise InputError(name, f"{value!r} is not a {kind.__name__}")
    return value


def configuration(name: str, value: npt.ArrayLike, nq: int) -> Array:
    """Return `value` as a finite configuration (nq,) whose quaternion has unit length.

    Raises
    ------
    InputError
        If its shape is wrong, an entry is not finite, or the quaternion's length is off by more
        than a hundredth.
    """
    q = finite_array(name, value, (nq,))
    length = float(np.linalg.norm(q[3:7]))
    if abs(length - 1.0) > 0.01:
        raise InputError(name, f"its quaternion (entries 3 to 6) has length {length:.3g}, not 1")
    return q
