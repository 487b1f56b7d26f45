"""Gait schedule and swing trajectories: what must hold for any gait and any change of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surefoot as sf
from surefoot._cpp.mpc import GaitPattern, GaitSchedule, QuinticReach, swing_height

CONTACTS = 4
SHIFT = 0.3  # s
gaits = st.builds(
    lambda period, duty, offset, shift: (
        GaitPattern(period, duty, offset, 0.06, shift),
        period,
        duty,
    ),
    st.floats(0.2, 1.5),
    st.one_of(st.floats(0.2, 0.9), st.just(1.0)),
    st.lists(st.floats(0.0, 0.99), min_size=CONTACTS, max_size=CONTACTS),
    st.sampled_from([0.0, SHIFT]),
)


def test_a_robot_that_stands_shifts_its_weight_before_the_first_swing() -> None:
    schedule = GaitSchedule(2)
    schedule.reset(GaitPattern(1.0, 1.0, [0.0, 0.0], 0.06), 0.0)
    walk = GaitPattern(0.9, 0.6, [0.0, 0.5], 0.06, SHIFT)
    schedule.change(walk, 2.0)
    first = min(schedule.swing(i, 2.0)[0] for i in range(2))
    assert first == pytest.approx(2.0 + SHIFT + 0.1 * 0.9)
    assert all(schedule.in_contact(i, t) for i in range(2) for t in np.arange(2.0, first, 0.01))
    schedule.change(walk, 4.0)  # it walks already: nothing to shift
    assert min(schedule.swing(i, 4.0)[0] for i in range(2)) < 4.0 + SHIFT


@given(gaits)
def test_a_reset_schedule_stands_and_then_follows_its_gait(
    gait: tuple[GaitPattern, float, float],
) -> None:
    pattern, period, duty = gait
    schedule = GaitSchedule(CONTACTS)
    schedule.reset(pattern, 3.0)
    assert all(schedule.in_contact(i, 3.0) for i in range(CONTACTS))
    # Once started, each contact stands for the duty's share of every period.
    times = 3.0 + SHIFT + 3 * period + np.linspace(0.0, period, 1000, endpoint=False)
    for i in range(CONTACTS):
        share = np.mean([schedule.in_contact(i, t) for t in times])
        assert share == pytest.approx(duty, abs=0.005)


@given(st.lists(st.tuples(gaits, st.floats(0.0, 0.7)), min_size=2, max_size=5))
@settings(max_examples=60)
def test_no_swing_is_cut_short_or_begun_late(
    changes: list[tuple[tuple[GaitPattern, float, float], float]],
) -> None:
    schedule, time = GaitSchedule(CONTACTS), 0.0
    schedule.reset(changes[0][0][0], time)
    lifted: dict[int, tuple[float, float]] = {}
    for (pattern, _, _), wait in changes:
        schedule.change(pattern, time)
        for t in np.arange(time, time + wait, 0.004):
            for i in range(CONTACTS):
                if schedule.in_contact(i, t):
                    if i in lifted:
                        assert t >= lifted.pop(i)[1] - 1e-6
                else:
                    start, end = schedule.swing(i, t)
                    assert start <= t + 1e-6
                    assert t < end
                    # The interval of a swing never changes while it lasts.
                    assert lifted.setdefault(i, (start, end)) == pytest.approx((start, end))
            time = t
        time += 0.004


@given(gaits, gaits, st.floats(0.0, 2.0))
@settings(max_examples=60)
def test_events_are_the_changes_of_contact(
    first: tuple[GaitPattern, float, float],
    second: tuple[GaitPattern, float, float],
    at: float,
) -> None:
    schedule = GaitSchedule(CONTACTS)
    schedule.reset(first[0], 0.0)
    schedule.change(second[0], at)
    for i in range(CONTACTS):
        event = schedule.next_event(i, at)
        assert event > at
        now = schedule.in_contact(i, at)
        for part in (0.1, 0.5, 0.9):
            probe = at + part * (min(event, at + 5.0) - at)
            assert schedule.in_contact(i, probe) == now
        if np.isfinite(event):
            assert schedule.in_contact(i, event + 1e-6) != now


@given(st.floats(0.1, 0.6), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(0.02, 0.2))
def test_swing_height_starts_ends_and_clears(
    duration: float, lift_off: float, touch_down: float, clearance: float
) -> None:
    start, end = 1.0, 1.0 + duration

    def at(time: float) -> list[float]:
        return swing_height(start, end, lift_off, touch_down, clearance, time)

    assert at(start) == pytest.approx([lift_off, 0.0, 0.0], abs=1e-9)
    assert at(end) == pytest.approx([touch_down, 0.0, 0.0], abs=1e-9)
    times = np.linspace(start, end, 401)
    heights = np.array([at(t)[0] for t in times])
    assert heights.max() >= max(lift_off, touch_down) + clearance - 1e-9
    assert heights.min() >= min(lift_off, touch_down) - 1e-9
    middle, h = start + 0.3 * duration, 1e-5
    slope = (at(middle + h)[0] - at(middle - h)[0]) / (2 * h)
    curve = (at(middle + h)[1] - at(middle - h)[1]) / (2 * h)
    assert at(middle)[1] == pytest.approx(slope, abs=1e-5 / duration)
    assert at(middle)[2] == pytest.approx(curve, abs=1e-4 / duration**2)


@given(st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=6))
def test_aiming_anew_keeps_the_motion_smooth_and_arrives(targets: list[float]) -> None:
    reach = QuinticReach()
    reach.start_at(0.0, 0.1)
    for i, target in enumerate(targets):
        now = 0.03 * i
        before = reach.at(now)
        reach.aim(now, target, 0.3)
        if i > 0:
            assert reach.at(now) == pytest.approx(before, abs=1e-9)
    assert reach.at(0.3) == pytest.approx([targets[-1], 0.0, 0.0], abs=1e-6)
    assert reach.at(0.5) == pytest.approx([targets[-1], 0.0, 0.0], abs=1e-6)


LIBRARY = {
    2: {"stand", "walk", "run"},
    4: {
        "stand",
        "trot",
        "flying_trot",
        "walk",
        "dynamic_walk",
        "pace",
        "bound",
        "pronk",
        "gallop",
    },
}


@pytest.mark.parametrize("name", ["go2", "a1", "anymal_c", "g1", "talos"])
def test_every_class_of_robot_has_its_gaits(name: str) -> None:
    robot = sf.load_robot(name)
    gaits = robot.config.gaits
    assert LIBRARY[robot.nc] <= set(gaits)
    # The static walk has always a support polygon, a run and a flying trot leave the ground.
    phases = np.linspace(0.0, 1.0, 1000, endpoint=False)
    least = {
        gait: min(
            sum((phase - offset) % 1.0 < config.duty for offset in config.offset.values())
            for phase in phases
        )
        for gait, config in gaits.items()
    }
    assert least["stand"] == robot.nc
    if robot.nc == 4:
        assert least["walk"] == 3
        assert least["dynamic_walk"] == least["trot"] == least["pace"] == 2
        assert least["flying_trot"] == least["gallop"] == least["pronk"] == 0
    else:
        assert least["walk"] == 1
        assert least["run"] == 0
