"""The process that writes a log: it takes ticks from a pipe, encodes them and writes the file."""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, BinaryIO

from mcap.writer import Writer

from surefoot.control.log.codec import Encoder
from surefoot.control.log.packing import unpacked

START, END = "surefoot", "surefoot.end"  # names of the metadata records
MADE = ""  # not a topic: what the controller made, which has several
LENGTH = struct.Struct("<I")  # before each message of the pipe
_CHUNK = 1 << 20  # bytes before compression
_SELDOM = 100  # ticks between two records of a check that stays as it is
_NICE = 5  # the controller's own threads go first


class LogFile:
    """An MCAP file of ticks.

    Parameters
    ----------
    stream
        Open for writing.
    start
        First metadata record.
    """

    def __init__(self, stream: BinaryIO, start: dict[str, str]) -> None:
        self._stream = stream
        self._health: dict[str, tuple[str, int]] = {}
        self._encoders: dict[str, tuple[Encoder, int]] = {}
        self._writer = Writer(stream, chunk_size=_CHUNK)
        self._writer.start(profile="", library=f"surefoot {version('surefoot')}")
        self._writer.add_metadata(START, start)

    def write(self, number: int, stamp: int, values: tuple[tuple[str, Any], ...]) -> None:
        """Write one tick: its number, time in ns, and records by topic."""
        for topic, value in self._unpacked(number, values):
            if value is None:
                continue
            if topic not in self._encoders:
                self._encoders[topic] = self._register(topic, value)
            encoder, channel = self._encoders[topic]
            self._writer.add_message(
                channel, stamp, encoder.encode(value), publish_time=stamp, sequence=number
            )

    def close(self, end: dict[str, str] | None) -> None:
        """Write the last metadata record, where there is one, and end the file."""
        if end is not None:
            self._writer.add_metadata(END, end)
        self._writer.finish()
        self._stream.close()

    def _unpacked(
        self, number: int, values: tuple[tuple[str, Any], ...]
    ) -> Iterator[tuple[str, Any]]:
        for topic, item in values:
            if topic != MADE:
                yield topic, item
                continue
            yield "/sample", item.sample
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


def main() -> None:
    """Write what comes from standard input into the file of the given descriptor.

    A message is what `LogWriter` packs: the first and the last a dict for the metadata, the others
    the arguments of `LogFile.write`. Ends with nothing on standard output, or with what failed.
    """
    source, target = sys.stdin.buffer, os.fdopen(int(sys.argv[1]), "wb")
    os.nice(_NICE)
    try:
        file: LogFile | None = None
        while len(head := source.read(LENGTH.size)) == LENGTH.size:
            message = unpacked(source.read(LENGTH.unpack(head)[0]))
            if file is None:
                file = LogFile(target, json.loads(message))
            elif isinstance(message, str):
                return file.close(json.loads(message))
            else:
                file.write(*message)
        if file is not None:  # the program has ended without a word: what it has sent is written
            file.close(None)
    except Exception as error:
        sys.stdout.write(str(error) or repr(error))
        sys.stdout.flush()
        os._exit(1)  # what the file still holds back cannot be written either
