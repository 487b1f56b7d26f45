"""The NMPC's cost and constraint terms in CasADi, each by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import casadi as ca
import numpy as np

from surefoot._cpp import mpc as _mpc
from surefoot._cpp import robots as _robots
from surefoot.data import Array
from surefoot.mpc.symbolic import GRAVITY, Model, build_model, heun, subtract
from surefoot.mpc.symbolic_friction import contact_axes, inequalities, soft_friction
from surefoot.mpc.symbolic_limits import contact_torque, hinge

# The NMPC has no variables for the forces of swinging contacts: no term of its holds them at zero.
SWING_FORCE = "swing_force"


@dataclass
class Terms:
    """Terms of one interval by the names that the NMPC gives them: costs per second, what must be
    zero, what must not be negative."""

    costs: dict[str, Any] = field(default_factory=dict)
    equal: dict[str, list[Any]] = field(default_factory=dict)
    above: dict[str, list[Any]] = field(default_factory=dict)

    def add_cost(self, name: str, value: Any) -> None:
        """Add to the cost of that name."""
        self.costs[name] = self.costs.get(name, 0.0) + value

    def add_equal(self, name: str, value: Any) -> None:
        """Add rows that must be zero."""
        self.equal.setdefault(name, []).append(value)

    def add_above(self, name: str, value: Any) -> None:
        """Add rows that must not be negative."""
        self.above.setdefault(name, []).append(value)


class TermBuilder:
    """Writes the NMPC's terms for symbols or numbers.

    Parameters
    ----------
    description
        Of the whole robot.
    options
        The NMPC's.
    """

    def __init__(self, description: _robots.RobotDescription, options: _mpc.NmpcOptions) -> None:
        self.options = options
        self.reduced = _mpc.reduce(description, options.joints, options.posture)
        self.model: Model = build_model(self.reduced)
        self.sizes = [contact.size for contact in self.reduced.contacts]
        self._velocity_weight = self._contact_weight()
        self._torque = contact_torque(self.reduced)
        joints = self.reduced.joints
        self._lower = np.array([joint.position_lower for joint in joints])
        self._upper = np.array([joint.position_upper for joint in joints])
        self._speed = np.array([joint.velocity_limit for joint in joints])
        self._effort = np.array([joint.effort_limit for joint in joints])

    def _contact_weight(self) -> Array:
        """Weight of the joint velocities through the contact velocities, in the posture; of
        surfaces also through their angular velocities."""
        n, nf, o = self.reduced.nj, sum(self.sizes), self.options
        x, u = ca.SX.sym("x", 13 + n), ca.SX.sym("u", nf + n)
        # Base held still: positions of the contacts by the joints; the turning by their axes.
        positions, _, _ = self.model.contacts(x, u)
        jacobian = ca.Function("J", [x], [ca.jacobian(ca.vec(positions), x[13:])])
        turning = ca.Function("T", [x], [_turning_jacobian(self.model, self.sizes, x, n)])
        q = np.zeros(13 + n)
        q[12] = 1.0
        q[13:] = np.asarray(o.posture)[o.joints]
        J, T = np.asarray(jacobian(q)), np.asarray(turning(q)).reshape(-1, n)
        return np.asarray(
            o.foot_velocity * J.T @ J + o.foot_turn * T.T @ T + o.joint_velocity * np.eye(n)
        )

    def interval(self, interval: dict[str, Any], x: Any, u: Any) -> Terms:
        """Terms of one interval at state x and input u, apart from the dynamics.

        Parameters
        ----------
        interval
            An entry of the NMPC's `problem`.
        """
        o, terms = self.options, Terms()
        nf = sum(self.sizes)
        unit = self.reduced.mass * GRAVITY
        reference = interval["input_reference"]
        positions, velocities, turns = self.model.contacts(x, u)
        terms.costs.update(self.end_costs(x, interval["state_reference"]))
        self._add_limits(terms, interval, x, u)
        rates = u[nf:] - reference[nf:]
        weight = ca.DM(self._velocity_weight)
        terms.add_cost("joint_velocity_tracking", 0.5 * ca.bilin(weight, rates, rates))
        first = 0
        for i, task in enumerate(interval["contacts"]):
            contact, size = self.reduced.contacts[i], self.sizes[i]
            force = u[first : first + size]
            error = force - reference[first : first + size]
            first += size
            normal = ca.DM(task["normal"])
            height = ca.dot(normal, positions[:, i]) - task["height"]
            wanted = task["velocity"] - task["gain"] * height
            if not task["stance"]:
                terms.add_equal("swing_tracking", ca.dot(normal, velocities[:, i]) - wanted)
                terms.add_equal(SWING_FORCE, force)
                miss = positions[:2, i] - x[6:8] - task["target"]
                terms.add_cost("foothold", 0.5 * o.foothold * ca.dot(miss, miss))
                continue
            terms.add_cost("force_tracking", 0.5 * o.force * ca.dot(error[:3], error[:3]))
            terms.add_equal("stance_contact", velocities[:, i] - normal * wanted)
            if size == 6:
                terms.add_cost("force_tracking", 0.5 * o.moment * ca.dot(error[3:], error[3:]))
                terms.add_equal("stance_contact", turns[:, i])
            axes = ca.DM(contact_axes(task["normal"], task["forward"]))
            if o.soft_friction:
                barrier = (o.barrier_weight, o.barrier_relaxation, o.barrier_smoothing)
                terms.add_cost("friction_barrier", soft_friction(contact, axes, force, *barrier))
            else:
                rows = inequalities(contact, axes, force, o.force_min, o.force_max)
                terms.add_above("friction_pyramid", ca.vertcat(*rows) / unit)
        return terms

    def end_costs(self, x: Any, reference: Array) -> dict[str, Any]:
        """Costs that count at the horizon's end too."""
        o = self.options
        costs = {"state_tracking": self.state_cost(x, reference)}
        if o.joint_position_limit > 0.0:
            excess = hinge(x[13:], self._lower, self._upper, o.limit_margin)
            costs["joint_position_limits"] = o.joint_position_limit * excess
        return costs

    def _add_limits(self, terms: Terms, interval: dict[str, Any], x: Any, u: Any) -> None:
        o, nf = self.options, sum(self.sizes)
        if o.joint_velocity_limit > 0.0:
            excess = hinge(u[nf:], -self._speed, self._speed, o.limit_margin)
            terms.add_cost("joint_velocity_limits", o.joint_velocity_limit * excess)
        if o.joint_torque_limit > 0.0:
            stance = [float(task["stance"]) for task in interval["contacts"]]
            torque = self._torque(x, u[:nf] * ca.DM(np.repeat(stance, self.sizes)))
            excess = hinge(torque, -self._effort, self._effort, o.limit_margin)
            terms.add_cost("joint_torque_limits", o.joint_torque_limit * excess)

    def defect(self, dt: float, x: Any, u: Any, following: Any) -> Any:
        """What Heun's rule misses the following state by, (12 + n) tangent."""
        return subtract(heun(self.model, x, u, dt), following)

    def state_cost(self, x: Any, reference: Array) -> Any:
        """Weighted square of the state's error, along the reference's heading."""
        error = subtract(x, ca.MX(reference) if isinstance(x, ca.MX) else ca.DM(reference))
        a, b, c, d = reference[9:13]
        yaw = np.arctan2(2 * (d * c + a * b), 1 - 2 * (b * b + c * c))
        turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        o, cost = self.options, 0.0
        weights = (o.momentum_linear, o.momentum_angular, o.base_position, o.base_orientation)
        for i, weight in enumerate(weights):
            along = turn.T @ error[3 * i : 3 * i + 3]
            cost += 0.5 * ca.dot(ca.DM(np.asarray(weight)) * along, along)
        return cost + 0.5 * o.joint_position * ca.dot(error[12:], error[12:])


def _turning_jacobian(model: Model, sizes: list[int], x: Any, n: int) -> Any:
    """Joint rates to the angular velocities of surface contacts, the base held still."""
    # omega^ = dR/dt R^T: from the frames' axes, so that no velocity of the model is trusted.
    rotations = model.rotations(x)
    rows = []
    for i, size in enumerate(sizes):
        if size < 6:
            continue
        turn = rotations[:, 3 * i : 3 * i + 3]
        columns = []
        for j in range(n):
            rate = ca.reshape(ca.jacobian(ca.vec(turn), x[13 + j]), 3, 3) @ turn.T
            columns.append(ca.vertcat(rate[2, 1], rate[0, 2], rate[1, 0]))
        rows.append(ca.horzcat(*columns))
    return ca.vertcat(*rows) if rows else ca.SX.zeros(1, n)
