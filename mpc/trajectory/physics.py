"""What a trajectory means for the robot, by Pinocchio: torques, contact motion, plan samples."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from surefoot.data import Array, InputError, PlanSample
from surefoot.mpc.trajectory.trajectory import Trajectory
from surefoot.robots import RobotModel


class TrajectoryPhysics:
    """Evaluates a trajectory on its robot.

    Parameters
    ----------
    robot
        That the trajectory is of.
    trajectory
        The motion.

    Raises
    ------
    InputError
        If they do not fit each other.
    """

    def __init__(self, robot: RobotModel, trajectory: Trajectory) -> None:
        if (
            trajectory.q.shape[1] != robot.nq
            or trajectory.forces.shape[1] != robot.nc
            or trajectory.info.get("joint_names") != list(robot.joint_names)
        ):
            raise InputError("trajectory", f"does not fit the robot '{robot.name}'")
        self._robot, self._trajectory = robot, trajectory
        self._model = pin.Model(robot.pin_model)
        self._frames = [
            self._model.addFrame(
                pin.Frame(f"sole {c.name}", c.joint + 2, 0, c.placement, pin.FrameType.OP_FRAME)
            )
            for c in robot.contacts
        ]
        self._data = self._model.createData()

    def generalized_forces(self, time: float) -> Array:
        """(nv,) what the motion needs besides the contact forces (recursive Newton-Euler): zero in
        the first six rows if the motion is possible, joint torques in the others, N m."""
        q, v, a = self._trajectory.at(time)
        needed = pin.rnea(self._model, self._data, q, v, a)
        pin.computeJointJacobians(self._model, self._data, q)
        pin.updateFramePlacements(self._model, self._data)
        forces = self._trajectory.forces[self._trajectory.interval(time)]
        for frame, force in zip(self._frames, forces, strict=True):
            jacobian = pin.getFrameJacobian(self._model, self._data, frame, pin.LOCAL_WORLD_ALIGNED)
            needed = needed - jacobian.T @ force
        return np.asarray(needed)

    def sample(self, time: float) -> PlanSample:
        """What a whole-body controller is to track at one instant.

        Parameters
        ----------
        time
            s; held at the trajectory's ends outside of it.
        """
        q, v, a = self._trajectory.at(time)
        model, data = self._model, self._data
        pin.forwardKinematics(model, data, q, v, a)
        pin.updateFramePlacements(model, data)
        k = self._trajectory.interval(time)
        standing = self._trajectory.contacts[k]
        axes = pin.LOCAL_WORLD_ALIGNED
        positions, orientations, velocities, accelerations = [], [], [], []
        for frame, stands in zip(self._frames, standing, strict=True):
            placement = data.oMf[frame]
            positions.append(placement.translation.copy())
            orientations.append(pin.Quaternion(placement.rotation).coeffs())
            still = np.zeros(3)
            velocity = pin.getFrameVelocity(model, data, frame, axes).linear
            acceleration = pin.getFrameClassicalAcceleration(model, data, frame, axes).linear
            velocities.append(still if stands else velocity)
            accelerations.append(still if stands else acceleration)
        rotation = pin.Quaternion(q[3:7]).matrix()
        classical = a[:3] + np.cross(v[3:6], v[:3])
        return PlanSample(
            time=time,
            base_position=q[:3],
            base_orientation=q[3:7],
            base_velocity=np.concatenate([rotation @ v[:3], rotation @ v[3:6]]),
            base_acceleration=np.concatenate([rotation @ classical, rotation @ a[3:6]]),
            joint_position=q[7:],
            joint_velocity=v[6:],
            contacts=standing.copy(),
            forces=self._trajectory.forces[k].copy(),
            contact_position=np.array(positions),
            contact_velocity=np.array(velocities),
            contact_acceleration=np.array(accelerations),
            contact_orientation=np.array(orientations),
        )
