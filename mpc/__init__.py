"""Nonlinear model-predictive control: gait, references, swing, NMPC -> Plan; and trajectories
optimised offline (`surefoot.mpc.trajectory`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surefoot.mpc.nmpc import CentroidalNmpc, make_plan

if TYPE_CHECKING:
    from surefoot.mpc.trajectory import Trajectory, TrajectoryOptimiser

__all__ = ["CentroidalNmpc", "Trajectory", "TrajectoryOptimiser", "make_plan"]


def __getattr__(name: str) -> Any:
    # CasADi, which a robot does not need, is loaded when it is asked for.
    if name in ("Trajectory", "TrajectoryOptimiser"):
        from surefoot.mpc import trajectory

        return getattr(trajectory, name)
    raise AttributeError(f"module 'surefoot.mpc' has no attribute '{name}'")
