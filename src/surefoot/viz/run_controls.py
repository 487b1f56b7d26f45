"""Carries out what the page asks: on the controller and the simulation of a run."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np

from surefoot.data import VelocityCommand
from surefoot.viz.messages import (
    ActionRequest,
    CommandRequest,
    Controls,
    GaitRequest,
    Parameter,
    ParameterRequest,
    PauseRequest,
    PushRequest,
    Request,
    SpeedRequest,
)

_log = logging.getLogger(__name__)
_PUSH_TIME = 0.1  # s, as every push of the scenarios
_SPAN = 10.0  # a parameter may become this many times larger than it is at first
_TUNABLE = ("weight", "kp", "kd")


class RunControls:
    """Applies requests between two ticks, in the loop's own thread.

    Parameters
    ----------
    simulation
        A `surefoot.sim.Simulation`, to push and to reset.
    controller
        A `surefoot.control.Controller`. Where it has a public ``wbc``, the weights and gains of
        that controller's tasks are offered too.
    can_reset
        Whether whoever runs the loop looks at `reset_wanted`.
    max_speed, max_yaw_rate
        Largest command that the page may ask for, m/s and rad/s.

    Attributes
    ----------
    paused, speed
        What the page last asked for; None for the speed if it did not.
    reset_wanted
        Set by a reset request; whoever runs the loop carries it out and clears it.
    """

    def __init__(
        self,
        simulation: Any,
        controller: Any,
        can_reset: bool = False,
        max_speed: float = 1.5,
        max_yaw_rate: float = 1.5,
    ) -> None:
        self.paused = False
        self.speed: float | None = None
        self.reset_wanted = False
        self._actions = ("stand", "sit", "reset") if can_reset else ("stand", "sit")
        self._simulation = simulation
        self._controller = controller
        self._limits = {"vx": max_speed, "vy": max_speed, "yaw_rate": max_yaw_rate}
        self._tasks = _tunable_tasks(controller)

    def offer(self, speed: float) -> Controls:
        """What the page may change, as it is now."""
        controller = self._controller
        return Controls(
            gaits=tuple(controller.robot.config.gaits),
            limits=self._limits,
            gait=controller.gait,
            command={name: getattr(controller.command, name) for name in self._limits},
            speed=speed,
            actions=self._actions,
            parameters={
                name: Parameter(value, 0.0, _SPAN * value)
                for name, (task, attribute) in self._tasks.items()
                if (value := float(getattr(task, attribute))) > 0.0
            },
        )

    def apply(self, request: Request) -> None:
        """Carry out one validated request."""
        controller = self._controller
        if isinstance(request, CommandRequest):
            controller.command = VelocityCommand(request.vx, request.vy, request.yaw_rate)
        elif isinstance(request, GaitRequest):
            controller.gait = request.name
        elif isinstance(request, PushRequest):
            self._push(request)
        elif isinstance(request, PauseRequest):
            self.paused = request.on
        elif isinstance(request, SpeedRequest):
            self.speed = request.value
        elif isinstance(request, ParameterRequest):
            task, attribute = self._tasks[request.name]
            setattr(task, attribute, request.value)
        elif isinstance(request, ActionRequest):
            if request.name == "reset":
                self.reset_wanted = True
            else:
                getattr(controller, request.name)()

    def _push(self, request: PushRequest) -> None:
        x, y, z, w = self._simulation.q[3:7]
        yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        angle = yaw + math.radians(request.direction_deg)
        size = request.size * self._controller.robot.mass / _PUSH_TIME
        force = size * np.array([math.cos(angle), math.sin(angle), 0.0])
        self._simulation.push(force, _PUSH_TIME)


def _tunable_tasks(controller: Any) -> dict[str, tuple[Any, str]]:
    wbc = getattr(controller, "wbc", None)
    if wbc is None:
        return {}
    return {
        f"{task.name}.{attribute}": (task, attribute)
        for task in wbc.stack
        for attribute in _TUNABLE
        if isinstance(getattr(task, attribute, None), float)
    }
