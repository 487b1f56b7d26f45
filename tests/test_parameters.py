"""Tuning by name: what is offered, what is refused, and that a change is as if the file said so."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot._cpp import control as cpp
from surefoot.control.export import export_robot
from surefoot.control.log import LogReader, LogWriter
from surefoot.control.replay import replay
from surefoot.data import InputError, RobotError, SensorData
from surefoot.sim import Event, Log, Simulation, run_walk
from surefoot.wbc import tasks

GO2 = sf.load_robot("go2")


def in_file(config: Any, name: str) -> Any:
    """What the robot file says of a parameter."""
    return reduce(getattr, name.split("."), config)


@pytest.mark.parametrize("robot", sf.robot_names())
def test_every_parameter_has_the_name_and_the_value_of_the_robot_file(robot: str) -> None:
    model = sf.load_robot(robot)
    parameters = sf.Controller(model).parameters
    assert {name.split(".")[0] for name in parameters} == {"nmpc", "wbc", "control", "estimator"}
    for name, value in parameters.items():
        np.testing.assert_array_equal(value, in_file(model.config, name), err_msg=name)
        low, high = parameters.limits(name)
        assert low <= np.min(value) <= np.max(value) < high
        assert high == pytest.approx(model.config.control.tuning_span * np.max(value))
    for name in ("nmpc.base_position", "nmpc.terminal", "wbc.force_weight", "control.hold_kp"):
        assert name in parameters
    assert len(parameters) == len(set(parameters)) > 50


def test_zero_is_allowed_just_where_the_robot_file_allows_it(tmp_path: Path) -> None:
    for name, value in sf.Controller(GO2).parameters.items():
        section, key = name.rsplit(".", 1)
        if np.ndim(value) == 1:
            continue  # of vectors any number may be zero
        path = tmp_path / "zero.toml"
        path.write_text(f'extends = "go2.toml"\n[{section}]\n{key} = 0.0\n')
        least = sf.Controller(GO2).parameters.limits(name)[0]
        if least == 0.0 and key not in ("swing_kp", "swing_kd", "posture_kp", "posture_kd"):
            sf.load_robot(path)
        elif least > 0.0:
            with pytest.raises(RobotError, match=f"{name}.*greater than 0"):
                sf.load_robot(path)


def test_a_change_is_told_and_reset_takes_it_back() -> None:
    controller = sf.Controller(GO2)
    parameters = controller.parameters
    parameters["wbc.swing_kp"] = 400.0
    wanted = 1.5 * np.array(GO2.config.nmpc.base_position)
    parameters["nmpc.base_position"] = wanted
    assert controller.wbc.stack["swing"].kp == 400.0  # type: ignore[attr-defined]
    np.testing.assert_array_equal(parameters["nmpc.base_position"], wanted)
    swing, base = parameters.changes
    assert (swing.name, swing.before, swing.value) == (
        "wbc.swing_kp",
        GO2.config.wbc.swing_kp,
        400.0,
    )
    np.testing.assert_array_equal(base.value, wanted)
    controller.reset()
    assert controller.parameters["wbc.swing_kp"] == GO2.config.wbc.swing_kp
    assert controller.parameters.changes == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("wbc.swing_kq", 1.0, "unknown.*wbc.swing_kp"),
        ("waltz", 1.0, "unknown"),
        ("wbc.base_kp", 1.0, "shape"),
        ("wbc.swing_kp", float("nan"), "NaN"),
        ("wbc.swing_kp", -1.0, r"wbc.swing_kp: -1 is outside \[0, 3500\]"),
        ("wbc.swing_weight", 0.0, r"wbc.swing_weight: 0 is outside \[10, 1000\]"),
        ("nmpc.force", 1.0, r"nmpc.force: 1 is outside \[0.0001, 0.01\]"),
        ("nmpc.base_position", [1.0, 1e5, 1.0], r"nmpc.base_position: 100000 is outside"),
        ("estimator.contact_noise", 1e9, r"estimator.contact_noise: 1e\+09 is outside"),
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    name: str, value: float, message: str
) -> None:
    controller = sf.Controller(GO2)
    before = {key: np.array(item) for key, item in controller.parameters.items()}
    with pytest.raises(InputError, match=message):
        controller.parameters[name] = value
    for key, item in controller.parameters.items():
        np.testing.assert_array_equal(item, before[key])
    assert controller.parameters.changes == []


def test_tasks_of_ones_own_are_tuned_like_the_others() -> None:
    controller = sf.Controller(GO2)
    stack = controller.wbc.stack
    hand = tasks.FramePosition("FL_foot", kp=30.0, name="reach")
    controller.wbc.stack = sf.wbc.Stack([*stack.levels, [hand]], limits=stack.limits)
    np.testing.assert_array_equal(controller.parameters["wbc.reach_kp"], [30.0] * 3)
    controller.parameters["wbc.reach_kp"] = [10.0, 20.0, 40.0]
    np.testing.assert_array_equal(hand.kp, [10.0, 20.0, 40.0])
    controller.wbc.stack = stack
    assert "wbc.reach_kp" not in controller.parameters


def test_what_the_file_leaves_out_stays_out(tmp_path: Path) -> None:
    path = tmp_path / "without.toml"
    path.write_text('extends = "go2.toml"\n[nmpc]\njoint_torque_limit = 0.0\n')
    parameters = sf.Controller(sf.load_robot(path)).parameters
    assert parameters.limits("nmpc.joint_torque_limit") == (0.0, 0.0)


# -- as if the file had said so --------------------------------------------------------------


@pytest.fixture(scope="module")
def samples() -> list[tuple[SensorData, Any]]:
    """What a robot that stands up, shifts its posture, trots and stops saw, and was asked."""
    seen: list[tuple[SensorData, Any]] = []
    controller, simulation = sf.Controller(GO2), Simulation(GO2, seed=3)
    sensors = simulation.reset(lying=True)
    for k in range(2000):
        asked = {0: "stand", 1400: "posture", 1500: "trot", 1900: "sit"}.get(k)
        seen.append((sensors, asked))
        ask(controller, asked)
        sensors = simulation.step(controller.step(sensors), 0.002)
    return seen


def ask(controller: sf.Controller, asked: str | None) -> None:
    if asked == "stand":
        controller.stand()
    elif asked == "posture":
        controller.posture = sf.PostureCommand(height=-0.02, pitch=0.1)
    elif asked == "trot":
        controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    elif asked == "sit":
        controller.sit()


def commands(controller: sf.Controller, samples: list[tuple[SensorData, Any]]) -> np.ndarray:
    rows = []
    for sensors, asked in samples:
        ask(controller, asked)
        command = controller.step(sensors)
        assert controller.timings.allocations == 0
        rows.append([*command.torque, *command.position, *command.kp, *command.kd])
    return np.array(rows)


def factors(names: Any) -> dict[str, float]:
    """A factor of its own for each parameter."""
    return {name: (0.8, 1.3, 0.9, 1.15)[i % 4] for i, name in enumerate(names)}


@pytest.mark.parametrize("section", ["nmpc", "wbc", "control", "estimator"])
def test_a_change_is_as_if_the_robot_file_had_said_so(
    section: str, samples: list[tuple[SensorData, Any]], tmp_path: Path
) -> None:
    tuned = sf.Controller(GO2)
    lines = []
    for name, factor in factors(n for n in tuned.parameters if n.startswith(section)).items():
        value = factor * np.asarray(tuned.parameters[name])
        tuned.parameters[name] = value
        lines.append(f"{name} = {value.tolist()}\n")
    path = tmp_path / "tuned.toml"
    path.write_text('extends = "go2.toml"\n' + "".join(lines))
    again = commands(tuned, samples)
    np.testing.assert_array_equal(again, commands(sf.Controller(sf.load_robot(path)), samples))
    before = commands(sf.Controller(GO2), samples)
    assert not np.array_equal(again, before)


def test_the_thread_takes_the_weights_and_no_tick_allocates(
    samples: list[tuple[SensorData, Any]],
) -> None:
    """Where the base's height weighs nothing any more, the planned height follows the state."""
    import time

    heights = []
    for weight in (500.0, 5000.0):
        controller = sf.Controller(GO2, sf.ControllerOptions(nmpc="thread"))
        for k, (sensors, asked) in enumerate(samples[:1700]):
            ask(controller, asked)
            if k > 1500:  # leave the thread time for its solves
                time.sleep(0.004)
            if k == 1600:
                controller.parameters["nmpc.base_position"] = [50.0, 50.0, weight]
            controller.step(sensors)
            assert controller.timings.allocations == 0
        plan = controller.plan
        assert plan is not None
        assert controller.timings.failed_solves == 0
        heights.append(plan.states[-1, 8] - plan.states[0, 8])
    assert heights[0] != heights[1]


def test_a_cpp_controller_has_the_same_parameters() -> None:
    """Those of `surefoot robots export`, which C++ programs read."""
    assert "control.tuning_span 10\n" in export_robot(GO2)
    core = cpp.parse_robot(export_robot(GO2))
    assert core.control.tuning_span == GO2.config.control.tuning_span


# -- log and replay --------------------------------------------------------------------------


def test_a_run_in_which_everything_was_changed_is_replayed_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "tuned.mcap"

    def change(**values: Any) -> Any:
        def apply(controller: Any, _: Any) -> None:
            for name, value in values.items():
                controller.parameters[name.replace("__", ".")] = value

        return apply

    def shift(controller: Any, _: Any) -> None:
        controller.posture = sf.PostureCommand(height=-0.03, roll=0.05)

    def hurry(controller: Any, _: Any) -> None:
        controller.gait = "pace"
        controller.command = sf.VelocityCommand(vx=0.2, yaw_rate=-0.3)

    events = [
        Event(0.2, change(nmpc__base_position=[80.0, 30.0, 800.0], wbc__swing_kp=500.0)),
        Event(0.5, change(estimator__contact_noise=0.001, wbc__joint_kd=1.5)),
        Event(0.6, hurry),
        Event(0.9, change(nmpc__foothold=300.0, control__linear_acceleration=1.0)),
        Event(1.0, lambda controller, _: setattr(controller, "gait", "stand")),
        Event(1.9, shift),
        Event(2.1, change(control__posture_speed=0.5, wbc__base_kp=[90.0] * 6)),
    ]
    with LogWriter(path, GO2, lossless=True) as log:
        run_walk(
            GO2,
            sf.Controller(GO2),
            Simulation(GO2, seed=4),
            command=sf.VelocityCommand(vx=0.3),
            gait="trot",
            duration=2.5,
            events=events,
            log=log,
        )
    told = [(tick, item) for tick in LogReader(path).ticks() for item in tick.tuned]
    assert [item["name"] for _, item in told] == [
        "nmpc.base_position",
        "wbc.swing_kp",
        "estimator.contact_noise",
        "wbc.joint_kd",
        "nmpc.foothold",
        "control.linear_acceleration",
        "control.posture_speed",
        "wbc.base_kp",
    ]
    np.testing.assert_array_equal(told[0][1]["value"], [80.0, 30.0, 800.0])
    assert all(item["time"] == tick.sensors.time for tick, item in told)
    gaps = np.diff([item["time"] for _, item in told])
    np.testing.assert_allclose(gaps, [0.0, 0.3, 0.0, 0.4, 0.0, 1.2, 0.0], atol=2e-3)

    result = replay(path, GO2)
    assert result.difference is None
    assert result.ticks == len(Log.load(path))

    class Untuned(LogReader):
        def ticks(self) -> Any:
            for tick in super().ticks():
                tick.tuned.clear()
                yield tick

    difference = replay(Untuned(path), GO2).difference
    assert difference is not None
    assert difference.time >= told[0][1]["time"]
