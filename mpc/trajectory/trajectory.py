"""An optimised trajectory: what it holds, its file, and its value at any instant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pinocchio as pin

from surefoot.data import Array, InputError, finite_number

FORMAT = 1
_ARRAYS = ("times", "q", "v", "forces", "contacts", "torque")


@dataclass(frozen=True)
class Trajectory:
    """A motion of a robot with its contact forces and torques.

    Between two nodes accelerations and forces are constant. Its file is a NumPy ``.npz`` with one
    array for each attribute of the same name, ``info`` as JSON text, and ``format`` = 1; see
    `save` and `load`.

    Attributes
    ----------
    times
        (N + 1,) of the nodes, s, from zero.
    q, v
        (N + 1, nq), (N + 1, nv) configuration and velocity, Pinocchio's order.
    forces
        (N, nc, 6) force and moment on the robot about each contact frame's origin, world axes.
    contacts
        (N, nc) bool, which contacts carry force.
    torque
        (N, nj) joint torques in the middle of the intervals, N m.
    info
        Plain values: robot, task, description, phases (name and duration_s of each), joint_names,
        contact_names, status, iterations, solve_s, cost.
    """

    times: Array
    q: Array
    v: Array
    forces: Array
    contacts: npt.NDArray[np.bool_]
    torque: Array
    info: dict[str, Any]

    @property
    def duration(self) -> float:
        """s."""
        return float(self.times[-1])

    def at(self, time: float) -> tuple[Array, Array, Array]:
        """Configuration, velocity and acceleration at one instant; the ends hold outside.

        Parameters
        ----------
        time
            s.

        Returns
        -------
        q, v, a
            (nq,), (nv,), (nv,) in Pinocchio's order.
        """
        t = float(np.clip(finite_number("time", time), 0.0, self.duration))
        k = self.interval(t)
        step, s = self.times[k + 1] - self.times[k], t - self.times[k]
        now, after = (_world_velocity(self.q[i], self.v[i]) for i in (k, k + 1))
        rate = (after - now) / step
        moved = now * s + 0.5 * rate * s * s
        velocity = now + rate * s
        q = self.q[k].copy()
        q[:3] += moved[:3]
        turned = pin.exp3(moved[3:6]) @ pin.Quaternion(self.q[k, 3:7]).matrix()
        q[3:7] = pin.Quaternion(turned).normalized().coeffs()
        q[7:] += moved[6:]
        v, a = velocity.copy(), rate.copy()
        v[:3], v[3:6] = turned.T @ velocity[:3], turned.T @ velocity[3:6]
        spatial = rate[:3] - np.cross(velocity[3:6], velocity[:3])  # Pinocchio's acceleration
        a[:3], a[3:6] = turned.T @ spatial, turned.T @ rate[3:6]
        if not 0.0 <= time <= self.duration:
            v[:], a[:] = 0.0, 0.0
        return q, v, a

    def interval(self, time: float) -> int:
        """Index of the interval that holds an instant."""
        return int(np.clip(np.searchsorted(self.times, time, "right") - 1, 0, len(self.torque) - 1))

    def save(self, path: str | Path) -> None:
        """Write the file.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        try:
            with Path(path).open("wb") as file:
                text = np.array(json.dumps(self.info))
                np.savez_compressed(file, format=np.array(FORMAT), info=text, **arrays)
        except OSError as error:
            raise InputError("trajectory", f"cannot write {path}: {error.strerror}") from None

    @staticmethod
    def load(path: str | Path) -> Trajectory:
        """Read a file that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, is no trajectory, or is of another format.
        """
        try:
            with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                if int(file["format"]) != FORMAT:
                    raise InputError("trajectory", f"{path} has format {int(file['format'])}")
                arrays = {name: file[name] for name in _ARRAYS}
                found = Trajectory(info=json.loads(str(file["info"])), **arrays)
        except InputError:
            raise
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise InputError("trajectory", f"cannot read {path}: {error}") from None
        found._check(path)
        return found

    def _check(self, path: str | Path) -> None:
        N = len(self.times) - 1
        shapes = [len(self.q), len(self.v), len(self.forces) + 1, len(self.torque) + 1]
        finite = all(np.isfinite(getattr(self, name)).all() for name in _ARRAYS)
        if N < 1 or shapes != 4 * [N + 1] or not finite or not (np.diff(self.times) > 0.0).all():
            raise InputError("trajectory", f"{path}: arrays do not fit or are not finite")


def _world_velocity(q: Array, v: Array) -> Array:
    """Base velocity in world axes, then the joints'."""
    rotation = pin.Quaternion(q[3:7]).matrix()
    return np.concatenate([rotation @ v[:3], rotation @ v[3:6], v[6:]])
