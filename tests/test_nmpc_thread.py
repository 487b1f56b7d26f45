"""Priority and affinity of the NMPC's thread: as the kernel tells them, and what a refusal does."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot.sim import Simulation

GO2 = sf.load_robot("go2")
CPUS = sorted(os.sched_getaffinity(0))
_CAP_SYS_NICE = 1 << 23
_VERSION_3 = 0x20080522  # of the capability system calls


def thread_ids() -> set[int]:
    """Of every NMPC thread of this process."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "surefoot-nmpc":
            found.add(int(task.name))
    return found


def allowed_cpus(thread: int) -> str:
    status = Path(f"/proc/self/task/{thread}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("Cpus_allowed_list"))
    return line.split()[1]


def walking(**options: Any) -> tuple[sf.Controller, int]:
    """A controller that walks by the plans of its thread, and the thread's number."""
    before = thread_ids()
    controller = sf.Controller(
        GO2, sf.ControllerOptions(nmpc="thread", hold_at_start=True, **options)
    )
    simulation = Simulation(GO2, seed=1)
    sensors = simulation.reset()
    controller.stand()
    controller.gait, controller.command = "trot", sf.VelocityCommand(vx=0.2)
    end = time.monotonic() + 60.0
    while controller.timings.solves < 5 and time.monotonic() < end:
        command = controller.step(sensors)
        assert np.isfinite(command.torque).all()
        sensors = simulation.step(command, 0.002)
        if controller.phase == "walk":
            time.sleep(0.002)  # the plan is made beside
    assert controller.timings.solves >= 5
    (thread,) = thread_ids() - before
    return controller, thread


def without_rights(run: Callable[[], Any]) -> Any:
    """Run in a thread that may not raise priorities, like the threads that it starts."""
    results: list[Any] = []

    def body() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; low half, high half
        assert libc.capget(header, sets) == 0
        sets[0] &= ~_CAP_SYS_NICE & 0xFFFFFFFF
        assert libc.capset(header, sets) == 0
        results.append(run())

    limits = resource.getrlimit(resource.RLIMIT_RTPRIO)
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, limits[1]))
    try:
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
    finally:
        resource.setrlimit(resource.RLIMIT_RTPRIO, limits)
    return results[0]


def may_raise_priority() -> bool:
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, *before)
    except PermissionError:
        return False
    return True


@pytest.mark.parametrize("cpu", CPUS[:2])
def test_the_thread_is_bound_to_the_cpu_that_was_asked_for(cpu: int) -> None:
    controller, thread = walking(thread_cpu=cpu)
    assert allowed_cpus(thread) == str(cpu)
    assert os.sched_getaffinity(thread) == {cpu}
    assert sorted(os.sched_getaffinity(0)) == CPUS  # the control thread goes where it likes
    del controller


def test_unasked_it_is_scheduled_like_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        controller, thread = walking()
    assert sorted(os.sched_getaffinity(thread)) == CPUS
    assert os.sched_getscheduler(thread) == os.SCHED_OTHER
    assert "thread_priority" not in caplog.text
    del controller


@pytest.mark.skipif(not may_raise_priority(), reason="no right to real-time priorities")
def test_the_priority_is_the_one_that_was_asked_for() -> None:
    controller, thread = walking(thread_priority=20)
    assert os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
    assert os.sched_getparam(thread).sched_priority == 20
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    del controller


@pytest.mark.parametrize(
    "options", [{"thread_priority": 50}, {"thread_cpu": max(CPUS) + 1000}, {"thread_cpu": 10**6}]
)
def test_a_refusal_is_one_clear_warning_and_the_robot_walks_on(
    options: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        controller, thread = without_rights(lambda: walking(**options))
    assert controller.phase == "walk"
    assert os.sched_getscheduler(thread) == os.SCHED_OTHER
    assert sorted(os.sched_getaffinity(thread)) == CPUS
    warnings = [item.getMessage() for item in caplog.records if "refused" in item.getMessage()]
    assert len(warnings) == 1
    assert "CAP_SYS_NICE" in warnings[0]
    ((name, value),) = options.items()
    assert f"{name} {value}" in warnings[0]
