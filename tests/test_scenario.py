"""Runs, their log and the fall detector, with a controller that only stands."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

import surefoot as sf
from surefoot.control.log import LogWriter
from surefoot.data import InputError, RobotState
from surefoot.sim import Event, Log, Simulation, Tick, run, run_walk
from surefoot.sim.command_check import wrong_command
from surefoot.sim.falls import FallDetector

GO2 = sf.load_robot("go2")


@dataclass
class StubTimings:
    step_us: float = 100.0
    nmpc_ms: float | None = None


class PoseController:
    """Moves the joints to the nominal posture and holds them; knows the truth or guesses."""

    plan = None

    def __init__(self, robot: sf.RobotModel) -> None:
        self.robot = robot
        self.command = sf.VelocityCommand()
        self.gait = "stand"
        self.phase = "passive"
        self.timings = StubTimings()
        self.state: RobotState | None = None
        self.torque = np.zeros(robot.nj)
        self.given: list[RobotState | None] = []
        self._stand_at: float | None = None

    def stand(self) -> None:
        self._stand_at = 1.0
        self.phase = "stand_up"

    def stall(self, duration: float) -> None:
        """It plans nothing that could stall."""

    def step(self, sensors: sf.SensorData, true_state: RobotState | None = None) -> sf.JointCommand:
        robot = self.robot
        self.given.append(true_state)
        assert self._stand_at is not None
        share = np.clip(sensors.time / self._stand_at, 0.0, 1.0)
        if share == 1.0:
            self.phase = "stand"
        q = robot.q_nominal.copy()
        q[7:] = sensors.joint_position
        self.state = true_state or RobotState(
            sensors.time, q, np.zeros(robot.nv), np.ones(robot.nc)
        )
        joints = (1 - share) * robot.q_lying[7:] + share * robot.q_nominal[7:]
        return sf.JointCommand(
            joints, np.zeros(12), np.full(12, 80.0), np.full(12, 3.0), self.torque.copy()
        )


def test_walk_has_the_agreed_figures_and_timeline() -> None:
    controller, simulation = PoseController(GO2), Simulation(GO2, seed=4)
    ticks: list[Tick] = []
    result = run_walk(
        GO2,
        controller,
        simulation,
        command=sf.VelocityCommand(0.3, 0.0, -0.2),
        gait="trot",
        duration=4.0,
        seed=4,
        on_tick=ticks.append,
    )
    figures, log = result.metrics, result.log
    keys = """robot gait seed command survived duration_s rmse_stride_vx bias_vx bias_yaw_rate
        height_std roll_rms_deg pitch_rms_deg slip cost_of_transport torque_saturation estimator
        step_us nmpc_ms real_time_factor"""
    assert set(keys.split()) <= set(figures)
    assert figures["command"] == {"vx": 0.3, "vy": 0.0, "yaw_rate": -0.2}
    assert figures["survived"] is True
    assert figures["fall"] is None
    assert figures["duration_s"] == pytest.approx(4.0)
    # it stands still: its tracking error is the command
    assert figures["bias_vx"] == pytest.approx(-0.3, abs=0.01)
    assert figures["rmse_stride_vx"] == pytest.approx(0.3, abs=0.01)
    assert figures["bias_yaw_rate"] == pytest.approx(0.2, abs=0.02)
    assert figures["cost_of_transport"] is None
    assert figures["swing_height"] is None
    assert figures["torque_saturation"] == 0.0
    assert figures["nmpc_ms"] is None
    assert figures["step_us"]["median"] == 100.0
    assert figures["real_time_factor"] == pytest.approx(0.002 / 100e-6)
    period = 1.0 / GO2.config.control.rate
    assert log.time[0] == pytest.approx(-1.0, abs=2 * period)
    before, after = log.window(0.0, 1.0), log.window(1.0)
    assert not before.command.any()
    np.testing.assert_array_equal(after.command, [[0.3, 0.0, -0.2]] * len(after))
    assert len(ticks) == len(log)
    assert set(log.phase) == {"stand_up", "stand"}
    assert controller.given == [None] * len(log)


def test_log_holds_truth_and_estimate_of_one_instant() -> None:
    controller = PoseController(GO2)
    push = Event(0.2, lambda _, simulation: simulation.push([60.0, 0.0, 0.0], 0.1))
    result = run(controller, Simulation(GO2), duration=0.5, events=[push], true_state=True)
    log = result.log
    np.testing.assert_array_equal(log.q_estimated, log.q)
    np.testing.assert_array_equal(log.v_estimated, log.v)
    pushed = log.time[log.push[:, 0] > 0.0]
    assert pushed[0] == pytest.approx(0.202, abs=1e-6)
    assert len(pushed) == 50
    assert result.stood


def test_log_bears_a_controller_that_has_no_state_yet() -> None:
    class Late(PoseController):
        def step(
            self, sensors: sf.SensorData, true_state: RobotState | None = None
        ) -> sf.JointCommand:
            command = super().step(sensors, true_state)
            if sensors.time < 0.1:
                self.state = None
            return command

    log = run(Late(GO2), Simulation(GO2), duration=0.1).log
    assert np.isnan(log.q_estimated[:50]).all()
    assert np.isfinite(log.q_estimated[50:]).all()


def test_runs_repeat() -> None:
    logs = [run(PoseController(GO2), Simulation(GO2, seed=2), duration=0.3).log for _ in range(2)]
    np.testing.assert_array_equal(logs[0].q, logs[1].q)
    np.testing.assert_array_equal(logs[0].q_estimated, logs[1].q_estimated)


def test_log_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    with LogWriter(path, GO2, lossless=True) as writer:
        log = run(PoseController(GO2), Simulation(GO2), duration=0.1, log=writer).log
    again = Log.load(path)
    assert again.info == log.info
    for item in fields(Log):
        if item.name not in ("info", "plans", "torque_jump"):
            np.testing.assert_array_equal(getattr(again, item.name), getattr(log, item.name))
    assert np.isnan(again.torque_jump).all()  # the file does not hold it
    path.write_bytes(b"no log")
    with pytest.raises(InputError, match="cannot read"):
        Log.load(path)
    with pytest.raises(InputError, match="cannot read"):
        Log.load(tmp_path / "missing.mcap")


def test_a_push_too_hard_is_a_fall() -> None:
    push = Event(0.2, lambda _, simulation: simulation.push([0.0, 1500.0, 0.0], 0.1))
    result = run(PoseController(GO2), Simulation(GO2), duration=3.0, events=[push])
    assert result.fall is not None
    assert 0.2 < result.fall.time < 2.0
    assert result.log.time[-1] <= result.fall.time


def test_each_kind_of_fall_is_seen() -> None:
    simulation = Simulation(GO2)

    def reason(quaternion: list[float]) -> str:
        simulation.reset()
        detector = FallDetector(simulation)
        assert detector.check() is None
        q = simulation.q
        q[2] += 0.5
        q[3:7] = quaternion
        simulation.reset(q=q)
        fall = detector.check()
        return "" if fall is None else fall.reason

    half = np.deg2rad(61.0) / 2
    over = [np.sin(half), 0.0, 0.0, np.cos(half)]
    assert "tilted" in reason(over)
    half = np.deg2rad(59.0) / 2
    assert reason([0.0, np.sin(half), 0.0, np.cos(half)]) == ""
    simulation.reset()
    detector = FallDetector(simulation)
    simulation.reset(lying=True)
    fall = detector.check()
    assert fall is not None
    assert "lower" in fall.reason
    # legs up, belly on the ground on an otherwise allowed height
    simulation.reset()
    detector = FallDetector(simulation)
    detector._nominal = 0.0
    q = GO2.q_nominal.copy()
    q[2], q[7:] = 0.05, np.tile([0.0, 3.0, -2.0], 4)
    simulation.reset(q=q)
    fall = detector.check()
    assert fall is not None
    assert "touches" in fall.reason


def test_a_command_that_is_not_finite_is_a_fall() -> None:
    controller = PoseController(GO2)

    def spoil(target: PoseController, _: Simulation) -> None:
        target.torque[3] = np.nan

    result = run(controller, Simulation(GO2), duration=1.0, events=[Event(0.1, spoil)])  # type: ignore[arg-type]
    assert result.fall is not None
    assert "torque is not finite" in result.fall.reason
    assert result.fall.time == pytest.approx(0.1, abs=0.005)


def test_a_torque_beyond_its_limit_or_a_negative_gain_is_seen() -> None:
    fine = PoseController(GO2)
    fine.stand()
    command = fine.step(Simulation(GO2).sensors())
    assert wrong_command(GO2, command) == ""
    command.torque[2] = -1.01 * GO2.effort_limit[2]
    assert GO2.joint_names[2] in wrong_command(GO2, command)
    command.torque[2], command.kd[0] = 0.0, -1.0
    assert "negative gain" in wrong_command(GO2, command)


def test_a_robot_that_never_stands_is_told_so() -> None:
    controller = PoseController(GO2)
    controller.stand = lambda: setattr(controller, "_stand_at", 1e9)  # type: ignore[method-assign]
    result = run_walk(
        GO2,
        controller,
        Simulation(GO2),
        command=sf.VelocityCommand(),
        gait="trot",
        duration=1.0,
    )
    assert not result.run.stood
    assert result.metrics["survived"] is False
    assert "did not stand" in result.metrics["fall"]["reason"]
    assert result.metrics["rmse_stride_vx"] is None


def test_wrong_input() -> None:
    controller, simulation = PoseController(GO2), Simulation(GO2)
    with pytest.raises(InputError, match="no gait 'moonwalk'"):
        run_walk(
            GO2,
            controller,
            simulation,
            command=sf.VelocityCommand(),
            gait="moonwalk",
            duration=1.0,
        )
    with pytest.raises(InputError, match="duration"):
        run(controller, simulation, duration=-1.0)
