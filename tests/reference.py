"""Where recorded solutions of other projects lie, for the tests that check against them."""

from __future__ import annotations

import os
from pathlib import Path


def reference_folder(name: str) -> Path:
    """Folder ``shared/reference/NAME`` beside the checkout or above it.

    ``SUREFOOT_REFERENCE`` names another ``reference`` folder. It may not exist: tests then skip.
    """
    given = os.environ.get("SUREFOOT_REFERENCE")
    above = Path(__file__).resolve().parents
    places = [Path(given)] if given else [p / "shared" / "reference" for p in above[2:4]]
    return next((p / name for p in places if p.is_dir()), places[0] / name)
