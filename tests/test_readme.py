"""The README's code runs as it is written."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_python_code_runs_and_the_robot_walks() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)
    simulation, controller = names["simulation"], names["controller"]
    assert controller.phase == "walk"  # type: ignore[attr-defined]
    assert simulation.q[2] > 0.2  # type: ignore[attr-defined]
    assert simulation.v[0] > 0.2  # type: ignore[attr-defined]
