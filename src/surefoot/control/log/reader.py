"""Reading a log back."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mcap.exceptions import McapError
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader

from surefoot.control.log.codec import Decoder
from surefoot.control.log.file import END, START
from surefoot.control.log.writer import CONTROL, PARAMETER, PHASE
from surefoot.data import (
    InputError,
    JointCommand,
    KktResiduals,
    Plan,
    SensorData,
    SolveStatus,
)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class LoggedTick:
    """One tick of a log.

    Attributes
    ----------
    number
        Of the tick in its run; a gap is a dropped tick.
    values
        Fields by name, by topic (``"/control"``, ``"/sensors"``, ...). A topic that had nothing to
        say in this tick is missing.
    changes
        Fields of each change of phase.
    tuned
        Fields of each gain or weight that was changed before it.
    """

    number: int
    values: dict[str, dict[str, Any]]
    changes: list[dict[str, Any]]
    tuned: list[dict[str, Any]]

    @property
    def sensors(self) -> SensorData:
        """The sample that the tick was given."""
        fields = dict(self.values["/sensors"])
        for name in ("joint_torque", "foot_force", "orientation"):
            if not len(fields[name]):
                fields[name] = None
        return SensorData(**fields)

    @property
    def joint_command(self) -> JointCommand:
        """What it answered."""
        return JointCommand(**self.values["/joint_command"])

    @property
    def plan(self) -> Plan | None:
        """The plan solved for in this tick, without gains and single residuals; None if none."""
        fields = self.values.get("/plan")
        if fields is None:
            return None
        states, inputs = (np.asarray(fields[name], float) for name in ("states", "inputs"))
        return Plan(
            times=fields["times"],
            states=states,
            inputs=inputs,
            contacts=fields["contacts"],
            gains=np.zeros((0, 0, 0)),
            status=SolveStatus(fields["status"]),
            residuals=KktResiduals(*(5 * [float(fields["residual"])])),
            iterations=fields["iterations"],
            solve_time_s=fields["solve_time_s"],
            age_solves=fields["age_solves"],
        )


class LogReader:
    """A log that `LogWriter` wrote.

    Parameters
    ----------
    path
        Of the file. One that was cut short by a crash is read as far as it goes.

    Attributes
    ----------
    robot
        Name of the robot.
    config
        The robot file's content as it was, plain values.
    options
        The controller's options, plain values.
    info
        About the run.
    dropped
        Ticks that are missing.

    Raises
    ------
    InputError
        If the file is missing or is no log of Surefoot.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.robot = ""
        self.config: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.info: dict[str, Any] = {}
        self.dropped = 0
        for record in self._records(whole_chunks=True):
            if isinstance(record, Metadata):
                self._note(record.name, record.metadata)
        if not self.robot:
            raise InputError("log", f"cannot read {path}: it is no log of Surefoot")

    def _records(self, whole_chunks: bool = False) -> Iterator[Any]:
        """The records of the file; those of a file that was cut short as far as it goes."""
        try:
            with self._path.open("rb") as file:
                yield from StreamReader(file, emit_chunks=whole_chunks).records
        except OSError as error:
            raise InputError("log", f"cannot read {self._path}: {error.strerror}") from None
        except (McapError, struct.error, ValueError, UnicodeDecodeError) as error:
            logger.warning("%s is not complete: %s", self._path, error)

    def _note(self, name: str, metadata: dict[str, str]) -> None:
        if name == START:
            self.robot = metadata["robot"]
            self.config = json.loads(metadata["config"])
            self.options = json.loads(metadata["options"])
        elif name == END:
            self.dropped = int(metadata["dropped"])
            self.info = json.loads(metadata["info"])

    def ticks(self) -> Iterator[LoggedTick]:
        """Every tick, in the order of the file."""
        schemas: dict[int, Schema] = {}
        topics: dict[int, tuple[str, Decoder]] = {}
        now: LoggedTick | None = None
        for record in self._records():
            if isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, Channel) and record.id not in topics:
                schema = schemas[record.schema_id]
                decoder = Decoder(schema.data, schema.name, record.metadata)
                topics[record.id] = record.topic, decoder
            elif isinstance(record, Message):
                if now is None or record.sequence != now.number:
                    now = LoggedTick(record.sequence, {}, [], [])
                topic, decoder = topics[record.channel_id]
                if topic == PHASE:
                    now.changes.append(decoder.decode(record.data))
                elif topic == PARAMETER:
                    now.tuned.append(decoder.decode(record.data))
                else:
                    now.values[topic] = decoder.decode(record.data)
                if topic == CONTROL:
                    yield now
