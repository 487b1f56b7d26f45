"""Drive a robot in simulation from the browser: gait, velocity, pushes, pause, gains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console

from surefoot.cli._log import logging_to
from surefoot.cli._view import watching
from surefoot.data import SimulationError
from surefoot.robots import load_robot


@dataclass(frozen=True)
class _Tick:
    simulation: Any
    controller: Any


def main(
    robot: Annotated[str, tyro.conf.Positional] = "go2",
    terrain: Literal["flat", "slope", "stairs", "tiles"] = "flat",
    seed: int = 0,
    port: int | None = None,
    record: Path | None = None,
    log: Path | None = None,
) -> int:
    """Drive a robot in simulation from the browser until Ctrl-C; or replay a log.

    Parameters
    ----------
    robot
        Name of a robot that comes with Surefoot, or path of a robot TOML file; or of a log
        (.mcap), which is shown with a time slider, as by `surefoot plot --view`.
    terrain
        Ground to walk on.
    seed
        Of the sensor noise and the terrain.
    port
        Of the page on this machine; the first free one from 7000 if not given.
    record
        In the end write a page that replays everything since the last reset to this HTML file.
    log
        Write everything that happens, tick by tick, to this .mcap file (see `surefoot plot`).
    """
    from surefoot.control import Controller, ControllerOptions
    from surefoot.sim import Simulation, Terrain
    from surefoot.sim import terrain as grounds
    from surefoot.sim.falls import FallDetector
    from surefoot.sim.log import truth_of

    if Path(robot).suffix == ".mcap":
        from surefoot.cli import plot

        return plot.main(Path(robot), record=record, view=True)
    console = Console(highlight=False, soft_wrap=True)
    model = load_robot(robot)
    makers: dict[str, Any] = {
        "flat": grounds.flat,
        "slope": lambda: grounds.slope(0.17, "up"),
        "stairs": lambda: grounds.stairs(0.05, "up"),
        "tiles": lambda: grounds.tiles(0.05, seed=seed),
    }
    ground: Terrain = makers[terrain]()
    simulation = Simulation(model, seed=seed, terrain=ground)
    options = ControllerOptions(hold_at_start=not model.can_lie)
    controller = Controller(model, options)
    period = 1.0 / model.config.control.rate
    with (
        logging_to(log, model, options, console) as writer,
        watching(
            model, console, view=True, terrain=ground, port=port, wait=True, record=record
        ) as view,
    ):
        if writer is not None:
            writer.info.update(terrain=ground.name, ground=ground.to_dict())
        view.can_reset = True
        while True:
            sample = simulation.reset(lying=model.can_lie)
            controller.reset()
            # It stands until a command.
            controller.gait = next(iter(model.walking_gaits), controller.gait)
            controller.stand()
            view.restart()
            detector: FallDetector | None = None
            fallen = False
            while True:
                command = controller.step(sample)
                if writer is not None:
                    writer.tick(controller, sample, command, truth_of(simulation))
                try:
                    sample = simulation.step(command, period)
                except SimulationError as error:
                    console.print(f"the simulation has diverged: {error}")
                    break
                if controller.phase != "walk":
                    detector = None  # a robot that sits down has not fallen
                elif detector is None:
                    detector = FallDetector(simulation)
                fall = None if detector is None else detector.check()
                if fall is not None and not fallen:
                    fallen = True
                    console.print(f"{model.name} fell: {fall.reason}. The reset button begins anew")
                view(_Tick(simulation, controller))
                if view.controls is not None and view.controls.reset_wanted:
                    break
