"""Phases, motions and command shaping, each alone."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from surefoot.control.commands import CommandRamp, damping_command
from surefoot.control.motions import FixedContactMotion, JointMotion, smooth_step
from surefoot.control.phases import Phase, PhaseMachine
from surefoot.data import InputError, RobotState, VelocityCommand

speeds = st.floats(-3.0, 3.0, allow_nan=False)


@given(st.floats(-0.5, 1.5))
def test_smooth_step_stays_between_its_ends_and_differentiates(fraction: float) -> None:
    value, slope, curvature = smooth_step(fraction)
    assert 0.0 <= value <= 1.0
    step = 1e-5
    ahead, behind = smooth_step(fraction + step), smooth_step(fraction - step)
    assert slope == pytest.approx((ahead[0] - behind[0]) / (2 * step), abs=1e-4)
    if 2 * step < fraction < 1.0 - 2 * step:
        assert curvature == pytest.approx((ahead[1] - behind[1]) / (2 * step), abs=1e-3)


def test_phases_refuse_what_makes_no_sense_and_remember_why() -> None:
    machine = PhaseMachine()
    assert not machine.enter(Phase.WALK, 0.0, "impatience")
    assert machine.phase == "passive"
    assert machine.enter(Phase.STAND_UP, 1.0, "asked")
    assert machine.enter(Phase.FAULT, 2.0, "tilted")
    assert not machine.enter(Phase.STAND, 3.0, "hope")
    assert [(t.before, t.after, t.reason) for t in machine.history] == [
        (Phase.PASSIVE, Phase.STAND_UP, "asked"),
        (Phase.STAND_UP, Phase.FAULT, "tilted"),
    ]
    assert machine.since == 2.0


@settings(deadline=None)
@given(speeds, speeds, speeds, st.floats(1e-4, 0.05))
def test_command_ramp_bounds_acceleration_and_arrives(
    vx: float, vy: float, yaw_rate: float, dt: float
) -> None:
    ramp, target = CommandRamp(2.0, 4.0), VelocityCommand(vx, vy, yaw_rate)
    before = ramp.current
    for _ in range(int(5.0 / dt) + 1):
        now = ramp.step(target, dt)
        assert np.hypot(now.vx - before.vx, now.vy - before.vy) <= 2.0 * dt * (1 + 1e-9)
        assert abs(now.yaw_rate - before.yaw_rate) <= 4.0 * dt * (1 + 1e-9)
        before = now
        if now == target:
            break
    assert np.allclose([now.vx, now.vy, now.yaw_rate], [vx, vy, yaw_rate], atol=1e-9)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "fast"])
def test_velocity_command_names_a_bad_field(value: object) -> None:
    with pytest.raises(InputError, match="vy"):
        VelocityCommand(vy=value)  # type: ignore[arg-type]


def test_joint_motion_ends_where_it_should_at_rest() -> None:
    start, end = np.array([0.0, 1.0]), np.array([1.0, -1.0])
    motion = JointMotion(2.0, start, end, 0.5)
    for time, expected in ((1.9, start), (2.0, start), (motion.end_time, end), (9.0, end)):
        position, velocity = motion.sample(time)
        np.testing.assert_allclose(position, expected, atol=1e-12)
        np.testing.assert_allclose(velocity, 0.0, atol=1e-12)


@pytest.mark.parametrize("name", sf.robot_names())
def test_rising_ends_level_over_the_feet_at_nominal_height(name: str) -> None:
    robot = sf.load_robot(name)
    q = robot.q_nominal.copy()
    rotation = pin.rpy.rpyToMatrix(0.05, -0.04, 0.9)
    q[:3], q[3:7] = (0.4, -0.3, 0.8 * q[2]), pin.Quaternion(rotation).coeffs()
    state = RobotState(1.0, q, np.zeros(robot.nv), np.ones(robot.nc))
    motion = FixedContactMotion(robot, state, robot.q_nominal[7:], robot.config.posture.height, 1.0)
    first, last = motion.sample(1.0), motion.sample(2.0)
    np.testing.assert_allclose(first.base_position, q[:3])
    np.testing.assert_allclose(np.abs(first.base_orientation @ q[3:7]), 1.0, atol=1e-12)
    level = pin.Quaternion(last.base_orientation).matrix()
    np.testing.assert_allclose(level[:, 2], [0.0, 0.0, 1.0], atol=1e-12)
    feet, nominal = last.contact_position, robot.contact_positions(robot.q_nominal)
    above = last.base_position[2] - feet[:, 2].mean()
    assert above == pytest.approx(robot.config.posture.height - nominal[:, 2].mean(), abs=1e-9)
    # The base moves smoothly: its velocity is the derivative of its position.
    step = 1e-5
    for time in (1.2, 1.5, 1.9):
        ahead, behind = motion.sample(time + step), motion.sample(time - step)
        slope = (ahead.base_position - behind.base_position) / (2 * step)
        np.testing.assert_allclose(motion.sample(time).base_velocity[:3], slope, atol=1e-6)
        curve = (ahead.base_velocity - behind.base_velocity) / (2 * step)
        np.testing.assert_allclose(motion.sample(time).base_acceleration, curve, atol=1e-5)
    assert last.forces[:, 2].sum() == pytest.approx(robot.mass * 9.81)


def test_damping_command_holds_nothing() -> None:
    robot = sf.load_robot("go2")
    command = damping_command(robot, robot.q_lying[7:])
    assert not command.kp.any()
    assert not command.torque.any()
    assert (command.kd > 0.0).all()
