"""Wattscale plans the energy infrastructure that large language models need, from tokens to turbines.

>>> import wattscale as ws
>>> plan = ws.plan(ws.load())  # doctest: +SKIP
>>> plan.figures["economics.usd_per_mtok"].value  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattscale.version import VERSION as __version__  # noqa: N811 (the usual name of a package's version)

if TYPE_CHECKING:
    from wattscale.chain import plan
    from wattscale.errors import WattscaleError
    from wattscale.explanation import explain
    from wattscale.goal import solve
    from wattscale.outlook.claims import evaluate_claims
    from wattscale.outlook.outlook import run_outlook
    from wattscale.scenario.load import load_scenario as load
    from wattscale.scenario.patch import Patch, apply_patch
    from wattscale.study.front import rank_sites, run_study, study_levers
    from wattscale.validation import validate
    from wattscale.verbs import catalog_table, compare, model, schema, write

VERBS = {
    "load": ("wattscale.scenario.load", "load_scenario"),
    "plan": ("wattscale.chain", "plan"),
    "compare": ("wattscale.verbs", "compare"),
    "solve": ("wattscale.goal", "solve"),
    "model": ("wattscale.verbs", "model"),
    "run_outlook": ("wattscale.outlook.outlook", "run_outlook"),
    "run_study": ("wattscale.study.front", "run_study"),
    "study_levers": ("wattscale.study.front", "study_levers"),
    "rank_sites": ("wattscale.study.front", "rank_sites"),
    "evaluate_claims": ("wattscale.outlook.claims", "evaluate_claims"),
    "validate": ("wattscale.validation", "validate"),
    "explain": ("wattscale.explanation", "explain"),
    "catalog_table": ("wattscale.verbs", "catalog_table"),
    "schema": ("wattscale.verbs", "schema"),
    "write": ("wattscale.verbs", "write"),
    "Patch": ("wattscale.scenario.patch", "Patch"),
    "apply_patch": ("wattscale.scenario.patch", "apply_patch"),
    "WattscaleError": ("wattscale.errors", "WattscaleError"),
}
"""Names of the front door and where each lives; they are imported when first used, so start-up stays light."""

__all__ = [
    "Patch",
    "WattscaleError",
    "__version__",
    "apply_patch",
    "catalog_table",
    "compare",
    "evaluate_claims",
    "explain",
    "load",
    "model",
    "plan",
    "rank_sites",
    "run_outlook",
    "run_study",
    "schema",
    "solve",
    "study_levers",
    "validate",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in VERBS:
        raise AttributeError(f"module 'wattscale' has no attribute '{name}'")
    import importlib

    home, attribute = VERBS[name]
    return getattr(importlib.import_module(home), attribute)


def __dir__() -> list[str]:
    return __all__
