"""Offline trajectories: the physics of what the optimiser found, by Pinocchio; files and errors."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import casadi as ca
import numpy as np
import pinocchio as pin
import pytest

import surefoot as sf
from surefoot.cli import main
from surefoot.data import OptimisationError
from surefoot.mpc.trajectory import (
    Trajectory,
    TrajectoryOptimiser,
    TrajectoryPhysics,
    load_task,
    task_names,
)
from surefoot.mpc.trajectory.figures import trajectory_figures
from surefoot.mpc.trajectory.motion import interval_expressions
from surefoot.mpc.trajectory.problem import TrajectoryProblem
from surefoot.mpc.trajectory.separable import Part, assemble
from surefoot.sim.track import track_trajectory

GRAVITY = 9.81


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory) -> tuple[sf.RobotModel, Trajectory, Path]:
    """Go2's jump, as ``surefoot optimise`` writes it."""
    folder = tmp_path_factory.mktemp("jump")
    file, page, figures = folder / "jump.npz", folder / "jump.html", folder / "jump.json"
    with pytest.raises(SystemExit) as end:
        main(
            [
                "optimise",
                "go2",
                "--task",
                "jump",
                "--out",
                str(file),
                "--record",
                str(page),
                "--json",
                str(figures),
            ]
        )
    assert end.value.code == 0
    return sf.load_robot("go2"), Trajectory.load(file), folder


def assert_possible(robot: sf.RobotModel, trajectory: Trajectory) -> None:
    """The motion obeys mechanics and the robot's limits, between the nodes too."""
    physics = TrajectoryPhysics(robot, trajectory)
    weight = robot.mass * GRAVITY
    times, steps = trajectory.times, np.diff(trajectory.times)
    for k, (start, step) in enumerate(zip(times[:-1], steps, strict=True)):
        needed = physics.generalized_forces(start + 0.5 * step)
        assert np.abs(needed[:6]).max() < 1e-4 * weight
        np.testing.assert_allclose(needed[6:], trajectory.torque[k], atol=1e-9)
        for part in (0.02, 0.25, 0.75, 0.98):
            needed = physics.generalized_forces(start + part * step)
            assert (np.abs(needed[6:]) <= robot.effort_limit).all()
            q, v, _ = trajectory.at(start + part * step)
            assert (np.abs(v[6:]) <= robot.velocity_limit + 1e-6).all()
            assert (q[7:] > robot.position_lower - 1e-6).all()
            assert (q[7:] < robot.position_upper + 1e-6).all()
    # Momentum about the CoM changes by what gravity and the contacts give.
    data = robot.pin_model.createData()
    momenta = [
        pin.computeCentroidalMomentum(robot.pin_model, data, q, v).vector.copy()
        for q, v in zip(trajectory.q, trajectory.v, strict=True)
    ]
    middles = [trajectory.at(t + 0.5 * s)[0] for t, s in zip(times[:-1], steps, strict=True)]
    for k, (q, step) in enumerate(zip(middles, steps, strict=True)):
        com = pin.centerOfMass(robot.pin_model, data, q)
        wrench = np.array([0.0, 0.0, -weight, 0.0, 0.0, 0.0])
        for force, place in zip(trajectory.forces[k], robot.contact_positions(q), strict=True):
            wrench += [*force[:3], *(np.cross(place - com, force[:3]) + force[3:])]
        change = (momenta[k + 1] - momenta[k]) / step
        assert np.abs(change[:3] - wrench[:3]).max() < 0.01 * weight  # second order in the step
        assert np.abs(change[3:] - wrench[3:]).max() < 0.01 * weight
    # Forces: none in the air, inside the friction cone on the ground.
    for c, contact in enumerate(robot.contacts):
        stands, force = trajectory.contacts[:, c], trajectory.forces[:, c]
        assert (force[~stands] == 0.0).all()
        normal, tangential = force[stands, 2], np.linalg.norm(force[stands, :2], axis=1)
        assert (normal > 0.0).all()
        assert (tangential <= contact.friction * normal).all()
        if contact.kind == "surface":
            turned = [
                robot.contact_frames(q)[c].rotation.T @ m
                for q, m in zip(np.array(middles)[stands], force[stands, 3:], strict=True)
            ]
            moment = np.abs(np.array(turned))
            assert (moment[:, 0] <= contact.half_width * normal + 1e-4).all()
            assert (moment[:, 1] <= contact.half_length * normal + 1e-4).all()
            assert (moment[:, 2] <= contact.yaw_friction * normal + 1e-4).all()


def assert_feet_stand(robot: sf.RobotModel, trajectory: Trajectory) -> None:
    """Standing contacts neither slide nor sink nor lift; swinging ones stay above the ground."""
    places = np.array([robot.contact_positions(q) for q in trajectory.q])
    for c, contact in enumerate(robot.contacts):
        flags = trajectory.contacts[:, c]
        breaks = [0, *(np.flatnonzero(np.diff(flags)) + 1).tolist(), len(flags)]
        for first, last in itertools.pairwise(breaks):
            path = places[first : last + 1, c]
            if flags[first]:
                assert np.abs(path - path[0]).max() < 3e-3
                assert np.abs(path[:, 2] - contact.radius).max() < 3e-3
            else:
                assert path[1:-1, 2].min() > contact.radius
                assert path[:, 2].max() > contact.radius + 0.03


def assert_flies_ballistically(robot: sf.RobotModel, trajectory: Trajectory) -> None:
    """In the air the CoM is on a parabola and no angular momentum comes or goes."""
    data = robot.pin_model.createData()
    nodes = np.flatnonzero(~trajectory.contacts.any(axis=1))
    nodes = np.append(nodes, nodes[-1] + 1)
    t = trajectory.times[nodes] - trajectory.times[nodes[0]]
    coms, spins = [], []
    for k in nodes:
        momentum = pin.computeCentroidalMomentum(
            robot.pin_model, data, trajectory.q[k], trajectory.v[k]
        )
        coms.append(pin.centerOfMass(robot.pin_model, data, trajectory.q[k]).copy())
        spins.append(momentum.angular.copy())
        if k == nodes[0]:
            start = momentum.linear / robot.mass
    fall = np.outer(-0.5 * GRAVITY * t**2, [0.0, 0.0, 1.0])
    np.testing.assert_allclose(coms, coms[0] + np.outer(t, start) + fall, atol=1.5e-3)
    np.testing.assert_allclose(spins, np.tile(spins[0], (len(t), 1)), atol=2e-3 * robot.mass)


def test_go2_jumps(jump: tuple[sf.RobotModel, Trajectory, Path]) -> None:
    robot, trajectory, folder = jump
    heights = [trajectory.at(t)[0][2] for t in np.linspace(0.0, trajectory.duration, 2000)]
    assert max(heights) - heights[0] == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(trajectory.q[0], robot.q_nominal, atol=1e-9)
    np.testing.assert_allclose(trajectory.q[-1, :7], robot.q_nominal[:7], atol=1e-6)
    np.testing.assert_allclose(trajectory.q[-1, 7:], robot.q_nominal[7:], atol=0.15)
    assert np.abs(trajectory.v[[0, -1]]).max() < 1e-9
    assert_possible(robot, trajectory)
    assert_feet_stand(robot, trajectory)
    assert_flies_ballistically(robot, trajectory)
    figures = json.loads((folder / "jump.json").read_text())
    assert figures["base_rise_m"] == pytest.approx(0.3, abs=0.01)
    assert figures["status"] == "Solve_Succeeded"
    assert "data-frames" in (folder / "jump.html").read_text()


def test_samples_are_what_a_controller_tracks(
    jump: tuple[sf.RobotModel, Trajectory, Path],
) -> None:
    robot, trajectory, _ = jump
    physics = TrajectoryPhysics(robot, trajectory)
    h = 1e-5
    for k in (3, 12, 25, 40):
        time = trajectory.times[k] + 0.4 * (trajectory.times[k + 1] - trajectory.times[k])
        before, now, after = (physics.sample(time + s) for s in (-h, 0.0, h))
        rates = {
            name: (getattr(after, name) - getattr(before, name)) / (2 * h)
            for name in (
                "base_position",
                "base_velocity",
                "joint_position",
                "contact_position",
                "contact_velocity",
            )
        }
        np.testing.assert_allclose(rates["base_position"], now.base_velocity[:3], atol=1e-6)
        np.testing.assert_allclose(rates["base_velocity"], now.base_acceleration, atol=1e-5)
        np.testing.assert_allclose(rates["joint_position"], now.joint_velocity, atol=1e-6)
        swing = ~now.contacts
        velocity = rates["contact_position"][swing]
        np.testing.assert_allclose(velocity, now.contact_velocity[swing], atol=1e-5)
        acceleration = rates["contact_velocity"][swing]
        np.testing.assert_allclose(acceleration, now.contact_acceleration[swing], atol=1e-3)


def test_between_the_nodes_the_motion_is_continuous(
    jump: tuple[sf.RobotModel, Trajectory, Path],
) -> None:
    _, trajectory, _ = jump
    for k, time in enumerate(trajectory.times[1:-1], start=1):
        q, v, _ = trajectory.at(time - 1e-12)
        np.testing.assert_allclose(np.abs(q[3:7]), np.abs(trajectory.q[k, 3:7]), atol=1e-6)
        np.testing.assert_allclose(np.delete(q, slice(3, 7)),
                                   np.delete(trajectory.q[k], slice(3, 7)), atol=1e-6)  # fmt: skip
        np.testing.assert_allclose(v, trajectory.v[k], atol=1e-6)


def test_a_file_is_read_as_it_was_written(
    jump: tuple[sf.RobotModel, Trajectory, Path], tmp_path: Path
) -> None:
    _, trajectory, _ = jump
    path = tmp_path / "again.npz"
    trajectory.save(path)
    again = Trajectory.load(path)
    assert again.info == trajectory.info
    for name in ("times", "q", "v", "forces", "contacts", "torque"):
        np.testing.assert_array_equal(getattr(again, name), getattr(trajectory, name))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="cannot read"):
        Trajectory.load(path)
    with pytest.raises(ValueError, match="does not fit"):
        TrajectoryPhysics(sf.load_robot("g1"), trajectory)


def test_the_simulated_robot_jumps_too(jump: tuple[sf.RobotModel, Trajectory, Path]) -> None:
    robot, trajectory, _ = jump
    figures = track_trajectory(robot, trajectory)
    assert figures["fall"] is None
    assert figures["failed_ticks"] == 0
    # The plan turns its knees at their speed limit: a controller that looks far ahead keeps off it.
    assert figures["base_rise_m"] == pytest.approx(0.3, abs=0.02)
    assert figures["flight_s"] > 0.35
    assert figures["tilt_max_deg"] < 15.0
    assert figures["end_tilt_deg"] < 3.0
    assert figures["end_drift_m"] < 0.03


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "task", "rise", "yaw"),
    [
        ("go2", "turn", None, 90.0),
        ("anymal_c", "turn", None, 90.0),
        ("anymal_c", "jump", 0.1, 0.0),
    ],
)
def test_other_motions(name: str, task: str, rise: float | None, yaw: float) -> None:
    robot, wanted = sf.load_robot(name), load_task(task)
    trajectory = TrajectoryOptimiser(
        robot, wanted if rise is None else wanted.with_rise(rise)
    ).solve()
    assert_possible(robot, trajectory)
    assert_feet_stand(robot, trajectory)
    figures = trajectory_figures(robot, trajectory)
    assert figures["yaw_deg"] == pytest.approx(yaw, abs=1.0)
    if task == "jump":
        assert figures["base_rise_m"] == pytest.approx(rise or 0.3, abs=0.01)
        assert_flies_ballistically(robot, trajectory)


@pytest.mark.slow
def test_what_cannot_be_done_is_one_clear_error() -> None:
    with pytest.raises(OptimisationError, match=r"jump.*go2.*missed by.*ask for less"):
        TrajectoryOptimiser(sf.load_robot("go2"), load_task("jump").with_rise(2.0), "jump").solve()


def test_tasks_are_listed_and_wrong_ones_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["optimise", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in task_names())
    robot = sf.load_robot("go2")
    with pytest.raises(ValueError, match="no such task"):
        TrajectoryOptimiser(robot, "waltz")
    original = (Path(sf.mpc.__file__).parent / "trajectory/library/jump.toml").read_text()
    path = tmp_path / "mine.toml"
    for before, after, message in (
        ("torque = 0.8", "torque = 1.9", r"limits\.torque"),
        ('contacts = "none"', 'contacts = ["nose"]', "no contact 'nose'"),
        ('contacts = "none"', "swing = 0", "needs the task's 'gait'"),
        ("[limits]", "[limit]", "limits"),
        ("duration = [0.2, 0.7]", "duration = [0.7, 0.2]", "least to most"),
    ):
        path.write_text(original.replace(before, after))
        with pytest.raises(ValueError, match=message):
            TrajectoryOptimiser(robot, path)


def test_the_equations_of_motion_are_pinocchios(tmp_path: Path) -> None:
    file = tmp_path / "heavy_rotors.toml"
    file.write_text('extends = "g1.toml"\nname = "g1"\n[limits]\narmature = {"*" = 0.03}\n')
    robot = sf.load_robot(file)
    problem = TrajectoryProblem(robot, load_task("jump"))
    found = interval_expressions(robot.description, problem.task, problem.moving)
    rng = np.random.default_rng(0)
    n, dt = len(problem.joints), 0.02
    z, w, rate = problem.start, rng.normal(size=6 + n), 30.0 * rng.normal(size=6 + n)
    w1, forces = w + dt * rate, rng.normal(size=12)
    column = np.concatenate([z, w, z + dt * (w + w1) / 2, w1, forces, [dt]])
    upright = [0.0, 0.0, 0.0, 1.0]
    outputs = [found.rows["wrench"], found.rows["torque"], found.rows["defect"]]
    function = ca.Function("rows", [found.variables, found.parameters], outputs)
    wrench, torque, defect = (
        np.asarray(a).ravel() for a in function(column, [*upright, *upright, 1.0])
    )
    # The end's rotation vector is that of the mean turn, its base starts upright.
    np.testing.assert_allclose(defect, 0.0, atol=1e-12)
    nodes_q, nodes_v = np.tile(robot.q_nominal, (2, 1)), np.zeros((2, robot.nv))
    turn = pin.exp3(dt * 0.5 * (w + w1)[3:6])
    nodes_v[0, :6] = w[:6]
    nodes_v[1, :6] = np.concatenate([turn.T @ w1[:3], turn.T @ w1[3:6]])
    for row, values in zip(nodes_v, (w, w1), strict=True):
        row[[6 + j for j in problem.joints]] = values[6:]
    nodes_q[1, 3:7] = pin.Quaternion(turn).coeffs()
    weight = robot.mass * GRAVITY
    forces_nodes = weight * forces.reshape(1, 2, 6)
    bare = Trajectory(
        np.array([0.0, dt]), nodes_q, nodes_v, forces_nodes, np.ones((1, 2), bool),
        np.zeros((1, robot.nj)), {"joint_names": list(robot.joint_names)},
    )  # fmt: skip
    needed = TrajectoryPhysics(robot, bare).generalized_forces(0.5 * dt)
    np.testing.assert_allclose(torque, needed[6:] / robot.effort_limit, atol=1e-9)
    rotation = pin.Quaternion(bare.at(0.5 * dt)[0][3:7]).matrix()
    np.testing.assert_allclose(rotation.T @ wrench[:3], needed[:3] / weight, atol=1e-9)
    np.testing.assert_allclose(rotation.T @ wrench[3:], needed[3:6] / weight, atol=1e-9)


def test_derivatives_of_an_assembled_program_are_casadis_own() -> None:
    v, p = ca.SX.sym("v", 3), ca.SX.sym("p")
    part = Part(
        ca.sin(v[0]) * v[1] * p + v[2] ** 4,
        ca.vertcat(v[0] * v[1] ** 2, ca.exp(v[2] * v[0]), v[1]),
        v,
        p,
        np.array([[0, 1, 2], [1, 2, 3], [4, 4, 1]]),  # the middle one uses a variable twice
        np.array([[1.0, 2.0, 3.0]]),
        np.array([[0.0, -np.inf, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, -np.inf]]),
        np.array([[0.0, np.inf, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, np.inf]]),
    )
    program = assemble(5, [part, part])
    x, g, f = (program.nlp[name] for name in ("x", "g", "f"))
    assert g.numel() == 14
    factor, lam = ca.MX.sym("factor"), ca.MX.sym("lam", 14)
    hessian = ca.triu(ca.hessian(factor * f + ca.dot(lam, g), x)[0])
    slow = ca.Function("slow", [x, factor, lam], [hessian, ca.jacobian(g, x)])
    rng = np.random.default_rng(0)
    point, multipliers = rng.normal(size=5), rng.normal(size=14)
    hessian, jacobian = slow(point, 0.7, multipliers)
    found = program.derivatives["hess_lag"](point, [], 0.7, multipliers)
    np.testing.assert_allclose(np.asarray(found), np.asarray(hessian), atol=1e-13)
    found = program.derivatives["jac_g"](point, [])[1]
    np.testing.assert_allclose(np.asarray(found), np.asarray(jacobian), atol=1e-13)
