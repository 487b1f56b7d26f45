"""What the viewer draws: the frame vector against forward kinematics done elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import mujoco
import numpy as np
import pinocchio as pin
import pytest
from hopper import write_hopper

import surefoot as sf
from surefoot.data import Array, KktResiduals, Plan, SolveStatus
from surefoot.robots.mjcf import read_mjcf
from surefoot.sim import terrain
from surefoot.viz import Scene, ViewerFrame
from surefoot.viz.mjcf_meshes import mjcf_shapes
from surefoot.viz.shapes import boxes_mesh, convex_hull, resample


@pytest.fixture(scope="module")
def robot() -> sf.RobotModel:
    return sf.load_robot("go2")


@pytest.fixture(scope="module")
def scene(robot: sf.RobotModel) -> Scene:
    return Scene(robot)


def part(scene: Scene, vector: Array, layer: str, name: str) -> Array:
    item = next(i for i in scene.items if (i.layer, i.name) == (layer, name))
    return vector[item.offset : item.offset + item.length]


def a_plan(robot: sf.RobotModel) -> Plan:
    """Forward at 0.5 m/s for 1 s; the first contact lands at 0.4 s."""
    times = np.linspace(2.0, 3.0, 21)
    states = np.zeros((21, 13 + robot.nj))
    states[:, 6] = 0.5 * (times - 2.0)
    states[:, 8], states[:, 12] = robot.q_nominal[2], 1.0
    states[:, 13:] = robot.q_nominal[7:]
    contacts = np.ones((20, robot.nc), dtype=bool)
    contacts[2:8, 0] = False
    inputs, gains = np.zeros((20, 3 * robot.nc + robot.nj)), np.zeros((20, 1, 1))
    residuals = KktResiduals(0.0, 0.0, 0.0, 0.0, 0.0)
    return Plan(times, states, inputs, contacts, gains, SolveStatus.SOLVED, residuals, 1, 0.0)


@pytest.mark.parametrize("name", sf.robot_names())
def test_every_robot_is_drawn_with_its_meshes(name: str) -> None:
    robot = sf.load_robot(name)
    scene = Scene(robot)
    drawn = [c for c in scene.commands if b"set_object" in c]
    assert len(drawn) > robot.nj // 2
    assert any(b"_meshfile" in c for c in drawn)
    vector = scene.vector(ViewerFrame(0.0, robot.q_nominal))
    assert len(vector) == scene.length


def test_poses_are_forward_kinematics(robot: sf.RobotModel, scene: Scene) -> None:
    q = pin.integrate(robot.pin_model, robot.q_nominal, 0.3 * np.arange(robot.nv) / robot.nv)
    vector = scene.vector(ViewerFrame(1.5, q))
    data = robot.pin_model.createData()
    pin.forwardKinematics(robot.pin_model, data, q)
    assert vector[0] == 1.5
    for joint in range(1, robot.pin_model.njoints):
        expected = pin.SE3ToXYZQUAT(data.oMi[joint])
        np.testing.assert_allclose(part(scene, vector, "robot", str(joint)), expected, atol=1e-6)
    assert np.isnan(part(scene, vector, "estimate", "1")).all()


def test_force_arrows_are_proportional_and_start_under_the_foot(
    robot: sf.RobotModel, scene: Scene
) -> None:
    forces = np.zeros((robot.nc, 3))
    forces[1] = [3.0, -4.0, 80.0]
    forces[2] = 2.0 * forces[1]
    vector = scene.vector(ViewerFrame(0.0, robot.q_nominal, contact_forces=forces))
    names = robot.contact_names
    arrow, double = (part(scene, vector, "forces", names[i]) for i in (1, 2))
    np.testing.assert_allclose(double[3:], 2.0 * arrow[3:], rtol=1e-6)
    np.testing.assert_allclose(np.cross(arrow[3:], forces[1]), 0.0, atol=1e-5)
    sole = robot.contact_positions(robot.q_nominal)[1] - np.array(
        [0.0, 0.0, robot.contacts[1].radius]
    )
    np.testing.assert_allclose(arrow[:3], sole, atol=1e-6)
    assert np.isnan(part(scene, vector, "forces", names[0])).all()
    assert part(scene, vector, "contacts", names[0])[3] == 0.0


def test_planned_feet_and_footholds(robot: sf.RobotModel, scene: Scene) -> None:
    vector = scene.vector(ViewerFrame(0.0, robot.q_nominal, plan=a_plan(robot)))
    name, start = robot.contact_names[0], robot.contact_positions(robot.q_nominal)[0]
    curve = part(scene, vector, "plan", name).reshape(-1, 3)
    np.testing.assert_allclose(curve[0], start, atol=1e-6)
    np.testing.assert_allclose(curve[-1], start + np.array([0.5, 0.0, 0.0]), atol=1e-6)
    foothold = part(scene, vector, "footholds", name)
    assert foothold[0] == pytest.approx(start[0] + 0.5 * 0.4, abs=0.5 / 39)
    assert np.isnan(part(scene, vector, "footholds", robot.contact_names[1])).all()
    # drawing the plan must not move what is drawn of the robot itself
    np.testing.assert_allclose(part(scene, vector, "robot", "1")[:3], robot.q_nominal[:3])


def test_centre_of_mass_is_the_mean_of_the_bodies(robot: sf.RobotModel, scene: Scene) -> None:
    q = robot.q_nominal
    vector = scene.vector(ViewerFrame(0.0, q))
    data = robot.pin_model.createData()
    pin.forwardKinematics(robot.pin_model, data, q)
    masses = [inertia.mass for inertia in robot.pin_model.inertias]
    points = [m.act(i.lever) for m, i in zip(data.oMi, robot.pin_model.inertias, strict=True)]
    expected = np.average(points[1:], axis=0, weights=masses[1:])
    np.testing.assert_allclose(part(scene, vector, "com", "com"), expected, atol=1e-6)


def test_convex_hull_against_membership() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(12, 3))
    hull = convex_hull(points, 13)
    corners = hull[: int(np.argmax(np.all(hull[1:] == hull[0], axis=1))) + 1]
    after = np.roll(corners, -1, axis=0)
    for point in points:  # never to the right of a counter-clockwise edge
        edge, to_point = after - corners, point - corners
        assert np.all(edge[:, 0] * to_point[:, 1] - edge[:, 1] * to_point[:, 0] >= -1e-12)
    assert {tuple(c) for c in corners} <= {tuple(p) for p in points}


def test_resample_is_linear_interpolation() -> None:
    times = np.array([0.0, 0.1, 0.4, 1.0])
    rows = np.column_stack([times**2, -times])
    at = np.linspace(0.0, 1.0, 17)
    expected = np.column_stack([np.interp(at, times, column) for column in rows.T])
    np.testing.assert_allclose(resample(times, rows, 17), expected, atol=1e-12)


def test_terrain_mesh_is_closed_and_has_the_boxes_height() -> None:
    ground = terrain.stairs(0.1, "up")
    vertices, faces = boxes_mesh(ground.boxes)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    volume = np.sum(np.cross(a, b) * c) / 6.0  # divergence theorem: positive if faces look out
    expected = sum(8.0 * float(np.prod(box.half_extents)) for box in ground.boxes)
    assert volume == pytest.approx(expected)
    assert vertices[:, 2].max() == pytest.approx(
        max(float(b.center[2] + b.half_extents[2]) for b in ground.boxes)
    )


def test_a_description_without_geometry_is_a_stick_figure(tmp_path: Path) -> None:
    robot = sf.load_robot(write_hopper(tmp_path))
    commands = Scene(robot).commands
    assert sum(b"set_object" in command for command in commands) == 1 + robot.nj + robot.nc


MJCF = """<mujoco><worldbody><body name="base" pos="0 0 0.4"><freejoint/>
  <geom type="box" size="0.2 0.1 0.05" mass="5" contype="0" conaffinity="0" rgba="1 0 0 1"/>
  <geom type="sphere" size="0.3" mass="0"/>
  <site name="imu"/>
  <body name="leg" pos="0 0 -0.05"><joint name="hip" type="hinge" axis="0 1 0" range="-1 1"
    limited="true" actuatorfrcrange="-20 20"/>
    <geom type="capsule" fromto="0 0 0 0 0 -0.3" size="0.03" mass="1" contype="0" conaffinity="0"/>
    <body name="toe" pos="0 0 -0.3"/>
  </body></body></worldbody></mujoco>"""


def test_mjcf_geoms_are_drawn_where_mujoco_has_them(tmp_path: Path) -> None:
    (tmp_path / "robot.xml").write_text(MJCF)
    model = mujoco.MjModel.from_xml_string(MJCF)
    data = mujoco.MjData(model)
    data.qpos[7] = 0.4
    mujoco.mj_forward(model, data)

    pin_model = read_mjcf("test", tmp_path / "robot.xml")
    robot = SimpleNamespace(pin_model=pin_model, source=tmp_path / "robot.xml")
    q = np.array([0.0, 0.0, 0.4, 0.0, 0.0, 0.0, 1.0, 0.4])
    pin_data = pin_model.createData()
    pin.forwardKinematics(pin_model, pin_data, q)
    shapes = list(mjcf_shapes(robot))  # type: ignore[arg-type]
    assert len(shapes) == 2  # the sphere is there to collide, not to be seen
    np.testing.assert_array_equal(shapes[0].rgba, [1.0, 0.0, 0.0, 1.0])
    for shape, geom in zip(shapes, (0, 2), strict=True):
        world = pin_data.oMi[shape.joint].homogeneous @ shape.placement
        np.testing.assert_allclose(world[:3, 3], data.geom_xpos[geom], atol=1e-9)
        np.testing.assert_allclose(world[:3, :3], data.geom_xmat[geom].reshape(3, 3), atol=1e-9)


def test_frame_is_the_same_in_the_other_process(robot: sf.RobotModel) -> None:
    random = np.random.default_rng(0)
    plan = a_plan(robot)
    frame = ViewerFrame(
        1.5,
        random.normal(size=robot.nq),
        contact_forces=random.normal(size=(robot.nc, 6)),
        contact_probability=random.uniform(size=robot.nc),
        plan=plan,
        values={"gait": "trot", "vx": np.float64(0.5), "nmpc_ms": np.nan},
    )
    again = ViewerFrame.unpacked(frame.packed())
    assert again.time == frame.time
    assert again.values == {"gait": "trot", "vx": 0.5}
    assert again.q_estimated is None
    assert again.push is None
    for name in ("q_true", "contact_forces", "contact_probability"):
        np.testing.assert_array_equal(getattr(again, name), getattr(frame, name))
    assert again.plan is not None
    for name in ("times", "states", "contacts"):
        np.testing.assert_allclose(getattr(again.plan, name), getattr(plan, name), rtol=1e-6)
