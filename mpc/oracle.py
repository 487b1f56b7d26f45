"""The NMPC's problem in CasADi, solved to convergence by IPOPT: slow, independent, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import mpc as _mpc
from surefoot.data import Array, Plan
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.oracle_terms import TermBuilder
from surefoot.mpc.symbolic import add
from surefoot.robots import RobotModel

Problem = list[dict[str, Any]]

_IPOPT: dict[str, Any] = {
    "ipopt.print_level": 0,
    "ipopt.sb": "yes",
    "print_time": False,
    "ipopt.tol": 1e-9,
    "ipopt.max_iter": 300,
}


@dataclass(frozen=True)
class OracleSolution:
    """Optimum that IPOPT found: cost, states (N + 1, 13 + n), inputs (N, m), IPOPT's verdict."""

    cost: float
    states: Array
    inputs: Array
    status: str


class Oracle:
    """Solves what a `CentroidalNmpc` was asked, from its plan as first guess.

    Parameters
    ----------
    robot
        Any robot; the joints that the NMPC does not move are frozen in their posture.
    options
        The NMPC's; default as the robot file gives them.
    """

    def __init__(self, robot: RobotModel, options: _mpc.NmpcOptions | None = None) -> None:
        self._options = nmpc_options(robot) if options is None else options
        self.terms = TermBuilder(robot.description, self._options)

    def solve(self, problem: Problem, guess: Plan) -> OracleSolution:
        """The optimum of `problem` near `guess`.

        Parameters
        ----------
        problem
            What the NMPC's last solve was asked.
        guess
            A plan to start from; its first state is kept.
        """
        nx, nu, N = guess.states.shape[1] - 1, guess.inputs.shape[1], len(problem) - 1
        dx = [ca.MX.sym(f"dx{k}", nx) for k in range(N + 1)]
        u = [ca.MX.sym(f"u{k}", nu) for k in range(N)]
        x = [add(ca.MX(guess.states[k]), dx[k]) for k in range(N + 1)]
        cost, equal, above = self._all(problem, x, u)
        variables = ca.vertcat(*dx, *u)
        zero = ca.vertcat(dx[0], *equal)
        constraints = ca.vertcat(zero, *above)
        lower = np.zeros(constraints.numel())
        upper = np.zeros(constraints.numel())
        upper[zero.numel() :] = np.inf
        nlp = {"x": variables, "f": cost, "g": constraints}
        solver = ca.nlpsol("oracle", "ipopt", nlp, _IPOPT)
        start = np.concatenate([np.zeros((N + 1) * nx), guess.inputs.ravel()])
        found = solver(x0=start, lbg=lower, ubg=upper)
        value = np.asarray(found["x"]).ravel()
        states = ca.Function("x", [variables], [ca.horzcat(*x)])(value)
        inputs = value[(N + 1) * nx :].reshape(N, nu)
        return OracleSolution(
            float(found["f"]), np.asarray(states).T, inputs, solver.stats()["return_status"]
        )

    def cost(self, problem: Problem, plan: Plan) -> float:
        """Cost of a plan under `problem`."""
        x = [ca.MX(state) for state in plan.states]
        u = [ca.MX(value) for value in plan.inputs]
        return float(ca.evalf(self._all(problem, x, u)[0]))

    def slack(self, problem: Problem, plan: Plan) -> Array:
        """What is left to every inequality of `problem` in a plan, in body weights."""
        x = [ca.MX(state) for state in plan.states]
        u = [ca.MX(value) for value in plan.inputs]
        return np.asarray(ca.evalf(ca.vertcat(*self._all(problem, x, u)[2]))).ravel()

    def _all(
        self, problem: Problem, x: list[Any], u: list[Any]
    ) -> tuple[Any, list[Any], list[Any]]:
        """Cost, what must be zero, what must not be negative."""
        cost, equal, above = ca.MX(0), [], []
        for k, interval in enumerate(problem[:-1]):
            terms = self.terms.interval(interval, x[k], u[k])
            cost += interval["dt"] * sum(terms.costs.values())
            for rows in terms.equal.values():
                equal += rows
            for rows in terms.above.values():
                above += rows
            equal.append(self.terms.defect(interval["dt"], x[k], u[k], x[k + 1]))
        end = self.terms.end_costs(x[-1], problem[-1]["state_reference"])
        return cost + self._options.terminal * sum(end.values()), equal, above
