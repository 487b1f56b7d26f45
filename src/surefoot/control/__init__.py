"""The control loop: `Controller`, its phases, and the loop around a robot."""

from surefoot.control.controller import Controller
from surefoot.control.health import CheckHealth
from surefoot.control.loop import LoopCount, run_loop
from surefoot.control.options import ControllerOptions
from surefoot.control.phases import Phase, Transition
from surefoot.control.real_time import real_time
from surefoot.control.robot_interface import RobotInterface
from surefoot.control.timings import Timings

__all__ = [
    "CheckHealth",
    "Controller",
    "ControllerOptions",
    "LoopCount",
    "Phase",
    "RobotInterface",
    "Timings",
    "Transition",
    "real_time",
    "run_loop",
]
