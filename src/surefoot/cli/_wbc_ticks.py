"""Control ticks for the benchmark of the whole-body controller, recorded in closed loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surefoot.data import JointCommand, PlanSample, RobotState
from surefoot.robots import RobotModel
from surefoot.sim import Simulation
from surefoot.wbc import WbcResult, WholeBodyController, standing_sample

PERIOD = 0.002  # s


@dataclass(frozen=True)
class Tick:
    """Arguments of one `WholeBodyController.solve`."""

    state: RobotState
    sample: PlanSample
    contacts: npt.NDArray[np.bool_]


class RecordingController(WholeBodyController):
    """A whole-body controller that keeps what it is asked."""

    def __init__(self, robot: RobotModel) -> None:
        super().__init__(robot)
        self.ticks: list[Tick] = []

    def solve(
        self, state: RobotState, sample: PlanSample, contacts: npt.NDArray[np.bool_]
    ) -> WbcResult:
        """As the base class."""
        self.ticks.append(Tick(state, sample, contacts.copy()))
        return super().solve(state, sample, contacts)


def record(robot: RobotModel, count: int) -> list[Tick]:
    """Ticks of a robot in MuJoCo on its true state, 500 a second.

    It stands and sways, is pushed, and, where it has enough other contacts to stand on, lifts and
    puts down its contacts (diagonal pairs of four, else one of three or more) on the spot.
    """
    simulation = Simulation(robot, actuation_delay=0.0)
    simulation.reset()
    wbc = RecordingController(robot)
    still = standing_sample(robot, simulation.q)
    gains, mass = robot.config.wbc, robot.mass
    for index in range(count):
        state = simulation.true_state
        sample, contacts = _reference(robot, still, index * PERIOD, mass)
        if index % 200 == 100:  # 0.15 m/s in 50 ms, each time another way
            angle = 1.3 * index
            force = 0.15 * mass / 0.05 * np.array([np.cos(angle), np.sin(angle), 0.0])
            simulation.push(force, 0.05)
        result = wbc.solve(state, sample, contacts)
        command = JointCommand(
            sample.joint_position,
            sample.joint_velocity,
            np.full(robot.nj, 0.1 * gains.joint_kp),
            np.full(robot.nj, 0.5 * gains.joint_kd),
            np.asarray(result.torque),
        )
        simulation.step(command, PERIOD)
    return wbc.ticks


def _reference(
    robot: RobotModel, still: PlanSample, time: float, mass: float
) -> tuple[PlanSample, npt.NDArray[np.bool_]]:
    """Sway of the base; after 0.4 s also stepping on the spot where contacts allow it."""
    amplitude, rate = np.array([0.01, 0.015, 0.01]), 2 * np.pi * np.array([0.7, 0.9, 0.5])
    phase = rate * time
    contacts = np.ones(robot.nc, dtype=bool)
    height = np.zeros((3, robot.nc))
    if robot.nc >= 3 and time > 0.4:
        duration, lift = 0.25, 0.05
        step, fraction = divmod((time - 0.4) / duration, 1.0)
        swinging = [i for i in range(robot.nc) if _group(robot, i) == int(step) % 2]
        contacts[swinging] = False
        w, s = 2 * np.pi / duration, 2 * np.pi * fraction
        height[:, swinging] = (
            0.5 * lift * np.array([[1 - np.cos(s)], [w * np.sin(s)], [w * w * np.cos(s)]])
        )
    up = np.array([0.0, 0.0, 1.0])
    forces = np.zeros((robot.nc, 6))
    forces[contacts, 2] = 9.81 * mass / contacts.sum()
    if contacts.all():
        forces = still.forces
    sample = PlanSample(
        time=time,
        base_position=still.base_position + amplitude * np.sin(phase),
        base_orientation=still.base_orientation,
        base_velocity=np.r_[amplitude * rate * np.cos(phase), np.zeros(3)],
        base_acceleration=np.r_[-amplitude * rate**2 * np.sin(phase), np.zeros(3)],
        joint_position=still.joint_position,
        joint_velocity=still.joint_velocity,
        contacts=contacts,
        forces=forces,
        contact_position=still.contact_position + np.outer(height[0], up),
        contact_velocity=np.outer(height[1], up),
        contact_acceleration=np.outer(height[2], up),
        contact_orientation=still.contact_orientation,
    )
    return sample, contacts


def _group(robot: RobotModel, index: int) -> int:
    """0 or 1, so that diagonal neighbours of a rectangle of contacts fall together."""
    position = robot.contact_positions(robot.q_nominal)[:, :2]
    side = np.sign(position - position.mean(axis=0))
    return int(side[index, 0] * side[index, 1] > 0)
