"""The task library. Every task gives rows A x = b over x = [acceleration (nv), forces (nf)]."""

from surefoot._cpp.wbc import (
    BaseMotion,
    ContactForces,
    JointDamping,
    Posture,
    SwingFeet,
    Task,
)

__all__ = ["BaseMotion", "ContactForces", "JointDamping", "Posture", "SwingFeet", "Task"]
