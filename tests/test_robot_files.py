"""Robot files: every listed robot is right, and everything wrong is said, with its remedy."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pinocchio as pin
import pytest
from hopper import write_hopper
from hypothesis import given, settings

import surefoot as sf
from surefoot.data import RobotError
from surefoot.robots.files import LIBRARY
from surefoot.robots.ground import collision_heights, contact_heights, contact_placements


@pytest.mark.parametrize("name", sf.robot_names())
def test_listed_robots_stand_and_lie_on_the_ground(name: str) -> None:
    robot = sf.load_robot(name)
    assert robot.name == name
    model, collisions = robot.pin_model, robot.config.collisions
    standing = contact_heights(model, robot.contacts, robot.q_nominal)
    np.testing.assert_allclose(standing, 0.0, atol=1e-3)
    assert collision_heights(model, collisions, robot.q_nominal).min() > 0.0
    lying = np.concatenate(
        [
            contact_heights(model, robot.contacts, robot.q_lying),
            collision_heights(model, collisions, robot.q_lying),
        ]
    )
    assert lying.min() == pytest.approx(0.0, abs=1e-12)
    for q in (robot.q_nominal, robot.q_lying):
        assert (robot.position_lower <= q[7:]).all()
        assert (q[7:] <= robot.position_upper).all()


@pytest.mark.parametrize("name", sf.robot_names())
def test_listed_robots_balance_over_their_contacts(name: str) -> None:
    robot = sf.load_robot(name)
    for q in (robot.q_nominal, robot.q_lying):
        corners = []
        for contact, frame in zip(
            robot.contacts, contact_placements(robot.pin_model, robot.contacts, q), strict=True
        ):
            for x in (-contact.half_length, contact.half_length):
                for y in (-contact.half_width, contact.half_width):
                    corners.append(frame.act(np.array([x, y, 0.0])))
        com = pin.centerOfMass(robot.pin_model, robot.pin_model.createData(), q)
        assert (np.min(corners, axis=0)[:2] < com[:2]).all()
        assert (com[:2] < np.max(corners, axis=0)[:2]).all()


def test_frames_are_found_by_name() -> None:
    robot = sf.load_robot("g1")
    body = sf._cpp.robots.RigidBody(robot.description)
    body.update(robot.q_nominal, np.zeros(robot.nv))
    assert robot.frame_names[: robot.nc] == robot.contact_names
    assert body.nframes == len(robot.frame_names)
    data = robot.pin_model.createData()
    pin.framesForwardKinematics(robot.pin_model, data, robot.q_nominal)
    for name in ("left_rubber_hand", "head_link", "pelvis"):
        expected = data.oMf[robot.pin_model.getFrameId(name)]
        index = robot.frame_index(name)
        np.testing.assert_allclose(body.frame_position(index), expected.translation, atol=1e-12)
        np.testing.assert_allclose(body.frame_rotation(index), expected.rotation, atol=1e-12)
    with pytest.raises(sf.data.InputError, match="did you mean 'head_link'"):
        robot.frame_index("head_lnk")


def test_hopper_is_right(tmp_path: Path) -> None:
    assert sf.load_robot(write_hopper(tmp_path)).joint_names == ("hip", "knee")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('frame = "toe"', 'frame = "too"', "no frame 'too': did you mean 'toe'"),
        ("[imu]", "[imu]\ncolour = 1", "imu.colour is not a known key"),
        ('frame = "body"\nhas', 'frame = "imu"\nhas', "imu: no frame 'imu'"),
        ('frame = "body"\nkind', 'frame = "bod"\nkind', r"collisions\[0\]: no frame 'bod'"),
        ("{ hip = 1.2,", "{ hipp = 1.2,", "posture.lying: no joint 'hipp': did you mean 'hip'"),
        ("knee = -2.4", "knee = -2.6", "posture.lying: knee = -2.6 is outside its limits"),
        ("height = 0.47", "height = 0.45", "posture.height: .* set it to 0.4700"),
        ("size = [0.1, 0.1, 0.05]", "size = [0.1]", r"a box has 3 size\(s\)"),
        ("{ foot = 0.0 }", "{ }", "gaits.stand.offset: contact 'foot' is missing"),
        ("{ foot = 0.0 }", "{ foot = 0.0, fot = 0.5 }", "gaits.stand.offset: no contact 'fot'"),
        ('kind = "point"', 'kind = "surface"', "needs half_length and half_width"),
        ("friction = 0.6", "friction = 0.0", "contacts.0.friction: .* greater than 0"),
        ("friction = 0.6", "friction = nan", "contacts.0.friction: .* finite"),
        ('"_quadruped.toml"', '"_robot.toml"', "extends '_robot.toml', which is neither"),
        ('"_quadruped.toml"', '"hopper.toml"', "goes round in a circle"),
        ('"hopper.urdf"', '"hopper.usd"', "no file"),
        ('"hopper.urdf"', '"hopper.toml"', "is no .urdf, .xml or .mjcf"),
        ("[imu]", "[imu", "not valid TOML"),
        ('"hopper.urdf"', '"hopper.urdf"\nlocked_joints = { toes = 0.0 }', "no joint 'toes'"),
        ("[imu]", "[limits]\neffort = { ankle = 1.0 }\n[imu]", "limits.effort: no joint 'ankle'"),
        ("[imu]", '[nmpc]\njoints = ["hip", "kne"]\n[imu]', "nmpc.joints: no joint 'kne'"),
    ],
)
def test_wrong_robot_file(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RobotError, match=message) as caught:
        sf.load_robot(write_hopper(tmp_path, (old, new)))
    assert len(caught.value.problems) == 1


def test_all_problems_at_once(tmp_path: Path) -> None:
    path = write_hopper(
        tmp_path,
        ('frame = "toe"', 'frame = "sole"'),
        ("{ hip = 1.2,", "{ hop = 1.2,"),
        ("{ foot = 0.0 }", "{ feet = 0.0 }"),
        ('lower="-2.5" upper="0" effort="40"', 'lower="-2.5" upper="0" effort="0"'),
    )
    with pytest.raises(RobotError) as caught:
        sf.load_robot(path)
    text = "\n".join(caught.value.problems)
    for part in ("'sole'", "'hop'", "'foot' is missing", "'feet'", "'knee' has no effort limit"):
        assert part in text
    assert len(caught.value.problems) == 5


def test_unknown_robot_names_the_known_ones() -> None:
    with pytest.raises(RobotError, match="give one of a1, anymal_c, g1, go2, talos"):
        sf.load_robot("go3")


def test_what_is_no_robot_file(tmp_path: Path) -> None:
    write_hopper(tmp_path)
    with pytest.raises(RobotError, match=r"write a \.toml that names it"):
        sf.load_robot(tmp_path / "hopper.urdf")
    with pytest.raises(RobotError, match="no such file"):
        sf.load_robot(tmp_path / "jumper.toml")


_LITERALS = st.one_of(
    st.sampled_from(["", "nan", "inf", "-inf", "true", "''", "'\\u0000'", '"\\u0000"', "[", "{}"]),
    st.sampled_from(["[]", "[1]", "[1, 2, 3]", "[[]]", "1979-05-27", "1e308", "-1e308", "0", "-1"]),
    st.integers().map(str),
    st.floats().map(repr),
    st.text(max_size=8).map(repr),
)


@pytest.fixture(scope="module")
def corrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corrupted")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_corrupted_files_raise_robot_errors_only(corrupted: Path, data: st.DataObject) -> None:
    names = ["go2.toml", "_unitree_quadruped.toml", "_quadruped.toml"]
    victim = data.draw(st.sampled_from(names))
    for name in names:
        lines = (LIBRARY / name).read_text(encoding="utf-8").splitlines()
        if name == victim:
            index = data.draw(st.integers(0, len(lines) - 1))
            key, _, _ = lines[index].partition("=")
            lines[index] = data.draw(
                st.one_of(
                    _LITERALS.map(lambda value, key=key: f"{key} = {value}"),
                    st.text(max_size=20),
                    st.just(lines[index] + "\n" + lines[index]),
                    st.just(""),
                )
            )
        text = "\n".join(lines).encode("utf-8", "surrogatepass")
        (corrupted / name).write_bytes(text)
    try:
        robot = sf.load_robot(corrupted / "go2.toml")
    except RobotError:
        return
    assert robot.nj == 12
