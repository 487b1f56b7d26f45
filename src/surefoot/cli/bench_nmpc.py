"""Measure the NMPC: time of one iteration and its parts, residuals, by robot and horizon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from surefoot._cpp import mpc as _mpc
from surefoot.cli._output import print_table, write_json
from surefoot.data import Array, InputError, RobotState, VelocityCommand
from surefoot.mpc import CentroidalNmpc
from surefoot.mpc.options import nmpc_options
from surefoot.mpc.qp_backends import SparseQp, solve_qp
from surefoot.robots import RobotModel, load_robot

SUBSTEPS = 4  # of the plant between two solves
EVERY = 30  # solves whose quadratic program goes to the other backends


def main(
    robot: str = "go2",
    nodes: tuple[int, ...] = (20, 50),
    solves: int = 300,
    vx: float = 0.5,
    noise: float = 0.02,
    seed: int = 0,
    friction: Literal["hard", "soft"] = "hard",
    backends: tuple[Literal["osqp", "piqp"], ...] = (),
    json: Path | None = None,
    plot: Path | None = None,
) -> None:
    """Measure the NMPC over a receding horizon: a walk from rest, noisy states, one thread.

    Times are thread CPU time. Between solves the NMPC's own dynamics follow the plan with its
    feedback; noise is added to what the next solve is told.

    Parameters
    ----------
    robot
        Name or file of the robot.
    nodes
        Numbers of intervals to measure; the horizon stays as the robot file has it.
    solves
        Consecutive solves of each measurement.
    vx
        Forward command, m/s.
    noise
        Standard deviation of the velocity noise, m/s and rad/s; a tenth of it on joints, rad.
    seed
        Of the noise.
    friction
        As inequalities (hard) or as a relaxed barrier in the cost (soft).
    backends
        Other solvers to give the same quadratic programs to; their rows hold QP time alone.
    json
        Also write the rows to this file.
    plot
        Also draw the time of a warm solve over the number of nodes into this PNG or SVG file.
    """
    if solves < 2:
        raise InputError("--solves", f"{solves} are too few", "give at least 2")
    model = load_robot(robot)
    table = Table(
        "nodes", "cold", "warm", "min", "p99", "feedback", "deriv.", "proj.", "qp", "iter.", "KKT",
        "alloc.", title=f"{model.name}, ms of thread CPU time", padding=(0, 0),
    )  # fmt: skip
    rows = []
    for count in nodes:
        asked: list[Any] = []
        row = measure(model, Trial(count, solves, vx, noise, seed, friction), asked)
        rows.append(row)
        warm, split = row["warm_ms"], row["split_ms"]
        table.add_row(
            str(count),
            f"{row['cold_ms']['median']:.3f}",
            *(f"{warm[key]:.3f}" for key in ("median", "min", "p99")),
            f"{row['feedback_ms']['median']:.3f}",
            *(f"{split[key]:.3f}" for key in ("derivatives", "projection", "qp")),
            f"{row['iterations']:.2f}",
            f"{row['kkt']['median']:.1e}",
            str(row["allocations"]),
        )
        for backend in backends:
            other = row | _by_backend(asked, backend, model.config.nmpc.tolerance)
            rows.append(other)
            cells = [backend, "", f"{other['warm_ms']['median']:.2f}", *[""] * 6]
            table.add_row(*cells, f"{other['iterations']:.1f}", f"{other['kkt']['median']:.1e}", "")
    print_table(table)
    if json is not None:
        write_json(json, {"rows": rows})
    if plot is not None:
        draw([row for row in rows if row["split_ms"] is not None], plot)


@dataclass(frozen=True)
class Trial:
    """One measurement: see `main` for the fields."""

    nodes: int
    solves: int
    vx: float
    noise: float
    seed: int
    friction: str = "hard"


def measure(robot: RobotModel, trial: Trial, asked: list[Any] | None = None) -> dict[str, Any]:
    """One row of the benchmark, with the keys that the README documents.

    Parameters
    ----------
    robot
        Its first gait that is not a stand is walked.
    trial
        What to measure.
    asked
        Takes up some of the quadratic programs that were solved.
    """
    options = nmpc_options(robot)
    options.nodes, options.soft_friction = trial.nodes, trial.friction == "soft"
    nmpc = CentroidalNmpc(robot, options)
    gait = next((g.name for g in options.gaits if g.duty < 1.0), options.gaits[0].name)
    state = _standing(robot)
    cold = [_cold_ms(robot, nmpc, state, gait, trial.vx) for _ in range(20)]

    rng, plant = np.random.default_rng(trial.seed), _Plant(robot)
    period = 1.0 / robot.config.nmpc.rate
    times, feedback, parts, residuals, iterations, allocations = [], [], [], [], [], 0
    nmpc.solve(state)
    state = plant.follow(nmpc, state, period)
    for _ in range(trial.solves):
        nmpc.prepare(state.time)
        plan = nmpc.feedback(_noisy(state, trial.noise, rng))
        spent = {part: 1e3 * value for part, value in nmpc.times_s.items()}
        times.append(spent["solve"])
        if asked is not None and len(times) % EVERY == 0:
            asked.append(SparseQp.from_stages(nmpc.quadratic_program))
        feedback.append(spent["feedback"])
        known = [spent[part] for part in ("derivatives", "projection", "qp")]
        parts.append((*known, spent["solve"] - sum(known)))
        allocations = max(allocations, nmpc.allocations)
        residuals.append(plan.residuals.max)
        iterations.append(plan.iterations)
        state = plant.follow(nmpc, state, period)
    derivatives, projection, qp, rest = np.median(parts, axis=0)
    return {
        "robot": robot.name,
        "problem": gait,
        "nodes": trial.nodes,
        "nx": nmpc.plan.gains.shape[2],
        "nu": nmpc.plan.gains.shape[1],
        "friction_mode": trial.friction,
        "solver": "riccati interior point",
        "cold_ms": {"min": min(cold), "median": float(np.median(cold))},
        "warm_ms": {
            "min": min(times),
            "median": float(np.median(times)),
            "p99": float(np.percentile(times, 99)),
        },
        "feedback_ms": {
            "median": float(np.median(feedback)),
            "p99": float(np.percentile(feedback, 99)),
        },
        "split_ms": {
            "derivatives": derivatives,
            "projection": projection,
            "qp": qp,
            "rest": rest,
        },
        "iterations": float(np.mean(iterations)),
        "kkt": {"median": float(np.median(residuals)), "max": max(residuals)},
        "allocations": allocations,
        "us_per_node": 1e3 * float(np.median(times)) / trial.nodes,
    }


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Median times over the number of nodes, with the straight line that fits them best.

    Parameters
    ----------
    rows
        Of `measure`, at least one.
    file
        Its ending says the format, as Matplotlib knows it.
    """
    from matplotlib.figure import Figure

    nodes = np.array([row["nodes"] for row in rows], float)
    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    axes = figure.add_subplot(
        xlabel="nodes", ylabel="ms of thread CPU time", title=f"{rows[0]['robot']}: one iteration"
    )
    for key in ("cold_ms", "warm_ms", "feedback_ms"):
        axes.plot(nodes, [row[key]["median"] for row in rows], "o-", label=key[:-3])
    if len(rows) > 1:
        slope, start = np.polyfit(nodes, [row["warm_ms"]["median"] for row in rows], 1)
        label = f"{1e3 * slope:.1f} us per node + {1e3 * start:.0f} us"
        axes.plot(nodes, start + slope * nodes, "k--", lw=1.0, label=label)
    axes.set_xlim(0.0)
    axes.set_ylim(0.0)
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(file)


def _by_backend(asked: list[Any], backend: str, tolerance: float) -> dict[str, Any]:
    """What of a row is another backend's own: its times and residuals on the same programs."""
    results = [solve_qp(qp, backend, tolerance) for qp in asked]
    times = [1e3 * result.time_s for result in results]
    worst = [max(result.primal, result.dual) for result in results]
    row = {
        "solver": backend,
        "warm_ms": {
            "min": min(times),
            "median": float(np.median(times)),
            "p99": float(np.percentile(times, 99)),
        },
        "iterations": float(np.mean([result.iterations for result in results])),
        "kkt": {"median": float(np.median(worst)), "max": max(worst)},
    }
    return row | dict.fromkeys(
        ("cold_ms", "feedback_ms", "split_ms", "us_per_node", "allocations"), None
    )


def _cold_ms(
    robot: RobotModel, nmpc: CentroidalNmpc, state: RobotState, gait: str, vx: float
) -> float:
    """First solve after a reset, no plan to start from."""
    nmpc.gait, nmpc.command = gait, VelocityCommand(vx)
    nmpc.reset(state)
    nmpc.solve(state)
    return 1e3 * nmpc.times_s["solve"]


def _standing(robot: RobotModel) -> RobotState:
    q = robot.q_nominal.copy()
    radii = np.array([contact.radius for contact in robot.contacts])
    q[2] -= (robot.contact_positions(q)[:, 2] - radii).mean()
    return RobotState(0.0, q, np.zeros(robot.nv), np.ones(robot.nc))


def _noisy(state: RobotState, noise: float, rng: np.random.Generator) -> RobotState:
    q = state.q.copy()
    q[7:] += 0.1 * noise * rng.normal(size=len(q) - 7)
    v = state.v + noise * rng.normal(size=len(state.v))
    return RobotState(state.time, q, v, state.contact_probability)


class _Plant:
    """The NMPC's own dynamics, driven by its plan with feedback between the solves."""

    def __init__(self, robot: RobotModel) -> None:
        self._robot, self._model = robot, _mpc.CentroidalDynamics(robot.description)

    def follow(self, nmpc: CentroidalNmpc, state: RobotState, period: float) -> RobotState:
        """The state `period` later; the noise of the solves is no part of it."""
        x = self._model.state(state.q, state.v)
        dt = period / SUBSTEPS
        for _ in range(SUBSTEPS):
            sample = nmpc.sample(state.time, state)
            forces = [
                sample.forces[c, : contact.size] for c, contact in enumerate(self._robot.contacts)
            ]
            u = np.concatenate([*forces, sample.joint_velocity])
            x = self._model.step(x, u, dt)
            rate, turn = self._model.rate(x, u), _rotation(x[9:13])
            v = np.concatenate([turn.T @ rate[6:9], turn.T @ rate[9:12], sample.joint_velocity])
            state = RobotState(state.time + dt, x[6:], v, state.contact_probability)
        return state


def _rotation(quaternion: Array) -> Array:
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
