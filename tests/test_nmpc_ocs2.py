"""The recorded trot of OCS2's full centroidal NMPC on ANYmal C, reproduced (friction as a cost)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
import pytest
from reference import reference_folder
from scipy.spatial.transform import Rotation

import surefoot as sf
from surefoot._cpp import mpc as _mpc
from surefoot.mpc.options import nmpc_options

RECORDED = reference_folder("ocs2_anymal_c_trot")
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recording is not here")

FEET = ("LF", "RF", "LH", "RH")  # order of the forces, in the recording as here
JOINTS = np.array([-0.25, 0.6, -0.85, -0.25, -0.6, 0.85, 0.25, 0.6, -0.85, 0.25, -0.6, 0.85])
HEIGHT, SPEED, STEP, HORIZON, FIRST_STEP, SWING = 0.575, 0.5, 0.015, 1.0, 0.5, 0.35
Q = np.array([15, 15, 30, 5, 10, 10, 500, 500, 500, 100, 200, 200] + 12 * [20.0])
FORCE, CONTACT_VELOCITY = 1e-3, 5.0
FRICTION, BARRIER, RELAXATION, SMOOTHING = 0.5, 0.1, 5.0, 5.0


def stance(foot: str, time: float) -> bool:
    if time < FIRST_STEP:
        return True
    return (int((time - FIRST_STEP) / SWING) % 2 == 0) == (foot in ("LF", "RH"))


def swing_velocity(time: float) -> float:
    """Of the two Hermite pieces: lift-off 0.2 m/s, 0.1 m high, touch-down -0.4 m/s."""
    s = (time - FIRST_STEP) % SWING / SWING * 2.0
    length = SWING / 2.0
    if s < 1.0:
        return (6 * s - 6 * s * s) * 0.1 / length + (3 * s * s - 4 * s + 1) * 0.2
    s -= 1.0
    return -(6 * s - 6 * s * s) * 0.1 / length - (3 * s * s - 2 * s) * 0.4


def grid(time: float) -> np.ndarray:
    """Nodes every STEP from `time`, begun anew at every event."""
    end, nodes = time + HORIZON, [time]
    events = [e for e in FIRST_STEP + SWING * np.arange(20) if time + 1e-6 < e < end - 1e-6]
    for stop in [*events, end]:
        while nodes[-1] + STEP < stop - 1e-6:
            nodes.append(nodes[-1] + STEP)
        nodes.append(stop)
    return np.array(nodes)


def fixed_grid(time: float, intervals: int) -> np.ndarray:
    """The same with its longest intervals halved until there are so many."""
    nodes = grid(time)
    while len(nodes) <= intervals:
        longest = int(np.diff(nodes).argmax())
        nodes = np.insert(nodes, longest + 1, nodes[longest : longest + 2].mean())
    return nodes


def reference_state(time: float) -> np.ndarray:
    x = np.zeros(25)
    x[6], x[8], x[12], x[13:] = SPEED * time, HEIGHT, 1.0, JOINTS
    return x


def from_euler(x: np.ndarray) -> np.ndarray:
    """Our state of one of the recording's, whose angles are yaw, pitch, roll."""
    return np.concatenate([x[:9], Rotation.from_euler("ZYX", x[9:12]).as_quat(), x[12:]])


def to_euler(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x[:9], Rotation.from_quat(x[9:13]).as_euler("ZYX"), x[13:]])


class Reference:
    """The reference problem, as its README states it."""

    def __init__(self) -> None:
        self.robot = sf.load_robot("anymal_c")
        assert self.robot.contact_names == FEET
        self.weight = self.robot.mass * 9.81
        self.description = self.robot.description
        contacts = self.description.contacts
        for contact in contacts:
            contact.friction = FRICTION
            # The recording's feet are the frames' origins, ours the spheres' centres.
            contact.frame.translation = contact.frame.translation - [0.0, 0.0, 0.0225]
        self.description.contacts = contacts
        model, q = self.robot.pin_model, np.concatenate([[0, 0, HEIGHT, 0, 0, 0, 1], JOINTS])
        data = model.createData()
        pin.computeJointJacobians(model, data, q)
        pin.updateFramePlacements(model, data)
        rows = [
            pin.getFrameJacobian(
                model, data, model.getFrameId(f"{foot}_FOOT"), pin.LOCAL_WORLD_ALIGNED
            )[:3, 6:]
            for foot in FEET
        ]
        self.velocity_weight = CONTACT_VELOCITY * np.vstack(rows).T @ np.vstack(rows)
        self._nmpcs: dict[int, Any] = {}

    def options(self, nodes: int) -> _mpc.NmpcOptions:
        o = nmpc_options(self.robot)
        o.horizon, o.nodes, o.posture = HORIZON, nodes, JOINTS
        o.momentum_linear, o.momentum_angular = Q[:3], Q[3:6]
        o.base_position, o.base_orientation = Q[6:9], Q[[11, 10, 9]]
        o.joint_position, o.force = Q[12], FORCE
        o.foot_velocity, o.joint_velocity = CONTACT_VELOCITY, 0.0
        o.foothold = o.terminal = 0.0
        o.soft_friction = True
        o.barrier_weight, o.barrier_relaxation = BARRIER, RELAXATION
        o.barrier_smoothing = SMOOTHING
        return o

    def problem(self, times: np.ndarray) -> list[dict[str, Any]]:
        intervals: list[dict[str, Any]] = []
        for time, dt in zip(times, np.diff(times), strict=False):
            standing = [stance(foot, time + 1e-6) for foot in FEET]
            u = np.zeros(24)
            u[2:12:3] = np.array(standing) * self.weight / sum(standing)
            tasks = [
                {
                    "stance": on, "normal": np.array([0.0, 0.0, 1.0]), "height": 0.0, "gain": 0.0,
                    "velocity": 0.0 if on else swing_velocity(time + 1e-9), "target": np.zeros(2),
                }
                for on in standing
            ]  # fmt: skip
            intervals.append(
                {
                    "time": time, "dt": dt, "state_reference": reference_state(time),
                    "input_reference": u, "contacts": tasks,
                }
            )  # fmt: skip
        return [*intervals, {"state_reference": reference_state(times[-1])}]

    def cost(self, plan: dict[str, Any]) -> float:
        """Of a plan, written from the README alone."""
        total = 0.0
        for k, (time, dt) in enumerate(zip(plan["times"], np.diff(plan["times"]), strict=False)):
            error = to_euler(plan["states"][k]) - to_euler(reference_state(time))
            u = plan["inputs"][k]
            standing = np.array([stance(foot, time + 1e-6) for foot in FEET])
            forces = u[:12].reshape(4, 3).copy()
            stage = 0.0
            for fx, fy, fz in forces[standing]:
                h = FRICTION * fz - np.sqrt(fx * fx + fy * fy + SMOOTHING**2)
                if h > RELAXATION:
                    stage -= BARRIER * np.log(h)
                else:
                    r = (h - 2 * RELAXATION) / RELAXATION
                    stage += BARRIER * (-np.log(RELAXATION) + 0.5 * r * r - 0.5)
            forces[:, 2] -= standing * self.weight / standing.sum()
            stage += 0.5 * (Q * error * error).sum() + 0.5 * FORCE * (forces**2).sum()
            stage += 0.5 * u[12:] @ self.velocity_weight @ u[12:]
            total += dt * stage
        return total


def test_soft_friction_has_the_derivatives_of_its_cost() -> None:
    rng = np.random.default_rng(0)
    for name in ("anymal_c", "g1"):
        contact = sf.load_robot(name).description.contacts[0]
        size = contact.size
        normal = np.array([0.2, -0.1, 1.0]) / np.linalg.norm([0.2, -0.1, 1.0])
        for _ in range(20):  # inside the cone and out of it
            force = np.array([40.0, 40.0, 60.0, 5.0, 5.0, 5.0])[:size] * rng.normal(size=size)
            _, gradient, hessian = _mpc.soft_friction(contact, normal, 0.1, 5.0, 5.0, force)

            def at(d: np.ndarray, f: np.ndarray = force, c: Any = contact, n: Any = normal) -> Any:
                return _mpc.soft_friction(c, np.array(n), 0.1, 5.0, 5.0, f + d)

            step = 1e-4 * np.eye(size)
            slope = [(at(d)[0] - at(-d)[0]) / 2e-4 for d in step]
            curve = [(at(d)[1] - at(-d)[1]) / 2e-4 for d in step]
            np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(hessian, curve, rtol=1e-3, atol=1e-6)
            assert np.linalg.eigvalsh(hessian).min() > -1e-12


def test_open_loop_solution_is_the_recorded_one() -> None:
    rows = np.loadtxt(RECORDED / "solution_t1.csv", delimiter=",")
    times, first = np.unique(rows[:, 0].round(9), return_index=True)
    last = np.append(first[1:], len(rows)) - 1  # after an event's second node
    states, inputs = rows[first, 1:25], rows[last, 25:]
    reference = Reference()
    nmpc = _mpc.CentroidalNmpc(reference.description, reference.options(len(times) - 1))
    for _ in range(10):
        nmpc.solve_problem(reference.problem(times), from_euler(states[0]))
    plan = nmpc.plan()
    assert max(plan["residuals"][1:3]) < 1e-6
    costs = np.loadtxt(RECORDED / "closed_loop_costs.csv", delimiter=",", skiprows=1)
    recorded = costs[np.isclose(costs[:, 0], 1.0), 2][0]
    assert reference.cost(plan) == pytest.approx(recorded, rel=0.01)
    ours = np.array([to_euler(x) for x in plan["states"]])
    assert np.abs(ours - states).max() < 0.02
    error = plan["inputs"][:, :12] - inputs[:-1, :12]
    assert np.sqrt((error**2).mean()) < 0.03 * reference.weight


def test_closed_loop_follows_the_recorded_one() -> None:
    recorded = np.loadtxt(RECORDED / "closed_loop.csv", delimiter=",")
    reference, intervals, substeps = Reference(), 71, 10
    nmpc = _mpc.CentroidalNmpc(reference.description, reference.options(intervals))
    model = _mpc.CentroidalDynamics(reference.description)
    x, errors = from_euler(recorded[0, 2:26]), []
    for row in recorded:
        time = row[0]
        errors.append(to_euler(x) - row[2:26])
        nmpc.solve_problem(reference.problem(fixed_grid(time, intervals)), x)
        plan = nmpc.plan()
        for i in range(substeps):
            at, dt = time + 0.01 * i / substeps, 0.01 / substeps
            k = int(np.searchsorted(plan["times"], at + 1e-9)) - 1
            t0, t1 = plan["times"][k : k + 2]
            part = (at - t0) / (t1 - t0)
            step = model.subtract(plan["states"][k + 1], plan["states"][k])
            planned = model.add(plan["states"][k], part * step)
            # The recording's policy is linear between nodes, except across events.
            after = k + 1 if (plan["contacts"][k + 1] == plan["contacts"][k]).all() else k
            u, gain = (
                (1.0 - part) * plan[key][k] + part * plan[key][after] for key in ("inputs", "gains")
            )
            u = u + gain @ model.subtract(x, planned)
            x = model.step(x, u, dt)
    worst = np.abs(errors).max(axis=0)
    assert worst[:12].max() < 0.02  # momentum over mass, base, angles
    assert worst[12:].max() < 0.05  # joints, rad
