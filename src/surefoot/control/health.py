"""What the safety checks of a controller have seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """One check of the robot file's ``[safety]``; units as there.

    Attributes
    ----------
    value, worst
        In the last tick, and the largest since the start.
    limit
        The one that the present reaction answers; 0 without one.
    reaction
        Now: ``"none"``, ``"limit"``, ``"slow_down"``, ``"stop"`` or ``"damp"``.
    count
        Ticks beyond the lowest limit since the start.
    """

    value: float
    worst: float
    limit: float
    reaction: str
    count: int
