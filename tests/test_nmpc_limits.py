"""Soft joint limits act on the plan: with them it stays inside, without them it does not."""

from __future__ import annotations

from typing import Any

import numpy as np

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options

ROBOT = sf.load_robot("go2")
FORCES = 3 * ROBOT.nc


def plan(q: np.ndarray, gait: str = "stand", vx: float = 0.0, **changes: Any) -> sf.data.Plan:
    """The plan from rest at `q` after some iterations, with options changed."""
    options = nmpc_options(ROBOT)
    for name, value in changes.items():
        setattr(options, name, value)
    nmpc = CentroidalNmpc(ROBOT, options)
    nmpc.gait, nmpc.command = gait, sf.VelocityCommand(vx=vx)
    state = sf.RobotState(0.0, q, np.zeros(ROBOT.nv), np.ones(ROBOT.nc))
    return [nmpc.solve(state) for _ in range(8)][-1]


def on_the_ground(joints: np.ndarray) -> np.ndarray:
    q = np.concatenate([[0, 0, 0, 0, 0, 0, 1.0], joints])
    q[2] = ROBOT.contacts[0].radius - ROBOT.contact_positions(q)[0, 2]
    return q


def test_a_posture_beyond_the_limit_is_not_followed() -> None:
    knees = [i for i, name in enumerate(ROBOT.joint_names) if "calf" in name]
    posture = ROBOT.q_lying[7:].copy()
    q = on_the_ground(posture)
    posture[knees] = ROBOT.position_lower[knees] - 0.2
    asked = {"posture": posture, "height": 0.06, "joint_position": 200.0}
    reached = {
        weight: plan(q, joint_position_limit=weight, **asked).states[:, 13:][:, knees].min()
        for weight in (0.0, nmpc_options(ROBOT).joint_position_limit)
    }
    free, limited = reached.values()
    assert free < ROBOT.position_lower[knees].max() - 0.1
    assert limited > ROBOT.position_lower[knees].max()


def test_joint_speed_is_held_down() -> None:
    margin = 0.35
    bound = (1.0 - 2.0 * margin) * ROBOT.velocity_limit
    excess = []
    for weight in (0.0, nmpc_options(ROBOT).joint_velocity_limit):
        speeds = plan(
            ROBOT.q_nominal,
            "trot",
            1.5,
            joint_velocity_limit=weight,
            limit_margin=margin,
            joint_position_limit=0.0,
            joint_torque_limit=0.0,
        ).inputs[:, FORCES:]
        excess.append(np.maximum(np.abs(speeds) - bound, 0.0).sum())
    assert excess[0] > 10.0
    assert excess[1] < 0.6 * excess[0]


def test_a_squat_keeps_to_the_torque_limits() -> None:
    margin = 0.38
    bound = (1.0 - 2.0 * margin) * ROBOT.effort_limit
    q = on_the_ground(np.tile([0.0, 1.2, -2.4], 4))
    model = _mpc.CentroidalDynamics(ROBOT.description)
    worst = []
    for weight in (0.0, nmpc_options(ROBOT).joint_torque_limit):
        found = plan(
            q,
            height=0.18,
            joint_torque_limit=weight,
            limit_margin=margin,
            joint_position_limit=0.0,
            joint_velocity_limit=0.0,
        )
        torques = []
        for x, u in zip(found.states[:-1], found.inputs, strict=True):
            torque = np.zeros(ROBOT.nj)
            for i in range(ROBOT.nc):
                jacobian = model.contact_rows(x, u, i)[6:9, 12 : 12 + ROBOT.nj]
                torque -= jacobian.T @ u[3 * i : 3 * i + 3]
            torques.append(torque)
        worst.append((np.abs(torques) / bound).max())
    assert worst[0] > 1.15
    assert worst[1] < 1.03
