"""What the ticks and solves cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Timings:
    """Wall-clock time of the last tick; of a solve, CPU time of its thread.

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
    late_solves
        How many solves took longer than their period (NMPC thread).
    plan_age_ms
        When the last tick's command acts less the start of the plan that it used; None without
        one.
    allocations
        Heap allocations of the last tick in Surefoot's libraries (counted on Linux).
    """

    step_us: float = 0.0
    nmpc_ms: float | None = None
    estimation_us: float = 0.0
    wbc_us: float = 0.0
    solves: int = 0
    failed_solves: int = 0
    late_solves: int = 0
    plan_age_ms: float | None = None
    allocations: int = 0
