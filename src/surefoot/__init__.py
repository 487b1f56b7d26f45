"""Surefoot: model-based whole-body control of legged and humanoid robots."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from surefoot import _pinocchio_check as _pinocchio_check  # first: fails clearly, never crashes
from surefoot import control, estimation, mpc, robots, wbc
from surefoot._cmake import cmake_dir
from surefoot.control import Controller, ControllerOptions
from surefoot.data import (
    JointCommand,
    Plan,
    PostureCommand,
    RobotState,
    SensorData,
    SurefootError,
    VelocityCommand,
)
from surefoot.robots import RobotModel, load_robot, robot_names

if TYPE_CHECKING:
    from surefoot import sim, viz

__all__ = [
    "Controller",
    "ControllerOptions",
    "JointCommand",
    "Plan",
    "PostureCommand",
    "RobotModel",
    "RobotState",
    "SensorData",
    "SurefootError",
    "VelocityCommand",
    "cmake_dir",
    "control",
    "estimation",
    "load_robot",
    "mpc",
    "robot_names",
    "robots",
    "sim",
    "viz",
    "wbc",
]


def __getattr__(name: str) -> ModuleType:
    # The simulator and the viewer load MuJoCo and meshcat, which a robot does not need.
    if name in ("sim", "viz"):
        return importlib.import_module(f"surefoot.{name}")
    raise AttributeError(f"module 'surefoot' has no attribute '{name}'")
