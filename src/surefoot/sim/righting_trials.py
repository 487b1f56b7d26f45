"""Robots that have fallen, and what becomes of them when they move their joints.

A trial is open loop: joint postures one after the other, as the controller's phase of righting
goes through them, in MuJoCo alone. `surefoot tune righting` searches the postures on many such
trials; `tests/test_righting.py` has the closed loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from mujoco import rollout

from surefoot.data import Array, JointCommand
from surefoot.robots import RobotModel
from surefoot.robots.config import Side
from surefoot.robots.model import SIDES, RightingPosture
from surefoot.sim.conversions import Coordinates
from surefoot.sim.fallen import Lying, fallen_pose, lies_on
from surefoot.sim.motors import drive
from surefoot.sim.placement import put_on_ground, settle
from surefoot.sim.plant import GRAVITY, build_plant
from surefoot.sim.terrain import flat

_STATE = int(mujoco.mjtState.mjSTATE_FULLPHYSICS)
_REST = 0.5  # s after a motion until its outcome is judged
_IMPACT_TIME = 0.01  # s over which an impact is averaged: what a structure feels of it
_PEAK_SLOPE = 1.875  # of the controller's smooth step (cpp_ext/control/motions.cpp)


@dataclass(frozen=True)
class Outcome:
    """Of each trial, (n,): what a motion did.

    Attributes
    ----------
    up
        Cosine of the angle to the goal at the end: 1 is upright, or just on that side.
    best_up
        Its largest on the way.
    low
        How much of the height above the ground that the base has in the folded posture is missing
        at the end; 0 where the goal is a side.
    unfolded
        How far the worst joint is from the folded posture at the end, rad.
    nose
        Largest height of the base's x axis over level, either way: 1 is on its nose or tail; 0
        where it begins or is to end so.
    turn_speed
        Largest angular speed of the base, rad/s.
    impact
        Largest specific force of the base beside gravity's, mean over 10 ms, in g.
    torque
        Largest torque that the motors were asked for, in their limits.
    saturated
        Share of time and joints at the torque limit.
    end_speed
        Speed of the base at the end, m/s and rad/s, the larger.
    """

    up: Array
    best_up: Array
    low: Array
    unfolded: Array
    nose: Array
    turn_speed: Array
    impact: Array
    torque: Array
    saturated: Array
    end_speed: Array


class RightingTrials:
    """Lying robots on which a motion can be tried.

    Parameters
    ----------
    robot
        The robot.
    seeds
        Of their poses, on the sides in turn; each falls and settles damped, then folds its legs.
    frictions
        Coefficients of the ground, in turn.
    sides
        On which they fall.
    goal
        The side on which they are to lie in the end; None: upright.

    Attributes
    ----------
    lying
        What each lies on then; those that came to lie otherwise than on `sides` are left out.
    """

    def __init__(
        self,
        robot: RobotModel,
        seeds: Sequence[int],
        frictions: Sequence[float],
        sides: Sequence[Side] = ("left", "top"),
        goal: Side | None = None,
    ) -> None:
        self.robot = robot
        self._goal = np.array([0.0, 0.0, 1.0]) if goal is None else -np.array(SIDES[goal])
        self._height = robot.q_lying[2] if goal is None else 0.0
        self._models: list[Any] = []
        self._states: list[Array] = []
        self.lying: list[Lying] = []
        for i, seed in enumerate(seeds):
            model = build_plant(
                robot,
                timestep=1e-3,
                friction=frictions[i // len(sides) % len(frictions)],
                terrain=flat(),
                self_collision=True,
            )
            state, lying = self._fall(model, sides[i % len(sides)], seed)
            if lying in sides:
                self._models.append(model)
                self._states.append(state)
                self.lying.append(lying)
        self._data = mujoco.MjData(self._models[0]) if self._models else None

    def __len__(self) -> int:
        return len(self._states)

    def _fall(self, model: Any, side: Side, seed: int) -> tuple[Array, Lying]:
        """State of a robot that has fallen and folded its legs, and what it lies on then."""
        robot, data = self.robot, mujoco.MjData(model)
        coordinates = Coordinates(robot, model)
        put_on_ground(model, data, coordinates, flat(), fallen_pose(robot, side, seed))
        settle(robot, model, data, coordinates.joint_position(data.qpos))
        start = coordinates.joint_position(data.qpos)
        positions, velocities = self._fold(start)
        for position, velocity in zip(positions, velocities, strict=True):
            kp, kd = self._gains()
            drive(model, data, JointCommand(position, velocity, kp, kd, np.zeros(robot.nj)))
            mujoco.mj_step(model, data)
        limit = np.deg2rad(robot.config.control.stand_up_tilt_limit_deg)
        up = data.xmat[model.body("base").id].reshape(3, 3)[2]
        state = np.zeros(mujoco.mj_stateSize(model, _STATE))
        mujoco.mj_getState(model, data, state, _STATE)
        return state, lies_on(up, limit)

    def _gains(self) -> tuple[Array, Array]:
        control, effort = self.robot.config.control, self.robot.effort_limit
        return control.hold_kp * effort, control.hold_kd * effort

    def _fold(self, start: Array) -> tuple[Array, Array]:
        """Joint positions and velocities (n, nj) from `start` to the folded legs, and a rest."""
        control, lying = self.robot.config.control, self.robot.q_lying[7:]
        way = float(np.abs(lying - start).max())
        duration = max(control.fold_time, _PEAK_SLOPE * way / control.fold_speed)
        position, velocity = _move(start, lying, duration)
        rest = round(_REST * 1e3)
        return (
            np.concatenate([position, np.tile(lying, (rest, 1))]),
            np.concatenate([velocity, np.zeros((rest, len(lying)))]),
        )

    @property
    def states(self) -> list[Array]:
        """MuJoCo's states of the robots, legs folded, as `move` takes and gives them."""
        return list(self._states)

    def move(self, state: Array, start: Array, posture: RightingPosture) -> tuple[Array, float]:
        """Move the first robot, in any state, from joints `start` (nj,) to a posture.

        Returns
        -------
        tuple of numpy.ndarray and float
            The state afterwards, and the angle to the goal then, rad.
        """
        position, velocity = _move(start, posture.joints, posture.duration)
        kp, kd = self._gains()
        model = self._models[0]
        drive(model, self._data, JointCommand(start, velocity[0], kp, kd, 0.0 * kp))
        ctrl = (kp * position + kd * velocity)[None]
        states, _ = rollout.rollout(model, self._data, state[None], ctrl)
        after = np.array(states[0, -1])
        return after, float(np.arccos(np.clip(_up(after[4:8]) @ self._goal, -1.0, 1.0)))

    def run(self, postures: Sequence[RightingPosture]) -> Outcome:
        """Move all of them through postures, and then to the folded legs."""
        robot = self.robot
        parts, at = [], robot.q_lying[7:]
        for item in postures:
            parts.append(_move(at, item.joints, item.duration))
            at = item.joints
        parts.append(self._fold(at))
        position = np.concatenate([part[0] for part in parts])
        velocity = np.concatenate([part[1] for part in parts])
        kp, kd = self._gains()
        for model in self._models:
            drive(model, self._data, JointCommand(position[0], velocity[0], kp, kd, 0.0 * kp))
        ctrl = (kp * position + kd * velocity)[None]
        states, sensors = rollout.rollout(
            self._models, self._data, np.array(self._states), ctrl, skip_checks=False
        )
        return self._judge(states, sensors, ctrl)

    def _judge(self, states: Array, sensors: Array, ctrl: Array) -> Outcome:
        model, robot = self._models[0], self.robot
        qpos = states[:, :, 1 : 1 + model.nq]
        # MuJoCo's quaternions begin with the scalar, at qpos[3]
        qvel = states[:, :, 1 + model.nq : 1 + model.nq + model.nv]
        kp, kd = self._gains()
        joints = [model.joint(name) for name in robot.joint_names]
        q = qpos[:, :, [int(joint.qposadr[0]) for joint in joints]]
        dq = qvel[:, :, [int(joint.dofadr[0]) for joint in joints]]
        share = np.abs(ctrl - kp * q - kd * dq) / robot.effort_limit
        sensor = model.sensor("accelerometer")
        force = sensors[:, :, int(sensor.adr[0]) : int(sensor.adr[0]) + 3]
        window = round(_IMPACT_TIME * 1e3)
        total = np.cumsum(force, axis=1)
        mean = np.linalg.norm(total[:, window:] - total[:, :-window], axis=2) / window
        up = _up(qpos[:, :, 3:7]) @ self._goal
        nose = np.abs(2.0 * (qpos[:, :, 4] * qpos[:, :, 6] - qpos[:, :, 3] * qpos[:, :, 5]))
        speed = np.maximum(
            np.linalg.norm(qvel[:, -1, :3], axis=1), np.linalg.norm(qvel[:, -1, 3:6], axis=1)
        )
        return Outcome(
            up=up[:, -1],
            best_up=up.max(axis=1),
            low=np.maximum(1.0 - qpos[:, -1, 2] / self._height, 0.0)
            if self._height
            else 0.0 * up[:, -1],
            unfolded=np.abs(q[:, -1] - robot.q_lying[7:]).max(axis=1),
            nose=np.where((nose[:, 0] < 0.5) & (abs(self._goal[0]) < 0.5), nose.max(axis=1), 0.0),
            turn_speed=np.linalg.norm(qvel[:, :, 3:6], axis=2).max(axis=1),
            impact=mean.max(axis=1) / GRAVITY - 1.0,
            torque=share.max(axis=(1, 2)),
            saturated=(share > 1.0).mean(axis=(1, 2)),
            end_speed=speed,
        )


def _up(quaternion: Array) -> Array:
    """(..., 3) the vertical in the axes of a body, from MuJoCo's quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    return np.stack(
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=-1
    )


def _move(start: Array, end: Array, duration: float) -> tuple[Array, Array]:
    """Positions and velocities (n, nj) of a smooth motion, one a millisecond."""
    steps = max(1, round(duration * 1e3))
    s = np.arange(1, steps + 1)[:, None] / steps
    value = s**3 * (10.0 - 15.0 * s + 6.0 * s * s)
    slope = 30.0 * (s * (1.0 - s)) ** 2 / duration
    return start + value * (end - start), slope * (end - start)
