"""Where C++ programs find Surefoot."""

from __future__ import annotations

from pathlib import Path

from surefoot import _cpp


def cmake_dir() -> Path:
    """Folder of Surefoot's CMake package, to be given to CMake as ``surefoot_DIR``."""
    return Path(_cpp.__file__).parent / "lib" / "cmake" / "surefoot"
