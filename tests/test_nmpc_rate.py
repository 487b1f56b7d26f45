"""The closed loop with the NMPC solved more often than the robot file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

import surefoot as sf


@pytest.mark.slow
def test_go2_walks_with_the_nmpc_at_200_hz(tmp_path: Path) -> None:
    file = tmp_path / "go2_fast.toml"
    file.write_text('name = "go2_fast"\nextends = "go2.toml"\n\n[nmpc]\nrate = 200.0\n')
    robot = sf.load_robot(file)
    assert robot.config.nmpc.rate == 200.0
    controller = sf.Controller(robot)
    command = sf.VelocityCommand(vx=0.5)
    metrics = sf.sim.run_walk(
        robot, controller, sf.sim.Simulation(robot, seed=0), command=command, gait="trot",
        duration=6.0, seed=0,
    ).metrics  # fmt: skip
    assert metrics["survived"]
    assert metrics["rmse_stride_vx"] < 0.05
