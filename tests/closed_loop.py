"""A controller and a simulation in closed loop, with what must hold in every tick."""

from __future__ import annotations

import numpy as np

import surefoot as sf
from surefoot.data import SensorData

TICK = 0.002  # s


def run(
    simulation: sf.sim.Simulation,
    controller: sf.Controller,
    sensors: SensorData,
    until: float,
) -> SensorData:
    """Run to that time, s; every command is finite, within limits and made without allocation."""
    limit = controller.robot.effort_limit
    while simulation.time < until - 1e-9:
        command = controller.step(sensors)
        for field in ("position", "velocity", "kp", "kd", "torque"):
            assert np.isfinite(getattr(command, field)).all()
        assert (np.abs(command.torque) <= limit * (1 + 1e-12)).all()
        assert controller.timings.allocations == 0
        sensors = simulation.step(command, TICK)
    return sensors
