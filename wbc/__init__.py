"""Whole-body control: tasks with priorities become joint torques, one QP a tick.

>>> robot = sf.load_robot("go2")
>>> wbc = sf.wbc.WholeBodyController(robot)
>>> result = wbc.solve(state, sample, contacts)
>>> result.torque
"""

from surefoot._cpp.wbc import WbcResult, WbcStatus
from surefoot.wbc import tasks
from surefoot.wbc.controller import WholeBodyController
from surefoot.wbc.limits import collision_avoidance, joint_limits
from surefoot.wbc.stack import Stack, default_stack
from surefoot.wbc.standing import standing_sample

__all__ = [
    "Stack",
    "WbcResult",
    "WbcStatus",
    "WholeBodyController",
    "collision_avoidance",
    "default_stack",
    "joint_limits",
    "standing_sample",
    "tasks",
]
