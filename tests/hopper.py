"""A small robot that tests can write, and break, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

URDF = """<robot name="hopper">
  <link name="body">
    <inertial><mass value="8.0"/><origin xyz="0 0 0.05"/>
      <inertia ixx="0.05" iyy="0.05" izz="0.04" ixy="0" ixz="0" iyz="0"/></inertial>
  </link>
  <link name="thigh">
    <inertial><mass value="1.0"/><origin xyz="0 0 -0.1"/>
      <inertia ixx="0.008" iyy="0.008" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>
  </link>
  <link name="shank">
    <inertial><mass value="0.5"/><origin xyz="0 0 -0.1"/>
      <inertia ixx="0.004" iyy="0.004" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>
  </link>
  <link name="toe">
    <inertial><mass value="0.1"/>
      <inertia ixx="1e-4" iyy="1e-4" izz="1e-4" ixy="0" ixz="0" iyz="0"/></inertial>
  </link>
  <joint name="hip" type="revolute">
    <parent link="body"/><child link="thigh"/><origin xyz="0.02 0 -0.05"/><axis xyz="0 1 0"/>
    <limit lower="-1.5" upper="1.5" effort="40" velocity="20"/>
  </joint>
  <joint name="knee" type="revolute">
    <parent link="thigh"/><child link="shank"/><origin xyz="0 0 -0.2"/><axis xyz="0 1 0"/>
    <limit lower="-2.5" upper="0" effort="40" velocity="20"/>
  </joint>
  <joint name="toe" type="fixed">
    <parent link="shank"/><child link="toe"/><origin xyz="0 0 -0.2"/>
  </joint>
</robot>
"""

TOML = """extends = "_quadruped.toml"
name = "hopper"

[description]
path = "hopper.urdf"

[imu]
frame = "body"
has_orientation = false

[[contacts]]
name = "foot"
frame = "toe"
kind = "point"
radius = 0.02
friction = 0.6

[[collisions]]
frame = "body"
kind = "box"
size = [0.1, 0.1, 0.05]

[posture]
height = 0.47
nominal = { hip = 0.0, knee = 0.0 }
lying = { hip = 1.2, knee = -2.4 }

[gaits.stand]
period = 1.0
duty = 1.0
offset = { foot = 0.0 }
swing_height = 0.05
"""


def write_hopper(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Write the robot, each (old, new) applied to its URDF or its TOML, and return the TOML."""
    urdf, toml = URDF, TOML
    for old, new in replacements:
        assert (old in urdf) != (old in toml), f"'{old}' must be in exactly one of the files"
        urdf, toml = urdf.replace(old, new), toml.replace(old, new)
    (folder / "hopper.urdf").write_text(urdf)
    path = folder / "hopper.toml"
    path.write_text(toml)
    return path
