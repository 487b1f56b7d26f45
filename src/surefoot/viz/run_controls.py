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
_AXES = ("x", "y", "z", "rx", "ry", "rz")  # of numbers per axis: along it, about it


class RunControls:
    """Applies requests between two ticks, in the loop's own thread.

    Parameters
    ----------
    simulation
        A `surefoot.sim.Simulation`, to push and to reset.
    controller
        A `surefoot.control.Controller`. Where it has ``parameters``, they are offered too.
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
        self._sliders = _sliders(getattr(controller, "parameters", {}))

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
                name: slider.offer(controller.parameters)
                for name, slider in self._sliders.items()
                if slider.value(controller.parameters) > 0.0
            },
        )

    def asked(self) -> tuple[Any, ...]:
        """What the controls show; it differs from before when somebody has changed it."""
        controller = self._controller
        changes = getattr(getattr(controller, "parameters", None), "changes", ())
        return controller.gait, controller.command, len(changes)

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
            self._sliders[request.name].set(controller.parameters, request.value)
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


@dataclass(frozen=True)
class _Slider:
    """One number of a parameter of the controller."""

    name: str
    index: int | None  # of a vector

    def value(self, parameters: Any) -> float:
        values = parameters[self.name]
        return float(values if self.index is None else values[self.index])

    def set(self, parameters: Any, number: float) -> None:
        values = np.array(parameters[self.name])
        values[() if self.index is None else self.index] = number
        parameters[self.name] = values

    def offer(self, parameters: Any) -> Parameter:
        """Its value, and a range about it that the controller grants."""
        value, (low, high) = self.value(parameters), parameters.limits(self.name)
        return Parameter(value, max(low, value / _SPAN), min(high, _SPAN * value))


def _sliders(parameters: Any) -> dict[str, _Slider]:
    found = {}
    for name, value in parameters.items():
        if np.ndim(value) == 0:
            found[name] = _Slider(name, None)
            continue
        labels: Sequence[object] = _AXES[: len(value)] if len(value) <= 6 else range(len(value))
        for index, label in enumerate(labels):
            found[f"{name} {label}"] = _Slider(name, index)
    return found
