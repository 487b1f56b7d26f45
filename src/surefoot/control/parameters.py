"""Gains and weights of a running controller, by name."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surefoot._cpp.control import ControllerCore
from surefoot.data import Array, InputError, finite_array

logger = logging.getLogger(__name__)

_CLOSE = 0.5  # similarity of the names that an unknown one is answered with


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One change that was made.

    Attributes
    ----------
    name
        Of the parameter.
    before, value
        (n,) its numbers before and after.
    """

    name: str
    before: Array
    value: Array


class Parameters(Mapping[str, "float | Array"]):
    """Reads and sets what may be tuned while the robot moves, as a mapping from names.

    Names are those of the robot file: ``nmpc.base_position``, ``wbc.swing_kp``, ``wbc.joint_kd``,
    ``control.hold_kp``, ``estimator.contact.plan_weight``, and ``wbc.TASK_kp``, ``_kd``, ``_gain``
    and ``_weight`` of tasks of one's own. A change takes effect in the next tick, and the next
    solve of the NMPC. Values keep to `limits`; `Controller.reset` takes back the robot file's.

    Parameters
    ----------
    core
        The controller whose parameters they are.

    Attributes
    ----------
    changes
        Every change so far.
    """

    def __init__(self, core: ControllerCore) -> None:
        self._core = core
        self.changes: list[ParameterChange] = []

    def _find(self, name: str) -> tuple[Array, float, float]:
        found = self._core.parameter(name) if isinstance(name, str) else None
        if found is None:
            near = difflib.get_close_matches(str(name), self, cutoff=_CLOSE)
            raise InputError("parameter", f"{name!r} is unknown", f"near it: {', '.join(near)}")
        return found

    def __getitem__(self, name: str) -> float | Array:
        values = self._find(name)[0]
        return float(values[0]) if len(values) == 1 else values

    def limits(self, name: str) -> tuple[float, float]:
        """Least and greatest that each number of a parameter may be.

        Raises
        ------
        InputError
            If the name is unknown.
        """
        _, low, high = self._find(name)
        return low, high

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        """Set one.

        Raises
        ------
        InputError
            If the name is unknown, or the value has another shape, is not finite or beyond
            `limits`; nothing is changed then.
        """
        before = self._find(name)[0]
        shape = before.shape if len(before) > 1 else ()
        after = np.atleast_1d(finite_array(name, value, shape))
        try:
            self._core.set_parameter(name, after)
        except ValueError as error:
            raise InputError(name, str(error).removeprefix(f"{name}: ")) from None
        logger.info("%s: %s -> %s", name, before, after)
        self.changes.append(ParameterChange(name, before, after))

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.parameter_names())

    def __len__(self) -> int:
        return len(self._core.parameter_names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._core.parameter(name) is not None
