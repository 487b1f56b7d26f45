"""What a tick hands to its log: values as they come from C++, objects only when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from surefoot.control.health import CheckHealth
from surefoot.data import Plan, PlanSample
from surefoot.mpc import make_plan


@dataclass(frozen=True, slots=True)
class RawTick:
    """Cheap to take in a control tick; a log's own thread makes the objects.

    Parameters
    ----------
    sample_fields
        Fields of `PlanSample` in their order; None if nothing is tracked.
    health_fields
        Fields of `CheckHealth` by the name of the check.
    plan_fields
        Fields of `Plan` by name, without gains; None if there is none.
    """

    sample_fields: tuple[Any, ...] | None
    health_fields: Mapping[str, tuple[Any, ...]]
    plan_fields: dict[str, Any] | None

    @property
    def sample(self) -> PlanSample | None:
        """What was tracked."""
        return None if self.sample_fields is None else PlanSample(*self.sample_fields)

    @property
    def health(self) -> dict[str, CheckHealth]:
        """What the safety checks saw."""
        return {name: CheckHealth(*values) for name, values in self.health_fields.items()}

    @property
    def plan(self) -> Plan | None:
        """The newest plan, without gains."""
        return None if self.plan_fields is None else make_plan(self.plan_fields)


def made_by(controller: Any, plan: bool) -> Any:
    """`Controller.raw`, also of a controller that has only what everyone may read."""
    take = getattr(controller, "raw", None)
    if take is not None:
        return take(plan)
    return SimpleNamespace(
        sample=getattr(controller, "sample", None),
        plan=controller.plan if plan else None,
        health=getattr(controller, "health", {}),
    )
