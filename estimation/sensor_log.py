"""Recorded sensor samples, to run any filter over them again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from surefoot.data import Array, InputError, SensorData
from surefoot.robots import RobotModel

_XYZ = ("x", "y", "z")


@dataclass
class SensorLog:
    """Samples of one run, and what the estimator was told besides.

    Attributes
    ----------
    samples
        In order of time.
    planned_contact
        One (n_contacts,) array or None per sample.
    commanded_torque
        One (nj,) array or None per sample, N m.

    Notes
    -----
    CSV layout (`save` and `load`): one header line, one line a sample, columns in any order, SI
    units, an empty cell for what was not measured. ``time``; ``gyro.x .y .z`` and
    ``accelerometer.x .y .z`` in the IMU frame; ``joint_position.NAME`` for every joint; and where
    there is one ``joint_velocity.NAME``, ``joint_torque.NAME``, ``commanded_torque.NAME``,
    ``foot_force.CONTACT``, ``planned_contact.CONTACT``, ``orientation.x .y .z .w`` (of the IMU).
    """

    samples: list[SensorData] = field(default_factory=list)
    planned_contact: list[Array | None] = field(default_factory=list)
    commanded_torque: list[Array | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.samples)

    def append(
        self,
        sensors: SensorData,
        planned_contact: Array | None = None,
        commanded_torque: Array | None = None,
    ) -> None:
        """Add one sample (not copied)."""
        self.samples.append(sensors)
        self.planned_contact.append(planned_contact)
        self.commanded_torque.append(commanded_torque)

    def save(self, path: str | Path, robot: RobotModel) -> None:
        """Write the log in its CSV layout.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        groups = _groups(robot)
        try:
            with Path(path).open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(
                    ["time", *(f"{g}.{n}" for g, names in groups.items() for n in names)]
                )
                for k, sensors in enumerate(self.samples):
                    row: list[str] = [repr(float(sensors.time))]
                    for group, names in groups.items():
                        if group in ("planned_contact", "commanded_torque"):
                            values = getattr(self, group)[k]
                        else:
                            values = getattr(sensors, group)
                        row += [""] * len(names) if values is None else _cells(values)
                    writer.writerow(row)
        except OSError as error:
            raise InputError("path", f"cannot write {path}: {error.strerror}") from None

    @staticmethod
    def load(path: str | Path, robot: RobotModel) -> SensorLog:
        """Read a log in the CSV layout above.

        Raises
        ------
        InputError
            If the file cannot be read, or a required column is missing or a cell is no number.
        """
        try:
            with Path(path).open(newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
        except OSError as error:
            raise InputError("path", f"cannot read {path}: {error.strerror}") from None
        if len(rows) < 2:
            raise InputError("path", f"{path} holds no samples")
        header = {name: k for k, name in enumerate(rows[0])}
        groups = _groups(robot)
        required = ["time"] + [
            f"{g}.{n}" for g in ("gyro", "accelerometer", "joint_position") for n in groups[g]
        ]
        missing = [name for name in required if name not in header]
        if missing:
            raise InputError("path", f"{path} lacks the columns {', '.join(missing)}")
        log = SensorLog()
        for number, row in enumerate(rows[1:], start=2):
            try:
                values = {g: _values(row, header, g, names) for g, names in groups.items()}
                time = float(row[header["time"]])
            except (ValueError, IndexError):
                raise InputError("path", f"{path}, line {number}: a cell is no number") from None
            planned, torque = values.pop("planned_contact"), values.pop("commanded_torque")
            if values["joint_velocity"] is None:
                values["joint_velocity"] = np.full(robot.nj, np.nan)
            log.append(SensorData(time, **values), planned, torque)  # type: ignore[arg-type]
        return log


def _groups(robot: RobotModel) -> dict[str, Sequence[str]]:
    joints, contacts = robot.joint_names, robot.contact_names
    return {
        "gyro": _XYZ,
        "accelerometer": _XYZ,
        "joint_position": joints,
        "joint_velocity": joints,
        "joint_torque": joints,
        "foot_force": contacts,
        "orientation": (*_XYZ, "w"),
        "planned_contact": contacts,
        "commanded_torque": joints,
    }


def _cells(values: Array) -> list[str]:
    return [repr(float(value)) for value in values]


def _values(
    row: list[str], header: dict[str, int], group: str, names: Sequence[str]
) -> Array | None:
    columns = [header.get(f"{group}.{name}") for name in names]
    if any(column is None for column in columns):
        return None
    cells = [row[column] for column in columns if column is not None]
    if all(cell == "" for cell in cells):
        return None
    return np.array([float(cell) if cell else np.nan for cell in cells])
