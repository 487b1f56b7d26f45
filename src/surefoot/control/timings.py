"""What the ticks and solves cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Timings:
    """Thread CPU time of the last tick.

    Attributes
    ----------
    step_us
        Of the whole `Controller.step`, microseconds, NMPC included.
    nmpc_ms
        Of the NMPC solve, milliseconds; None if this tick solved none.
    estimation_us, wbc_us
        Of the estimator update and of the whole-body controller, microseconds.
    solves, failed_solves
        How many NMPC solves there have been, and how many of them failed.
    allocations
        Heap allocations of the last tick in Surefoot's libraries (counted on Linux).
    """

    step_us: float = 0.0
    nmpc_ms: float | None = None
    estimation_us: float = 0.0
    wbc_us: float = 0.0
    solves: int = 0
    failed_solves: int = 0
    allocations: int = 0
