"""The whole-body controller: physics, standing, contact switches, wrong input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp.robots import RigidBody
from surefoot._cpp.wbc import allocation_count
from surefoot.data import InputError, RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample

MODES = ("weighted", "strict")


def random_state(robot: sf.RobotModel, rng: np.random.Generator, time: float = 0.0) -> RobotState:
    step = np.concatenate([0.05 * rng.normal(size=6), 0.1 * rng.normal(size=robot.nj)])
    q = pin.integrate(robot.pin_model, robot.q_nominal, step)
    return RobotState(time, q, 0.2 * rng.normal(size=robot.nv), np.ones(robot.nc))


def contact_jacobian(robot: sf.RobotModel, q: np.ndarray, index: int) -> np.ndarray:
    """Rows of the contact's force: of the touching point of a sphere, of a surface's frame."""
    contact, data = robot.contacts[index], robot.pin_model.createData()
    pin.computeJointJacobians(robot.pin_model, data, q)
    J = pin.getJointJacobian(
        robot.pin_model, data, contact.joint + 2, pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
    )
    origin = data.oMi[contact.joint + 2].act(contact.placement).translation
    if contact.kind == "point":
        origin = origin - np.array([0.0, 0.0, contact.radius])
    J[:3] -= pin.skew(origin - data.oMi[contact.joint + 2].translation) @ J[3:]
    return J[: contact.size]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sf.robot_names())
def test_equations_of_motion_and_limits_hold(name: str, mode: str) -> None:
    robot = sf.load_robot(name)
    wbc = WholeBodyController(robot, mode)
    rng = np.random.default_rng(3)
    sample = standing_sample(robot, robot.q_nominal)
    solved = 0
    for _ in range(50):
        wbc.reset()
        state, contacts = random_state(robot, rng), rng.random(robot.nc) < 0.75
        result = wbc.solve(state, sample, contacts)
        assert result.status != WbcStatus.FAILED
        assert not result.forces[~contacts].any()
        if result.status != WbcStatus.SOLVED:
            continue
        solved += 1
        data, model = robot.pin_model.createData(), robot.pin_model
        tau = pin.rnea(model, data, state.q, state.v, result.acceleration)
        for i in range(robot.nc):
            force = result.forces[i, : robot.contacts[i].size]
            tau -= contact_jacobian(robot, state.q, i).T @ force
        scale = 1.0 + np.abs(tau).max()
        np.testing.assert_allclose(tau[:6], 0.0, atol=1e-9 * scale)
        np.testing.assert_allclose(tau[6:], result.torque, atol=1e-9 * scale)
        assert (np.abs(result.torque) <= robot.effort_limit + 1e-9).all()
        for contact, wrench in zip(robot.contacts, result.forces, strict=True):
            assert np.hypot(wrench[0], wrench[1]) <= contact.friction * wrench[2] + 1e-7 or (
                contact.kind == "surface"
            )
    assert solved > 25


@pytest.mark.parametrize("name", sf.robot_names())
def test_contacts_do_not_move(name: str) -> None:
    """Finite differences of the contact point's velocity along the solution are its damping."""
    robot = sf.load_robot(name)
    wbc = WholeBodyController(robot)
    rng = np.random.default_rng(4)
    for _ in range(5):
        wbc.reset()
        state = random_state(robot, rng)
        result = wbc.solve(
            state, standing_sample(robot, robot.q_nominal), np.ones(robot.nc, dtype=bool)
        )
        if result.contact_residual > 1e-9:
            continue
        step = 1e-6
        for i in range(robot.nc):
            velocity = [
                contact_jacobian(
                    robot,
                    pin.integrate(
                        robot.pin_model,
                        state.q,
                        t * state.v + 0.5 * t * t * result.acceleration,
                    ),
                    i,
                )
                @ (state.v + t * result.acceleration)
                for t in (-step, 0.0, step)
            ]
            acceleration = (velocity[2] - velocity[0]) / (2 * step)
            expected = -robot.config.wbc.contact_kd * velocity[1]
            np.testing.assert_allclose(acceleration, expected, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sf.robot_names())
def test_standing_still_carries_the_weight(name: str, mode: str) -> None:
    robot = sf.load_robot(name)
    wbc = WholeBodyController(robot, mode)
    q = robot.q_nominal
    sample = standing_sample(robot, q)
    state = RobotState(0.0, q, np.zeros(robot.nv), np.ones(robot.nc))
    result = wbc.solve(state, sample, sample.contacts)
    assert result.status == WbcStatus.SOLVED
    weight = np.array([0.0, 0.0, 9.81 * robot.mass])
    np.testing.assert_allclose(result.forces[:, :3].sum(axis=0), weight, atol=0.015 * weight[2])
    # No net moment about the centre of mass either.
    body = RigidBody(robot.description)
    body.update(q, state.v)
    moment = np.zeros(3)
    for i, contact in enumerate(robot.contacts):
        point = sample.contact_position[i] - [0.0, 0.0, contact.radius]
        moment += np.cross(point - body.com, result.forces[i, :3]) + result.forces[i, 3:]
    np.testing.assert_allclose(moment, 0.0, atol=0.01 * weight[2])
    assert np.abs(result.acceleration).max() < 1.0
    if mode == "strict":
        assert result.residuals["base"] < 1e-6


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["go2", "g1"])
def test_no_tick_allocates_and_every_qp_is_optimal(name: str, mode: str) -> None:
    robot = sf.load_robot(name)
    wbc = WholeBodyController(robot, mode)
    wbc._kernel.options.check_kkt = True
    rng = np.random.default_rng(5)
    sample = standing_sample(robot, robot.q_nominal)
    limited = 0
    for _ in range(100):
        wbc.reset()
        state, contacts = random_state(robot, rng), rng.random(robot.nc) < 0.75
        result = wbc.solve(state, sample, contacts)
        assert wbc._kernel.allocations == 0
        assert result.kkt < 1e-8
        limited += result.iterations > 0
    assert limited > 5
    other = RigidBody(robot.description)  # the counter does count
    assert other.nv == robot.nv
    assert allocation_count() > 0


def test_forces_ramp_at_a_contact_switch() -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot)
    sample = standing_sample(robot, robot.q_nominal)
    contacts = np.ones(4, dtype=bool)
    forces = []
    for tick in range(60):
        time = 0.002 * tick
        state = RobotState(time, robot.q_nominal, np.zeros(robot.nv), np.ones(4))
        contacts[0] = not 20 <= tick < 40
        forces.append(wbc.solve(state, sample, contacts).forces[0, 2])
    force = np.array(forces)
    config = robot.config.wbc
    ramp_ticks = round(config.unload_time / 0.002)
    assert force[19] > 20.0
    assert (force[20 + ramp_ticks : 40] == 0.0).all()
    rise = config.force_max * 9.81 * robot.mass * 0.002 / config.load_time
    assert np.abs(np.diff(force)).max() < 1.01 * rise
    assert rise < 0.5 * force[19]
    assert force[-1] == pytest.approx(force[19], rel=1e-3)


@pytest.mark.parametrize("mode", MODES)
def test_non_finite_input_never_leaves_as_torque(mode: str) -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot, mode)
    sample = standing_sample(robot, robot.q_nominal)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(4))
    good = wbc.solve(state, sample, sample.contacts)
    torques = []
    for tick in range(1, 200):
        bad = replace(state, time=0.002 * tick, v=np.full(robot.nv, np.nan))
        result = wbc.solve(bad, sample, sample.contacts)
        assert result.status == WbcStatus.FAILED
        assert np.isfinite(result.torque).all()
        torques.append(np.abs(result.torque).max())
    assert torques[0] == pytest.approx(np.abs(good.torque).max(), rel=0.05)
    assert torques[-1] == 0.0
    bad_sample = replace(sample, base_position=np.array([np.inf, 0.0, 0.0]))
    assert wbc.solve(replace(state, time=0.4), bad_sample, sample.contacts).status == (
        WbcStatus.FAILED
    )
    recovered = wbc.solve(replace(state, time=0.402), sample, sample.contacts)
    assert recovered.status == WbcStatus.SOLVED


def test_wrong_shapes_raise_one_clear_error() -> None:
    robot = sf.load_robot("go2")
    wbc = WholeBodyController(robot)
    sample = standing_sample(robot, robot.q_nominal)
    state = RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(4))
    with pytest.raises(InputError, match=r"state\.v"):
        wbc.solve(replace(state, v=np.zeros(3)), sample, sample.contacts)
    with pytest.raises(InputError, match=r"sample\.forces"):
        wbc.solve(state, replace(sample, forces=np.zeros((3, 6))), sample.contacts)
    with pytest.raises(InputError, match="contacts"):
        wbc.solve(state, sample, np.ones(3, dtype=bool))
    with pytest.raises(InputError, match="mode"):
        wbc.mode = "fast"  # type: ignore[assignment]
    base = sf.wbc.tasks.BaseMotion(np.ones(6), np.ones(6))
    with pytest.raises(InputError, match="two tasks"):
        wbc.stack = sf.wbc.Stack([[base], [base]])
    with pytest.raises(InputError, match="weight"):
        wbc.stack = sf.wbc.Stack([[sf.wbc.tasks.ContactForces(-1.0)]])
