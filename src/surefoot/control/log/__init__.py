"""The log of a controller: everything that each tick saw and did, in an MCAP file."""

from surefoot.control.log.reader import LoggedTick, LogReader
from surefoot.control.log.records import Truth
from surefoot.control.log.writer import LogWriter

__all__ = ["LogReader", "LogWriter", "LoggedTick", "Truth"]
