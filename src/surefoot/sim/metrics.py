"""How well a run went, in the figures that the project has agreed on.

Every function takes plain arrays over the ticks of the window that is judged.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from surefoot.data import Array, InputError

GRAVITY = 9.81
_LEAST_DISTANCE = 0.1  # m, below which figures per distance mean nothing
_LEAST_SWING = 0.05  # s: a shorter loss of contact is no step
_AT_LIMIT = 0.999  # of the effort limit


def roll_pitch_yaw(q: Array) -> Array:
    """(n, 3) roll, pitch and yaw, rad, of configurations (n, nq); yaw is unwrapped."""
    x, y, z, w = q[:, 3], q[:, 4], q[:, 5], q[:, 6]
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0))
    yaw = np.unwrap(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
    return np.stack([roll, pitch, yaw], axis=1)


def heading_velocity(q: Array, v: Array) -> Array:
    """(n, 3) base velocity in the heading frame: forward, left, m/s; yaw rate, rad/s.

    Parameters
    ----------
    q, v
        (n, nq), (n, nv).
    """
    yaw = roll_pitch_yaw(q)[:, 2]
    linear, angular = _to_world(q, v[:, :3]), _to_world(q, v[:, 3:6])
    cos, sin = np.cos(yaw), np.sin(yaw)
    forward = cos * linear[:, 0] + sin * linear[:, 1]
    left = -sin * linear[:, 0] + cos * linear[:, 1]
    return np.stack([forward, left, angular[:, 2]], axis=1)


def rmse(velocity: Array, command: Array) -> Array:
    """(3,) root mean square of velocity - command, both (n, 3)."""
    return np.asarray(np.sqrt(np.mean((velocity - command) ** 2, axis=0)))


def bias(velocity: Array, command: Array) -> Array:
    """(3,) mean of velocity - command."""
    return np.asarray(np.mean(velocity - command, axis=0))


def stride_mean(values: Array, ticks: int) -> Array:
    """Centred moving mean of (n, k) values over `ticks`; (n - ticks + 1, k).

    Raises
    ------
    InputError
        If the window is longer than the values.
    """
    if not 1 <= ticks <= len(values):
        raise InputError("ticks", f"{ticks} is outside [1, {len(values)}]: walk longer")
    total = np.cumsum(np.vstack([np.zeros(values.shape[1]), values]), axis=0)
    return np.asarray((total[ticks:] - total[:-ticks]) / ticks)


def rmse_stride(velocity: Array, command: Array, ticks: int) -> Array:
    """(3,) `rmse` of the velocity's `stride_mean` over `ticks` (one gait period)."""
    smooth = stride_mean(velocity, ticks)
    begin = (ticks - 1) // 2
    return rmse(smooth, command[begin : begin + len(smooth)])


def rms_deg(angle: Array) -> float:
    """Root mean square of angles (n,) in rad, in degrees."""
    return float(np.rad2deg(np.sqrt(np.mean(angle**2))))


def slip(contact_velocities: Array, contact_flags: npt.NDArray[np.bool_]) -> float:
    """Mean horizontal speed, m/s, of the touching points of feet in contact.

    Parameters
    ----------
    contact_velocities
        (n, nc, 3) world.
    contact_flags
        (n, nc).
    """
    if not contact_flags.any():
        return 0.0
    speed = np.linalg.norm(contact_velocities[:, :, :2], axis=2)
    return float(speed[contact_flags].mean())


def swing_height(
    contact_positions: Array, contact_flags: npt.NDArray[np.bool_], period: float
) -> float | None:
    """Median over all steps of how far the foot rose above where it left the ground, m.

    Parameters
    ----------
    contact_positions, contact_flags
        (n, nc, 3) world, (n, nc).
    period
        Of a tick, s.
    """
    peaks = []
    for foot in range(contact_flags.shape[1]):
        height = contact_positions[:, foot, 2]
        edges = np.diff(contact_flags[:, foot].astype(int))
        for begin in np.flatnonzero(edges < 0):
            ends = np.flatnonzero(edges[begin:] > 0)
            if len(ends) and ends[0] * period > _LEAST_SWING:
                peaks.append(height[begin : begin + ends[0] + 1].max() - height[begin])
    return float(np.median(peaks)) if peaks else None


def distance(q: Array, ticks: int) -> float:
    """Length of the base's horizontal path, m, without its sway: sampled every `ticks`."""
    path = q[:: max(1, min(ticks, len(q) - 1)), :2]
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def cost_of_transport(
    torque: Array, joint_velocity: Array, period: float, mass: float, path: float
) -> float | None:
    """Sum over joints of the integral of |torque x velocity|, per weight and distance.

    Parameters
    ----------
    torque, joint_velocity
        (n, nj) N m, rad/s.
    period
        Of a tick, s.
    mass
        kg.
    path
        Distance walked, m; None is returned below 0.1 m.
    """
    if path < _LEAST_DISTANCE:
        return None
    energy = float(np.abs(torque * joint_velocity).sum() * period)
    return energy / (mass * GRAVITY * path)


def torque_saturation(torque: Array, limit: Array) -> float:
    """Fraction of the time that the joint most often at its effort limit spends there."""
    return float((np.abs(torque) >= _AT_LIMIT * limit).mean(axis=0).max())


def estimator_errors(
    q: Array, v: Array, q_estimated: Array, v_estimated: Array, ticks: int
) -> dict[str, float | None]:
    """Errors of an estimate against the truth.

    Parameters
    ----------
    q, v, q_estimated, v_estimated
        (n, nq) and (n, nv).
    ticks
        Of one gait period.

    Returns
    -------
    dict
        ``velocity_rmse`` (m/s, norm of the base velocity's error in base axes), ``roll_rms_deg``,
        ``pitch_rms_deg``, ``xy_drift_percent`` (position error gained over the window per distance
        walked, both paths turned to the same first heading), ``z_error`` (m, root mean square).
    """
    velocity = np.sqrt(np.mean(np.sum((v_estimated[:, :3] - v[:, :3]) ** 2, axis=1)))
    truth, estimate = roll_pitch_yaw(q), roll_pitch_yaw(q_estimated)
    error = estimate - truth
    turn = float(truth[0, 2] - estimate[0, 2])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    gained = rotation @ (q_estimated[-1, :2] - q_estimated[0, :2]) - (q[-1, :2] - q[0, :2])
    path = distance(q, ticks)
    return {
        "velocity_rmse": float(velocity),
        "roll_rms_deg": rms_deg(error[:, 0]),
        "pitch_rms_deg": rms_deg(error[:, 1]),
        "xy_drift_percent": float(100 * np.linalg.norm(gained) / path)
        if path >= _LEAST_DISTANCE
        else None,
        "z_error": float(np.sqrt(np.mean((q_estimated[:, 2] - q[:, 2]) ** 2))),
    }


def distribution(values: Array) -> dict[str, float] | None:
    """Median, p99, p99_9 and maximum of the finite values (n,); None if there are none."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    median, p99, p99_9 = np.percentile(values, [50.0, 99.0, 99.9])
    return {
        "median": float(median),
        "p99": float(p99),
        "p99_9": float(p99_9),
        "max": float(values.max()),
    }


def _to_world(q: Array, vectors: Array) -> Array:
    """Turn (n, 3) vectors from base to world axes."""
    axis, w = q[:, 3:6], q[:, 6:7]
    twice = 2.0 * np.cross(axis, vectors)
    return np.asarray(vectors + w * twice + np.cross(axis, twice))
