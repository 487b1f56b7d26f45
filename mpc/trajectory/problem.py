"""A task for a robot as a nonlinear program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
import numpy.typing as npt
import pinocchio as pin

from surefoot.data import Array
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.trajectory.bounds import interval_bounds, node_bounds, variable_bounds
from surefoot.mpc.trajectory.grid import Grid, Run, lay_out
from surefoot.mpc.trajectory.motion import (
    Expressions,
    MovingJoints,
    change_expressions,
    interval_expressions,
    node_expressions,
)
from surefoot.mpc.trajectory.separable import Part, Program, assemble
from surefoot.mpc.trajectory.task import MotionTask
from surefoot.robots import RobotModel


@dataclass(frozen=True)
class Variables:
    """The program's variables, or their numbers or bounds, in their shapes.

    Attributes
    ----------
    position, velocity
        (6 + n, N + 1), see `surefoot.mpc.trajectory.motion`.
    force
        (nf, N), body weights.
    phases
        (P,) their lengths, s.
    feet
        (2, stances) footholds, m.
    """

    position: npt.NDArray[Any]
    velocity: npt.NDArray[Any]
    force: npt.NDArray[Any]
    phases: npt.NDArray[Any]
    feet: npt.NDArray[Any]

    def column(self) -> npt.NDArray[Any]:
        """All of them, one after another."""
        arrays = (self.position, self.velocity, self.force, self.phases, self.feet)
        return np.concatenate([array.ravel(order="F") for array in arrays])


class TrajectoryProblem:
    """Nonlinear program of a task: variables, cost, constraints, first guess.

    Parameters
    ----------
    robot
        Joints that its NMPC does not move stay in their posture.
    task
        What to do.

    Raises
    ------
    InputError
        If the robot lacks a contact or gait that the task names.
    """

    def __init__(self, robot: RobotModel, task: MotionTask) -> None:
        options = nmpc_options(robot)
        self.robot, self.task = robot, task
        self.joints = list(options.joints)
        self.description = robot.description
        self.grid: Grid = lay_out(robot, task)
        self.sizes = [contact.size for contact in self.description.contacts]
        self.moving = MovingJoints(
            self.joints,
            robot.q_nominal[7:],
            robot.effort_limit,
            robot.velocity_limit[self.joints],
        )
        self.start = np.concatenate([robot.q_nominal[:3], np.zeros(3), self.moving.posture])
        self.progress = self.grid.progress()
        half = 0.5 * np.deg2rad(task.end.yaw_deg) * self.progress
        zero = np.zeros_like(half)
        # Orientations are measured from here, (4, N + 1).
        self.reference = np.array([zero, zero, np.sin(half), np.cos(half)])
        self.lower, self.upper = variable_bounds(self)
        self._rows: list[dict[str, Any]] = []

    @property
    def standing_heights(self) -> Array:
        """(nj,) heights of all joints above the ground in the standing posture, m."""
        data = self.robot.pin_model.createData()
        pin.forwardKinematics(self.robot.pin_model, data, self.robot.q_nominal)
        return np.array([data.oMi[joint + 2].translation[2] for joint in range(self.robot.nj)])

    def shaped(self, column: npt.NDArray[Any]) -> Variables:
        """The variables of one column in their shapes."""
        n, N = len(self.joints), len(self.grid)
        shapes = [(6 + n, N + 1), (6 + n, N + 1), (sum(self.sizes), N),
                  (len(self.task.phases),), (2, len(self.grid.stances))]  # fmt: skip
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        arrays = np.split(column, ends[:-1])
        return Variables(*(a.reshape(s, order="F") for a, s in zip(arrays, shapes, strict=True)))

    def program(self) -> Program:
        """The whole, ready for a solver."""
        grid, N = self.grid, len(self.grid)
        at = self.shaped(np.arange(self.lower.column().size))
        phase = at.phases[grid.phase][None]
        counts = np.array([p.intervals for p in self.task.phases], dtype=float)[grid.phase][None]
        interval = interval_expressions(self.description, self.task, self.moving)
        z, w, ref = at.position, at.velocity, self.reference
        parts = [
            _part(
                interval,
                np.vstack([z[:, :-1], w[:, :-1], z[:, 1:], w[:, 1:], at.force, phase]),
                np.vstack([ref[:, :-1], ref[:, 1:], counts]),
                *interval_bounds(self, interval),
            )
        ]
        node = node_expressions(self.description, self.task, self.moving)
        heavy = np.zeros((1, N + 1))
        heavy[0, -1] = self.task.weights.end_posture
        feet = np.vstack([at.feet[:, run] for run in grid.stance_at])
        bounds = node_bounds(self, node)
        self._rows = [interval.rows, node.rows]
        parts.append(_part(node, np.vstack([z, w, feet]), np.vstack([ref, heavy]), *bounds))
        steady = grid.steady
        if steady.size:
            index = np.vstack([at.force[:, steady], at.force[:, steady + 1], phase[:, steady]])
            empty = np.zeros((0, steady.size))
            change = change_expressions(sum(self.sizes), self.task)
            parts.append(_part(change, index, counts[:, steady], empty, empty))
        return assemble(self.lower.column().size, parts)

    def where(self, program: Program, row: int) -> tuple[str, str]:
        """Name of a row of the program, and of the phase that it lies in."""
        part, line, column = program.origin[row]
        names = [name for name, rows in self._rows[part].items() for _ in range(rows.numel())]
        interval = min(int(column), len(self.grid) - 1)
        name = names[line]
        kind, _, contact = name.partition(" ")
        if contact:
            name = f"{kind} of {self.robot.contact_names[int(contact)]}"
        return name, self.task.phases[self.grid.phase[interval]].name

    def guess(self) -> Array:
        """Standing all the time, lifted where the task rises, carried to where it ends."""
        task, N = self.task, len(self.grid)
        z = np.repeat(self.start[:, None], N + 1, axis=1)
        z[0] += task.end.x * self.progress
        z[1] += task.end.y * self.progress
        for i, phase in enumerate(task.phases):
            if phase.rise is not None:
                nodes = np.flatnonzero(self.grid.phase == i)
                part = (nodes - nodes[0]) / len(nodes)
                z[2, nodes] += 4.0 * phase.rise * part * (1.0 - part)
        standing = self.grid.contacts.sum(axis=1)
        f = np.zeros((sum(self.sizes), N))
        for c, first in enumerate(np.cumsum([0, *self.sizes[:-1]])):
            f[first + 2] = np.where(self.grid.contacts[:, c], 1.0 / np.maximum(standing, 1), 0.0)
        phases = np.array([np.mean(phase.duration) for phase in task.phases])
        feet = np.array([self.foothold(run) for run in self.grid.stances]).T
        return Variables(z, np.zeros_like(z), f, phases, feet).column()

    def foothold(self, run: Run) -> Array:
        """Where a contact would stand in the standing posture, as the base is carried; (2,)."""
        part = self.progress[run.first] if run.first else 0.0
        yaw = part * np.deg2rad(self.task.end.yaw_deg)
        turn = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
        arm = self.robot.nominal_contacts[run.contact].translation[:2] - self.start[:2]
        carried = part * np.array([self.task.end.x, self.task.end.y])
        return np.asarray(self.start[:2] + carried + turn @ arm)


def _part(e: Expressions, index: Any, values: Array, lower: Array, upper: Array) -> Part:
    rows = ca.vertcat(*e.rows.values()) if e.rows else ca.SX(0, 1)
    return Part(e.cost, rows, e.variables, e.parameters, index, values, lower, upper)
