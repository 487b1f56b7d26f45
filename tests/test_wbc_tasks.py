"""Every task's Jacobian, drift and feedback against finite differences of Pinocchio's kinematics.

A task's rows say A dv = b. With gains of zero, A dv - b is the second time derivative of what the
task moves along any motion with velocity v and acceleration dv; that is differenced here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample, tasks

STEP = 1e-4  # s, of the differences
RELATIVE = [None, "base", "hand"]
FRAMES = {
    "go2": {"base": "base", "hand": "FL_foot", "other": "RR_calf"},
    "g1": {"base": "pelvis", "hand": "left_rubber_hand", "other": "right_knee_link"},
}


def random_motion(
    robot: sf.RobotModel, rng: np.random.Generator
) -> tuple[RobotState, np.ndarray, Callable[[float], np.ndarray]]:
    """State (q, v), an acceleration, and the configuration after a time along them."""
    step = np.r_[0.3 * rng.normal(size=6), 0.3 * rng.normal(size=robot.nj)]
    q = pin.integrate(robot.pin_model, robot.q_nominal, step)
    v, dv = rng.normal(size=robot.nv), rng.normal(size=robot.nv)
    state = RobotState(0.0, q, v, np.ones(robot.nc))
    return state, dv, lambda t: pin.integrate(robot.pin_model, q, t * v + 0.5 * t * t * dv)


def tick(robot: sf.RobotModel, task: tasks.Task, state: RobotState) -> tuple[np.ndarray, ...]:
    """Rows of the accelerations of a task alone in a stack, nothing in contact."""
    wbc = WholeBodyController(robot, stack=[[task]])
    wbc.solve(state, standing_sample(robot, robot.q_nominal), np.zeros(robot.nc, dtype=bool))
    A, b = task.last_rows
    assert not A[:, robot.nv :].any()
    return A[:, : robot.nv], b


def placement(
    robot: sf.RobotModel, q: np.ndarray, frame: str, relative: str | None, offset: np.ndarray
) -> pin.SE3:
    model = robot.pin_model
    data = model.createData()
    pin.framesForwardKinematics(model, data, q)

    def of(name: str) -> pin.SE3:
        if name in robot.contact_names:
            contact = robot.contacts[robot.contact_names.index(name)]
            return data.oMi[contact.joint + 2] * contact.placement
        return data.oMf[model.getFrameId(name)]

    place = of(frame) * pin.SE3(np.eye(3), offset)
    return place if relative is None else of(relative).actInv(place)


def second_derivative(motion: Callable[[float], np.ndarray]) -> np.ndarray:
    return (motion(STEP) - 2.0 * motion(0.0) + motion(-STEP)) / STEP**2


def spin(rotation: Callable[[float], np.ndarray], t: float) -> np.ndarray:
    """Angular velocity in the axes of the rotation matrices."""
    half = 0.5 * STEP
    return pin.log3(rotation(t + half) @ rotation(t - half).T) / STEP


@pytest.mark.parametrize("relative", RELATIVE)
@pytest.mark.parametrize("name", FRAMES)
def test_frame_rows_are_the_second_derivative_of_the_pose(name: str, relative: str | None) -> None:
    robot, frames, rng = sf.load_robot(name), FRAMES[name], np.random.default_rng(1)
    other = None if relative is None else frames[relative]
    frame = frames["other"] if relative == "hand" else frames["hand"]
    for _ in range(5):
        offset = 0.2 * rng.normal(size=3)
        task = tasks.FramePose(frame, kp=0.0, kd=0.0, relative_to=other, offset=offset)
        state, dv, q = random_motion(robot, rng)
        A, b = tick(robot, task, state)

        def at(t: float, q: Callable[[float], np.ndarray] = q, o: np.ndarray = offset) -> pin.SE3:
            return placement(robot, q(t), frame, other, o)

        linear = second_derivative(lambda t, at=at: at(t).translation)
        half = 0.5 * STEP
        turns = [spin(lambda t, at=at: at(t).rotation, t) for t in (-half, half)]
        np.testing.assert_allclose(
            A @ dv - b, np.r_[linear, (turns[1] - turns[0]) / STEP], atol=1e-5
        )
        position = tasks.FramePosition(frame, 0.0, relative_to=other, offset=offset)
        orientation = tasks.FrameOrientation(frame, 0.0, relative_to=other, offset=offset)
        for part, rows in ((position, slice(0, 3)), (orientation, slice(3, 6))):
            A_part, b_part = tick(robot, part, state)
            np.testing.assert_array_equal(A_part, A[rows])
            np.testing.assert_array_equal(b_part, b[rows])


@pytest.mark.parametrize("relative", [None, "base"])
def test_frame_feedback_is_pd_on_the_pose(relative: str | None) -> None:
    """What gains and reference add to b: kp log(error) + kd (velocity error) + feed-forward."""
    robot, frames, rng = sf.load_robot("g1"), FRAMES["g1"], np.random.default_rng(2)
    other, frame = None if relative is None else frames["base"], frames["hand"]
    kp, kd = rng.uniform(1.0, 9.0, size=6), rng.uniform(1.0, 9.0, size=6)
    state, _, _ = random_motion(robot, rng)
    _, drift = tick(robot, tasks.FramePose(frame, 0.0, 0.0, relative_to=other), state)
    pose = placement(robot, state.q, frame, other, np.zeros(3))

    def at(t: float) -> pin.SE3:
        q = pin.integrate(robot.pin_model, state.q, t * state.v)
        return placement(robot, q, frame, other, np.zeros(3))

    velocity = np.r_[
        (at(STEP).translation - at(-STEP).translation) / (2 * STEP),
        spin(lambda t: at(t).rotation, 0.0),
    ]
    task = tasks.FramePose(frame, kp, kd, relative_to=other)
    _, b = tick(robot, task, state)  # no reference: where it is
    np.testing.assert_allclose(b - drift, -kd * velocity, atol=1e-6)
    wanted = pose * pin.SE3(pin.exp3(np.array([0.4, -0.8, 1.1])), rng.normal(size=3))
    feed = rng.normal(size=(2, 6))
    task.reference = tasks.FrameReference(
        wanted.translation, pin.Quaternion(wanted.rotation).coeffs(), feed[0], feed[1]
    )
    _, b = tick(robot, task, state)
    error = np.r_[
        wanted.translation - pose.translation, pin.log3(wanted.rotation @ pose.rotation.T)
    ]
    np.testing.assert_allclose(
        b - drift, feed[1] + kp * error + kd * (feed[0] - velocity), atol=1e-6
    )


def test_base_feedback_is_pd_on_se3() -> None:
    """In world axes; the rows are in the base's, whose own turning is the drift."""
    robot, rng = sf.load_robot("go2"), np.random.default_rng(3)
    state, dv, q = random_motion(robot, rng)
    A, b = tick(robot, tasks.BaseMotion(0.0, 0.0), state)
    R = pin.Quaternion(state.q[3:7]).toRotationMatrix()
    world = np.kron(np.eye(2), R)
    sample = standing_sample(robot, robot.q_nominal)
    linear = second_derivative(lambda t: q(t)[:3])
    rotation = lambda t: pin.Quaternion(q(t)[3:7]).toRotationMatrix()  # noqa: E731
    turns = [spin(rotation, t) for t in (-0.5 * STEP, 0.5 * STEP)]
    expected = np.r_[linear, (turns[1] - turns[0]) / STEP]
    np.testing.assert_allclose(world @ (A @ dv - b), expected, atol=1e-5)
    kp, kd = rng.uniform(1.0, 9.0, size=6), rng.uniform(1.0, 9.0, size=6)
    _, fed = tick(robot, tasks.BaseMotion(kp, kd), state)
    R_wanted = pin.Quaternion(sample.base_orientation).toRotationMatrix()
    error = np.r_[sample.base_position - state.q[:3], pin.log3(R_wanted @ R.T)]
    np.testing.assert_allclose(
        world @ (fed - b), kp * error - kd * (world @ state.v[:6]), atol=1e-9
    )


@pytest.mark.parametrize("name", FRAMES)
def test_center_of_mass_rows(name: str) -> None:
    robot, rng = sf.load_robot(name), np.random.default_rng(4)
    model, data = robot.pin_model, robot.pin_model.createData()
    for _ in range(5):
        state, dv, q = random_motion(robot, rng)
        A, b = tick(robot, tasks.CenterOfMass(0.0, 0.0), state)
        com = lambda t, q=q: pin.centerOfMass(model, data, q(t)).copy()  # noqa: E731
        np.testing.assert_allclose(A @ dv - b, second_derivative(com), atol=1e-5)
        task = tasks.CenterOfMass(kp=[1.0, 2.0, 3.0], kd=4.0)
        place, velocity = com(0.0), (com(STEP) - com(-STEP)) / (2 * STEP)
        point = rng.normal(size=(3, 3))
        task.reference = tasks.PointReference(*point)
        fed = point[2] + [1.0, 2.0, 3.0] * (point[0] - place) + 4.0 * (point[1] - velocity)
        np.testing.assert_allclose(tick(robot, task, state)[1] - b, fed, atol=1e-6)


@pytest.mark.parametrize("name", FRAMES)
def test_momentum_rows(name: str) -> None:
    robot, rng = sf.load_robot(name), np.random.default_rng(5)
    model, data = robot.pin_model, robot.pin_model.createData()
    for part, rows in ((tasks.LinearMomentum, slice(0, 3)), (tasks.AngularMomentum, slice(3, 6))):
        state, dv, q = random_motion(robot, rng)
        A, b = tick(robot, part(gain=0.0), state)

        def momentum(t: float, q=q, v=state.v, dv=dv) -> np.ndarray:  # type: ignore[no-untyped-def]
            return pin.computeCentroidalMomentum(model, data, q(t), v + t * dv).vector.copy()

        rate = (momentum(STEP) - momentum(-STEP)) / (2 * STEP)
        np.testing.assert_allclose(A @ dv - b, rate[rows], atol=1e-5 * robot.mass)
        task = part(gain=3.0)
        task.momentum, task.rate = rng.normal(size=3), rng.normal(size=3)
        fed = task.rate + 3.0 * (task.momentum - momentum(0.0)[rows])
        np.testing.assert_allclose(tick(robot, task, state)[1] - b, fed, atol=1e-9 * robot.mass)


def test_joint_tasks() -> None:
    robot, rng = sf.load_robot("go2"), np.random.default_rng(6)
    state, _, _ = random_motion(robot, rng)
    A, b = tick(robot, tasks.JointDamping(7.0), state)
    np.testing.assert_array_equal(A, np.eye(robot.nv)[6:])
    np.testing.assert_allclose(b, -7.0 * state.v[6:])
    posture = tasks.Posture(5.0, 3.0)
    A, b = tick(robot, posture, state)
    np.testing.assert_array_equal(A, np.eye(robot.nv)[6:])
    np.testing.assert_allclose(b, 5.0 * (robot.q_nominal[7:] - state.q[7:]) - 3.0 * state.v[6:])
    posture.position = rest = rng.normal(size=robot.nj)
    _, b = tick(robot, posture, state)
    np.testing.assert_allclose(b, 5.0 * (rest - state.q[7:]) - 3.0 * state.v[6:])
    posture.position = None
    assert posture.position is None


def test_a_held_frame_stays_where_it_was_at_the_first_tick() -> None:
    robot, rng = sf.load_robot("g1"), np.random.default_rng(7)
    task = tasks.FramePosition("left_rubber_hand", kp=2.0, kd=0.0)
    free = tasks.FramePosition("left_rubber_hand", kp=0.0, kd=0.0, name="free")
    wbc = WholeBodyController(robot, stack=[[task, free]])
    sample, air = standing_sample(robot, robot.q_nominal), np.zeros(robot.nc, dtype=bool)
    places = []
    for restart in (False, False, True):
        state, _, _ = random_motion(robot, rng)
        if restart:
            task.reference = None
        wbc.solve(state, sample, air)
        places.append(placement(robot, state.q, task.frame, None, np.zeros(3)).translation)
        start = places[-1] if restart else places[0]
        error = (task.last_rows[1] - free.last_rows[1]) / 2.0
        np.testing.assert_allclose(error, start - places[-1], atol=1e-12)


def test_gains_and_references_are_checked_when_set() -> None:
    hand = tasks.FramePose("left_rubber_hand", kp=100.0)
    np.testing.assert_allclose(hand.kd, 20.0)  # critically damped
    hand.kp = 50.0
    np.testing.assert_array_equal(hand.kp, np.full(6, 50.0))
    hand.kp = np.arange(6.0)
    np.testing.assert_array_equal(hand.kp, np.arange(6.0))
    with pytest.raises(ValueError, match="read-only"):
        hand.kp[2] = 1.0
    with pytest.raises(InputError, match="kp of task 'left_rubber_hand'"):
        hand.kp = [1.0, 2.0]
    with pytest.raises(InputError, match=r"kd of task 'left_rubber_hand'.*negative"):
        hand.kd = -1.0
    with pytest.raises(InputError, match="weight of task"):
        hand.weight = 0.0
    for wrong in (np.nan, -1.0, np.inf):
        with pytest.raises(InputError, match="gain of task 'damping'"):
            tasks.JointDamping(wrong)
        with pytest.raises(InputError, match="kp of task 'base'"):
            tasks.BaseMotion(wrong, 1.0)
        with pytest.raises(InputError, match="weight of task 'force'"):
            tasks.ContactForces(wrong)
    np.testing.assert_array_equal(hand.kp, np.arange(6.0))  # nothing wrong was taken over
    with pytest.raises(InputError, match="position"):
        tasks.FrameReference([1.0, 2.0])
    with pytest.raises(InputError, match=r"orientation.*unit"):
        tasks.FrameReference(orientation=[0.0, 0.0, 0.0, 0.0])
    with pytest.raises(InputError, match=r"velocity.*finite"):
        tasks.FrameReference(velocity=np.full(6, np.nan))
    with pytest.raises(InputError, match="momentum of task"):
        tasks.LinearMomentum(1.0).momentum = [np.nan, 0.0, 0.0]


def test_a_task_that_does_not_fit_the_robot_is_refused() -> None:
    robot = sf.load_robot("go2")
    for task, problem in (
        (tasks.FramePose("left_hand", 1.0), "no frame 'left_hand'"),
        (tasks.FramePose("FL_foot", 1.0, relative_to="tail"), "no frame 'tail'"),
        (tasks.FramePose("FL_foot", 1.0, relative_to="FL_foot"), "relative to itself"),
    ):
        with pytest.raises(InputError, match=problem):
            WholeBodyController(robot, stack=[[task]])
    posture = tasks.Posture(1.0, 1.0)
    posture.position = np.zeros(3)
    with pytest.raises(InputError, match="one number a joint"):
        WholeBodyController(robot, stack=[[posture]])
    posture.position = None
    WholeBodyController(robot, stack=[[posture]])
    with pytest.raises(InputError, match="12 numbers"):
        posture.joint_weight = np.ones(3)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_no_motion_task_allocates(mode: str) -> None:
    robot = sf.load_robot("g1")
    stack = [
        [tasks.CenterOfMass(10.0), tasks.LinearMomentum(1.0, 0.1), tasks.AngularMomentum(1.0)],
        [
            tasks.FramePose("left_rubber_hand", 10.0),
            tasks.FramePosition("right_rubber_hand", 10.0, relative_to="pelvis"),
            tasks.FrameOrientation("torso_link", 10.0),
        ],
        [tasks.JointDamping(1.0), tasks.Posture(1.0, 1.0)],
    ]
    wbc = WholeBodyController(robot, mode, stack)  # type: ignore[arg-type]
    sample = standing_sample(robot, robot.q_nominal)
    for k in range(5):
        state = RobotState(0.002 * k, robot.q_nominal, np.zeros(robot.nv), np.ones(robot.nc))
        assert wbc.solve(state, sample, sample.contacts).status is WbcStatus.SOLVED
        assert wbc._kernel.allocations == 0
