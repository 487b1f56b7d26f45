"""Refuses to load next to a Pinocchio of another version.

The wheels' libraries carry no version in their names, so the extension would load any version
and crash in it.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from surefoot.data.errors import InstallationError

REQUIRED = "4.1.0"

for _package in ("libpinocchio", "pin"):
    try:
        _found = version(_package)
    except PackageNotFoundError:
        raise InstallationError(
            _package, "is not installed", f"pip install {_package}=={REQUIRED}"
        ) from None
    if _found != REQUIRED:
        raise InstallationError(
            _package,
            f"is version {_found}, but Surefoot was built for {REQUIRED}",
            f"pip install {_package}=={REQUIRED}",
        )
