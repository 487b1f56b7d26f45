"""Metrics on data whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

from surefoot.data import InputError
from surefoot.sim import metrics

DT = 0.002


def straight_walk(n: int, yaw: float, roll: float = 0.0, pitch: float = 0.0) -> tuple:
    """Walks at heading velocity (0.5, 0.1) and turns at 0.2 rad/s, at constant roll and pitch."""
    q, v = np.zeros((n, 7)), np.zeros((n, 6))
    for i in range(n):
        heading = yaw + 0.2 * i * DT
        rotation = pin.rpy.rpyToMatrix(roll, pitch, heading)
        world = pin.rpy.rpyToMatrix(0.0, 0.0, heading) @ [0.5, 0.1, 0.0]
        q[i, 3:7] = pin.Quaternion(rotation).coeffs()
        q[i, :3] = world * i * DT
        v[i, :3] = rotation.T @ world
        v[i, 3:6] = rotation.T @ [0.0, 0.0, 0.2]
    return q, v


def test_heading_velocity_and_angles() -> None:
    q, v = straight_walk(2000, yaw=3.0, roll=0.1, pitch=-0.2)
    np.testing.assert_allclose(metrics.heading_velocity(q, v), [[0.5, 0.1, 0.2]] * 2000)
    angles = metrics.roll_pitch_yaw(q)
    np.testing.assert_allclose(angles[:, 0], 0.1)
    np.testing.assert_allclose(angles[:, 1], -0.2)
    np.testing.assert_allclose(angles[:, 2], 3.0 + 0.2 * DT * np.arange(2000))  # past pi
    assert metrics.rms_deg(angles[:, 0]) == pytest.approx(np.rad2deg(0.1))


def test_tracking_figures() -> None:
    ticks = 250
    phase = 2 * np.pi * np.arange(5 * ticks) / ticks
    command = np.tile([0.5, 0.0, 0.0], (5 * ticks, 1))
    velocity = command + np.stack([0.1 * np.sin(phase) + 0.03, 0 * phase, -0.2 + 0 * phase], 1)
    np.testing.assert_allclose(metrics.bias(velocity, command), [0.03, 0.0, -0.2], atol=1e-12)
    expected = [np.sqrt(0.1**2 / 2 + 0.03**2), 0.0, 0.2]
    np.testing.assert_allclose(metrics.rmse(velocity, command), expected, atol=1e-12)
    # over whole strides the sway averages out and the offset remains
    np.testing.assert_allclose(
        metrics.rmse_stride(velocity, command, ticks), [0.03, 0.0, 0.2], atol=1e-12
    )
    with pytest.raises(InputError, match="walk longer"):
        metrics.rmse_stride(velocity[:100], command[:100], ticks)


def test_stride_mean_is_centred() -> None:
    ramp = np.arange(100.0)[:, None]
    smooth = metrics.stride_mean(ramp, 11)
    np.testing.assert_allclose(smooth[:, 0], ramp[5:95, 0])
    assert metrics.rmse_stride(ramp, ramp, 11) == pytest.approx(0.0, abs=1e-10)


def test_slip_counts_only_feet_in_contact_and_no_vertical_motion() -> None:
    velocity = np.zeros((4, 2, 3))
    velocity[:, 0] = [0.3, 0.4, 9.0]
    velocity[:, 1] = [5.0, 0.0, 0.0]
    flags = np.array([[True, False]] * 4)
    assert metrics.slip(velocity, flags) == pytest.approx(0.5)
    assert metrics.slip(velocity, np.zeros((4, 2), dtype=bool)) == 0.0


def test_swing_height() -> None:
    n = 1000
    flags = np.ones((n, 1), dtype=bool)
    positions = np.zeros((n, 1, 3))
    positions[:, 0, 2] = 0.02
    for begin, peak in ((100, 0.06), (400, 0.05), (700, 0.07)):
        flags[begin : begin + 100] = False
        positions[begin : begin + 100, 0, 2] += peak * np.sin(np.linspace(0, np.pi, 101))[:-1]
    flags[950] = False  # one tick without contact is no step
    assert metrics.swing_height(positions, flags, DT) == pytest.approx(0.06, abs=1e-4)
    assert metrics.swing_height(positions, np.ones_like(flags), DT) is None


def test_cost_of_transport() -> None:
    torque = np.tile([2.0, -3.0], (500, 1))
    velocity = np.tile([1.0, 1.0], (500, 1))  # 2 W and -3 W: 5 W for 1 s
    cost = metrics.cost_of_transport(torque, velocity, DT, mass=10.0, path=0.5)
    assert cost == pytest.approx(5.0 / (10.0 * 9.81 * 0.5))
    assert metrics.cost_of_transport(torque, velocity, DT, mass=10.0, path=0.01) is None


def test_distance_ignores_sway() -> None:
    n, ticks = 2501, 250
    q = np.zeros((n, 7))
    q[:, 0] = np.linspace(0.0, 2.0, n)
    q[:, 1] = 0.02 * np.sin(2 * np.pi * np.arange(n) / ticks)
    assert metrics.distance(q, ticks) == pytest.approx(2.0)


def test_torque_saturation_is_of_the_worst_joint() -> None:
    torque = np.zeros((100, 3))
    torque[:5, 1] = 20.0
    torque[:2, 2] = -30.0
    limit = np.array([20.0, 20.0, 30.0])
    assert metrics.torque_saturation(torque, limit) == pytest.approx(0.05)


def test_estimator_errors() -> None:
    q, v = straight_walk(2000, yaw=0.3)
    exact = metrics.estimator_errors(q, v, q, v, 250)
    assert exact["velocity_rmse"] == 0.0
    assert exact["xy_drift_percent"] == pytest.approx(0.0, abs=1e-9)
    # an estimator that starts elsewhere with another heading does not drift by that
    turn = pin.rpy.rpyToMatrix(0.0, 0.0, 0.7)
    moved = q.copy()
    for i in range(len(q)):
        moved[i, :3] = turn @ q[i, :3] + [1.0, 2.0, 0.01]
        rotation = turn @ pin.Quaternion(q[i, 3:7]).matrix()
        moved[i, 3:7] = pin.Quaternion(rotation).coeffs()
    wrong = v.copy()
    wrong[:, :3] += [0.03, 0.0, 0.04]
    errors = metrics.estimator_errors(q, v, moved, wrong, 250)
    assert errors["velocity_rmse"] == pytest.approx(0.05)
    assert errors["z_error"] == pytest.approx(0.01)
    assert errors["xy_drift_percent"] == pytest.approx(0.0, abs=1e-6)
    assert errors["roll_rms_deg"] == pytest.approx(0.0, abs=1e-6)


def test_drift_is_per_distance() -> None:
    q, v = np.zeros((1000, 7)), np.zeros((1000, 6))
    q[:, 6] = 1.0
    q[:, 0] = np.linspace(0.0, 4.0, 1000)
    short = q.copy()
    short[:, 0] *= 0.99
    errors = metrics.estimator_errors(q, v, short, v, 111)
    assert errors["xy_drift_percent"] == pytest.approx(1.0)
    still = np.tile(q[:1], (1000, 1))
    assert metrics.estimator_errors(still, v, still, v, 111)["xy_drift_percent"] is None


def test_distribution_skips_what_is_missing() -> None:
    values = np.concatenate([np.arange(1.0, 102.0), [np.nan] * 50])
    figures = metrics.distribution(values)
    assert figures is not None
    assert (figures["median"], figures["p99"], figures["max"]) == (51.0, 100.0, 101.0)
    assert metrics.distribution(np.full(3, np.nan)) is None
