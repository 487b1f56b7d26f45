"""From where it has fallen onto its feet and away; on the estimated state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp import control as cpp
from surefoot.cli import main
from surefoot.data import RobotError
from surefoot.robots.config import Side
from surefoot.sim.command_check import wrong_command
from surefoot.sim.conversions import rotation_matrix
from surefoot.sim.fallen import fallen_pose, lies_on
from surefoot.sim.posture_space import PostureSpace
from surefoot.sim.righting_trials import RightingTrials

TICK = 0.002
FRICTIONS = (0.5, 0.6, 0.8, 1.0)
QUADRUPEDS = ("go2", "a1", "anymal_c")
SIDES: dict[str, tuple[Side, ...]] = {
    **dict.fromkeys(QUADRUPEDS, ("left", "right", "top")),
    **dict.fromkeys(("g1", "talos"), ("rear", "front", "left", "right")),
}
# deg, as it begins to stand up: a humanoid still rocks on its soles.
LYING_ERROR = {"g1": 2.5, "talos": 2.5}
# s; talos takes 20 from its front, and another round where a motion does not come off.
STAND_TIME = {"talos": 90.0}


def up(q: sf.data.Array) -> sf.data.Array:
    """The vertical in base axes."""
    return rotation_matrix(q[3:7])[2]


@dataclass
class Figures:
    """Of the phase of righting: attitude errors in deg, the others in their limits and SI units."""

    torque: float = 0.0
    turn_speed: float = 0.0
    error: float = 0.0
    error_lying: float = np.inf  # as standing up begins
    up: list[float] = field(default_factory=list)


class Fallen:
    """A robot that fell, and its controller, which is asked to stand."""

    def __init__(self, robot: sf.RobotModel, side: Side, seed: int) -> None:
        self.simulation = sf.sim.Simulation(
            robot, seed=seed, friction=FRICTIONS[seed % 4], self_collision=True
        )
        self.sensors = self.simulation.reset(q=fallen_pose(robot, side, seed), lying=True)
        limit = np.deg2rad(robot.config.control.stand_up_tilt_limit_deg)
        self.lay_on = lies_on(up(self.simulation.q), limit)
        self.controller = sf.Controller(robot)
        self.controller.stand()
        self.figures = Figures()

    def step(self) -> None:
        simulation, controller, figures = self.simulation, self.controller, self.figures
        command = controller.step(self.sensors)
        assert wrong_command(controller.robot, command) == ""
        assert controller.timings.allocations == 0
        q, v = simulation.q, simulation.v
        state = controller.state
        known = state is not None and state.status != sf.data.EstimatorStatus.INITIALIZING
        if controller.phase in ("righting", "stand_up") and known:
            error = self.attitude_error()
            if controller.phase == "righting":
                figures.error = max(figures.error, error)
                figures.turn_speed = max(figures.turn_speed, float(np.linalg.norm(v[3:6])))
                figures.up.append(float(up(q)[2]))
            elif figures.error_lying == np.inf:
                figures.error_lying = error
        self.sensors = simulation.step(command, TICK)
        if controller.phase == "righting":
            share = np.abs(simulation.joint_torque) / controller.robot.effort_limit
            figures.torque = max(figures.torque, float(share.max()))

    def attitude_error(self) -> float:
        """Of the estimated vertical, deg."""
        state = self.controller.state
        assert state is not None
        return float(np.rad2deg(np.arccos(min(1.0, up(self.simulation.q) @ up(state.q)))))

    def stand(self, seconds: float = 30.0) -> bool:
        while self.simulation.time < seconds and self.controller.phase not in ("stand", "fault"):
            self.step()
        for _ in range(250):
            self.step()
        return self.controller.phase == "stand" and bool(up(self.simulation.q)[2] > 0.99)

    def walk(self, seconds: float) -> float:
        """m that it gets ahead."""
        self.controller.gait = "walk" if "walk" in self.controller.robot.walking_gaits else "trot"
        self.controller.command = sf.VelocityCommand(vx=0.4)
        begin, end = self.simulation.q[:2], self.simulation.time + seconds
        while self.simulation.time < end:
            self.step()
        return float(np.linalg.norm(self.simulation.q[:2] - begin))


@pytest.mark.parametrize("side", ["left", "right", "top"])
def test_go2_rights_itself_stands_up_and_walks(side: Side) -> None:
    robot = sf.load_robot("go2")
    run = Fallen(robot, side, seed=3)
    assert run.lay_on != "bottom"
    assert run.stand(), run.controller.history
    after = [change.after for change in run.controller.history]
    assert after == ["righting", "stand_up", "stand"]
    assert run.controller.history[1].reason == "is upright"
    assert run.figures.error_lying < 1.0
    assert run.figures.error < 2.0
    assert run.figures.turn_speed < 8.0
    assert min(run.figures.up) < 0.0
    assert run.walk(2.0) > 0.5
    assert run.controller.phase == "walk"


def test_the_command_walk_may_begin_fallen(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    arguments = ["--fallen", "left", "--duration", "5", "--no-view", "--json", str(path)]
    with pytest.raises(SystemExit) as stop:
        main(["walk", "go2", *arguments])
    assert stop.value.code in (None, 0)
    figures = json.loads(path.read_text())
    assert figures["survived"]
    assert abs(figures["bias_vx"]) < 0.1


@pytest.mark.parametrize("side", ["rear", "front"])
def test_g1_gets_up_and_walks(side: Side) -> None:
    run = Fallen(sf.load_robot("g1"), side, seed=1)
    assert run.lay_on == side
    assert run.stand(), run.controller.history
    assert run.controller.history[-1].after == "stand"
    assert run.figures.error < 2.0
    assert run.figures.error_lying < LYING_ERROR["g1"]
    assert run.attitude_error() < 1.2
    assert run.figures.turn_speed < 6.0
    assert run.walk(3.0) > 0.4


@pytest.mark.timeout(300)
def test_talos_gets_up_over_its_knees() -> None:
    run = Fallen(sf.load_robot("talos"), "front", seed=1)
    assert run.lay_on == "front"
    assert run.stand(60.0), run.controller.history
    assert run.figures.error_lying < LYING_ERROR["talos"]
    assert run.attitude_error() < 1.2
    assert run.figures.turn_speed < 4.0
    assert run.walk(3.0) > 0.6


def test_legs_that_fell_across_each_other_part_and_fold() -> None:
    run = Fallen(sf.load_robot("anymal_c"), "right", seed=2004)
    assert run.stand(), run.controller.history
    assert [change.after for change in run.controller.history] == ["righting", "stand_up", "stand"]
    assert run.figures.torque > 0.99  # they held each other


@pytest.mark.parametrize("seed", [2004, 2007])
def test_limp_legs_that_sink_to_the_ground_do_not_turn_the_estimate(seed: int) -> None:
    run = Fallen(sf.load_robot("anymal_c"), "right", seed=seed)
    assert run.lay_on == "top"
    run.controller.damp()
    while run.simulation.time < 4.0:
        run.step()
    assert run.controller.phase in ("passive", "damping")
    state = run.controller.state
    assert state is not None
    assert run.attitude_error() < 1.0
    assert np.abs(state.v[3:6] - run.simulation.v[3:6]).max() < 0.05


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SIDES)
def test_from_twenty_poses_it_gets_up(name: str) -> None:
    robot = sf.load_robot(name)
    lay, stood = 0, 0
    for seed in range(20):
        run = Fallen(robot, SIDES[name][seed % len(SIDES[name])], seed=1000 + seed)
        if run.lay_on == "bottom":
            continue
        lay += 1
        stood += run.stand(
            STAND_TIME.get(name, 45.0)
        ) and run.figures.error_lying < LYING_ERROR.get(name, 1.5)
        assert run.controller.phase != "fault", (seed, run.controller.history)
    assert lay >= 15
    assert stood >= lay - 1


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
