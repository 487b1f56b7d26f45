"""The NMPC on ground that is not level, and with contacts that come early or late."""

from __future__ import annotations

import numpy as np
import pinocchio as pin
import pytest
from hypothesis import given
from hypothesis import strategies as st

import surefoot as sf
from surefoot._cpp.mpc import GaitPattern, GaitSchedule
from surefoot.data import InputError
from surefoot.mpc import CentroidalNmpc

GO2 = sf.load_robot("go2")


def rest(robot: sf.RobotModel, q: np.ndarray, time: float = 0.0) -> sf.RobotState:
    return sf.RobotState(time, q, np.zeros(robot.nv), np.ones(robot.nc))


def on_slope(robot: sf.RobotModel, slope: np.ndarray) -> np.ndarray:
    """Standing posture of a robot turned with a plane of this rise over run."""
    normal = np.array([*-slope, 1.0]) / np.hypot(1.0, np.linalg.norm(slope))
    turn = pin.Quaternion.FromTwoVectors(np.array([0.0, 0.0, 1.0]), normal)
    q = robot.q_nominal.copy()
    q[:3], q[3:7] = turn.matrix() @ q[:3], turn.coeffs()
    return q


def standing_still(nmpc: CentroidalNmpc, robot: sf.RobotModel, q: np.ndarray, span: float) -> None:
    nmpc.reset(rest(robot, q))
    for time in np.arange(0.0, span, 0.02):
        nmpc.solve(rest(robot, q, time))


@pytest.mark.parametrize(("name", "slope"), [("go2", [0.2, -0.1]), ("g1", [0.15, 0.1])])
def test_the_ground_is_the_plane_through_the_footholds(name: str, slope: list[float]) -> None:
    robot, asked = sf.load_robot(name), np.array(slope)
    nmpc = CentroidalNmpc(robot)
    standing_still(nmpc, robot, on_slope(robot, asked), 3.0)
    point, normal = nmpc.ground
    found = -normal[:2] / normal[2]
    # Weakly spanned directions (a sole's length, say) are drawn to level.
    np.testing.assert_allclose(found, asked, atol=0.15 * np.abs(asked).max())
    assert np.linalg.norm(normal) == pytest.approx(1.0)
    radius = robot.contacts[0].radius
    under = robot.contact_positions(on_slope(robot, asked)) - radius * normal
    heights = point[2] + (under[:, :2] - point[:2]) @ found
    np.testing.assert_allclose(heights, under[:, 2], atol=0.01)
    told = nmpc.sample(2.99).contact_normal  # to the whole-body controller
    np.testing.assert_allclose(told, np.tile(normal, (robot.nc, 1)), atol=1e-12)


def test_references_follow_the_slope() -> None:
    slope = np.array([0.25, 0.0])
    nmpc = CentroidalNmpc(GO2)
    standing_still(nmpc, GO2, on_slope(GO2, slope), 3.0)
    nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(vx=0.4)
    nmpc.solve(rest(GO2, on_slope(GO2, slope), 3.0))
    first, last = nmpc.problem[0]["state_reference"], nmpc.problem[-1]["state_reference"]
    rise = (last[8] - first[8]) / (last[6] - first[6])
    assert rise == pytest.approx(0.25, abs=0.03)
    pitch = pin.Quaternion(first[9:13]).matrix()[2, 0]  # the nose is up
    assert pitch == pytest.approx(np.sin(np.arctan(0.25)), abs=0.03)
    for interval in nmpc.problem[:-1]:
        for task in interval["contacts"]:
            wanted = [-0.243, 0.0, 0.97] if task["stance"] else [0.0, 0.0, 1.0]
            np.testing.assert_allclose(task["normal"], wanted, atol=0.03)


def test_level_ground_stays_level() -> None:
    nmpc = CentroidalNmpc(GO2)
    standing_still(nmpc, GO2, GO2.q_nominal, 1.0)
    np.testing.assert_allclose(nmpc.ground[1], [0.0, 0.0, 1.0], atol=1e-6)


def test_a_caller_may_know_the_terrain() -> None:
    nmpc = CentroidalNmpc(GO2)
    standing_still(nmpc, GO2, GO2.q_nominal, 0.1)
    heights, normals = np.array([0.05, 0.0, 0.0, -0.04]), np.tile([0.0, 0.1, 1.0], (4, 1))
    nmpc.set_terrain(heights, normals)
    nmpc.gait, nmpc.command = "trot", sf.VelocityCommand(vx=0.3)
    nmpc.solve(rest(GO2, GO2.q_nominal, 0.1))
    for i, contact in enumerate(GO2.contacts):
        tasks = [interval["contacts"][i] for interval in nmpc.problem[:-1]]
        normal = normals[i] / np.linalg.norm(normals[i])
        lifted = next(k for k, task in enumerate(tasks) if not task["stance"])
        landed = next(k for k in range(lifted, len(tasks)) if tasks[k]["stance"])
        swing = tasks[lifted:landed]
        dt = nmpc.problem[landed - 1]["dt"]
        end = swing[-1]["height"] + dt * swing[-1]["velocity"]
        assert end == pytest.approx(heights[i] + contact.radius, abs=1e-9)
        np.testing.assert_allclose(tasks[landed]["normal"], normal, atol=1e-12)
    nmpc.set_terrain(None)
    nmpc.solve(rest(GO2, GO2.q_nominal, 0.11))
    np.testing.assert_allclose(nmpc.problem[0]["contacts"][0]["normal"], [0, 0, 1], atol=1e-6)
    with pytest.raises(InputError, match="normals"):
        nmpc.set_terrain(heights, -normals)
    with pytest.raises(InputError, match="heights"):
        nmpc.set_terrain(heights[:2])


def walking(nmpc: CentroidalNmpc) -> tuple[float, float]:
    """Swing of the first contact that lifts off: start and end."""
    nmpc.gait = "trot"
    state = rest(GO2, GO2.q_nominal)
    nmpc.reset(state)
    nmpc.solve(state)
    times = np.arange(0.0, 1.0, 0.001)
    flags = np.array([nmpc.sample(t).contacts[0] for t in times])
    start = int(np.argmin(flags))
    return times[start], times[start + int(np.argmax(flags[start:]))]


def test_an_early_touch_down_ends_the_swing() -> None:
    nmpc = CentroidalNmpc(GO2)
    start, end = walking(nmpc)
    early, late = start + 0.2 * (end - start), start + 0.8 * (end - start)
    nmpc.correct_contact(0, early, True)  # a foot that has hardly lifted off still touches
    assert not nmpc.sample(early + 0.005).contacts[0]
    nmpc.correct_contact(0, late, True)
    sample = nmpc.sample(late + 0.001)
    assert sample.contacts[0]
    assert np.all(sample.contact_velocity[0] == 0.0)
    plan = nmpc.solve(rest(GO2, GO2.q_nominal, late))
    assert plan.contacts[0, 0]
    assert plan.inputs[0, 2] > 1.0  # and it carries


def test_a_missing_contact_is_sought_below_for_a_bounded_time() -> None:
    nmpc = CentroidalNmpc(GO2)
    _, end = walking(nmpc)
    config = GO2.config.nmpc
    heights, found, time = [], [], end
    while time < end + config.late_grace + config.late_limit + 0.1:
        nmpc.solve(rest(GO2, GO2.q_nominal, time), np.array([0.0, 1.0, 1.0, 1.0]))
        sample = nmpc.sample(time + 0.004)
        found.append((time - end, bool(sample.contacts[0])))
        if not sample.contacts[0]:
            assert -1.001 * config.late_speed <= sample.contact_velocity[0, 2] <= 0.0
            heights.append(sample.contact_position[0, 2])
        time += 0.005
    sought = [t for t, contact in found if not contact]
    assert min(sought) == pytest.approx(config.late_grace, abs=0.011)
    assert max(sought) <= config.late_grace + config.late_limit + config.late_step
    assert np.all(np.diff(heights) <= 1e-9)
    assert heights[0] - heights[-1] > 0.5 * config.late_speed * config.late_limit
    # Once it touches, it stands.
    nmpc = CentroidalNmpc(GO2)
    _, end = walking(nmpc)
    time = end + config.late_grace + 0.01
    nmpc.correct_contact(0, time, False)
    assert not nmpc.sample(time + 0.001).contacts[0]
    nmpc.correct_contact(0, time + 0.02, True)
    assert nmpc.sample(time + 0.021).contacts[0]


@given(
    st.lists(st.tuples(st.floats(0.001, 0.05), st.integers(0, 3), st.booleans()), max_size=60),
    st.floats(0.3, 0.9),
)
def test_any_correction_leaves_a_schedule_that_goes_on(
    measured: list[tuple[float, int, bool]], duty: float
) -> None:
    schedule, time = GaitSchedule(4), 0.0
    schedule.reset(GaitPattern(0.5, duty, [0.0, 0.5, 0.5, 0.0], 0.05), time)
    for step, contact, touching in measured:
        time += step
        before = schedule.in_contact(contact, time)
        changed = schedule.correct(contact, time, touching, 0.6, 0.03, 0.1, 0.03)
        assert schedule.in_contact(contact, time) == (touching if changed else before)
    for contact in range(4):
        event = schedule.next_event(contact, time)
        assert time < event < time + 1.0
        now = schedule.in_contact(contact, time)
        assert schedule.in_contact(contact, 0.5 * (time + event)) == now
        assert schedule.in_contact(contact, event + 1e-6) != now
        start, end = schedule.swing(contact, time)
        assert start <= end
        assert end > time
        # After the present cycle the gait alone decides again.
        later = time + 1.5 + np.linspace(0.0, 0.5, 500, endpoint=False)
        share = np.mean([schedule.in_contact(contact, t) for t in later])
        assert share == pytest.approx(duty, abs=0.01)
