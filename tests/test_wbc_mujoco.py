"""Tasks in MuJoCo: stand, sway, squat, track with a hand or a lifted foot, absorb a push.

The controller's torque alone drives the motors, from the true state, at 500 Hz through the
simulation's actuation delay; no joint feedback helps it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import PlanSample
from surefoot.wbc import Stack, WbcStatus, WholeBodyController, standing_sample
from surefoot.wbc.tasks import (
    BaseMotion,
    ContactForces,
    FramePosition,
    FrameReference,
    JointLimits,
    Posture,
)

TICK = 0.002


class Run:
    """Base and contacts over a run; `errors` is what the move returned, a row a tick."""

    def __init__(
        self,
        robot: sf.RobotModel,
        duration: float,
        move: Callable[[float, PlanSample], object] = lambda t, sample: None,
        stack: Stack | None = None,
        mode: str = "weighted",
        events: dict[float, Callable[[sf.sim.Simulation], None]] | None = None,
    ) -> None:
        self.robot, self.simulation = robot, sf.sim.Simulation(robot)
        wbc = WholeBodyController(robot, mode, stack)  # type: ignore[arg-type]
        sample = standing_sample(robot, self.simulation.q)
        zero, failed = np.zeros(robot.nj), 0
        pending = sorted((events or {}).items())
        q, v, feet, self.statuses = [], [], [], []
        while self.simulation.time < duration:
            t = self.simulation.time
            if pending and t >= pending[0][0]:
                pending.pop(0)[1](self.simulation)
            move(t, sample)
            result = wbc.solve(self.simulation.true_state, sample, sample.contacts)
            self.statuses.append(result.status)
            failed += result.status is WbcStatus.FAILED
            self.simulation.step(sf.JointCommand(zero, zero, zero, zero, result.torque), TICK)
            q.append(self.simulation.q)
            v.append(self.simulation.v)
            feet.append(self.simulation.contact_positions)
        assert failed == 0
        self.q, self.v, self.feet = np.array(q), np.array(v), np.array(feet)
        self.time = TICK * np.arange(1, len(q) + 1)


def circle(t: float, radius: float, frequency: float) -> np.ndarray:
    """(3, 2) position, velocity and acceleration of a circle that begins at rest at its top."""
    # The angle runs up smoothly within the first second.
    s = min(t, 1.0)
    angle = 2.0 * np.pi * frequency * (s**3 - 0.5 * s**4 + max(t - 1.0, 0.0))
    rate = 2.0 * np.pi * frequency * (3.0 * s**2 - 2.0 * s**3)
    gain = 2.0 * np.pi * frequency * (6.0 * s - 6.0 * s**2)
    radial, along = (
        np.array([np.sin(angle), np.cos(angle)]),
        np.array([np.cos(angle), -np.sin(angle)]),
    )
    return radius * np.array([radial - [0.0, 1.0], rate * along, gain * along - rate**2 * radial])


@pytest.mark.parametrize("name", ["go2", "g1", "talos"])
def test_standing_does_not_drift(name: str) -> None:
    run = Run(sf.load_robot(name), 6.0)
    assert np.abs(run.q[-1, :2] - run.q[0, :2]).max() < 2e-3
    assert np.abs(run.feet[-1] - run.feet[0]).max() < 2e-3
    late = run.q[run.time > 5.0]
    assert np.ptp(late[:, :3], axis=0).max() < 5e-4
    assert np.abs(run.v[run.time > 5.0]).max() < 0.02


@pytest.mark.parametrize("mode", ["weighted", "strict"])
@pytest.mark.parametrize(("name", "axis", "size"), [("go2", 1, 0.04), ("go2", 2, -0.08),
                                                    ("g1", 1, 0.03), ("g1", 2, -0.12)])  # fmt: skip
def test_sway_and_squat(name: str, axis: int, size: float, mode: str) -> None:
    """The base follows size (1 - cos) / 2 (a squat), or a sine (a sway), at 0.5 Hz."""
    robot = sf.load_robot(name)
    start = sf.sim.Simulation(robot).q[:3]
    w = np.pi

    def wanted(t: float) -> np.ndarray:
        if axis == 1:
            ramp = np.array([1.0 - np.exp(-3 * t), 3 * np.exp(-3 * t), -9 * np.exp(-3 * t)])
            sine = np.array([np.sin(w * t), w * np.cos(w * t), -(w**2) * np.sin(w * t)])
            return size * np.array(
                [
                    ramp[0] * sine[0],
                    ramp[1] * sine[0] + ramp[0] * sine[1],
                    ramp[2] * sine[0] + 2 * ramp[1] * sine[1] + ramp[0] * sine[2],
                ]
            )
        return 0.5 * size * np.array([1 - np.cos(w * t), w * np.sin(w * t), w**2 * np.cos(w * t)])

    def move(t: float, sample: PlanSample) -> None:
        place, speed, acceleration = wanted(t)
        sample.base_position[axis] = start[axis] + place
        sample.base_velocity[axis] = speed
        sample.base_acceleration[axis] = acceleration

    run = Run(robot, 4.0, move, mode=mode)
    late = run.time > 1.0
    goal = start[axis] + np.array([wanted(t)[0] for t in run.time])
    error = (run.q[:, axis] - goal)[late]
    assert np.ptp(goal[late]) > 0.9 * abs(size)
    assert np.sqrt(np.mean(error**2)) < 6e-3
    assert np.abs(run.feet - run.feet[0]).max() < 5e-3


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_g1_tracks_a_circle_with_its_hand_while_the_base_is_held(mode: str) -> None:
    """10 cm radius at 0.25 Hz: RMS below 1 cm."""
    robot, hand = sf.load_robot("g1"), "left_rubber_hand"
    config = robot.config.wbc
    base = BaseMotion(config.base_kp, config.base_kd)
    reach = FramePosition(hand, kp=400.0, name="hand")
    posture = Posture(config.posture_kp, config.posture_kd, config.posture_weight)
    reach.weight = 10.0
    levels = [[base], [reach], [posture], [ContactForces(config.force_weight)]]
    stack = Stack(levels, [JointLimits(braking=10.0, step=0.05)])  # gentle with the waist
    place = FramePlace(robot, hand)
    start = place(sf.sim.Simulation(robot).q)
    goals = []

    def move(t: float, sample: PlanSample) -> None:
        motion = np.zeros((3, 3))
        motion[:, 1:] = circle(t, 0.10, 0.25) * [1.0, -1.0]  # above where it begins
        zero = np.zeros(3)
        reach.reference = FrameReference(
            start + motion[0],
            velocity=np.r_[motion[1], zero],
            acceleration=np.r_[motion[2], zero],
        )
        goals.append(start + motion[0])

    run = Run(robot, 6.0, move, stack, mode)
    hands = np.array([place(q) for q in run.q])
    late = run.time > 1.0
    goal = np.array([*goals[1:], goals[-1]])  # the state at a tick's end is that of the next
    error = np.linalg.norm(hands - goal, axis=1)[late]
    assert np.ptp(goal, axis=0)[1:].min() > 0.19
    assert np.sqrt(np.mean(error**2)) < 1e-3
    assert np.abs(run.q[:, :3] - run.q[0, :3]).max() < 0.01


def test_go2_tracks_a_circle_with_a_lifted_foot() -> None:
    """The weight moves over three feet; the fourth is lifted and draws 5 cm at 0.5 Hz."""
    robot, foot = sf.load_robot("go2"), "FL"
    config, begin = robot.config.wbc, 1.5
    base = BaseMotion(config.base_kp, config.base_kd)
    reach = FramePosition(foot, kp=900.0, name="foot")
    posture = Posture(config.posture_kp, config.posture_kd, config.posture_weight)
    stack = Stack([[base, reach], [posture], [ContactForces(config.force_weight)]])
    start = sf.sim.Simulation(robot)
    feet, q = start.contact_positions, start.q
    others = feet[1:, :2].mean(axis=0)
    goals = []

    def move(t: float, sample: PlanSample) -> None:
        share = np.clip(t / 1.2, 0.0, 1.0)
        share = share**2 * (3.0 - 2.0 * share)
        sample.base_position[:2] = q[:2] + share * (others - q[:2])
        sample.contacts[0] = t < begin
        up = np.clip((t - begin) / 0.5, 0.0, 1.0)
        motion = np.zeros((3, 3))
        motion[0, 2] = 0.10 * up**2 * (3.0 - 2.0 * up)
        if t > begin + 0.5:
            motion[:, [1, 2]] += circle(t - begin - 0.5, 0.05, 0.5)
        zero = np.zeros(3)
        goal = feet[0] + motion[0]
        reach.weight = 100.0
        reach.reference = FrameReference(
            goal, velocity=np.r_[motion[1], zero], acceleration=np.r_[motion[2], zero]
        )
        goals.append(goal)

    run = Run(robot, 6.0, move, stack)
    late = run.time > begin + 1.0
    error = np.linalg.norm(run.feet[:, 0] - np.array([*goals[1:], goals[-1]]), axis=1)[late]
    assert np.ptp(np.array(goals)[:, 1]) > 0.09
    assert np.sqrt(np.mean(error**2)) < 0.005
    assert np.abs(run.feet[:, 1:] - run.feet[0, 1:]).max() < 8e-3  # they roll


class FramePlace:
    """World position of a frame at a configuration."""

    def __init__(self, robot: sf.RobotModel, frame: str) -> None:
        from surefoot._cpp.robots import RigidBody

        self.body, self.index = RigidBody(robot.description), robot.frame_index(frame)
        self.still = np.zeros(robot.nv)

    def __call__(self, q: np.ndarray) -> np.ndarray:
        self.body.update(q, self.still)
        return np.array(self.body.frame_position(self.index))


@pytest.mark.parametrize("direction", [0.0, 90.0, 180.0])
@pytest.mark.parametrize("name", ["go2", "g1"])
def test_a_push_while_standing_is_absorbed(name: str, direction: float) -> None:
    """0.2 m/s within 0.1 s."""
    robot, angle = sf.load_robot(name), np.deg2rad(direction)
    force = 0.2 * robot.mass / 0.1 * np.array([np.cos(angle), np.sin(angle), 0.0])
    run = Run(robot, 4.0, events={0.5: lambda simulation: simulation.push(force, 0.1)})
    moved = np.linalg.norm(run.q[:, :2] - run.q[200, :2], axis=1)
    assert moved.max() > 0.005  # the push was felt
    assert moved[-1] < 0.01
    assert np.abs(run.v[-1]).max() < 0.05
    assert np.abs(run.q[-1, 3:5]).max() < 0.01


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_a_push_is_absorbed_on_the_estimated_state(name: str) -> None:
    """Through the whole controller, noisy sensors and all."""
    robot = sf.load_robot(name)
    simulation = sf.sim.Simulation(robot)
    humanoid = robot.contacts[0].kind == "surface"
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=humanoid))
    sensors = simulation.reset(lying=not humanoid)
    controller.stand()
    pushed = None
    while simulation.time < 8.0:
        if pushed is None and simulation.time >= 5.0:
            simulation.push([0.0, 0.2 * robot.mass / 0.1, 0.0], 0.1)
            pushed = simulation.q
        sensors = simulation.step(controller.step(sensors), TICK)
    assert controller.phase.name == "STAND"
    assert pushed is not None
    assert np.abs(simulation.q[:3] - pushed[:3]).max() < 0.03
    assert np.abs(simulation.v).max() < 0.1
