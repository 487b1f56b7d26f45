"""The task library. Every task gives rows over x = [acceleration (nv), forces (nf)].

They read A x = b, or lower <= A x <= upper where `Task.is_inequality`.
"""

from surefoot._cpp.wbc import (
    BaseMotion,
    ContactForces,
    JointDamping,
    LinearEquality,
    LinearInequality,
    Posture,
    SwingFeet,
    Task,
)

__all__ = [
    "BaseMotion",
    "ContactForces",
    "JointDamping",
    "LinearEquality",
    "LinearInequality",
    "Posture",
    "SwingFeet",
    "Task",
]
