"""Writing a log: the tick hands over bytes, a process of its own encodes and writes them."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import subprocess
import sys
import time as clock
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from surefoot.control.log.file import LENGTH, MADE
from surefoot.control.log.packing import packed
from surefoot.control.log.records import (
    PhaseChange,
    Truth,
    Tuned,
    asked_of,
    plain,
    plan_nodes,
    state_record,
)
from surefoot.control.raw_tick import made_by
from surefoot.control.timings import Timings
from surefoot.data import InputError, JointCommand, SensorData
from surefoot.robots import RobotModel

logger = logging.getLogger(__name__)

CONTROL = "/control"  # in every tick
PHASE, PARAMETER = "/phase", "/parameter"  # topics that may have several messages in a tick
_PIPE = 1 << 20  # bytes
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
        Ticks that may wait, beside those that are in the pipe (1 MiB).
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
            file = Path(path).open("wb")  # noqa: SIM115  (closed below)
        except OSError as error:
            raise InputError("log", f"cannot write {path}: {error.strerror}") from None
        self.info: dict[str, Any] = dict(info or {})
        self.dropped = 0
        self._ticks = 0
        self._solves = 0
        self._changes = 0
        self._parameters: Any = None
        self._tuned = 0
        self._capacity, self._lossless = capacity, lossless
        self._waiting: deque[bytes] = deque()
        self._begun = 0  # bytes of the first that waits are in the pipe
        self._closed = False
        self._error: str | None = None
        with file:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "from surefoot.control.log.file import main; main()",
                    str(file.fileno()),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pipesize=_PIPE,
                pass_fds=(file.fileno(),),
                start_new_session=True,  # Ctrl-C in the terminal must not lose the log
            )
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        os.set_blocking(self._pipe, False)
        start = {
            "robot": robot.name,
            "config": robot.config.model_dump_json(),
            "options": json.dumps(asdict(options) if is_dataclass(options) else {}),  # type: ignore[arg-type]
        }
        self._put(json.dumps(start))

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
        self._send()
        while len(self._waiting) >= self._capacity and self._error is None:
            if not self._lossless:
                if self.dropped == 0:
                    logger.warning("the log drops ticks: it cannot be written fast enough")
                self.dropped += 1
                return
            self._wait()
        estimator = getattr(controller, "estimator", None)
        state = controller.state
        seldom = estimator is not None and number % _SELDOM == 0 and state is not None
        timings = controller.timings
        solves = getattr(timings, "solves", 0)
        solved = solves not in (0, self._solves)
        self._solves = solves
        made = made_by(controller, solved)
        deviation = np.array(estimator.deviation) if seldom and estimator is not None else None
        self._put(
            (
                number,
                round(float(sensors.time) * 1e9),
                (
                    ("/sensors", sensors),
                    ("/joint_command", command),
                    ("/timings", _timings(timings)),
                    ("/truth", truth),
                    *((PHASE, change) for change in self._new_changes(controller)),
                    *(
                        (PARAMETER, tuned)
                        for tuned in self._new_parameters(controller, sensors.time)
                    ),
                    ("/plan", None if made.plan is None else plan_nodes(made.plan)),
                    (MADE, made),
                    ("/state", state_record(state, deviation)),
                    # last: a tick without it is not complete
                    (CONTROL, asked_of(controller, sensors.time, clock.time(), truth_given)),
                ),
            )
        )
        self._send()

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
        if self._closed:
            return
        self._closed = True
        end = {
            "ticks": str(self._ticks),
            "dropped": str(self.dropped),
            "info": json.dumps(self.info),
        }
        self._put(json.dumps(end))
        while self._waiting and self._error is None:
            self._wait()
        if self._error is None:
            self._end()
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

    def _put(self, message: Any) -> None:
        data = packed(message)
        self._waiting.append(LENGTH.pack(len(data)) + data)

    def _send(self) -> None:
        """Give the pipe as much as it takes now."""
        try:
            while self._waiting and self._error is None:
                message = self._waiting[0]
                self._begun += os.write(self._pipe, memoryview(message)[self._begun :])
                if self._begun == len(message):
                    self._waiting.popleft()
                    self._begun = 0
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._end()

    def _wait(self) -> None:
        """Until the pipe takes more."""
        select.select([], [self._pipe], [])
        self._send()

    def _end(self) -> None:
        """Let the process end, and ask it how it went."""
        stdin: Any = self._process.stdin
        stdout: Any = self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        with stdout:
            failed = stdout.read().decode()
        if self._process.wait() != 0:
            self._error = failed or "its process was ended"
            logger.error("the log cannot be written: %s", self._error)


def _timings(value: Any) -> Timings:
    """As `Timings`, of a controller that has only some of them."""
    if isinstance(value, Timings):
        return value
    names = (field.name for field in fields(Timings))
    return Timings(**{name: getattr(value, name) for name in names if hasattr(value, name)})
