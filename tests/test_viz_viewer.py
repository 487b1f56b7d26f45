"""The viewer from the program's side, without a browser."""

from __future__ import annotations

import os
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlparse

import numpy as np
import pytest

import surefoot as sf
from surefoot.viz import PageServer, Recording, Scene, Viewer, ViewerFrame


@pytest.fixture(scope="module")
def robot() -> sf.RobotModel:
    return sf.load_robot("go2")


@pytest.fixture(scope="module")
def viewer(robot: sf.RobotModel) -> Iterator[Viewer]:
    with Viewer(robot) as viewer:
        yield viewer


def test_page_is_served_on_the_loopback_address_only(viewer: Viewer) -> None:
    with urllib.request.urlopen(viewer.url) as reply:
        assert b"meshcat.js" in reply.read()
    port = urlparse(viewer.url).port
    assert port is not None
    # 127.0.0.2 is this machine too, but not the address it was bound to
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=2.0)


def test_port_in_use_is_one_clear_error(robot: sf.RobotModel, viewer: Viewer) -> None:
    with pytest.raises(sf.data.SurefootError, match="in use"):
        Viewer(robot, port=urlparse(viewer.url).port)


def test_wrong_input_is_one_clear_error(robot: sf.RobotModel, viewer: Viewer) -> None:
    with pytest.raises(ValueError, match="q_true"):
        Scene(robot).check(ViewerFrame(0.0, np.zeros(robot.nq + 1)))
    with pytest.raises(ValueError, match="contact_forces"):
        Scene(robot).check(ViewerFrame(0.0, robot.q_nominal, contact_forces=np.zeros((1, 3))))
    with pytest.raises(ValueError, match="layer"):
        viewer.set_layer("nothing", True)
    with pytest.raises(ValueError, match="rate"):
        Viewer(robot, rate=0.0)


def test_nothing_is_sent_while_no_page_is_open(
    robot: sf.RobotModel, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(viewer, "_send", lambda kind, _value: sent.append(kind))
    assert not viewer.connected
    viewer.show(ViewerFrame(0.0, robot.q_nominal))
    assert sent == []
    viewer._clients = 1
    viewer.show(ViewerFrame(0.0, robot.q_nominal))
    assert sent == []  # too soon after the last
    viewer._next = 0.0
    viewer.show(ViewerFrame(0.0, robot.q_nominal))
    assert sent == ["frame"]
    viewer._clients = 0


def test_show_drops_a_frame_rather_than_wait_for_the_server(robot: sf.RobotModel) -> None:
    with Viewer(robot, rate=1000.0) as viewer:
        os.kill(viewer._process.pid, signal.SIGSTOP)
        try:
            viewer._clients = 1
            frame = ViewerFrame(0.0, robot.q_nominal, planned_forces=np.zeros((robot.nc, 6)))
            for _ in range(3000):  # megabytes, more than any pipe holds
                viewer._next = 0.0
                viewer.show(frame)
        finally:
            os.kill(viewer._process.pid, signal.SIGCONT)


def test_finished_page_is_served_and_its_port_is_free_afterwards() -> None:
    with PageServer("<p>grüße</p>") as server:
        with urllib.request.urlopen(server.url) as reply:
            assert reply.read().decode() == "<p>grüße</p>"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(server.url + "other")
        with pytest.raises(sf.data.SurefootError, match="in use"):
            PageServer("", port=urlparse(server.url).port)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server.url)


def test_recording_begins_afresh(robot: sf.RobotModel) -> None:
    recording = Recording(robot)
    recording.add(ViewerFrame(5.0, robot.q_nominal))
    recording.clear()
    assert len(recording) == 0
    recording.add(ViewerFrame(0.0, robot.q_nominal))  # earlier than what was forgotten
    assert len(recording) == 1
