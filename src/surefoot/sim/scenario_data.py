"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from surefoot.data import VelocityCommand
from surefoot.sim.log import Log
from surefoot.sim.plant import Payload
from surefoot.sim.scenario import Event
from surefoot.sim.terrain import Terrain
from surefoot.sim.walk_figures import COMMAND_TIME

WALK_TIME = 10.0  # s of a command
FAULT_TIME = 4.0  # s after standing, when a fault begins
NOTICE_TIME = 0.3  # s, in which a fault shows, is noticed and answered


@dataclass(frozen=True)
class Scenario:
    """One row of the standard set.

    Attributes
    ----------
    group, name
        What it is called.
    command, gait
        Set 1 s after the robot stands.
    duration
        s after the robot stands.
    make_terrain
        The ground for a seed; None is flat.
    friction, actuation_delay, payload
        Of the simulation.
    lying
        Whether the robot begins on the ground; else on its feet, and its controller is to hold it.
    events
        What else happens.
    make_events
        The same for a seed.
    may_stop
        Whether the controller may give up walking: once it lies down or damps its joints, only a
        tilt of more than 60 deg is a fall.
    torque_peak
        Share of a joint's torque limit that must not be reached after `FAULT_TIME`; None is any.
    torque_jump
        Likewise for the most by which one command changes a joint's torque in the `NOTICE_TIME`
        after it.
    measure
        Further figures of a run, or its own way to get one of the usual ones, from its log.
    """

    group: str
    name: str
    command: VelocityCommand
    gait: str
    duration: float = COMMAND_TIME + WALK_TIME
    make_terrain: Callable[[int], Terrain] | None = None
    friction: float = 0.8
    actuation_delay: float = 0.002
    payload: Payload | None = None
    lying: bool = True
    events: tuple[Event, ...] = ()
    make_events: Callable[[int], tuple[Event, ...]] | None = None
    may_stop: bool = False
    torque_peak: float | None = None
    torque_jump: float | None = None
    measure: Callable[[Log], dict[str, Any]] | None = None
