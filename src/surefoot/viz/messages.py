"""What the page may ask of the program, and the check of it.

Everything that comes from a page is validated here: form by pydantic, values against what the
program offered in its `Controls`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from surefoot.data import InputError


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=False)


class CommandRequest(_Message):
    """Walk at this velocity: m/s, rad/s, heading frame."""

    type: Literal["command"]
    vx: float
    vy: float
    yaw_rate: float


class GaitRequest(_Message):
    """Walk with this gait."""

    type: Literal["gait"]
    name: str


class PushRequest(_Message):
    """Push the base for 0.1 s: direction in the heading frame, impulse over total mass."""

    type: Literal["push"]
    direction_deg: Annotated[float, Field(ge=-360.0, le=360.0)]
    size: Annotated[float, Field(gt=0.0, le=3.0)]  # m/s


class PauseRequest(_Message):
    """Halt the simulation, or let it go on."""

    type: Literal["pause"]
    on: bool


class SpeedRequest(_Message):
    """Simulated seconds per second."""

    type: Literal["speed"]
    value: Annotated[float, Field(ge=0.01, le=10.0)]


class ActionRequest(_Message):
    """Stand up, sit down, or begin again."""

    type: Literal["action"]
    name: Literal["stand", "sit", "reset"]


class ParameterRequest(_Message):
    """Set a weight or gain."""

    type: Literal["parameter"]
    name: str
    value: float


Request = (
    CommandRequest
    | GaitRequest
    | PushRequest
    | PauseRequest
    | SpeedRequest
    | ActionRequest
    | ParameterRequest
)
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class Parameter:
    """A weight or gain that may be changed while the robot walks, within [low, high]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Controls:
    """What the page may change.

    Attributes
    ----------
    gaits
        Names to choose from.
    limits
        Largest magnitude of each part of the velocity command (``vx``, ``vy``, ``yaw_rate``).
    gait, command
        What is set now.
    speed
        Simulated seconds per second now.
    actions
        Of `ActionRequest` that the program carries out.
    parameters
        Weights and gains by name.
    """

    gaits: tuple[str, ...]
    limits: dict[str, float]
    gait: str
    command: dict[str, float]
    speed: float = 1.0
    actions: tuple[str, ...] = ("stand", "sit")
    parameters: dict[str, Parameter] = field(default_factory=dict)


def parse_request(text: str | bytes, controls: Controls | None) -> Request:
    """Read and check one message of the page.

    Parameters
    ----------
    text
        JSON.
    controls
        What the program offers; None if it takes no requests.

    Raises
    ------
    InputError
        If it is malformed or asks for something that is not offered.
    """
    if controls is None:
        raise InputError("request", "this program takes no commands from the page")
    try:
        request = _REQUEST.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise InputError(where, str(first["msg"])) from None
    if isinstance(request, CommandRequest):
        for name, limit in controls.limits.items():
            value = getattr(request, name)
            if abs(value) > limit + 1e-9:
                raise InputError(name, f"{value:g} is beyond {limit:g}")
    elif isinstance(request, GaitRequest) and request.name not in controls.gaits:
        raise InputError("gait", f"there is no '{request.name}'")
    elif isinstance(request, ActionRequest) and request.name not in controls.actions:
        raise InputError("action", f"this program does no '{request.name}'")
    elif isinstance(request, ParameterRequest):
        parameter = controls.parameters.get(request.name)
        if parameter is None:
            raise InputError("parameter", f"there is no '{request.name}'")
        if not parameter.low <= request.value <= parameter.high:
            span = f"[{parameter.low:g}, {parameter.high:g}]"
            raise InputError(request.name, f"{request.value:g} is outside {span}")
    return request
