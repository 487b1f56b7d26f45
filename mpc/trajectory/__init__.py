"""Offline trajectory optimisation: jumps, turns, and tasks of your own."""

from surefoot.mpc.trajectory.optimiser import TrajectoryOptimiser
from surefoot.mpc.trajectory.physics import TrajectoryPhysics
from surefoot.mpc.trajectory.task import MotionTask, load_task, task_names
from surefoot.mpc.trajectory.trajectory import Trajectory

__all__ = [
    "MotionTask",
    "Trajectory",
    "TrajectoryOptimiser",
    "TrajectoryPhysics",
    "load_task",
    "task_names",
]
