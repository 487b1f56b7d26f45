"""Bounds of a trajectory's variables and rows: what the task asks, and what the robot can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surefoot.data import Array
from surefoot.mpc.trajectory.motion import Expressions

if TYPE_CHECKING:
    from surefoot.mpc.trajectory.problem import TrajectoryProblem, Variables

MOST_TILT = 1.5  # rad about each axis, from the reference: the rotation vector stays below pi


def variable_bounds(problem: TrajectoryProblem) -> tuple[Variables, Variables]:
    """Least and greatest values: rest in the standing posture at the start, rest at the end, joint
    limits, no force in swing, the base's height where the task rises."""
    from surefoot.mpc.trajectory.problem import Variables

    task, grid, robot, joints = problem.task, problem.grid, problem.robot, problem.joints
    N, n, start = len(grid), len(joints), problem.start
    upper = np.full((6 + n, N + 1), np.inf)
    lower = -upper
    upper[3:6], lower[3:6] = MOST_TILT, -MOST_TILT
    margin, posture = task.limits.position_margin, problem.moving.posture
    # A joint that stands nearer to its limit than the margin may stay there.
    lower[6:] = np.minimum(robot.position_lower[joints] + margin, posture)[:, None]
    upper[6:] = np.maximum(robot.position_upper[joints] - margin, posture)[:, None]
    fastest = np.full((6 + n, N + 1), np.inf)
    fastest[6:] = task.limits.velocity * problem.moving.velocity[:, None]
    slowest = -fastest
    fastest[:, [0, N]] = slowest[:, [0, N]] = 0.0
    lower[:, 0] = upper[:, 0] = start
    end = start[:6] + np.array([task.end.x, task.end.y, 0.0, 0.0, 0.0, 0.0])
    lower[:6, N] = upper[:6, N] = end
    for phase, node in zip(task.phases, grid.middle, strict=True):
        if phase.rise is not None:
            lower[2, node] = upper[2, node] = start[2] + phase.rise
            slowest[2, node] = fastest[2, node] = 0.0
    standing = np.repeat(grid.contacts, problem.sizes, axis=1).T
    most = np.where(standing, np.inf, 0.0)
    shortest, longest = np.array([phase.duration for phase in task.phases]).T
    feet = np.full((2, len(grid.stances)), np.inf)
    near, far = -feet, feet
    for i, run in enumerate(grid.stances):
        if run.first == 0:
            near[:, i] = far[:, i] = problem.foothold(run)
    return (
        Variables(lower, slowest, -most, shortest, near),
        Variables(upper, fastest, most, longest, far),
    )


def interval_bounds(problem: TrajectoryProblem, interval: Expressions) -> tuple[Array, Array]:
    """Bounds of `interval_expressions`' rows: (rows, N) twice. Friction only of what stands."""
    N, torque = len(problem.grid), problem.task.limits.torque
    n, nj = len(problem.joints), problem.robot.nj
    rows_by_contact = [6 if size == 3 else 12 for size in problem.sizes]
    standing = np.repeat(problem.grid.contacts, rows_by_contact, axis=1).T
    zero, most = np.zeros((12 + n, N)), np.full((nj, N), torque)
    friction = np.where(standing, 0.0, -np.inf)
    lower = np.vstack([zero, -most, friction])
    return lower, np.vstack([zero, most, np.full_like(friction, np.inf)])


def node_bounds(problem: TrajectoryProblem, node: Expressions) -> tuple[Array, Array]:
    """Bounds of `node_expressions`' rows: (rows, N + 1) twice.

    A contact touches down in its foothold, level and at rest, and stays. At the start the robot
    is given and at the end it rests: nothing is left to ask of standing contacts there.
    """
    grid, limits, N = problem.grid, problem.task.limits, len(problem.grid)
    lower = {name: np.full((rows.numel(), N + 1), -np.inf) for name, rows in node.rows.items()}
    upper = {name: -rows for name, rows in lower.items()}

    def vanish(kind: str, contact: int, nodes: slice | int) -> None:
        name = f"{kind} {contact}"
        if name in lower:
            lower[name][:, nodes] = upper[name][:, nodes] = 0.0

    for run in grid.stances:
        if run.first > 0:
            for kind in ("place", "velocity", "level", "turn"):
                vanish(kind, run.contact, run.first)
        held = slice(run.first + 1, min(run.last + 1, N))
        vanish("hold", run.contact, held)
        vanish("hold_turn", run.contact, held)
    for run in grid.swings:
        inside = np.arange(run.first + 1, run.last)
        lift = np.sin(np.pi * (inside - run.first) / (run.last - run.first))
        radius = problem.description.contacts[run.contact].radius
        lower[f"height {run.contact}"][:, inside] = radius + limits.clearance * lift
    # Joints in the feet are as low as the feet are: contacts keep these above the ground.
    high = problem.standing_heights > 2.0 * limits.joint_clearance
    lower["clearance"][high, 1:N] = limits.joint_clearance
    return np.vstack(list(lower.values())), np.vstack(list(upper.values()))
