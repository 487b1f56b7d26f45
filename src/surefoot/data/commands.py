"""What a user asks of the robot, and what the robot's motor drivers are told."""

from __future__ import annotations

from dataclasses import dataclass, fields

from surefoot.data.checks import Array, finite_number


@dataclass(frozen=True, slots=True)
class VelocityCommand:
    """Desired base velocity in the heading frame (world turned by the base's yaw).

    Attributes
    ----------
    vx, vy
        Forward and leftward velocity, m/s.
    yaw_rate
        Turning rate about the vertical, rad/s.
    """

    vx: float = 0.0
    vy: float = 0.0
    yaw_rate: float = 0.0

    def __post_init__(self) -> None:
        for name in ("vx", "vy", "yaw_rate"):
            object.__setattr__(self, name, finite_number(name, getattr(self, name)))


@dataclass(frozen=True, slots=True)
class PostureCommand:
    """Where the base of a standing robot is wanted, off its standing pose, in the heading frame.

    Attributes
    ----------
    forward, sway, height
        m; leftward is positive sway.
    roll, pitch, yaw
        rad.
    """

    forward: float = 0.0
    sway: float = 0.0
    height: float = 0.0
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0

    def __post_init__(self) -> None:
        for name in POSTURE_FIELDS:
            object.__setattr__(self, name, finite_number(name, getattr(self, name)))


POSTURE_FIELDS = tuple(field.name for field in fields(PostureCommand))


@dataclass(slots=True)
class JointCommand:
    """One command to the motor drivers, which apply
    ``torque + kp * (position - q) + kd * (velocity - dq)`` at each joint.

    All arrays are (nj,) in ``robot.joint_names`` order: rad, rad/s, N m/rad, N m s/rad, N m.
    """

    position: Array
    velocity: Array
    kp: Array
    kd: Array
    torque: Array
