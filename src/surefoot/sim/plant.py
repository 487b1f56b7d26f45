"""A MuJoCo model built from the robot's own tree.

Controller and plant share one description, so their mass matrix and bias forces agree to rounding
(a test checks it for every robot). Bodies carry the name of the joint that moves them, the base is
``"base"``; contact geoms are ``"contact:NAME"``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import pinocchio as pin

from surefoot._cpp.robots import BodyInertia, JointKind
from surefoot.data import SimulationError
from surefoot.robots import RobotModel
from surefoot.sim.conversions import quaternion_wxyz
from surefoot.sim.motors import add_motors
from surefoot.sim.terrain import Terrain

GRAVITY = 9.81

# Contact: critically damped with a time constant of 4 physics steps (4 ms at the usual step): a
# foot's impact is over soon, as on rubber feet, and it penetrates less than 0.1 mm under the
# robot's weight. MuJoCo's constraints leave out what the joint velocities themselves do to the
# Jacobian, so a standing foot creeps by that acceleration times half the time constant: 1 mm/s in a
# turn of 0.5 m/s and 0.5 rad/s at 4 ms. A finer step makes it less.
_CONTACT_STEPS = 4.0
_DAMPING_RATIO = 1.0
_SOLIMP = (0.95, 0.99, 0.001, 0.5, 2.0)
_FRICTION_STIFFNESS = 100.0  # of friction to normal constraints (impratio): little creep in stance
_SOLE_HALF_THICKNESS = 0.01  # of the box that stands for a surface contact, m

_ROBOT_BIT, _GROUND_BIT = 1, 2


@dataclass(frozen=True)
class Payload:
    """A point mass fixed to the base that the controller does not know of.

    Attributes
    ----------
    mass
        kg.
    position
        (3,) in the base frame, m.
    """

    mass: float
    position: tuple[float, float, float]


def build_plant(
    robot: RobotModel,
    *,
    timestep: float,
    friction: float,
    terrain: Terrain,
    self_collision: bool = False,
    payload: Payload | None = None,
) -> Any:
    """Compile a robot on its terrain.

    Parameters
    ----------
    robot
        The robot.
    timestep
        Physics step, s.
    friction
        Coefficient of the ground where the terrain does not say otherwise.
    terrain
        The ground.
    self_collision
        Whether the robot's own geoms collide with each other.
    payload
        Extra mass on the base.

    Returns
    -------
    mujoco.MjModel

    Raises
    ------
    SimulationError
        If MuJoCo refuses the robot, with its reason (an inertia that no body can have, ...).
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    _set_options(spec, timestep)
    solref = [_CONTACT_STEPS * timestep, _DAMPING_RATIO]
    _add_ground(spec, terrain, friction, solref)
    bodies = _add_tree(spec, robot, solref)
    geom = _robot_geom(self_collision, solref)
    _add_contacts(bodies, robot, geom)
    _add_collisions(bodies, robot, geom)
    _add_imu(spec, bodies, robot)
    add_motors(spec, robot)
    if payload is not None:
        load = bodies[-1].add_body(name="payload", pos=list(payload.position))
        load.explicitinertial = True
        load.mass = payload.mass
        load.inertia = np.full(3, payload.mass * 1e-4)  # a small solid, 1 cm radius of gyration
    try:
        return spec.compile()
    except (ValueError, mujoco.FatalError) as error:
        raise SimulationError(f"robot '{robot.name}': MuJoCo refuses its model: {error}") from None


def _set_options(spec: Any, timestep: float) -> None:
    option = spec.option
    option.timestep = timestep
    option.gravity = [0.0, 0.0, -GRAVITY]
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = _FRICTION_STIFFNESS
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.iterations = 50
    option.tolerance = 1e-10
    # A diverged state must be seen, not silently replaced by the initial one.
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)


def _add_ground(spec: Any, terrain: Terrain, friction: float, solref: list[float]) -> None:
    # priority: the ground alone decides friction and stiffness of a contact
    common = {
        "contype": _GROUND_BIT,
        "conaffinity": 0,
        "priority": 1,
        "condim": 3,
        "solref": solref,
        "solimp": list(_SOLIMP),
    }
    if terrain.plane:
        spec.worldbody.add_geom(
            name="ground",
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=[0.0, 0.0, 1.0],
            friction=[friction, 0.0, 0.0],
            **common,
        )
    for i, box in enumerate(terrain.boxes):
        coefficient = friction if box.friction is None else box.friction
        spec.worldbody.add_geom(
            name=f"terrain:{i}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=box.half_extents,
            pos=box.center,
            quat=quaternion_wxyz(box.rotation),
            friction=[coefficient, 0.0, 0.0],
            **common,
        )


def _add_tree(spec: Any, robot: RobotModel, solref: list[float]) -> list[Any]:
    """Add all bodies; `bodies[j]` is joint j's, and `bodies[-1]` is the base."""
    description = robot.description
    base = spec.worldbody.add_body(name="base")
    base.add_freejoint(name="root")
    _set_inertia(base, description.base)
    bodies: list[Any] = []
    for joint in description.joints:
        parent = base if joint.parent < 0 else bodies[joint.parent]
        body = parent.add_body(
            name=joint.name, pos=joint.translation, quat=quaternion_wxyz(joint.rotation)
        )
        _set_inertia(body, joint.body)
        limited = np.isfinite([joint.position_lower, joint.position_upper]).all()
        slide = joint.kind == JointKind.PRISMATIC
        body.add_joint(
            name=joint.name,
            type=mujoco.mjtJoint.mjJNT_SLIDE if slide else mujoco.mjtJoint.mjJNT_HINGE,
            axis=joint.axis,
            armature=joint.armature,
            limited=mujoco.mjtLimited.mjLIMITED_TRUE
            if limited
            else mujoco.mjtLimited.mjLIMITED_FALSE,
            range=[joint.position_lower, joint.position_upper] if limited else [0.0, 0.0],
            solref_limit=solref,
        )
        bodies.append(body)
    return [*bodies, base]


def _set_inertia(body: Any, inertia: BodyInertia) -> None:
    matrix = inertia.inertia
    body.explicitinertial = True
    body.mass = inertia.mass
    body.ipos = inertia.com
    body.fullinertia = [
        matrix[0, 0],
        matrix[1, 1],
        matrix[2, 2],
        matrix[0, 1],
        matrix[0, 2],
        matrix[1, 2],
    ]


def _robot_geom(self_collision: bool, solref: list[float]) -> dict[str, Any]:
    return {
        "contype": _ROBOT_BIT if self_collision else 0,
        "conaffinity": _GROUND_BIT | (_ROBOT_BIT if self_collision else 0),
        "mass": 0.0,
        "friction": [1.0, 0.0, 0.0],
        "condim": 3,
        "solref": solref,
        "solimp": list(_SOLIMP),
    }


def _add_contacts(bodies: list[Any], robot: RobotModel, geom: dict[str, Any]) -> None:
    for contact in robot.contacts:
        body = bodies[contact.joint]
        rotation, position = contact.placement.rotation, contact.placement.translation
        quaternion = quaternion_wxyz(rotation)
        body.add_site(name=f"contact:{contact.name}", pos=position, quat=quaternion)
        if contact.kind == "point":
            shape = {
                "type": mujoco.mjtGeom.mjGEOM_SPHERE,
                "size": [contact.radius, 0.0, 0.0],
                "pos": position,
            }
        else:
            half = np.array([contact.half_length, contact.half_width, _SOLE_HALF_THICKNESS])
            shape = {
                "type": mujoco.mjtGeom.mjGEOM_BOX,
                "size": half,
                "pos": position + rotation[:, 2] * half[2],  # its lower face is the contact
                "quat": quaternion,
            }
        body.add_geom(name=f"contact:{contact.name}", **shape, **geom)


_SHAPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}


def _add_collisions(bodies: list[Any], robot: RobotModel, geom: dict[str, Any]) -> None:
    model = robot.pin_model
    for i, item in enumerate(robot.config.collisions):
        if not model.existFrame(item.frame):
            raise SimulationError(
                f"robot '{robot.name}': collisions: no frame '{item.frame}' in the description"
            )
        frame = model.frames[model.getFrameId(item.frame)]
        offset = pin.SE3(pin.rpy.rpyToMatrix(*item.rpy), np.array(item.position))
        placement = frame.placement * offset
        size = np.zeros(3)
        size[: len(item.size)] = item.size
        bodies[frame.parentJoint - 2].add_geom(
            name=f"collision:{i}",
            type=_SHAPES[item.kind],
            size=size,
            pos=placement.translation,
            quat=quaternion_wxyz(placement.rotation),
            **geom,
        )


def _add_imu(spec: Any, bodies: list[Any], robot: RobotModel) -> None:
    bodies[robot.imu_joint].add_site(
        name="imu",
        pos=robot.imu_placement.translation,
        quat=quaternion_wxyz(robot.imu_placement.rotation),
    )
    for name, kind in (
        ("gyro", mujoco.mjtSensor.mjSENS_GYRO),
        ("accelerometer", mujoco.mjtSensor.mjSENS_ACCELEROMETER),
    ):
        spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname="imu")
