"""Figures of one run, made from its log. Colours stay apart for colour-blind eyes.

Each function returns a `matplotlib.figure.Figure`; `save_figures` writes all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from surefoot.data import Array, InputError
from surefoot.robots import RobotModel
from surefoot.viz.colors import BLACK, BLUE, CONTACT_COLORS, GREEN, ORANGE, SKY, VERMILION

if TYPE_CHECKING:
    from surefoot.sim.log import Log

_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.0,
    "grid.color": "#e3e7eb",
    "axes.edgecolor": "#9aa4ae",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "surefoot",  # the same figure gives the same file
}


def velocity(robot: RobotModel, log: Log) -> Figure:
    """Command against true and estimated base velocity in the heading frame."""
    from surefoot.sim.metrics import heading_velocity

    true = heading_velocity(log.q, log.v)
    estimated = heading_velocity(log.q_estimated, log.v_estimated)
    figure, axes = _figure(3, "Base velocity in the heading frame")
    labels = ("forward (m/s)", "left (m/s)", "yaw rate (rad/s)")
    for k, (axis, label) in enumerate(zip(axes, labels, strict=True)):
        axis.plot(log.time, true[:, k], color=SKY, lw=2.5, alpha=0.6, label="true")
        axis.plot(log.time, estimated[:, k], color=ORANGE, lw=0.6, label="estimated")
        axis.plot(log.time, _smooth(robot, log, true[:, k]), color=BLUE, label="true, over strides")
        axis.plot(log.time, log.command[:, k], color=BLACK, ls="--", label="command")
        axis.set_ylabel(label)
    _finish(axes, legend=True)
    return figure


def posture(robot: RobotModel, log: Log) -> Figure:
    """Height, roll and pitch of the base."""
    from surefoot.sim.metrics import roll_pitch_yaw

    figure, axes = _figure(3, "Posture of the base")
    rows = [
        ("height (m)", log.q[:, 2], log.q_estimated[:, 2]),
        *(
            (
                f"{name} (deg)",
                np.rad2deg(roll_pitch_yaw(log.q)[:, k]),
                np.rad2deg(roll_pitch_yaw(log.q_estimated)[:, k]),
            )
            for k, name in enumerate(("roll", "pitch"))
        ),
    ]
    for axis, (label, true, estimated) in zip(axes, rows, strict=True):
        axis.plot(log.time, true, color=BLUE, label="true")
        axis.plot(log.time, estimated, color=ORANGE, lw=0.8, label="estimated")
        axis.set_ylabel(label)
    axes[0].plot(log.time, log.planned_base_position[:, 2], color=BLACK, ls="--", label="planned")
    _finish(axes, legend=True)
    return figure


def forces(robot: RobotModel, log: Log) -> Figure:
    """Contact forces with their friction cones."""
    figure, axes = _figure(robot.nc, "Contact forces")
    for k, (axis, contact) in enumerate(zip(axes, robot.contacts, strict=True)):
        normal = log.contact_forces[:, k, 2]
        tangential = np.linalg.norm(log.contact_forces[:, k, :2], axis=1)
        cone = contact.friction * np.maximum(normal, 0.0)
        axis.fill_between(
            log.time, 0.0, cone, color=SKY, alpha=0.35, lw=0, label="friction cone relied on"
        )
        axis.plot(log.time, normal, color=BLUE, lw=0.8, label="normal")
        axis.plot(log.time, tangential, color=VERMILION, lw=0.8, label="tangential")
        planned = log.planned_forces[:, k, 2]
        axis.plot(log.time, planned, color=BLACK, lw=0.8, ls="--", label="normal, planned")
        axis.set_ylabel(f"{contact.name} (N)")
    _finish(axes, legend=True)
    return figure


def torques(robot: RobotModel, log: Log) -> Figure:
    """Joint torques with their limits."""
    columns = 3
    rows = -(-robot.nj // columns)
    figure = Figure(figsize=(10.0, 1.5 * rows + 1.0), layout="constrained")
    figure.suptitle("Joint torques (N m) and their limits", fontweight="bold")
    for k, name in enumerate(robot.joint_names):
        axis = figure.add_subplot(rows, columns, k + 1)
        limit = robot.effort_limit[k]
        axis.plot(log.time, log.joint_torque[:, k], color=BLUE, lw=0.7)
        for sign in (-1.0, 1.0):
            axis.axhline(sign * limit, color=VERMILION, lw=1.0, ls="--")
        axis.set_ylim(-1.15 * limit, 1.15 * limit)
        axis.set_title(name, fontweight="normal", fontsize=8)
        if k + columns >= robot.nj:
            axis.set_xlabel("time since the robot stood (s)")
        else:
            axis.tick_params(labelbottom=False)
    return figure


def gait(robot: RobotModel, log: Log) -> Figure:
    """Gait diagram: which contacts carried force, over which were planned to."""
    figure, axes = _figure(1, "Gait: true contact (bar) and plan (line under it)")
    axis = axes[0]
    for k, name in enumerate(robot.contact_names):
        color, row = CONTACT_COLORS[k % len(CONTACT_COLORS)], robot.nc - 1 - k
        axis.broken_barh(_spans(log.time, log.contact_flags[:, k]), (row - 0.2, 0.5), color=color)
        axis.broken_barh(
            _spans(log.time, log.planned_contacts[:, k]), (row - 0.36, 0.1), color=BLACK
        )
        axis.text(-0.01, row, name, transform=axis.get_yaxis_transform(), ha="right", va="center")
    axis.set_yticks([])
    axis.grid(visible=False, axis="y")
    _finish(axes, legend=False)
    return figure


def estimator(robot: RobotModel, log: Log) -> Figure:
    """Error of the estimate: velocity, roll, pitch, height; with its 3-sigma band if logged."""
    from surefoot.sim.metrics import roll_pitch_yaw

    angle = np.rad2deg(roll_pitch_yaw(log.q_estimated) - roll_pitch_yaw(log.q))
    linear = 1e3 * (log.v_estimated[:, :3] - log.v[:, :3])
    height = 1e3 * (log.q_estimated[:, 2] - log.q[:, 2])
    labels = (*(f"v{axis} (mm/s)" for axis in "xyz"), "roll (deg)", "pitch (deg)", "height (mm)")
    errors = np.column_stack([linear, angle[:, :2], height])
    bands = 3.0 * log.deviation * [1e3, 1e3, 1e3, np.rad2deg(1.0), np.rad2deg(1.0), 1e3]
    figure, axes = _figure(len(labels), "Error of the estimate (estimate - truth, base axes)")
    for axis, label, error, band in zip(axes, labels, errors.T, bands.T, strict=True):
        if np.isfinite(band).any():
            axis.fill_between(log.time, -band, band, color=SKY, alpha=0.35, lw=0, label="3 sigma")
        axis.plot(log.time, error, color=BLUE, lw=0.8, label="error")
        axis.set_ylabel(label)
        # while the filter starts its band is wide; the scale is that of the standing robot
        stood = np.abs([error, band])[:, log.time >= 0.0]
        if np.isfinite(stood).any() and np.nanmax(stood) > 0.0:
            axis.set_ylim(-1.15 * np.nanmax(stood), 1.15 * np.nanmax(stood))
    _finish(axes, legend=bool(np.isfinite(bands).any()))
    return figure


def timing(robot: RobotModel, log: Log) -> Figure:
    """Histogram of the time that control ticks and NMPC solves took."""
    figure = Figure(figsize=(10.0, 3.2), layout="constrained")
    figure.suptitle("Thread CPU time", fontweight="bold")
    for k, (title, values, unit, digits) in enumerate(
        (("control tick", log.step_us, "us", 0), ("NMPC solve", log.nmpc_ms, "ms", 2))
    ):
        axis = figure.add_subplot(1, 2, k + 1)
        values = values[np.isfinite(values)]
        if len(values):
            top = np.percentile(values, 99.9)
            axis.hist(np.minimum(values, top), bins=80, color=BLUE)
            for q, color in ((50.0, GREEN), (99.0, VERMILION)):
                at = float(np.percentile(values, q))
                axis.axvline(at, color=color, label=f"p{q:g}: {at:.{digits}f} {unit}")
            axis.legend()
        axis.set_yscale("log")
        axis.set_xlabel(f"{title} ({unit}), the last bin holds everything beyond p99.9")
        axis.set_ylabel("count")
    return figure


FIGURES: dict[str, Callable[[RobotModel, Log], Figure]] = {
    function.__name__: function
    for function in (velocity, posture, forces, torques, gait, estimator, timing)
}


def make_figures(robot: RobotModel, log: Log) -> Iterator[tuple[str, Figure]]:
    """Every figure of `FIGURES`, one after another, by name.

    Raises
    ------
    InputError
        If the log is of another robot or holds fewer than two ticks.
    """
    if len(log) < 2:
        raise InputError("log", f"holds {len(log)} ticks", "a figure needs at least two")
    if log.joint_torque.shape[1] != robot.nj or log.contact_flags.shape[1] != robot.nc:
        raise InputError("log", f"does not fit the robot '{robot.name}'")
    for name, function in FIGURES.items():
        with style.context(_STYLE):
            yield name, function(robot, log)


def save_figures(robot: RobotModel, log: Log, folder: Path) -> list[Path]:
    """Write every figure as PNG and as SVG.

    Parameters
    ----------
    robot, log
        What ran, and its log.
    folder
        Made if it does not exist.

    Returns
    -------
    list of Path
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, figure in make_figures(robot, log):
        FigureCanvasAgg(figure)
        for suffix in ("png", "svg"):
            path = folder / f"{name}.{suffix}"
            metadata = {"Date": None} if suffix == "svg" else None
            with style.context(_STYLE):
                figure.savefig(path, dpi=120, metadata=metadata)
            paths.append(path)
    return paths


def _figure(rows: int, title: str) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(10.0, 1.6 * rows + 1.2), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    return figure, list(axes)


def _finish(axes: list[Any], legend: bool) -> None:
    axes[-1].set_xlabel("time since the robot stood (s)")
    if legend:
        axes[0].legend(ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8)


def _smooth(robot: RobotModel, log: Log, values: Array) -> Array:
    """Centred moving mean over one gait period; NaN where a half of it is beyond the log."""
    chosen = robot.config.gaits.get(str(log.info.get("gait")))
    period = 0.5 if chosen is None else chosen.period
    ticks = min(max(1, round(period / float(log.info["period"]))), len(values))
    mean = np.full(len(values), np.nan)
    begin = ticks // 2
    inner = np.convolve(values, np.full(ticks, 1.0 / ticks), mode="valid")
    mean[begin : begin + len(inner)] = inner
    return mean


def _spans(time: Array, on: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """(begin, length) of every stretch of true values."""
    edges = np.diff(np.concatenate([[0], on.astype(int), [0]]))
    begin, end = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    last = np.append(time, 2.0 * time[-1] - time[-2])
    return [(float(last[b]), float(last[e] - last[b])) for b, e in zip(begin, end, strict=True)]
