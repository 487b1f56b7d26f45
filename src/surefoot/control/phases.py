"""What the controller is doing, and why that changed; docs/control.md has the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Phase(str, Enum):
    """Phase of the controller; compares equal to its name."""

    PASSIVE = "passive"  # on the ground or hanging, until it is asked to stand
    DAMPING = "damping"  # joints only damped, on request or as a reaction
    RIGHTING = "righting"  # from where it has fallen to its feet
    STAND_UP = "stand_up"  # from lying to standing
    STAND = "stand"  # on all contacts
    WALK = "walk"  # in a gait
    STOP = "stop"  # still stepping, to come to rest
    SIT = "sit"  # from standing to lying
    FAULT = "fault"  # joints only damped, until reset


@dataclass(frozen=True)
class Transition:
    """One change of phase, or a refused one: when, from what to what, and why (not)."""

    time: float
    before: Phase
    after: Phase
    reason: str
