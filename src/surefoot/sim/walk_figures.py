"""The figures of a walk: what `run_walk` and ``surefoot walk --json`` give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surefoot.data import VelocityCommand
from surefoot.robots import RobotModel
from surefoot.sim import metrics
from surefoot.sim.log import Log

if TYPE_CHECKING:
    from surefoot.sim.scenario import Run

COMMAND_TIME = 1.0  # s after standing, when the command comes
SETTLE_TIME = 2.0  # s after the command, when the metrics begin


def walk_metrics(
    robot: RobotModel,
    result: Run,
    *,
    gait: str,
    seed: int,
    command: VelocityCommand,
    begin: float = COMMAND_TIME + SETTLE_TIME,
) -> dict[str, Any]:
    """Figures of a walk under the keys of ``surefoot walk --json``.

    Parameters
    ----------
    robot
        The robot.
    result
        Of `run`.
    gait, seed, command
        For the record; the log's command is what velocities are compared with.
    begin
        s after the robot stood at which the window begins. Figures of a run that ended before one
        gait period of it are None.
    """
    log = result.log
    period = float(log.info["period"])
    ticks = max(1, round(robot.config.gaits[gait].period / period))
    walked = log.window(0.0)
    figures: dict[str, Any] = {
        "robot": robot.name,
        "gait": gait,
        "seed": seed,
        "command": {"vx": command.vx, "vy": command.vy, "yaw_rate": command.yaw_rate},
        "survived": result.stood and result.fall is None,
        "fall": None
        if result.fall is None
        else {"time_s": result.fall.time, "reason": result.fall.reason},
        "duration_s": float(len(walked) * period),
    }
    window = log.window(begin)
    figures.update(_window_figures(robot, window, ticks, period) if len(window) >= ticks else _NONE)
    cost = walked.step_us
    figures["step_us"] = metrics.distribution(cost)
    figures["nmpc_ms"] = metrics.distribution(walked.nmpc_ms)
    total = float(cost.sum()) * 1e-6
    figures["real_time_factor"] = len(walked) * period / total if total > 0.0 else None
    return figures


_NONE: dict[str, Any] = dict.fromkeys(
    (
        "rmse_vx",
        "rmse_vy",
        "rmse_yaw_rate",
        "rmse_stride_vx",
        "rmse_stride_vy",
        "rmse_stride_yaw_rate",
        "bias_vx",
        "bias_vy",
        "bias_yaw_rate",
        "height_std",
        "roll_rms_deg",
        "pitch_rms_deg",
        "slip",
        "swing_height",
        "cost_of_transport",
        "torque_saturation",
        "estimator",
    )
)


def _window_figures(robot: RobotModel, log: Log, ticks: int, period: float) -> dict[str, Any]:
    velocity = metrics.heading_velocity(log.q, log.v)
    figures: dict[str, Any] = {}
    for name, values in (
        ("rmse", metrics.rmse(velocity, log.command)),
        ("rmse_stride", metrics.rmse_stride(velocity, log.command, ticks)),
        ("bias", metrics.bias(velocity, log.command)),
    ):
        for axis, value in zip(("vx", "vy", "yaw_rate"), values, strict=True):
            figures[f"{name}_{axis}"] = float(value)
    angles = metrics.roll_pitch_yaw(log.q)
    path = metrics.distance(log.q, ticks)
    figures["height_std"] = float(np.std(log.q[:, 2]))
    figures["roll_rms_deg"] = metrics.rms_deg(angles[:, 0])
    figures["pitch_rms_deg"] = metrics.rms_deg(angles[:, 1])
    figures["slip"] = metrics.slip(log.contact_velocities, log.contact_flags)
    figures["swing_height"] = metrics.swing_height(log.contact_positions, log.contact_flags, period)
    figures["cost_of_transport"] = metrics.cost_of_transport(
        log.joint_torque, log.v[:, 6:], period, robot.mass, path
    )
    figures["torque_saturation"] = metrics.torque_saturation(log.joint_torque, robot.effort_limit)
    figures["estimator"] = metrics.estimator_errors(
        log.q, log.v, log.q_estimated, log.v_estimated, ticks
    )
    return figures
