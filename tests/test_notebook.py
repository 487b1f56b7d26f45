"""The notebook in ``examples/``: its code cells run one after another, without Jupyter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from surefoot.viz import Viewer

NOTEBOOK = Path(__file__).parents[1] / "examples" / "walk.ipynb"


def test_code_cells_run_and_the_robot_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Viewer, "wait_for_page", lambda *_: False)  # nobody opens one here
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    figures = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        assert cell["outputs"] == []  # kept without output
        lines = "".join(cell["source"]).splitlines()
        code = "\n".join(line for line in lines if not line.startswith("%"))
        exec(compile(code, str(NOTEBOOK), "exec"), names)
        last = code.splitlines()[-1]
        if last.startswith("plots."):
            figures.append(eval(last, names))
    assert names["result"].metrics["survived"]
    assert abs(names["result"].metrics["bias_vx"]) < 0.1
    assert not names["viewer"].connected
    assert [type(figure) for figure in figures] == [Figure, Figure]
