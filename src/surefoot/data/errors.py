"""The package's exceptions. Each message names the thing that is wrong and the remedy."""

from __future__ import annotations


class SurefootError(Exception):
    """Base of every exception that Surefoot raises on purpose."""


class InputError(SurefootError, ValueError):
    """A value given to a public function is wrong: shape, range, not finite.

    Attributes
    ----------
    name
        Name of the argument or field.
    """

    def __init__(self, name: str, problem: str, remedy: str = "") -> None:
        self.name = name
        super().__init__(f"{name}: {problem}" + (f" ({remedy})" if remedy else ""))


class RobotError(SurefootError):
    """A robot cannot be loaded or its description is wrong.

    Attributes
    ----------
    problems
        Every problem found, one sentence each, with its remedy.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"robot '{source}':\n{lines}"
            if len(problems) > 1
            else f"robot '{source}': {problems[0] if problems else 'invalid'}"
        )


class InstallationError(SurefootError, ImportError):
    """The installed environment cannot work (wrong Pinocchio version, missing extension)."""

    def __init__(self, package: str, problem: str, remedy: str) -> None:
        super().__init__(f"{package} {problem}: {remedy}")


class SimulationError(SurefootError):
    """The simulated plant cannot be built or has diverged."""


class OptimisationError(SurefootError):
    """An offline optimisation found no solution.

    Attributes
    ----------
    status
        The solver's verdict.
    """

    def __init__(
        self, what: str, status: str, iterations: int, row: str, phase: str, violation: float
    ) -> None:
        self.status = status
        super().__init__(
            f"{what}: {status} after {iterations} iterations; '{row}' in phase '{phase}' is missed"
            f" by {violation:.2g} (ask for less: rise, turn; or give more: durations, limits)"
        )
