"""What commands have in common: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from surefoot.data import InputError


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the figures that a command prints: a run as an object, a table as ``{"rows": [..]}``.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        path.write_text(json.dumps(figures, indent=2, default=_plain) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError("--json", f"cannot write {path}: {error.strerror}") from None


def print_table(table: Table) -> None:
    """Print it as wide as it needs: a line may wrap in a terminal, but no figure is cut."""
    console = Console()
    wanted = Measurement.get(console, console.options.update(max_width=_WIDEST), table).maximum
    console.width = max(console.width, wanted)
    console.print(table)


_WIDEST = 400  # characters

# Rows of the table of a walk: label, key (dotted for a nested figure), unit.
_WALK_ROWS = (
    ("tracking", "", ""),
    ("vx, error over strides (rms)", "rmse_stride_vx", "m/s"),
    ("vx, bias", "bias_vx", "m/s"),
    ("yaw rate, bias", "bias_yaw_rate", "rad/s"),
    ("posture", "", ""),
    ("roll (rms)", "roll_rms_deg", "deg"),
    ("pitch (rms)", "pitch_rms_deg", "deg"),
    ("base height (std)", "height_std", "m"),
    ("feet", "", ""),
    ("slip", "slip", "m/s"),
    ("swing height", "swing_height", "m"),
    ("effort", "", ""),
    ("cost of transport", "cost_of_transport", ""),
    ("torque at its limit", "torque_saturation", "of the time"),
    ("estimator against the truth", "", ""),
    ("velocity (rms)", "estimator.velocity_rmse", "m/s"),
    ("roll (rms)", "estimator.roll_rms_deg", "deg"),
    ("pitch (rms)", "estimator.pitch_rms_deg", "deg"),
    ("horizontal drift", "estimator.xy_drift_percent", "% of the way"),
    ("height (rms)", "estimator.z_error", "m"),
    ("time: ticks by the clock, solves of their thread", "", ""),
    ("control tick: median / p99 / max", "step_us", "us"),
    ("NMPC solve: median / p99 / max", "nmpc_ms", "ms"),
    ("real-time factor", "real_time_factor", ""),
)


def walk_table(figures: Mapping[str, Any]) -> Table:
    """The figures of a walk (keys of ``surefoot walk --json``) as a table for people."""
    command = figures["command"]
    title = (
        f"{figures['robot']}, {figures['gait']}, vx {command['vx']:g} m/s, vy {command['vy']:g} "
        f"m/s, yaw rate {command['yaw_rate']:g} rad/s, {figures['duration_s']:.1f} s"
    )
    table = Table(title=title, show_header=False, title_style="bold", title_justify="left")
    for column in ("left", "right", "left"):
        table.add_column(justify=column)
    for label, key, unit in _WALK_ROWS:
        if not key:
            table.add_row(f"[bold]{label}[/bold]", "", "")
            continue
        value: Any = figures
        for part in key.split("."):
            value = None if value is None else value.get(part)
        table.add_row(f"  {label}", _text(value), unit)
    return table


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return " / ".join(_text(value.get(name)) for name in ("median", "p99", "max"))
    return f"{value:.4g}"


def _plain(value: Any) -> Any:
    """NumPy arrays and numbers as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
