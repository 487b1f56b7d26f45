"""Log and replay: everything of a tick comes back, bit for bit, and says so when it does not."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

import surefoot as sf
from surefoot.cli import main
from surefoot.control import Timings
from surefoot.control.health import CheckHealth
from surefoot.control.log import LoggedTick, LogReader, LogWriter
from surefoot.control.log.packing import packed, unpacked
from surefoot.control.replay import replay
from surefoot.data import InputError, SolveStatus
from surefoot.sim import Event, Log, Simulation, run, run_walk

GO2 = sf.load_robot("go2")
WALK = sf.VelocityCommand(vx=0.3, yaw_rate=0.2)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Log of a robot that stands up, trots and is asked to sit."""
    path = tmp_path_factory.mktemp("log") / "walk.mcap"
    options = sf.ControllerOptions(step_in_place=True)
    sit = Event(2.0, lambda controller, _: controller.sit())  # type: ignore[attr-defined]
    with LogWriter(path, GO2, options=options, lossless=True) as log:
        run_walk(
            GO2,
            sf.Controller(GO2, options),
            Simulation(GO2, seed=2),
            command=WALK,
            gait="trot",
            duration=2.2,
            events=[sit],
            log=log,
        )
    return path


def test_replay_is_identical_bit_for_bit(path: Path) -> None:
    result = replay(path, GO2)
    assert result.difference is None
    assert result.ticks == len(Log.load(path))
    assert result.duration == pytest.approx((result.ticks - 1) * 0.002)


class Tampered(LogReader):
    """A log with one value changed in the last bit."""

    def __init__(self, path: Path, topic: str, name: str) -> None:
        super().__init__(path)
        self._change = topic, name

    def ticks(self) -> Iterator[LoggedTick]:
        topic, name = self._change
        for tick in super().ticks():
            if tick.number == 700:
                values = tick.values[topic][name]
                values[2] = np.nextafter(values[2], np.inf)
            yield tick


@pytest.mark.parametrize(
    ("topic", "name", "what"),
    [
        ("/sensors", "gyro", "state."),  # what the replayed controller sees
        ("/joint_command", "torque", "joint_command.torque[2]"),  # what it is compared with
    ],
)
def test_the_first_tick_that_differs_is_reported(
    path: Path, topic: str, name: str, what: str
) -> None:
    difference = replay(Tampered(path, topic, name), GO2).difference
    assert difference is not None
    assert difference.number == 700
    assert difference.time == pytest.approx(1.4)
    assert difference.what.startswith(what)
    assert 0.0 < abs(difference.logged - difference.replayed) < 1e-6


def test_another_reader_finds_everything_in_the_file(path: Path) -> None:
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        rows: dict[str, list[Any]] = {}
        for _, channel, _, message in reader.iter_decoded_messages():
            rows.setdefault(channel.topic, []).append(message)
        summary = reader.get_summary()
    assert summary is not None
    log = Log.load(path)
    ticks = len(log)
    for topic in ("/control", "/sensors", "/joint_command", "/timings", "/truth"):
        assert len(rows[topic]) == ticks
    assert [change.after for change in rows["/phase"]][:3] == ["stand_up", "stand", "walk"]
    assert all(change.reason for change in rows["/phase"])
    sensors = rows["/sensors"][100]
    assert len(sensors.joint_position) == 12
    assert sensors.time == pytest.approx(0.2)
    assert rows["/timings"][-1].solves == len(rows["/plan"]) > 50
    walking = [message for message in rows["/control"] if message.phase == "walk"]
    assert {message.gait for message in walking[:-200]} == {"trot"}
    assert (walking[0].vx, walking[0].yaw_rate) == (WALK.vx, WALK.yaw_rate)
    assert not rows["/control"][-1].stand
    assert abs(rows["/control"][-1].clock - time.time()) < 3600.0
    stored = {field.name for field in rows["/timings"][0].DESCRIPTOR.fields}
    assert {item.name for item in fields(Timings)} <= stored


def test_plans_of_the_horizon_come_back(path: Path) -> None:
    log = Log.load(path)
    assert log.plans
    index, plan = next(iter(log.plans.items()))
    assert log.phase[index] == "walk"
    assert plan.states.shape == (len(plan.times), 13 + 12)
    assert plan.inputs.shape == (len(plan.times) - 1, 24)
    assert plan.contacts.shape == (len(plan.times) - 1, 4)
    assert plan.contacts.dtype == bool
    assert plan.status in SolveStatus
    np.testing.assert_allclose(plan.states[0, 6:9], log.q_estimated[index, :3], atol=0.02)
    window = log.window(0.5)
    shift = len(log) - len(window)
    assert all(plan is log.plans[k + shift] for k, plan in window.plans.items())


class Still:
    """The least that can be logged."""

    command, gait, phase, state = WALK, "trot", "stand", None
    timings = Timings()


def tick(log: LogWriter, number: int) -> None:
    zero = np.zeros(12)
    gyro = np.array([np.nan, np.inf, -0.0])
    sensors = sf.SensorData(0.01 * number, gyro, np.zeros(3), zero, zero)
    log.tick(Still(), sensors, sf.JointCommand(zero, zero, zero, zero, zero))


def test_health_is_logged_when_it_changes(tmp_path: Path) -> None:
    path, still = tmp_path / "log.mcap", Still()
    zero = np.zeros(12)
    with LogWriter(path, GO2) as log:
        for k in range(1, 10):
            still.health = {
                "tilt": CheckHealth(0.1 * k, 0.9, 0.6, "stop" if k > 6 else "none", max(0, k - 6))
            }  # type: ignore[attr-defined]
            sensors = sf.SensorData(0.01 * k, np.zeros(3), np.zeros(3), zero, zero)
            log.tick(still, sensors, sf.JointCommand(zero, zero, zero, zero, zero))
    told = [item.values.get("/health/tilt") for item in LogReader(path).ticks()]
    assert [k for k, check in enumerate(told, 1) if check is not None] == [1, 7, 8, 9]
    assert (told[6]["reaction"], told[6]["count"]) == ("stop", 1)  # type: ignore[index]


def test_numbers_that_are_none_come_back(tmp_path: Path) -> None:
    path = tmp_path / "log.mcap"
    with LogWriter(path, GO2) as log:
        tick(log, 1)
    (only,) = LogReader(path).ticks()
    np.testing.assert_array_equal(only.sensors.gyro, [np.nan, np.inf, -0.0])
    assert np.signbit(only.sensors.gyro[2])
    assert only.sensors.foot_force is None
    assert only.plan is None
    assert "/state" not in only.values


def test_a_slow_disk_never_holds_up_the_tick_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, count = tmp_path / "log.mcap", 5000
    with caplog.at_level(logging.WARNING), LogWriter(path, GO2, capacity=10) as log:
        os.kill(log._process.pid, signal.SIGSTOP)
        for number in range(count):  # would hang here if a tick waited for the disk
            tick(log, number)
        assert 0 < log.dropped < count
        os.kill(log._process.pid, signal.SIGCONT)
    assert "drops ticks" in caplog.text
    assert f"lacks {log.dropped} of {count}" in caplog.text
    reader = LogReader(path)
    assert reader.dropped == log.dropped
    assert len(list(reader.ticks())) == count - log.dropped


def test_lossless_waits_for_the_disk(tmp_path: Path) -> None:
    path, count = tmp_path / "log.mcap", 3000  # more than the pipe holds
    with LogWriter(path, GO2, capacity=5, lossless=True) as log:
        os.kill(log._process.pid, signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (log._process.pid, signal.SIGCONT)).start()
        begin = time.monotonic()
        for number in range(count):
            tick(log, number)
        assert time.monotonic() - begin > 0.4
    assert log.dropped == 0
    assert [item.number for item in LogReader(path).ticks()] == list(range(count))


def test_the_log_of_a_program_that_dies_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.mcap"
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_log import GO2, LogWriter, tick
log = LogWriter({str(path)!r}, GO2)
for number in range(200):
    tick(log, number)
pid = log._process.pid
print(pid, flush=True)
os._exit(1)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    end = time.monotonic() + 20.0
    while Path(f"/proc/{int(done.stdout)}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert len(list(LogReader(path).ticks())) == 200


def test_packing_gives_back_what_it_was_given() -> None:
    plain = (1.5, None, "walk", True, np.float64(0.1), np.float32(2.5))
    assert unpacked(packed(plain)) == plain
    for array in (
        np.arange(3.0),
        np.zeros((0, 3)),
        np.arange(12.0).reshape(3, 4).T,
        np.array([True, False]),
        np.arange(3, dtype=np.float32),
    ):
        again = unpacked(packed(array))
        np.testing.assert_array_equal(again, array)
        assert again.dtype == array.dtype
    timings = Timings(step_us=3.0, nmpc_ms=None, solves=7)
    assert unpacked(packed((timings, {"a": 1}))) == (timings, {"a": 1})


def test_a_log_with_gaps_is_not_replayed(path: Path) -> None:
    class Gap(LogReader):
        def ticks(self) -> Iterator[LoggedTick]:
            return (item for item in super().ticks() if item.number != 5)

    with pytest.raises(InputError, match="lacks tick 5"):
        replay(Gap(path), GO2)


def test_a_log_cut_short_is_read_as_far_as_it_goes(path: Path, tmp_path: Path) -> None:
    whole, cut = Log.load(path), tmp_path / "cut.mcap"
    cut.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    part = Log.load(cut)
    assert 100 < len(part) < len(whole)
    np.testing.assert_array_equal(part.q, whole.q[: len(part)])
    assert replay(cut, GO2).difference is None


def test_a_failing_disk_is_one_clear_error(tmp_path: Path) -> None:
    log = LogWriter("/dev/full", GO2)
    tick(log, 0)
    with pytest.raises(InputError, match="space left"):
        log.close()
    with pytest.raises(InputError, match="space left"):
        tick(log, 1)
    ended = LogWriter(tmp_path / "ended.mcap", GO2)
    ended._process.kill()
    ended._process.wait()
    tick(ended, 0)
    with pytest.raises(InputError, match="process was ended"):
        tick(ended, 1)
    with pytest.raises(InputError, match="cannot write"):
        LogWriter(tmp_path / "no" / "folder.mcap", GO2)
    with pytest.raises(InputError, match="capacity"):
        LogWriter(tmp_path / "other.mcap", GO2, capacity=0)


def test_replay_command(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "replay.json"
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(path), "--json", str(figures)])
    assert ended.value.code == 0
    assert "identical, bit for bit" in capsys.readouterr().out
    written = json.loads(figures.read_text())
    assert written["identical"] is True
    assert written["difference"] is None
    with pytest.raises(InputError, match="of the robot 'go2'"):
        replay(path, sf.load_robot("anymal_c"))


def test_replay_is_shown_until_ctrl_c(path: Path) -> None:
    code = "from surefoot.cli import main; main()"
    program = subprocess.Popen(
        [sys.executable, "-u", "-c", code, "replay", str(path), "--view"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        lines = (re.search(r"http://127\.0\.0\.1:\d+/", line) for line in program.stdout)
        address = next(found[0] for found in lines if found)
        with urllib.request.urlopen(address) as reply:
            assert b"startReplay" in reply.read()
    finally:
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=20.0) == 0
        program.stdout.close()


def test_replay_of_a_run_on_the_true_state(tmp_path: Path) -> None:
    path = tmp_path / "true.mcap"
    with LogWriter(path, GO2, lossless=True) as log:
        run(
            sf.Controller(GO2), Simulation(GO2), duration=0.1, true_state=True, lying=False, log=log
        )
    assert replay(path, GO2).difference is None
