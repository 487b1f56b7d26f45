"""Samples of the plan: what they promise the whole-body controller goes together physically."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from test_nmpc import standing

import surefoot as sf
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options

GRAVITY = np.array([0.0, 0.0, -9.81])


def contact_rows(model: pin.Model, data: pin.Data, contact: sf.robots.Contact) -> np.ndarray:
    """(3 or 6, nv) velocity Jacobian of a contact, world axes."""
    placement = data.oMi[contact.joint + 2].act(contact.placement)
    at_joint = pin.getJointJacobian(model, data, contact.joint + 2, pin.LOCAL_WORLD_ALIGNED)
    arm = placement.translation - data.oMi[contact.joint + 2].translation
    linear = at_joint[:3] - pin.skew(arm) @ at_joint[3:]
    return np.vstack([linear, at_joint[3:]])[: contact.size]


def contact_drift(
    model: pin.Model, contact: sf.robots.Contact, q: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """d(contact velocity)/dt without acceleration, by central differences along the motion."""
    step, velocities = 1e-6, []
    for sign in (1.0, -1.0):
        data = model.createData()
        pin.computeJointJacobians(model, data, pin.integrate(model, q, sign * step * v))
        velocities.append(contact_rows(model, data, contact) @ v)
    return (velocities[0] - velocities[1]) / (2.0 * step)


@pytest.mark.parametrize(("name", "gait"), [("go2", "trot"), ("g1", "walk")])
def test_base_acceleration_goes_with_forces_and_swinging_limbs(name: str, gait: str) -> None:
    """Pinocchio's momentum rate of the sampled motion is what the sampled forces give."""
    robot = sf.load_robot(name)
    options = nmpc_options(robot)
    nmpc = CentroidalNmpc(robot, options)
    nmpc.gait, nmpc.command = gait, sf.VelocityCommand(0.4, 0.1, 0.2)
    for _ in range(6):
        plan = nmpc.solve(standing(robot))
    model = robot.pin_model
    moved = [6 + i for i in options.joints]
    ignored_limbs = 0.0
    swinging = [k for k in range(2, len(plan.times) - 1) if not plan.contacts[k].all()]
    assert len(swinging) > 5
    for k in swinging[::4]:
        sample = nmpc.sample(plan.times[k])
        q = np.concatenate([sample.base_position, sample.base_orientation, sample.joint_position])
        turn = pin.Quaternion(sample.base_orientation).matrix()
        twist, rate = sample.base_velocity, sample.base_acceleration
        v = np.concatenate([turn.T @ twist[:3], turn.T @ twist[3:], sample.joint_velocity])
        a = np.zeros(robot.nv)
        a[:3] = turn.T @ rate[:3] - np.cross(v[3:6], v[:3])
        a[3:6] = turn.T @ rate[3:]

        data = model.createData()
        pin.computeJointJacobians(model, data, q)
        rows = np.vstack([contact_rows(model, data, c) for c in robot.contacts])
        wanted = np.concatenate(
            [
                np.concatenate([sample.contact_acceleration[i], np.zeros(3)])[: c.size]
                - contact_drift(model, c, q, v)
                for i, c in enumerate(robot.contacts)
            ]
        )
        a[moved] = np.linalg.lstsq(rows[:, moved], wanted - rows @ a, rcond=None)[0]
        np.testing.assert_allclose(rows @ a, wanted, atol=1e-6)
        momentum_rate = pin.computeCentroidalMomentumTimeVariation(model, data, q, v, a).vector

        force = robot.mass * GRAVITY
        moment = np.zeros(3)
        for f, position in zip(sample.forces, robot.contact_positions(q), strict=True):
            force = force + f[:3]
            moment += np.cross(position - data.com[0], f[:3]) + f[3:]
        scale = robot.mass * 9.81
        np.testing.assert_allclose(momentum_rate[:3], force, atol=1e-4 * scale)
        np.testing.assert_allclose(momentum_rate[3:], moment, atol=1e-4 * scale)

        a[6:] = 0.0
        rigid = pin.computeCentroidalMomentumTimeVariation(model, data, q, v, a).vector
        ignored_limbs = max(ignored_limbs, np.abs(rigid[3:] - moment).max())
    assert ignored_limbs > 0.01 * robot.mass * 9.81  # the limbs do matter, or nothing was tested
