"""Find the postures in which a robot gets from its side or back onto its belly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console

from surefoot.cli._output import write_json
from surefoot.robots import RobotModel, load_robot

_CHECK_SEEDS = range(5000, 5040)  # none that a search sees
_CHECK_FRICTIONS = (0.3, 0.4, 0.6, 0.8, 1.0)
_UPRIGHT = np.cos(np.deg2rad(25.0))


def main(
    robot: Annotated[str, tyro.conf.Positional] = "go2",
    postures: int = 3,
    samples: int = 300,
    generations: int = 40,
    seed: int = 1,
    refine: bool = False,
    check: bool = False,
    json: Path | None = None,
) -> int:
    """Search joint postures in MuJoCo and print them as the robot file's [righting] table.

    The search is seeded: the same in every run. What it finds is tried on 40 other poses and other
    frictions; exit code 1 if the robot does not get onto its belly in all.

    Parameters
    ----------
    robot
        Name of a robot that comes with Surefoot, or path of a robot TOML file.
    postures
        How many in a sequence, at most.
    samples
        Random ones tried for each place in it, before the search proper.
    generations
        Of the search proper (CMA-ES), each of 16 sequences.
    seed
        Of the search.
    refine
        Begin with the robot file's own postures.
    check
        Do not search: only try the robot file's own postures.
    json
        Also write the figures to this file.
    """
    from surefoot.data import SurefootError
    from surefoot.sim.righting_search import search
    from surefoot.sim.righting_trials import Outcome, RightingTrials

    console = Console(highlight=False, soft_wrap=True)
    model = load_robot(robot)
    if (refine or check) and not model.righting:
        raise SurefootError(f"{model.name} has no righting.postures to begin with")

    def report(generation: int, cost: float, outcome: Outcome) -> None:
        console.print(f"{generation:3d}  cost {cost:.3f}  {_line(_figures(outcome))}")

    found = model.righting
    if not check:
        found = search(
            model,
            postures=postures,
            samples=samples,
            generations=generations,
            seed=seed,
            start=model.righting if refine else (),
            report=report,
        )
        console.print(_table(model, found), markup=False)
    trials = RightingTrials(model, _CHECK_SEEDS, _CHECK_FRICTIONS)
    figures: dict[str, Any] = {"robot": model.name, **_figures(trials.run(found))}
    console.print(f"other poses and frictions: {_line(figures)}")
    if json is not None:
        write_json(json, figures)
    return 0 if figures["righted"] == figures["trials"] else 1


def _figures(outcome: Any) -> dict[str, Any]:
    return {
        "trials": len(outcome.up),
        "righted": int((outcome.up > _UPRIGHT).sum()),
        "turn_speed": float(outcome.turn_speed.max()),
        "impact_g": float(outcome.impact.max()),
        "torque_share": float(outcome.torque.max()),
    }


def _line(figures: dict[str, Any]) -> str:
    return (
        f"{figures['righted']} of {figures['trials']} righted, base turning at most"
        f" {figures['turn_speed']:.1f} rad/s, impact {figures['impact_g']:.1f} g, torque"
        f" {figures['torque_share']:.2f} of the limit"
    )


def _table(robot: RobotModel, postures: Any) -> str:
    lines = []
    for item in postures:
        lines += ["", "[[righting.postures]]", f"duration = {item.duration:.2f}", ""]
        lines.append("[righting.postures.joints]")
        lines += [
            f"{name} = {float(value):g}"
            for name, value in zip(robot.joint_names, item.joints, strict=True)
        ]
    return "\n".join(lines)
