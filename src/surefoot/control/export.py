"""A robot with all its options as text, for C++ programs."""

from __future__ import annotations

from surefoot._cpp import control as _control
from surefoot.control.options import ControllerOptions, control_options
from surefoot.estimation.base import estimator_options
from surefoot.robots import RobotModel
from surefoot.wbc import WholeBodyController

_GAINS = tuple(name for name in dir(_control.StackGains) if not name.startswith("_"))


def robot_setup(robot: RobotModel, options: ControllerOptions | None = None) -> _control.RobotSetup:
    """Everything that the C++ controller of a robot is made of.

    Parameters
    ----------
    robot
        The robot.
    options
        Choices of the controller.
    """
    choices = options or ControllerOptions()
    setup = _control.RobotSetup()
    setup.description = robot.description
    setup.control = control_options(robot, choices)
    setup.estimator = estimator_options(robot.config.estimator)
    setup.linear_filter = robot.config.estimator.filter == "linear"
    setup.imu_joint = robot.imu_joint
    setup.imu_rotation = robot.imu_placement.rotation
    setup.imu_translation = robot.imu_placement.translation
    setup.wbc = WholeBodyController(robot)._kernel.options
    setup.strict = choices.wbc_mode == "strict"
    gains = _control.StackGains()
    for name in _GAINS:
        setattr(gains, name, getattr(robot.config.wbc, name))
    setup.stack = gains
    return setup


def export_robot(robot: RobotModel, options: ControllerOptions | None = None) -> str:
    """The setup as text, for ``surefoot::read_robot`` (surefoot/control/robot_file.hpp).

    Parameters
    ----------
    robot, options
        See `robot_setup`.
    """
    return _control.write_robot(robot_setup(robot, options))
