"""Find the postures in which a robot that has fallen gets upright."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console

from surefoot.cli._output import write_json
from surefoot.robots import RobotModel, load_robot
from surefoot.robots.config import Side

_CHECK_SEEDS = range(5000, 5040)  # none that a search sees
_CHECK_FRICTIONS = (0.3, 0.4, 0.6, 0.8, 1.0)


def main(
    robot: Annotated[str, tyro.conf.Positional] = "go2",
    down: tuple[Side, ...] = ("left", "top"),
    goal: Literal["upright"] | Side = "upright",
    symmetric: bool = False,
    postures: int = 3,
    samples: int = 300,
    generations: int = 40,
    seed: int = 1,
    refine: bool = False,
    check: bool = False,
    json: Path | None = None,
) -> int:
    """Search joint postures in MuJoCo and print them as a motion of the robot file's [righting].

    The search is seeded: the same in every run. What it finds is tried on 40 other poses and other
    frictions; exit code 1 if the robot does not get to its goal in all.

    Parameters
    ----------
    robot
        Name of a robot that comes with Surefoot, or path of a robot TOML file.
    down
        Sides of the base that are down at first; top: on its back, of a quadruped.
    goal
        upright, or the side that is to be down in the end, from where another motion goes on.
    symmetric
        Move the right side as the left one.
    postures
        How many in a sequence, at most.
    samples
        Random ones tried for each place in it, before the search proper.
    generations
        Of the search proper (CMA-ES), each of 16 sequences.
    seed
        Of the search.
    refine
        Begin with the robot file's own postures for those sides.
    check
        Do not search: only try the robot file's own postures for those sides.
    json
        Also write the figures to this file.
    """
    from surefoot.data import SurefootError
    from surefoot.sim.righting_search import search
    from surefoot.sim.righting_trials import Outcome, RightingTrials

    console = Console(highlight=False, soft_wrap=True)
    model = load_robot(robot)
    own = next((motion for motion in model.righting if set(motion.down) & set(down)), None)
    if (refine or check) and own is None:
        raise SurefootError(f"{model.name} has no motion of righting from its {' or '.join(down)}")
    start = own.postures if own is not None else ()
    side: Side | None = None if goal == "upright" else goal

    def report(generation: int, cost: float, outcome: Outcome) -> None:
        console.print(f"{generation:3d}  cost {cost:.3f}  {_line(_figures(outcome))}")

    found = start
    if not check:
        found = search(
            model,
            down=down,
            goal=side,
            symmetric=symmetric,
            postures=postures,
            samples=samples,
            generations=generations,
            seed=seed,
            start=start if refine else (),
            report=report,
        )
        console.print(_table(model, down, found), markup=False)
    trials = RightingTrials(model, _CHECK_SEEDS, _CHECK_FRICTIONS, sides=down, goal=side)
    figures: dict[str, Any] = {"robot": model.name, **_figures(trials.run(found))}
    console.print(f"other poses and frictions: {_line(figures)}")
    if json is not None:
        write_json(json, figures)
    return 0 if figures["righted"] == figures["trials"] else 1


def _figures(outcome: Any) -> dict[str, Any]:
    from surefoot.sim.righting_search import reached

    return {
        "trials": len(outcome.up),
        "righted": int(reached(outcome).sum()),
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


def _table(robot: RobotModel, down: tuple[Side, ...], postures: Any) -> str:
    names = ", ".join(f'"{side}"' for side in down)
    lines = ["", "[[righting.motions]]", f"down = [{names}]"]
    for item in postures:
        lines += ["", "[[righting.motions.postures]]", f"duration = {item.duration:.2f}", ""]
        lines.append("[righting.motions.postures.joints]")
        lines += [
            f"{name} = {float(value):g}"
            for name, value in zip(robot.joint_names, item.joints, strict=True)
        ]
    return "\n".join(lines)
