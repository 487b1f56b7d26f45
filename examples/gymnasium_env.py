"""Surefoot's controller as a gymnasium environment: the action is a velocity command.

A policy that decides where to go learns on top of a controller that can walk:

    env = VelocityEnv("go2")
    observation, info = env.reset(seed=0)
    observation, reward, terminated, truncated, info = env.step(np.array([0.5, 0.0, 0.0]))
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

import surefoot as sf
from surefoot.sim.falls import FallDetector
from surefoot.sim.metrics import heading_velocity

Vector = npt.NDArray[np.float32]


class VelocityEnv(gymnasium.Env[Vector, Vector]):
    """Go from where you stand to a random point, on a controller that walks.

    Action: (3,) forward, leftward, turning velocity, in [-1, 1] times `fastest`.
    Observation: goal in the heading frame (2,), velocity in it (3,), up in base axes (3,), joint
    positions and velocities (nj,) each; from the estimate, as on a real robot.
    Reward: progress towards the goal, m, and -10 for a fall.

    Parameters
    ----------
    robot
        Name or file of the robot.
    period
        s of one action.
    episode
        s after which an episode is cut off.
    fastest
        m/s and rad/s of the largest action.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self, robot: str = "go2", period: float = 0.1, episode: float = 10.0, fastest: float = 0.6
    ) -> None:
        self.robot = sf.load_robot(robot)
        self._tick = 1.0 / self.robot.config.control.rate
        self._ticks = max(1, round(period / self._tick))
        self._episode, self._fastest = episode, fastest
        size = 8 + 2 * self.robot.nj
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)
        self.observation_space = gymnasium.spaces.Box(-100.0, 100.0, (size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Vector, dict[str, Any]]:
        """Put the robot on its feet, let it stand, and choose a goal."""
        super().reset(seed=seed)
        self.simulation = sf.sim.Simulation(self.robot, seed=int(self.np_random.integers(2**31)))
        self.controller = sf.Controller(self.robot, sf.ControllerOptions(hold_at_start=True))
        self._sensors = self.simulation.reset()
        self.controller.stand()
        while self.controller.phase != "stand":
            self._advance()
        self.controller.gait = "trot"
        self._falls = FallDetector(self.simulation)
        self._end = self.simulation.time + self._episode
        angle, distance = self.np_random.uniform(-np.pi, np.pi), self.np_random.uniform(1.0, 3.0)
        self.goal = self.simulation.q[:2] + distance * np.array([np.cos(angle), np.sin(angle)])
        self._distance = distance
        return self._observe(), {}

    def step(self, action: Vector) -> tuple[Vector, float, bool, bool, dict[str, Any]]:
        """Walk by a velocity command for one period."""
        vx, vy, yaw_rate = (self._fastest * np.clip(action, -1.0, 1.0)).tolist()
        self.controller.command = sf.VelocityCommand(vx, vy, yaw_rate)
        fall = None
        for _ in range(self._ticks):
            self._advance()
            fall = fall or self._falls.check()
        distance = float(np.linalg.norm(self.goal - self.simulation.q[:2]))
        reward = self._distance - distance - (10.0 if fall else 0.0)
        self._distance = distance
        info = {"distance": distance, "fall": fall.reason if fall else ""}
        late = self.simulation.time >= self._end
        return self._observe(), reward, fall is not None, late, info

    def _advance(self) -> None:
        command = self.controller.step(self._sensors)
        self._sensors = self.simulation.step(command, self._tick)

    def _observe(self) -> Vector:
        state = self.controller.state
        assert state is not None
        x, y, z, w = state.q[3:7]
        up = np.array([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)])
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
        goal = turn @ (self.goal - state.q[:2])
        velocity = heading_velocity(state.q[None], state.v[None])[0]
        values = np.concatenate([goal, velocity, up, state.q[7:], state.v[6:]])
        return np.clip(values, -100.0, 100.0).astype(np.float32)


def main() -> None:
    """Walk to the goal by turning towards it."""
    env = VelocityEnv()
    observation, _ = env.reset(seed=1)
    done, total = False, 0.0
    while not done:
        ahead, left = observation[:2]
        action = np.array([ahead, 0.0, 2.0 * np.arctan2(left, ahead)], np.float32)
        observation, reward, fallen, late, info = env.step(np.clip(action, -1.0, 1.0))
        total += reward
        done = fallen or late or info["distance"] < 0.2
    print(f"{total:.2f} m nearer to the goal, {info['distance']:.2f} m from it {info['fall']}")


if __name__ == "__main__":
    main()
