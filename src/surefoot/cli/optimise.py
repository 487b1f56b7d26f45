"""Find a jump, a turn or a motion of your own offline, save it, and show it in the browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from surefoot.cli._output import write_json
from surefoot.robots import RobotModel, load_robot


def main(
    robot: Annotated[str, tyro.conf.Positional] = "go2",
    task: str = "jump",
    rise: float | None = None,
    out: Path | None = None,
    json: Path | None = None,
    simulate: bool = False,
    view: bool = False,
    speed: float = 1.0,
    record: Path | None = None,
) -> int:
    """Optimise a motion on the whole dynamics of the robot with IPOPT; takes seconds to minutes.

    Parameters
    ----------
    robot
        Name of a robot that comes with Surefoot, or path of a robot TOML file.
    task
        jump (in place, 0.3 m base rise), turn (in place by 90 degrees, stepping), or path of a
        task TOML file of your own.
    rise
        Base rise in place of the task's, m.
    out
        Trajectory file; <robot>_<task>.npz in this folder if not given.
    json
        Also write the figures to this file.
    simulate
        Also let the whole-body controller track the motion in MuJoCo; exit code 1 if it falls.
    view
        Show the motion in the browser, over and over, until Ctrl-C.
    speed
        Of the view: 0.2 is slow motion.
    record
        Write a page that replays the motion offline, with a time slider, to this HTML file; with
        --simulate what came of it, and the motion as it was to be as the estimate's ghost.
    """
    from surefoot.mpc.trajectory import TrajectoryOptimiser, load_task
    from surefoot.mpc.trajectory.figures import trajectory_figures
    from surefoot.viz.trajectory_replay import record_trajectory

    console = Console(highlight=False, soft_wrap=True)
    model = load_robot(robot)
    wanted = load_task(task)
    if rise is not None:
        wanted = wanted.with_rise(rise)
    optimiser = TrajectoryOptimiser(model, wanted, name=Path(task).stem)
    with console.status(f"{model.name}: {wanted.description} ..."):
        trajectory = optimiser.solve()
    figures = trajectory_figures(model, trajectory)
    console.print(_table(figures))
    path = out or Path(f"{model.name}_{Path(task).stem}.npz")
    trajectory.save(path)
    console.print(f"trajectory: {path}")
    recording = None
    if simulate:
        figures["simulation"], recording = _simulate(model, trajectory)
        console.print(_simulation_table(figures["simulation"]))
    if json is not None:
        write_json(json, figures)
    if record is not None:
        (recording or record_trajectory(model, trajectory)).save(record)
        console.print(f"recording: {record}")
    if view:
        _show(console, model, trajectory, speed)
    return 1 if simulate and figures["simulation"]["fall"] else 0


def _simulate(robot: RobotModel, trajectory: Any) -> tuple[dict[str, Any], Any]:
    from surefoot.sim.track import track_trajectory
    from surefoot.viz import Recording
    from surefoot.viz.trajectory_replay import simulated_frame

    recording = Recording(robot, rate=60.0)

    def on_tick(tick: Any) -> None:
        if recording.wants(tick.time):
            recording.add(simulated_frame(trajectory, tick))

    return track_trajectory(robot, trajectory, on_tick=on_tick), recording


def _simulation_table(figures: dict[str, Any]) -> Table:
    title = "tracked in MuJoCo by the whole-body controller"
    table = Table(title=title, show_header=False, title_style="bold", title_justify="left")
    for column in ("left", "right", "left"):
        table.add_column(justify=column)
    table.add_row("fall", figures["fall"] or "none", "")
    for label, key, unit in (
        ("base rise", "base_rise_m", "m"),
        ("in the air", "flight_s", "s"),
        ("turn of the base", "yaw_deg", "deg"),
        ("largest tilt", "tilt_max_deg", "deg"),
        ("tilt at the end", "end_tilt_deg", "deg"),
        ("away from its place at the end", "end_drift_m", "m"),
        ("torque, of its limit", "torque_share", ""),
    ):
        table.add_row(label, f"{figures[key]:.4g}", unit)
    return table


def _table(figures: dict[str, Any]) -> Table:
    title = f"{figures['robot']}: {figures['description']}"
    table = Table(title=title, show_header=False, title_style="bold", title_justify="left")
    for column in ("left", "right", "left"):
        table.add_column(justify=column)
    for label, key, unit in (
        ("solver", "status", ""),
        ("iterations", "iterations", ""),
        ("CPU time", "solve_s", "s"),
        ("duration", "duration_s", "s"),
        ("base rise", "base_rise_m", "m"),
        ("turn of the base", "yaw_deg", "deg"),
        ("torque, of its limit", "torque_share", ""),
        ("joint velocity, of its limit", "velocity_share", ""),
        ("friction, of its coefficient", "friction_share", ""),
        ("largest normal force", "force_weights", "body weights"),
        ("forces missing at the base", "missing_weights", "body weights"),
    ):
        value = figures[key]
        table.add_row(label, value if isinstance(value, str) else f"{value:.4g}", unit)
    for phase in figures["phases"]:
        table.add_row(f"  {phase['name']}", f"{phase['duration_s']:.3f}", "s")
    return table


def _show(console: Console, robot: RobotModel, trajectory: Any, speed: float) -> None:
    from surefoot.viz import Viewer
    from surefoot.viz.trajectory_replay import PAUSE, trajectory_frame

    with Viewer(robot) as viewer:
        console.print(f"meshcat: {viewer.url}\nopen it in a browser; Ctrl-C here ends the program")
        begin = time.monotonic()
        while True:
            now = (time.monotonic() - begin) * speed % (trajectory.duration + 2.0 * PAUSE) - PAUSE
            viewer.show(trajectory_frame(trajectory, now))
            time.sleep(0.01)
