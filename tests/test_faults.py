"""Things break while a robot trots: it walks on, or stops; it never falls, nor commands nonsense.

Every tick of every run is checked by `surefoot.sim.run`: a command that is not finite, or beyond a
torque limit, counts as a fall.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import surefoot as sf
from surefoot.control import Phase
from surefoot.control.commands import damping_command
from surefoot.sim import faults
from surefoot.sim.fault_scenarios import fault_scenarios, spoil, stall
from surefoot.sim.scenario_data import FAULT_TIME, Scenario
from surefoot.sim.scenarios import run_scenario

GO2 = sf.load_robot("go2")
SCENARIOS = fault_scenarios(GO2, "trot")
TROT = sf.VelocityCommand(vx=0.5)


def test_one_walk_survives_delay_silence_and_stalls() -> None:
    scenario = Scenario(
        "faults",
        "several",
        TROT,
        "trot",
        duration=FAULT_TIME + 3.5,
        actuation_delay=0.008,
        events=(
            *spoil(faults.stopped_imu, 0.05),
            stall(0.2, FAULT_TIME + 1.0),
            stall(0.5, FAULT_TIME + 2.0),
        ),
    )
    result = run_scenario(GO2, sf.Controller, scenario, seed=3)
    assert result.metrics["fall"] is None
    log = result.log.window(FAULT_TIME + 2.0)
    stalled = [index for index, age in enumerate(_without_solve(log.nmpc_ms)) if age >= 245]
    assert stalled  # half a second of ticks at 500 Hz really had no solve
    if log.phase[-1] == "walk":
        assert result.log.q[-1, 0] - result.log.q[0, 0] > 1.5


def _without_solve(nmpc_ms: object) -> list[int]:
    ages, age = [], 0
    for value in nmpc_ms:  # type: ignore[attr-defined]
        age = age + 1 if value != value else 0
        ages.append(age)
    return ages


def test_not_a_number_in_every_field_never_reaches_a_command() -> None:
    events = [
        event
        for k, field in enumerate(faults.FIELDS)
        for event in spoil(partial(faults.not_a_number, field), 0.02, FAULT_TIME + 0.4 * k)
    ]
    scenario = Scenario(
        "faults",
        "NaN",
        TROT,
        "trot",
        duration=FAULT_TIME + 0.4 * len(faults.FIELDS),
        events=tuple(events),
        may_stop=True,
    )
    result = run_scenario(GO2, sf.Controller, scenario, seed=3)
    assert result.metrics["success"], result.metrics["fall"]


@pytest.mark.parametrize("seed", [2, 12])
def test_a_frozen_encoder_is_noticed_and_the_robot_stops_without_a_torque_spike(seed: int) -> None:
    (scenario,) = (item for item in SCENARIOS if item.name == "encoder frozen")
    made: list[sf.Controller] = []

    def make(robot: sf.RobotModel) -> sf.Controller:
        made.append(sf.Controller(robot))
        return made[-1]

    result = run_scenario(GO2, make, scenario, seed=seed)
    assert result.metrics["success"], result.metrics
    after = result.log.window(FAULT_TIME)
    (controller,) = made
    stop, stand = controller.history[-2:]
    assert (stop.after, stand.after) == (Phase.STOP, Phase.STAND)
    assert stop.reason.startswith("sensor_fault: ")
    assert after.time[np.argmax(after.phase == "stop")] < FAULT_TIME + 0.25
    assert 0.0 < result.metrics["torque_jump"] < 0.3
    assert np.abs(after.v[-1, :6]).max() < 0.1  # it levels itself, slowly


def test_a_robot_that_gave_up_may_lie_but_not_tip_over() -> None:
    """Damping from the middle of a trot is no fall where stopping is allowed, and is elsewhere."""

    class GivesUp(sf.Controller):
        given_up = False

        @property
        def phase(self) -> Phase:
            return Phase.FAULT if self.given_up else super().phase

        def step(
            self, sensors: sf.SensorData, true_state: sf.RobotState | None = None
        ) -> sf.JointCommand:
            command = super().step(sensors, true_state)
            self.given_up = sensors.time > 5.0
            return damping_command(GO2, sensors.joint_position) if self.given_up else command

    for may_stop in (True, False):
        scenario = Scenario("faults", "x", TROT, "trot", 4.0, may_stop=may_stop)
        metrics = run_scenario(GO2, GivesUp, scenario, seed=0).metrics
        assert metrics["success"] is may_stop
        assert (metrics["fall"] is None) is may_stop


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.name))
def test_twenty_seeds_of_every_fault(scenario: Scenario) -> None:
    rows = [run_scenario(GO2, sf.Controller, scenario, seed=seed).metrics for seed in range(20)]
    failed = {row["seed"]: (row["fall"], row["end_phase"]) for row in rows if not row["success"]}
    assert not failed
