"""Surefoot: model-based whole-body control of legged and humanoid robots."""

from surefoot import _pinocchio_check as _pinocchio_check  # first: fails clearly, never crashes
from surefoot import estimation as estimation
from surefoot import wbc as wbc
from surefoot._cmake import cmake_dir
from surefoot.data import JointCommand, RobotState, SensorData, VelocityCommand
from surefoot.robots import RobotModel, load_robot, robot_names

__all__ = [
    "JointCommand",
    "RobotModel",
    "RobotState",
    "SensorData",
    "VelocityCommand",
    "cmake_dir",
    "estimation",
    "load_robot",
    "robot_names",
    "wbc",
]
