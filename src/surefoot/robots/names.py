"""What the names in a robot file refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import pinocchio as pin


def by_joint(
    table: str, joint_names: Sequence[str], values: Mapping[str, float], problems: list[str]
) -> dict[int, float]:
    """Values by joint index.

    Parameters
    ----------
    table
        Name of the table, for messages.
    joint_names
        Of the robot.
    values
        By joint name, or by pattern (``"*_knee_joint"``); where two match, the later one wins.
    problems
        Collects the keys that match no joint.
    """
    found: dict[int, float] = {}
    for pattern, value in values.items():
        matches = [i for i, name in enumerate(joint_names) if fnmatchcase(name, pattern)]
        if not matches:
            problems.append(f"{table}: no joint '{pattern}'{suggest(pattern, joint_names)}")
        found.update(dict.fromkeys(matches, value))
    return found


def suggest(wrong: str, known: Sequence[str]) -> str:
    """Remedy for an unknown name: the closest known one, or the whole list when it is short."""
    close = get_close_matches(wrong, known, n=1)
    if close:
        return f": did you mean '{close[0]}'?"
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f": use one of {listed}" if known else ": there is none"


def find_frame(model: Any, name: str) -> tuple[int, Any]:
    """Joint (index into the joint names, -1 for the base) and placement of a frame in it.

    Links come before joints of the same name.

    Raises
    ------
    KeyError
        If the description has no such frame.
    """
    for kind in (pin.FrameType.BODY, pin.FrameType.OP_FRAME, None):
        for frame in model.frames:
            if frame.name == name and kind in (None, frame.type) and frame.parentJoint > 0:
                return int(frame.parentJoint) - 2, frame.placement
    raise KeyError(name)


def link_names(model: Any) -> list[str]:
    """Names of the description's links."""
    return [f.name for f in model.frames if f.type == pin.FrameType.BODY and f.parentJoint > 0]
