"""A thread that keeps its deadlines, as far as the system lets it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from surefoot.data import InputError

logger = logging.getLogger(__name__)

_LOCK_CURRENT_AND_FUTURE = 3  # MCL_CURRENT | MCL_FUTURE
_COLLAPSE = 25  # MADV_COLLAPSE, Linux 6.1
_HUGE = 1 << 21  # bytes of a huge page


@contextlib.contextmanager
def real_time(
    *, priority: int = 0, cpu: int | None = None, awake: bool = True
) -> Iterator[tuple[str, ...]]:
    """Within it, the calling thread runs a control loop: no garbage is collected, memory stays.

    A collection takes milliseconds, a page that has to be fetched more. What was made before is
    never looked at by the collector again, and memory is locked, on huge pages: a tick that was
    asleep finds few of its addresses still translated. Enter it when everything is made
    (the NMPC's thread would inherit `cpu`), around the loop only: garbage in cycles piles up in it.

    Parameters
    ----------
    priority
        Of the calling thread under SCHED_FIFO (1 to 99, needs the right to it), so that no other
        process takes its CPU; threads that it starts do not inherit it. 0: as the rest.
    cpu
        CPU that the calling thread is bound to; None: any.
    awake
        No processor goes to sleep between ticks (needs the right to write /dev/cpu_dma_latency):
        what wakes up is late and finds its caches cold. It takes power.

    Yields
    ------
    tuple of str
        What the system refused, each in words; the loop goes on without.
    """
    if not 0 <= priority <= 99:
        raise InputError("priority", f"{priority} is not in 0..99")
    if cpu is not None and cpu < 0:
        raise InputError("cpu", f"{cpu} is not the number of a CPU")
    refused: list[str] = []
    with contextlib.ExitStack() as stack:

        def attempt(what: str, action: Callable[[], Callable[[], None]]) -> None:
            """`action` does it and returns how to take it back."""
            try:
                stack.callback(action())
            except (OSError, AttributeError) as error:  # the latter: not on this system
                refused.append(f"{what}: {error}")

        attempt("memory lock", _lock_memory)
        attempt("huge pages", _use_huge_pages)
        if awake:
            attempt("processors awake", _keep_awake)
        if cpu is not None:
            attempt(f"CPU {cpu}", lambda: _bind(cpu))
        if priority > 0:
            attempt(f"priority {priority}", lambda: _raise_priority(priority))
        stack.callback(_stop_collecting())
        if refused:
            logger.warning("the control loop runs without %s", "; ".join(refused))
        yield tuple(refused)


def _stop_collecting() -> Callable[[], None]:
    enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()

    def resume() -> None:
        gc.unfreeze()
        if enabled:
            gc.enable()

    return resume


def _lock_memory() -> Callable[[], None]:
    library = ctypes.CDLL(None, use_errno=True)
    if library.mlockall(_LOCK_CURRENT_AND_FUTURE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return lambda: library.munlockall()


def _use_huge_pages() -> Callable[[], None]:
    """Put private memory on huge pages, as far as it fills them."""
    advise = ctypes.CDLL(None, use_errno=True).madvise
    advise.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
    moved = code = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, access, _, _, _, *name = line.split()
        if "w" not in access or name not in ([], ["[heap]"]):
            continue
        begin, end = (int(address, 16) for address in place.split("-"))
        for page in range(-(-begin // _HUGE) * _HUGE, end - _HUGE + 1, _HUGE):
            if advise(page, _HUGE, _COLLAPSE) == 0:
                moved += 1
            else:
                code = ctypes.get_errno()
    if code and not moved:
        raise OSError(code, os.strerror(code))
    return lambda: None


def _keep_awake() -> Callable[[], None]:
    """Ask for no latency of idle processors; that holds for as long as the file is open."""
    file = os.open("/dev/cpu_dma_latency", os.O_WRONLY)
    try:
        os.write(file, (0).to_bytes(4, sys.byteorder))  # us
    except OSError:
        os.close(file)
        raise
    return lambda: os.close(file)


def _bind(cpu: int) -> Callable[[], None]:
    if sys.platform != "linux":
        raise OSError("only on Linux")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    return lambda: os.sched_setaffinity(0, before)


def _raise_priority(priority: int) -> Callable[[], None]:
    if sys.platform != "linux":
        raise OSError("only on Linux")
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    own = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(0, own, os.sched_param(priority))
    return lambda: os.sched_setscheduler(0, policy, parameters)
