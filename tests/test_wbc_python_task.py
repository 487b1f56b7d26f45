"""Tasks written in Python: any level, checked when bound, harmless in the loop."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import surefoot as sf
from surefoot.data import InputError, RobotState
from surefoot.wbc import Stack, WbcStatus, WholeBodyController, default_stack, standing_sample
from surefoot.wbc.tasks import CenterOfMass, PythonTask, Tick

ROBOT = sf.load_robot("go2")
NV, NF = ROBOT.nv, 12


class Given(PythonTask):
    """Returns what it is given, whatever that is."""

    def __init__(self, answer: Any, inequality: bool = False) -> None:
        super().__init__("given", max_rows=3, inequality=inequality)
        self.answer = answer

    def rows(self, tick: Tick) -> Any:
        return self.answer(tick) if callable(self.answer) else self.answer


class PythonCenterOfMass(PythonTask):
    """What `CenterOfMass` does, in Python."""

    def __init__(self, kp: float, kd: float, goal: np.ndarray) -> None:
        super().__init__("com", max_rows=3)
        self.kp, self.kd, self.goal = kp, kd, goal

    def rows(self, tick: Tick) -> tuple[np.ndarray, np.ndarray]:
        wanted = self.kp * (self.goal - tick.com) - self.kd * tick.com_velocity
        mass = ROBOT.mass
        return tick.centroidal_map[:3] / mass, wanted - tick.centroidal_drift[:3] / mass


def random_state(rng: np.random.Generator, time: float = 0.0) -> RobotState:
    q = ROBOT.q_nominal.copy()
    q[7:] += 0.1 * rng.normal(size=12)
    return RobotState(time, q, 0.1 * rng.normal(size=NV), np.ones(4))


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_a_python_task_does_what_the_same_task_in_cpp_does(mode: str, level: int) -> None:
    rng, goal = np.random.default_rng(1), np.array([0.02, 0.01, 0.27])
    native = CenterOfMass(30.0, 9.0)
    native.reference = sf.wbc.tasks.PointReference(goal)
    controllers = []
    for task in (native, PythonCenterOfMass(30.0, 9.0, goal)):
        levels = [list(tasks) for tasks in default_stack(ROBOT).levels]
        levels[level].append(task)
        controllers.append(WholeBodyController(ROBOT, mode, levels))  # type: ignore[arg-type]
    sample = standing_sample(ROBOT, ROBOT.q_nominal)
    for _ in range(5):
        state = random_state(rng)
        results = []
        for wbc in controllers:
            wbc.reset()
            results.append(wbc.solve(state, sample, sample.contacts))
        np.testing.assert_allclose(results[1].torque, results[0].torque, atol=1e-7)
        assert results[1].residuals["com"] == pytest.approx(results[0].residuals["com"], abs=1e-7)


def test_forces_of_all_contacts_and_bounds() -> None:
    """The rear left foot carries at most 10 N, as a limit; two rows see the other forces."""
    A = np.zeros((2, NV + NF))
    A[0, NV + 3 * 2 + 2] = A[1, NV + 2] = 1.0
    task = Given((A, np.array([-np.inf, 0.0]), np.array([10.0, np.inf])), inequality=True)
    wbc = WholeBodyController(ROBOT, stack=Stack(default_stack(ROBOT).levels, [task]))
    sample = standing_sample(ROBOT, ROBOT.q_nominal)
    result = wbc.solve(random_state(np.random.default_rng(2)), sample, sample.contacts)
    assert result.status is WbcStatus.SOLVED
    assert result.forces[2, 2] <= 10.0 + 1e-6


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, r"must return \(A, b\)"),
        ((np.zeros((1, NV)), np.zeros(1), np.zeros(1)), r"must return \(A, b\)"),
        ((np.zeros((1, 5)), np.zeros(1)), r"A must be \(m, 18\) or \(m, 30\).*not \(1, 5\)"),
        ((np.zeros((4, NV)), np.zeros(4)), "m <= 3"),
        ((np.zeros(NV), np.zeros(1)), r"not \(18\)"),
        (("words", np.zeros(1)), "A must be an array of numbers"),
        ((np.zeros((2, NV)), np.zeros(3)), r"b must be \(2,\)"),
        ((np.full((1, NV), np.nan), np.zeros(1)), "A is not finite"),
        ((np.zeros((1, NV)), np.array([np.inf])), "b is not finite"),
        (lambda tick: tick.frame_position("tail"), "'tail' is unknown"),
        (lambda tick: 1 / 0, "division by zero"),
    ],
)
def test_mistakes_show_when_the_stack_is_set(answer: Any, problem: str) -> None:
    with pytest.raises(InputError, match=f"(?s)task 'given': .*{problem}"):
        WholeBodyController(ROBOT, stack=[[Given(answer)]])


def test_bounds_in_the_wrong_order_and_no_rows_at_all() -> None:
    wrong = Given((np.zeros((1, NV)), np.ones(1), np.zeros(1)), inequality=True)
    with pytest.raises(InputError, match="lower <= upper"):
        WholeBodyController(ROBOT, stack=[[wrong]])
    with pytest.raises(InputError, match=r"no method rows\(self, tick\)"):
        WholeBodyController(ROBOT, stack=[[PythonTask("nothing", 1)]])


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_mistakes_in_the_loop_are_told_and_harmless(
    mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    good = (np.eye(NV)[:1], np.zeros(1))
    task = Given(good)
    levels = [*default_stack(ROBOT).levels, [task]]
    wbc = WholeBodyController(ROBOT, mode, levels)  # type: ignore[arg-type]
    plain = WholeBodyController(ROBOT, mode)  # type: ignore[arg-type]
    sample, rng = standing_sample(ROBOT, ROBOT.q_nominal), np.random.default_rng(4)
    mistakes = [
        None,
        (np.full((1, NV), np.nan), np.zeros(1)),
        (np.zeros((3, 7)), np.zeros(3)),
        lambda tick: 1 / 0,
        lambda tick: (_ for _ in ()).throw(SystemExit),
    ]
    for k, mistake in enumerate(mistakes):
        state = random_state(rng, 0.002 * k)
        task.answer = mistake
        result = wbc.solve(state, sample, sample.contacts)
        assert result.status is WbcStatus.RELAXED
        assert task.error is not None
        assert np.isnan(result.residuals["given"])
        without = plain.solve(state, sample, sample.contacts)
        np.testing.assert_allclose(result.torque, without.torque, atol=1e-9)
    assert "task 'given' gives no rows" in caplog.text
    task.answer = good
    result = wbc.solve(random_state(rng, 0.1), sample, sample.contacts)
    assert result.status is WbcStatus.SOLVED
    assert task.error is None


def test_a_tick_is_over_when_rows_returns() -> None:
    kept = []

    def keep(tick: Tick) -> tuple[np.ndarray, np.ndarray]:
        kept.append(tick)
        assert tick.mass_matrix.shape == (NV, NV)
        assert tick.in_contact.shape == (4,)
        return np.zeros((1, NV)), np.zeros(1)

    WholeBodyController(ROBOT, stack=[[Given(keep)]])
    with pytest.raises(InputError, match="over"):
        kept[0].mass_matrix  # noqa: B018


def test_the_example_points_at_its_target() -> None:
    path = Path(__file__).parents[1] / "examples" / "python_task.py"
    spec = importlib.util.spec_from_file_location("python_task_example", path)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.main(duration=4.0) < 5.0
