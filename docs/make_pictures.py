"""Makes the pictures of the documentation: ``python docs/make_pictures.py [NAME ...]``.

Each picture is a simulated run, recorded as a page, opened in headless Chromium at one instant.
The pages themselves are written beside the pictures in ``artifacts/pictures``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import Chromium  # noqa: E402

import surefoot as sf  # noqa: E402
from surefoot.control import Controller, ControllerOptions  # noqa: E402
from surefoot.sim import Event, Simulation, run, terrain  # noqa: E402
from surefoot.viz import Recording, RunView  # noqa: E402


@dataclass(frozen=True)
class Picture:
    """One picture: what runs, when it is taken, and from where it is seen."""

    name: str
    robot: str
    time: float  # s since the robot stood
    controlled: str | None = None  # robot file of the controller, if it is another
    command: sf.VelocityCommand | None = None  # None stands
    ground: terrain.Terrain | None = None
    azimuth: float = -52.0  # deg
    elevation: float = 16.0
    distance: float = 5.0  # standing heights
    layers: tuple[tuple[str, bool], ...] = ()


PICTURES = (
    Picture("go2_trot", "go2", 4.15, command=sf.VelocityCommand(vx=0.5), layers=(("cones", True),)),
    Picture(
        "anymal_c_stairs",
        "anymal_c",
        7.0,
        command=sf.VelocityCommand(vx=0.3),
        ground=terrain.stairs(0.08, "up"),
        azimuth=-60.0,
        distance=4.4,
    ),
    Picture(
        "g1_walk",
        "g1",
        5.1,
        command=sf.VelocityCommand(vx=0.4),
        azimuth=-35.0,
        elevation=6.0,
        distance=4.4,
    ),
    Picture(
        "g1_stand",
        "g1",
        2.0,
        controlled=str(ROOT / "docs" / "g1_hands_up.toml"),
        azimuth=-30.0,
        elevation=6.0,
        distance=4.4,
    ),
)


def record(picture: Picture, path: Path) -> float:
    """Run it, write the page, and return the picture's time in the recording, s."""
    robot = sf.load_robot(picture.robot)
    controlled = sf.load_robot(picture.controlled or picture.robot)
    simulation = Simulation(robot, seed=0, terrain=picture.ground)
    recording = Recording(robot, picture.ground, rate=60.0)
    command = picture.command

    def start(controller: Controller, _: Simulation) -> None:
        if command is not None:
            controller.gait = robot.walking_gaits[0]
            controller.command = command

    result = run(
        Controller(controlled, ControllerOptions(hold_at_start=not robot.can_lie)),
        simulation,
        duration=picture.time + 0.5,
        events=[Event(1.0, start)],
        lying=robot.can_lie,
        on_tick=RunView(recording=recording),
    )
    if result.fall is not None:
        raise SystemExit(f"{picture.name}: {robot.name} fell: {result.fall.reason}")
    recording.save(path)
    return simulation.time - 0.5


def take(picture: Picture, page: Path, time: float, path: Path) -> None:
    """Open the page at that time and write the picture."""
    browser = Chromium(1280, 720)
    try:
        browser.open(f"{page.as_uri()}?quality=high")
        browser.wait_for("window.replay !== undefined", timeout=120.0)
        layers = "".join(
            f"surefoot.setLayer('{n}', {str(on).lower()});" for n, on in picture.layers
        )
        browser.evaluate(
            f"replay.play(false); replay.seek({time}); document.body.classList.add('bare');"
            f"surefoot.view({picture.azimuth}, {picture.elevation}, {picture.distance}); {layers}"
            "viewer.render(); 1"
        )
        browser.screenshot(path)
        if browser.errors:
            raise SystemExit(f"{picture.name}: the page reported {browser.errors}")
    finally:
        browser.close()


def main() -> None:
    """Make the pictures named on the command line, or all."""
    wanted = sys.argv[1:] or [picture.name for picture in PICTURES]
    pages = ROOT / "artifacts" / "pictures"
    pages.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        if picture.name in wanted:
            page = pages / f"{picture.name}.html"
            take(picture, page, record(picture, page), ROOT / "docs" / f"{picture.name}.png")
            print(f"docs/{picture.name}.png")


if __name__ == "__main__":
    main()
