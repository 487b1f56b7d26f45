"""Finding the postures in which a robot gets onto its belly."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from surefoot.data import Array, InstallationError, SimulationError
from surefoot.robots import RobotModel
from surefoot.robots.model import RightingPosture
from surefoot.sim.posture_space import PostureSpace
from surefoot.sim.righting_trials import Outcome, RightingTrials

FRICTIONS = (0.35, 0.6, 1.0)
_TRIALS = 5
_SPREAD = 0.15  # of the values at first, about the best random ones
_UPRIGHT = np.cos(np.deg2rad(30.0))
Sequence = tuple[RightingPosture, ...]


def cost(outcome: Outcome, postures: Sequence) -> float:
    """What is wrong with a sequence, less is better.

    Of a robot that does not get upright, only how far it gets counts; else how gently it does:
    turning, impacts, going over its nose, torques near the limits, time.
    """
    gentle = (
        0.2 * np.maximum(outcome.turn_speed - 1.5, 0.0)
        + 0.1 * np.maximum(outcome.impact - 1.0, 0.0)
        + np.minimum(np.maximum(outcome.torque - 0.9, 0.0), 3.0)
        + 2.0 * outcome.saturated
        + 0.1 * outcome.end_speed
        + 2.0 * np.maximum(outcome.nose - 0.3, 0.0)
    )
    far = 4.0 + 2.0 * (1.0 - outcome.up) + 4.0 * (1.0 - outcome.best_up)
    each = np.where(outcome.up > _UPRIGHT, np.minimum(gentle, 4.0), far)
    return float(np.mean(each)) + 0.05 * sum(item.duration for item in postures)


def search(
    robot: RobotModel,
    *,
    postures: int = 3,
    samples: int = 500,
    seconds: float = 600.0,
    population: int = 16,
    seed: int = 1,
    start: Sequence = (),
    report: Callable[[float, float, Outcome], None] = lambda *_: None,
) -> Sequence:
    """Random sequences first, then CMA-ES from the best of them.

    Parameters
    ----------
    robot
        The robot.
    postures
        How many in a sequence.
    samples
        Random sequences, each in one trial.
    seconds
        Wall clock that CMA-ES may take after them.
    population
        Sequences of a generation, each in several trials of different friction.
    seed
        Of everything.
    start
        A sequence to refine, in place of random ones.
    report
        Called now and then with the seconds passed, the least cost and its outcome.

    Raises
    ------
    InstallationError
        If the package `cmaes` is not installed.
    SimulationError
        If the robot cannot be laid on its back or left side.
    """
    try:
        from cmaes import CMA
    except ImportError:
        raise InstallationError(
            "cmaes", "is not installed, and the search needs it", "pip install surefoot[tune]"
        ) from None
    space = PostureSpace(robot, len(start) or postures)
    trials = RightingTrials(robot, range(100 * seed, 100 * seed + _TRIALS), FRICTIONS)
    if not len(trials):
        raise SimulationError(f"{robot.name} stays neither on its left side nor on its back")
    begin = time.perf_counter()
    first = space.encode(start) if start else _sample(robot, space, samples, seed)
    sequence = space.decode(first)
    outcome = trials.run(sequence)
    least = cost(outcome, sequence)
    bounds = np.tile([0.0, 1.0], (space.size, 1))
    optimiser = CMA(
        mean=np.clip(first, 0.01, 0.99),
        sigma=_SPREAD,
        bounds=bounds,
        seed=seed,
        population_size=population,
    )
    end = time.perf_counter() + seconds
    while not optimiser.should_stop() and time.perf_counter() < end:
        told = []
        for _ in range(population):
            values = optimiser.ask()
            candidate = space.decode(values)
            result = trials.run(candidate)
            told.append((values, cost(result, candidate)))
            if told[-1][1] < least:
                sequence, outcome, least = candidate, result, told[-1][1]
        optimiser.tell(told)
        report(time.perf_counter() - begin, least, outcome)
    return sequence


def _sample(robot: RobotModel, space: PostureSpace, samples: int, seed: int) -> Array:
    """The best of random values, in a single trial."""
    trial = RightingTrials(robot, [100 * seed + 1], FRICTIONS[1:2])
    values = np.random.default_rng(seed).uniform(size=(samples, space.size))
    costs = [cost(trial.run(sequence), sequence) for sequence in map(space.decode, values)]
    return np.asarray(values[int(np.argmin(costs))])
