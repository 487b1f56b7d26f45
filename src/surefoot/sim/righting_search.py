"""Finding the postures in which a robot that has fallen gets upright."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surefoot.data import Array, InstallationError, SimulationError
from surefoot.robots import RobotModel
from surefoot.robots.config import Side
from surefoot.robots.model import RightingPosture
from surefoot.sim.posture_space import PostureSpace
from surefoot.sim.righting_trials import Outcome, RightingTrials

FRICTIONS = (0.35, 0.6, 1.0)
_TRIALS = 5
_LEAVES = 20  # of the tree, from which it grows on
_ANEW, _NEAR = 0.6, 0.2  # how often a side's legs in the tree move anywhere, or a little
_SPREAD = 0.15  # of the values, where a way is yet to be found
_SPREAD_FOUND = 0.05  # about a way through the tree that rights some, and has to become gentle
_UPRIGHT = np.cos(np.deg2rad(30.0))
_LOW = 0.3  # of the folded posture's height: a humanoid that sits is upright, but not on its feet
_UNFOLDED = 0.15  # rad; legs that lie across each other hold each other further from folded
Sequence = tuple[RightingPosture, ...]


def reached(outcome: Outcome) -> Array:
    """(n,) whether each trial came to its goal."""
    return np.asarray((outcome.up > _UPRIGHT) & (outcome.low < _LOW))


def cost(outcome: Outcome, postures: Sequence) -> float:
    """What is wrong with a sequence, less is better.

    Of a robot that does not get to its goal, only how far it gets counts; else how gently it does:
    turning, impacts, going over its nose, torques near the limits, legs left entangled, time.
    """
    gentle = (
        0.2 * np.maximum(outcome.turn_speed - 1.5, 0.0)
        + 0.1 * np.maximum(outcome.impact - 1.0, 0.0)
        + np.minimum(np.maximum(outcome.torque - 0.9, 0.0), 3.0)
        + 2.0 * outcome.saturated
        + 0.1 * outcome.end_speed
        + 2.0 * np.maximum(outcome.nose - 0.3, 0.0)
        + 2.0 * np.maximum(outcome.unfolded - _UNFOLDED, 0.0)
    )
    # by angles, as their cosines hardly change where every search begins: flat on the back
    tilt, least = np.arccos(np.clip([outcome.up, outcome.best_up], -1.0, 1.0)) / np.pi
    far = 4.0 + 4.0 * tilt + 8.0 * least + 4.0 * outcome.low
    each = np.where(reached(outcome), np.minimum(gentle, 4.0), far)
    return float(np.mean(each)) + 0.05 * sum(item.duration for item in postures)


def search(
    robot: RobotModel,
    *,
    down: tuple[Side, ...] = ("left", "top"),
    goal: Side | None = None,
    symmetric: bool = False,
    postures: int = 3,
    samples: int = 500,
    generations: int = 40,
    population: int = 16,
    seed: int = 1,
    start: Sequence = (),
    report: Callable[[int, float, Outcome], None] = lambda *_: None,
) -> Sequence:
    """A tree of random postures first, then CMA-ES from the best way through it.

    Parameters
    ----------
    robot
        The robot.
    down
        The sides of the base on which it has fallen.
    goal
        The side that is to be down in the end; None: it is to be upright.
    symmetric
        Whether the left side is to move as the right one.
    postures
        How many in a sequence, at most.
    samples
        Random ones for each place in it.
    generations
        Of CMA-ES after them.
    population
        Sequences of a generation, each in several trials of different friction.
    seed
        Of everything.
    start
        A sequence to refine, in place of a random one.
    report
        Called after each generation with its number, the least cost so far and its outcome.

    Raises
    ------
    InstallationError
        If the package `cmaes` is not installed.
    SimulationError
        If the robot does not stay on the sides on which it falls.
    """
    try:
        from cmaes import CMA
    except ImportError:
        raise InstallationError(
            "cmaes", "is not installed, and the search needs it", "pip install surefoot[tune]"
        ) from None
    trials = RightingTrials(
        robot, range(100 * seed, 100 * seed + _TRIALS), FRICTIONS, sides=down, goal=goal
    )
    if not len(trials):
        raise SimulationError(f"{robot.name} does not stay on its {' or '.join(down)}")
    sequence = start
    if not sequence:
        trial = RightingTrials(robot, [100 * seed + 1], FRICTIONS[1:2], sides=down[-1:], goal=goal)
        if not len(trial):
            raise SimulationError(f"{robot.name} does not stay on its {down[-1]}: another seed?")
        sequence = _grow(trial, PostureSpace(robot, 1, symmetric), postures, samples, seed)
    space = PostureSpace(robot, len(sequence), symmetric)
    first = space.encode(sequence)
    sequence = space.decode(first)
    outcome = trials.run(sequence)
    least = cost(outcome, sequence)
    bounds = np.tile([0.0, 1.0], (space.size, 1))
    optimiser = CMA(
        mean=np.clip(first, 0.01, 0.99),
        sigma=_SPREAD_FOUND if reached(outcome).any() else _SPREAD,
        bounds=bounds,
        seed=seed,
        population_size=population,
    )
    for generation in range(1, generations + 1):
        if optimiser.should_stop():
            break
        told = []
        for _ in range(population):
            values = optimiser.ask()
            candidate = space.decode(values)
            result = trials.run(candidate)
            told.append((values, cost(result, candidate)))
            if told[-1][1] < least:
                sequence, outcome, least = candidate, result, told[-1][1]
        optimiser.tell(told)
        report(generation, least, outcome)
    return sequence


def _grow(
    trial: RightingTrials, space: PostureSpace, postures: int, samples: int, seed: int
) -> Sequence:
    """A tree of random postures in a single trial, grown where the robot is next to its goal."""
    robot, random = trial.robot, np.random.default_rng(seed)
    leaves: list[tuple[float, Array, Sequence]] = [(np.pi, trial.states[0], ())]
    found: list[tuple[float, Sequence]] = []
    for _ in range(postures):
        grown = []
        for k in range(samples):
            _, state, sequence = leaves[k % len(leaves)]
            at = sequence[-1].joints if sequence else robot.q_lying[7:]
            (posture,) = space.decode(_next(space, at, random), at)
            after, tilt = trial.move(state, at, posture)
            grown.append((tilt, after, (*sequence, posture)))
        leaves = sorted(grown, key=lambda leaf: leaf[0])[:_LEAVES]
        found += [(cost(trial.run(sequence), sequence), sequence) for _, _, sequence in leaves]
    return min(found, key=lambda item: item[0])[1]


def _next(space: PostureSpace, joints: Array, random: np.random.Generator) -> Array:
    """Values of a posture after `joints`: of each side's limbs new ones, the same, or near them."""
    values = space.encode((RightingPosture(1.0, joints),))
    values[-1] = random.uniform()
    for side in space.sides:
        change = random.uniform()
        if change < _ANEW:
            values[side] = random.uniform(size=len(side))
        elif change < _ANEW + _NEAR:
            values[side] += random.normal(scale=_SPREAD, size=len(side))
    return np.clip(values, 0.0, 1.0)
