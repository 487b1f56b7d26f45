"""MuJoCo plant, sensors, terrain, scenarios and metrics: the world that the controller meets."""

from surefoot.sim import metrics, terrain
from surefoot.sim.falls import Fall
from surefoot.sim.log import Log
from surefoot.sim.plant import Payload
from surefoot.sim.robot import SimulatedRobot
from surefoot.sim.robot_process import RobotProcess
from surefoot.sim.scenario import (
    Event,
    Run,
    Tick,
    WalkingController,
    WalkResult,
    run,
    run_walk,
)
from surefoot.sim.sensors import SensorModel
from surefoot.sim.simulation import Simulation
from surefoot.sim.terrain import Terrain
from surefoot.sim.walk_figures import walk_metrics

__all__ = [
    "Event",
    "Fall",
    "Log",
    "Payload",
    "RobotProcess",
    "Run",
    "SensorModel",
    "SimulatedRobot",
    "Simulation",
    "Terrain",
    "Tick",
    "WalkResult",
    "WalkingController",
    "metrics",
    "run",
    "run_walk",
    "terrain",
    "walk_metrics",
]
