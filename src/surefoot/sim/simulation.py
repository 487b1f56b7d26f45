"""A robot in MuJoCo, seen as its controller sees it: joint commands in, sensor samples out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from surefoot.data import (
    Array,
    InputError,
    JointCommand,
    RobotState,
    SensorData,
    SimulationError,
    finite_array,
    finite_number,
    instance_of,
)
from surefoot.robots import RobotModel
from surefoot.sim.contacts import ContactReader
from surefoot.sim.conversions import Coordinates, quaternion_xyzw
from surefoot.sim.imu import ImuMotion, imu_motion
from surefoot.sim.motors import drive, limp
from surefoot.sim.placement import put_on_ground, settle
from surefoot.sim.plant import Payload, build_plant
from surefoot.sim.sensors import SensorModel, SensorNoise
from surefoot.sim.terrain import Terrain, flat

_MAX_TIMESTEP = 1e-3  # s
_MAX_SPEED = 1e3  # m/s and rad/s: beyond it the plant has diverged


@dataclass
class _Push:
    force: Array  # world, N
    point: Array  # base frame, m
    end: float  # s


class Simulation:
    """One robot on its terrain.

    Parameters
    ----------
    robot
        The robot.
    seed
        Of the sensor noise; two runs of one seed and one input are identical.
    friction
        Coefficient of the ground where the terrain does not say otherwise.
    timestep
        Physics step, s, at most 1e-3.
    sensors
        Noise of the sensors; None is the standard set of `SensorModel`.
    actuation_delay
        Time from a command to its effect on the motors, s.
    terrain
        The ground; None is flat.
    payload
        Extra mass on the base.
    self_collision
        Whether the robot's own geoms collide with each other.

    Attributes
    ----------
    sensor_fault
        Called with each sample before it is handed out, to spoil it; None for healthy sensors.
    coordinates
        Conversion between the robot's coordinates and MuJoCo's.
    noise
        The sensor noise since the last `reset`, with its present biases.

    Raises
    ------
    InputError
        If an argument is out of range.
    SimulationError
        If MuJoCo refuses the robot.
    """

    def __init__(
        self,
        robot: RobotModel,
        *,
        seed: int = 0,
        friction: float = 0.8,
        timestep: float = _MAX_TIMESTEP,
        sensors: SensorModel | None = None,
        actuation_delay: float = 0.002,
        terrain: Terrain | None = None,
        payload: Payload | None = None,
        self_collision: bool = False,
    ) -> None:
        instance_of("robot", robot, RobotModel)
        if not isinstance(seed, (int, np.integer)) or seed < 0:
            raise InputError("seed", f"{seed!r} is not a whole number of 0 or more")
        if not 0.0 < finite_number("timestep", timestep) <= _MAX_TIMESTEP:
            raise InputError("timestep", f"{timestep} s is outside (0, {_MAX_TIMESTEP}]")
        if not finite_number("friction", friction) > 0.0:
            raise InputError("friction", f"{friction} must be positive")
        if not finite_number("actuation_delay", actuation_delay) >= 0.0:
            raise InputError("actuation_delay", f"{actuation_delay} s must not be negative")
        self.robot = robot
        self.terrain = flat() if terrain is None else terrain
        self.timestep = float(timestep)
        self.actuation_delay = float(actuation_delay)
        self.sensor_model = SensorModel() if sensors is None else sensors
        self.sensor_fault: Callable[[SensorData], SensorData] | None = None
        self._seed = seed
        self._model = build_plant(
            robot,
            timestep=self.timestep,
            friction=friction,
            terrain=self.terrain,
            self_collision=self_collision,
            payload=payload,
        )
        self._data = mujoco.MjData(self._model)
        self._scratch = mujoco.MjData(self._model)
        self.coordinates = Coordinates(robot, self._model)
        self._contacts = ContactReader(robot, self._model, self._data)
        self._base = self._model.body("base").id
        self._robot_geoms = [
            g for g in range(self._model.ngeom) if self._model.geom_bodyid[g] >= self._base
        ]
        self.reset()

    # ---------------------------------------------------------------- the loop

    def reset(
        self, q: npt.ArrayLike | None = None, v: npt.ArrayLike | None = None, lying: bool = False
    ) -> SensorData:
        """Put the robot down, set time to zero and start the noise anew.

        Parameters
        ----------
        q
            (nq,) configuration, taken as it is; None puts the robot in its nominal posture on
            the ground at the origin, level with it, or lays it there.
        v
            (nv,) velocity; None is at rest.
        lying
            Put the robot on the ground and let it come to rest: with its joints and its base's
            tilt as in `q`, or in ``robot.q_lying``.

        Returns
        -------
        SensorData
            The first sample.

        Raises
        ------
        InputError
            If `q` or `v` is wrong, or `v` given together with `lying`.
        """
        robot = self.robot
        if lying and v is not None:
            raise InputError("lying", "cannot be given together with v")
        velocity = np.zeros(robot.nv) if v is None else finite_array("v", v, (robot.nv,))
        if q is None:
            configuration = (robot.q_lying if lying else robot.q_nominal).copy()
        else:
            configuration = finite_array("q", q, (robot.nq,))
            if np.linalg.norm(configuration[3:7]) < 0.5:
                raise InputError("q", "holds a quaternion of length near zero")
        mujoco.mj_resetData(self._model, self._data)
        self._commands: deque[tuple[float, JointCommand]] = deque()
        self._pushes: list[_Push] = []
        drive(self._model, self._data, limp(robot.nj))
        if q is None or lying:
            configuration = put_on_ground(
                self._model, self._data, self.coordinates, self.terrain, configuration
            )
        self._data.qpos[:] = self.coordinates.qpos(configuration)
        self._data.qvel[:] = self.coordinates.qvel(configuration, velocity)
        if lying:
            settle(robot, self._model, self._data, configuration[7:])
            self._check_diverged()
        self._data.time = 0.0
        self._steps = 0
        mujoco.mj_forward(self._model, self._data)
        self._specific_force = np.array(self._data.sensor("accelerometer").data)
        self._imu = self._read_imu()
        self.noise = SensorNoise(robot, self.sensor_model, self._seed)
        self._sample = self._read(self.timestep)
        return self._sample

    def step(self, command: JointCommand, duration: float) -> SensorData:
        """Give the motors a command and let time pass.

        Each physics step applies clip(torque + kp (position - q) + kd (velocity - dq)) to each
        joint, within its effort limit, from the true joint state, as a motor driver does. The
        command takes effect `actuation_delay` after the call; until then the one before acts.

        Parameters
        ----------
        command
            Arrays (nj,).
        duration
            s, a multiple of `timestep`.

        Returns
        -------
        SensorData
            The sample at the end.

        Raises
        ------
        InputError
            If the command has a wrong shape or is not finite, or the duration is no multiple.
        SimulationError
            If the plant diverged.
        """
        steps = round(finite_number("duration", duration) / self.timestep)
        if steps < 1 or abs(steps * self.timestep - duration) > 1e-9:
            raise InputError("duration", f"{duration} s is no multiple of {self.timestep} s")
        shape = (self.robot.nj,)
        checked = JointCommand(
            *(
                finite_array(f"command.{name}", getattr(command, name), shape).copy()
                for name in ("position", "velocity", "kp", "kd", "torque")
            )
        )
        self._commands.append((self.time + self.actuation_delay, checked))
        for _ in range(steps):
            self._apply_command()
            self._apply_pushes()
            mujoco.mj_step(self._model, self._data)
            self._steps += 1
            # Adding up time steps would let the clock drift from the tick it counts.
            self._data.time = self._steps * self.timestep
        self._check_diverged()
        before, self._imu = self._imu, self._read_imu()
        self._specific_force = before.specific_force(self._imu, duration)
        self._sample = self._read(duration)
        return self._sample

    def sensors(self) -> SensorData:
        """The latest sample (the same until the next `step` or `reset`)."""
        return self._sample

    def push(
        self, force_world: npt.ArrayLike, duration: float, point: npt.ArrayLike | None = None
    ) -> None:
        """Push the base from now on for a while.

        Parameters
        ----------
        force_world
            (3,) world axes, N.
        duration
            s.
        point
            (3,) where, in the base frame, m; None is the base body's centre of mass.
        """
        force = finite_array("force_world", force_world, (3,))
        if not finite_number("duration", duration) > 0.0:
            raise InputError("duration", f"{duration} s must be positive")
        center = self._model.body_ipos[self._base]
        where = center if point is None else finite_array("point", point, (3,))
        # half a step: the number of steps must not hang on the last bit of the clock
        self._pushes.append(
            _Push(force.copy(), np.array(where), self.time + duration - 0.5 * self.timestep)
        )

    # ---------------------------------------------------------------- ground truth

    @property
    def time(self) -> float:
        """s since `reset`."""
        return float(self._data.time)

    @property
    def q(self) -> Array:
        """(nq,) true configuration."""
        return self.coordinates.q(self._data.qpos)

    @property
    def v(self) -> Array:
        """(nv,) true velocity, base parts in the base frame."""
        return self.coordinates.v(self._data.qpos, self._data.qvel)

    @property
    def base_acceleration(self) -> Array:
        """(6,) of the base frame's origin in the last physics step: linear, angular; world."""
        return self.coordinates.base_acceleration(self._data.qpos, self._data.qacc)

    @property
    def joint_torque(self) -> Array:
        """(nj,) torque that the motors applied in the last physics step, N m."""
        return np.array(self._data.actuator_force)

    @property
    def contact_forces(self) -> Array:
        """(nc, 6) force and moment about the contact frame's origin, on the robot; world axes.

        Of the last physics step, as everything about contacts. A point contact has no moment.
        """
        return self._contacts.forces()

    @property
    def contact_flags(self) -> npt.NDArray[np.bool_]:
        """(nc,) which contacts carry force."""
        return np.asarray(self._contacts.normal_forces() > 0.0)

    @property
    def contact_positions(self) -> Array:
        """(nc, 3) world positions of the contact frames, m."""
        return self._contacts.positions()

    @property
    def contact_velocities(self) -> Array:
        """(nc, 3) world velocity of the material points that touch the ground, m/s."""
        return self._contacts.velocities()

    @property
    def base_touches_ground(self) -> bool:
        """Whether a geom of the base body touches the world."""
        return self._contacts.base_touches_ground()

    @property
    def pushing_force(self) -> Array:
        """(3,) sum of the pushes of the last physics step, world axes, N."""
        return np.array(self._data.xfrc_applied[self._base, :3])

    @property
    def true_state(self) -> RobotState:
        """The true state in the form an estimator gives it."""
        return RobotState(self.time, self.q, self.v, self.contact_flags.astype(np.float64))

    @property
    def mujoco_model(self) -> Any:
        """The compiled `mujoco.MjModel`."""
        return self._model

    @property
    def mujoco_data(self) -> Any:
        """The live `mujoco.MjData`."""
        return self._data

    # ---------------------------------------------------------------- inside

    def _apply_command(self) -> None:
        # half a step: a command is due at the step nearest to its time
        due = None
        while self._commands and self._commands[0][0] <= self.time + 0.5 * self.timestep:
            due = self._commands.popleft()[1]
        if due is not None:
            drive(self._model, self._data, due)

    def _apply_pushes(self) -> None:
        wrench = self._data.xfrc_applied[self._base]  # force at the body's centre of mass, torque
        wrench[:] = 0.0
        self._pushes = [push for push in self._pushes if self.time < push.end]
        if not self._pushes:
            return
        rotation = self._data.xmat[self._base].reshape(3, 3)
        center = self._model.body_ipos[self._base]
        for push in self._pushes:
            wrench[:3] += push.force
            wrench[3:] += np.cross(rotation @ (push.point - center), push.force)

    def _check_diverged(self) -> None:
        state = np.concatenate([self._data.qpos, self._data.qvel])
        speed = np.abs(self._data.qvel).max()
        if not np.isfinite(state).all() or speed > _MAX_SPEED:
            raise SimulationError(
                f"the simulation diverged at {self.time:.3f} s: check the command's gains, or "
                "use a smaller timestep"
            )

    def _read_imu(self) -> ImuMotion:
        return imu_motion(self._model, self._data, self._scratch)

    def _read(self, interval: float) -> SensorData:
        robot, data = self.robot, self._data
        qpos, qvel = data.qpos, data.qvel
        orientation = None
        if robot.config.imu.has_orientation:
            orientation = quaternion_xyzw(self._imu.rotation)
        truth = SensorData(
            time=self.time,
            gyro=self._imu.gyro.copy(),
            accelerometer=self._specific_force.copy(),
            joint_position=self.coordinates.joint_position(qpos),
            joint_velocity=self.coordinates.joint_velocity(qvel),
            joint_torque=self.joint_torque,
            foot_force=self._contacts.normal_forces()
            if robot.nc and all(contact.force_sensor for contact in robot.contacts)
            else None,
            orientation=orientation,
        )
        sample = self.noise.apply(truth, interval)
        return sample if self.sensor_fault is None else self.sensor_fault(sample)
