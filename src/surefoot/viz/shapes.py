"""Small geometry that the viewer needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from surefoot.data import Array
from surefoot.robots.model import Contact

_SQUARE = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))


def surface_corners(placement: Any, contact: Contact) -> list[Array]:
    """The four corners of a surface contact's rectangle, world, m.

    Parameters
    ----------
    placement
        Pose of the contact frame in the world (`pinocchio.SE3`).
    contact
        The contact; a point contact has four equal corners.
    """
    signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
    return [
        placement.act(np.array([sx * contact.half_length, sy * contact.half_width, 0.0]))
        for sx, sy in signs
    ]


def convex_hull(points: Array, count: int) -> Array:
    """Closed convex hull of points seen from above (Andrew's monotone chain).

    Parameters
    ----------
    points
        (n, 3), m, n >= 1.
    count
        Rows of the result; at least n + 1. The first point fills what is left.

    Returns
    -------
    numpy.ndarray
        (count, 3) hull vertices, counter-clockwise, then the first one again.
    """
    order = points[np.lexsort((points[:, 1], points[:, 0]))]

    def chain(rows: Array) -> list[Array]:
        hull: list[Array] = []
        for point in rows:
            while len(hull) > 1:
                a, b = hull[-1][:2] - hull[-2][:2], point[:2] - hull[-1][:2]
                if a[0] * b[1] - a[1] * b[0] > 0.0:
                    break
                hull.pop()
            hull.append(point)
        return hull

    hull = chain(order)[:-1] + chain(order[::-1])[:-1] or [points[0]]
    return np.array(hull + [hull[0]] * (count - len(hull)))


def resample(times: Array, rows: Array, count: int) -> Array:
    """Rows at `count` times evenly spread from the first to the last, linearly interpolated.

    Parameters
    ----------
    times
        (n,) increasing, s.
    rows
        (n, m).
    count
        Rows of the result.
    """
    at = np.linspace(times[0], times[-1], count)
    low = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    weight = (at - times[low]) / np.maximum(times[low + 1] - times[low], 1e-9)
    return np.asarray(rows[low] + weight[:, None] * (rows[low + 1] - rows[low]))


def boxes_mesh(boxes: Sequence[Any]) -> tuple[Array, npt.NDArray[np.int64]]:
    """Triangles of solid boxes, six faces each, every face with vertices of its own.

    Parameters
    ----------
    boxes
        Each with ``center`` (3,), ``half_extents`` (3,), ``rotation`` (3, 3).

    Returns
    -------
    vertices
        (24 n, 3) world, m.
    faces
        (12 n, 3) indices, counter-clockwise seen from outside.
    """
    corners: list[Array] = []
    faces: list[list[int]] = []
    for axis in range(3):
        u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
        for side in (1.0, -1.0):
            first = len(corners)
            normal = side * np.eye(3)[axis]
            corners += [normal + a * u + b * side * v for a, b in _SQUARE]
            faces += [[first, first + 1, first + 2], [first, first + 2, first + 3]]
    unit, triangles = np.array(corners), np.array(faces)
    vertices = [box.center + (unit * box.half_extents) @ box.rotation.T for box in boxes]
    offsets = len(unit) * np.arange(len(boxes))
    return np.concatenate(vertices), (triangles + offsets[:, None, None]).reshape(-1, 3)
