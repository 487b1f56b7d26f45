"""Gains and weights of a running controller, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from surefoot.data import Array, InputError, finite_array
from surefoot.wbc import WholeBodyController

logger = logging.getLogger(__name__)

_ATTRIBUTES = ("weight", "kp", "kd", "gain")


class Parameters(Mapping[str, "float | Array"]):
    """Reads and sets what may be tuned while the robot moves, as a mapping from names.

    Names are ``wbc.TASK.weight``, ``.kp``, ``.kd`` and ``.gain``, of every task of the whole-body
    controller's stack that has them. A change takes effect at the next tick.

    Parameters
    ----------
    wbc
        The controller whose tasks they are.

    Attributes
    ----------
    on_change
        Called with name, old and new value after every change: for a log.
    """

    def __init__(self, wbc: WholeBodyController) -> None:
        self._wbc = wbc
        self.on_change: list[Callable[[str, float | Array, float | Array], None]] = []

    def _find(self, name: str) -> tuple[object, str]:
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == "wbc" and parts[2] in _ATTRIBUTES:
            for task in self._wbc.stack:
                if task.name == parts[1] and hasattr(task, parts[2]):
                    return task, parts[2]
        raise InputError("parameter", f"{name!r} is unknown", f"known: {', '.join(self)}")

    def __getitem__(self, name: str) -> float | Array:
        owner, attribute = self._find(name)
        value = getattr(owner, attribute)
        return float(value) if np.ndim(value) == 0 else np.array(value)

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        """Set one.

        Raises
        ------
        InputError
            If the name is unknown, or the value has another shape, is not finite or is negative;
            a weight must be positive.
        """
        owner, attribute = self._find(name)
        before = self[name]
        number = finite_array(name, value, np.shape(before))
        if (number < 0.0).any() or (attribute == "weight" and not number > 0.0):
            wanted = "positive" if attribute == "weight" else "zero or positive"
            raise InputError(name, f"is {number}, must be {wanted}")
        setattr(owner, attribute, number if number.ndim else float(number))
        logger.info("%s: %s -> %s", name, before, self[name])
        for tell in self.on_change:
            tell(name, before, self[name])

    def __iter__(self) -> Iterator[str]:
        for task in self._wbc.stack:
            for attribute in _ATTRIBUTES:
                if hasattr(task, attribute):
                    yield f"wbc.{task.name}.{attribute}"

    def __len__(self) -> int:
        return sum(1 for _ in self)
