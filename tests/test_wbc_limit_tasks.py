"""Joint limits that can always still be kept, torque-speed curves, and distances between bodies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from test_wbc_tasks import STEP, random_motion

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.wbc import (
    Stack,
    WbcStatus,
    WholeBodyController,
    collision_avoidance,
    default_stack,
    joint_limits,
    standing_sample,
    tasks,
)


@pytest.mark.parametrize("step", [0.002, 0.01, 0.02])
def test_joints_within_their_bounds_keep_their_limits(step: float) -> None:
    """Whatever is chosen within the bounds, at every tick: never beyond, braking always enough."""
    robot, rng, period = sf.load_robot("go2"), np.random.default_rng(1), 0.002
    task = tasks.JointLimits(braking=60.0, step=step, margin=0.01)
    wbc = WholeBodyController(robot, stack=Stack([[]], [task]))
    sample, air = standing_sample(robot, robot.q_nominal), np.zeros(robot.nc, dtype=bool)
    q = rng.uniform(robot.position_lower + 0.01, robot.position_upper - 0.01)
    v, choice = np.zeros(robot.nj), np.zeros(robot.nj)
    slowest, at_limit = 0.0, 0
    for k in range(1500):
        state = RobotState(
            period * k, np.r_[robot.q_nominal[:7], q], np.r_[np.zeros(6), v], np.ones(robot.nc)
        )
        wbc.solve(state, sample, air)
        A, lower, upper = task.last_rows
        np.testing.assert_array_equal(A[:, : robot.nv], np.eye(robot.nv)[6:])
        assert (lower <= upper).all()
        slowest = max(slowest, (-upper).max(), lower.max())
        flip = rng.random(robot.nj) < 0.01
        choice[flip] = rng.integers(3, size=flip.sum())
        a = np.select([choice == 0, choice == 1], [lower, upper], rng.uniform(lower, upper))
        q = q + period * v + 0.5 * period**2 * a
        v = v + period * a
        assert (q >= robot.position_lower + 0.01 - 1e-9).all()
        assert (q <= robot.position_upper - 0.01 + 1e-9).all()
        assert (np.abs(v) <= robot.velocity_limit + 1e-9).all()
        at_limit += int(
            (np.minimum(q - robot.position_lower, robot.position_upper - q) < 0.02).sum()
        )
    assert slowest <= 60.0 + 1e-6
    assert slowest > 50.0
    assert at_limit > 100


def test_a_joint_beyond_its_limits_is_asked_back_gently() -> None:
    robot = sf.load_robot("go2")
    task = tasks.JointLimits(braking=60.0, step=0.01)
    wbc = WholeBodyController(robot, stack=Stack([[]], [task]))
    sample, air = standing_sample(robot, robot.q_nominal), np.zeros(robot.nc, dtype=bool)
    q, v = robot.q_nominal.copy(), np.zeros(robot.nv)
    q[7] = robot.position_upper[0] + 0.05
    q[8], v[7] = robot.position_lower[1] - 0.05, -3.0
    v[8] = 2.0 * robot.velocity_limit[2]
    wbc.solve(RobotState(0.0, q, v, np.ones(4)), sample, air)
    _, lower, upper = task.last_rows
    assert (lower <= upper).all()
    assert upper[0] == pytest.approx(-60.0)
    assert lower[1] == pytest.approx(60.0)
    assert upper[2] == pytest.approx(-60.0)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_the_controller_keeps_joint_limits(mode: str) -> None:
    """Driven into their stops by the posture task, the joints stop before, in a perfect world."""
    robot = sf.load_robot("go2")
    limits = joint_limits(robot)
    posture = tasks.Posture(400.0, 10.0)
    wbc = WholeBodyController(robot, mode, Stack([[posture]], [limits]))  # type: ignore[arg-type]
    free = WholeBodyController(robot, mode, [[tasks.Posture(400.0, 10.0)]])  # type: ignore[arg-type]
    sample = standing_sample(robot, robot.q_nominal)
    sample.joint_position = robot.position_upper + 0.5
    air, worst = np.zeros(robot.nc, dtype=bool), {}
    for name, controller in (("kept", wbc), ("free", free)):
        q, v = robot.q_nominal.copy(), np.zeros(robot.nv)
        worst[name] = -np.inf
        for k in range(400):
            result = controller.solve(RobotState(0.002 * k, q, v, np.zeros(4)), sample, air)
            a = result.acceleration
            assert np.isfinite(a).all()
            q = np.r_[
                robot.q_nominal[:7], q[7:] + 0.002 * v[6:] + 0.5 * 0.002**2 * a[6:]
            ]  # a free base, held in place
            v = np.r_[np.zeros(6), v[6:] + 0.002 * a[6:]]
            worst[name] = max(worst[name], (q[7:] - robot.position_upper).max())
    assert worst["kept"] <= 1e-3
    assert worst["free"] > 0.05


def test_torque_speed_curve_limits_torque_in_the_direction_of_motion() -> None:
    go2 = sf.load_robot("go2")
    corner, no_load = np.full(12, 10.0), np.full(12, 20.0)
    robot = replace(go2, corner_velocity=corner, no_load_velocity=no_load)
    sample, air = standing_sample(robot, robot.q_nominal), np.zeros(4, dtype=bool)
    for direction in (1.0, -1.0):
        for speed, share in ((5.0, 1.0), (15.0, 0.5), (25.0, 0.0)):
            for velocity in (speed, -speed):
                posture = tasks.Posture(0.0, 1e4)
                wbc = WholeBodyController(robot, stack=[[posture]])
                wanted = replace(sample, joint_velocity=np.full(12, 200.0 * direction))
                v = np.r_[np.zeros(6), np.full(12, velocity)]
                result = wbc.solve(RobotState(0.0, robot.q_nominal, v, np.zeros(4)), wanted, air)
                drives = velocity * direction > 0.0
                most = robot.effort_limit * (share if drives else 1.0)
                assert (direction * result.torque <= most + 1e-9).all()
                assert np.max(direction * result.torque / most.clip(1e-9)) > 0.99 or share == 0.0


def test_torque_speed_curve_comes_from_the_robot_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = 'extends = "go2.toml"\n[limits]\ncorner_velocity = {"*_calf_joint" = 8.0}\n'
    file = tmp_path / "curve.toml"
    file.write_text(text + 'no_load_velocity = {"*_calf_joint" = 16.0}\n')
    robot = sf.load_robot(file)
    calf = np.array(["calf" in name for name in robot.joint_names])
    np.testing.assert_array_equal(robot.corner_velocity, np.where(calf, 8.0, np.inf))
    np.testing.assert_array_equal(robot.no_load_velocity, np.where(calf, 16.0, np.inf))
    file.write_text(text)
    with pytest.raises(sf.data.RobotError, match="no_load_velocity must be given together"):
        sf.load_robot(file)


CAPSULES = [
    (tasks.Capsule("left_rubber_hand", 0.05), tasks.Capsule("right_knee_link", 0.04)),
    (
        tasks.Capsule("left_rubber_hand", 0.05, [0.0, 0.0, -0.1], [0.0, 0.0, 0.1]),
        tasks.Capsule("torso_link", 0.1, [0.0, -0.1, 0.0], [0.1, 0.2, 0.3]),
    ),
    (
        tasks.Capsule("right_knee_link", 0.04, [0.0, 0.0, -0.2], [0.0, 0.1, 0.0]),
        tasks.Capsule("left_knee_link", 0.04, [0.0, 0.0, -0.2], [0.0, 0.0, 0.1]),
    ),
    (tasks.Capsule("left_ankle_roll_link", 0.02), tasks.Capsule("right_knee_link", 0.04,
                                                                [0.0, 0.0, -0.3], [0.0, 0.0, 0.1])),
]  # fmt: skip


def axis_distance(robot: sf.RobotModel, q: np.ndarray, pair: tuple[tasks.Capsule, ...]) -> float:
    """Distance between surfaces by a convex program over the two axes, solved by projection."""
    data = robot.pin_model.createData()
    pin.framesForwardKinematics(robot.pin_model, data, q)
    ends = []
    for capsule in pair:
        place = data.oMf[robot.pin_model.getFrameId(capsule.frame)]
        ends.append((place.act(np.array(capsule.start)), place.act(np.array(capsule.end))))
    (a, b), (c, d) = ends
    s = t = 0.5
    for _ in range(4000):  # alternating projection converges for two segments
        point = c + t * (d - c)
        s = np.clip((point - a) @ (b - a) / max((b - a) @ (b - a), 1e-12), 0.0, 1.0)
        point = a + s * (b - a)
        new = np.clip((point - c) @ (d - c) / max((d - c) @ (d - c), 1e-12), 0.0, 1.0)
        if abs(new - t) < 1e-15:
            break
        t = new
    return (
        float(np.linalg.norm(a + s * (b - a) - c - t * (d - c))) - pair[0].radius - pair[1].radius
    )


def test_distance_rows_are_the_second_derivative_of_the_distance() -> None:
    robot, rng = sf.load_robot("g1"), np.random.default_rng(3)
    gain, keep, checked = 4.0, 0.03, 0
    for pair in CAPSULES:
        for _ in range(4):
            task = tasks.CollisionAvoidance([pair], distance=keep, gain=gain)
            state, dv, q = random_motion(robot, rng)
            wbc = WholeBodyController(robot, stack=Stack([[]], [task]))
            wbc.solve(state, standing_sample(robot, robot.q_nominal), np.zeros(2, dtype=bool))
            A, lower, upper = task.last_rows
            d = [axis_distance(robot, q(k * STEP), pair) for k in (-1, 0, 1)]
            assert task.distances[0] == pytest.approx(d[1], abs=1e-9)
            rate = (d[2] - d[0]) / (2 * STEP)
            second = (d[2] - 2 * d[1] + d[0]) / STEP**2
            barrier = second + 2 * gain * rate + gain**2 * (d[1] - keep)
            value = A[0, : robot.nv] @ dv - lower[0]
            assert value == pytest.approx(barrier, abs=2e-4 * (1.0 + abs(second)))
            assert np.isinf(upper).all()
            checked += 1
    assert checked == 16


def test_hands_that_are_told_to_meet_stay_apart() -> None:
    """Two hands are drawn to one point in front of the chest, integrated without a simulator."""
    robot = sf.load_robot("g1")
    hands, palm = ("left_rubber_hand", "right_rubber_hand"), [0.05, 0.0, 0.0]
    found = {}
    for guarded in (False, True):
        avoid = collision_avoidance(robot, [hands])
        drawn = [
            tasks.FramePosition(hand, 25.0, relative_to="torso_link", offset=palm) for hand in hands
        ]
        for task in drawn:
            task.reference = tasks.FrameReference([0.3, 0.0, 0.1])
        posture = tasks.Posture(10.0, 6.0, 1e-2)
        levels = [[*drawn], [posture]]
        wbc = WholeBodyController(robot, "strict", Stack(levels, [avoid] if guarded else []))
        watch = WholeBodyController(robot, stack=Stack([[]], [collision_avoidance(robot, [hands])]))
        sample, air = standing_sample(robot, robot.q_nominal), np.zeros(2, dtype=bool)
        q, v, nearest = robot.q_nominal.copy(), np.zeros(robot.nv), np.inf
        for k in range(400):
            state = RobotState(0.005 * k, q, v, np.zeros(2))
            dv = wbc.solve(state, sample, air).acceleration
            watch.solve(state, sample, air)
            v = v + 0.005 * dv
            q = pin.integrate(robot.pin_model, q, 0.005 * v)
            nearest = min(nearest, next(iter(watch.stack.limits)).distances.min())
        found[guarded] = nearest
    keep = robot.config.wbc.collision_distance
    assert found[False] < -0.03
    assert keep - 2e-3 < found[True] < keep + 0.02


def test_collision_pairs_are_checked() -> None:
    robot = sf.load_robot("g1")
    with pytest.raises(InputError, match="'left_wrist_roll_link' has no shape"):
        collision_avoidance(robot, [("left_wrist_roll_link", "pelvis")])
    alien = tasks.CollisionAvoidance(
        [(tasks.Capsule("tail", 0.1), tasks.Capsule("pelvis", 0.1))], 0.01, 1.0
    )
    with pytest.raises(InputError, match="no frame 'tail'"):
        WholeBodyController(robot, stack=Stack([[]], [alien]))
    with pytest.raises(InputError, match="gain of task"):
        tasks.CollisionAvoidance([], 0.01, 0.0)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_limits_above_the_default_stack_do_not_allocate(mode: str) -> None:
    robot = sf.load_robot("g1")
    pairs = [("left_rubber_hand", "torso_link"), ("left_knee_link", "right_knee_link")]
    stack = Stack(
        default_stack(robot).levels, [joint_limits(robot), collision_avoidance(robot, pairs)]
    )
    wbc = WholeBodyController(robot, mode, stack)  # type: ignore[arg-type]
    sample, rng = standing_sample(robot, robot.q_nominal), np.random.default_rng(5)
    for k in range(20):
        q = robot.q_nominal.copy()
        q[7:] += 0.05 * rng.normal(size=robot.nj)
        state = RobotState(0.002 * k, q, 0.1 * rng.normal(size=robot.nv), np.ones(robot.nc))
        result = wbc.solve(state, sample, sample.contacts)
        assert result.status is not WbcStatus.FAILED
        assert wbc._kernel.allocations == 0
