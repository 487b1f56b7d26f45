"""The installed package: versions, the wheel on its own, and the CMake package in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import surefoot as sf
from surefoot.control.export import export_robot

REPOSITORY = Path(__file__).parent.parent


def _run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("'4.0.0'", "libpinocchio is version 4.0.0, but Surefoot was built for 4.1.0"),
        ("None", "libpinocchio is not installed"),
    ],
)
def test_another_pinocchio_is_one_clear_error(found: str, message: str) -> None:
    # In a process of its own: the check runs when surefoot is imported for the first time.
    code = f"""
import importlib.metadata as metadata
version = metadata.version
def fake(name):
    if name != "libpinocchio":
        return version(name)
    if {found} is None:
        raise metadata.PackageNotFoundError(name)
    return {found}
metadata.version = fake
try:
    import surefoot
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert message in done.stdout
    assert "pip install libpinocchio==4.1.0" in done.stdout


def test_cmake_package_is_installed() -> None:
    assert (sf.cmake_dir() / "surefootConfig.cmake").is_file()
    assert (sf.cmake_dir().parents[2] / "include" / "surefoot" / "rigid_body.hpp").is_file()


def test_cpp_program_builds_against_the_installed_package(tmp_path: Path) -> None:
    cmake = shutil.which("cmake") or Path(sys.executable).with_name("cmake")
    source = REPOSITORY / "examples" / "cpp"
    _run(cmake, "-S", source, "-B", tmp_path, f"-Dsurefoot_DIR={sf.cmake_dir()}", cwd=tmp_path)
    _run(cmake, "--build", tmp_path, cwd=tmp_path)
    output = _run(tmp_path / "hopper", cwd=tmp_path)
    # com = (8 kg at 0.32 + 0.05 m, 1 kg at 0.32 - 0.15 m) / 9 kg; weight = 9 kg * 9.81 m/s^2
    assert output == ("mass 9.0 kg, centre of mass at 0.3478 m, foot at 0.0200 m, weight 88.29 N\n")
    robot = tmp_path / "go2.txt"
    robot.write_text(export_robot(sf.load_robot("go2")))
    for options in ((), ("--thread",)):
        output = _run(tmp_path / "walk", robot, *options, cwd=tmp_path)
        assert "walk: the gait and the command ask for it" in output
        assert "0 allocations in its ticks" in output


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    options = ["--no-deps", f"-Cbuild-dir={tmp_path / 'build'}", "-w", str(tmp_path)]
    _run(sys.executable, "-m", "pip", "wheel", *options, REPOSITORY, cwd=tmp_path)
    wheels = list(tmp_path.glob("surefoot-*.whl"))
    assert len(wheels) == 1
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    _run(python, "-m", "pip", "install", "--upgrade", "pip", cwd=tmp_path)
    _run(python, "-m", "pip", "install", wheels[0], cwd=tmp_path)
    code = "import surefoot as sf; r = sf.load_robot('go2'); print(sf.__file__, r.nj, r.mass)"
    location, joints, mass = _run(python, "-c", code, cwd=tmp_path).split()
    assert location.startswith(str(tmp_path))
    assert (joints, mass) == ("12", "16.085")
    assert "go2" in _run(python.with_name("surefoot"), "robots", cwd=tmp_path)
