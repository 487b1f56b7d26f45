"""When a run counts as a fall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.data import Array
from surefoot.sim.simulation import Simulation

_TILT_LIMIT = np.deg2rad(60.0)
_HEIGHT_LIMIT = 0.4  # of the nominal height


@dataclass(frozen=True)
class Fall:
    """When, s (of the simulation), and why."""

    time: float
    reason: str


class FallDetector:
    """Watches a standing or walking robot.

    A fall is the first of: base z axis more than 60 deg from vertical; base height above the last
    foot contacts below 0.4 x nominal; a geom of the base body touching the world. (A command that
    is not finite and a diverged simulation are falls too; `run` sees those.)

    Parameters
    ----------
    simulation
        With the robot standing: its feet are taken as the first contacts.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._nominal = simulation.robot.config.posture.height
        self._radius = np.array([contact.radius for contact in simulation.robot.contacts])
        self._footing = self._soles()

    def check(self, given_up: bool = False) -> Fall | None:
        """The fall, if this is one; of a robot that has given up only a tilt is."""
        simulation = self._simulation
        flags = simulation.contact_flags
        self._footing = np.where(flags, self._soles(), self._footing)
        q = simulation.q
        vertical = 1.0 - 2.0 * (q[3] ** 2 + q[4] ** 2)  # z component of the base's z axis
        reason = ""
        if vertical < np.cos(_TILT_LIMIT):
            reason = "tilted more than 60 deg"
        elif given_up:
            pass
        elif q[2] - self._footing.mean() < _HEIGHT_LIMIT * self._nominal:
            reason = "base lower than 0.4 of its nominal height"
        elif simulation.base_touches_ground:
            reason = "base touches the ground"
        return Fall(simulation.time, reason) if reason else None

    def _soles(self) -> Array:
        return np.asarray(self._simulation.contact_positions[:, 2] - self._radius)
