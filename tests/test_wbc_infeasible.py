"""Infeasible by design: whatever is asked, torque is checked and the status tells."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from test_wbc import contact_jacobian
from test_wbc_reference import random_tick

import surefoot as sf
from surefoot.data import PlanSample, RobotState
from surefoot.wbc import (
    Stack,
    WbcResult,
    WbcStatus,
    WholeBodyController,
    default_stack,
    standing_sample,
)
from surefoot.wbc.tasks import BaseMotion, LinearInequality

ROBOTS = ("go2", "anymal_c", "g1", "talos")
KINDS = ("weak", "ice", "stop", "contradiction", "air")


def impaired(name: str, kind: str) -> sf.RobotModel:
    """Load the robot with half its torque, or on ice."""
    robot = sf.load_robot(name)
    if kind == "weak":
        joints = robot.description.joints
        for joint in joints:
            joint.effort_limit *= 0.5
        robot.description.joints = joints
        robot.effort_limit[:] *= 0.5
    if kind == "ice":
        contacts = robot.description.contacts
        for contact in contacts:
            contact.friction, contact.yaw_friction = 0.02, 1e-4
        robot.description.contacts = contacts
    return robot


def stack_of(robot: sf.RobotModel, kind: str) -> Stack:
    """Joints at their stops must brake hard; or two tasks want the base in different places."""
    levels = [list(level) for level in default_stack(robot).levels]
    limits = []
    if kind == "stop":
        limits.append(LinearInequality(robot.nj, name="stops"))
    if kind == "contradiction":
        config = robot.config.wbc
        damping = 0.1 * np.array(config.base_kd)
        levels[0].append(BaseMotion(5 * np.array(config.base_kp), damping, 1.0, "other"))
        for place, limit in ((0, 40.0), (1, -40.0)):  # up and down at once, both at any cost
            task = LinearInequality(1, 1.0, f"wish {place}")
            row = np.zeros((1, robot.nv))
            row[0, 2] = 1.0
            bound = np.array([limit])
            task.set(row, *((bound, bound + 1.0) if limit > 0 else (bound - 1.0, bound)))
            levels[place].append(task)
    return Stack(levels, limits)


def random_case(
    robot: sf.RobotModel, stack: Stack, kind: str, rng: np.random.Generator
) -> tuple[RobotState, PlanSample, np.ndarray]:
    state, sample, contacts = random_tick(robot, rng, (0.2, 1.0, 2.0))
    if kind == "stop":
        task = stack["stops"]
        assert isinstance(task, LinearInequality)
        matrix = np.hstack([np.zeros((robot.nj, 6)), np.eye(robot.nj)])
        at_stop = rng.random(robot.nj) < 0.3
        lower = np.where(at_stop, rng.uniform(0.0, 300.0, robot.nj), -np.inf)
        task.set(matrix, lower, np.full(robot.nj, np.inf))
    if kind == "air":  # believed to stand, moving anyhow
        q = pin.integrate(robot.pin_model, robot.q_nominal, 0.5 * rng.normal(size=robot.nv))
        state = RobotState(0.0, q, 2.0 * rng.normal(size=robot.nv), np.ones(robot.nc))
        contacts = np.ones(robot.nc, dtype=bool)
    return state, sample, contacts


def check(robot: sf.RobotModel, state: RobotState, result: WbcResult) -> None:
    """No torque leaves unchecked: finite, within limits, and what the status says of it."""
    assert np.isfinite(result.torque).all()
    assert (np.abs(result.torque) <= robot.effort_limit * (1 + 1e-12)).all()
    assert result.status in (WbcStatus.SOLVED, WbcStatus.RELAXED, WbcStatus.FAILED)
    if result.status is WbcStatus.FAILED:
        assert not result.forces.any()
        return
    tau = pin.rnea(
        robot.pin_model, robot.pin_model.createData(), state.q, state.v, result.acceleration
    )
    for i, contact in enumerate(robot.contacts):
        tau -= contact_jacobian(robot, state.q, i).T @ result.forces[i, : contact.size]
    scale = 1.0 + np.abs(tau).max() + np.abs(result.forces).max()
    assert np.abs(tau[:6]).max() <= 1e-9 * scale  # physics is never relaxed
    allowed = 1e-9 * scale if result.status is WbcStatus.SOLVED else result.slack + 1e-6 * scale
    assert np.abs(tau[6:] - result.torque).max() <= allowed
    normal = np.array(
        [force[2] for c, force in zip(robot.contacts, result.forces, strict=True) if c.size == 3]
    )
    assert (normal >= -(allowed + 1e-7)).all()
    if result.status is WbcStatus.RELAXED:
        assert result.slack > 1e-6 or result.contact_residual > 1e-6


def run(name: str, kind: str, count: int) -> dict[WbcStatus, int]:
    robot = impaired(name, kind)
    stack = stack_of(robot, kind)
    wbc = WholeBodyController(robot, "weighted", stack)
    rng = np.random.default_rng(KINDS.index(kind))
    seen = dict.fromkeys((WbcStatus.SOLVED, WbcStatus.RELAXED, WbcStatus.FAILED), 0)
    for index in range(count):
        wbc.mode = "strict" if index % 2 else "weighted"
        if index % 3 == 0:  # else the active rows and torque of another case are carried over
            wbc.reset()
        state, sample, contacts = random_case(robot, stack, kind, rng)
        state.time = 0.002 * index
        result = wbc.solve(state, sample, contacts)
        check(robot, state, result)
        assert wbc._kernel.allocations == 0
        seen[result.status] += 1
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROBOTS)
def test_no_torque_leaves_unchecked(name: str, kind: str) -> None:
    seen = run(name, kind, 30)
    assert seen[WbcStatus.FAILED] == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ROBOTS)
def test_no_torque_leaves_unchecked_in_ten_thousand_cases(name: str, kind: str) -> None:
    seen = run(name, kind, 500)  # of 4 robots and 5 kinds
    print(name, kind, {str(status): count for status, count in seen.items()})  # noqa: T201
    assert seen[WbcStatus.FAILED] == 0


def test_the_names_of_active_limits_are_told() -> None:
    robot = impaired("go2", "weak")
    wbc = WholeBodyController(robot, "strict")
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    sample = standing_sample(robot, robot.q_nominal)
    sample.base_acceleration[2] = 60.0  # more than the motors can
    result = wbc.solve(state, sample, sample.contacts)
    names = wbc.active_limits(result)
    assert len(names) == result.active > 0
    for name in names:
        thing, *what = name.split()
        assert thing in robot.joint_names or thing in robot.contact_names, name
        assert " ".join(what) in (
            "torque upper",
            "torque lower",
            "friction",
            "normal force upper",
            "normal force lower",
        )
    torques = {
        robot.joint_names[i]
        for i in np.flatnonzero(np.abs(result.torque) >= robot.effort_limit * (1 - 1e-9))
    }
    assert torques == {name.split()[0] for name in names if "torque" in name}


def test_equal_torque_of_a_failed_tick_fades_to_damping() -> None:
    """What remains if nothing is usable: the last torque, fading to joint damping."""
    robot = sf.load_robot("go2")
    config = robot.config.wbc
    wbc = WholeBodyController(robot)
    sample = standing_sample(robot, robot.q_nominal)
    v = np.zeros(robot.nv)
    good = wbc.solve(RobotState(0.0, robot.q_nominal, v, np.ones(4)), sample, sample.contacts)
    broken = robot.q_nominal.copy()
    broken[3:7] = 0.0  # no orientation
    time = 0.25 * config.fallback_time
    result = wbc.solve(RobotState(time, broken, v, np.ones(4)), sample, sample.contacts)
    assert result.status is WbcStatus.FAILED
    np.testing.assert_allclose(result.torque, 0.75 * good.torque, rtol=1e-9)
