"""MuJoCo plant, sensors, terrain, scenarios and metrics: the world that the controller meets."""

from surefoot.sim import terrain
from surefoot.sim.plant import Payload
from surefoot.sim.sensors import SensorModel
from surefoot.sim.simulation import Simulation
from surefoot.sim.terrain import Terrain

__all__ = ["Payload", "SensorModel", "Simulation", "Terrain", "terrain"]
