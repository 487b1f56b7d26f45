"""Scenarios in which something breaks while the robot trots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from surefoot.data import VelocityCommand
from surefoot.robots import RobotModel
from surefoot.sim import faults
from surefoot.sim.faults import SensorFault
from surefoot.sim.scenario import Event, WalkingController
from surefoot.sim.scenario_data import FAULT_TIME, Scenario
from surefoot.sim.simulation import Simulation

_SPEED = 0.5  # m/s
_JUMP = 0.3  # of the effort limit; a lift-off of a healthy trot has 0.2
_AFTER = 4.0  # s that a run goes on after its fault began


def fault_scenarios(robot: RobotModel, gait: str) -> list[Scenario]:
    """Faults of the standard set; which joint and which field is spoiled depends on the seed."""
    end = FAULT_TIME + _AFTER
    command = VelocityCommand(vx=_SPEED)
    healthy = Scenario("faults", "none", command, gait, duration=end)
    late = [
        replace(healthy, name=f"delay {ms} ms", actuation_delay=1e-3 * ms)
        for ms in (2, 4, 6, 8, 10)
    ]
    frozen = Scenario(
        "faults",
        "encoder frozen",
        command,
        gait,
        duration=end,
        make_events=partial(_frozen_encoder, robot),
        may_stop=True,
        torque_peak=1.0,
        torque_jump=_JUMP,
    )
    return [
        *late,
        replace(healthy, name="NMPC stalled 200 ms", events=(stall(0.2),)),
        replace(healthy, name="NMPC stalled 500 ms", events=(stall(0.5),), may_stop=True),
        replace(healthy, name="IMU silent 50 ms", events=spoil(faults.stopped_imu, 0.05)),
        frozen,
        replace(healthy, name="NaN in a field", make_events=_not_a_number, may_stop=True),
    ]


def spoil(
    make: Callable[[], SensorFault], duration: float, start: float = FAULT_TIME
) -> tuple[Event, Event]:
    """A fault of the sensors, from `start` (s) on for `duration` s.

    Each run gets its own from `make`, for a fault has a memory.
    """

    def begin(_: WalkingController, simulation: Simulation) -> None:
        simulation.sensor_fault = make()

    def end(_: WalkingController, simulation: Simulation) -> None:
        simulation.sensor_fault = None

    return Event(start, begin), Event(start + duration, end)


def stall(duration: float, start: float = FAULT_TIME) -> Event:
    """The controller's NMPC gives no plan from `start` (s) on for `duration` s."""

    def begin(controller: WalkingController, _: Simulation) -> None:
        controller.stall(duration)

    return Event(start, begin)


def _frozen_encoder(robot: RobotModel, seed: int) -> tuple[Event, Event]:
    """Of a joint that carries a contact, to the end of the run."""
    joints = sorted({j for contact in range(robot.nc) for j in _leg(robot, contact)})
    joint = joints[int(np.random.default_rng(seed).integers(len(joints)))]
    return spoil(partial(faults.frozen_encoder, joint), _AFTER)


def _not_a_number(seed: int) -> tuple[Event, Event]:
    """In one field after the other, for one tick up to 100 ms."""
    names = faults.FIELDS
    duration = float(np.random.default_rng(seed).uniform(0.002, 0.1))
    return spoil(partial(faults.not_a_number, names[seed % len(names)]), duration)


def _leg(robot: RobotModel, contact: int) -> list[int]:
    """Joints from the base to a contact."""
    joints: list[int] = []
    joint = robot.contacts[contact].joint
    while joint >= 0:
        joints.insert(0, joint)
        joint = robot.description.joints[joint].parent
    return joints
