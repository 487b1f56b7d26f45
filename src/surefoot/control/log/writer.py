"""Writing a log: the tick hands over copies, a thread of its own encodes and writes them."""

from __future__ import annotations

import json
import logging
import threading
import time as clock
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

import numpy as np
from mcap.writer import Writer

from surefoot.control.log.codec import Encoder
from surefoot.control.log.records import (
    Asked,
    PhaseChange,
    Truth,
    Tuned,
    asked_of,
    copied,
    plain,
    plan_nodes,
    state_record,
)
from surefoot.data import InputError, JointCommand, Plan, SensorData
from surefoot.robots import RobotModel

logger = logging.getLogger(__name__)

START, END = "surefoot", "surefoot.end"  # names of the metadata records
CONTROL = "/control"  # in every tick
PHASE, PARAMETER = "/phase", "/parameter"  # topics that may have several messages in a tick
MADE = ""  # not a topic: what the controller made, to be unpacked in the thread
_CHUNK = 1 << 20  # bytes before compression
_IDLE = 2e-3  # s between two looks at an empty queue
_BREATH = 2e-5  # s after each message, in which a waiting control tick takes the interpreter
_SELDOM = 100  # ticks between two values that take long to compute and change slowly


class LogWriter:
    """Writes everything that ticks saw and did to an MCAP file.

    Parameters
    ----------
    path
        Of the file, ``.mcap`` by custom; replaced if it exists.
    robot
        The robot.
    options
        The controller's options (a dataclass), for `surefoot.control.replay`.
    info
        Plain values about the run; may be added to until `close`.
    capacity
        Ticks that may wait to be written.
    lossless
        When that many wait: let the tick wait too (a simulation), or drop it and count it (a
        robot).

    Attributes
    ----------
    dropped
        Ticks that were not written because the disk was too slow.

    Raises
    ------
    InputError
        If the file cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        robot: RobotModel,
        *,
        options: Any = None,
        info: Mapping[str, Any] | None = None,
        capacity: int = 4096,
        lossless: bool = False,
    ) -> None:
        if capacity < 1:
            raise InputError("capacity", f"is {capacity}, must be at least 1")
        try:
            self._file = Path(path).open("wb")  # noqa: SIM115  (closed by `close`)
        except OSError as error:
            raise InputError("log", f"cannot write {path}: {error.strerror}") from None
        self.info: dict[str, Any] = dict(info or {})
        self.dropped = 0
        self._ticks = 0
        self._solves = 0
        self._health: dict[str, tuple[str, int]] = {}
        self._changes = 0
        self._parameters: Any = None
        self._tuned = 0
        self._capacity, self._lossless = capacity, lossless
        # appending to a deque takes no lock that the writing thread could hold
        self._queue: deque[tuple[int, int, list[tuple[str, Any]]]] = deque()
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._encoders: dict[str, tuple[Encoder, int]] = {}
        self._writer = Writer(self._file, chunk_size=_CHUNK)
        self._writer.start(profile="", library=f"surefoot {version('surefoot')}")
        self._writer.add_metadata(
            START,
            {
                "robot": robot.name,
                "config": robot.config.model_dump_json(),
                "options": json.dumps(asdict(options) if is_dataclass(options) else {}),  # type: ignore[arg-type]
            },
        )
        self._thread = threading.Thread(target=self._run, name="surefoot-log", daemon=True)
        self._thread.start()

    def tick(
        self,
        controller: Any,
        sensors: SensorData,
        command: JointCommand,
        truth: Truth | None = None,
        *,
        truth_given: bool = False,
    ) -> None:
        """Log one tick, right after it.

        Parameters
        ----------
        controller
            That has just done it; a `surefoot.control.Controller` or what behaves like one.
        sensors, command
            What went in and came out; the command must not be changed afterwards.
        truth
            Of a simulation, at the time of the sample.
        truth_given
            Whether the controller was given the true state.

        Raises
        ------
        InputError
            If the file can no longer be written.
        """
        if self._error is not None:
            raise InputError("log", f"cannot be written any more: {self._error}")
        number = self._ticks
        self._ticks += 1
        while len(self._queue) >= self._capacity:
            if not self._lossless:
                if self.dropped == 0:
                    logger.warning("the log drops ticks: it cannot be written fast enough")
                self.dropped += 1
                return
            clock.sleep(_IDLE)
            if not self._thread.is_alive():
                return
        estimator = getattr(controller, "estimator", None)
        seldom = estimator is not None and number % _SELDOM == 0 and controller.state is not None
        timings = controller.timings
        solves = getattr(timings, "solves", 0)
        solved = solves not in (0, self._solves)
        self._solves = solves
        # Only what is the caller's is copied: the controller makes the rest anew in each tick.
        take = getattr(controller, "raw", None)
        values: list[tuple[str, Any]] = [
            ("/sensors", copied(sensors)),
            ("/joint_command", command),
            ("/timings", timings),
            ("/truth", truth),
            *((PHASE, change) for change in self._new_changes(controller)),
            *((PARAMETER, tuned) for tuned in self._new_parameters(controller, sensors.time)),
            (MADE, _of(controller, solved) if take is None else take(solved)),
        ]
        deviation = np.array(estimator.deviation) if seldom and estimator is not None else None
        values.append(("/state", (controller.state, deviation)))
        # last: a tick without it is not complete
        values.append((CONTROL, asked_of(controller, sensors.time, clock.time(), truth_given)))
        self._queue.append((number, round(float(sensors.time) * 1e9), values))

    def _new_changes(self, controller: Any) -> list[PhaseChange]:
        history = getattr(controller, "history", [])
        begin = self._changes if len(history) >= self._changes else 0  # it was reset
        self._changes = len(history)
        return [
            PhaseChange(change.time, plain(change.before), plain(change.after), change.reason)
            for change in history[begin:]
        ]

    def _new_parameters(self, controller: Any, time: float) -> list[Tuned]:
        parameters = getattr(controller, "parameters", None)
        if parameters is not self._parameters:  # the first tick, or it was reset
            self._parameters, self._tuned = parameters, 0
        changes = getattr(parameters, "changes", [])[self._tuned :]
        self._tuned += len(changes)
        return [Tuned(float(time), change.name, change.value) for change in changes]

    def close(self) -> None:
        """Write what still waits, and end the file.

        Raises
        ------
        InputError
            If it could not be written.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        self._file.close()
        if self.dropped:
            logger.warning("the log lacks %d of %d ticks", self.dropped, self._ticks)
        if self._error is not None:
            raise InputError("log", f"could not be written: {self._error}")

    def __enter__(self) -> LogWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- in the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                closing = self._closing.is_set()
                while self._queue:
                    self._write(*self._queue.popleft())
                if closing:
                    break
                self._closing.wait(_IDLE)
            counts = {"ticks": str(self._ticks), "dropped": str(self.dropped)}
            self._writer.add_metadata(END, {**counts, "info": json.dumps(self.info)})
            self._writer.finish()
        except BaseException as error:
            logger.error("the log cannot be written: %s", error)
            self._error = error

    def _write(self, number: int, stamp: int, values: list[tuple[str, Any]]) -> None:
        for topic, item in self._unpacked(number, values):
            value = _record(item)
            if value is None:
                continue
            if topic not in self._encoders:
                self._encoders[topic] = self._register(topic, value)
            encoder, channel = self._encoders[topic]
            self._writer.add_message(
                channel, stamp, encoder.encode(value), publish_time=stamp, sequence=number
            )
            if len(self._queue) < self._capacity // 2:  # else it must catch up
                clock.sleep(_BREATH)

    def _unpacked(self, number: int, values: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
        """What a tick handed over, that which came in one piece by its topics."""
        for topic, item in values:
            if topic != MADE:
                yield topic, item
                continue
            yield "/sample", item.sample
            yield "/plan", item.plan
            # each safety check whose reaction or count has changed; all of them now and then
            for name, check in (item.health or {}).items():
                told = check.reaction, check.count
                if told != self._health.get(name) or number % _SELDOM == 0:
                    self._health[name] = told
                    yield f"/health/{name}", check

    def _register(self, topic: str, value: Any) -> tuple[Encoder, int]:
        encoder = Encoder(type(value))
        schema = self._writer.register_schema(encoder.name, "protobuf", encoder.schema)
        columns = encoder.columns(value)
        return encoder, self._writer.register_channel(topic, "protobuf", schema, columns)


def _of(controller: Any, solved: bool) -> SimpleNamespace:
    """As `Controller.raw`, of a controller that has only what everyone may read."""
    return SimpleNamespace(
        sample=getattr(controller, "sample", None),
        plan=controller.plan if solved else None,
        health=getattr(controller, "health", None),
    )


def _record(value: Any) -> Any:
    """The dataclass that is written for what a tick handed over."""
    if isinstance(value, Plan):
        return plan_nodes(value)
    if isinstance(value, Asked):
        return value.record()
    if isinstance(value, tuple):
        return state_record(*value)
    return value
