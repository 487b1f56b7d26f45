"""The control loop: `Controller`, its phases and motions."""

from surefoot.control.controller import Controller, ControllerOptions
from surefoot.control.phases import Phase, Transition
from surefoot.control.timings import Timings

__all__ = ["Controller", "ControllerOptions", "Phase", "Timings", "Transition"]
