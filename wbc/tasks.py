"""The task library. Every task gives rows over x = [acceleration (nv), forces (nf)].

They read A x = b, or lower <= A x <= upper where `Task.is_inequality`. Gains are in 1/s^2 (``kp``)
and 1/s (``kd``, ``gain``): a task asks for accelerations. They and the references may be set
between any two ticks; a wrong value raises `InputError` and changes nothing.
"""

from surefoot._cpp.wbc import (
    AngularMomentum,
    BaseMotion,
    Capsule,
    CenterOfMass,
    CollisionAvoidance,
    ContactForces,
    FrameOrientation,
    FramePose,
    FramePosition,
    FrameReference,
    JointDamping,
    JointLimits,
    LinearEquality,
    LinearInequality,
    LinearMomentum,
    PointReference,
    Posture,
    PythonTask,
    SwingFeet,
    Task,
    Tick,
)

__all__ = [
    "AngularMomentum",
    "BaseMotion",
    "Capsule",
    "CenterOfMass",
    "CollisionAvoidance",
    "ContactForces",
    "FrameOrientation",
    "FramePose",
    "FramePosition",
    "FrameReference",
    "JointDamping",
    "JointLimits",
    "LinearEquality",
    "LinearInequality",
    "LinearMomentum",
    "PointReference",
    "Posture",
    "PythonTask",
    "SwingFeet",
    "Task",
    "Tick",
]
