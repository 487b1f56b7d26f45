"""Righting by its parts: refusals and guards, motions in the robot file, the search for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_righting import SIDES, TICK

import surefoot as sf
from surefoot._cpp import control as cpp
from surefoot.data import RobotError
from surefoot.sim.command_check import wrong_command
from surefoot.sim.posture_space import PostureSpace
from surefoot.sim.righting_trials import RightingTrials

# ---------------------------------------------------------------- refusals and guards


def tilted_samples(robot: sf.RobotModel, roll: float, seconds: float) -> list[sf.SensorData]:
    """Of a robot that nothing moves out of its tilt; no two are the same, as no sensor's are."""
    sample = sf.sim.Simulation(robot, seed=4).reset(lying=True)
    random = np.random.default_rng(0)
    gravity = 9.81 * np.array([0.0, np.sin(roll), np.cos(roll)])
    return [
        sf.SensorData(
            TICK * (tick + 1),
            random.normal(scale=1e-3, size=3),
            gravity + random.normal(scale=1e-2, size=3),
            sample.joint_position,
            np.zeros(robot.nj),
        )
        for tick in range(round(seconds / TICK))
    ]


def write_robot(folder: Path, righting: str) -> Path:
    path = folder / "robot.toml"
    path.write_text(f'extends = "go2.toml"\n[righting]\n{righting}')
    return path


def motion(
    down: str = '["left"]',
    duration: float = 0.5,
    joints: str = "joints = { FL_hip_joint = 1.0 }",
    postures: str | None = None,
) -> str:
    """A motion in a robot file."""
    if postures is None:
        postures = f"[[righting.motions.postures]]\nduration = {duration}\n{joints}"
    return f"[[righting.motions]]\ndown = {down}\n{postures}"


def test_without_a_motion_it_refuses_and_says_why(tmp_path: Path) -> None:
    robot = sf.load_robot(write_robot(tmp_path, "motions = []"))
    assert not robot.righting
    controller = sf.Controller(robot)
    controller.stand()
    for sample in tilted_samples(robot, np.deg2rad(80.0), 2.0):
        assert not controller.step(sample).kp.any()
    assert controller.phase == "passive"
    assert controller.refusal is not None
    assert controller.refusal.reason.startswith("lies tilted by")
    assert "more than 45: set it upright" in controller.refusal.reason


def test_it_gives_up_after_its_attempts_until_asked_again() -> None:
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot)
    controller.stand()
    samples = tilted_samples(robot, np.pi, 40.0)
    for sample in samples[:-3000]:
        assert wrong_command(robot, controller.step(sample)) == ""
    assert [change.after for change in controller.history] == ["righting", "damping"]
    assert controller.history[-1].reason.startswith("did not right itself in 3 attempts")
    assert controller.refusal is not None
    assert controller.refusal.after == "righting"
    assert "3 attempts" in controller.refusal.reason
    controller.damp()
    for sample in samples[-3000:]:
        controller.step(sample)
        controller.stand()
    assert controller.phase == "righting"


def test_a_check_that_says_stop_lets_it_down() -> None:
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot)
    controller.stand()
    for k, sample in enumerate(tilted_samples(robot, np.pi, 4.0)):
        if 1000 < k < 1400:
            sample.gyro = np.full(3, np.nan)
        command = controller.step(sample)
        if 1200 < k < 1400:
            assert not command.kp.any()
    assert controller.history[1].after == "damping"
    assert "not_finite" in controller.history[1].reason or "sensor" in controller.history[1].reason


@pytest.mark.parametrize(
    ("joint", "check"),
    [("left_knee_joint", "joint_velocity"), ("left_wrist_roll_joint", "sensor_fault")],
)
def test_of_a_robot_that_rights_itself_the_legs_alone_may_be_too_fast(
    joint: str, check: str
) -> None:
    """A speed that does not fit the position is a sensor's fault 0.15 s later, for any joint."""
    robot = sf.load_robot("g1")
    controller = sf.Controller(robot)
    controller.stand()
    fast = robot.joint_names.index(joint)
    for k, sample in enumerate(tilted_samples(robot, np.deg2rad(80.0), 1.2)):
        if k > 500:
            sample.joint_velocity[fast] = 3.0 * robot.velocity_limit[fast]
        controller.step(sample)
    assert controller.history[0].after == "righting"
    assert controller.history[1].reason.startswith(check)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"estimate_ready": False}, "estimate is not ready"),
        ({"settled": 0.4}, "settled for 0.40 s of 0.50"),
        ({"speed": 0.31}, "still moves"),
        ({"rightings_left": 0}, "did not right itself in 3 attempts"),
        ({"senses": False}, "exceeds"),
    ],
)
def test_righting_has_guards(wrong: dict[str, object], why: str) -> None:
    machine = cpp.PhaseMachine(settle_time=0.5, tilt=0.8, speed=0.3, rightings=3)
    facts = cpp.Facts()
    facts.time, facts.settled, facts.estimate_ready = 1.0, 10.0, True
    facts.tilt, facts.rightings_left = 3.0, 3
    good = {name: getattr(facts, name) for name in wrong}
    for name, value in wrong.items():
        setattr(facts, name, value)
    assert not machine.enter(cpp.Phase.RIGHTING, cpp.Reason.STAND_ASKED, facts)
    assert why in machine.refusal.text
    for name, value in good.items():
        setattr(facts, name, value)
    assert machine.enter(cpp.Phase.RIGHTING, cpp.Reason.STAND_ASKED, facts)
    assert not machine.enter(cpp.Phase.WALK, cpp.Reason.WALK_ASKED, facts)


# ---------------------------------------------------------------- the robot file


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("attempts = 0", "righting.attempts"),
        ("patience = -1.0", "righting.patience"),
        (motion(postures=""), "postures"),
        (motion(down="[]"), "down"),
        (motion(down='["bottom"]'), "down"),
        (motion(joints=""), "joints is missing"),
        (motion(duration=0.0), "duration"),
        (
            motion(joints="joints = { FL_knee = 1.0 }"),
            r"righting.motions\[0\].postures\[0\].joints: no joint 'FL_knee'",
        ),
        (
            motion(joints="joints = { FL_hip_joint = 1.5 }"),
            "FL_hip_joint = 1.5 is outside its limits",
        ),
        (motion(duration=0.01), "make its duration longer"),
        ("parting = { FL_hip_joint = 1.5 }", "righting.parting: FL_hip_joint = 1.5 is outside"),
        ("parting = { FL_knee = 1.0 }", "righting.parting: no joint 'FL_knee'"),
    ],
)
def test_wrong_motions_are_named(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(RobotError, match=message):
        sf.load_robot(write_robot(tmp_path, table))


@pytest.mark.parametrize("name", SIDES)
def test_the_mirror_image_of_a_motion(name: str) -> None:
    robot = sf.load_robot(name)
    standing = robot.contact_positions(robot.q_nominal)
    mates = [
        int(np.argmin(np.abs(standing * [1.0, -1.0, 1.0] - place).sum(axis=1)))
        for place in standing
    ]
    assert robot.righting
    for motion in robot.righting:
        image = robot.mirrored(motion)
        assert image is not None
        assert ("left" in motion.down) == ("right" in image.down)
        for one, other in zip(motion.postures, image.postures, strict=True):
            feet = [
                robot.contact_positions(np.concatenate([robot.q_nominal[:7], item.joints]))
                for item in (one, other)
            ]
            np.testing.assert_allclose(feet[1], feet[0][mates] * [1.0, -1.0, 1.0], atol=2e-3)


# ---------------------------------------------------------------- the search


@pytest.mark.parametrize(("name", "symmetric"), [*((name, False) for name in SIDES), ("g1", True)])
def test_postures_as_numbers_and_back(name: str, symmetric: bool) -> None:
    robot = sf.load_robot(name)
    space = PostureSpace(robot, 2, symmetric)
    values = np.random.default_rng(1).uniform(size=space.size)
    sequence = space.decode(values)
    again = space.decode(space.encode(sequence))
    for one, other in zip(sequence, again, strict=True):
        np.testing.assert_allclose(one.joints, other.joints, atol=2e-3)
        assert (one.joints >= robot.position_lower).all()
        assert (one.joints <= robot.position_upper).all()


def test_symmetric_postures_are_their_own_mirror_image(tmp_path: Path) -> None:
    robot = sf.load_robot("g1")
    assert robot.mirror is not None
    index, sign = robot.mirror
    space = PostureSpace(robot, 1, symmetric=True)
    (posture,) = space.decode(np.random.default_rng(2).uniform(size=space.size))
    np.testing.assert_allclose(sign * posture.joints[index], posture.joints, atol=1e-9)
    assert (posture.joints != robot.q_lying[7:]).sum() == robot.nj - 2  # but waist roll and yaw


def test_trials_tell_a_motion_that_rights_from_one_that_does_not() -> None:
    robot = sf.load_robot("go2")
    trials = RightingTrials(robot, range(40, 44), (0.5, 0.9))
    assert len(trials) >= 2
    assert (trials.run(()).up < -0.9).all()
    outcome = trials.run(robot.righting[0].postures)
    assert (outcome.up > 0.9).all()
    assert (outcome.best_up >= outcome.up).all()


def test_the_search_runs_and_is_seeded() -> None:
    pytest.importorskip("cmaes")
    from surefoot.sim.righting_search import search

    robot = sf.load_robot("go2")
    first, second = (
        search(robot, postures=1, samples=3, generations=1, population=4) for _ in range(2)
    )
    assert len(first) == len(second) == 1
    np.testing.assert_array_equal(first[0].joints, second[0].joints)
