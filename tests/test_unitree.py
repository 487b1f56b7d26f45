"""Unitree's messages: joint order, checksum, and the loop over DDS on this computer."""

from __future__ import annotations

import importlib.util
import platform
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot.adapters.unitree import LAYOUTS, UnitreeRobot, fill_command, read_sensors
from surefoot.adapters.unitree.crc import crc32
from surefoot.adapters.unitree.robot import sdk
from surefoot.control import RobotInterface
from surefoot.data import InputError, InstallationError

installed = all(importlib.util.find_spec(name) for name in ("cyclonedds", "unitree_sdk2py"))
needs_sdk = pytest.mark.skipif(
    not installed, reason="unitree-sdk2 and cyclonedds are not installed"
)
GO2, G1 = sf.load_robot("go2"), sf.load_robot("g1")
CASES = pytest.mark.parametrize("robot", [GO2, G1], ids=lambda robot: str(robot.name))


def messages(robot: sf.RobotModel) -> tuple[Any, Any]:
    """A state whose motor i has q = 0.1 i, dq = 0.01 i, tau = -i; and an empty command."""
    family = LAYOUTS[robot.name].family
    default = sdk("idl.default")
    state = getattr(default, f"unitree_{family}_msg_dds__LowState_")()
    for index, motor in enumerate(state.motor_state):
        motor.q, motor.dq, motor.tau_est = 0.1 * index, 0.01 * index, -float(index)
    state.imu_state.quaternion = [0.5, 0.1, 0.2, 0.3]
    state.imu_state.gyroscope = [1.0, 2.0, 3.0]
    state.imu_state.accelerometer = [4.0, 5.0, 9.0]
    return state, getattr(default, f"unitree_{family}_msg_dds__LowCmd_")()


def numbered(robot: sf.RobotModel) -> sf.JointCommand:
    """A command in which every number is another one."""
    n = np.arange(robot.nj, dtype=float)
    return sf.JointCommand(n + 0.25, n + 100.5, n + 200.0, n + 300.0, n - 50.0)


def bit_by_bit(words: tuple[int, ...]) -> int:
    """Unitree's checksum as its documents describe it."""
    crc = 0xFFFFFFFF
    for word in words:
        for bit in range(31, -1, -1):
            high = crc >> 31
            crc = (crc << 1) & 0xFFFFFFFF
            if high ^ ((word >> bit) & 1):
                crc ^= 0x04C11DB7
    return crc


def test_motors_are_found_by_name() -> None:
    go2 = LAYOUTS["go2"]
    assert go2.joints[:4] == ("FR_hip_joint", "FR_thigh_joint", "FR_calf_joint", "FL_hip_joint")
    motors = dict(zip(GO2.joint_names, go2.motors(GO2).tolist(), strict=True))
    assert (motors["FL_calf_joint"], motors["RR_hip_joint"], motors["RL_thigh_joint"]) == (5, 6, 10)
    motors = dict(zip(G1.joint_names, LAYOUTS["g1"].motors(G1).tolist(), strict=True))
    assert motors["right_hip_pitch_joint"] == 6
    assert motors["waist_pitch_joint"] == 14
    assert motors["left_elbow_joint"] == 18
    assert motors["right_wrist_yaw_joint"] == 28
    with pytest.raises(InputError, match="LF_HAA"):
        go2.motors(sf.load_robot("anymal_c"))


def test_checksum_is_the_documented_one() -> None:
    words = np.random.default_rng(1).integers(0, 2**32, 203, dtype=np.uint32)
    assert crc32(words.astype("<u4").tobytes()) == bit_by_bit(tuple(words.tolist()))


@needs_sdk
@CASES
def test_state_becomes_a_sample(robot: sf.RobotModel) -> None:
    state, _ = messages(robot)
    sensors = read_sensors(LAYOUTS[robot.name], robot, state, 3.5)
    motors = LAYOUTS[robot.name].motors(robot)
    np.testing.assert_allclose(sensors.joint_position, 0.1 * motors)
    np.testing.assert_allclose(sensors.joint_velocity, 0.01 * motors)
    assert sensors.joint_torque is not None
    np.testing.assert_allclose(sensors.joint_torque, -motors)
    np.testing.assert_allclose(sensors.orientation, [0.1, 0.2, 0.3, 0.5])  # type: ignore[arg-type]
    np.testing.assert_allclose(sensors.gyro, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(sensors.accelerometer, [4.0, 5.0, 9.0])
    assert sensors.time == 3.5
    assert sensors.foot_force is None


@needs_sdk
def test_foot_forces_are_in_our_order() -> None:
    state, _ = messages(GO2)
    state.foot_force = [10, 20, 30, 40]  # FR FL RR RL
    sensors = read_sensors(LAYOUTS["go2"], GO2, state, 0.0, foot_force_scale=0.5)
    forces = dict(zip(GO2.contact_names, sensors.foot_force, strict=True))  # type: ignore[arg-type]
    assert forces == {"FR": 5.0, "FL": 10.0, "RR": 15.0, "RL": 20.0}


@needs_sdk
@CASES
def test_command_fills_the_message_and_its_checksum(
    robot: sf.RobotModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, message = messages(robot)
    command = numbered(robot)
    fill_command(LAYOUTS[robot.name], robot, message, command, machine=6)
    for joint, name in enumerate(robot.joint_names):
        motor = message.motor_cmd[LAYOUTS[robot.name].joints.index(name)]
        assert motor.mode == 1
        assert (motor.q, motor.dq, motor.tau) == (joint + 0.25, joint + 100.5, joint - 50.0)
        assert (motor.kp, motor.kd) == (joint + 200.0, joint + 300.0)
    for motor in message.motor_cmd[robot.nj :]:
        assert (motor.kp, motor.kd, motor.tau) == (0.0, 0.0, 0.0)
    if robot is GO2:
        assert (list(message.head), message.level_flag) == ([0xFE, 0xEF], 0xFF)
    else:
        assert (message.mode_pr, message.mode_machine) == (0, 6)
    # The SDK's own packing; its compiled checksum is missing in the package, its Python one is not.
    monkeypatch.setattr(platform, "system", lambda: "elsewhere")
    packer = sdk("utils.crc").CRC()
    monkeypatch.undo()
    packer.platform = "elsewhere"
    assert message.crc == packer.Crc(message)


@needs_sdk
def test_the_robot_is_read_and_commanded_over_dds() -> None:
    # in a process of its own: DDS lives as long as its process
    program = "from test_unitree import over_dds; over_dds()"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120.0,
    )
    assert "all came through" in run.stdout, run.stdout + run.stderr


def over_dds() -> None:
    """A robot's side and ours, in one process, over this computer's loopback."""
    domain, loop = 77, "lo"
    channel, types = sdk("core.channel"), sdk("idl.unitree_go.msg.dds_")
    channel.ChannelFactoryInitialize(domain, loop)
    state, _ = messages(GO2)
    received: list[Any] = []
    commands = channel.ChannelSubscriber("rt/lowcmd", types.LowCmd_)
    commands.Init(received.append, 0)
    states = channel.ChannelPublisher("rt/lowstate", types.LowState_)
    states.Init()
    with pytest.raises(InputError, match="no state came"):
        UnitreeRobot(GO2, network_interface=loop, domain=domain, timeout=0.05)

    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.02):
            states.Write(state)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        robot = UnitreeRobot(GO2, network_interface=loop, domain=domain, timeout=20.0)
        assert isinstance(robot, RobotInterface)
        first = robot.read()
        expected = 0.1 * LAYOUTS["go2"].motors(GO2)
        np.testing.assert_allclose(first.joint_position, expected, rtol=1e-6)
        assert robot.time - first.time >= 0.0
        hip = GO2.joint_names.index("FR_hip_joint")  # motor 0
        state.motor_state[0].q = -1.0
        wait_for(lambda: robot.read().joint_position[hip] == -1.0)
        assert robot.read().time > first.time
        command = numbered(GO2)

        def answered() -> bool:
            robot.write(command)
            return bool(received)

        wait_for(answered)
        assert received[-1].motor_cmd[0].q == hip + 0.25
    finally:
        stop.set()
        sender.join()
    sys.stdout.write("all came through\n")
    sys.stdout.flush()


def wait_for(done: Callable[[], bool]) -> None:
    for _ in range(500):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("nothing came through DDS")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no layout of 'anymal_c'"):
        UnitreeRobot(sf.load_robot("anymal_c"))

    def refuse(name: str) -> None:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(InstallationError, match=r"docs/adapters\.md"):
        UnitreeRobot(GO2)


def test_structures_have_the_size_of_the_sdk() -> None:
    from surefoot.adapters.unitree.crc import _STRUCTURES

    go = struct.calcsize("<4B4IH2x" + "B3x5f3I" * 20 + "4B" + "55Bx2I")
    hg = struct.calcsize("<2B2x" + "B3x5fI" * 35 + "5I")
    assert (_STRUCTURES["go"].itemsize, _STRUCTURES["hg"].itemsize) == (go, hg)
