"""Priorities: a stack is a list of levels, a level a list of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from surefoot.data import InputError
from surefoot.robots import RobotModel
from surefoot.wbc.limits import joint_limits
from surefoot.wbc.tasks import BaseMotion, ContactForces, Posture, SwingFeet, Task


class Stack:
    """Tasks by priority, highest level first.

    In strict mode a level moves only where the levels above it do not care; within a level, and
    across all of them in weighted mode, tasks are balanced by their weights.

    Parameters
    ----------
    levels
        For instance ``Stack([[base, swing], [posture], [forces]])``. An inequality task in a level
        costs its squared violation there, and holds as far as it did for the levels below.
    limits
        Inequality tasks that always hold, above the first level, like friction and torque limits.
        Where those and they have no common solution they are the first to give way.

    Raises
    ------
    InputError
        If a level is not a list of tasks, a limit is not an inequality task, a name is taken twice
        or a weight is not positive.
    """

    def __init__(self, levels: Sequence[Sequence[Task]], limits: Sequence[Task] = ()) -> None:
        if not isinstance(levels, Sequence):
            raise InputError("stack", "must be a list of levels, each a list of tasks")
        for level in levels:
            if not isinstance(level, Sequence) or not all(isinstance(task, Task) for task in level):
                raise InputError("stack", "each level must be a list of tasks")
        for task in limits:
            if not (isinstance(task, Task) and task.is_inequality):
                raise InputError("limits", "must be inequality tasks", "put others into a level")
        self.levels: tuple[tuple[Task, ...], ...] = tuple(tuple(level) for level in levels)
        self.limits: tuple[Task, ...] = tuple(limits)
        names = [task.name for task in self]
        for name in names:
            if names.count(name) > 1:
                raise InputError("stack", f"two tasks are called '{name}'", "give them other names")
        for task in self:
            if not (np.isfinite(task.weight) and task.weight > 0.0):
                raise InputError(f"weight of task '{task.name}'", "must be positive and finite")

    def __iter__(self) -> Iterator[Task]:
        for level in self.levels:
            yield from level
        yield from self.limits

    def __getitem__(self, name: str) -> Task:
        for task in self:
            if task.name == name:
                return task
        raise InputError("stack", f"no task '{name}' in it")


def default_stack(robot: RobotModel) -> Stack:
    """Base and swing feet, then posture, then contact forces, within the joints' limits.

    Gains and weights are the robot file's.
    """
    config = robot.config.wbc
    base = BaseMotion(config.base_kp, config.base_kd, config.base_weight)
    swing = SwingFeet(config.swing_kp, config.swing_kd, config.swing_weight)
    posture = Posture(config.posture_kp, config.posture_kd, config.posture_weight)
    forces = ContactForces(config.force_weight)
    return Stack([[base, swing], [posture], [forces]], limits=[joint_limits(robot)])
