"""What the viewer shows at one instant."""

from __future__ import annotations

import marshal
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from surefoot.data import Array, Plan

_ARRAYS = (
    "q_true",
    "q_estimated",
    "contact_forces",
    "contact_probability",
    "planned_forces",
    "push",
)


class Horizon(NamedTuple):
    """What is drawn of a `surefoot.data.Plan`, by the names it has there."""

    times: Array
    states: Array
    contacts: npt.NDArray[np.bool_]


@dataclass(slots=True)
class ViewerFrame:
    """Everything to draw at one instant; whatever is None is not drawn.

    Attributes
    ----------
    time
        s.
    q_true
        (nq,) configuration of the robot that is drawn solid.
    q_estimated
        (nq,) configuration of the ghost.
    contact_forces
        (nc, 3) or (nc, 6) measured forces (and moments) on the robot, world axes, N.
    contact_probability
        (nc,) in [0, 1], colours the feet.
    plan
        Its base and foot trajectories and footholds are drawn.
    planned_forces
        (nc, 3) or (nc, 6) forces on the robot that the controller plans now, world axes, N.
    push
        (3,) external force on the base, world axes, N.
    values
        Live values for the strip in the page, by name; units belong into the name.
    """

    time: float
    q_true: Array
    q_estimated: Array | None = None
    contact_forces: Array | None = None
    contact_probability: Array | None = None
    plan: Plan | Horizon | None = None
    planned_forces: Array | None = None
    push: Array | None = None
    values: Mapping[str, float | str] = field(default_factory=dict)

    def packed(self) -> bytes:
        """The frame as bytes, cheaply, for `unpacked` in another process of this interpreter."""
        arrays = [getattr(self, name) for name in _ARRAYS]
        if self.plan is not None:
            states = self.plan.states.astype(np.float32)  # enough to draw, half to write
            arrays += [self.plan.times, states, self.plan.contacts]
        plain = [None if a is None else (a.shape, a.dtype.str, a.tobytes()) for a in arrays]
        return marshal.dumps((float(self.time), plain, self.finite_values()))

    @classmethod
    def unpacked(cls, data: bytes) -> ViewerFrame:
        """A frame from what `packed` made of it."""
        time, plain, values = marshal.loads(data)
        arrays: list[Any] = [
            None if a is None else np.frombuffer(a[2], a[1]).reshape(a[0]) for a in plain
        ]
        plan = Horizon(*arrays[len(_ARRAYS) :]) if len(arrays) > len(_ARRAYS) else None
        return cls(time=time, plan=plan, values=values, **dict(zip(_ARRAYS, arrays, strict=False)))

    def finite_values(self) -> dict[str, float | str]:
        """The live values without those that JSON cannot carry."""
        return {
            name: value if isinstance(value, str) else float(value)
            for name, value in self.values.items()
            if isinstance(value, str) or math.isfinite(value)
        }
