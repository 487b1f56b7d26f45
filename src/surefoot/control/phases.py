"""What the controller is doing, and which change is allowed when.

                 stand()                      posture reached
passive ---------------------> stand_up ----------------------> stand
   ^                                                           |  ^  |
   |            sit reached                      gait, command |  |  | sit()
   +------------------------------- sit <----------------------+--+--+
                                                               v  | all feet down, at rest
any -- limit exceeded --> fault (damps until reset())          walk
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import Enum

logger = logging.getLogger(__name__)


class Phase(str, Enum):
    """Phase of the controller; compares equal to its name."""

    PASSIVE = "passive"
    STAND_UP = "stand_up"
    STAND = "stand"
    WALK = "walk"
    SIT = "sit"
    FAULT = "fault"


_ALLOWED: dict[Phase, tuple[Phase, ...]] = {
    Phase.PASSIVE: (Phase.STAND_UP, Phase.FAULT),
    Phase.STAND_UP: (Phase.STAND, Phase.SIT, Phase.FAULT),
    Phase.STAND: (Phase.WALK, Phase.SIT, Phase.FAULT),
    Phase.WALK: (Phase.STAND, Phase.FAULT),
    Phase.SIT: (Phase.PASSIVE, Phase.STAND_UP, Phase.FAULT),
    Phase.FAULT: (Phase.PASSIVE,),
}


@dataclass(frozen=True)
class Transition:
    """One change of phase: when, from what to what, and why."""

    time: float
    before: Phase
    after: Phase
    reason: str


@dataclass
class PhaseMachine:
    """Holds the phase and refuses changes that make no sense.

    Attributes
    ----------
    phase
        The present phase.
    since
        Time at which it began, s.
    history
        Every transition so far.
    """

    phase: Phase = Phase.PASSIVE
    since: float = 0.0
    history: list[Transition] = field(default_factory=list)

    def enter(self, after: Phase, time: float, reason: str) -> bool:
        """Change the phase if that is allowed from the present one; say whether it was.

        Parameters
        ----------
        after
            The wanted phase.
        time
            Of the tick, s.
        reason
            Why, for the log and `history`.
        """
        if after not in _ALLOWED[self.phase]:
            logger.info("stays in %s: %s is not reached from it", self.phase.value, after.value)
            return False
        logger.info("%s -> %s at %.3f s: %s", self.phase.value, after.value, time, reason)
        self.history.append(Transition(time, self.phase, after, reason))
        self.phase, self.since = after, time
        return True
