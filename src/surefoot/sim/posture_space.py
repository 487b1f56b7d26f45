"""Postures of a robot as few numbers, for a search."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from surefoot.data import Array, InputError
from surefoot.robots import RobotModel
from surefoot.robots.model import RightingPosture

_MARGIN = 0.02  # rad, kept from the joints' limits
_DURATIONS = (0.25, 1.2)  # s
_SPEED = 0.8  # of the velocity limits, that no motion goes beyond
_PEAK_SLOPE = 1.875  # of the controller's smooth step (cpp_ext/control/motions.cpp)


class PostureSpace:
    """Sequences of postures in which the legs of a side move alike.

    One number in [0, 1] for each joint of each side's front leg, and one for the duration; the legs
    behind take the same angles, or the opposite ones where they do so in the folded posture. Every
    joint that is in no leg (waist, arms) has a number of its own.

    Parameters
    ----------
    robot
        The robot.
    postures
        How many in a sequence.
    symmetric
        Whether the right side does as the left one: its joints have no numbers then.

    Attributes
    ----------
    size
        How many numbers.
    sides
        Which of a posture's numbers are of the left side, of the right one, and of neither.

    Raises
    ------
    InputError
        If a robot that has no left and right is to move symmetrically.
    """

    def __init__(self, robot: RobotModel, postures: int, symmetric: bool = False) -> None:
        self._robot, self._count = robot, postures
        self._groups, side = _groups(robot)
        if symmetric:
            self._groups, side = _symmetric(robot, self._groups, side)
        self.sides = [np.flatnonzero(np.array(side) == k) for k in (1, -1, 0) if k in side]
        ranges = [_common_range(robot, group) for group in self._groups]
        self._low, self._high = np.array(ranges).T
        self.size = postures * (len(self._groups) + 1)

    def decode(self, values: Array, before: Array | None = None) -> tuple[RightingPosture, ...]:
        """The sequence that `values` (size,) stand for, from joints `before` (nj,) or folded."""
        robot, sequence = self._robot, []
        before = robot.q_lying[7:] if before is None else before
        for *angles, duration in np.clip(values, 0.0, 1.0).reshape(self._count, -1):
            joints = robot.q_lying[7:].copy()
            for group, value in zip(
                self._groups, self._low + angles * (self._high - self._low), strict=True
            ):
                for joint, sign in group:
                    joints[joint] = sign * value
            joints = joints.round(3)
            least = _PEAK_SLOPE * np.abs(joints - before) / (_SPEED * robot.velocity_limit)
            wanted = _DURATIONS[0] + duration * (_DURATIONS[1] - _DURATIONS[0])
            seconds = np.ceil(100.0 * max(wanted, least.max())) / 100.0
            sequence.append(RightingPosture(float(seconds), joints))
            before = joints
        return tuple(sequence)

    def encode(self, sequence: tuple[RightingPosture, ...]) -> Array:
        """(size,) values of a sequence; of legs of a side that differ, the front one's."""
        low, high = _DURATIONS
        rows = [
            [
                *(item.joints[[g[0][0] for g in self._groups]] - self._low)
                / (self._high - self._low),
                (item.duration - low) / (high - low),
            ]
            for item in sequence
        ]
        return np.clip(np.ravel(rows), 0.0, 1.0)


Group = list[tuple[int, float]]  # joints, with signs, that move as one


def _groups(robot: RobotModel) -> tuple[list[Group], list[int]]:
    """Joints at the same place in the legs of a side; all others alone. And on which side."""
    place = robot.contact_positions(robot.q_nominal)
    axes, lying = _axes(robot), robot.q_lying[7:]
    groups: list[Group] = []
    sides: list[int] = []
    for side in (1, -1):
        contacts = [i for i in range(robot.nc) if side * place[i, 1] > 0.0]
        contacts.sort(key=lambda i: -place[i, 0])
        legs = [np.flatnonzero(robot.contact_support[i]).tolist() for i in contacts]
        for joints in zip(*legs, strict=True):
            front = joints[0]
            signs = [
                np.sign(lying[j] * lying[front]) or np.sign(axes[j] @ axes[front]) for j in joints
            ]
            groups.append([(j, float(sign)) for j, sign in zip(joints, signs, strict=True)])
            sides.append(side)
    in_legs = {j for group in groups for j, _ in group}
    for j in range(robot.nj):
        if j not in in_legs:
            groups.append([(j, 1.0)])
            sides.append(0)
    return groups, sides


def _symmetric(
    robot: RobotModel, groups: list[Group], sides: list[int]
) -> tuple[list[Group], list[int]]:
    """Groups with their mirror images; joints that are their own negative stay as folded."""
    if robot.mirror is None:
        raise InputError("symmetric", f"{robot.name} has no mirror image")
    index, sign = robot.mirror
    merged: list[Group] = []
    kept, seen = [], set()
    for group, side in zip(groups, sides, strict=True):
        mates = [(int(index[j]), s * float(sign[j])) for j, s in group]
        if group[0][0] in seen or any(
            mate == (j, -s) for mate, (j, s) in zip(mates, group, strict=True)
        ):
            continue
        both = group + [mate for mate in mates if mate not in group]
        seen |= {j for j, _ in both}
        merged.append(both)
        kept.append(side)
    return merged, kept


def _axes(robot: RobotModel) -> list[Array]:
    data = robot.pin_model.createData()
    pin.forwardKinematics(robot.pin_model, data, pin.neutral(robot.pin_model))
    return [
        data.oMi[j + 2].rotation @ np.asarray(joint.axis)
        for j, joint in enumerate(robot.description.joints)
    ]


def _common_range(robot: RobotModel, group: list[tuple[int, float]]) -> tuple[float, float]:
    low, high = -np.pi, np.pi
    for joint, sign in group:
        ends = sorted((sign * robot.position_lower[joint], sign * robot.position_upper[joint]))
        low, high = max(low, ends[0] + _MARGIN), min(high, ends[1] - _MARGIN)
    return low, high
