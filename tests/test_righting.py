"""From where it has fallen onto its feet and away; on the estimated state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from surefoot.cli import main
from surefoot.robots.config import Side
from surefoot.sim.command_check import wrong_command
from surefoot.sim.conversions import rotation_matrix
from surefoot.sim.fallen import fallen_pose, lies_on

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
