"""The page's controls, from the mouse in a real Chromium to the running program."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import chromium
import numpy as np
import pytest

import surefoot as sf
from surefoot.control import Phase
from surefoot.control.raw_tick import RawTick
from surefoot.viz import RunView, Viewer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="Chromium is not installed"),
]


@dataclass
class Gliding:
    """Stands in for simulation and controller: a base that moves exactly as commanded."""

    robot: sf.RobotModel
    time: float = 0.0
    command: sf.VelocityCommand = field(default_factory=sf.VelocityCommand)
    gait: str = "trot"
    phase: Phase = Phase.WALK
    pushes: list[Any] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    state: None = None
    pushing_force: None = None

    def __post_init__(self) -> None:
        self.q = self.robot.q_nominal.copy()
        self.v = np.zeros(self.robot.nv)
        self.contact_forces = np.zeros((self.robot.nc, 6))
        self.timings = SimpleNamespace(step_us=100.0, nmpc_ms=1.0)
        self.parameters = sf.Controller(self.robot).parameters

    def advance(self, dt: float) -> None:
        self.time += dt
        self.q = self.q.copy()
        self.q[0] += dt * self.command.vx
        self.v = np.zeros(self.robot.nv)
        self.v[0] = self.command.vx

    def raw(self, plan: bool) -> RawTick:
        return RawTick(None, {}, None)

    def push(self, force: Any, duration: float) -> None:
        self.pushes.append((np.array(force), duration))

    def stand(self) -> None:
        self.done.append("stand")


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[chromium.Chromium, Gliding]]:
    robot = sf.load_robot("go2")
    gliding, ended = Gliding(robot), threading.Event()
    with Viewer(robot) as viewer:
        show = RunView(viewer)

        def run() -> None:
            while not ended.is_set():
                gliding.advance(0.01)
                show(SimpleNamespace(simulation=gliding, controller=gliding))
                if not viewer.connected:
                    time.sleep(0.01)

        thread = threading.Thread(target=run)
        thread.start()
        browser = chromium.Chromium(800, 500)
        browser.open(viewer.url)
        browser.wait_for("document.getElementById('command-vx') !== null && surefoot.time > 0")
        yield browser, gliding
        errors = list(browser.errors)
        browser.close()
        ended.set()
        thread.join()
    assert errors == []


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10.0
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def slide(browser: chromium.Chromium, name: str, value: float) -> None:
    browser.evaluate(
        f"(() => {{ const s = document.getElementById('{name}'); s.value = {value}; "
        "s.dispatchEvent(new Event('input')); })()"
    )


def test_command_slider_changes_the_speed(world: tuple[chromium.Chromium, Gliding]) -> None:
    browser, gliding = world
    slide(browser, "command-vx", 0.4)
    wait(lambda: gliding.command.vx == pytest.approx(0.4))
    position = "viewer.scene_tree.find(['surefoot', 'robot', '1']).object.position.x"
    begin = browser.evaluate(position)
    browser.wait_for(f"{position} > {begin} + 0.1")
    browser.call("Input.dispatchKeyEvent", type="keyDown", code="KeyX", key="x")
    wait(lambda: gliding.command.vx == 0.0)


def test_controls_follow_what_the_program_changes(
    world: tuple[chromium.Chromium, Gliding],
) -> None:
    browser, gliding = world
    browser.evaluate("document.getElementById('parameters').open = true")
    gliding.parameters["wbc.swing_kp"] = 600.0
    gliding.command, gliding.gait = sf.VelocityCommand(vx=0.3, yaw_rate=-0.2), "pace"
    for name, value in (("command-vx", 0.3), ("command-yaw_rate", -0.2), ("gait", "'pace'")):
        browser.wait_for(f"document.getElementById('{name}').value == {value}")
    browser.wait_for("document.getElementById('parameter-wbc.swing_kp').value == 600")
    assert browser.evaluate("document.getElementById('parameters').open")
    browser.call("Input.dispatchKeyEvent", type="keyDown", code="KeyW", key="w")
    wait(lambda: gliding.command.vx == pytest.approx(0.4))
    assert gliding.command.yaw_rate == pytest.approx(-0.2)


def test_gait_push_action_and_gain(world: tuple[chromium.Chromium, Gliding]) -> None:
    browser, gliding = world
    browser.evaluate(
        "(() => { const g = document.getElementById('gait'); g.value = 'stand'; g.onchange(); })()"
    )
    wait(lambda: gliding.gait == "stand")
    browser.evaluate("document.getElementById('push').click()")
    wait(lambda: len(gliding.pushes) == 1)
    force, duration = gliding.pushes[0]  # 0.5 m/s to the left of a robot that looks along x
    impulse = 0.5 * gliding.robot.mass
    np.testing.assert_allclose(force * duration, [0.0, impulse, 0.0], atol=1e-6)
    browser.evaluate("document.getElementById('stand').click()")
    wait(lambda: gliding.done == ["stand"])
    slide(browser, "parameter-wbc.swing_kp", 700)
    wait(lambda: gliding.parameters["wbc.swing_kp"] == pytest.approx(700.0))


def test_pause_and_speed(world: tuple[chromium.Chromium, Gliding]) -> None:
    browser, gliding = world
    browser.evaluate("document.getElementById('pause').click()")
    time.sleep(0.3)
    stopped = gliding.time
    time.sleep(0.3)
    assert gliding.time == stopped
    browser.evaluate("document.getElementById('pause').click()")
    wait(lambda: gliding.time > stopped)
    slide(browser, "speed", 0.1)
    time.sleep(0.2)
    begin, clock = gliding.time, time.monotonic()
    time.sleep(1.0)
    # slower than a half of real time for certain, and not standing still
    assert 0.0 < gliding.time - begin < 0.5 * (time.monotonic() - clock)
    slide(browser, "speed", 1.0)


def test_a_request_that_is_not_offered_is_refused(
    world: tuple[chromium.Chromium, Gliding],
) -> None:
    browser, gliding = world
    before = gliding.command
    browser.evaluate("surefootSend({type: 'command', vx: 99, vy: 0, yaw_rate: 0})")
    browser.wait_for("document.getElementById('error').textContent.includes('vx')")
    assert gliding.command == before
