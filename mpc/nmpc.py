"""The NMPC as Python sees it; the work is done in C++ (cpp_ext/mpc)."""

from __future__ import annotations

from typing import Any

import numpy as np

from surefoot._cpp import mpc as _mpc
from surefoot.data import (
    Array,
    InputError,
    KktResiduals,
    Plan,
    PlanSample,
    RobotState,
    SolveStatus,
    VelocityCommand,
    configuration,
    finite_array,
    finite_number,
    instance_of,
)
from surefoot.mpc.options import nmpc_options
from surefoot.robots import RobotModel

_STATUS = {
    _mpc.SolveStatus.SOLVED: SolveStatus.SOLVED,
    _mpc.SolveStatus.ITERATION_LIMIT: SolveStatus.ITERATION_LIMIT,
    _mpc.SolveStatus.TIME_LIMIT: SolveStatus.TIME_LIMIT,
    _mpc.SolveStatus.FAILED: SolveStatus.FAILED,
}


def make_plan(values: dict[str, Any]) -> Plan:
    """The plan from the values that the C++ side gives under its fields' names."""
    return Plan(
        **{
            **values,
            "status": _STATUS[values["status"]],
            "residuals": KktResiduals(*values["residuals"]),
        }
    )


class CentroidalNmpc:
    """Plans contact forces, base and limb motion on full centroidal dynamics.

    Each `solve` is one real-time iteration: a Gauss-Newton SQP step on a multiple-shooting
    problem with nodes on every lift-off and touch-down (Diehl et al., "Real-time optimization and
    nonlinear model predictive control", 2002; formulation as in Sleiman et al., "A unified MPC
    framework for whole-body dynamic locomotion and manipulation", 2021).

    Parameters
    ----------
    robot
        Its file's ``[nmpc]`` and ``[gaits]`` give every weight and option.
    options
        To deviate from the file; see `surefoot.mpc.options.nmpc_options`.

    Raises
    ------
    RobotError
        If the robot file's NMPC section or gaits do not fit the robot.
    """

    def __init__(self, robot: RobotModel, options: _mpc.NmpcOptions | None = None) -> None:
        self._robot = robot
        self._options = nmpc_options(robot) if options is None else options
        self._nmpc = _mpc.CentroidalNmpc(robot.description, self._options)
        self._gaits = [gait.name for gait in self._options.gaits]
        self._command = VelocityCommand()
        self._reset = False
        self._planned = False

    @property
    def command(self) -> VelocityCommand:
        """Desired base velocity; takes effect at the next solve."""
        return self._command

    @command.setter
    def command(self, command: VelocityCommand) -> None:
        self._command = instance_of("command", command, VelocityCommand)
        self._nmpc.set_command(command.vx, command.vy, command.yaw_rate)

    @property
    def gait(self) -> str:
        """Name of the gait; takes effect at the next solve, swing feet land first.

        Raises
        ------
        InputError
            If the robot file has no gait of that name.
        """
        return self._gaits[self._nmpc.gait]

    @gait.setter
    def gait(self, name: str) -> None:
        if name not in self._gaits:
            raise InputError("gait", f"unknown: {name!r}", f"known: {', '.join(self._gaits)}")
        self._nmpc.gait = self._gaits.index(name)

    def reset(self, state: RobotState) -> None:
        """Forget the plan and start from `state`, every contact on the ground.

        Raises
        ------
        InputError
            If the state's arrays have the wrong length or are not finite.
        """
        self._nmpc.reset(*self._checked(state))
        self._reset = True
        self._planned = False

    def solve(self, state: RobotState, contacts: Array | None = None) -> Plan:
        """One real-time iteration from `state`.

        Parameters
        ----------
        state
            Where the robot is; its time starts the horizon.
        contacts
            Measured probability of contact (nc,); see `correct_contacts`. If not given, the gait
            alone says who touches.

        Returns
        -------
        Plan
            The new plan; or, with status FAILED and its age, the last good one.

        Raises
        ------
        InputError
            If the state's arrays have the wrong length or are not finite.
        """
        time, q, v = self._checked(state)
        if not self._reset:
            self.reset(state)
        if contacts is not None:
            self.correct_contacts(time, contacts)
        self._nmpc.solve(time, q, v)
        plan = self.plan
        self._planned = self._planned or plan.status is not SolveStatus.FAILED
        return plan

    def correct_contact(self, contact: int, time: float, touching: bool) -> None:
        """Tell what is measured of a contact, at once for `sample` and the next solve.

        A touch late in its swing ends the swing now; a contact missed after its touch-down makes
        the foot seek the ground straight below, for a bounded time. All else stays as planned.
        The robot file's ``early_touch`` and ``late_*`` give the bounds.

        Raises
        ------
        InputError
            If there is no such contact or `time` is not finite.
        """
        if not 0 <= contact < self._robot.nc:
            raise InputError("contact", f"there is no contact {contact}", "count from 0")
        self._nmpc.correct_contact(contact, finite_number("time", time), bool(touching))

    def correct_contacts(self, time: float, probabilities: Array) -> None:
        """`correct_contact` for all contacts (nc,) by their probabilities.

        Above ``touching_probability`` of the robot file a contact touches, below
        ``missing_probability`` it does not; between them nothing is known.

        Raises
        ------
        InputError
            If `probabilities` has the wrong length or is not finite.
        """
        known = finite_array("contacts", probabilities, (self._robot.nc,))
        self._nmpc.correct_contacts(finite_number("time", time), known)

    def set_terrain(self, heights: Array | None, normals: Array | None = None) -> None:
        """Tell the ground under each contact's foothold, as a caller who sees it knows.

        Landing heights, friction cones and the stance follow it; the base still follows the plane
        through the footholds. It holds until it is told anew; None goes back to the plane alone.

        Parameters
        ----------
        heights
            Of the ground (nc,), m, world.
        normals
            Of the ground (nc, 3), world; upwards if not given.

        Raises
        ------
        InputError
            If an array has the wrong shape, is not finite, or a normal does not point upwards.
        """
        if heights is None:
            self._nmpc.clear_terrain()
            return
        nc = self._robot.nc
        up = np.tile([0.0, 0.0, 1.0], (nc, 1)) if normals is None else normals
        up = finite_array("normals", up, (nc, 3))
        if not (up[:, 2] > 0.0).all():
            raise InputError("normals", "not every one points upwards", "give z above 0")
        self._nmpc.set_terrain(finite_array("heights", heights, (nc,)), up)

    @property
    def ground(self) -> tuple[Array, Array]:
        """Estimated ground: a point under the standing feet and the unit normal, world."""
        return self._nmpc.ground

    @property
    def plan(self) -> Plan:
        """The newest plan."""
        return make_plan(self._nmpc.plan())

    @property
    def problem(self) -> list[dict[str, Any]]:
        """What the last solve was asked, interval by interval; `surefoot.mpc.oracle` solves it."""
        return self._nmpc.problem()

    def prepare(self, time: float) -> None:
        """Everything of the solve at `time` that needs no state: about the plan's own prediction.

        `feedback` with the state at that time then gives the plan soonest (real-time iteration).

        Parameters
        ----------
        time
            s, of the state to come.

        Raises
        ------
        InputError
            If there is no plan to predict with.
        """
        if not self._planned:
            raise InputError("time", "there is no plan yet", "call solve first")
        self._nmpc.prepare(finite_number("time", time))

    def feedback(self, state: RobotState) -> Plan:
        """The plan from `state` by what `prepare` made ready; see `solve` for what it returns.

        Raises
        ------
        InputError
            If nothing is prepared, or the state's arrays are wrong.
        """
        _, q, v = self._checked(state)
        if not self._nmpc.prepared:
            raise InputError("state", "no solve is prepared", "call prepare first")
        self._nmpc.feedback(q, v)
        return self.plan

    def solve_problem(self, problem: list[dict[str, Any]], x: Array) -> Plan:
        """One real-time iteration on a problem of your own, past gait and command.

        Parameters
        ----------
        problem
            As `problem` gives it: one entry for each of the options' nodes, then the terminal one.
        x
            State at its start, as in the plan's states (13 + n).

        Raises
        ------
        ValueError
            If the problem's sizes do not fit the options.
        """
        self._nmpc.solve_problem(problem, finite_array("x", x, (self._nmpc.state_size,)).tolist())
        return self.plan

    @property
    def times_s(self) -> dict[str, float]:
        """Thread CPU time of the last solve, s: `solve` as a whole and its parts `derivatives`,
        `projection`, `qp`; `feedback`, what comes after the state is known."""
        return self._nmpc.times_s()

    @property
    def quadratic_program(self) -> list[dict[str, Any]]:
        """Stages of the last solve's quadratic program with its solution, terminal cost last."""
        return self._nmpc.quadratic_program()

    @property
    def allocations(self) -> int:
        """Heap allocations of the last solve (counted on Linux)."""
        return self._nmpc.allocations

    def sample(self, time: float, state: RobotState | None = None) -> PlanSample:
        """The newest plan at `time`.

        Parameters
        ----------
        time
            s; held at the plan's ends outside of it.
        state
            If given, the inputs are fed back about it with the plan's gains.

        Raises
        ------
        InputError
            If there is no plan yet, or the state's arrays are wrong.
        """
        if not self._planned:
            raise InputError("time", "there is no plan yet", "call solve first")
        if state is None:
            return PlanSample(*self._nmpc.sample(finite_number("time", time)))
        _, q, v = self._checked(state)
        return PlanSample(*self._nmpc.sample(finite_number("time", time), q, v))

    def _checked(self, state: RobotState) -> tuple[float, Array, Array]:
        instance_of("state", state, RobotState)
        return (
            finite_number("state.time", state.time),
            configuration("state.q", state.q, self._robot.nq),
            finite_array("state.v", state.v, (self._robot.nv,)),
        )
