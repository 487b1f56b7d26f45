"""Unitree's robots through their SDK2: ``UnitreeRobot(robot, network_interface="eth0")``.

Needs the SDK's Python package (``unitree_sdk2py``); see docs/adapters.md.
"""

from surefoot.adapters.unitree.layout import LAYOUTS, Layout
from surefoot.adapters.unitree.messages import fill_command, read_sensors
from surefoot.adapters.unitree.robot import UnitreeRobot

__all__ = ["LAYOUTS", "Layout", "UnitreeRobot", "fill_command", "read_sensors"]
