"""Other QP solvers on the NMPC's own quadratic program."""

from __future__ import annotations

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.qp_backends import QP_BACKENDS, SparseQp, solve_qp


@pytest.fixture(scope="module")
def stages() -> list[dict[str, np.ndarray]]:
    robot = sf.load_robot("go2")
    options = nmpc_options(robot)
    options.nodes, options.horizon = 10, 0.5
    options.tolerance, options.iterations = 1e-9, 60
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait = "trot"
    v = np.zeros(robot.nv)
    v[:3] = [0.6, 0.5, -0.2]  # friction limits become active
    nmpc.solve(sf.RobotState(0.0, robot.q_nominal.copy(), v, np.ones(robot.nc)))
    return nmpc.quadratic_program


@pytest.mark.parametrize("backend", QP_BACKENDS)
def test_backends_agree_with_the_own_solver(
    backend: str, stages: list[dict[str, np.ndarray]]
) -> None:
    own = np.concatenate([stage["z"] for stage in stages])
    result = solve_qp(SparseQp.from_stages(stages), backend, 1e-9, 100000)
    assert result.solved
    assert max(result.primal, result.dual) < 1e-6
    assert np.abs(result.z - own).max() < 1e-3 * np.abs(own).max()


def test_an_unknown_backend_is_named(stages: list[dict[str, np.ndarray]]) -> None:
    with pytest.raises(InputError, match="osqp, piqp"):
        solve_qp(SparseQp.from_stages(stages), "qpoases", 1e-3)
