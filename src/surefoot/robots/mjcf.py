"""MJCF -> Pinocchio model with one variable per joint.

MuJoCo compiles the file (includes, defaults, inertia from geoms), and the model is rebuilt joint
by joint from the result.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pinocchio as pin

from surefoot.data import Array, RobotError

_FREE = int(mujoco.mjtJoint.mjJNT_FREE)
_BALL = int(mujoco.mjtJoint.mjJNT_BALL)
_SLIDE = int(mujoco.mjtJoint.mjJNT_SLIDE)


def read_mjcf(name: str, source: Path) -> Any:
    """Read an MJCF whose robot is the one body with a free joint.

    Bodies that are fixed to the world (floors, lights) are left out. MJCF has no velocity limits,
    and torque limits only where a joint or its actuators give one; missing ones are 0. Joint
    springs, damping and friction are not part of a `RobotModel`.

    Parameters
    ----------
    name
        Of the robot, for messages.
    source
        The MJCF.

    Returns
    -------
    pinocchio.Model
        With the bodies and sites as frames.

    Raises
    ------
    RobotError
        If MuJoCo cannot compile it, or it is no free tree of one-variable joints.
    """
    try:
        compiled = mujoco.MjModel.from_xml_path(str(source))
    except (ValueError, OSError) as error:
        raise RobotError(name, [f"{source} cannot be compiled by MuJoCo: {error}"]) from None
    problems = _structure_problems(compiled)
    if problems:
        raise RobotError(name, problems)
    return _Tree(compiled).model


def _structure_problems(compiled: Any) -> list[str]:
    problems = []
    kinds = compiled.jnt_type.tolist()
    free = [j for j, kind in enumerate(kinds) if kind == _FREE]
    if len(free) != 1:
        problems.append(
            f"{len(free)} bodies have a free joint, expected one:"
            " give the robot's base body a <freejoint/> and leave other movable bodies out"
        )
    for j, kind in enumerate(kinds):
        joint = compiled.joint(j).name
        root = compiled.body_rootid[compiled.jnt_bodyid[j]]
        if kind == _BALL:
            problems.append(
                f"joint '{joint}' is a ball joint: split it into three hinges, each on its own body"
            )
        if free and root != compiled.jnt_bodyid[free[0]] and kind != _FREE:
            problems.append(f"joint '{joint}' is not part of the free robot: leave it out")
    for body in range(1, compiled.nbody):
        if compiled.body_jntnum[body] > 1:
            problems.append(
                f"body '{compiled.body(body).name}' has {compiled.body_jntnum[body]} joints:"
                " split it into bodies of one joint each"
            )
    for e in range(compiled.neq):
        problems.append(
            f"equality constraint '{compiled.equality(e).name or e}' closes a chain or couples"
            " joints, which is not supported: remove it"
        )
    return problems


class _Tree:
    """Adds MuJoCo's bodies to a Pinocchio model, parents first."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self.model = pin.Model()
        # For each body: the joint that carries it, and the body frame in that joint's frame.
        self._carrier: dict[int, tuple[int, Any]] = {}
        for body in range(1, compiled.nbody):
            self._add_body(body)
        for site in range(compiled.nsite):
            body = int(compiled.site_bodyid[site])
            if body in self._carrier and compiled.site(site).name:
                local = _placement(compiled.site_pos[site], compiled.site_quat[site])
                self._add_frame(compiled.site(site).name, body, local)

    def _add_body(self, body: int) -> None:
        compiled, model = self._compiled, self.model
        parent = int(compiled.body_parentid[body])
        local = _placement(compiled.body_pos[body], compiled.body_quat[body])
        if compiled.body_jntnum[body] == 0:
            if parent not in self._carrier:
                return  # fixed to the world
            joint, frame = self._carrier[parent]
            self._carrier[body] = (joint, frame * local)
        else:
            j = int(compiled.body_jntadr[body])
            if compiled.jnt_type[j] == _FREE:
                identity = pin.SE3.Identity()
                joint = model.addJoint(0, pin.JointModelFreeFlyer(), identity, "root_joint")
                model.addJointFrame(joint)
                self._carrier[body] = (joint, identity)
            else:
                self._carrier[body] = self._add_joint(j, parent, local)
        joint, frame = self._carrier[body]
        model.appendBodyToJoint(joint, self._inertia(body), frame)
        if compiled.body(body).name:
            self._add_frame(compiled.body(body).name, body, pin.SE3.Identity())

    def _add_joint(self, j: int, parent: int, local: Any) -> tuple[int, Any]:
        """Add the joint at its anchor, turned so that its variable is MuJoCo's, `ref` included."""
        compiled, model = self._compiled, self.model
        carrier, frame = self._carrier[parent]
        axis, anchor = compiled.jnt_axis[j], compiled.jnt_pos[j]
        reference = float(compiled.qpos0[compiled.jnt_qposadr[j]])
        to_anchor = pin.SE3(np.eye(3), anchor)
        if compiled.jnt_type[j] == _SLIDE:
            kind = pin.JointModelPrismaticUnaligned(axis)
            back = pin.SE3(np.eye(3), -reference * axis)
        else:
            kind = pin.JointModelRevoluteUnaligned(axis)
            back = pin.SE3(pin.exp3(-reference * axis), np.zeros(3))
        joint = model.addJoint(
            carrier, kind, frame * local * to_anchor * back, compiled.joint(j).name or f"joint_{j}"
        )
        lower, upper = compiled.jnt_range[j] if compiled.jnt_limited[j] else (-math.inf, math.inf)
        index_q, index_v = model.joints[joint].idx_q, model.joints[joint].idx_v
        model.addJointFrame(joint)
        model.lowerPositionLimit[index_q], model.upperPositionLimit[index_q] = lower, upper
        effort = self._effort_limit(j)
        model.lowerVelocityLimit[index_v], model.upperVelocityLimit[index_v] = 0.0, 0.0
        model.lowerEffortLimit[index_v], model.upperEffortLimit[index_v] = -effort, effort
        model.armature[index_v] = compiled.dof_armature[compiled.jnt_dofadr[j]]
        return joint, to_anchor.inverse()

    def _effort_limit(self, j: int) -> float:
        """Smaller bound of the joint's range and its actuators' ranges; 0 if there is none."""
        compiled = self._compiled
        bounds = []
        if compiled.jnt_actfrclimited[j]:
            bounds.append(np.abs(compiled.jnt_actfrcrange[j]).min())
        for a in range(compiled.nu):
            on_joint = compiled.actuator_trntype[a] == int(mujoco.mjtTrn.mjTRN_JOINT)
            if not on_joint or compiled.actuator_trnid[a, 0] != j:
                continue
            gear = abs(compiled.actuator_gear[a, 0])
            motor = compiled.actuator_biastype[a] == int(mujoco.mjtBias.mjBIAS_NONE)
            if compiled.actuator_forcelimited[a]:
                bounds.append(gear * np.abs(compiled.actuator_forcerange[a]).min())
            elif motor and compiled.actuator_ctrllimited[a]:
                gain = abs(compiled.actuator_gainprm[a, 0])
                bounds.append(gear * gain * np.abs(compiled.actuator_ctrlrange[a]).min())
        return float(min(bounds, default=0.0))

    def _inertia(self, body: int) -> Any:
        compiled = self._compiled
        axes = _placement(compiled.body_ipos[body], compiled.body_iquat[body])
        principal = axes.rotation @ np.diag(compiled.body_inertia[body]) @ axes.rotation.T
        return pin.Inertia(float(compiled.body_mass[body]), axes.translation, principal)

    def _add_frame(self, name: str, body: int, local: Any) -> None:
        joint, frame = self._carrier[body]
        self.model.addFrame(pin.Frame(name, joint, 0, frame * local, pin.FrameType.BODY), False)


def _placement(position: Array, quaternion_wxyz: Array) -> Any:
    w, x, y, z = quaternion_wxyz
    return pin.SE3(pin.Quaternion(w, x, y, z).normalized().matrix(), np.array(position))
