"""``surefoot play``: the real controller in simulation, driven from a real Chromium."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import chromium
import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="Chromium is not installed"),
]


@contextlib.contextmanager
def playing(*arguments: str) -> Iterator[chromium.Chromium]:
    """The page of a running ``surefoot play``, whose robot stands."""
    program = subprocess.Popen(
        [sys.executable, "-c", "from surefoot.cli import main; main()", "play", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    browser = chromium.Chromium(400, 300)  # small: this computer draws in software
    try:
        assert program.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+\S*", program.stdout.readline())
        assert address is not None
        browser.open(address[0])
        browser.wait_for(f"{value('phase')} === 'stand'", timeout=60.0)
        yield browser
        assert browser.errors == []
    finally:
        browser.close()
        program.send_signal(signal.SIGINT)
        output, errors = program.communicate(timeout=20.0)
    assert (program.returncode, errors) == (130, "")
    assert "fell" not in output


def value(name: str) -> str:
    """JavaScript of a live value."""
    return f"(document.getElementById('value-{name}') || {{lastChild: {{}}}}).lastChild.textContent"


def slide(browser: chromium.Chromium, name: str, to: float) -> None:
    browser.evaluate(
        f"(() => {{ const s = document.getElementById('{name}'); s.value = {to}; "
        "s.dispatchEvent(new Event('input')); })()"
    )


def click(browser: chromium.Chromium, name: str) -> None:
    browser.evaluate(f"document.getElementById('{name}').click()")


X = "surefoot.base[0]"


def test_go2_walks_is_pushed_pauses_and_begins_anew() -> None:
    with playing("go2") as browser:
        begin = browser.evaluate(X)
        slide(browser, "command-vx", 0.5)
        browser.wait_for(f"{value('phase')} === 'walk'")
        browser.wait_for(f"{X} > {begin} + 0.4")

        assert browser.evaluate(value("health")) == "ok"
        assert browser.evaluate(value("contacts"))

        slide(browser, "push-size", 0.4)
        y = browser.evaluate("surefoot.base[1]")
        click(browser, "push")  # to the left
        browser.wait_for(f"surefoot.base[1] > {y} + 0.03")

        for name in ("wbc.base_weight", "nmpc.foothold"):
            weight = browser.evaluate(f"Number(document.getElementById('parameter-{name}').value)")
            message = f"{{type: 'parameter', name: '{name}', value: {1000 * weight}}}"
            browser.evaluate(f"surefootSend({message})")
            error = "document.getElementById('error').textContent"
            browser.wait_for(f"{error}.includes('{name}') && {error}.includes('outside')")

        click(browser, "pause")
        time.sleep(0.5)
        stopped = browser.evaluate("surefoot.time")
        time.sleep(0.5)
        assert browser.evaluate("surefoot.time") == stopped
        click(browser, "pause")
        browser.wait_for(f"surefoot.time > {stopped}")

        click(browser, "stop")
        browser.wait_for(f"{value('phase')} === 'stand'")
        click(browser, "reset")
        browser.wait_for(f"surefoot.time < {stopped} && {X} < {begin} + 0.2")


def test_go2_climbs_stairs() -> None:
    with playing("go2", "--terrain", "stairs") as browser:
        ground = browser.evaluate("surefoot.base[2]")
        slide(browser, "command-vx", 0.5)
        browser.wait_for(f"surefoot.base[2] > {ground} + 0.08")  # two steps of 0.05 m
