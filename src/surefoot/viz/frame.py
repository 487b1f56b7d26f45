"""What the viewer shows at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from surefoot.data import Array, Plan


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
    plan: Plan | None = None
    planned_forces: Array | None = None
    push: Array | None = None
    values: Mapping[str, float | str] = field(default_factory=dict)

    def lean(self) -> ViewerFrame:
        """The frame without the plan's gains and inputs, which nobody draws and which are large."""
        if self.plan is None:
            return self
        plan = replace(self.plan, gains=np.zeros((0, 0, 0)), inputs=np.zeros((0, 0)))
        return replace(self, plan=plan)

    def finite_values(self) -> dict[str, float | str]:
        """The live values without those that JSON cannot carry."""
        return {k: v for k, v in self.values.items() if isinstance(v, str) or np.isfinite(v)}
