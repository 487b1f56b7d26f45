"""From a `ViewerFrame` to the numbers that the page draws.

A scene is a fixed list of items (poses, arrows, cones, points, curves), each on a named layer.
One frame of it is one flat float32 vector: what goes over the wire to a live page, and what a
recording is made of. NaN hides an item.
"""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import numpy.typing as npt
import pinocchio as pin

from surefoot.data import Array, InputError, Plan
from surefoot.robots import RobotModel
from surefoot.viz.colors import (
    BLACK,
    BLUE,
    CONTACT_COLORS,
    GREEN,
    ORANGE,
    PURPLE,
    VERMILION,
    YELLOW,
)
from surefoot.viz.frame import Horizon, ViewerFrame
from surefoot.viz.meshes import robot_commands, terrain_commands
from surefoot.viz.shapes import convex_hull, resample, surface_corners

LAYERS: dict[str, bool] = {  # name: shown at first
    "robot": True,
    "estimate": False,
    "forces": True,
    "planned_forces": False,
    "cones": False,
    "plan": True,
    "footholds": True,
    "contacts": True,
    "support": True,
    "com": True,
    "push": True,
    "ground": True,
}

_CURVE_POINTS = 40
_SIZES = {"pose": 7, "arrow": 6, "cone": 6, "point": 3, "contact": 4}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the scene.

    Attributes
    ----------
    kind
        ``pose`` (position, quaternion xyzw), ``arrow`` (origin, vector), ``cone`` (apex, axis),
        ``point`` (position), ``contact`` (position, probability) or ``curve`` (points).
    layer, name
        Path in meshcat's tree: ``/surefoot/<layer>/<name>``.
    color
        ``#rrggbb``.
    size
        Radius of the drawn body, m; of a cone: radius over height.
    offset, length
        Its place in the frame vector.
    """

    kind: str
    layer: str
    name: str
    color: str
    size: float
    offset: int
    length: int


class Scene:
    """Turns frames of one robot into frame vectors. Can be pickled.

    Parameters
    ----------
    robot
        The robot to draw.
    terrain
        A `surefoot.sim.Terrain`; None is an endless plane.
    """

    def __init__(self, robot: RobotModel, terrain: Any = None) -> None:
        self.name = robot.name
        self.commands, self._copies = robot_commands(robot)
        self._plane = terrain is None or bool(terrain.plane)
        if terrain is not None:
            self.commands += terrain_commands(terrain)
        self._drawing = zlib.crc32(b"".join(self.commands))  # tells another robot or ground
        self.items: list[Item] = []
        self.length = 1  # entry 0 is the time
        self._model: Any = robot.pin_model
        self._contacts = robot.contacts
        self._height = float(robot.q_nominal[2])
        self._q_nominal = robot.q_nominal
        names = robot.config.nmpc.joints
        nq, nc = robot.nq, robot.nc
        self._shapes: dict[str, list[tuple[int, ...]]] = {
            "q_true": [(nq,)],
            "q_estimated": [(nq,)],
            "contact_forces": [(nc, 3), (nc, 6)],
            "planned_forces": [(nc, 3), (nc, 6)],
            "contact_probability": [(nc,)],
            "push": [(3,)],
        }
        self._plan_joints = [
            7 + index
            for index, name in enumerate(robot.joint_names)
            if names == "all" or any(fnmatchcase(name, pattern) for pattern in names)
        ]
        # A whole body weight is drawn 2.5 standing heights long.
        self._meters_per_newton = 2.5 * self._height / (robot.mass * 9.81)
        self._data: Any = None
        self._add_items()

    def _add_items(self) -> None:
        thickness = 0.015 * self._height
        for layer in ("robot", "estimate"):
            for joint in range(1, self._model.njoints):
                self._add("pose", layer, str(joint), BLACK, 0.0)
        for index, contact in enumerate(self._contacts):
            name, color = contact.name, CONTACT_COLORS[index % len(CONTACT_COLORS)]
            self._add("arrow", "forces", name, VERMILION, thickness)
            self._add("arrow", "planned_forces", name, BLUE, thickness)
            self._add("cone", "cones", name, YELLOW, contact.friction)
            self._add("contact", "contacts", name, color, max(contact.radius, 2 * thickness))
            self._add("curve", "plan", name, color, 0.35 * thickness)
            self._add("point", "footholds", name, color, 2.0 * thickness)
            if contact.kind == "surface":
                self._add("curve", "cones", f"{name}_rectangle", YELLOW, 0.4 * thickness, 5)
                self._add("point", "cones", f"{name}_pressure", VERMILION, thickness)
        self._add("curve", "plan", "base", BLACK, 0.45 * thickness)
        self._add("point", "com", "com", ORANGE, 2.0 * thickness)
        self._add("point", "com", "com_ground", ORANGE, 1.5 * thickness)
        corners = sum(1 if c.kind == "point" else 4 for c in self._contacts)
        self._add("curve", "support", "polygon", GREEN, 0.5 * thickness, corners + 1)
        self._add("arrow", "push", "push", PURPLE, 2.0 * thickness)

    def _add(
        self, kind: str, layer: str, name: str, color: str, size: float, points: int = _CURVE_POINTS
    ) -> None:
        length = 3 * points if kind == "curve" else _SIZES[kind]
        self.items.append(Item(kind, layer, name, color, size, self.length, length))
        self.length += length

    def layout(self) -> dict[str, Any]:
        """Description of the frame vector for the page (JSON)."""
        return {
            "robot": self.name,
            "height": self._height,
            "length": self.length,
            "layers": LAYERS,
            "copies": self._copies,
            "plane": self._plane,
            "drawing": self._drawing,
            "items": [asdict(item) for item in self.items],
        }

    def check(self, frame: ViewerFrame) -> None:
        """Check the shapes of a frame.

        Raises
        ------
        InputError
            Naming the field that does not fit this robot.
        """
        for name, shapes in self._shapes.items():
            value = getattr(frame, name)
            if value is None and name != "q_true":
                continue
            if np.shape(value) not in shapes:
                raise InputError(name, f"has shape {np.shape(value)}, expected {shapes[0]}")
        width = 13 + len(self._plan_joints)
        if frame.plan is not None and frame.plan.states.shape[1] != width:
            raise InputError("plan", f"has states of {frame.plan.states.shape[1]}, not {width}")

    def vector(self, frame: ViewerFrame) -> npt.NDArray[np.float32]:
        """Frame vector of one instant.

        Parameters
        ----------
        frame
            What to draw.

        Returns
        -------
        numpy.ndarray
            (length,) float32, laid out as `layout` says; NaN where there is nothing to draw.
        """
        values: dict[tuple[str, str], Array] = {}
        if frame.plan is not None:
            self._draw_plan(values, frame.plan)
        if frame.q_estimated is not None:
            self._draw_robot(values, "estimate", frame.q_estimated)
        self._draw_robot(values, "robot", frame.q_true)  # last: the contacts are the true ones
        self._draw_contacts(values, frame)
        if frame.push is not None and np.any(frame.push):
            tip = self._meters_per_newton * frame.push
            values["push", "push"] = np.concatenate([frame.q_true[:3] - tip, tip])
        vector = np.full(self.length, np.nan, dtype=np.float32)
        vector[0] = frame.time
        for item in self.items:
            value = values.get((item.layer, item.name))
            if value is not None:
                vector[item.offset : item.offset + item.length] = value.reshape(-1)
        return vector

    def _forward(self, q: Array) -> Any:
        if self._data is None:
            self._data = self._model.createData()
        pin.forwardKinematics(self._model, self._data, q)
        return self._data

    def _contact_frames(self, data: Any) -> list[Any]:
        return [data.oMi[c.joint + 2].act(c.placement) for c in self._contacts]

    def _draw_robot(self, values: dict[tuple[str, str], Array], layer: str, q: Array) -> None:
        data = self._forward(q)
        for joint in range(1, self._model.njoints):
            values[layer, str(joint)] = pin.SE3ToXYZQUAT(data.oMi[joint])
        if layer == "robot":
            com = np.array(pin.centerOfMass(self._model, data, q))
            values["com", "com"] = com

    def _draw_contacts(self, values: dict[tuple[str, str], Array], frame: ViewerFrame) -> None:
        frames = self._contact_frames(self._data)
        touching: list[Array] = []
        drawn = {"planned_forces": frame.planned_forces, "forces": frame.contact_forces}
        for index, (contact, placement) in enumerate(zip(self._contacts, frames, strict=True)):
            name, origin = contact.name, np.array(placement.translation)
            sole = origin - np.array([0.0, 0.0, contact.radius])
            corners = surface_corners(placement, contact)
            loaded = False
            for layer, forces in drawn.items():
                if forces is None:
                    continue
                force = forces[index, :3]
                loaded = bool(np.linalg.norm(force) > 1.0)
                if loaded:
                    values[layer, name] = np.concatenate([sole, self._meters_per_newton * force])
                if loaded and forces.shape[1] == 6 and force[2] > 1.0:
                    moment = forces[index, 3:]
                    pressure = origin + np.array([-moment[1], moment[0], 0.0]) / force[2]
                    values["cones", f"{name}_pressure"] = pressure
            probability = float(loaded)
            if frame.contact_probability is not None:
                probability = float(frame.contact_probability[index])
                loaded = probability > 0.5
            if loaded:
                axis = np.array([0.0, 0.0, 0.35 * self._height])
                values["cones", name] = np.concatenate([sole, axis])
                if contact.kind == "surface":
                    values["cones", f"{name}_rectangle"] = np.vstack([corners, corners[:1]])
                touching.extend(corners if contact.kind == "surface" else [sole])
            values["contacts", name] = np.array([*origin, probability])
        if touching:
            ground = float(np.mean([point[2] for point in touching]))
            count = next(i.length for i in self.items if i.layer == "support") // 3
            values["support", "polygon"] = convex_hull(np.array(touching), count)
            values["com", "com_ground"] = np.array([*values["com", "com"][:2], ground])

    def _draw_plan(self, values: dict[tuple[str, str], Array], plan: Plan | Horizon) -> None:
        states = resample(plan.times, plan.states, _CURVE_POINTS)
        values["plan", "base"] = states[:, 6:9]
        feet = np.zeros((len(self._contacts), _CURVE_POINTS, 3))
        q = self._q_nominal.copy()
        for node, state in enumerate(states):
            q[:7] = state[6:13]
            q[3:7] /= np.linalg.norm(q[3:7])
            q[self._plan_joints] = state[13:]
            for index, placement in enumerate(self._contact_frames(self._forward(q))):
                feet[index, node] = placement.translation
        for index, contact in enumerate(self._contacts):
            values["plan", contact.name] = feet[index]
            foothold = _next_touchdown(plan, index)
            if foothold is not None:
                node = round(foothold * (_CURVE_POINTS - 1))
                values["footholds", contact.name] = feet[index, node] - [0, 0, contact.radius]


def _next_touchdown(plan: Plan | Horizon, contact: int) -> float | None:
    """Fraction of the horizon at which the contact next begins to carry force."""
    carries = plan.contacts[:, contact].astype(int)
    starts = np.flatnonzero(np.diff(carries) > 0) + 1
    if len(starts) == 0:
        return None
    horizon = plan.times[-1] - plan.times[0]
    return float((plan.times[starts[0]] - plan.times[0]) / horizon)
