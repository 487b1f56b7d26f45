"""What a robot is: a URDF or MJCF and one typed TOML file make a `RobotModel`."""

from surefoot.robots.config import STAND_GAIT, RobotConfig
from surefoot.robots.files import robot_names
from surefoot.robots.loader import load_robot
from surefoot.robots.model import Contact, RobotModel

__all__ = ["STAND_GAIT", "Contact", "RobotConfig", "RobotModel", "load_robot", "robot_names"]
