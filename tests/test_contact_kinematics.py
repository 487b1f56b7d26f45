"""Contact kinematics relative to an IMU anywhere on the robot, against Pinocchio."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot._cpp.estimation import ContactKinematics


@pytest.mark.parametrize("name", sf.robot_names())
@pytest.mark.parametrize("imu_joint", [-1, 1, 4])
def test_relative_motion_equals_pinocchio(name: str, imu_joint: int) -> None:
    robot = sf.load_robot(name)
    rng = np.random.default_rng(3)
    placement = pin.SE3.Random()
    kinematics = ContactKinematics(
        robot.description, imu_joint, placement.rotation, placement.translation
    )
    model, q = robot.pin_model, pin.randomConfiguration(robot.pin_model.copy(), *_box(robot))
    dq = rng.normal(size=robot.nj)
    kinematics.update(q[7:], dq)
    step = 1e-6

    def relative(joints: np.ndarray, joint: int, frame: pin.SE3) -> pin.SE3:
        data = model.createData()
        pin.forwardKinematics(model, data, np.concatenate([q[:7], joints]))
        return data.oMi[imu_joint + 2].act(placement).actInv(data.oMi[joint + 2].act(frame))

    frames = [(c.joint, c.placement, kinematics.contact(i)) for i, c in enumerate(robot.contacts)]
    frames.append((-1, pin.SE3.Identity(), kinematics.base))
    for joint, frame, result in frames:
        now = relative(q[7:], joint, frame)
        np.testing.assert_allclose(result.position, now.translation, atol=1e-12)
        np.testing.assert_allclose(result.rotation, now.rotation, atol=1e-12)
        jacobian = np.zeros((6, robot.nj))
        for k in range(robot.nj):
            d = np.zeros(robot.nj)
            d[k] = step
            ahead, behind = relative(q[7:] + d, joint, frame), relative(q[7:] - d, joint, frame)
            jacobian[:3, k] = (ahead.translation - behind.translation) / (2 * step)
            jacobian[3:, k] = pin.log3(ahead.rotation @ behind.rotation.T) / (2 * step)
        dense = np.zeros((6, robot.nj))
        dense[:3, result.joints] = result.linear_jacobian
        dense[3:, result.joints] = result.angular_jacobian
        np.testing.assert_allclose(dense, jacobian, atol=1e-8)
        np.testing.assert_allclose(result.velocity, jacobian[:3] @ dq, atol=1e-7)
        np.testing.assert_allclose(result.angular_velocity, jacobian[3:] @ dq, atol=1e-7)


def _box(robot: sf.RobotModel) -> tuple[np.ndarray, np.ndarray]:
    ones = np.ones(7)
    return (
        np.concatenate([-ones, robot.position_lower]),
        np.concatenate([ones, robot.position_upper]),
    )
