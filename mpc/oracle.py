"""The NMPC's problem in CasADi, solved to convergence by IPOPT: slow, independent, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import mpc as _mpc
from surefoot.data import Array, Plan
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.symbolic import Model, add, build_model, heun, subtract
from surefoot.robots import RobotModel


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
        With point contacts, all joints moved by the NMPC.
    options
        The NMPC's; default as the robot file gives them.
    """

    def __init__(self, robot: RobotModel, options: _mpc.NmpcOptions | None = None) -> None:
        self._robot = robot
        self._options = nmpc_options(robot) if options is None else options
        self._reduced = _mpc.reduce(robot.description, self._options.joints, self._options.posture)
        self._model: Model = build_model(self._reduced)
        self._sizes = [contact.size for contact in self._reduced.contacts]
        self._velocity_weight = self._contact_weight()

    def _contact_weight(self) -> Array:
        """Weight of the joint velocities through the contact velocities, in the posture."""
        n, nf = self._reduced.nj, sum(self._sizes)
        x, u = ca.SX.sym("x", 13 + n), ca.SX.sym("u", nf + n)
        jacobian = ca.Function(
            "J", [x], [ca.jacobian(ca.vec(self._model.contacts(x, u)[0]), x[13:])]
        )
        q = np.zeros(13 + n)
        q[12] = 1.0
        q[13:] = np.asarray(self._options.posture)[self._options.joints]
        J = np.asarray(jacobian(q))
        return np.asarray(
            self._options.foot_velocity * J.T @ J + self._options.joint_velocity * np.eye(n)
        )

    def solve(self, problem: list[dict[str, Any]], plan: Plan) -> OracleSolution:
        """The optimum of `problem` near `plan`.

        Parameters
        ----------
        problem
            What the NMPC's last solve was asked.
        plan
            Its result: the first guess; its first state is kept.
        """
        nx, nu, N = plan.states.shape[1] - 1, plan.inputs.shape[1], len(problem) - 1
        dx = [ca.MX.sym(f"dx{k}", nx) for k in range(N + 1)]
        u = [ca.MX.sym(f"u{k}", nu) for k in range(N)]
        x = [add(ca.MX(plan.states[k]), dx[k]) for k in range(N + 1)]
        cost, equal, above = self._terms(problem, x, u)
        variables = ca.vertcat(*dx, *u)
        constraints = ca.vertcat(dx[0], *equal, *above)
        lower = np.zeros(constraints.numel())
        upper = np.zeros(constraints.numel())
        upper[constraints.numel() - ca.vertcat(*above).numel() :] = np.inf
        solver = ca.nlpsol(
            "oracle",
            "ipopt",
            {"x": variables, "f": cost, "g": constraints},
            {
                "ipopt.print_level": 0,
                "ipopt.sb": "yes",
                "print_time": False,
                "ipopt.tol": 1e-9,
                "ipopt.max_iter": 300,
            },
        )
        guess = np.concatenate([np.zeros((N + 1) * nx), plan.inputs.ravel()])
        found = solver(x0=guess, lbg=lower, ubg=upper)
        value = np.asarray(found["x"]).ravel()
        states = ca.Function("x", [variables], [ca.horzcat(*x)])(value)
        inputs = value[(N + 1) * nx :].reshape(N, nu)
        return OracleSolution(
            float(found["f"]), np.asarray(states).T, inputs, solver.stats()["return_status"]
        )

    def cost(self, problem: list[dict[str, Any]], plan: Plan) -> float:
        """Cost of a plan under `problem`."""
        x = [ca.MX(state) for state in plan.states]
        u = [ca.MX(value) for value in plan.inputs]
        return float(ca.evalf(self._terms(problem, x, u)[0]))

    def _terms(
        self, problem: list[dict[str, Any]], x: list[Any], u: list[Any]
    ) -> tuple[Any, list[Any], list[Any]]:
        """Cost, what must be zero, what must not be negative."""
        options, cost = self._options, ca.MX(0)
        equal, above = [], []
        nf = sum(self._sizes)
        for k, interval in enumerate(problem[:-1]):
            dt, reference = interval["dt"], interval["input_reference"]
            positions, velocities, turns = self._model.contacts(x[k], u[k])
            stage = self._state_cost(x[k], interval["state_reference"])
            rates = u[k][nf:] - reference[nf:]
            stage += 0.5 * ca.bilin(ca.DM(self._velocity_weight), rates, rates)
            first = 0
            for i, task in enumerate(interval["contacts"]):
                force = u[k][first : first + self._sizes[i]]
                error = force - reference[first : first + self._sizes[i]]
                normal = ca.DM(task["normal"])
                height = ca.dot(normal, positions[:, i]) - task["height"]
                wanted = task["velocity"] - task["gain"] * height
                if task["stance"]:
                    stage += 0.5 * options.force * ca.dot(error[:3], error[:3])
                    equal.append(velocities[:, i] - normal * wanted)
                    if self._sizes[i] == 6:
                        stage += 0.5 * options.moment * ca.dot(error[3:], error[3:])
                        equal.append(turns[:, i])
                    above += self._friction(i, force[:3])
                else:
                    equal += [ca.dot(normal, velocities[:, i]) - wanted, force]
                    miss = positions[:2, i] - task["target"]
                    stage += 0.5 * options.foothold * ca.dot(miss, miss)
                first += self._sizes[i]
            cost += dt * stage
            equal.append(subtract(heun(self._model, x[k], u[k], dt), x[k + 1]))
        cost += options.terminal * self._state_cost(x[-1], problem[-1]["state_reference"])
        return cost, equal, above

    def _state_cost(self, x: Any, reference: Array) -> Any:
        error = subtract(x, ca.MX(reference))
        a, b, c, d = reference[9:13]
        yaw = np.arctan2(2 * (d * c + a * b), 1 - 2 * (b * b + c * c))
        turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        o, cost = self._options, ca.MX(0)
        weights = (o.momentum_linear, o.momentum_angular, o.base_position, o.base_orientation)
        for i, weight in enumerate(weights):
            along = turn.T @ error[3 * i : 3 * i + 3]
            cost += 0.5 * ca.dot(np.asarray(weight) * along, along)
        return cost + 0.5 * o.joint_position * ca.dot(error[12:], error[12:])

    def _friction(self, contact: int, force: Any) -> list[Any]:
        """Inner pyramid on level ground, its sides along the world's x and y, force bounds."""
        slope = self._reduced.contacts[contact].friction / np.sqrt(2.0)
        sides = [slope * force[2] + sign * force[i] for sign in (1, -1) for i in (0, 1)]
        bounds = [force[2] - self._options.force_min, self._options.force_max - force[2]]
        return sides + bounds
