"""Ground to walk on, as data: boxes on (or instead of) an endless plane at height 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from surefoot.data import Array, InputError

_THICKNESS = 1.0  # of boxes that stand for ground, m: feet cannot tunnel through them


@dataclass(frozen=True)
class Box:
    """A solid box of ground.

    Attributes
    ----------
    center
        (3,) world, m.
    half_extents
        (3,) m.
    rotation
        (3, 3) of the box in the world.
    friction
        Coefficient of its surface; None takes the simulation's.
    """

    center: Array
    half_extents: Array
    rotation: Array = field(default_factory=lambda: np.eye(3))
    friction: float | None = None

    @staticmethod
    def on_surface(
        top: npt.ArrayLike,
        length: float,
        width: float,
        rotation: Array | None = None,
        friction: float | None = None,
    ) -> Box:
        """Box whose upper face has its centre at `top` (3,), in m."""
        rotation = np.eye(3) if rotation is None else rotation
        half = np.array([length / 2, width / 2, _THICKNESS / 2])
        center = np.asarray(top, dtype=np.float64) - rotation[:, 2] * half[2]
        return Box(center, half, rotation, friction)

    def height(self, x: Array, y: Array) -> Array:
        """Height of the upper face at world points; -inf beside it."""
        normal = self.rotation[:, 2]
        top = self.center + normal * self.half_extents[2]
        z = top[2] - (normal[0] * (x - top[0]) + normal[1] * (y - top[1])) / normal[2]
        local = np.stack([x - top[0], y - top[1], z - top[2]], axis=-1) @ self.rotation
        inside = (np.abs(local[..., :2]) <= self.half_extents[:2] + 1e-9).all(axis=-1)
        return np.where(inside, z, -np.inf)


@dataclass(frozen=True)
class Terrain:
    """Ground made of boxes and, if `plane`, an endless plane at height 0.

    Attributes
    ----------
    name
        Of the terrain.
    boxes
        The boxes.
    plane
        Whether there is a plane at height 0.
    goal
        (2,) world xy of the point that a walk over it is to reach, m; None where there is none.
    """

    name: str
    boxes: tuple[Box, ...] = ()
    plane: bool = True
    goal: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Its shape as plain values, for a log."""
        shapes = [[box.center, box.half_extents, box.rotation] for box in self.boxes]
        boxes = [[part.tolist() for part in map(np.asarray, shape)] for shape in shapes]
        return {"name": self.name, "plane": self.plane, "boxes": boxes}

    @staticmethod
    def from_dict(shape: Mapping[str, Any]) -> Terrain:
        """Terrain of the shape that `to_dict` gave; it knows no friction and no goal."""
        boxes = [
            Box(np.array(center), np.array(half_extents), np.array(rotation))
            for center, half_extents, rotation in shape["boxes"]
        ]
        return Terrain(str(shape["name"]), tuple(boxes), bool(shape["plane"]))

    def height(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        """Ground height at world points.

        Parameters
        ----------
        x, y
            World coordinates of one shape, m.

        Returns
        -------
        numpy.ndarray
            Of that shape, m; -inf where there is no ground.
        """
        px, py = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        height = np.full(px.shape, 0.0 if self.plane else -np.inf)
        for box in self.boxes:
            height = np.maximum(height, box.height(px, py))
        return height

    def normal(self, x: float, y: float, reach: float = 0.25) -> Array:
        """(3,) unit normal of the plane through the ground `reach` m around a world point."""
        px = np.array([x + reach, x - reach, x, x])
        py = np.array([y, y, y + reach, y - reach])
        ahead, behind, left, right = self.height(px, py)
        normal = np.array([behind - ahead, right - left, 2.0 * reach])
        return np.asarray(normal / np.linalg.norm(normal))


def flat() -> Terrain:
    """An endless plane."""
    return Terrain("flat")


def slope(angle: float, direction: str, *, start: float = 1.0, length: float = 6.0) -> Terrain:
    """An incline of `angle` rad.

    Parameters
    ----------
    angle
        Inclination, rad, in (0, pi/3).
    direction
        ``"up"`` or ``"down"``: level ground until x = `start`, then `length` m of incline, then
        level ground. ``"across"``: all the ground falls to the right (-y) of a robot walking in x.
    start, length
        m.
    """
    if not 0.0 < angle < np.pi / 3:
        raise InputError("angle", f"{angle} rad is outside (0, pi/3)")
    size = 20.0
    if direction == "across":
        tilted = Box.on_surface(np.zeros(3), size, size, _rotation_x(angle))
        return Terrain("slope across", (tilted,), plane=False, goal=(4.0, 0.0))
    if direction not in ("up", "down"):
        raise InputError("direction", f"{direction!r} is not 'up', 'down' or 'across'")
    sign = 1.0 if direction == "up" else -1.0
    rise = sign * length * np.sin(angle)
    run = length * np.cos(angle)
    boxes = (
        Box.on_surface([start - size / 2, 0.0, 0.0], size, size),
        Box.on_surface([start + run / 2, 0.0, rise / 2], length, size, _rotation_y(-sign * angle)),
        Box.on_surface([start + run + size / 2, 0.0, rise], size, size),
    )
    return Terrain(f"slope {direction}", boxes, plane=False, goal=(start + 3.0, 0.0))


def stairs(
    rise: float, direction: str, *, tread: float = 0.3, steps: int = 6, start: float = 1.0
) -> Terrain:
    """A flight of stairs along x, then level ground.

    Parameters
    ----------
    rise
        Height of a step, m.
    direction
        ``"up"`` or ``"down"``.
    tread
        Depth of a step, m.
    steps
        Number of steps.
    start
        x of the first edge, m.
    """
    if not rise > 0.0 or not tread > 0.0 or steps < 1:
        raise InputError("rise, tread, steps", "must be positive")
    if direction not in ("up", "down"):
        raise InputError("direction", f"{direction!r} is not 'up' or 'down'")
    sign = 1.0 if direction == "up" else -1.0
    size, width = 20.0, 10.0
    boxes = [Box.on_surface([start - size / 2, 0.0, 0.0], size, width)]
    boxes += [
        Box.on_surface([start + (i + 0.5) * tread, 0.0, sign * (i + 1) * rise], tread, width)
        for i in range(steps)
    ]
    end = start + steps * tread
    boxes.append(Box.on_surface([end + size / 2, 0.0, sign * steps * rise], size, width))
    return Terrain(f"stairs {direction}", tuple(boxes), plane=False, goal=(end + 0.5, 0.0))


def tiles(
    height: float,
    *,
    seed: int,
    tile: float = 0.2,
    start: float = 0.8,
    length: float = 4.0,
    width: float = 3.0,
) -> Terrain:
    """Square tiles of random height, uniform in [0, `height`], between level ground.

    Parameters
    ----------
    height
        Greatest tile height, m.
    seed
        Of the heights.
    tile
        Side of a tile, m.
    start
        x where the field begins, m.
    length, width
        Of the field, m.
    """
    if not height > 0.0 or not tile > 0.0:
        raise InputError("height, tile", "must be positive")
    rng = np.random.default_rng(seed)
    rows, columns = round(length / tile), round(width / tile)
    heights = rng.uniform(0.0, height, size=(rows, columns))
    boxes = tuple(
        Box.on_surface(
            [start + (i + 0.5) * tile, (j + 0.5) * tile - width / 2, heights[i, j]], tile, tile
        )
        for i in range(rows)
        for j in range(columns)
    )
    return Terrain("tiles", boxes, goal=(start + rows * tile + 0.3, 0.0))


def friction_patches(
    friction: float,
    *,
    seed: int,
    patch: float = 0.5,
    share: float = 0.5,
    start: float = 0.8,
    length: float = 5.0,
    width: float = 4.0,
) -> Terrain:
    """Level ground with square patches of another friction.

    Parameters
    ----------
    friction
        Coefficient of the patches.
    seed
        Of their places.
    patch
        Side of a patch, m.
    share
        Share of the field that they cover, 0..1.
    start, length, width
        x where the field begins, and its size, m.
    """
    if not friction > 0.0 or not patch > 0.0 or not 0.0 <= share <= 1.0:
        raise InputError("friction, patch, share", "friction, patch > 0 and share in [0, 1]")
    rng = np.random.default_rng(seed)
    rows, columns = round(length / patch), round(width / patch)
    slippery = rng.random((rows, columns)) < share
    size = 20.0
    end, half = start + rows * patch, columns * patch / 2
    side = (size - half) / 2
    # The field lies in a frame of ordinary ground; all upper faces are at height 0.
    boxes = [
        Box.on_surface([start - size / 2, 0.0, 0.0], size, 2 * size),
        Box.on_surface([end + size / 2, 0.0, 0.0], size, 2 * size),
        Box.on_surface([(start + end) / 2, half + side, 0.0], end - start, 2 * side),
        Box.on_surface([(start + end) / 2, -half - side, 0.0], end - start, 2 * side),
    ]
    boxes += [
        Box.on_surface(
            [start + (i + 0.5) * patch, (j + 0.5) * patch - half, 0.0],
            patch,
            patch,
            friction=friction if slippery[i, j] else None,
        )
        for i in range(rows)
        for j in range(columns)
    ]
    return Terrain("friction patches", tuple(boxes), plane=False, goal=(end + 0.3, 0.0))


def _rotation_x(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _rotation_y(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
