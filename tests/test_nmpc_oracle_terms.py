"""Every term of the NMPC, by its name, against the same term in CasADi: value and gradient."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.oracle_terms import SWING_FORCE, TermBuilder
from surefoot.mpc.symbolic import add

ROBOTS = ["go2", "anymal_c", "g1"]


class Case:
    """A robot's terms, here and in CasADi, and random points to compare them at."""

    def __init__(self, name: str, soft: bool) -> None:
        self.robot = sf.load_robot(name)
        self.options = nmpc_options(self.robot)
        self.options.soft_friction = soft
        self.options.limit_margin = 0.3  # so that every soft limit is exceeded somewhere
        self.ours = _mpc.ProblemTerms(self.robot.description, self.options)
        self.symbolic = TermBuilder(self.robot.description, self.options)
        self.model = _mpc.CentroidalDynamics(self.symbolic.reduced)
        self.model_speed = np.array([j.velocity_limit for j in self.symbolic.reduced.joints])
        self.rng = np.random.default_rng(11)

    def state(self) -> np.ndarray:
        n = self.symbolic.reduced.nj
        turn = pin.Quaternion(pin.exp3(0.5 * self.rng.normal(size=3))).coeffs()
        joints = self.robot.q_nominal[7:][self.options.joints] + 0.4 * self.rng.normal(size=n)
        q = np.concatenate([self.rng.normal(size=3), turn, joints])
        return np.asarray(self.model.state(q, self.rng.normal(size=6 + n)))

    def input(self) -> np.ndarray:
        wrenches = []
        for size in self.symbolic.sizes:
            wrench = self.rng.normal(size=size) * ([20.0] * 3 + [2.0] * (size - 3))
            wrench[2] += 300.0 / self.robot.nc * self.robot.mass / 15.0
            wrenches.append(wrench)
        rates = self.rng.normal(size=self.symbolic.reduced.nj) * 0.5 * self.model_speed
        return np.concatenate([*wrenches, rates])

    def interval(self) -> dict[str, Any]:
        contacts = []
        for i in range(self.robot.nc):
            normal = np.array([*self.rng.uniform(-0.3, 0.3, 2), 1.0])
            contacts.append(
                {
                    "stance": bool((i + self.rng.integers(2)) % 2),
                    "normal": normal / np.linalg.norm(normal),
                    "forward": self.rng.normal(size=3),
                    "velocity": self.rng.normal(),
                    "height": self.rng.normal(),
                    "gain": 7.0,
                    "target": self.rng.normal(size=2),
                }
            )
        return {
            "time": 0.0,
            "dt": 0.02,
            "contacts": contacts,
            "state_reference": self.state(),
            "input_reference": self.input(),
        }


def with_derivatives(case: Case, rows: Any, dx: Any, u: Any) -> Any:
    """(dx, u) -> rows and their derivatives by [tangent, joint velocities, forces]."""
    nf = sum(case.symbolic.sizes)
    by_input = ca.jacobian(rows, u)
    columns = ca.horzcat(ca.jacobian(rows, dx), by_input[:, nf:], by_input[:, :nf])
    return ca.Function("f", [dx, u], [rows, columns])


@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
@pytest.mark.parametrize("name", ROBOTS)
def test_every_term_equals_casadi(name: str, soft: bool) -> None:
    case = Case(name, soft)
    ours = case.ours
    met = set()
    for _ in range(2):
        interval, x, u = case.interval(), case.state(), case.input()
        dx, symbol = ca.MX.sym("dx", len(x) - 1), ca.MX.sym("u", len(u))
        terms = case.symbolic.interval(interval, add(ca.MX(x), dx), symbol)
        pairs = [(n, terms.costs.get(n), ours.cost) for n in ours.costs]
        pairs += [(n, terms.equal.get(n), ours.equality) for n in ours.equalities]
        pairs += [(n, terms.above.get(n), ours.inequality) for n in ours.inequalities]
        for term, rows, evaluate in pairs:
            value, gradient, *_ = evaluate(term, interval, x, u)
            if rows is None:  # no contact is in stance, or none in swing
                assert np.size(value) == 0 or np.abs(value).max() == 0.0
                continue
            column = ca.vertcat(*rows) if isinstance(rows, list) else rows
            expected, slope = with_derivatives(case, column, dx, symbol)(np.zeros(len(x) - 1), u)
            if np.abs(np.asarray(expected)).max() > 0.0:
                met.add(term)
            np.testing.assert_allclose(
                np.atleast_1d(value),
                np.asarray(expected).ravel(),
                rtol=1e-9,
                atol=1e-9,
                err_msg=term,
            )
            scale = max(1.0, float(np.abs(np.asarray(slope)).max()))
            np.testing.assert_allclose(
                np.atleast_2d(gradient), np.asarray(slope), atol=1e-9 * scale, err_msg=term
            )
        # What CasADi has, the NMPC has too.
        known = {*ours.costs, *ours.equalities, *ours.inequalities, SWING_FORCE}
        assert {*terms.costs, *terms.equal, *terms.above} <= known
    assert set(ours.end_costs) == set(case.symbolic.end_costs(x, case.state()))
    assert met == {*ours.costs, *ours.equalities, *ours.inequalities}
