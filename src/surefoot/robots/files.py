"""Finding, reading and merging robot files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from surefoot.data import RobotError
from surefoot.robots.config import RobotConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIBRARY = Path(__file__).parent / "library"


def robot_names() -> list[str]:
    """Names of the robots that come with Surefoot, sorted."""
    return sorted(path.stem for path in LIBRARY.glob("[!_]*.toml"))


def find_robot_file(name_or_path: str | Path) -> Path:
    """Path of a library robot's file, or of the given file.

    Raises
    ------
    RobotError
        If there is neither.
    """
    if not isinstance(name_or_path, str | Path):
        raise RobotError(repr(name_or_path), ["is neither a name nor a path"])
    library_file = LIBRARY / f"{name_or_path}.toml"
    if library_file.is_file():
        return library_file
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return path
    if path.suffix == ".toml":
        problem = "no such file"
    elif path.is_file():
        problem = "is no robot file: write a .toml that names it in description.path"
    else:
        known = ", ".join(robot_names())
        problem = f"no such robot: give one of {known}, or the path of a robot TOML file"
    raise RobotError(str(name_or_path), [problem])


def read_config(path: Path) -> RobotConfig:
    """Read and validate one robot file.

    ``extends = "other.toml"`` (beside the file, or in the library) fills in every key that the
    file does not set itself, table by table.

    Raises
    ------
    RobotError
        Naming every key that is missing, unknown or out of range.
    """
    try:
        return RobotConfig.model_validate(_read_table(path, ()))
    except ValidationError as error:
        raise RobotError(str(path), [_sentence(item) for item in error.errors()]) from None


def _read_table(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    if path in seen:
        raise RobotError(str(path), ["'extends' goes round in a circle: remove one"])
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RobotError(str(path), [f"cannot be read: {error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise RobotError(str(path), [f"is not valid TOML: {error}"]) from None
    parent = table.pop("extends", None)
    if parent is None:
        return table
    candidates = [path.parent / str(parent), LIBRARY / str(parent)]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise RobotError(
            str(path),
            [f"extends '{parent}', which is neither beside it nor in the library ({LIBRARY})"],
        )
    return _merge(_read_table(found.resolve(), (*seen, path)), table)


def _merge(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _sentence(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "missing":
        return f"{where} is missing: add it"
    if item["type"] == "extra_forbidden":
        return f"{where} is not a known key: remove it or correct its spelling"
    return f"{where}: {item['msg']} (it is {item['input']!r})"
