"""Walking: a velocity command and a gait become samples of the NMPC's plan."""

from __future__ import annotations

import logging

import numpy as np

from surefoot.control.commands import CommandRamp
from surefoot.control.timings import Timings
from surefoot.data import Plan, PlanSample, RobotState, SolveStatus, VelocityCommand
from surefoot.mpc import CentroidalNmpc
from surefoot.robots import STAND_GAIT, RobotModel

logger = logging.getLogger(__name__)


class Walker:
    """Runs the NMPC at its rate and stops the gait when the robot has come to rest.

    Parameters
    ----------
    robot
        The robot.
    timings
        Where the cost of each solve is noted.
    """

    def __init__(self, robot: RobotModel, timings: Timings) -> None:
        config = robot.config.control
        self._robot, self._timings = robot, timings
        self._nmpc = CentroidalNmpc(robot)
        self._ramp = CommandRamp(config.linear_acceleration, config.yaw_acceleration)
        self._gait = STAND_GAIT
        self._last_time = self._last_solve = -np.inf
        self._down_since: float | None = None

    @property
    def plan(self) -> Plan:
        """The newest plan."""
        return self._nmpc.plan

    def begin(self, state: RobotState) -> None:
        """Start walking from standing still."""
        self._nmpc.reset(state)
        self._ramp.reset()
        self._last_time, self._last_solve = state.time, -np.inf
        self._down_since = None

    def step(self, state: RobotState, command: VelocityCommand, gait: str) -> PlanSample:
        """One tick.

        Parameters
        ----------
        state
            Estimated state.
        command
            Wanted velocity; followed with bounded acceleration.
        gait
            Wanted gait; with the standing gait the robot keeps stepping until it has slowed down.
        """
        now = self._ramp.step(command, state.time - self._last_time)
        self._last_time = state.time
        if gait != STAND_GAIT:
            self._gait = gait
        stopping = gait == STAND_GAIT and not self._moving(state, now)
        self._nmpc.command, self._nmpc.gait = now, STAND_GAIT if stopping else self._gait
        if state.time - self._last_solve >= 1.0 / self._robot.config.nmpc.rate - 1e-6:
            self._solve(state)
        sample = self._nmpc.sample(state.time, state)
        if not (stopping and bool(np.all(sample.contacts))):
            self._down_since = None
        elif self._down_since is None:
            self._down_since = state.time
        return sample

    def at_rest(self, time: float) -> bool:
        """Whether the robot stops and every contact has been down for a gait period."""
        period = self._robot.config.gaits[self._gait].period
        return self._down_since is not None and time - self._down_since >= period

    def _moving(self, state: RobotState, command: VelocityCommand) -> bool:
        speed = float(np.linalg.norm(state.v[:2]))
        return command != VelocityCommand() or speed > self._robot.config.control.rest_speed

    def _solve(self, state: RobotState) -> None:
        plan = self._nmpc.solve(state)
        self._last_solve = state.time
        self._timings.nmpc_ms = plan.solve_time_s * 1e3
        self._timings.solves += 1
        if plan.status is SolveStatus.FAILED:
            self._timings.failed_solves += 1
            logger.warning("NMPC solve failed at %.3f s, %d in a row", state.time, plan.age_solves)
