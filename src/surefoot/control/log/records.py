"""What a log holds of one tick besides the values of `surefoot.data`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from surefoot.control.log.codec import FloatArray
from surefoot.data import POSTURE_FIELDS, Array, Plan, RobotState


@dataclass(slots=True)
class Control:
    """What was asked of the controller, as the tick saw it, and its phase afterwards.

    Attributes
    ----------
    time
        Of the sensor sample, s.
    clock
        When the tick was logged, s of the Unix epoch.
    phase
        After the tick.
    vx, vy, yaw_rate
        Velocity command, m/s and rad/s.
    posture
        (6,) posture command in the order of `surefoot.data.POSTURE_FIELDS`, m and rad; empty where
        there is none.
    gait
        Asked for.
    stand
        Whether `Controller.stand` was called after any `Controller.sit`.
    damp
        Whether `Controller.damp` was, after any `Controller.stand`.
    truth_given
        Whether the controller was given the true state in place of its estimate.
    """

    time: float
    clock: float
    phase: str
    vx: float
    vy: float
    yaw_rate: float
    posture: Array
    gait: str
    stand: bool
    damp: bool
    truth_given: bool


@dataclass(slots=True)
class State:
    """State that the controller used.

    Attributes
    ----------
    q, v, contact_probability, status
        As in `surefoot.data.RobotState`.
    deviation
        (6,) standard deviations that the estimator claims, of velocity in base axes (m/s), roll,
        pitch (rad), height (m); empty where it does not say, and in most ticks of a file.
    """

    time: float
    q: Array
    v: Array
    contact_probability: Array
    status: str
    deviation: Array


@dataclass(slots=True)
class PlanNodes:
    """A plan without its gains, in single precision: what there is to see of it."""

    times: Array
    states: FloatArray
    inputs: FloatArray
    contacts: npt.NDArray[np.bool_]
    status: str
    residual: float
    iterations: int
    solve_time_s: float
    age_solves: int


@dataclass(slots=True)
class Truth:
    """What a simulation knows, of the same instant as the sensor sample; world axes, SI units.

    Attributes
    ----------
    q, v
        True state.
    contact_flags
        (nc,) which contacts carry force.
    contact_forces
        (nc, 6) force and moment on the robot.
    contact_positions, contact_velocities
        (nc, 3) of contact frames and of the material points on the ground.
    joint_torque
        (nj,) applied.
    push
        (3,) external force on the base.
    """

    time: float
    q: Array
    v: Array
    contact_flags: npt.NDArray[np.bool_]
    contact_forces: Array
    contact_positions: Array
    contact_velocities: Array
    joint_torque: Array
    push: Array


@dataclass(slots=True)
class PhaseChange:
    """A change of phase."""

    time: float
    before: str
    after: str
    reason: str


@dataclass(slots=True)
class Tuned:
    """A gain or weight that was changed before the tick.

    Attributes
    ----------
    time
        Of the first sample that it acted on, s.
    name
        As in `surefoot.control.Controller.parameters`.
    value
        (n,) its numbers.
    """

    time: float
    name: str
    value: Array


def asked_of(controller: Any, time: float, clock: float, truth_given: bool) -> Control:
    """What was asked of a controller in the tick it has just done."""
    posture = getattr(controller, "posture", None)
    command = controller.command
    return Control(
        time=float(time),
        clock=clock,
        phase=plain(controller.phase),
        vx=command.vx,
        vy=command.vy,
        yaw_rate=command.yaw_rate,
        posture=np.array([] if posture is None else [getattr(posture, n) for n in POSTURE_FIELDS]),
        gait=controller.gait,
        stand=bool(getattr(controller, "wants_to_stand", True)),
        damp=bool(getattr(controller, "wants_to_damp", False)),
        truth_given=truth_given,
    )


def state_of(controller: Any) -> State | None:
    """The state that a controller used in its last tick, with what its estimator claims."""
    estimator = getattr(controller, "estimator", None)
    state = controller.state
    return state_record(state, None if estimator is None or state is None else estimator.deviation)


def state_record(state: RobotState | None, deviation: Array | None) -> State | None:
    """What is written of a state; deviations that come from another estimate are left out."""
    if state is None:
        return None
    known = deviation is not None and state.covariance.size > 0
    return State(
        time=state.time,
        q=np.array(state.q),
        v=np.array(state.v),
        contact_probability=np.array(state.contact_probability),
        status=plain(state.status),
        deviation=np.array(deviation) if known else np.zeros(0),
    )


def plan_nodes(plan: Plan) -> PlanNodes:
    """What is logged of a plan."""
    return PlanNodes(
        times=np.array(plan.times),
        states=np.asarray(plan.states, dtype=np.float32),
        inputs=np.asarray(plan.inputs, dtype=np.float32),
        contacts=np.array(plan.contacts, dtype=bool),
        status=plain(plan.status),
        residual=float(plan.residuals.max),
        iterations=plan.iterations,
        solve_time_s=plan.solve_time_s,
        age_solves=plan.age_solves,
    )


def plain(value: Any) -> str:
    """Text of an enum or of a string."""
    return str(getattr(value, "value", value))
