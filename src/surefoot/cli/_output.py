"""What commands have in common: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surefoot.data import InputError


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the figures that a command prints: a run as an object, a table as ``{"rows": [..]}``.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        path.write_text(json.dumps(figures, indent=2, default=_plain) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError("--json", f"cannot write {path}: {error.strerror}") from None


def _plain(value: Any) -> Any:
    """NumPy arrays and numbers as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
