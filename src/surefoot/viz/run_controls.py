"""Carries out what the page asks: on the controller and the simulation of a run."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
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
_SPAN = 5.0  # a parameter may become this many times larger or smaller than it is at first
_TUNABLE = ("weight", "kp", "kd")
_AXES = ("x", "y", "z", "rx", "ry", "rz")  # of gains per world axis: along it, about it


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
        self._tunables = _tunables(controller)

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
                name: Parameter(value, value / _SPAN, _SPAN * value)
                for name, tunable in self._tunables.items()
                if (value := tunable.value) > 0.0
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
            self._tunables[request.name].value = request.value
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


@dataclass
class _Tunable:
    """A weight or gain of a task, or one axis of it."""

    task: Any
    attribute: str
    axis: int | None = None

    @property
    def value(self) -> float:
        value = getattr(self.task, self.attribute)
        return float(value if self.axis is None else value[self.axis])

    @value.setter
    def value(self, number: float) -> None:
        if self.axis is None:
            setattr(self.task, self.attribute, number)
        else:
            values = np.array(getattr(self.task, self.attribute))
            values[self.axis] = number
            setattr(self.task, self.attribute, values)


def _tunables(controller: Any) -> dict[str, _Tunable]:
    wbc = getattr(controller, "wbc", None)
    found = {}
    for task in () if wbc is None else wbc.stack:
        for attribute in _TUNABLE:
            value, name = getattr(task, attribute, None), f"{task.name}.{attribute}"
            if isinstance(value, float):
                found[name] = _Tunable(task, attribute)
            elif value is not None:
                labels: Sequence[object] = _AXES if len(value) == 6 else range(len(value))
                for axis, label in enumerate(labels):
                    found[f"{name} {label}"] = _Tunable(task, attribute, axis)
    return found
