"""The report of a run: one page with its figures, to read and to pass on."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from surefoot.robots import RobotModel
from surefoot.viz.plots import FIGURES

if TYPE_CHECKING:
    from surefoot.sim.log import Log

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 24px auto; }}
svg {{ width: 100%; height: auto; }}
td {{ padding: 1px 14px 1px 0; }} td:first-child {{ color: #5a6674; }}
</style></head><body><h1>{title}</h1><table>{facts}</table>{figures}</body></html>
"""


def write_report(robot: RobotModel, log: Log, folder: Path) -> Path:
    """Write ``report.html`` beside the figures that `surefoot.viz.plots.save_figures` wrote there.

    Parameters
    ----------
    robot, log
        What ran, and its log.
    folder
        Holds the figures' SVG files.

    Returns
    -------
    Path
        Of the page; the figures are inside it.
    """
    facts = {"robot": robot.name, "duration": f"{log.time[-1] - log.time[0]:.2f} s"}
    for key, value in log.info.items():
        if isinstance(value, (str, int, float)) and key != "robot":
            facts[key.replace("_", " ")] = str(value)
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, value in facts.items()
    )
    figures = []
    for name in FIGURES:
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
        figures.append(text[text.index("<svg") :])
    path = folder / "report.html"
    title = html.escape(f"{robot.name}: {log.info.get('gait', 'run')}")
    path.write_text(
        _PAGE.format(title=title, facts=rows, figures="".join(figures)), encoding="utf-8"
    )
    return path
