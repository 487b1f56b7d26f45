"""The NMPC against the same problem in CasADi, solved by IPOPT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.data import Plan, SolveStatus
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.oracle import Oracle
from surefoot.mpc.symbolic import build_model


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_the_symbolic_model_is_the_same(name: str) -> None:
    robot = sf.load_robot(name)
    model, symbolic = _mpc.CentroidalDynamics(robot.description), build_model(robot.description)
    rng = np.random.default_rng(0)
    for _ in range(3):
        q = pin.integrate(robot.pin_model, robot.q_nominal, 0.5 * rng.normal(size=robot.nv))
        v = rng.normal(size=robot.nv)
        forces = 50.0 * rng.normal(size=sum(contact.size for contact in robot.contacts))
        x, u = model.state(q, v), np.concatenate([forces, v[6:]])
        rate = np.asarray(symbolic.rate(x, u)).ravel()
        np.testing.assert_allclose(rate, model.rate(x, u), atol=1e-9)
        positions, velocities, turns = (np.asarray(a) for a in symbolic.contacts(x, u))
        for i in range(robot.nc):
            values = np.concatenate([velocities[:, i], turns[:, i], positions[:, i]])
            np.testing.assert_allclose(values, model.contact_values(x, u, i), atol=1e-10)


@dataclass(frozen=True)
class Case:
    """A problem at random: command, gait, state, push, contact normals."""

    robot: str
    gait: str
    soft: bool
    seed: int
    nodes: int = 6
    horizon: float = 0.3

    def __str__(self) -> str:
        return f"{self.robot}-{self.gait}-{'soft' if self.soft else 'hard'}-{self.seed}"


def unit_normal(rng: np.random.Generator) -> np.ndarray:
    """Tilted by up to 0.15 rad about either axis."""
    normal = np.array([*rng.uniform(-0.15, 0.15, 2), 1.0])
    return normal / np.linalg.norm(normal)


def tilt_contacts(problem: list[dict[str, Any]], feet: np.ndarray, rng: Any) -> None:
    """Give every stance and every swing of `problem` a normal of its own, through its foot."""
    for contact, foot in enumerate(feet):
        before = None
        for interval in problem[:-1]:
            task = interval["contacts"][contact]
            if task["stance"] is not before:
                before, normal = task["stance"], unit_normal(rng)
            task["normal"] = normal
            task["height"] += normal @ foot - foot[2]


def converge(case: Case) -> tuple[Oracle, list[dict[str, Any]], Plan, Plan]:
    """The problem of a case, its first plan and the one that repeated solves come to."""
    robot = sf.load_robot(case.robot)
    rng = np.random.default_rng(case.seed)
    options = nmpc_options(robot)
    options.nodes, options.horizon = case.nodes, case.horizon
    options.tolerance, options.iterations = 1e-10, 80
    options.soft_friction = case.soft
    # The guard of singular legs bends the problem where it acts: here only at the last two degrees
    # of a knee. A robot file lets it act earlier, for the sake of noisy states.
    options.singular_tolerance = 0.005
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait = case.gait
    nmpc.command = sf.VelocityCommand(*rng.uniform([-0.3, -0.2, -0.5], [0.6, 0.2, 0.5]))
    q = pin.integrate(robot.pin_model, robot.q_nominal, 0.05 * rng.normal(size=robot.nv))
    v = 0.2 * rng.normal(size=robot.nv)
    v[1] += rng.uniform(-0.4, 0.4)  # pushed to a side
    state = sf.RobotState(rng.uniform(0.0, 0.3), q, v, np.ones(robot.nc))
    first = nmpc.solve(state)
    problem = nmpc.problem
    tilt_contacts(problem, robot.contact_positions(q), rng)
    for _ in range(60):
        plan = nmpc.solve_problem(problem, first.states[0])
    return Oracle(robot, options), problem, first, plan


def assert_ipopts_optimum(case: Case) -> None:
    oracle, problem, first, plan = converge(case)
    assert plan.status is SolveStatus.SOLVED
    # IPOPT starts from a plan of the level ground, far from the optimum.
    best = oracle.solve(problem, first)
    cost = oracle.cost(problem, plan)
    if cost < (1.0 - 1e-6) * best.cost:  # IPOPT went to a worse local optimum: does ours hold?
        best = oracle.solve(problem, plan)
    assert best.status == "Solve_Succeeded"
    assert cost == pytest.approx(best.cost, rel=1e-6)
    np.testing.assert_allclose(plan.states, best.states, atol=1e-4)
    np.testing.assert_allclose(plan.inputs, best.inputs, atol=1e-4 * np.abs(best.inputs).max())


GAITS = {
    "go2": ("trot", "walk", "bound", "stand"),
    "anymal_c": ("trot", "pace", "flying_trot", "gallop"),
    "g1": ("walk", "run", "stand"),
}


@pytest.mark.parametrize(
    "case",
    [
        Case("go2", "trot", soft=False, seed=0),
        Case("anymal_c", "trot", soft=True, seed=1),
        pytest.param(Case("g1", "walk", soft=False, seed=2), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_converged_sqp_is_ipopts_optimum(case: Case) -> None:
    assert_ipopts_optimum(case)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        Case(robot, gait, soft, seed)
        for robot, gaits in GAITS.items()
        for gait in gaits
        for soft in (False, True)
        for seed in (3, 4)
    ],
    ids=str,
)
def test_converged_sqp_is_ipopts_optimum_whatever_the_case(case: Case) -> None:
    assert_ipopts_optimum(case)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["go2", "anymal_c", "g1"])
def test_converged_sqp_is_ipopts_optimum_over_a_whole_step(name: str) -> None:
    assert_ipopts_optimum(Case(name, GAITS[name][0], soft=False, seed=5, nodes=20, horizon=0.8))


@pytest.mark.parametrize("name", [pytest.param("go2", marks=pytest.mark.slow), "g1"])
def test_limits_of_friction_bind_where_the_optimum_says(name: str) -> None:
    """A push so hard that friction or the width of the soles hold it back."""
    robot = sf.load_robot(name)
    options = nmpc_options(robot)
    options.nodes, options.horizon = 6, 0.3
    options.tolerance, options.iterations = 1e-10, 80
    nmpc = CentroidalNmpc(robot, options)
    v = np.zeros(robot.nv)
    v[1] = 0.5  # a harder one spreads a humanoid's legs until the guard of singular legs acts
    state = sf.RobotState(0.0, robot.q_nominal, v, np.ones(robot.nc))
    plans = [nmpc.solve(state) for _ in range(60)]
    plan, problem, oracle = plans[-1], nmpc.problem, Oracle(robot, options)
    assert plan.status is SolveStatus.SOLVED
    best = oracle.solve(problem, plans[0])
    assert best.status == "Solve_Succeeded"
    assert oracle.cost(problem, plan) == pytest.approx(best.cost, rel=1e-6)
    np.testing.assert_allclose(plan.inputs, best.inputs, atol=1e-4 * np.abs(best.inputs).max())
    slack = oracle.slack(problem, plan)
    assert (np.abs(slack) < 1e-6).any()
    assert slack.min() > -1e-6
