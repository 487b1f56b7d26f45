"""What the viewer costs the control loop, and how fluently its page draws.

    python benchmarks/viewer.py [--robot go2] [--duration 24] [--json FILE]

The robot trots in real time. Every 3 s the viewer is switched on or off, with its page open in
headless Chromium on this computer (which draws in software and so takes a core for itself); the
loop's thread CPU time per tick is compared side by side in one run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import Chromium  # noqa: E402

import surefoot as sf  # noqa: E402
from surefoot.viz import RunView, Viewer  # noqa: E402

SEGMENT = 3.0  # s
WALKING = 3.0  # s after which the robot trots and the page has chosen its quality


class Meter:
    """Callback of a run: paces it, shows every other segment, and measures."""

    def __init__(self, view: RunView, browser: Chromium) -> None:
        self.costs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        self.rates: list[float] = []
        self._view, self._browser = view, browser
        self._begin: float | None = None
        self._segment = 0

    def __call__(self, tick: Any) -> None:
        if self._begin is None:
            self._begin = time.monotonic() - tick.simulation.time
        segment, shown = int(tick.time / SEGMENT), int(tick.time / SEGMENT) % 2 == 0
        if segment != self._segment:
            if self._segment % 2 == 0 and tick.time > WALKING:
                self.rates.append(float(self._browser.evaluate("surefoot.rate")))
                self._begin = time.monotonic() - tick.simulation.time
            self._segment = segment
        begin = time.thread_time_ns()
        if shown:
            self._view(tick)
        spent = 1e-3 * (time.thread_time_ns() - begin)
        if tick.time > WALKING:
            self.costs[shown].append((tick.controller.timings.step_us, spent))
        ahead = tick.simulation.time - (time.monotonic() - self._begin)
        if ahead > 2e-3:
            time.sleep(ahead)


def measure(name: str, duration: float) -> dict[str, Any]:
    """One row of figures."""
    robot = sf.load_robot(name)
    browser = Chromium(800, 500)
    try:
        with Viewer(robot) as viewer:
            browser.open(viewer.url)
            browser.wait_for("window.surefoot !== undefined", timeout=90.0)
            meter = Meter(RunView(viewer, speed=0.0), browser)
            sf.sim.run_walk(
                robot,
                sf.Controller(robot),
                sf.sim.Simulation(robot),
                command=sf.VelocityCommand(vx=0.5),
                gait="trot",
                duration=duration,
                seed=0,
                on_tick=meter,
            )
    finally:
        browser.close()
    row: dict[str, Any] = {"robot": name, "frames_per_s": float(np.median(meter.rates))}
    for key, shown in (("with_viewer", True), ("without_viewer", False)):
        step, view = np.array(meter.costs[shown]).T
        row[key] = {
            "step_us": _spread(step),
            "viewer_us": _spread(view),
            "tick_us_mean": float(np.mean(step + view)),
        }
    row["step_ratio"] = (
        row["with_viewer"]["step_us"]["median"] / (row["without_viewer"]["step_us"]["median"])
    )
    row["tick_ratio"] = row["with_viewer"]["tick_us_mean"] / row["without_viewer"]["tick_us_mean"]
    return row


def _spread(values: Any) -> dict[str, float]:
    return {
        "min": float(np.min(values)),
        "median": float(np.median(values)),
        "p99": float(np.percentile(values, 99)),
    }


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--robot", default="go2")
    parser.add_argument("--duration", type=float, default=24.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    row = measure(options.robot, options.duration)
    table = Table("", "step, median us", "step, p99 us", "viewer, median us", "tick, mean us")
    for key in ("without_viewer", "with_viewer"):
        part = row[key]
        table.add_row(
            key.replace("_", " "),
            f"{part['step_us']['median']:.1f}",
            f"{part['step_us']['p99']:.1f}",
            f"{part['viewer_us']['median']:.1f}",
            f"{part['tick_us_mean']:.1f}",
        )
    console = Console()
    console.print(table)
    console.print(
        f"step with / without: {row['step_ratio']:.3f}; whole tick: {row['tick_ratio']:.3f}; "
        f"page: {row['frames_per_s']:.1f} pictures a second"
    )
    if options.json is not None:
        options.json.write_text(json.dumps({"rows": [row]}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
