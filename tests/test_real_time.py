"""What a control loop's thread asks of the system."""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path

import pytest

from surefoot.control import real_time
from surefoot.data import InputError

linux = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux")


def test_no_garbage_is_collected_within_and_all_is_as_before_after_it() -> None:
    def interrupted() -> None:
        with real_time():
            assert not gc.isenabled()
            assert gc.get_freeze_count() > 0
            raise KeyboardInterrupt

    assert gc.isenabled()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


@linux
def test_priority_and_cpu_are_of_this_thread_only() -> None:
    policy, cpus = os.sched_getscheduler(0), os.sched_getaffinity(0)
    cpu = max(cpus)
    inherited: list[int] = []
    with real_time(priority=10, cpu=cpu) as refused:
        if any(text.startswith("priority") for text in refused):
            pytest.skip(f"not allowed here: {refused}")
        assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
        assert os.sched_getparam(0).sched_priority == 10
        assert os.sched_getaffinity(0) == {cpu}
        thread = threading.Thread(target=lambda: inherited.append(os.sched_getscheduler(0)))
        thread.start()
        thread.join()
    assert inherited == [os.SCHED_OTHER]
    assert os.sched_getscheduler(0) == policy
    assert os.sched_getaffinity(0) == cpus


@linux
@pytest.mark.parametrize("awake", [True, False])
def test_processors_stay_awake_for_as_long_as_the_loop_runs(awake: bool) -> None:
    place = Path("/dev/cpu_dma_latency")

    def latency() -> int:  # us, that the processors may take to wake up
        return int.from_bytes(place.read_bytes()[:4], sys.byteorder)

    if not os.access(place, os.R_OK | os.W_OK):
        pytest.skip(f"{place} is not there for us")
    before = latency()
    with real_time(awake=awake):
        assert latency() == (0 if awake else before)
    assert latency() == before


@linux
def test_what_the_system_refuses_is_said_and_the_loop_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    with real_time(priority=50, cpu=100_000) as refused:
        assert not gc.isenabled()
    told = [
        text
        for text in refused
        if not text.startswith(("memory lock", "huge pages", "processors awake"))
    ]
    assert [text.partition(":")[0] for text in told] == ["CPU 100000", "priority 50"]
    assert "Operation not permitted" in caplog.text


@pytest.mark.parametrize(("name", "value"), [("priority", 100), ("priority", -1), ("cpu", -1)])
def test_what_cannot_be_is_an_input_error(name: str, value: int) -> None:
    with pytest.raises(InputError, match=name), real_time(**{name: value}):
        pass
