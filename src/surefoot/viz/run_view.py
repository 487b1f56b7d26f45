"""A simulated run as the viewer and the recording see it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from surefoot.control import CheckHealth
from surefoot.control.log.records import plain
from surefoot.control.raw_tick import made_by
from surefoot.data import InputError, Plan, finite_number
from surefoot.viz.frame import ViewerFrame
from surefoot.viz.recording import Recording
from surefoot.viz.run_controls import RunControls
from surefoot.viz.viewer import Viewer

_PAUSE_STEP = 0.02  # s between two looks at the page while paused
_VALUES_PERIOD = 0.2  # s; numbers that change faster cannot be read
_WALKING = ("walk", "stop")  # when a plan is followed


class RunView:
    """Callback of a run (``on_tick=RunView(viewer)``) that shows, records and paces it.

    Parameters
    ----------
    viewer
        Shows the run while a page is open.
    recording
        Records it.
    speed
        Simulated seconds per second while a page is open; 0 does not wait.
    can_reset
        Whether the caller looks at ``controls.reset_wanted``.

    Raises
    ------
    InputError
        If the speed is negative or not finite.
    """

    def __init__(
        self,
        viewer: Viewer | None = None,
        recording: Recording | None = None,
        speed: float = 1.0,
        can_reset: bool = False,
    ) -> None:
        if finite_number("speed", speed) < 0.0:
            raise InputError("speed", f"is {speed}", "give 0 to run as fast as possible")
        self.viewer = viewer
        self.recording = recording
        self.speed = speed
        self.can_reset = can_reset
        self.controls: RunControls | None = None
        self._anchor: tuple[float, float] | None = None  # clock and simulated time that agree
        self._next_values = 0.0  # by the clock
        self._asked: tuple[Any, ...] = ()  # what the page's controls show

    def restart(self) -> None:
        """Begin afresh with another run: the page's controls, the pace and the recording."""
        self.controls, self._anchor = None, None
        if self.recording is not None:
            self.recording.clear()

    def __call__(self, tick: Any) -> None:
        """Show one tick, which has a ``simulation`` and a ``controller``, and do what the page
        asks. Returns when the next tick is due.
        """
        simulation, viewer, recording = tick.simulation, self.viewer, self.recording
        due = viewer is not None and viewer.due
        wanted = recording is not None and recording.wants(simulation.time)
        if due or wanted:
            readable = time.monotonic() >= self._next_values
            if readable:
                self._next_values = time.monotonic() + _VALUES_PERIOD
            frame = frame_of(simulation, tick.controller, values=wanted or readable)
            if viewer is not None and due:
                viewer.show(frame)
            if recording is not None and wanted:
                recording.add(frame)
        if viewer is None:
            return
        if self.controls is None:
            self.controls = RunControls(simulation, tick.controller, self.can_reset)
            self._offer(viewer, self.controls)
        if due:  # what the page asks for can wait for a frame
            if self.controls.asked() != self._asked:  # the program has changed it
                self._offer(viewer, self.controls)
            self._obey(viewer, self.controls)
        if viewer.connected and self.speed > 0.0:
            self._pace(simulation.time)
        else:
            self._anchor = None

    def _offer(self, viewer: Viewer, controls: RunControls) -> None:
        viewer.offer(controls.offer(self.speed))
        self._asked = controls.asked()

    def _obey(self, viewer: Viewer, controls: RunControls) -> None:
        while True:
            for request in viewer.requests():
                controls.apply(request)
                self._asked = controls.asked()  # the page knows
            if controls.speed is not None and controls.speed != self.speed:
                self.speed, self._anchor = controls.speed, None
            if not controls.paused:
                return
            if not viewer.connected:
                controls.paused = False  # nobody is left who could end the pause
            self._anchor = None
            time.sleep(_PAUSE_STEP)

    def _pace(self, simulated: float) -> None:
        now = time.monotonic()
        if self._anchor is None or simulated < self._anchor[1]:
            self._anchor = (now, simulated)
        ahead = (simulated - self._anchor[1]) / self.speed - (now - self._anchor[0])
        if ahead > 2e-3:  # a sleep is not finer
            time.sleep(ahead)
        elif ahead < -0.1:  # too slow for this computer: no hurry afterwards to catch up
            self._anchor = (now, simulated)


def frame_of(simulation: Any, controller: Any, values: bool = True) -> ViewerFrame:
    """What there is to see of a simulation and its controller.

    Parameters
    ----------
    simulation
        A `surefoot.sim.Simulation`.
    controller
        A `surefoot.control.Controller`.
    values
        Whether with the live values.
    """
    state = controller.state
    made = made_by(controller, plan=True)  # without the plan's gains, which nobody draws
    plan, sample = made.plan if plain(controller.phase) in _WALKING else None, made.sample
    frame = ViewerFrame(
        time=simulation.time,
        q_true=simulation.q,
        q_estimated=None if state is None else state.q,
        contact_forces=simulation.contact_forces,
        contact_probability=None if state is None else state.contact_probability,
        plan=plan,
        planned_forces=None if sample is None else sample.forces,
        push=simulation.pushing_force,
    )
    if values:
        frame.values = _values(simulation, controller, frame, made.health)
    return frame


def _values(
    simulation: Any, controller: Any, frame: ViewerFrame, health: Mapping[str, CheckHealth]
) -> dict[str, float | str]:
    timings, plan = controller.timings, frame.plan
    acting = [f"{n}: {c.reaction}" for n, c in health.items() if c.reaction != "none"]
    values: dict[str, float | str] = {
        "phase": plain(controller.phase),
        "gait": controller.gait,
        "command_vx": controller.command.vx,
        "vx": float(simulation.v[0]),
        "height_m": float(frame.q_true[2]),
        "tick_us": timings.step_us,
    }
    if frame.contact_probability is not None:
        touching = frame.contact_probability > 0.5
        names = controller.robot.contact_names
        values["contacts"] = " ".join(n for n, on in zip(names, touching, strict=True) if on) or "-"
    values["health"] = ", ".join(acting) or "ok"
    if timings.nmpc_ms is not None:
        values["nmpc_ms"] = timings.nmpc_ms
    if isinstance(plan, Plan):
        values["plan_age_ms"] = 1e3 * (simulation.time - float(plan.times[0]))
        values["plan"] = plan.status.value
    return values
