"""A reference for standing still, where no NMPC is asked."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from surefoot.data import Array, PlanSample
from surefoot.robots import RobotModel


def standing_sample(robot: RobotModel, q: Array, time: float = 0.0) -> PlanSample:
    """Plan sample that holds a configuration with every contact on the ground.

    Parameters
    ----------
    robot
        Robot.
    q
        (nq,) configuration to hold.
    time
        s.

    Returns
    -------
    PlanSample
        Zero velocity; the smallest forces that balance the weight.
    """
    nc, nj = robot.nc, robot.nj
    data = robot.pin_model.createData()
    pin.forwardKinematics(robot.pin_model, data, q)
    placements = [data.oMi[c.joint + 2].act(c.placement) for c in robot.contacts]
    com = pin.centerOfMass(robot.pin_model, data, q)
    return PlanSample(
        time=time,
        base_position=q[:3].copy(),
        base_orientation=q[3:7].copy(),
        base_velocity=np.zeros(6),
        base_acceleration=np.zeros(6),
        joint_position=q[7:].copy(),
        joint_velocity=np.zeros(nj),
        contacts=np.ones(nc, dtype=bool),
        forces=_static_forces(robot, com, placements),
        contact_position=np.array([p.translation for p in placements]).reshape(nc, 3),
        contact_velocity=np.zeros((nc, 3)),
        contact_acceleration=np.zeros((nc, 3)),
        contact_orientation=np.array(
            [pin.Quaternion(p.rotation).coeffs() for p in placements]
        ).reshape(nc, 4),
    )


def _static_forces(robot: RobotModel, com: Array, placements: list[pin.SE3]) -> Array:
    """Return (nc, 6) forces of least norm whose sum balances the weight about the CoM."""
    columns = []
    for contact, placement in zip(robot.contacts, placements, strict=True):
        point = placement.translation - np.array([0.0, 0.0, contact.radius])
        grasp = np.eye(6)
        grasp[3:, :3] = pin.skew(point - com)
        columns.append(grasp[:, : contact.size])
    weight = -robot.mass * robot.pin_model.gravity.vector
    stacked = np.linalg.lstsq(np.hstack(columns), weight, rcond=None)[0]
    forces, offset = np.zeros((robot.nc, 6)), 0
    for index, contact in enumerate(robot.contacts):
        forces[index, : contact.size] = stacked[offset : offset + contact.size]
        offset += contact.size
    return forces
