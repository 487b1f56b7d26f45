"""Offline trajectory optimisation: a task, a robot, and IPOPT."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import pinocchio as pin

from surefoot.data import Array, OptimisationError, instance_of
from surefoot.mpc.symbolic import GRAVITY
from surefoot.mpc.trajectory.physics import TrajectoryPhysics
from surefoot.mpc.trajectory.problem import TrajectoryProblem, Variables
from surefoot.mpc.trajectory.task import MotionTask, load_task
from surefoot.mpc.trajectory.trajectory import Trajectory
from surefoot.robots import RobotModel

_SUCCESS = "Solve_Succeeded"


class TrajectoryOptimiser:
    """Finds a motion for a task: full dynamics of the whole tree, contact forces in their friction
    cones, joint position, velocity and torque limits, lengths of the phases free.

    Direct transcription with inverse dynamics at the middle of every interval, solved by IPOPT
    (Waechter, Biegler, "On the implementation of an interior-point filter line-search algorithm",
    2006) with exact derivatives. Takes seconds: this is no controller.

    Parameters
    ----------
    robot
        Joints that its NMPC does not move stay in their posture.
    task
        Name of a task that comes with Surefoot (see `task_names`), path of a TOML
        file, or a `MotionTask`.
    name
        Of the task, for the file and messages; the file's own if not given.

    Raises
    ------
    InputError
        If there is no such task, or the robot lacks a contact or gait that it names.

    Examples
    --------
    >>> trajectory = sf.mpc.TrajectoryOptimiser(sf.load_robot("go2"), "jump").solve()
    >>> trajectory.save("jump.npz")
    """

    def __init__(
        self, robot: RobotModel, task: str | Path | MotionTask, name: str | None = None
    ) -> None:
        self._robot = instance_of("robot", robot, RobotModel)
        known = "task" if isinstance(task, MotionTask) else Path(task).stem
        self._name = known if name is None else name
        self._task = task if isinstance(task, MotionTask) else load_task(task)
        self._problem = TrajectoryProblem(self._robot, self._task)

    def solve(self) -> Trajectory:
        """The optimum.

        Raises
        ------
        OptimisationError
            If IPOPT does not find one; it names IPOPT's verdict and what is missed most.
        """
        problem, solver_config = self._problem, self._task.solver
        program = problem.program()
        options: dict[str, Any] = {
            "print_time": False,
            "error_on_fail": False,
            "ipopt.print_level": 0,
            "ipopt.sb": "yes",
            "ipopt.tol": solver_config.tolerance,
            "ipopt.constr_viol_tol": solver_config.tolerance,
            "ipopt.max_iter": solver_config.iterations,
            "ipopt.max_cpu_time": solver_config.time_limit,
        }
        solver = ca.nlpsol("optimiser", "ipopt", program.nlp, {**options, **program.derivatives})
        lower, upper = problem.lower.column(), problem.upper.column()
        begin = time.process_time()
        found = solver(
            x0=problem.guess(), lbx=lower, ubx=upper, lbg=program.lower, ubg=program.upper
        )
        elapsed = time.process_time() - begin
        stats = solver.stats()
        column, rows = (np.asarray(found[name]).ravel() for name in ("x", "g"))
        missed = np.maximum(program.lower - rows, rows - program.upper)
        if stats["return_status"] != _SUCCESS or not np.isfinite(column).all():
            raise OptimisationError(
                f"{self._name} of {self._robot.name}",
                str(stats["return_status"]).replace("_", " ").lower(),
                int(stats["iter_count"]),
                *problem.where(program, int(np.argmax(missed))),
                float(missed.max()),
            )
        values = problem.shaped(column)
        info = {
            "status": _SUCCESS,
            "iterations": int(stats["iter_count"]),
            "solve_s": elapsed,
            "cost": float(found["f"]),
            "violation": float(max(missed.max(), 0.0)),
        }
        return self._trajectory(values, info)

    def _trajectory(self, values: Variables, info: dict[str, Any]) -> Trajectory:
        problem, robot, grid = self._problem, self._robot, self._problem.grid
        N = len(grid)
        counts = np.array([phase.intervals for phase in self._task.phases])
        times = np.concatenate([[0.0], np.cumsum((values.phases / counts)[grid.phase])])
        q = np.repeat(robot.q_nominal[None], N + 1, axis=0)
        v = np.zeros((N + 1, robot.nv))
        for k in range(N + 1):
            z, w = values.position[:, k], values.velocity[:, k]
            rotation = pin.exp3(z[3:6]) @ pin.Quaternion(problem.reference[:, k]).matrix()
            q[k, :3] = z[:3]
            q[k, 3:7] = pin.Quaternion(rotation).coeffs()
            v[k, :3], v[k, 3:6] = rotation.T @ w[:3], rotation.T @ w[3:6]
            q[k, [7 + j for j in problem.joints]] = z[6:]
            v[k, [6 + j for j in problem.joints]] = w[6:]
        info |= {
            "robot": robot.name,
            "task": self._name,
            "description": self._task.description,
            "joint_names": list(robot.joint_names),
            "contact_names": list(robot.contact_names),
            "phases": [
                {"name": phase.name, "duration_s": float(length)}
                for phase, length in zip(self._task.phases, values.phases, strict=True)
            ],
        }
        bare = Trajectory(
            times, q, v, self._forces(values), grid.contacts, np.zeros((N, robot.nj)), info
        )
        physics = TrajectoryPhysics(robot, bare)
        middle = 0.5 * (times[1:] + times[:-1])
        torque = np.array([physics.generalized_forces(float(t))[6:] for t in middle])
        return replace(bare, torque=torque)

    def _forces(self, values: Variables) -> Array:
        weight = self._problem.description.mass * GRAVITY
        forces = np.zeros((len(self._problem.grid), self._robot.nc, 6))
        first = 0
        for c, size in enumerate(self._problem.sizes):
            standing = self._problem.grid.contacts[:, c, None]
            forces[:, c, :size] = weight * values.force[first : first + size].T * standing
            first += size
        return forces
