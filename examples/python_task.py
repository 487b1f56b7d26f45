"""A whole-body task written in Python: Go2 looks around while it stands.

A task says what the robot should do as rows A x = b over x = [accelerations, contact forces]. This
one turns the base so that its x axis points at a target that moves, and asks nothing else of it:
two rows, the error across and above the line of sight. It joins the first level of the stack.

Run it: ``python examples/python_task.py``
"""

from __future__ import annotations

import numpy as np

import surefoot as sf
from surefoot.wbc import Stack, WholeBodyController, standing_sample
from surefoot.wbc.tasks import ContactForces, FramePosition, Posture, PythonTask, Tick


class LookAt(PythonTask):
    """The frame's x axis points at `target`.

    With the unit vectors x (of the frame) and d (to the target), x turns into d by the rotation
    x cross d; the frame's angular acceleration across x follows it by PD.
    """

    def __init__(self, frame: str, kp: float, kd: float) -> None:
        super().__init__(name="look at", max_rows=2)
        self.frame, self.kp, self.kd = frame, kp, kd
        self.target = np.array([1.0, 0.0, 0.3])  # world, m

    def rows(self, tick: Tick) -> tuple[np.ndarray, np.ndarray]:
        """Two rows (A, b) in the accelerations."""
        rotation = tick.frame_rotation(self.frame)
        sight = self.target - tick.frame_position(self.frame)
        turn = np.cross(rotation[:, 0], sight / np.linalg.norm(sight))
        wanted = self.kp * turn - self.kd * tick.frame_velocity(self.frame)[3:]
        across = rotation[:, 1:].T  # the two directions about which turning moves the x axis
        A = across @ tick.frame_jacobian(self.frame)[3:]
        b = across @ (wanted - tick.frame_drift(self.frame)[3:])
        return A, b


def angle_to_target(look: LookAt, robot: sf.RobotModel, q: np.ndarray) -> float:
    """Angle between the base's x axis and the line to the target, rad."""
    x, y, z, w = q[3:7]
    forward = np.array([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z), 2.0 * (x * z - w * y)])
    sight = look.target - q[:3]
    return float(np.arccos(np.clip(forward @ sight / np.linalg.norm(sight), -1.0, 1.0)))


def main(duration: float = 6.0) -> float:
    """Look around and return the largest error of the last seconds, deg."""
    robot = sf.load_robot("go2")
    look = LookAt("base", kp=400.0, kd=40.0)
    place = FramePosition("base", kp=100.0)  # held where it is at first
    config = robot.config.wbc
    posture = Posture(config.posture_kp, config.posture_kd, config.posture_weight)
    forces = ContactForces(config.force_weight)
    wbc = WholeBodyController(robot, "strict", Stack([[look, place], [posture], [forces]]))

    simulation = sf.sim.Simulation(robot)
    sample = standing_sample(robot, simulation.q)
    tick = 1.0 / robot.config.control.rate
    zero, damping = np.zeros(robot.nj), np.full(robot.nj, config.joint_kd)
    worst = 0.0
    while simulation.time < duration:
        angle = 2.0 * np.pi * simulation.time / 3.0
        look.target = np.array([1.5, 0.3 * np.sin(angle), 0.3 + 0.2 * np.sin(2.0 * angle)])
        result = wbc.solve(simulation.true_state, sample, sample.contacts)
        command = sf.JointCommand(simulation.q[7:], zero, zero, 0.0 * damping, result.torque)
        simulation.step(command, tick)
        if simulation.time > 2.0:
            worst = max(worst, np.rad2deg(angle_to_target(look, robot, simulation.q)))
    print(f"points at the target within {worst:.1f} deg; status {result.status.name}")
    return worst


if __name__ == "__main__":
    main()
