"""The NMPC as a whole: its QP against another solver, closed loop on its own model, bad input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pinocchio as pin
import pytest
import qpsolvers
import scipy.sparse as sp

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot._cpp.wbc import allocation_count
from surefoot.data import InputError, SolveStatus
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options

QUADRUPEDS = ["go2", "a1", "anymal_c"]


def standing(robot: sf.RobotModel, time: float = 0.0) -> sf.RobotState:
    """At rest in the nominal posture, feet on the ground."""
    q = robot.q_nominal.copy()
    radii = np.array([contact.radius for contact in robot.contacts])
    q[2] -= (robot.contact_positions(q)[:, 2] - radii).mean()
    return sf.RobotState(time, q, np.zeros(robot.nv), np.ones(robot.nc))


def solve_reference_qp(stages: list[dict[str, np.ndarray]]) -> np.ndarray:
    """All stages' z and the last state, by PIQP on the whole sparse QP."""
    nz, nx = len(stages[0]["g"]), len(stages[0]["b"])
    nu, N = nz - nx, len(stages) - 1
    size = N * nz + nx
    P = sp.block_diag(
        [np.triu(s["H"]) + np.triu(s["H"], 1).T for s in stages[:-1]] + [stages[-1]["H"]], "csc"
    )
    rows, rhs, G, h = [], [], [], []
    first = sp.lil_matrix((nx, size))
    first[:, nu:nz] = np.eye(nx)
    rows.append(first)
    rhs.append(np.zeros(nx))
    for k, stage in enumerate(stages[:-1]):
        row = sp.lil_matrix((nx, size))
        row[:, k * nz : (k + 1) * nz] = stage["M"]
        at = (k + 1) * nz + (nu if k + 1 < N else 0)
        row[:, at : at + nx] = -np.eye(nx)
        rows.append(row)
        rhs.append(-stage["b"])
        for matrix, offset in stage["blocks"]:
            row = sp.lil_matrix((len(offset), size))
            row[:, k * nz : (k + 1) * nz] = -matrix
            G.append(row)
            h.append(offset)
    q = np.concatenate([s["g"] for s in stages])
    x = qpsolvers.solve_qp(
        P, q, sp.vstack(G, "csc"), np.concatenate(h), sp.vstack(rows, "csc"), np.concatenate(rhs),
        solver="piqp", eps_abs=1e-10, eps_rel=1e-10,
    )  # fmt: skip
    assert x is not None
    return x


def test_interior_point_finds_the_optimum_of_its_qp() -> None:
    robot = sf.load_robot("go2")
    options = nmpc_options(robot)
    options.nodes, options.horizon = 10, 0.5
    options.tolerance, options.iterations = 1e-9, 60
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait = "trot"
    state = standing(robot)
    state.v[:3] = [0.6, 0.5, -0.2]  # far enough that friction limits are active
    nmpc.solve(state)
    stages = nmpc._nmpc.quadratic_program()
    expected = solve_reference_qp(stages)
    found = np.concatenate([s["z"] for s in stages])
    slacks = [offset + matrix @ s["z"] for s in stages[:-1] for matrix, offset in s["blocks"]]
    assert min(slack.min() for slack in slacks) > -1e-9
    assert sum((slack < 1e-4).sum() for slack in slacks) >= 3  # some are active indeed
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_sqp_converges_from_rest_to_a_trot(name: str) -> None:
    robot = sf.load_robot(name)
    nmpc = CentroidalNmpc(robot)
    nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(0.4, 0.1, 0.2)
    plans = [nmpc.solve(standing(robot)) for _ in range(12)]
    assert plans[-1].status is SolveStatus.SOLVED
    assert plans[-1].residuals.dynamics < 1e-6
    assert plans[-1].residuals.equality < 1e-5
    assert not plans[-1].contacts.all()


class OwnModel:
    """Closed loop of the NMPC on its own dynamics."""

    def __init__(self, robot: sf.RobotModel, period: float = 0.0025, every: int = 4) -> None:
        self.robot, self.period, self.every = robot, period, every
        self.nmpc = CentroidalNmpc(robot)
        self.model = _mpc.CentroidalDynamics(robot.description)
        self.state = standing(robot)
        self.nmpc.reset(self.state)
        self.x = self.model.state(self.state.q, self.state.v)
        self.ticks = 0

    def run(self, duration: float, watch: Callable[[sf.data.PlanSample], None]) -> None:
        for _ in range(round(duration / self.period)):
            if self.ticks % self.every == 0:
                assert self.nmpc.solve(self.state).status is not SolveStatus.FAILED
            sample = self.nmpc.sample(self.state.time, self.state)
            forces = [
                sample.forces[i, : contact.size] for i, contact in enumerate(self.robot.contacts)
            ]
            u = np.concatenate([*forces, sample.joint_velocity])
            self.x = self.model.step(self.x, u, self.period)
            rate = self.model.rate(self.x, u)
            turn = pin.Quaternion(self.x[9:13]).matrix()
            v = np.concatenate([turn.T @ rate[6:9], turn.T @ rate[9:12], sample.joint_velocity])
            self.ticks += 1
            self.state = sf.RobotState(
                self.ticks * self.period, self.x[6:], v, np.ones(self.robot.nc)
            )
            watch(sample)


@pytest.mark.parametrize("name", QUADRUPEDS)
def test_trot_follows_the_command_on_the_nmpcs_own_model(name: str) -> None:
    robot = sf.load_robot(name)
    loop = OwnModel(robot)
    friction = np.array([contact.friction for contact in robot.contacts])
    speeds, tilts, apex = [], [], np.zeros(robot.nc)

    def watch(sample: sf.data.PlanSample) -> None:
        nonlocal apex
        speeds.append(sample.base_velocity[:2])
        rotation = pin.Quaternion(loop.state.q[3:7]).matrix()
        tilts.append(np.arccos(rotation[2, 2]))
        apex = np.maximum(apex, sample.contact_position[:, 2])
        stance = sample.contacts
        np.testing.assert_array_equal(sample.forces[~stance], 0.0)
        tangential = np.linalg.norm(sample.forces[:, :2], axis=1)
        # The plan keeps inside the pyramid; feedback between solves may leave it a little.
        assert (tangential <= 1.1 * friction * sample.forces[:, 2] + 1.0).all()

    loop.run(0.25, watch)
    loop.nmpc.gait, loop.nmpc.command = "trot", sf.VelocityCommand(0.5)
    loop.run(3.75, watch)  # the way lost at the start is caught up by then
    mean = np.mean(speeds[-500:], axis=0)
    assert mean == pytest.approx([0.5, 0.0], abs=0.06)
    assert np.rad2deg(max(tilts)) < 6.0
    height = robot.config.gaits["trot"].swing_height
    assert (apex > robot.contacts[0].radius + 0.95 * height).all()

    # Stopping: every foot lands, then the robot stands still.
    loop.nmpc.gait, loop.nmpc.command = "stand", sf.VelocityCommand()
    loop.run(1.5, watch)
    assert loop.nmpc.sample(loop.state.time).contacts.all()
    assert np.abs(np.mean(speeds[-100:], axis=0)).max() < 0.03


def test_a_biped_walks_on_the_nmpcs_own_model_with_level_soles() -> None:
    loop = OwnModel(sf.load_robot("g1"))
    loop.nmpc.gait, loop.nmpc.command = "walk", sf.VelocityCommand(0.3)
    speeds, tilts, iterations = [], [], []

    def watch(sample: sf.data.PlanSample) -> None:
        speeds.append(sample.base_velocity[0])
        soles = [pin.Quaternion(xyzw).matrix() for xyzw in sample.contact_orientation]
        tilts.append(max(np.arccos(sole[2, 2]) for sole in soles))
        iterations.append(loop.nmpc.plan.iterations)

    loop.run(2.7, watch)  # three periods
    assert np.mean(speeds[-360:]) == pytest.approx(0.3, abs=0.06)
    assert np.rad2deg(max(tilts)) < 15.0
    assert np.mean(iterations) < 4.0  # the interior point is well scaled


def test_swing_feet_move_smoothly_under_replanning() -> None:
    robot = sf.load_robot("go2")
    loop = OwnModel(robot)
    loop.nmpc.gait, loop.nmpc.command = "trot", sf.VelocityCommand(0.3, 0.1, 0.3)
    track: list[tuple[np.ndarray, ...]] = []

    def watch(sample: sf.data.PlanSample) -> None:
        track.append((sample.contacts, sample.contact_position, sample.contact_velocity))

    loop.run(1.0, watch)
    for (stance, before, v0), (stance_after, after, v1) in pairwise(track):
        swing = ~stance & ~stance_after
        step = (after - before)[swing]
        mean = 0.5 * (v0 + v1)[swing] * loop.period
        np.testing.assert_allclose(step, mean, atol=5e-4)


def test_a_gait_or_command_acts_within_one_phase() -> None:
    robot = sf.load_robot("go2")
    nmpc = CentroidalNmpc(robot)
    nmpc.gait = "stand"
    nmpc.solve(standing(robot))
    nmpc.gait = "trot"
    plan = nmpc.solve(standing(robot, 0.01))
    gait = robot.config.gaits["trot"]
    first = plan.times[:-1][~plan.contacts.all(axis=1)][0]
    assert first - 0.01 <= gait.duty * gait.period


def test_a_robot_that_moves_only_its_legs() -> None:
    robot = sf.load_robot("g1")
    nmpc = CentroidalNmpc(robot)
    for _ in range(5):
        plan = nmpc.solve(standing(robot))
    assert plan.status is SolveStatus.SOLVED
    weight = robot.mass * 9.81
    assert plan.inputs[0, 2] + plan.inputs[0, 8] == pytest.approx(weight, rel=0.05)
    sample = nmpc.sample(0.0)
    assert sample.joint_position.shape == (robot.nj,)
    assert sample.forces.shape == (2, 6)


def test_feedback_on_a_prepared_solve_is_the_solve() -> None:
    robot = sf.load_robot("go2")
    plans = []
    for phases in (False, True):
        loop = OwnModel(robot)
        loop.nmpc.gait, loop.nmpc.command = "trot", sf.VelocityCommand(0.4)
        loop.run(0.5, lambda _: None)
        time = loop.state.time
        state = loop.state
        rng = np.random.default_rng(0)
        state.v[:] += 0.01 * rng.normal(size=robot.nv)  # not what the plan foresaw
        if phases:
            loop.nmpc.prepare(time)
            plans.append(loop.nmpc.feedback(state))
        else:
            plans.append(loop.nmpc.solve(state))
    solved, fed_back = plans
    assert fed_back.status is not SolveStatus.FAILED
    np.testing.assert_allclose(fed_back.times, solved.times, atol=1e-12)
    np.testing.assert_allclose(fed_back.states[0], solved.states[0], atol=1e-9)
    np.testing.assert_allclose(fed_back.states, solved.states, atol=0.02)
    forces = 3 * robot.nc
    np.testing.assert_allclose(
        fed_back.inputs[:, :forces], solved.inputs[:, :forces], atol=0.1 * robot.mass * 9.81
    )


@pytest.mark.parametrize("name", ["go2", "g1"])
@pytest.mark.skipif(sys.platform != "linux", reason="allocations are counted on Linux only")
def test_no_solve_allocates(name: str) -> None:
    robot = sf.load_robot(name)
    before = allocation_count()
    nmpc = CentroidalNmpc(robot)
    assert allocation_count() > before  # the counter counts
    nmpc.gait = "stand"
    nmpc.solve(standing(robot))
    counts = []
    for i in range(1, 40):
        if i == 3:
            nmpc.gait = next(n for n, g in robot.config.gaits.items() if g.duty < 1.0)
            nmpc.command = sf.VelocityCommand(0.3, 0.1, 0.2)
        state = standing(robot, 0.02 * i)
        if i % 2:
            nmpc.prepare(state.time)
            nmpc.feedback(state)
        else:
            nmpc.solve(state)
        counts.append(nmpc.allocations)
    assert max(counts) == 0


def test_bad_input_gives_one_clear_error() -> None:
    robot = sf.load_robot("go2")
    nmpc = CentroidalNmpc(robot)
    with pytest.raises(InputError, match="stand"):
        nmpc.gait = "gallup"
    with pytest.raises(InputError, match="call solve first"):
        nmpc.sample(0.0)
    with pytest.raises(InputError, match="call solve first"):
        nmpc.prepare(0.0)
    with pytest.raises(InputError, match="call prepare first"):
        nmpc.feedback(standing(robot))
    state = standing(robot)
    state.q = state.q[:-1]
    with pytest.raises(InputError, match=r"state\.q"):
        nmpc.solve(state)
    state = standing(robot)
    state.v[3] = np.nan
    with pytest.raises(InputError, match=r"state\.v"):
        nmpc.solve(state)


def test_absurd_states_never_replace_a_good_plan_by_a_broken_one() -> None:
    robot = sf.load_robot("go2")
    nmpc = CentroidalNmpc(robot)
    nmpc.gait = "trot"
    rng = np.random.default_rng(0)
    nmpc.solve(standing(robot))
    for i in range(100):
        q = pin.integrate(robot.pin_model, robot.q_nominal, rng.normal(size=robot.nv))
        v = 10.0 ** rng.uniform(-1, 2) * rng.normal(size=robot.nv)
        plan = nmpc.solve(sf.RobotState(0.01 * (i + 1), q, v, np.ones(robot.nc)))
        assert np.isfinite(plan.states).all()
        assert np.isfinite(plan.inputs).all()
        assert (plan.status is SolveStatus.FAILED) == (plan.age_solves > 0)
        assert plan.iterations <= robot.config.nmpc.iterations
