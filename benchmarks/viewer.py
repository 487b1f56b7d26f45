"""What the viewer costs the control loop, and how fluently its page draws.

    python benchmarks/viewer.py [--robot go2] [--duration 24] [--json FILE]

The robot trots in real time. Every 3 s the viewer is switched on or off; ticks with and without it
are compared side by side in one run, by the loop's thread CPU time and by the clock. One run has
its page elsewhere, as on an operator's computer (it takes every frame and draws none). The other
has it in headless Chromium on this computer, which draws in software and so takes a core or more
from everybody: what the clock then says of a loop without real-time priority is the price of the
drawing, not of the viewer.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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

_TAKE_ALL = """
import sys
from websockets.sync.client import connect
with connect(sys.argv[1], max_size=None) as page:
    for message in page:
        pass
"""


class TimedController(sf.Controller):
    """Measures its steps in thread CPU time as well."""

    cpu_us = 0.0

    def step(self, *args: Any) -> sf.JointCommand:
        """One control tick."""
        begin = time.thread_time_ns()
        command = super().step(*args)
        self.cpu_us = 1e-3 * (time.thread_time_ns() - begin)
        return command


class Meter:
    """Callback of a run: paces it, shows every other segment, and measures."""

    def __init__(self, view: RunView, rate: Callable[[], float]) -> None:
        # by whether it was shown: step by the clock, step and viewer in thread CPU time
        self.costs: dict[bool, list[tuple[float, float, float]]] = {True: [], False: []}
        self.rates: list[float] = []
        self._view, self._rate = view, rate
        self._begin: float | None = None
        self._segment = 0

    def __call__(self, tick: Any) -> None:
        if self._begin is None:
            self._begin = time.monotonic() - tick.simulation.time
        segment, shown = int(tick.time / SEGMENT), int(tick.time / SEGMENT) % 2 == 0
        if segment != self._segment:
            if self._segment % 2 == 0 and tick.time > WALKING:
                self.rates.append(self._rate())
                self._begin = time.monotonic() - tick.simulation.time
            self._segment = segment
        begin = time.thread_time_ns()
        if shown:
            self._view(tick)
        spent = 1e-3 * (time.thread_time_ns() - begin)
        if tick.time > WALKING:
            controller = tick.controller
            self.costs[shown].append((controller.timings.step_us, controller.cpu_us, spent))
        ahead = tick.simulation.time - (time.monotonic() - self._begin)
        if ahead > 2e-3:
            time.sleep(ahead)


@contextlib.contextmanager
def page_elsewhere(url: str) -> Iterator[Callable[[], float]]:
    """Takes what a page is sent; its rate is not known."""
    address = url.replace("http", "ws", 1) + "ws"
    process = subprocess.Popen([sys.executable, "-c", _TAKE_ALL, address])
    try:
        yield lambda: np.nan
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def page_here(url: str) -> Iterator[Callable[[], float]]:
    """Draws in headless Chromium; gives the page's pictures per second."""
    browser = Chromium(800, 500)
    try:
        browser.open(url)
        browser.wait_for("window.surefoot !== undefined", timeout=90.0)
        yield lambda: float(browser.evaluate("surefoot.rate"))
    finally:
        browser.close()


def measure(name: str, duration: float, place: str) -> dict[str, Any]:
    """One row of figures, with the page "elsewhere" or "here"."""
    robot = sf.load_robot(name)
    page = page_here if place == "here" else page_elsewhere
    with Viewer(robot) as viewer, page(viewer.url) as rate:
        if not viewer.wait_for_page(30.0):
            raise RuntimeError("the page did not connect")
        meter = Meter(RunView(viewer, speed=0.0), rate)
        sf.sim.run_walk(
            robot,
            TimedController(robot),
            sf.sim.Simulation(robot),
            command=sf.VelocityCommand(vx=0.5),
            gait="trot",
            duration=duration,
            seed=0,
            on_tick=meter,
        )
    row: dict[str, Any] = {"robot": name, "page": place}
    if place == "here":
        row["frames_per_s"] = float(np.median(meter.rates))
    parts = {}
    for key, shown in (("without_viewer", False), ("with_viewer", True)):
        clock, step, view = np.array(meter.costs[shown]).T
        parts[key] = row[key] = {
            "step_us": _spread(step),
            "step_clock_us": _spread(clock),
            "viewer_us": _spread(view),
            "tick_us": _spread(step + view),
        }
    before, after = parts["without_viewer"], parts["with_viewer"]
    row["step_ratio"] = after["step_us"]["mean"] / before["step_us"]["mean"]
    row["step_clock_ratio"] = after["step_clock_us"]["median"] / before["step_clock_us"]["median"]
    row["tick_ratio"] = after["tick_us"]["mean"] / before["tick_us"]["mean"]
    return row


def _spread(values: Any) -> dict[str, float]:
    return {
        "min": float(np.min(values)),
        "median": float(np.median(values)),
        "mean": float(np.mean(values)),
        "p99": float(np.percentile(values, 99)),
    }


def _table(row: dict[str, Any]) -> Table:
    table = Table(title=f"{row['robot']}, page {row['page']}")
    for title in ("us", "median", "mean", "p99", "median", "mean", "p99"):
        table.add_column(title, justify="left" if title == "us" else "right")
    table.add_row("", "without", "viewer", "", "with", "viewer", "")
    for title, key in (
        ("step, CPU time", "step_us"),
        ("step, by the clock", "step_clock_us"),
        ("viewer, CPU time", "viewer_us"),
        ("both, CPU time", "tick_us"),
    ):
        cells = []
        for side in ("without_viewer", "with_viewer"):
            figures = row[side][key]
            cells += [f"{figures[name]:.0f}" for name in ("median", "mean", "p99")]
        table.add_row(title, *cells)
    return table


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--robot", default="go2")
    parser.add_argument("--duration", type=float, default=24.0)
    parser.add_argument("--page", choices=("elsewhere", "here", "both"), default="both")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    console, rows = Console(), []
    for place in ("elsewhere", "here") if options.page == "both" else (options.page,):
        row = measure(options.robot, options.duration, place)
        rows.append(row)
        console.print(_table(row))
        console.print(
            f"with / without: step, mean CPU time {row['step_ratio']:.3f}; step, median by the "
            f"clock {row['step_clock_ratio']:.3f}; step and viewer {row['tick_ratio']:.3f}"
        )
        if "frames_per_s" in row:
            console.print(f"the page draws {row['frames_per_s']:.1f} pictures a second")
    if options.json is not None:
        options.json.write_text(json.dumps({"rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
