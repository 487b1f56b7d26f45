"""URDF and MJCF give the same robot; what is no tree of one-variable joints is refused."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import mujoco
import numpy as np
import pinocchio as pin
import pytest
from hopper import write_hopper

import surefoot as sf
from surefoot._cpp.robots import RigidBody
from surefoot.data import RobotError
from surefoot.robots.files import LIBRARY

_LIMIT = '<limit lower="-2.5" upper="0" effort="40" velocity="20"/>'
_KNEE = '<joint name="knee" type="revolute">'


def _terms(robot: sf.RobotModel, q: np.ndarray, v: np.ndarray) -> RigidBody:
    body = RigidBody(robot.description)
    body.update(q, v)
    return body


def test_continuous_joint_is_revolute_without_limits(tmp_path: Path) -> None:
    revolute = sf.load_robot(write_hopper(tmp_path))
    path = write_hopper(tmp_path, (_KNEE, '<joint name="knee" type="continuous">'))
    robot = sf.load_robot(path)
    assert robot.pin_model.nq == robot.nq == 9
    assert (robot.position_lower[1], robot.position_upper[1]) == (-math.inf, math.inf)
    assert robot.effort_limit[1] == 40.0
    rng = np.random.default_rng(3)
    q = pin.integrate(robot.pin_model, robot.q_nominal, rng.normal(size=robot.nv))
    v = rng.normal(size=robot.nv)
    actual, expected = _terms(robot, q, v), _terms(revolute, q, v)
    np.testing.assert_allclose(actual.mass_matrix, expected.mass_matrix, atol=1e-14)
    np.testing.assert_allclose(actual.bias, expected.bias, atol=1e-12)


def test_locked_joint_is_merged_at_its_position(tmp_path: Path) -> None:
    free = sf.load_robot(write_hopper(tmp_path))
    path = write_hopper(
        tmp_path,
        ('path = "hopper.urdf"', 'path = "hopper.urdf"\nlocked_joints = { "kn*" = -0.3 }'),
        ("nominal = { hip = 0.0, knee = 0.0 }", "nominal = { hip = 0.0 }"),
        ("lying = { hip = 1.2, knee = -2.4 }", "lying = { hip = 1.2 }"),
        ("height = 0.47", "height = 0.4611"),
    )
    robot = sf.load_robot(path)
    assert robot.joint_names == ("hip",)
    assert robot.mass == pytest.approx(free.mass)
    q = np.array([0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0, 0.4])
    np.testing.assert_allclose(
        robot.contact_positions(q), free.contact_positions(np.append(q, -0.3)), atol=1e-12
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (_KNEE, '<joint name="knee" type="planar">', "'knee' is planar.*split it"),
        (_KNEE, '<joint name="knee" type="spherical">', "'knee' is spherical.*split it"),
        (_KNEE, '<joint name="knee" type="floating">', "'knee' is floating.*remove it"),
        (_LIMIT, _LIMIT + '<mimic joint="hip"/>', "'knee' mimics another joint"),
        (
            "</robot>",
            '<joint name="rod" type="fixed"><parent link="body"/><child link="shank"/></joint>'
            "</robot>",
            "link 'shank' is the child of 2 joints, which makes a closed chain",
        ),
        ('<mass value="0.5"/>', '<mass value="-0.5"/>', "link 'shank' has a negative mass"),
        ('<mass value="8.0"/>', '<mass value="0.0"/>', "the base carries has mass 0"),
        ('<mass value="1.0"/>', '<mass value="0"/>', "joint 'hip' carries has mass 0"),
        ('izz="0.04"', 'izz="0.4"', "the base carries has an impossible rotational inertia"),
        (_LIMIT, '<limit effort="40" velocity="20"/>', "joint 'knee' has no position limits"),
        (_LIMIT, '<limit lower="-3" upper="0" effort="4"/>', "joint 'knee' has no velocity limit"),
        (_LIMIT, '<limit lower="1" upper="0" effort="4" velocity="2"/>', "leave no range"),
        ("</robot>", "", "not valid XML"),
    ],
)
def test_wrong_urdf(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RobotError, match=message):
        sf.load_robot(write_hopper(tmp_path, (old, new)))


def test_missing_limits_can_be_given_by_the_robot_file(tmp_path: Path) -> None:
    limits = "[limits]\nvelocity.knee = 9.0\neffort.knee = 30.0\narmature.knee = 0.1\n"
    limits += "position_lower.knee = -3.0\nposition_upper.knee = 0.1\n"
    path = write_hopper(tmp_path, (_LIMIT, ""), ("[imu]", limits + "[imu]"))
    robot = sf.load_robot(path)
    assert robot.velocity_limit[1] == 9.0
    assert robot.effort_limit[1] == 30.0
    assert robot.description.joints[1].armature == 0.1
    assert (robot.position_lower[1], robot.position_upper[1]) == (-3.0, 0.1)


def _mjcf_of(urdf: str) -> str:
    """The URDF as MuJoCo converts it, on a free joint."""
    root = ElementTree.fromstring(urdf)
    for link in root.findall("link"):
        for kind in ("visual", "collision"):
            for element in link.findall(kind):
                link.remove(element)
    children = {child.get("link") for child in root.iter("child")}
    base = next(name for link in root.findall("link") if (name := link.get("name")) not in children)
    extension = ElementTree.SubElement(root, "mujoco")
    # Every link is kept as a body, so that its name stays usable.
    ElementTree.SubElement(extension, "compiler", fusestatic="false", balanceinertia="false")
    spec = mujoco.MjSpec.from_string(ElementTree.tostring(root, encoding="unicode"))
    spec.body(base).add_freejoint()
    spec.compile()
    return str(spec.to_xml())


# MuJoCo refuses ANYmal's camera links, whose inertias are no real body's until they are merged.
@pytest.mark.parametrize("name", sorted({*sf.robot_names()} - {"anymal_c"}))
def test_mjcf_of_a_urdf_is_the_same_robot(name: str, tmp_path: Path) -> None:
    from_urdf = sf.load_robot(name)
    (tmp_path / "robot.xml").write_text(_mjcf_of(from_urdf.source.read_text()))
    velocities = "".join(
        f"{joint} = {limit}\n"
        for joint, limit in zip(from_urdf.joint_names, from_urdf.velocity_limit, strict=True)
    )
    library = (LIBRARY / f"{name}.toml").read_text().replace('package = "example-robot-data"', "")
    (tmp_path / "base.toml").write_text(library)
    path = tmp_path / "robot.toml"
    path.write_text(
        'extends = "base.toml"\n[description]\npath = "robot.xml"\n[limits.velocity]\n' + velocities
    )
    robot = sf.load_robot(path)
    assert sorted(robot.joint_names) == sorted(from_urdf.joint_names)
    order = [robot.joint_names.index(joint) for joint in from_urdf.joint_names]
    for attribute in ("position_lower", "position_upper", "velocity_limit", "effort_limit"):
        np.testing.assert_allclose(
            getattr(robot, attribute)[order], getattr(from_urdf, attribute), rtol=1e-5
        )
    rng = np.random.default_rng(5)
    q = pin.integrate(from_urdf.pin_model, from_urdf.q_nominal, rng.normal(size=robot.nv))
    v = rng.normal(size=robot.nv)
    q_mjcf, v_mjcf = q.copy(), v.copy()
    q_mjcf[[7 + i for i in order]], v_mjcf[[6 + i for i in order]] = q[7:], v[6:]
    columns = [*range(6), *[6 + i for i in order]]
    actual, expected = _terms(robot, q_mjcf, v_mjcf), _terms(from_urdf, q, v)
    # MuJoCo writes six digits.
    scale = abs(expected.mass_matrix).max()
    np.testing.assert_allclose(
        actual.mass_matrix[np.ix_(columns, columns)], expected.mass_matrix, atol=2e-5 * scale
    )
    for i in range(robot.nc):
        np.testing.assert_allclose(
            actual.frame_jacobian(i)[:, columns], expected.frame_jacobian(i), atol=2e-5
        )


_MJCF = """<mujoco><worldbody><geom type="plane" size="1 1 1"/>
    <body name="body" pos="0 0 1"><freejoint/>
      <inertial pos="0 0 0.05" mass="8" diaginertia="0.05 0.05 0.04"/>
      <body name="thigh" pos="0.02 0 -0.05" euler="0 20 0">
        <joint name="hip" axis="0 1 0" pos="0.01 0 0.03" ref="20" range="-80 80"
          actuatorfrcrange="-40 40"/>
        <inertial pos="0 0 -0.1" mass="1" diaginertia="0.008 0.008 0.001" euler="10 20 30"/>
        <body name="shank" pos="0 0 -0.2">
          <joint name="knee" axis="0 1 1" range="-150 0" armature="0.02"/>
          <inertial pos="0 0 -0.1" mass="0.5" diaginertia="0.004 0.004 0.001"/>
          <body name="toe" pos="0 0 -0.2">
            <inertial pos="0 0 0" mass="0.1" diaginertia="1e-4 1e-4 1e-4"/></body>
          <site name="tip" pos="0 0 -0.22"/>
    </body></body></body></worldbody>
    <actuator><motor joint="knee" gear="5" ctrllimited="true" ctrlrange="-6 6"/></actuator>
    </mujoco>"""


def _write_mjcf_hopper(folder: Path, mjcf: str) -> Path:
    path = write_hopper(
        folder,
        ('path = "hopper.urdf"', 'path = "hopper.xml"'),
        ("[imu]", "[limits]\nvelocity = { '*' = 20.0 }\n[imu]"),
    )
    (folder / "hopper.xml").write_text(mjcf)
    return path


def test_mjcf_ref_anchor_and_actuators_mean_what_mujoco_says(tmp_path: Path) -> None:
    path = _write_mjcf_hopper(tmp_path, _MJCF)
    # The foot of this hopper is elsewhere: take the height that the error message recommends.
    with pytest.raises(RobotError, match="set it to") as caught:
        sf.load_robot(path)
    height = caught.value.problems[0].rsplit(" ", 1)[1]
    path.write_text(path.read_text().replace("height = 0.47", f"height = {height}"))
    robot = sf.load_robot(path)
    np.testing.assert_allclose(robot.effort_limit, [40.0, 30.0])
    np.testing.assert_allclose(robot.position_lower, np.radians([-80.0, -150.0]))
    assert "tip" in robot.frame_names

    model = mujoco.MjModel.from_xml_string(_MJCF)
    data = mujoco.MjData(model)
    rng = np.random.default_rng(7)
    q, v = rng.normal(size=robot.nq), rng.normal(size=robot.nv)
    q[3:7] /= np.linalg.norm(q[3:7])
    data.qpos[:] = [*q[:3], q[6], *q[3:6], *q[7:]]
    mujoco.mj_forward(model, data)
    body = _terms(robot, q, v)
    # MuJoCo's base velocity is linear in world axes: M_surefoot = T^T M_mujoco T.
    mass_matrix = np.zeros((robot.nv, robot.nv))
    mujoco.mj_fullM(model, data, mass_matrix)
    turn = np.eye(robot.nv)
    turn[:3, :3] = pin.Quaternion(q[3:7]).matrix()
    np.testing.assert_allclose(body.mass_matrix, turn.T @ mass_matrix @ turn, atol=1e-12)
    for name, position in (("toe", data.body("toe").xpos), ("tip", data.site("tip").xpos)):
        if name in robot.frame_names:
            actual = body.frame_position(robot.frame_index(name))
            np.testing.assert_allclose(actual, position, atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<freejoint/>", "", "0 bodies have a free joint"),
        ('name="body" pos="0 0 1"><', 'name="body" pos="0 0 1"><geom type="blob"/><', "compiled"),
        (
            'name="knee" axis="0 1 1" range="-150 0"',
            'name="knee" type="ball"',
            "'knee' is a ball joint: split it",
        ),
        (
            "</worldbody>",
            '<body><joint/><geom size="1"/></body></worldbody>',
            "not part of the free",
        ),
        (
            '<inertial pos="0 0 -0.1" mass="0.5"',
            '<joint axis="1 0 0"/>\\g<0>',
            "has 2 joints: split",
        ),
        (
            "</worldbody>",
            '</worldbody><equality><joint joint1="hip" joint2="knee"/></equality>',
            "equality constraint '0' closes a chain",
        ),
    ],
)
def test_wrong_mjcf(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert _MJCF.count(old) == 1
    mjcf = _MJCF.replace(old, new.replace("\\g<0>", old))
    with pytest.raises(RobotError, match=message):
        sf.load_robot(_write_mjcf_hopper(tmp_path, mjcf))
