"""What a trajectory is to do: phases, boundary conditions, limits, weights; read from a TOML."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from surefoot.data import InputError
from surefoot.robots import RobotModel
from surefoot.robots.config import Fraction, NonNegative, Positive, Section

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIBRARY = Path(__file__).parent / "library"


class PhaseConfig(Section):
    """A stretch of time in which the same contacts carry force."""

    name: str
    duration: tuple[Positive, Positive]  # s, least and most; the optimiser chooses
    intervals: Annotated[int, Field(gt=1)]  # that it is cut into
    contacts: Literal["all", "none"] | list[str] = "all"  # that carry force
    # Number of the group of contacts that does not, of those that the task's gait lifts together.
    swing: Annotated[int, Field(ge=0)] | None = None
    # Height of the base above its start in the middle of the phase, where it turns to fall, m.
    rise: Positive | None = None


class EndConfig(Section):
    """Where the base comes to rest, from where it stood, in the axes it had there."""

    x: float = 0.0  # m
    y: float = 0.0
    yaw_deg: Annotated[float, Field(ge=-170.0, le=170.0)] = 0.0


class LimitsConfig(Section):
    """How much of what the robot can do is used, and what feet keep to."""

    torque: Fraction  # of the torque limits; kept in the middle of intervals, so leave a margin
    velocity: Fraction  # of the joints' velocity limits
    friction: Fraction  # of the contacts' friction coefficients and soles
    force_min: NonNegative  # N, normal force of a contact
    force_max: Positive  # in body weights, per contact
    position_margin: NonNegative  # rad or m, from the joints' position limits
    clearance: NonNegative  # m, of swinging contacts in the middle of their swing
    joint_clearance: NonNegative  # m, of every joint's axis above the ground
    hold: Positive  # 1/s, feedback that keeps standing contacts where they landed


class WeightsConfig(Section):
    """Of the cost, each an integral over time; torque in limits, force in body weights."""

    torque: NonNegative
    force_rate: NonNegative
    joint_velocity: NonNegative  # by the velocity limits
    joint_acceleration: NonNegative  # by the velocity limits
    posture: NonNegative  # rad, from standing
    tilt: NonNegative  # rad, of the base
    end_posture: NonNegative  # rad, at the end alone
    time: NonNegative


class SolverConfig(Section):
    """When IPOPT is done, and when it gives up."""

    tolerance: Positive
    iterations: Annotated[int, Field(gt=0)]
    time_limit: Positive  # s, CPU


class MotionTask(Section):
    """A task for the `TrajectoryOptimiser`; ``library/jump.toml`` shows every key.

    The motion begins and ends at rest, in the robot's standing posture.
    """

    description: str
    gait: tuple[str, ...] = ()  # the first of these that the robot has names the groups of `swing`
    phases: Annotated[list[PhaseConfig], Field(min_length=1)]
    end: EndConfig = EndConfig()
    limits: LimitsConfig
    weights: WeightsConfig
    solver: SolverConfig

    @model_validator(mode="after")
    def _consistent(self) -> MotionTask:
        for phase in self.phases:
            if phase.duration[0] > phase.duration[1]:
                raise ValueError(f"phase '{phase.name}': duration runs from least to most")
            if phase.swing is not None and not self.gait:
                raise ValueError(f"phase '{phase.name}': 'swing' needs the task's 'gait'")
        for phase in (self.phases[0], self.phases[-1]):
            if phase.contacts != "all" or phase.swing is not None:
                raise ValueError(f"phase '{phase.name}': the first and the last stand on all")
        return self

    def with_rise(self, rise: float) -> MotionTask:
        """The same task with another base rise, m, where it has one.

        Raises
        ------
        InputError
            If it has none, or the rise is not positive.
        """
        if not any(phase.rise for phase in self.phases) or not rise > 0.0:
            raise InputError("rise", f"is {rise}", "give a positive one, for a task that rises")
        changed = [
            phase.model_copy(update={"rise": rise}) if phase.rise else phase
            for phase in self.phases
        ]
        return self.model_copy(update={"phases": changed})

    def contacts_of(self, robot: RobotModel) -> list[list[bool]]:
        """Which contacts carry force, by phase and contact.

        Raises
        ------
        InputError
            If the robot lacks a contact or gait that the task names.
        """
        groups = self._groups(robot)
        rows = []
        for phase in self.phases:
            known = robot.contact_names
            if phase.swing is not None:
                if phase.swing >= len(groups):
                    raise InputError(
                        "task", f"phase '{phase.name}': no group {phase.swing}", f"of {groups}"
                    )
                standing = [name for name in known if name not in groups[phase.swing]]
            elif isinstance(phase.contacts, list):
                unknown = [name for name in phase.contacts if name not in known]
                if unknown:
                    raise InputError(
                        "task",
                        f"phase '{phase.name}': {robot.name} has no contact '{unknown[0]}'",
                        f"known: {', '.join(known)}",
                    )
                standing = phase.contacts
            else:
                standing = list(known) if phase.contacts == "all" else []
            rows.append([name in standing for name in known])
        return rows

    def _groups(self, robot: RobotModel) -> list[list[str]]:
        if not self.gait:
            return []
        name = next((name for name in self.gait if name in robot.config.gaits), None)
        if name is None:
            known = ", ".join(robot.config.gaits)
            raise InputError(
                "task", f"{robot.name} has none of the gaits {self.gait}", f"known: {known}"
            )
        offset = robot.config.gaits[name].offset
        return [[c for c in offset if offset[c] == o] for o in sorted(set(offset.values()))]


def task_names() -> list[str]:
    """Names of the tasks that come with Surefoot, sorted."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def load_task(name_or_path: str | Path) -> MotionTask:
    """Read a task that comes with Surefoot, or a TOML file of your own.

    Raises
    ------
    InputError
        If there is no such task, or its file is wrong; naming every key.
    """
    library_file = LIBRARY / f"{name_or_path}.toml"
    path = library_file if library_file.is_file() else Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        known = ", ".join(task_names())
        raise InputError("task", f"no such task: {name_or_path}", f"one of {known}, or a TOML file")
    try:
        return MotionTask.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError("task", f"{path} cannot be read: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'task'}: {item['msg']}"
            for item in error.errors()
        )
        raise InputError("task", f"{path}: {problems}") from None
