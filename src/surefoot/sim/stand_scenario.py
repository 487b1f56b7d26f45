"""Standing still, then moving the base up and down: what the standard set asks of standing."""

from __future__ import annotations

import numpy as np

from surefoot.data import Array, PostureCommand, VelocityCommand
from surefoot.robots import STAND_GAIT
from surefoot.sim.log import Log
from surefoot.sim.scenario import Event, WalkingController
from surefoot.sim.scenario_data import Scenario
from surefoot.sim.simulation import Simulation
from surefoot.sim.walk_figures import COMMAND_TIME, SETTLE_TIME

_STILL = 10.0  # s without a command
_AMPLITUDE = 0.03  # m
_FREQUENCY = 0.25  # Hz
_PERIODS = 2  # of the sine; the first is not measured
_COMMANDS = 50.0  # Hz, how often a posture is commanded, as by a joystick


def stand_scenario() -> Scenario:
    """10 s without a command, then a height sine of 3 cm by posture commands.

    Its figures: ``height_std`` (m, while nothing is commanded), and of the sine ``height_gain``
    (amplitude over the commanded one), ``height_lag`` (s behind the command) and ``height_error``
    (m, root mean square of what is no such sine).
    """
    end = _STILL + _PERIODS / _FREQUENCY
    times = np.arange(_STILL, end, 1.0 / _COMMANDS)
    return Scenario(
        "stand",
        "and sine",
        VelocityCommand(),
        STAND_GAIT,
        duration=end,
        events=tuple(_raise(float(time), float(_sine(time - _STILL))) for time in times),
        measure=_figures,
    )


def _sine(time: float | Array) -> Array:
    return np.asarray(_AMPLITUDE * np.sin(2.0 * np.pi * _FREQUENCY * time))


def _raise(time: float, height: float) -> Event:
    def action(controller: WalkingController, _: Simulation) -> None:
        controller.posture = PostureCommand(height=height)

    return Event(time, action)


def _figures(log: Log) -> dict[str, float | None]:
    still = log.window(COMMAND_TIME + SETTLE_TIME, _STILL)
    moving = log.window(_STILL + 1.0 / _FREQUENCY)
    figures: dict[str, float | None] = dict.fromkeys(("height_gain", "height_lag", "height_error"))
    if len(still):
        figures["height_std"] = float(np.std(still.q[:, 2]))
    if not len(moving) or moving.time[-1] < _STILL + (_PERIODS - 0.1) / _FREQUENCY:
        return figures
    angle = 2.0 * np.pi * _FREQUENCY * (moving.time - _STILL)
    basis = np.stack([np.sin(angle), np.cos(angle), np.ones(len(angle))], axis=1)
    height = moving.q[:, 2]
    fit = np.linalg.lstsq(basis, height, rcond=None)[0]
    figures["height_gain"] = float(np.hypot(fit[0], fit[1]) / _AMPLITUDE)
    figures["height_lag"] = float(np.arctan2(-fit[1], fit[0]) / (2.0 * np.pi * _FREQUENCY))
    figures["height_error"] = float(np.sqrt(np.mean((height - basis @ fit) ** 2)))
    return figures
