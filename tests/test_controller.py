"""The closed loop in simulation: phases, walking, and wrong input."""

from __future__ import annotations

import time

import numpy as np
import pytest
from closed_loop import TICK, run

import surefoot as sf
from surefoot.data import InputError


@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c"])
def test_stands_up_trots_stops_and_sits(name: str) -> None:
    robot = sf.load_robot(name)
    simulation = sf.sim.Simulation(robot, seed=3)
    controller = sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    sensors = run(simulation, controller, sensors, 0.5)
    assert controller.phase == "passive"

    controller.stand()
    sensors = run(simulation, controller, sensors, 4.5)
    assert controller.phase == "stand"
    height = robot.config.posture.height
    assert simulation.q[2] == pytest.approx(height, abs=0.02)
    vertical_force = simulation.contact_forces[:, 2].sum()
    assert vertical_force == pytest.approx(robot.mass * 9.81, rel=0.05)

    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.3)
    sensors = run(simulation, controller, sensors, 6.5)
    assert controller.phase == "walk"
    start = simulation.q[0]
    sensors = run(simulation, controller, sensors, 8.5)
    assert simulation.q[0] - start == pytest.approx(0.6, abs=0.1)
    assert simulation.q[2] == pytest.approx(height, abs=0.03)

    controller.sit()
    sensors = run(simulation, controller, sensors, 15.0)
    assert controller.phase == "passive"
    assert simulation.q[2] < 0.6 * height
    phases = [transition.after.value for transition in controller.history]
    assert phases == ["stand_up", "stand", "walk", "stop", "stand", "sit", "passive"]


def test_g1_stands_for_ten_seconds() -> None:
    robot = sf.load_robot("g1")
    simulation = sf.sim.Simulation(robot, seed=3)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
    controller.stand()
    run(simulation, controller, simulation.reset(), 12.0)
    assert controller.phase == "stand"
    assert simulation.q[2] == pytest.approx(robot.config.posture.height, abs=0.03)


@pytest.mark.parametrize("name", ["g1", "talos"])
def test_a_humanoid_walks_on_two_feet(name: str) -> None:
    robot = sf.load_robot(name)
    simulation = sf.sim.Simulation(robot, seed=1, self_collision=True)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
    controller.stand()
    sensors = run(simulation, controller, simulation.reset(), 4.0)
    assert controller.phase == "stand"
    controller.gait, controller.command = "walk", sf.VelocityCommand(vx=0.3)
    y = simulation.q[1]
    sensors = run(simulation, controller, sensors, 6.0)
    assert simulation.q[1] == pytest.approx(y, abs=0.12)  # the weight shifts before the first step
    sensors = run(simulation, controller, sensors, 8.0)  # it has caught up what it lost at first
    begin, lifted, apart = simulation.q, np.zeros(robot.nc), np.inf
    while simulation.time < 11.0:
        sensors = run(simulation, controller, sensors, simulation.time + 0.02)
        feet = np.array([frame.translation for frame in robot.contact_frames(simulation.q)])
        lifted = np.maximum(lifted, feet[:, 2])
        apart = min(apart, feet[0, 1] - feet[1, 1])
    assert simulation.q[0] - begin[0] == pytest.approx(0.9, abs=0.1)
    assert simulation.q[1] == pytest.approx(begin[1], abs=0.1)
    assert simulation.q[2] == pytest.approx(robot.config.posture.height, abs=0.03)
    assert (lifted > 0.06).all()  # both feet step, they do not shuffle
    assert apart > sum(contact.half_width for contact in robot.contacts)

    controller.command = sf.VelocityCommand()
    run(simulation, controller, sensors, 14.0)
    assert controller.phase == "stand"


def test_same_seed_gives_the_same_walk() -> None:
    ends = []
    for _ in range(2):
        robot = sf.load_robot("go2")
        simulation = sf.sim.Simulation(robot, seed=5)
        controller = sf.Controller(robot)
        controller.stand()
        controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.3, yaw_rate=0.3)
        run(simulation, controller, simulation.reset(lying=True), 5.0)
        ends.append(np.concatenate([simulation.q, simulation.v]))
    np.testing.assert_array_equal(ends[0], ends[1])


def test_wrong_input_gives_one_clear_error() -> None:
    robot = sf.load_robot("go2")
    controller = sf.Controller(robot)
    sensors = sf.sim.Simulation(robot, seed=0).reset(lying=True)
    controller.step(sensors)
    with pytest.raises(InputError, match="time"):
        controller.step(sensors)
    sensors.time += TICK
    sensors.gyro = np.zeros(4)
    with pytest.raises(InputError, match=r"sensors\.gyro.*shape"):
        controller.step(sensors)
    with pytest.raises(InputError, match=r"gallopp.*known: .*trot"):
        controller.gait = "gallopp"
    with pytest.raises(InputError, match="VelocityCommand"):
        controller.command = 0.5  # type: ignore[assignment]


@pytest.mark.parametrize(
    "field", ["gyro", "accelerometer", "joint_position", "joint_velocity", "foot_force"]
)
def test_not_a_number_never_reaches_a_command(field: str) -> None:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=1)
    controller = sf.Controller(robot)
    controller.stand()
    sensors = run(simulation, controller, simulation.reset(lying=True), 3.5)
    for _ in range(10):
        if getattr(sensors, field) is not None:
            getattr(sensors, field)[0] = np.nan
        command = controller.step(sensors)
        assert np.isfinite(command.torque).all()
        assert np.isfinite(command.position).all()
        sensors = simulation.step(command, TICK)
    run(simulation, controller, sensors, 4.5)
    assert controller.phase == "stand"
    assert simulation.q[2] > 0.8 * robot.config.posture.height


def test_a_tick_allocates_nothing_its_solve_included() -> None:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=2)
    controller = sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    controller.stand()
    solved = 0
    while simulation.time < 7.0:
        if simulation.time > 3.5:
            controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
        if simulation.time > 5.0:
            controller.command = sf.VelocityCommand()
        command = controller.step(sensors)
        timings = controller.timings
        assert timings.allocations == 0
        solved += timings.nmpc_ms is not None
        sensors = simulation.step(command, TICK)
    assert solved > 150
    phases = [transition.after.value for transition in controller.history]
    assert phases == ["stand_up", "stand", "walk", "stop", "stand"]


def test_a_command_stays_as_it_is_for_as_long_as_anybody_holds_a_part_of_it() -> None:
    robot = sf.load_robot("go2")
    simulation, controller = sf.sim.Simulation(robot, seed=0), sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    controller.stand()
    held, copies, arrays = [], [], set()
    for tick in range(1500):
        command = controller.step(sensors)
        sensors = simulation.step(command, TICK)
        arrays.add(id(command.torque))
        if tick % 50 == 0:
            held.append((command.position, command.torque[2:4], memoryview(command.kp)))
            copies.append([np.array(part) for part in held[-1]])
    for parts, expected in zip(held, copies, strict=True):
        for part, values in zip(parts, expected, strict=True):
            np.testing.assert_array_equal(part, values)
    assert len(arrays) < 100  # arrays that nobody holds are filled again


def test_what_was_done_to_a_command_does_not_reach_the_next_ones() -> None:
    robot = sf.load_robot("go2")
    simulation, controller = sf.sim.Simulation(robot, seed=0), sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    for _ in range(10):
        command = controller.step(sensors)
        sensors = simulation.step(command, TICK)
        for name in ("position", "velocity", "kp", "kd", "torque"):
            array = getattr(command, name)
            assert array.shape == (robot.nj,)
            assert array.dtype == float
            assert array.flags.writeable
        command.position.setflags(write=False)
        command.kd.resize(3, 4)
        command.torque.resize(24, refcheck=False)


def test_every_change_and_every_refusal_says_why() -> None:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=4)
    controller = sf.Controller(robot)
    sensors = simulation.reset(lying=True)
    assert controller.refusal is None
    controller.stand()
    sensors = run(simulation, controller, sensors, 0.1)
    refusal = controller.refusal
    assert refusal is not None
    assert (refusal.before, refusal.after) == ("passive", "stand_up")
    assert "not ready" in refusal.reason or "settled for" in refusal.reason
    sensors = run(simulation, controller, sensors, 4.0)
    assert controller.phase == "stand"
    controller.damp()
    sensors = run(simulation, controller, sensors, 4.1)
    assert controller.phase == "damping"
    assert controller.history[-1].reason == "damp() was called"
    sensors = run(simulation, controller, sensors, 6.0)
    controller.stand()  # a robot that has sunk down may stand up again
    run(simulation, controller, sensors, 9.5)
    assert controller.phase == "stand"


def test_walks_with_the_nmpc_in_its_own_thread() -> None:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=6)
    controller = sf.Controller(robot, sf.ControllerOptions(nmpc="thread"))
    sensors = simulation.reset(lying=True)
    controller.stand()
    sensors = run(simulation, controller, sensors, 3.5)
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.4)
    # Never faster than the wall clock that the thread keeps to; slower does no harm.
    while simulation.time < 7.5:
        begin = time.perf_counter()
        command = controller.step(sensors)
        assert controller.timings.allocations == 0
        sensors = simulation.step(command, TICK)
        time.sleep(max(0.0, TICK - (time.perf_counter() - begin)))
    assert controller.phase == "walk"
    assert controller.timings.solves > 100
    assert controller.timings.failed_solves == 0
    assert simulation.q[0] > 1.0
    assert simulation.q[2] == pytest.approx(robot.config.posture.height, abs=0.03)
    controller.reset()  # the thread ends with its controller


@pytest.mark.parametrize(
    ("name", "value"),
    [("nmpc", "waltz"), ("nmpc_rate", -1.0), ("thread_priority", 100), ("thread_cpu", -1)],
)
def test_a_wrong_option_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        sf.ControllerOptions(**{name: value})  # type: ignore[arg-type]
