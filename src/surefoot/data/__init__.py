"""The values that flow between the rooms of Surefoot. Imports nothing else of the package."""

from surefoot.data.checks import (
    Array,
    configuration,
    finite_array,
    finite_number,
    instance_of,
)
from surefoot.data.commands import (
    POSTURE_FIELDS,
    JointCommand,
    PostureCommand,
    VelocityCommand,
)
from surefoot.data.errors import (
    InputError,
    InstallationError,
    OptimisationError,
    RobotError,
    SimulationError,
    SurefootError,
)
from surefoot.data.plan import KktResiduals, Plan, PlanSample, SolveStatus
from surefoot.data.sensors import SensorData
from surefoot.data.state import EstimatorStatus, RobotState

__all__ = [
    "POSTURE_FIELDS",
    "Array",
    "EstimatorStatus",
    "InputError",
    "InstallationError",
    "JointCommand",
    "KktResiduals",
    "OptimisationError",
    "Plan",
    "PlanSample",
    "PostureCommand",
    "RobotError",
    "RobotState",
    "SensorData",
    "SimulationError",
    "SolveStatus",
    "SurefootError",
    "VelocityCommand",
    "configuration",
    "finite_array",
    "finite_number",
    "instance_of",
]
