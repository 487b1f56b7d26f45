"""The whole-body controller in MuJoCo: both modes walk, its dynamics are MuJoCo's, ramps work."""

from __future__ import annotations

from typing import Literal

import mujoco
import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot.cli._wbc_ticks import Tick, record
from surefoot.data import RobotState
from surefoot.wbc import WbcStatus, WholeBodyController, standing_sample

TICK = 0.002


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_go2_trots_in_both_modes(mode: Literal["weighted", "strict"]) -> None:
    robot = sf.load_robot("go2")
    simulation = sf.sim.Simulation(robot, seed=4)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True, wbc_mode=mode))
    sensors = simulation.reset()
    controller.stand()
    start = 0.0
    while simulation.time < 4.5 - 1e-9:
        if controller.phase == "stand" and simulation.time > 1.0:
            controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.3)
        if abs(simulation.time - 3.0) < 0.5 * TICK:
            start = simulation.q[0]
        sensors = simulation.step(controller.step(sensors), TICK)
    assert controller.wbc.mode == mode
    assert controller.phase == "walk"
    assert simulation.q[0] - start == pytest.approx(0.45, abs=0.1)
    assert simulation.q[2] == pytest.approx(robot.config.posture.height, abs=0.03)


def test_friction_cones_follow_the_slope_that_go2_walks_on() -> None:
    robot, ground = sf.load_robot("go2"), sf.sim.terrain.slope(0.25, "across")
    simulation = sf.sim.Simulation(robot, terrain=ground, seed=4)
    controller = sf.Controller(robot, sf.ControllerOptions(hold_at_start=True))
    sensors = simulation.reset()
    controller.stand()
    while simulation.time < 5.0 - 1e-9:
        if controller.phase == "stand" and simulation.time > 1.5:
            controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.3)
        sensors = simulation.step(controller.step(sensors), TICK)
    assert controller.phase == "walk"
    assert controller.sample is not None
    # In the base's axes, where forces act: the estimated world may be turned against the true one.
    believed, true = (pin.Quaternion(q[3:7]).matrix() for q in (controller.state.q, simulation.q))
    cosines = controller.sample.contact_normal @ believed @ (true.T @ ground.normal(0.0, 0.0))
    assert np.arccos(cosines.min()) < 0.1 * 0.25


@pytest.mark.parametrize("mode", ["weighted", "strict"])
@pytest.mark.parametrize("name", ["go2", "g1"])
def test_inverse_dynamics_agree_with_mujoco(name: str, mode: Literal["weighted", "strict"]) -> None:
    """Its accelerations and contact forces, put into mj_inverse, need its torques."""
    robot = sf.load_robot(name)
    simulation = sf.sim.Simulation(robot)
    simulation.reset()
    model, rng = simulation.mujoco_model, np.random.default_rng(5)
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    data = mujoco.MjData(model)
    wbc = WholeBodyController(robot, mode)
    sample = standing_sample(robot, robot.q_nominal)
    compared = 0
    for _ in range(10):
        wbc.reset()
        step = np.concatenate([0.02 * rng.normal(size=6), 0.04 * rng.normal(size=robot.nj)])
        q = pin.integrate(robot.pin_model, robot.q_nominal, step)
        v = 0.1 * rng.normal(size=robot.nv)
        result = wbc.solve(RobotState(0.0, q, v, np.ones(robot.nc)), sample, sample.contacts)
        if result.status is not WbcStatus.SOLVED:
            continue
        R = pin.Quaternion(q[3:7]).toRotationMatrix()
        data.qpos[:7] = np.r_[q[:3], q[6], q[3:6]]
        data.qvel[:6] = np.r_[R @ v[:3], v[3:6]]
        linear = result.acceleration[:3] + np.cross(v[3:6], v[:3])
        data.qacc[:6] = np.r_[R @ linear, result.acceleration[3:6]]
        place = [model.joint(joint) for joint in robot.joint_names]
        for k, joint in enumerate(place):
            data.qpos[joint.qposadr[0]] = q[7 + k]
            data.qvel[joint.dofadr[0]] = v[6 + k]
            data.qacc[joint.dofadr[0]] = result.acceleration[6 + k]
        mujoco.mj_inverse(model, data)
        pushed = np.zeros(model.nv)
        geometry = pin.Model(robot.pin_model).createData()
        pin.forwardKinematics(robot.pin_model, geometry, q)
        for contact, wrench in zip(robot.contacts, result.forces, strict=True):
            origin = geometry.oMi[contact.joint + 2].act(contact.placement).translation
            point = origin - np.array([0.0, 0.0, contact.radius])
            body = int(model.jnt_bodyid[model.joint(robot.joint_names[contact.joint]).id])
            mujoco.mj_applyFT(model, data, wrench[:3], wrench[3:], point, body, pushed)
        needed = data.qfrc_inverse - pushed
        scale = 1.0 + np.abs(data.qfrc_inverse).max()
        np.testing.assert_allclose(needed[:6], 0.0, atol=1e-8 * scale)
        torque = np.array([needed[joint.dofadr[0]] for joint in place])
        np.testing.assert_allclose(torque, result.torque, atol=1e-8 * scale)
        compared += 1
    assert compared >= 5


def torque_steps(wbc: WholeBodyController, ticks: list[Tick]) -> np.ndarray:
    """Largest change of a torque between ticks, at ticks where a contact switches."""
    wbc.reset()
    torque = np.array([wbc.solve(tick.state, tick.sample, tick.contacts).torque for tick in ticks])
    switched = [
        i for i in range(1, len(ticks)) if (ticks[i].contacts != ticks[i - 1].contacts).any()
    ]
    return np.abs(np.diff(torque, axis=0))[np.array(switched) - 1].max(axis=1)


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_torque_does_not_jump_at_contact_switches(mode: Literal["weighted", "strict"]) -> None:
    """On recorded stepping ticks; without ramps the same ticks jump."""
    robot = sf.load_robot("go2")
    ticks = record(robot, 500)
    wbc = WholeBodyController(robot, mode)
    with_ramps = torque_steps(wbc, ticks)
    wbc._kernel.options.load_time = wbc._kernel.options.unload_time = 0.0
    without = torque_steps(wbc, ticks)
    assert len(with_ramps) >= 2
    assert with_ramps.max() < 0.7 * without.max()
    assert np.median(with_ramps) < 0.7 * np.median(without)
