"""The whole-body controller: state and plan in, joint torques out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from surefoot._cpp import wbc as _wbc
from surefoot.data import InputError, PlanSample, RobotState, instance_of
from surefoot.robots import RobotModel
from surefoot.wbc.backends import make_backend
from surefoot.wbc.stack import Stack, default_stack
from surefoot.wbc.tasks import Task

GRAVITY = 9.81
_FRICTION = ("friction", "centre of pressure", "yaw friction")  # four rows each, the last two
MODES = {"weighted": _wbc.WbcMode.WEIGHTED, "strict": _wbc.WbcMode.STRICT}
Mode = Literal["weighted", "strict"]


class WholeBodyController:
    """Inverse dynamics by quadratic programming over accelerations and contact forces.

    Always hold: equations of motion, contacts that do not move, friction (pyramid inside the
    cone; for surfaces also centre of pressure and yaw moment), normal-force and torque limits.
    The tasks of `stack` decide the rest.

    Parameters
    ----------
    robot
        Robot; gains and weights are those of its file's ``[wbc]``.
    mode
        "weighted": one QP over all tasks; "strict": level by level. Default: the robot file's.
    stack
        Tasks by priority. Default: `default_stack`.
    solver
        "surefoot", "osqp" or a dense solver of qpsolvers (see `surefoot.wbc.backends`). Default:
        the robot file's. Others than the own one are for comparison: they allocate, and where one
        fails the own one takes over and the status is RELAXED.

    Raises
    ------
    InputError
        If the mode or the solver is unknown or a task does not fit the robot.
    """

    def __init__(
        self,
        robot: RobotModel,
        mode: Mode | None = None,
        stack: Stack | Sequence[Sequence[Task]] | None = None,
        solver: str | None = None,
    ) -> None:
        config = robot.config.wbc
        options = _wbc.WbcOptions()
        options.force_min = config.force_min
        options.force_max = config.force_max * robot.mass * GRAVITY
        options.load_time = config.load_time
        options.unload_time = config.unload_time
        options.contact_kp = config.contact_kp
        options.contact_kd = config.contact_kd
        options.contact_range = config.contact_range
        options.corner_velocity = robot.corner_velocity
        options.no_load_velocity = robot.no_load_velocity
        options.regularization = config.regularization
        options.fallback_time = config.fallback_time
        options.fallback_kd = config.fallback_kd
        self.robot = robot
        self._kernel = _wbc.WholeBodyKernel(robot.description, options)
        self.stack = default_stack(robot) if stack is None else stack
        self.mode = config.mode if mode is None else mode
        self.solver = config.solver if solver is None else solver

    @property
    def mode(self) -> Mode:
        """How the levels of the stack are solved; may be changed between ticks."""
        return "weighted" if self._kernel.mode == _wbc.WbcMode.WEIGHTED else "strict"

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in MODES:
            raise InputError("mode", f"{mode!r} is not one of {', '.join(MODES)}")
        self._kernel.mode = MODES[mode]

    @property
    def solver(self) -> str:
        """Name of the solver of the quadratic programs; may be changed between ticks."""
        return self._solver

    @solver.setter
    def solver(self, name: str) -> None:
        self._kernel.set_backend(make_backend(name, self.robot.config.wbc.solver_tolerance))
        self._solver = name

    def active_limits(self, result: _wbc.WbcResult) -> list[str]:
        """Name the limits at their bounds in a result, such as "FL_calf_joint torque upper"."""
        names = []
        for kind, index, row, upper in result.active_limits:
            side = "upper" if upper else "lower"
            if kind == 0:
                what = f"normal force {side}" if row == 0 else _FRICTION[(row - 1) // 4]
                names.append(f"{self.robot.contact_names[index]} {what}")
            elif kind == 1:
                names.append(f"{self.robot.joint_names[index]} torque {side}")
            else:
                names.append(f"{result.task_names[index]} {row} {side}")
        return names

    @property
    def stack(self) -> Stack:
        """The tasks by priority; change a task's gains at any time, or set another stack."""
        return self._stack

    @stack.setter
    def stack(self, stack: Stack | Sequence[Sequence[Task]]) -> None:
        checked = stack if isinstance(stack, Stack) else Stack(stack)
        try:
            self._kernel.set_stack([list(level) for level in checked.levels], list(checked.limits))
        except ValueError as error:
            raise InputError("stack", str(error)) from None
        self._stack = checked

    @property
    def kernel(self) -> _wbc.WholeBodyCore:
        """The C++ controller, which a `surefoot.control.Controller` runs in its tick."""
        return self._kernel.core

    def reset(self) -> None:
        """Forget the last tick: contacts carry at once, and there is no torque to fade from."""
        self._kernel.reset()

    def verify(
        self, ticks: Iterable[tuple[RobotState, PlanSample, npt.NDArray[np.bool_]]]
    ) -> tuple[float, int]:
        """Solve ticks and check each: for benchmarks and tests.

        Returns
        -------
        tuple
            Largest relative residual of the optimality conditions of any QP, and the number of
            heap allocations that the kernel made.
        """
        self.reset()
        self._kernel.options.check_kkt = True
        try:
            results = [(self.solve(*tick).kkt, self._kernel.allocations) for tick in ticks]
        finally:
            self._kernel.options.check_kkt = False
        return max(kkt for kkt, _ in results), sum(count for _, count in results)

    def solve(
        self, state: RobotState, sample: PlanSample, contacts: npt.NDArray[np.bool_]
    ) -> _wbc.WbcResult:
        """Compute one tick.

        Parameters
        ----------
        state
            Base and joint state; ``state.time`` moves the force ramps.
        sample
            What to track.
        contacts
            (nc,) bool, which contacts are treated as carrying force now.

        Returns
        -------
        WbcResult
            Read its `status`. Non-finite input gives FAILED and the fallback torque: the last
            good one fading to joint damping.

        Raises
        ------
        InputError
            If an array has the wrong shape.
        """
        instance_of("state", state, RobotState)
        instance_of("sample", sample, PlanSample)
        try:
            return self._kernel.solve(
                state.time,
                state.q,
                state.v,
                sample.base_position,
                sample.base_orientation,
                sample.base_velocity,
                sample.base_acceleration,
                sample.joint_position,
                sample.joint_velocity,
                sample.forces,
                sample.contact_position,
                sample.contact_velocity,
                sample.contact_acceleration,
                sample.contact_orientation,
                sample.contact_normal,
                contacts,
            )
        except (TypeError, ValueError) as error:
            raise InputError("state, sample or contacts", str(error)) from None
