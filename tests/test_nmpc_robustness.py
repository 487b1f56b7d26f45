"""States from anywhere: the NMPC stays finite, its status true, its iterations capped."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot.data import SolveStatus
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options


def anywhere(robot: sf.RobotModel, time: float, rng: np.random.Generator) -> sf.RobotState:
    """Tilted by up to 40 deg, falling, with slipping contacts, legs straight or at their limits."""
    q = robot.q_nominal.copy()
    q[:3] += rng.uniform(-1.0, 1.0, 3) * [10.0, 10.0, 0.3]
    axis = rng.normal(size=2)
    tilt = np.deg2rad(rng.uniform(0.0, 40.0)) * np.append(axis / np.linalg.norm(axis), 0.0)
    heading = pin.AngleAxis(rng.uniform(-np.pi, np.pi), np.array([0.0, 0.0, 1.0])).matrix()
    q[3:7] = pin.Quaternion(heading @ pin.exp3(tilt)).coeffs()
    lower, upper = robot.pin_model.lowerPositionLimit[7:], robot.pin_model.upperPositionLimit[7:]
    kind = rng.integers(3)
    if kind == 0:
        q[7:] = 0.0  # straight legs
    elif kind == 1:
        q[7:] = rng.uniform(np.maximum(lower, -3.0), np.minimum(upper, 3.0))
    else:
        q[7:] += 0.2 * rng.normal(size=robot.nj)
    v = rng.normal(size=robot.nv) * np.repeat([1.5, 2.0, 3.0], [3, 3, robot.nj])
    return sf.RobotState(time, q, v, rng.uniform(0.0, 1.0, robot.nc))


def disturbed(robot: sf.RobotModel, time: float, rng: np.random.Generator) -> sf.RobotState:
    """Tilted by up to 40 deg and moving, but not beyond help."""
    state = anywhere(robot, time, rng)
    state.q[:3] = robot.q_nominal[:3]
    state.q[7:] = robot.q_nominal[7:] + 0.2 * rng.normal(size=robot.nj)
    state.v *= 0.3
    return state


def check_random_states(name: str, count: int, time_limit: float = 0.0, seed: int = 0) -> int:
    """How many of the solves became plans."""
    robot = sf.load_robot(name)
    options = nmpc_options(robot)
    options.nodes, options.time_limit = 20, time_limit
    nmpc = CentroidalNmpc(robot, options)
    rng = np.random.default_rng(seed)
    gaits, good, time, plans = list(robot.config.gaits), None, 0.0, 0
    for i in range(count):
        time += 0.01
        state = (anywhere if i % 8 < 4 else disturbed)(robot, time, rng)
        nmpc.gait = gaits[rng.integers(len(gaits))]
        nmpc.command = sf.VelocityCommand(*rng.uniform(-1.0, 1.0, 3))
        if i % 4 == 0:
            nmpc.reset(state)
            good = None
        plan = nmpc.solve(state)
        for values in (plan.times, plan.states, plan.inputs, plan.gains):
            assert np.isfinite(values).all()
        assert plan.iterations <= options.iterations
        assert (plan.status is SolveStatus.FAILED) == (plan.age_solves > 0)
        if plan.status is SolveStatus.SOLVED:
            assert plan.residuals.max <= options.tolerance
        if plan.status is SolveStatus.FAILED:
            if good is not None:
                np.testing.assert_array_equal(plan.states, good.states)
                assert plan.age_s == pytest.approx(time - good.times[0])
        else:
            good = plan
            plans += 1
            assert plan.age_s == 0.0
            assert plan.residuals.dynamics <= options.plan_dynamics
            assert plan.residuals.equality <= options.plan_equality
            assert plan.residuals.inequality <= options.plan_force
            np.testing.assert_allclose(np.linalg.norm(plan.states[:, 9:13], axis=1), 1.0)
            np.testing.assert_allclose(plan.states[0][6:9], state.q[:3], atol=1e-9)
            sample = nmpc.sample(time + 0.005, state)
            assert np.isfinite(sample.forces).all()
            assert np.isfinite(sample.joint_velocity).all()
    return plans


@pytest.mark.parametrize("name", ["go2", "g1", "anymal_c"])
def test_random_states(name: str) -> None:
    assert check_random_states(name, 60) > 60 // 20


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_random_states_without_time(name: str) -> None:
    check_random_states(name, 40, time_limit=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", ["go2", "g1", "anymal_c"])
def test_ten_thousand_random_states(name: str, seed: int) -> None:
    assert check_random_states(name, 680, seed=seed) > 680 // 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 8))
@pytest.mark.parametrize("name", ["go2", "g1", "anymal_c"])
def test_many_random_states_in_half_a_millisecond(name: str, seed: int) -> None:
    check_random_states(name, 500, time_limit=5e-4, seed=seed)


def test_the_line_search_helps_from_far_out() -> None:
    robot = sf.load_robot("go2")
    converged = {}
    for halvings in (0, 4):
        options = nmpc_options(robot)
        options.nodes, options.step_halvings, options.first_iterations = 20, halvings, 1
        nmpc, rng, cut = CentroidalNmpc(robot, options), np.random.default_rng(1), 0
        nmpc.gait = "trot"
        converged[halvings] = 0
        for _ in range(40):
            state = disturbed(robot, 0.0, rng)
            nmpc.reset(state)
            for _ in range(20):
                plan = nmpc.solve(state)
                cut += plan.status is not SolveStatus.FAILED and plan.step_length < 1.0
            converged[halvings] += plan.status is SolveStatus.SOLVED
        assert (cut > 0) == (halvings > 0)
    assert converged[4] > converged[0]


def test_no_time_gives_one_iteration_and_says_so() -> None:
    robot = sf.load_robot("go2")
    options = nmpc_options(robot)
    options.tolerance = 1e-9  # more than one iteration can reach
    plans = {}
    for limit in (0.0, 1e-9):
        options.time_limit = limit
        nmpc = CentroidalNmpc(robot, options)
        nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(0.5)
        plans[limit] = nmpc.solve(
            sf.RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
        )
    assert plans[0.0].status in (SolveStatus.SOLVED, SolveStatus.ITERATION_LIMIT)
    assert plans[0.0].iterations > 1
    assert plans[1e-9].status is SolveStatus.TIME_LIMIT
    assert plans[1e-9].iterations == 1


@pytest.mark.parametrize("limit", ["plan_dynamics", "plan_equality"])
def test_a_result_that_breaks_a_limit_is_no_plan(limit: str) -> None:
    robot = sf.load_robot("go2")
    options = nmpc_options(robot)
    setattr(options, limit, 1e-12)  # no first iteration keeps that
    options.first_iterations = 1
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(0.5)
    state = sf.RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
    plan = nmpc.solve(state)
    assert plan.status is SolveStatus.FAILED
    assert plan.age_solves == 1
    with pytest.raises(sf.data.InputError, match="no plan"):
        nmpc.sample(0.0)


def test_straight_legs_are_damped_and_reported() -> None:
    robot = sf.load_robot("go2")
    options = nmpc_options(robot)
    options.first_iterations = 1
    for name in ("plan_dynamics", "plan_equality", "plan_force", "plan_joint_margin"):
        setattr(options, name, 1e9)  # to see what the iteration makes of it
    nmpc = CentroidalNmpc(robot, options)
    bent = nmpc.solve(sf.RobotState(0.0, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc)))
    assert bent.damped == 0
    q = robot.q_nominal.copy()
    q[7:] = 0.0
    state = sf.RobotState(0.0, q, np.zeros(robot.nv), np.ones(robot.nc))
    nmpc.reset(state)
    nmpc.solve(state)
    straight = nmpc.solve(state)  # its guess starts from the straight legs
    assert straight.damped > 0
    assert np.isfinite(straight.inputs).all()
    assert np.abs(straight.inputs[:, 12:]).max() < 1e3


@pytest.mark.parametrize(
    ("name", "gait"), [("go2", "flying_trot"), ("go2", "gallop"), ("g1", "run")]
)
def test_gaits_with_flight_converge(name: str, gait: str) -> None:
    robot = sf.load_robot(name)
    nmpc = CentroidalNmpc(robot)
    nmpc.gait, nmpc.command = gait, sf.VelocityCommand(0.5)
    q = robot.q_nominal.copy()
    radii = np.array([contact.radius for contact in robot.contacts])
    q[2] -= (robot.contact_positions(q)[:, 2] - radii).mean()
    state = sf.RobotState(0.0, q, np.zeros(robot.nv), np.ones(robot.nc))
    plans = [nmpc.solve(state) for _ in range(15)]
    assert plans[-1].status is SolveStatus.SOLVED
    flight = ~plans[-1].contacts.any(axis=1)
    assert flight.any()
    forces = plans[-1].inputs[:, : sum(contact.size for contact in robot.description.contacts)]
    np.testing.assert_array_equal(forces[flight], 0.0)
    # Ballistic: nothing but gravity changes the momentum.
    k = int(np.flatnonzero(flight)[0])
    change = plans[-1].states[k + 1, :6] - plans[-1].states[k, :6]
    dt = plans[-1].times[k + 1] - plans[-1].times[k]
    np.testing.assert_allclose(change, [0, 0, -9.81 * dt, 0, 0, 0], atol=1e-6)
