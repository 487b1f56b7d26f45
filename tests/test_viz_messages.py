"""What a page may ask: everything else is refused with one clear error."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.data import InputError
from surefoot.viz.messages import (
    CommandRequest,
    Controls,
    GaitRequest,
    Parameter,
    ParameterRequest,
    parse_request,
)

CONTROLS = Controls(
    gaits=("stand", "trot"),
    limits={"vx": 1.0, "vy": 0.5, "yaw_rate": 1.0},
    gait="trot",
    command={"vx": 0.0, "vy": 0.0, "yaw_rate": 0.0},
    parameters={"swing.kp": Parameter(350.0, 0.0, 3500.0)},
)


def ask(**message: object) -> object:
    return parse_request(json.dumps(message), CONTROLS)


def test_requests_that_are_offered() -> None:
    command = ask(type="command", vx=0.5, vy=-0.1, yaw_rate=0)
    assert command == CommandRequest(type="command", vx=0.5, vy=-0.1, yaw_rate=0.0)
    assert ask(type="gait", name="trot") == GaitRequest(type="gait", name="trot")
    parameter = ask(type="parameter", name="swing.kp", value=400.0)
    assert parameter == ParameterRequest(type="parameter", name="swing.kp", value=400.0)


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ({"type": "command", "vx": 1.1, "vy": 0.0, "yaw_rate": 0.0}, "vx"),
        ({"type": "command", "vx": math.nan, "vy": 0.0, "yaw_rate": 0.0}, "vx"),
        ({"type": "command", "vx": 0.1, "vy": 0.0}, "yaw_rate"),
        ({"type": "command", "vx": 0.1, "vy": 0.0, "yaw_rate": 0.0, "vz": 1.0}, "vz"),
        ({"type": "gait", "name": "moonwalk"}, "moonwalk"),
        ({"type": "push", "direction_deg": 0.0, "size": 100.0}, "size"),
        ({"type": "parameter", "name": "swing.kp", "value": -1.0}, "swing.kp"),
        ({"type": "parameter", "name": "__class__", "value": 1.0}, "__class__"),
        ({"type": "action", "name": "reset_everything"}, "name"),
        ({"type": "exec", "code": "1"}, "type"),
        ({"vx": 0.1}, "type"),
    ],
)
def test_anything_else_is_one_clear_error(message: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        parse_request(json.dumps(message), CONTROLS)


def test_a_program_that_offers_nothing_takes_nothing() -> None:
    with pytest.raises(InputError, match="takes no commands"):
        parse_request('{"type": "pause", "on": true}', None)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_noise_never_gets_through(noise: bytes | str) -> None:
    with pytest.raises(InputError):
        parse_request(noise, CONTROLS)
