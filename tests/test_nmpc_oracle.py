"""The NMPC against the same problem in CasADi, solved by IPOPT."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.data import SolveStatus
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


@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
def test_converged_sqp_is_ipopts_optimum(name: str) -> None:
    robot = sf.load_robot(name)
    options = nmpc_options(robot)
    options.nodes, options.horizon = 6, 0.3
    options.tolerance, options.iterations = 1e-10, 80
    # The oracle knows no soft limits yet.
    options.joint_position_limit = options.joint_velocity_limit = options.joint_torque_limit = 0.0
    rng = np.random.default_rng(1)
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(0.4, 0.1, 0.2)
    q = robot.q_nominal.copy()
    q[7:] += 0.05 * rng.normal(size=robot.nj)
    v = 0.2 * rng.normal(size=robot.nv)
    v[1] += 1.0  # a push to the side: friction becomes active
    state = sf.RobotState(0.0, q, v, np.ones(robot.nc))
    plans = [nmpc.solve(state) for _ in range(50)]
    plan = plans[-1]
    assert plan.status is SolveStatus.SOLVED
    problem = nmpc.problem
    oracle = Oracle(robot, options)
    # IPOPT starts from the first plan, far from converged.
    best = oracle.solve(problem, plans[0])
    assert best.status == "Solve_Succeeded"
    assert oracle.cost(problem, plan) == pytest.approx(best.cost, rel=1e-6)
    np.testing.assert_allclose(plan.states, best.states, atol=1e-4)
    scale = np.abs(best.inputs).max()
    np.testing.assert_allclose(plan.inputs, best.inputs, atol=1e-4 * scale)
    slope = np.array([contact.friction for contact in robot.contacts]) / np.sqrt(2.0)
    forces = plan.inputs[:, : 3 * robot.nc].reshape(options.nodes, robot.nc, 3)
    slack = slope * forces[..., 2] - np.abs(forces[..., :2]).max(axis=2)
    assert (slack[plan.contacts] < 1e-3 * scale).any()  # friction is active indeed
