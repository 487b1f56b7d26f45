"""A task's phases laid out over intervals and nodes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surefoot.data import Array
from surefoot.mpc.trajectory.task import MotionTask
from surefoot.robots import RobotModel


@dataclass(frozen=True)
class Run:
    """A stretch of intervals `first` .. `last` - 1 in which a contact stands, or swings."""

    contact: int
    first: int  # node
    last: int


@dataclass(frozen=True)
class Grid:
    """Where phases, stances and swings are.

    Attributes
    ----------
    phase
        (N,) index of each interval's phase.
    contacts
        (N, nc) bool, which contacts carry force.
    middle
        Node in the middle of each phase.
    stances, swings
        Runs, contact after contact.
    """

    phase: npt.NDArray[np.int_]
    contacts: npt.NDArray[np.bool_]
    middle: list[int]
    stances: list[Run]
    swings: list[Run]

    def __len__(self) -> int:
        return len(self.phase)

    def progress(self) -> Array:
        """(N + 1,) from 0 to 1, smoothly: how far the task is done, all of it between the first
        and the last phase where there are others."""
        inner = (self.phase > 0) & (self.phase < self.phase[-1])
        if not inner.any():
            inner[:] = True
        part = np.concatenate([[0.0], np.cumsum(inner) / inner.sum()])
        return np.asarray(part * part * (3.0 - 2.0 * part))

    @property
    def steady(self) -> npt.NDArray[np.int_]:
        """Intervals that are followed by one of the same phase."""
        return np.flatnonzero(self.phase[:-1] == self.phase[1:])

    @property
    def stance_at(self) -> npt.NDArray[np.int_]:
        """(nc, N + 1) number of the stance that a contact is in at a node; in swing the last."""
        number = np.zeros((self.contacts.shape[1], len(self) + 1), dtype=int)
        for i, run in enumerate(self.stances):
            number[run.contact, run.first :] = i
        return number


def lay_out(robot: RobotModel, task: MotionTask) -> Grid:
    """Grid of a task for a robot.

    Raises
    ------
    InputError
        If the robot lacks a contact or gait that the task names.
    """
    counts = [phase.intervals for phase in task.phases]
    contacts = np.repeat(np.array(task.contacts_of(robot), dtype=bool), counts, axis=0)
    ends = np.cumsum(counts)
    middle = [int(end - count + count // 2) for end, count in zip(ends, counts, strict=True)]
    stances: list[Run] = []
    swings: list[Run] = []
    for contact in range(robot.nc):
        flags = contacts[:, contact]
        breaks = [0, *(np.flatnonzero(np.diff(flags)) + 1).tolist(), len(flags)]
        for first, last in itertools.pairwise(breaks):
            (stances if flags[first] else swings).append(Run(contact, first, last))
    return Grid(np.repeat(np.arange(len(counts)), counts), contacts, middle, stances, swings)
