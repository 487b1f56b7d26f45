"""The viewer in a real headless Chromium."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import chromium
import numpy as np
import pytest
from PIL import Image

import surefoot as sf
from surefoot.viz import LAYERS, Recording, Viewer, ViewerFrame

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="Chromium is not installed"),
]
PICTURES = Path(__file__).parents[1] / "artifacts" / "pictures"


@pytest.fixture(scope="module")
def robot() -> sf.RobotModel:
    return sf.load_robot("go2")


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Chromium]:
    browser = chromium.Chromium(800, 500)
    yield browser
    browser.close()


class Swaying:
    """A program that shows a robot swaying sideways."""

    def __init__(self, robot: sf.RobotModel) -> None:
        self.viewer = Viewer(robot)
        self._robot = robot
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        robot = self._robot
        forces = np.tile([0.0, 0.0, 9.81 * robot.mass / robot.nc], (robot.nc, 1))
        begin = time.monotonic()
        while not self._ended.wait(0.005):
            t = time.monotonic() - begin
            q = robot.q_nominal.copy()
            q[1] = 0.05 * np.sin(3.0 * t)
            self.viewer.show(ViewerFrame(t, q, contact_forces=forces, values={"tick_us": 1.5}))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self.viewer.close()


@pytest.fixture(scope="module")
def page(robot: sf.RobotModel, browser: chromium.Chromium) -> Iterator[chromium.Chromium]:
    program = Swaying(robot)
    browser.open(program.viewer.url)
    browser.wait_for("window.surefoot && surefoot.time > 0")
    yield browser
    browser.open("about:blank")  # or it would connect to the next program on this port
    program.close()


def test_meshes_are_there_and_move(page: chromium.Chromium, robot: sf.RobotModel) -> None:
    meshes = page.evaluate(
        "(() => { let n = 0; viewer.scene_tree.find(['surefoot', 'robot']).object.traverse("
        "o => { if (o.isMesh && o.geometry.attributes.position.count > 100) n++; }); return n; })()"
    )
    assert meshes >= robot.nj
    y = "viewer.scene_tree.find(['surefoot', 'robot', '1']).object.position.y"
    seen = set()
    for _ in range(5):
        seen.add(page.evaluate(y))
        time.sleep(0.2)
    assert len(seen) > 2
    assert max(abs(v) for v in seen) <= 0.05 + 1e-6


def test_software_drawing_gets_coarser_meshes_of_the_same_size(page: chromium.Chromium) -> None:
    """This Chromium draws in software, so the page has simplified the robot already."""
    count, size = page.evaluate(
        "(() => { const ball = new THREE.SphereGeometry(1, 64, 64);"
        "const coarse = simplified(ball, 0.25); coarse.computeBoundingBox();"
        "const box = new THREE.Vector3(); coarse.boundingBox.getSize(box);"
        "return [coarse.index.count / ball.index.count, box.x]; })()"
    )
    assert 0.02 < count < 0.3
    assert size == pytest.approx(2.0, abs=0.3)
    assert page.evaluate(
        "(() => { const small = new THREE.BoxGeometry(1, 1, 1);"
        "return simplified(small, 0.01) === null; })()"
    )
    assert page.evaluate("surefoot.sun.castShadow") is False


def test_picture_is_not_empty(page: chromium.Chromium) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(PICTURES / "viewer.png")
    picture = np.asarray(Image.open(PICTURES / "viewer.png").convert("RGB"), dtype=float)
    right = picture[:, 300:]  # without the panel
    assert right.std() > 10.0
    assert len(np.unique(right.reshape(-1, 3), axis=0)) > 500


def test_forces_appear_and_layers_toggle(page: chromium.Chromium) -> None:
    shown = "viewer.scene_tree.find(['surefoot', 'forces']).object.visible"
    arrow = "viewer.scene_tree.find(['surefoot', 'forces', 'FL', '<object>']).object.visible"
    assert page.evaluate(arrow)
    assert page.evaluate(shown)
    page.evaluate("document.getElementById('layer-forces').click()")
    assert not page.evaluate(shown)
    page.evaluate("document.getElementById('layer-forces').click()")
    assert page.evaluate(shown)


def test_every_layer_has_a_switch(page: chromium.Chromium) -> None:
    for name, on in LAYERS.items():
        assert page.evaluate(f"document.getElementById('layer-{name}').checked") is on


def test_values_reach_the_page(page: chromium.Chromium) -> None:
    page.wait_for("document.getElementById('value-tick_us') !== null")
    assert page.evaluate("document.getElementById('value-tick_us').lastChild.textContent") == (
        "1.500"
    )


def test_console_is_clean(page: chromium.Chromium) -> None:
    assert page.errors == []


def test_recorded_page_replays_offline(
    browser: chromium.Chromium, robot: sf.RobotModel, tmp_path: Path
) -> None:
    recording = Recording(robot, rate=20.0)
    for step in range(121):
        q = robot.q_nominal.copy()
        q[0] = 0.5 * 0.01 * step
        recording.add(ViewerFrame(0.01 * step, q, values={"step": float(step)}))
    recording.save(tmp_path / "run.html")
    browser.call("Network.enable")
    browser.call(
        "Network.emulateNetworkConditions",
        offline=True,
        latency=0,
        downloadThroughput=0,
        uploadThroughput=0,
    )
    try:
        browser.open((tmp_path / "run.html").as_uri())
        browser.wait_for("window.replay && replay.frames.length")
        assert browser.evaluate("replay.frames.length") == len(recording) == 25
        browser.wait_for("replay.time > 0.2")  # it plays by itself
        browser.evaluate("document.getElementById('play').click()")
        time.sleep(0.1)
        stopped = browser.evaluate("replay.time")
        time.sleep(0.3)
        assert browser.evaluate("replay.time") == stopped
        browser.evaluate("replay.seek(0.5)")
        x = browser.evaluate("viewer.scene_tree.find(['surefoot','robot','1']).object.position.x")
        assert x == pytest.approx(0.25, abs=1e-6)
        assert browser.errors == []
        browser.open("about:blank")
    finally:
        browser.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )


def test_collada_files_with_unlike_parts_are_drawn(
    browser: chromium.Chromium, tmp_path: Path
) -> None:
    """ANYmal's meshes mix parts with and without texture coordinates."""
    robot = sf.load_robot("anymal_c")
    recording = Recording(robot)
    recording.add(ViewerFrame(0.0, robot.q_nominal))
    recording.save(tmp_path / "anymal.html")
    browser.open((tmp_path / "anymal.html").as_uri())
    browser.wait_for("window.replay !== undefined", timeout=90.0)
    browser.screenshot(PICTURES / "anymal_c.png")
    browser.open("about:blank")
    assert browser.errors == []
