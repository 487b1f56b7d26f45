"""Every named term of the NMPC's problem: derivatives against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.mpc.options import nmpc_options

ROBOTS = ["go2", "g1"]


def problem_terms(name: str, friction: str) -> tuple[_mpc.ProblemTerms, _mpc.CentroidalDynamics]:
    """The terms of a robot's problem and the model of the joints that it moves."""
    robot = sf.load_robot(name)
    options = nmpc_options(robot)
    options.limit_margin = 0.49  # bounds so narrow that random points are beyond them
    options.soft_friction = friction == "soft"
    reduced = _mpc.reduce(robot.description, options.joints, options.posture)
    return _mpc.ProblemTerms(robot.description, options), _mpc.CentroidalDynamics(reduced)


def all_terms() -> list[tuple[str, str, str, str]]:
    found = []
    for robot in ROBOTS:
        for friction in ("hard", "soft"):
            terms, _ = problem_terms(robot, friction)
            for kind in ("cost", "equality", "inequality"):
                names = {"cost": "costs", "equality": "equalities", "inequality": "inequalities"}
                found += [(robot, friction, kind, name) for name in getattr(terms, names[kind])]
    # What both kinds of friction share is tested once.
    shared = {(robot, kind, name): (robot, f, kind, name) for robot, f, kind, name in found}
    return sorted(shared.values())


def random_stage(
    name: str, model: _mpc.CentroidalDynamics, rng: np.random.Generator, spread: float
) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """A random interval (some contacts in stance, slanted normals), state and input."""
    robot = sf.load_robot(name)
    joints = nmpc_options(robot).joints
    n = len(joints)
    sizes = [contact.size for contact in robot.contacts]

    def state() -> np.ndarray:
        turn = pin.exp3(spread * rng.normal(size=3))
        q = [0.2 * rng.normal(size=3) + [0, 0, 0.4], pin.Quaternion(turn).coeffs()]
        joints_now = robot.q_nominal[7:][joints] + spread * rng.normal(size=n)
        return model.state(np.concatenate([*q, joints_now]), spread * rng.normal(size=6 + n))

    def force() -> np.ndarray:
        wrenches = []
        for size in sizes:
            wrench = rng.normal(size=size) * ([20.0] * 3 + [1.0] * (size - 3))
            wrench[2] += 80.0
            wrenches.append(wrench)
        return np.concatenate([*wrenches, spread * rng.normal(size=n)])

    contacts = []
    for i in range(robot.nc):
        normal = np.array([0.2, -0.1, 1.0]) * [*rng.uniform(-1, 1, 2), 1.0]
        contacts.append(
            {
                "stance": i % 2 == 0,
                "normal": normal / np.linalg.norm(normal),
                "forward": rng.normal(size=3),
                "velocity": rng.normal(),
                "height": 0.1 * rng.normal(),
                "gain": 5.0,
                "target": rng.normal(size=2),
            }
        )
    interval = {
        "time": 0.0,
        "dt": 0.02,
        "state_reference": state(),
        "input_reference": force(),
        "contacts": contacts,
    }
    return interval, state(), force()


def moved(
    model: _mpc.CentroidalDynamics, x: np.ndarray, u: np.ndarray, column: int, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """The point moved along one column: tangent, then joint velocities, then forces."""
    nx, n = len(x) - 1, len(x) - 13
    if column < nx:
        return model.add(x, step * np.eye(nx)[column]), u
    at = column - nx
    at = len(u) - n + at if at < n else at - n
    return x, u + step * np.eye(len(u))[at]


@pytest.mark.parametrize(("robot", "friction", "kind", "name"), all_terms())
def test_derivatives_equal_finite_differences(
    robot: str, friction: str, kind: str, name: str
) -> None:
    terms, model = problem_terms(robot, friction)
    evaluate = getattr(terms, kind)
    rng = np.random.default_rng(7)
    touched = False
    for _ in range(3):
        interval, x, u = random_stage(robot, model, rng, 0.4)
        value, first, *second = evaluate(name, interval, x, u)
        columns, h = len(x) - 1 + len(u), 1e-6
        numeric = np.zeros((np.size(value), columns))
        for column in range(columns):
            ahead, behind = (
                evaluate(name, interval, *moved(model, x, u, column, s))[0] for s in (h, -h)
            )
            numeric[:, column] = (np.asarray(ahead) - behind) / (2 * h)
        scale = max(1.0, np.abs(numeric).max())
        np.testing.assert_allclose(np.atleast_2d(first), numeric, atol=2e-7 * scale)
        touched = touched or bool(np.abs(numeric).max() > 0.0)
        for hessian in second:
            np.testing.assert_allclose(hessian, hessian.T, atol=0)
            smallest = np.linalg.eigvalsh(hessian).min()
            assert smallest >= -1e-9 * max(1.0, np.abs(hessian).max())
    assert touched


@pytest.mark.parametrize(("robot", "friction"), [("go2", "hard"), ("go2", "soft"), ("g1", "soft")])
def test_hessians_are_exact_where_the_residual_is_zero(robot: str, friction: str) -> None:
    """Gauss-Newton's Hessian is the gradient's derivative there."""
    terms, model = problem_terms(robot, friction)
    rng = np.random.default_rng(8)
    interval, x, u = random_stage(robot, model, rng, 0.3)
    interval["state_reference"], interval["input_reference"] = x, u
    for i, contact in enumerate(interval["contacts"]):
        contact["target"] = model.contact_values(x, u, i)[6:8] - x[6:8]
    columns, h = len(x) - 1 + len(u), 1e-6
    for name in terms.costs:
        if name == "joint_torque_limits":
            continue  # its residual, bilinear in posture and force, is not zero here
        hessian = terms.cost(name, interval, x, u)[2]
        numeric = np.zeros((columns, columns))
        for column in range(columns):
            ahead, behind = (
                terms.cost(name, interval, *moved(model, x, u, column, s))[1] for s in (h, -h)
            )
            numeric[:, column] = (ahead - behind) / (2 * h)
        scale = max(1.0, np.abs(numeric).max())
        np.testing.assert_allclose(hessian, numeric, atol=1e-6 * scale, err_msg=name)


def test_an_unknown_term_is_refused() -> None:
    terms, model = problem_terms("go2", "hard")
    stage = random_stage("go2", model, np.random.default_rng(0), 0.1)
    with pytest.raises(ValueError, match="waltz"):
        terms.cost("waltz", *stage)
