"""The invariant filter's mathematics: against plain formulas, differences and the Cassie log."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

from surefoot._cpp.estimation import ImuState, InvariantKernel, ProcessNoise

GRAVITY = np.array([0.0, 0.0, -9.81])
SURFACE = [False, True, False]  # contact kinds of the kernel under test
ROTATION, VELOCITY, POSITION, GYRO_BIAS, ACCELEROMETER_BIAS, FEET = 0, 3, 6, 9, 12, (15, 18, 24)
SIZE = 27


def _kernel(rng: np.random.Generator) -> InvariantKernel:
    kernel = InvariantKernel(SURFACE)
    state = ImuState()
    state.rotation = pin.exp3(rng.normal(size=3))
    state.velocity, state.position = rng.normal(size=3), 3.0 * rng.normal(size=3)
    state.gyro_bias, state.accelerometer_bias = 0.1 * rng.normal(size=3), rng.normal(size=3)
    kernel.imu = state
    root = rng.normal(size=(SIZE, SIZE))
    kernel.covariance = root @ root.T / SIZE
    for i in range(3):
        kernel.place(i, rng.normal(size=3), _noise(rng), pin.exp3(rng.normal(size=3)), _noise(rng))
    return kernel


def _noise(rng: np.random.Generator, scale: float = 0.1) -> np.ndarray:
    root = scale * rng.normal(size=(3, 3))
    return root @ root.T + 1e-4 * np.eye(3)


def _left_jacobian(phi: np.ndarray) -> np.ndarray:
    x, total, power = pin.skew(phi), np.zeros((3, 3)), np.eye(3)
    for k in range(1, 20):
        total += power
        power = power @ x / (k + 1)
    return total


def _retract(values: dict[str, np.ndarray], error: np.ndarray) -> dict[str, np.ndarray]:
    """True state for an estimate and an error, as `InvariantKernel` documents it."""
    phi = error[:3]
    turn, jacobian = pin.exp3(phi), _left_jacobian(phi)
    out = {"R": turn @ values["R"]}
    for name, index in (("v", VELOCITY), ("p", POSITION)):
        out[name] = turn @ values[name] + jacobian @ error[index : index + 3]
    out["d"] = np.array(
        [turn @ d + jacobian @ error[i : i + 3] for d, i in zip(values["d"], FEET, strict=True)]
    )
    out["bg"] = values["bg"] + error[GYRO_BIAS : GYRO_BIAS + 3]
    out["ba"] = values["ba"] + error[ACCELEROMETER_BIAS : ACCELEROMETER_BIAS + 3]
    return out


def _lift(true: dict[str, np.ndarray], values: dict[str, np.ndarray]) -> np.ndarray:
    error = np.zeros(SIZE)
    turn = true["R"] @ values["R"].T
    error[:3] = pin.log3(turn)
    inverse = np.linalg.inv(_left_jacobian(error[:3]))
    for name, index in (("v", VELOCITY), ("p", POSITION)):
        error[index : index + 3] = inverse @ (true[name] - turn @ values[name])
    for i, index in enumerate(FEET):
        error[index : index + 3] = inverse @ (true["d"][i] - turn @ values["d"][i])
    error[GYRO_BIAS : GYRO_BIAS + 3] = true["bg"] - values["bg"]
    error[ACCELEROMETER_BIAS : ACCELEROMETER_BIAS + 3] = true["ba"] - values["ba"]
    return error


def _values(kernel: InvariantKernel) -> dict[str, np.ndarray]:
    imu = kernel.imu
    return {
        "R": imu.rotation,
        "v": imu.velocity,
        "p": imu.position,
        "d": kernel.contact_positions.reshape(-1, 3),
        "bg": imu.gyro_bias,
        "ba": imu.accelerometer_bias,
    }


def _integrate(
    values: dict[str, np.ndarray], gyro: np.ndarray, force: np.ndarray, dt: float
) -> dict[str, np.ndarray]:
    """Strapdown integration in many small steps."""
    out, steps = dict(values), 400
    h = dt / steps
    for _ in range(steps):
        mid = out["R"] @ pin.exp3((gyro - out["bg"]) * h / 2)
        acceleration = mid @ (force - out["ba"]) + GRAVITY
        out["p"] = out["p"] + h * out["v"] + h * h / 2 * acceleration
        out["v"] = out["v"] + h * acceleration
        out["R"] = out["R"] @ pin.exp3((gyro - out["bg"]) * h)
    return out


def test_transition_equals_finite_differences_of_the_strapdown_integral() -> None:
    rng = np.random.default_rng(1)
    kernel = _kernel(rng)
    before, dt = _values(kernel), 0.005
    gyro, force = rng.normal(size=3), 10.0 * rng.normal(size=3)
    covariance = kernel.covariance
    kernel.predict(gyro, force, dt, ProcessNoise(), *np.zeros((3, 3)), True)
    after = _values(kernel)
    exact = _integrate(before, gyro, force, dt)
    for name in before:
        np.testing.assert_allclose(after[name], exact[name], atol=1e-8)
    transition = np.eye(SIZE)
    step = 1e-5
    for k in range(SIZE):
        if 21 <= k < 24:  # the surface contact's own rotation stays
            continue
        e = np.zeros(SIZE)
        e[k] = step
        ahead = _lift(_integrate(_retract(before, e), gyro, force, dt), exact)
        behind = _lift(_integrate(_retract(before, -e), gyro, force, dt), exact)
        transition[:, k] = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(kernel.covariance, transition @ covariance @ transition.T, atol=2e-6)


def test_process_noise_equals_the_adjoint_formula() -> None:
    rng = np.random.default_rng(2)
    kernel = _kernel(rng)
    kernel.covariance = np.zeros((SIZE, SIZE))
    noise = ProcessNoise()
    noise.gyro, noise.accelerometer, noise.gyro_bias, noise.accelerometer_bias = 0.1, 0.2, 0.3, 0.4
    contact, turn = np.array([0.5, 0.6, 0.7]), np.array([np.nan, 0.8, np.nan])
    twist = np.array([np.nan, 0.3, np.nan])
    values, dt = _values(kernel), 1e-9
    kernel.predict(rng.normal(size=3), rng.normal(size=3), dt, noise, contact, turn, twist, True)
    adjoint, density = np.eye(SIZE), np.zeros(SIZE)
    for vector, index in ((values["v"], VELOCITY), (values["p"], POSITION)):
        adjoint[index : index + 3, :3] = pin.skew(vector)
    for d, index in zip(values["d"], FEET, strict=True):
        adjoint[index : index + 3, :3] = pin.skew(d)
    density[:3], density[3:6], density[9:12], density[12:15] = 0.01, 0.04, 0.09, 0.16
    density[15:18], density[18:21], density[21:24], density[24:27] = 0.25, 0.36, 0.64, 0.49
    expected = adjoint @ np.diag(density) @ adjoint.T
    normal = kernel.contact_rotation(1)[:, 2]  # a sole twists less than it rocks
    expected[21:24, 21:24] += (0.09 - 0.64) * np.outer(normal, normal)
    np.testing.assert_allclose(kernel.covariance / dt, expected, atol=1e-7)


def _check_update(kernel: InvariantKernel, covariance, jacobian, residual, noise) -> None:  # type: ignore[no-untyped-def]
    s = jacobian @ covariance @ jacobian.T + noise
    gain = covariance @ jacobian.T @ np.linalg.inv(s)
    np.testing.assert_allclose(kernel.correction, gain @ residual, atol=1e-9)
    left = np.eye(SIZE) - gain @ jacobian
    joseph = left @ covariance @ left.T + gain @ noise @ gain.T
    np.testing.assert_allclose(kernel.covariance, joseph, atol=1e-9)


@pytest.mark.parametrize("contact", [0, 1])
def test_position_update_has_the_jacobian_of_its_residual(contact: int) -> None:
    rng = np.random.default_rng(3)
    kernel = _kernel(rng)
    values, covariance = _values(kernel), kernel.covariance
    measured, noise = rng.normal(size=3), _noise(rng)

    def predicted(x: dict[str, np.ndarray]) -> np.ndarray:  # in the world, at the estimate
        return values["R"] @ (measured - x["R"].T @ (x["d"][contact] - x["p"]))

    # The residual's dependence on the attitude alone is one of the estimate's own frame: at an
    # estimate that agrees with the measurement it vanishes, as the invariant filter claims.
    measured = values["R"].T @ (values["d"][contact] - values["p"])
    jacobian = -_differences(predicted, values)
    kernel.begin()
    assert kernel.correct_position(contact, measured, noise, np.inf)
    np.testing.assert_allclose(jacobian[:, :3], 0.0, atol=1e-8)
    world = values["R"] @ noise @ values["R"].T
    _check_update(kernel, covariance, jacobian, np.zeros(3), world)


def _differences(function, values, step: float = 1e-6) -> np.ndarray:  # type: ignore[no-untyped-def]
    columns = []
    for k in range(SIZE):
        e = np.zeros(SIZE)
        e[k] = step
        columns.append(
            (function(_retract(values, e)) - function(_retract(values, -e))) / (2 * step)
        )
    return np.array(columns).T


def test_velocity_update_has_the_jacobian_of_its_residual() -> None:
    rng = np.random.default_rng(4)
    kernel = _kernel(rng)
    values, covariance = _values(kernel), kernel.covariance
    position, gyro, noise = rng.normal(size=3), rng.normal(size=3), _noise(rng)
    # Standing: the leg moves so that the point rests in the world.
    velocity = -values["R"].T @ values["v"] - np.cross(gyro - values["bg"], position)

    def point(x: dict[str, np.ndarray]) -> np.ndarray:
        return x["v"] + x["R"] @ (np.cross(gyro - x["bg"], position) + velocity)

    kernel.begin()
    assert kernel.correct_velocity(position, velocity, gyro, np.zeros(3), noise, np.inf)
    world = values["R"] @ noise @ values["R"].T
    _check_update(kernel, covariance, _differences(point, values), np.zeros(3), world)


def test_height_update_has_the_jacobian_of_its_residual() -> None:
    rng = np.random.default_rng(5)
    kernel = _kernel(rng)
    values, covariance = _values(kernel), kernel.covariance
    kernel.begin()
    assert kernel.correct_height(2, 0.3, 0.01, np.inf)
    jacobian = _differences(lambda x: x["d"][2][2:], values)
    _check_update(kernel, covariance, jacobian, 0.3 - values["d"][2][2:], 0.01 * np.eye(1))


def test_stacked_updates_equal_one_big_update() -> None:
    rng = np.random.default_rng(6)
    kernel = _kernel(rng)
    values, covariance = _values(kernel), kernel.covariance
    rows, residuals, noises = [], [], []
    kernel.begin()
    for i in (0, 2):
        measured, noise = rng.normal(size=3), _noise(rng)
        kernel.correct_position(i, measured, noise, np.inf)
        row = np.zeros((3, SIZE))
        row[:, POSITION : POSITION + 3], row[:, FEET[i] : FEET[i] + 3] = -np.eye(3), np.eye(3)
        rows.append(row)
        residuals.append(values["R"] @ measured - (values["d"][i] - values["p"]))
        noises.append(values["R"] @ noise @ values["R"].T)
    block = np.zeros((6, 6))
    block[:3, :3], block[3:, 3:] = noises
    _check_update(kernel, covariance, np.vstack(rows), np.concatenate(residuals), block)
    correction = kernel.correction
    kernel.finish()
    expected, result = _retract(values, correction), _values(kernel)
    for name in expected:
        np.testing.assert_allclose(result[name], expected[name], atol=1e-9)


def test_surface_contact_fixes_the_attitude_where_a_point_contact_does_not() -> None:
    turn = pin.exp3(np.array([0.0, 0.0, 0.1]))  # the body turns over its foot, unseen by the gyro
    yaw = {}
    for surface in (True, False):
        kernel = InvariantKernel([surface])
        size = 21 if surface else 18
        kernel.covariance = 1e-6 * np.eye(size)
        exact = 1e-8 * np.eye(3)
        kernel.place(0, np.array([0, 0, -1.0]), exact, np.eye(3), exact)
        noise = ProcessNoise()
        noise.gyro = 1.0
        kernel.predict(np.zeros(3), -GRAVITY, 1.0, noise, *np.zeros((3, 1)), True)
        kernel.begin()
        kernel.correct_position(0, np.array([0, 0, -1.0]), exact, np.inf)
        if surface:
            kernel.correct_rotation(0, turn.T, exact, np.inf)
        kernel.finish()
        yaw[surface] = pin.log3(kernel.imu.rotation)[2]
    assert abs(yaw[True] - 0.1) < 1e-3
    assert abs(yaw[False]) < 1e-9
