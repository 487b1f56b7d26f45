"""The simulated robot in a process of its own."""

from __future__ import annotations

import os
import pickle
import signal
import time

import numpy as np
import pytest

import surefoot as sf
from surefoot.control import RobotInterface
from surefoot.data import InputError, SurefootError
from surefoot.sim.mailbox import Mailbox
from surefoot.sim.motors import limp

GO2 = sf.load_robot("go2")


def test_mailbox_gives_the_newest_whole_message() -> None:
    box = Mailbox(4)
    assert box.get() is None
    box.put(b"past")
    box.put(b"here")
    assert box.get() == (2, b"here")
    box._memory[-1:] = b"!"  # as if the other side were just writing
    assert box.get() is None
    with pytest.raises(ValueError, match="5 bytes"):
        box.put(b"there")
    box.close()


@pytest.mark.parametrize("name", ["go2", "g1"])
def test_a_robot_comes_through_a_pickle(name: str) -> None:
    robot = sf.load_robot(name)
    again = pickle.loads(pickle.dumps(robot))
    assert again.config == robot.config
    assert again.joint_names == robot.joint_names
    assert again.description.nj == robot.description.nj
    np.testing.assert_array_equal(again.q_lying, robot.q_lying)


def test_robot_is_held_until_its_first_command_and_then_goes_on_by_itself() -> None:
    with sf.sim.RobotProcess(GO2, lying=False, seed=3) as robot:
        assert isinstance(robot, RobotInterface)
        time.sleep(0.1)
        assert robot.time == 0.0
        first = robot.read()
        assert first.time == 0.0
        assert first.foot_force is not None
        assert first.orientation is None or first.orientation.shape == (4,)
        height = robot.q[2]
        robot.write(limp(GO2.nj))
        robot.push([0.0, 40.0, 0.0], 10.0)
        robot.wait_until(0.5)
        assert 0.5 <= robot.time < 0.6
        sample = robot.read()
        assert 0.0 < robot.time - sample.time < 0.1
        assert robot.q[2] < height - 0.05  # limp, it has sunk to the ground
        np.testing.assert_array_equal(robot.pushing_force, [0.0, 40.0, 0.0])
        assert robot.v.shape == (GO2.nv,)
        assert robot.contact_forces.shape == (GO2.nc, 6)


def test_time_stands_still_where_the_simulation_cannot_go_on() -> None:
    with sf.sim.RobotProcess(GO2, lying=False) as robot:
        robot.write(limp(GO2.nj))
        robot.wait_until(0.2)
        os.kill(robot._process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(robot._process.pid, signal.SIGCONT)
        time.sleep(0.1)
        assert robot.read().time < 0.5
        before = robot.time
        time.sleep(0.8)
        robot.read()
        assert robot.time >= before  # it does not go back
        assert 0.0 <= robot.time - robot.read().time < 0.1


def test_samples_are_those_of_the_simulation() -> None:
    simulation = sf.sim.Simulation(GO2, seed=3)
    expected = simulation.reset(lying=False)
    with sf.sim.RobotProcess(GO2, lying=False, seed=3) as robot:
        found = robot.read()
    for name in ("gyro", "accelerometer", "joint_position", "joint_velocity", "joint_torque"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_what_is_wrong_is_one_clear_error() -> None:
    with pytest.raises(InputError, match="rate"):
        sf.sim.RobotProcess(GO2, rate=0.0)
    with pytest.raises(SurefootError, match="friction"):
        sf.sim.RobotProcess(GO2, friction=-1.0)
    with sf.sim.RobotProcess(GO2) as robot:
        robot._process.kill()
        robot._process.wait()
        robot.read()  # the sample that is there
        with pytest.raises(SurefootError, match="ended"):
            robot.read()
