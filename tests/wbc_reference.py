"""The whole-body problem written out in full with Pinocchio, for a reference QP solver.

Unknowns x = [dv, f] in the order of the contacts that carry force; nothing is eliminated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pinocchio as pin
import quadprog

import surefoot as sf
from surefoot.data import PlanSample, RobotState


@dataclass
class Problem:
    """Equalities of physics, limits lower <= C x <= upper, and task rows by name."""

    equality: np.ndarray
    equality_target: np.ndarray
    C: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    tasks: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def build(
    robot: sf.RobotModel, state: RobotState, sample: PlanSample, contacts: np.ndarray
) -> Problem:
    """Write the controller's problem for the robot file's default stack, ramps complete."""
    model, config, nv = robot.pin_model, robot.config.wbc, robot.nv
    data = model.createData()
    pin.forwardKinematics(model, data, state.q, state.v, np.zeros(nv))
    pin.computeJointJacobians(model, data, state.q)
    M = pin.crba(model, model.createData(), state.q)
    M = np.triu(M) + np.triu(M, 1).T
    h = pin.nonLinearEffects(model, model.createData(), state.q, state.v)
    active = [i for i in range(robot.nc) if contacts[i]]
    nf = sum(robot.contacts[i].size for i in active)
    frames = [_frame(robot, model, data, i) for i in range(robot.nc)]

    jacobians, targets = [np.zeros((0, nv))], [np.zeros(0)]
    for i in active:
        J, drift, _ = frames[i]
        contact = robot.contacts[i]
        if contact.kind == "point":  # the point that touches, not the centre
            lever = pin.skew(np.array([0.0, 0.0, contact.radius]))
            J, drift = J[:3] + lever @ J[3:], drift[:3] + lever @ drift[3:]
        jacobians.append(J)
        targets.append(-config.contact_kd * J @ state.v - drift)
    J = np.vstack(jacobians)
    motors = np.hstack([M[6:], -J[:, 6:].T])
    force_max = config.force_max * robot.mass * 9.81
    blocks, lower, upper = [motors], [-robot.effort_limit - h[6:]], [robot.effort_limit - h[6:]]
    offset = nv
    for i in active:
        contact = robot.contacts[i]
        cone = _cone(contact, frames[i][2].rotation)
        rows = np.zeros((len(cone), nv + nf))
        rows[:, offset : offset + contact.size] = cone
        blocks.append(rows)
        lower.append(np.r_[config.force_min, np.zeros(len(cone) - 1)])
        upper.append(np.r_[force_max, np.full(len(cone) - 1, np.inf)])
        offset += contact.size
    problem = Problem(
        np.block([[M[:6], -J[:, :6].T], [J, np.zeros((len(J), nf))]]),
        np.concatenate([-h[:6], *targets]),
        np.vstack(blocks),
        np.concatenate(lower),
        np.concatenate(upper),
    )

    R = pin.Quaternion(state.q[3:7]).toRotationMatrix()
    R_reference = pin.Quaternion(sample.base_orientation).toRotationMatrix()
    error = np.r_[sample.base_position - state.q[:3], pin.log3(R_reference @ R.T)]
    rate = sample.base_velocity - np.r_[R @ state.v[:3], R @ state.v[3:6]]
    desired = sample.base_acceleration + config.base_kp * error + config.base_kd * rate
    base = np.r_[R.T @ desired[:3] - np.cross(state.v[3:6], state.v[:3]), R.T @ desired[3:]]
    identity = np.eye(nv + nf)
    swing_rows, swing_target = [np.zeros((0, nv + nf))], [np.zeros(0)]
    for i in sorted(set(range(robot.nc)) - set(active)):
        size, (Jf, drift, placement) = robot.contacts[i].size, frames[i]
        velocity = Jf @ state.v
        target = np.r_[
            sample.contact_acceleration[i]
            + config.swing_kp * (sample.contact_position[i] - placement.translation)
            + config.swing_kd * (sample.contact_velocity[i] - velocity[:3]),
            config.swing_kp
            * pin.log3(
                pin.Quaternion(sample.contact_orientation[i]).toRotationMatrix()
                @ placement.rotation.T
            )
            - config.swing_kd * velocity[3:],
        ]
        swing_rows.append(np.hstack([Jf[:size], np.zeros((size, nf))]))
        swing_target.append((target - drift)[:size])
    posture = config.posture_kp * (sample.joint_position - state.q[7:]) + config.posture_kd * (
        sample.joint_velocity - state.v[6:]
    )
    forces = [np.zeros(0)] + [sample.forces[i, : robot.contacts[i].size] for i in active]
    problem.tasks = {
        "base": (identity[:6], base),
        "swing": (np.vstack(swing_rows), np.concatenate(swing_target)),
        "posture": (identity[6:nv], posture),
        "force": (identity[nv:], np.concatenate(forces)),
    }
    return problem


def solve(
    problem: Problem,
    rows: list[tuple[float, np.ndarray, np.ndarray]],
    regularization: float,
    fixed: list[tuple[np.ndarray, np.ndarray]] | None = None,
    soft: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]] | None = None,
) -> tuple[np.ndarray, float]:
    """Minimise the weighted rows (weight, A, b) with quadprog, `fixed` rows as equalities.

    `soft` inequalities (weight, A, lower, upper) cost their squared violation. Returns x and, to
    first order, the cost that it saves by the slack that quadprog needs in the bounds.
    The equalities are first reduced to independent ones by a singular value decomposition,
    because quadprog wants full rank.
    """
    A = np.vstack([problem.equality, *(item[0] for item in fixed or [])])
    b = np.concatenate([problem.equality_target, *(item[1] for item in fixed or [])])
    U, sizes, Vt = np.linalg.svd(A)
    rank = int((sizes > 1e-8 * sizes[0]).sum())
    origin = Vt[:rank].T @ ((U.T @ b)[:rank] / sizes[:rank])
    Z = Vt[rank:].T
    if Z.shape[1] == 0:
        return origin, 0.0
    H = regularization * np.eye(Z.shape[1])
    g = np.zeros(Z.shape[1])
    for weight, rows_a, rows_b in rows:
        P = rows_a @ Z
        H += weight * P.T @ P
        g += weight * P.T @ (rows_a @ origin - rows_b)
    if soft:
        projected = [
            (weight, A @ Z, lower - A @ origin, upper - A @ origin)
            for weight, A, lower, upper in soft
        ]
        z, saved = _solve_soft(problem, H, g, problem.C @ origin, problem.C @ Z, projected)
        return origin + Z @ z, saved
    finite = np.isfinite(problem.upper)
    C = np.vstack([problem.C, -problem.C[finite]])
    d = np.concatenate([problem.lower, -problem.upper[finite]])
    z, saved = _quadprog(H, g, C @ Z, d - C @ origin, 1.0 + np.abs(d), bool(fixed))
    return origin + Z @ z, saved


def binds(
    problem: Problem,
    rows: list[tuple[float, np.ndarray, np.ndarray]],
    fixed: list[tuple[np.ndarray, np.ndarray]],
) -> bool:
    """Tell whether limits are in a level's way: its least-squares optimum violates them."""
    A = np.vstack([problem.equality, *(item[0] for item in fixed)])
    b = np.concatenate([problem.equality_target, *(item[1] for item in fixed)])
    origin = np.linalg.lstsq(A, b, rcond=1e-10)[0]
    _, sizes, Vt = np.linalg.svd(A)
    Z = Vt[int((sizes > 1e-8 * sizes[0]).sum()) :].T
    P = np.vstack([np.sqrt(weight) * A_row for weight, A_row, _ in rows])
    r = np.concatenate([np.sqrt(weight) * b_row for weight, _, b_row in rows])
    x = origin + Z @ np.linalg.lstsq(P @ Z, r - P @ origin, rcond=1e-8)[0]
    values = problem.C @ x
    margin = 1e-6 * (1.0 + np.abs(values))
    return bool(((values < problem.lower - margin) | (values > problem.upper + margin)).any())


def _quadprog(
    H: np.ndarray, g: np.ndarray, G: np.ndarray, d: np.ndarray, size: np.ndarray, tight: bool
) -> tuple[np.ndarray, float]:
    """Solve G z >= d. `tight`: levels above leave no interior, so bounds get the least slack.

    What that saves is the sum of multiplier times slack, twice as the cost has no factor 1/2.
    """
    for slack in (1e-12, 1e-11, 1e-10, 1e-9) if tight else (0.0,):
        try:
            z, _, _, _, multipliers, _ = quadprog.solve_qp(H, -g, G.T, d - slack * size)
            return z, 2.0 * slack * float(multipliers @ size)
        except ValueError as error:
            failure = error
    raise failure


def _solve_soft(
    problem: Problem,
    H: np.ndarray,
    g: np.ndarray,
    C0: np.ndarray,
    C: np.ndarray,
    soft: list[tuple[float, np.ndarray, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, float]:
    """Solve with a slack variable a soft row: lower <= A z + s <= upper, cost weight s^2."""
    n, m = len(g), sum(len(A) for _, A, _, _ in soft)
    weights = np.concatenate([np.full(len(A), weight) for weight, A, _, _ in soft])
    full = np.zeros((n + m, n + m))
    full[:n, :n] = H
    full[n:, n:] = np.diag(weights)
    rows = np.vstack(
        [
            np.hstack([C, np.zeros((len(C), m))]),
            np.hstack([np.vstack([A for _, A, _, _ in soft]), np.eye(m)]),
        ]
    )
    lower = np.concatenate([problem.lower - C0, *(low for _, _, low, _ in soft)])
    upper = np.concatenate([problem.upper - C0, *(up for _, _, _, up in soft)])
    below, above = np.isfinite(lower), np.isfinite(upper)
    G = np.vstack([rows[below], -rows[above]])
    d = np.concatenate([lower[below], -upper[above]])
    z, saved = _quadprog(full, np.r_[g, np.zeros(m)], G, d, 1.0 + np.abs(d), True)
    return z[:n], saved


def _frame(
    robot: sf.RobotModel, model: pin.Model, data: pin.Data, index: int
) -> tuple[np.ndarray, np.ndarray, pin.SE3]:
    """Jacobian, drift (classical) and placement of a contact frame, world axes."""
    contact = robot.contacts[index]
    joint = contact.joint + 2
    placement = data.oMi[joint].act(contact.placement)
    world = pin.SE3(placement.rotation, np.zeros(3))
    J = world.toActionMatrix() @ (
        contact.placement.toActionMatrixInverse()
        @ pin.getJointJacobian(model, data, joint, pin.ReferenceFrame.LOCAL)
    )
    velocity = world.act(contact.placement.actInv(data.v[joint]))
    acceleration = world.act(contact.placement.actInv(data.a[joint]))
    drift = acceleration.vector.copy()
    drift[:3] += np.cross(velocity.angular, velocity.linear)
    return J, drift, placement


def _cone(contact: sf.robots.Contact, rotation: np.ndarray) -> np.ndarray:
    slope = contact.friction / np.sqrt(2.0)
    if contact.kind == "point":
        return np.array(
            [[0, 0, 1], [1, 0, slope], [-1, 0, slope], [0, 1, slope], [0, -1, slope]], dtype=float
        )
    rows = [[0, 0, 1, 0, 0, 0]]
    for column, bound in (
        (0, slope),
        (1, slope),
        (4, contact.half_length),
        (3, contact.half_width),
        (5, contact.yaw_friction),
    ):
        for sign in (1.0, -1.0):
            row = [0.0, 0.0, bound, 0.0, 0.0, 0.0]
            row[column] = sign
            rows.append(row)
    local = np.zeros((6, 6))
    local[:3, :3] = local[3:, 3:] = rotation.T
    return np.array(rows, dtype=float) @ local
