"""The NMPC's solver: residuals it claims, warm start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.data import Plan, SolveStatus
from surefoot.mpc import CentroidalNmpc

GRAVITY = 9.81


def standing(robot: sf.RobotModel, time: float = 0.0) -> sf.RobotState:
    q = robot.q_nominal.copy()
    radii = np.array([contact.radius for contact in robot.contacts])
    q[2] -= (robot.contact_positions(q)[:, 2] - radii).mean()
    return sf.RobotState(time, q, np.zeros(robot.nv), np.ones(robot.nc))


def noisy(state: sf.RobotState, rng: np.random.Generator, size: float = 0.02) -> sf.RobotState:
    q = state.q.copy()
    q[7:] += 0.1 * size * rng.normal(size=len(q) - 7)
    v = state.v + size * rng.normal(size=len(state.v))
    return sf.RobotState(state.time, q, v, state.contact_probability)


def walking(robot: sf.RobotModel) -> CentroidalNmpc:
    nmpc = CentroidalNmpc(robot)
    nmpc.gait = next(n for n, g in robot.config.gaits.items() if g.duty < 1.0)
    nmpc.command = sf.VelocityCommand(0.4)
    nmpc.solve(standing(robot))
    return nmpc


def follow(robot: sf.RobotModel, nmpc: CentroidalNmpc, time: float) -> sf.RobotState:
    """The state that the plan foresees at `time`."""
    sample = nmpc.sample(time)
    q = np.concatenate([sample.base_position, sample.base_orientation, sample.joint_position])
    turn = robot_rotation(sample.base_orientation)
    v = np.concatenate(
        [
            turn.T @ sample.base_velocity[:3],
            turn.T @ sample.base_velocity[3:],
            sample.joint_velocity,
        ]
    )
    return sf.RobotState(time, q, v, np.ones(robot.nc))


def robot_rotation(xyzw: np.ndarray) -> np.ndarray:
    return pin.Quaternion(xyzw / np.linalg.norm(xyzw)).matrix()


def residuals(robot: sf.RobotModel, nmpc: CentroidalNmpc, plan: Plan) -> tuple[float, float]:
    """Largest defect and largest equality violation of a plan, from its definition."""
    names = nmpc._options.joints
    description = _mpc.reduce(robot.description, names, robot.q_nominal[7:])
    model = _mpc.CentroidalDynamics(description)
    h = robot.config.posture.height
    speed = np.sqrt(GRAVITY * h)
    n = len(names)
    units = np.repeat([speed, speed * h, h, 1.0], [3, 3, 3, 3 + n])
    defect = equality = 0.0
    for k, interval in enumerate(nmpc.problem[:-1]):
        x, u = plan.states[k], plan.inputs[k]
        next_state = model.step(x, u, plan.times[k + 1] - plan.times[k])
        error = model.subtract(next_state, plan.states[k + 1]) / units
        defect = max(defect, np.abs(error).max())
        for c, task in enumerate(interval["contacts"]):
            velocity, angular, position = np.split(model.contact_values(x, u, c), 3)
            wanted = task["velocity"] - task["gain"] * (task["normal"] @ position - task["height"])
            if task["stance"]:
                rows = [velocity - task["normal"] * wanted]
                if description.contacts[c].size == 6:
                    rows.append(angular)
                values = np.concatenate(rows)
            else:
                values = np.array([task["normal"] @ velocity - wanted])
            equality = max(equality, np.abs(values).max() / min(speed, speed / h))
    return defect, equality


def noisy_walk(robot: sf.RobotModel, count: int) -> Iterator[sf.RobotState]:
    """What a noisy estimator tells of a walk that follows a plan of its own."""
    guide, rng = walking(robot), np.random.default_rng(0)
    for i in range(1, count):
        state = follow(robot, guide, 0.01 * i)
        guide.solve(state)
        yield noisy(state, rng)


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_a_noisy_walk_keeps_relative_residuals_below_a_thousandth(name: str) -> None:
    robot = sf.load_robot(name)
    nmpc, worst = walking(robot), []
    for i, state in enumerate(noisy_walk(robot, 60)):
        plan = nmpc.solve(state)
        assert plan.status is not SolveStatus.FAILED
        worst.append(plan.residuals.max)
        if i % 20 == 0:
            claimed = (plan.residuals.dynamics, plan.residuals.equality)
            assert claimed == pytest.approx(residuals(robot, nmpc, plan), rel=1e-6, abs=1e-12)
    assert np.median(worst[5:]) < 1e-3


def test_a_warm_start_saves_interior_point_iterations() -> None:
    robot = sf.load_robot("go2")
    counts = {}
    for warm in (False, True):
        nmpc, iterations = walking(robot), []
        for state in noisy_walk(robot, 40):
            if not warm:
                nmpc.reset(state)
            iterations.append(nmpc.solve(state).iterations)
        counts[warm] = np.mean(iterations)
    assert counts[True] < 0.6 * counts[False]
