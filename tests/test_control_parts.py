"""Phases, motions and command shaping, each alone."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from surefoot._cpp import control as cpp
from surefoot.control.commands import damping_command
from surefoot.data import InputError, VelocityCommand

speeds = st.floats(-3.0, 3.0, allow_nan=False)


@given(st.floats(-0.5, 1.5))
def test_smooth_step_stays_between_its_ends_and_differentiates(fraction: float) -> None:
    value, slope, curvature = cpp.smooth_step(fraction)
    assert 0.0 <= value <= 1.0
    step = 1e-5
    ahead, behind = cpp.smooth_step(fraction + step), cpp.smooth_step(fraction - step)
    assert slope == pytest.approx((ahead[0] - behind[0]) / (2 * step), abs=1e-4)
    if 2 * step < fraction < 1.0 - 2 * step:
        assert curvature == pytest.approx((ahead[1] - behind[1]) / (2 * step), abs=1e-3)


def facts(time: float, **values: object) -> cpp.Facts:
    result = cpp.Facts()
    result.time, result.estimate_ready, result.can_plan = time, True, True
    result.settled = 10.0
    for name, value in values.items():
        setattr(result, name, value)
    return result


def test_phases_refuse_what_makes_no_sense_and_remember_why() -> None:
    machine = cpp.PhaseMachine(settle_time=0.5, tilt=0.8, speed=0.3)
    assert not machine.enter(cpp.Phase.WALK, cpp.Reason.WALK_ASKED, facts(0.0))
    assert machine.refusal.text == "walk cannot follow passive"
    assert machine.phase == cpp.Phase.PASSIVE
    assert machine.enter(cpp.Phase.STAND_UP, cpp.Reason.STAND_ASKED, facts(1.0))
    assert machine.enter(cpp.Phase.FAULT, cpp.Reason.LIMIT, facts(2.0))
    for phase in cpp.Phase.__members__.values():
        assert not machine.enter(phase, cpp.Reason.STAND_ASKED, facts(3.0))
    assert [(t.before, t.after, t.reason) for t in machine.changes(0)] == [
        ("passive", "stand_up", cpp.Reason.STAND_ASKED),
        ("stand_up", "fault", cpp.Reason.LIMIT),
    ]
    assert machine.since == 2.0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"estimate_ready": False}, "estimate is not ready"),
        ({"settled": 0.4}, "settled for 0.40 s of 0.50"),
        ({"tilt": 0.9}, "lies tilted by 52 deg"),
        ({"speed": 0.31}, "still moves"),
        ({"speed": float("nan")}, "still moves"),
    ],
)
def test_standing_up_has_guards(wrong: dict[str, object], why: str) -> None:
    machine = cpp.PhaseMachine(settle_time=0.5, tilt=0.8, speed=0.3)
    for time in (1.0, 1.1):
        assert not machine.enter(cpp.Phase.STAND_UP, cpp.Reason.STAND_ASKED, facts(time, **wrong))
    assert why in machine.refusal.text
    assert machine.refusals == 1  # the same refusal, still
    assert machine.enter(cpp.Phase.STAND_UP, cpp.Reason.STAND_ASKED, facts(2.0))


@settings(deadline=None)
@given(speeds, speeds, speeds, st.floats(1e-4, 0.05))
def test_command_ramp_bounds_acceleration_and_arrives(
    vx: float, vy: float, yaw_rate: float, dt: float
) -> None:
    ramp, target = cpp.CommandRamp(2.0, 4.0), (vx, vy, yaw_rate)
    before = (0.0, 0.0, 0.0)
    for _ in range(int(5.0 / dt) + 1):
        now = ramp.step(*target, dt)
        assert np.hypot(now[0] - before[0], now[1] - before[1]) <= 2.0 * dt * (1 + 1e-9)
        assert abs(now[2] - before[2]) <= 4.0 * dt * (1 + 1e-9)
        before = now
        if now == target:
            break
    assert np.allclose(now, target, atol=1e-9)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "fast"])
def test_velocity_command_names_a_bad_field(value: object) -> None:
    with pytest.raises(InputError, match="vy"):
        VelocityCommand(vy=value)  # type: ignore[arg-type]


def test_joint_motion_ends_where_it_should_at_rest() -> None:
    start, end = np.array([0.0, 1.0]), np.array([1.0, -1.0])
    motion = cpp.JointMotion(2)
    motion.begin(2.0, start, end, 0.5)
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
    motion = cpp.FixedContactMotion(robot.description, robot.q_nominal)
    motion.begin(1.0, q, robot.q_nominal[7:], robot.config.posture.height, 1.0)
    first, last = motion.sample(1.0), motion.sample(2.0)
    np.testing.assert_allclose(first["base_position"], q[:3])
    np.testing.assert_allclose(np.abs(first["base_orientation"] @ q[3:7]), 1.0, atol=1e-12)
    level = pin.Quaternion(last["base_orientation"]).matrix()
    np.testing.assert_allclose(level[:, 2], [0.0, 0.0, 1.0], atol=1e-12)
    feet, nominal = last["contact_position"], robot.contact_positions(robot.q_nominal)
    np.testing.assert_allclose(feet, robot.contact_positions(q), atol=1e-12)
    above = last["base_position"][2] - feet[:, 2].mean()
    assert above == pytest.approx(robot.config.posture.height - nominal[:, 2].mean(), abs=1e-9)
    # The base moves smoothly: its velocity is the derivative of its position.
    step = 1e-5
    for time in (1.2, 1.5, 1.9):
        ahead, behind = motion.sample(time + step), motion.sample(time - step)
        now = motion.sample(time)
        slope = (ahead["base_position"] - behind["base_position"]) / (2 * step)
        np.testing.assert_allclose(now["base_velocity"][:3], slope, atol=1e-6)
        turn = pin.log3(
            pin.Quaternion(ahead["base_orientation"]).matrix()
            @ pin.Quaternion(behind["base_orientation"]).matrix().T
        )
        np.testing.assert_allclose(now["base_velocity"][3:], turn / (2 * step), atol=1e-6)
        curve = (ahead["base_velocity"] - behind["base_velocity"]) / (2 * step)
        np.testing.assert_allclose(now["base_acceleration"], curve, atol=1e-5)
    assert last["forces"][:, 2].sum() == pytest.approx(robot.mass * 9.81)


@pytest.mark.parametrize("name", sf.robot_names())
def test_joints_that_follow_a_moving_base_leave_the_contacts_where_they_are(name: str) -> None:
    robot, rng = sf.load_robot(name), np.random.default_rng(2)
    q = robot.q_nominal.copy()
    q[3:7] = pin.Quaternion(pin.rpy.rpyToMatrix(0.1, -0.1, 0.7)).coeffs()
    motion = cpp.FixedContactMotion(robot.description, robot.q_nominal)
    world = 0.1 * rng.normal(size=6)
    rotation = pin.Quaternion(q[3:7]).matrix()
    v = np.concatenate([rotation.T @ world[:3], rotation.T @ world[3:], np.zeros(robot.nj)])
    alone = _contact_speed(robot, q, v)
    v[6:] = motion.match_joints(q, world)
    assert _contact_speed(robot, q, v) < 0.05 * alone


def _contact_speed(robot: sf.RobotModel, q: np.ndarray, v: np.ndarray) -> float:
    step = 1e-6
    before, after = (
        robot.contact_frames(pin.integrate(robot.pin_model, q, sign * step * v))
        for sign in (-1.0, 1.0)
    )
    speeds = []
    for contact, first, second in zip(robot.contacts, before, after, strict=True):
        speeds.append(np.linalg.norm(second.translation - first.translation))
        if contact.size == 6:
            speeds.append(np.linalg.norm(pin.log3(second.rotation @ first.rotation.T)))
    return float(np.max(speeds)) / (2.0 * step)


def test_damping_command_holds_nothing() -> None:
    robot = sf.load_robot("go2")
    command = damping_command(robot, robot.q_lying[7:])
    assert not command.kp.any()
    assert not command.torque.any()
    assert (command.kd > 0.0).all()
