"""Robots for C++ programs: nothing of the options is lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp import control as cpp
from surefoot.control.export import export_robot, robot_setup


def differences(path: str, a: Any, b: Any) -> list[str]:
    """Public attributes in which two bound objects differ, however deep."""
    if isinstance(a, (bool, int, float, str, np.ndarray)):
        return [] if np.array_equal(a, b) else [f"{path}: {a} {b}"]
    if isinstance(a, (list, tuple)):
        if len(a) != len(b):
            return [f"{path}: {len(a)} {len(b)}"]
        pairs = zip(a, b, strict=True)
        return [d for i, (x, y) in enumerate(pairs) for d in differences(f"{path}.{i}", x, y)]
    names = [name for name in dir(a) if not name.startswith("_")]
    values = [(n, getattr(a, n), getattr(b, n)) for n in names]
    if hasattr(a, "value"):  # an enumeration
        return [] if a == b else [f"{path}: {a} {b}"]
    return [d for n, x, y in values if not callable(x) for d in differences(f"{path}.{n}", x, y)]


@pytest.mark.parametrize("name", sf.robot_names())
def test_an_exported_robot_is_read_back_whole(name: str) -> None:
    robot = sf.load_robot(name)
    setup = robot_setup(robot)
    text = export_robot(robot)
    again = cpp.parse_robot(text)
    assert differences(name, setup, again) == []
    assert cpp.write_robot(again) == text
    levels = robot.config.safety.tilt_deg
    assert f"control.safety.tilt_deg {len(levels)}\n" in text


@pytest.mark.parametrize(
    "line", ["control.nmpc.horizon", "description.joints.3.body.mass", "stack.base_kp"]
)
def test_a_missing_or_wrong_line_is_named(line: str) -> None:
    text = export_robot(sf.load_robot("go2"))
    lines = text.splitlines(keepends=True)
    without = "".join(item for item in lines if not item.startswith(line + " "))
    assert without != text
    with pytest.raises(RuntimeError, match=line):
        cpp.parse_robot(without)
    with pytest.raises(RuntimeError, match=line):
        cpp.parse_robot(without + f"{line} waltz\n")
